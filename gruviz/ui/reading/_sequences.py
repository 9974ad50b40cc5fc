"""What tells the sequences of a layer from each other: their residuals, and what of them is retained."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis import Gathering
from gruviz.cells import RETAINED
from gruviz.recording import Layer
from gruviz.ui.reading._gathered import Gathered
from gruviz.ui.reading._request import Request, Source, Unfinished

_ROWS = 2**16
"""That are counted at a time."""


@dataclass(frozen=True)
class Told:
    """Of all sequences of a layer, (S,) each; NaN for what is not known."""

    layer: str
    residual: NDArray[np.floating]
    """The largest difference between model and replay."""
    retained: NDArray[np.floating]
    """The fraction of units and timesteps that are retained, at the thresholds of the file."""


@dataclass(frozen=True)
class SequencesRequest(Request):
    """The sequences of the layer."""

    def read(self, source: Source) -> Told | Unfinished:
        """Read the residuals, which are few, and add up the counts that the file holds, in turns."""
        layer = self._layer(source)
        shares: Gathered[NDArray[np.floating]] = source.once(
            ("retained of sequences", layer.name), lambda: Gathered(_retained(layer))
        )
        known = shares.go_on()
        none = np.full(len(layer.tape.sequences), np.nan)
        told = Told(layer.name, layer.residuals, shares.value if known else none)
        return told if known else Unfinished(told)


def _retained(layer: Layer) -> Gathering[NDArray[np.floating]]:
    """The fraction retained of each sequence, (S,)."""
    sequences = layer.tape.sequences
    retained = np.zeros(len(sequences))
    if layer.thresholds is None:
        return np.full(len(sequences), np.nan)
    lengths = np.array([info.length for info in sequences], np.int64)
    ends = np.cumsum(lengths)
    for start in range(0, len(layer.tape), _ROWS):
        counted = layer.counts(slice(start, min(start + _ROWS, len(layer.tape))))[:, RETAINED]
        whose = np.searchsorted(ends, np.arange(start, start + len(counted)), side="right")
        known = whose < len(sequences)  # a sequence that is just being written may have more rows by now
        retained += np.bincount(whose[known], counted[known], minlength=len(sequences))
        yield start / max(len(layer.tape), 1)
    values = lengths * layer.size
    shares: NDArray[np.floating] = np.divide(retained, values, out=np.full(len(sequences), np.nan), where=values > 0)
    return shares
