"""The sequence of another recording that one is held against, and whether both are of the same input."""

from dataclasses import dataclass

import numpy as np

from gruviz.errors import GruvizError
from gruviz.recording import Layer
from gruviz.ui.reading._request import Request, Source

_BLOCKS, _ROWS = 64, 1024
"""Stretches of a long input that are compared, and timesteps of each."""


@dataclass(frozen=True)
class Counterpart:
    """The sequence of another recording from which is subtracted."""

    recording: str
    """Its path."""
    layer: str
    sequence: int

    def read(self, source: Source) -> tuple[Source, Layer]:
        """Open it, and find its layer.

        Raises:
            GruvizError: it cannot be opened, or holds no such sequence any more.
        """
        other = source.beside(self.recording)
        layer = other.recording.layers.get(self.layer)
        if layer is None or not 0 <= self.sequence < len(layer.tape.sequences):
            raise GruvizError(f"{other.recording.name} has changed since it was opened: open it again")
        return other, layer


@dataclass(frozen=True)
class SameInputRequest(Request):
    """Whether the sequence reads what another one of the same length reads; of a long one, evenly spread stretches."""

    counterpart: Counterpart

    def read(self, source: Source) -> bool:
        """Compare them: symbol by symbol, or number by number."""
        _, other = self.counterpart.read(source)
        tape, info = self._tape(source), self._sequence(source)
        theirs = other.tape.sequences[self.counterpart.sequence]
        starts = np.linspace(0, max(info.length - _ROWS, 0), min(_BLOCKS, -(-info.length // _ROWS))).astype(int)
        for start in starts.tolist():
            stop = min(start + _ROWS, info.length)
            mine, its = (slice(each.offset + start, each.offset + stop) for each in (info, theirs))
            if tape.symbols(mine) != other.tape.symbols(its):
                return False
            values, numbers = tape.values(mine), other.tape.values(its)
            if (values is None) != (numbers is None):
                return False
            if values is not None and numbers is not None and not np.array_equal(values, numbers, equal_nan=True):
                return False
        return True
