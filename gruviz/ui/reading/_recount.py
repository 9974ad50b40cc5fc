"""Classes counted anew at other thresholds than those of the file: what is on show first, the rest in turns."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.cells import CLASSES, Thresholds
from gruviz.recording import Layer, count

Floats = NDArray[np.float32]
_VALUES = 2**21
"""Of a quantity, that are counted at a time."""


@dataclass(eq=False)
class Recount:
    """The counts of one sequence, as far as they are known."""

    layer: Layer
    sequence: int
    thresholds: Thresholds

    def __post_init__(self) -> None:
        self._length = self.layer.tape.sequences[self.sequence].length
        self._piece = max(1, _VALUES // self.layer.size)
        self._known = np.zeros(-(-self._length // self._piece), bool)
        self._counts = np.full((self._length, len(CLASSES)), np.nan, np.float32)

    def count(self, start: int, stop: int, seconds: float) -> bool:
        """Count from timestep `start` up to `stop`, for so long at most; whether all of them are counted then."""
        until = time.perf_counter() + seconds
        pieces = range(start // self._piece, -(-min(stop, self._length) // self._piece))
        for piece in pieces:
            if not self._known[piece]:
                self._count(piece)
                if time.perf_counter() > until:
                    break
        return bool(self._known[pieces.start : pieces.stop].all())

    def __getitem__(self, timesteps: slice) -> Floats:
        """What is known of them, (n, 4); NaN for the rest."""
        return self._counts[timesteps]

    def _count(self, piece: int) -> None:
        layer, cell = self.layer, self.layer.cell
        if cell.keep is None:
            raise KeyError(f"{cell.title} has no keep to count by")
        start, stop = piece * self._piece, min((piece + 1) * self._piece, self._length)
        offset = layer.tape.sequences[self.sequence].offset
        rows = slice(offset + start, offset + stop)
        previous = layer.previous(cell.state, self.sequence, start, stop)
        self._counts[start:stop] = count(layer[cell.keep][rows], layer[cell.state][rows], previous, self.thresholds)
        self._known[piece] = True
