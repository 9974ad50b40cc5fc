"""The HDF5 file: written, read, reduced, and not trusted before it is checked. The only place that knows h5py."""

from gruviz.recording._adding import GradientWriter
from gruviz.recording._growing_layer import Altered, Block
from gruviz.recording._judging import judged
from gruviz.recording._labelling import add_label
from gruviz.recording._later import complement, lacking
from gruviz.recording._opening import is_other_hdf5
from gruviz.recording._over_training import over_training, scrubbed
from gruviz.recording.classes import classify, count
from gruviz.recording.gradient import Gradient
from gruviz.recording.growing import being_written, newer, open_growing
from gruviz.recording.layer import Layer
from gruviz.recording.pyramid import Reduced, reduce_rows
from gruviz.recording.reader import Recording, open
from gruviz.recording.tape import SequenceInfo, Tape
from gruviz.recording.training import Training
from gruviz.recording.values import Values
from gruviz.recording.weights import LayerWeights, fed_by
from gruviz.recording.writer import Writer

__all__ = [
    "Altered",
    "Block",
    "Gradient",
    "GradientWriter",
    "Layer",
    "LayerWeights",
    "Recording",
    "Reduced",
    "SequenceInfo",
    "Tape",
    "Training",
    "Values",
    "Writer",
    "add_label",
    "being_written",
    "classify",
    "complement",
    "count",
    "fed_by",
    "is_other_hdf5",
    "judged",
    "lacking",
    "newer",
    "open",
    "open_growing",
    "over_training",
    "reduce_rows",
    "scrubbed",
]
