"""A coarse picture of a long stretch that has no pyramid: every so many timesteps, some are read, and stand for all."""

import numpy as np
from numpy.typing import NDArray

from gruviz.recording import Layer, SequenceInfo, reduce_rows
from gruviz.recording.schema import CHUNK_ROWS
from gruviz.ui.reading._columns import Columns
from gruviz.view import Reduction

Floats = NDArray[np.float32]
ENOUGH = 2**23
"""Values that are read of one quantity for one picture, about: what a disk gives in some hundredths of a second."""


def apart(layer: Layer, info: SequenceInfo, columns: Columns) -> int:
    """Timesteps from one stretch that is read to the next; each is as long as a chunk of the file: 1 where all fit."""
    length = min(columns.stop, info.length) - columns.start
    distance = CHUNK_ROWS
    while length / distance * CHUNK_ROWS * layer.size > ENOUGH:
        distance *= 2
    return 1 if distance == CHUNK_ROWS else distance


def sampled(
    layer: Layer, info: SequenceInfo, quantity: str, columns: Columns, reduction: Reduction, distance: int
) -> Floats:
    """The columns of a picture, (columns, H): what was not read is as the last that was.

    A stretch begins at every multiple of `distance` timesteps from the first column on. Steps, chunks and distances are
    powers of two, so that columns either lie in a stretch or hold whole ones.
    """
    stop = min(columns.stop, info.length)
    width = min(columns.step, CHUNK_ROWS)
    known = []
    for start in range(columns.start, stop, distance):
        rows = slice(info.offset + start, info.offset + min(start + CHUNK_ROWS, stop))
        known.append(getattr(reduce_rows(layer[quantity][rows], width), reduction))
    firsts = np.cumsum([0, *map(len, known[:-1])])
    last = np.array([len(part) - 1 for part in known])
    time = np.arange(columns.start, stop, width) - columns.start
    stretch = time // distance
    values: Floats = np.concatenate(known)[firsts[stretch] + np.minimum(time % distance // width, last[stretch])]
    return values if width == columns.step else getattr(reduce_rows(values, columns.step // width), reduction)
