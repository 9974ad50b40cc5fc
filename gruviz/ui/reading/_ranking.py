"""Units by how well they follow a label, worked out piece by piece, from all over the tape."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis import Following, is_binary
from gruviz.recording import Layer
from gruviz.recording.schema import CHUNK_ROWS
from gruviz.ui.reading._labelled import Labelled, label_of
from gruviz.ui.reading._request import Source, Unfinished

Floats = NDArray[np.float64]
SHIFTS = 19
"""By so many other lengths of time the label is moved round, to see how well units go with what they cannot follow: a
unit beyond all of them would be so by chance in one of twenty such labels."""
_VALUES = 2**20
"""Of a quantity, that are taken in at a time."""
_PATIENCE = 0.03
"""Seconds after which what is known is shown."""


@dataclass(frozen=True, eq=False)
class Ranking:
    """How all units follow a label."""

    label: str
    binary: bool
    """It says yes or no; else it is a number."""
    mean: float
    """Of the label: the part of the timesteps at which it holds, or its mean. NaN where it says nothing."""
    varies: bool
    """It is not the same throughout."""
    r: Floats
    """Pearson's r of each unit with the label, (H,); 0 for a unit that never moves."""
    order: NDArray[np.intp]
    """The units from the one that follows best, whichever way, to the one that follows least, (H,)."""
    chance: float
    """The best r, whichever way, that any unit has with the label moved round in time: what finding the best of many
    gives by itself.
    """
    timesteps: int
    """That have been taken in so far."""
    of: int
    """At which the label says something."""


@dataclass(frozen=True)
class RankingRequest(Labelled):
    """The units ranked by how well a quantity of theirs follows the label."""

    quantity: str

    def read(self, source: Source) -> Ranking | Unfinished:
        """Go on with it, and give what is known."""
        layer = self._layer(source)
        kept = source.known.get("ranking")
        if kept is None or kept[0] != self or kept[1].rows != len(layer.tape):
            kept = source.known["ranking"] = self, _Progress(layer, self.quantity, label_of(source, self))
        progress: _Progress = kept[1]
        until = time.perf_counter() + _PATIENCE
        while progress.pieces and time.perf_counter() < until:
            progress.go_on()
        ranking = progress.ranking(self.label)
        return Unfinished(ranking) if progress.pieces else ranking


class _Progress:
    """What is known of a ranking."""

    def __init__(self, layer: Layer, quantity: str, label: NDArray[np.float32]) -> None:
        self.rows = len(label)
        self._values = layer[quantity]
        self._where = np.flatnonzero(np.isfinite(label))
        self._label = label[self._where]
        self._sums = Following(layer.size, 1 + SHIFTS)
        self._done = 0
        many = len(self._label)
        self._moved = np.append(
            0, np.random.default_rng(0).integers(many // 8, many - many // 8, SHIFTS) if many > 1 else [0] * SHIFTS
        )
        self._piece = max(1, _VALUES // layer.size // CHUNK_ROWS) * CHUNK_ROWS
        starts = range(0, self.rows, self._piece) if self.varies else range(0)
        self.pieces = _spread([start for start in starts if self._within(start).size])
        """Rows at which pieces begin that have not been taken in, the next one last."""

    @property
    def varies(self) -> bool:
        return bool(len(self._label)) and bool(self._label.min() < self._label.max())

    def _within(self, start: int) -> NDArray[np.intp]:
        """The places, among what is labelled, of a piece."""
        first, stop = np.searchsorted(self._where, (start, start + self._piece)).tolist()
        return np.arange(first, stop)

    def go_on(self) -> None:
        """Take in one more piece."""
        start = self.pieces.pop()
        places = self._within(start)
        rows = self._where[places]
        values = self._values[int(rows[0]) : int(rows[-1]) + 1]
        if len(values) != len(rows):
            values = values[rows - rows[0]]
        labels = self._label[(places[:, None] - self._moved) % len(self._label)]
        self._sums.add(values, labels)
        self._done += len(rows)

    def ranking(self, label: str) -> Ranking:
        """What is known."""
        r, *others = self._sums.correlation
        mean = float(self._label.mean(dtype=np.float64)) if len(self._label) else float("nan")
        chance = float(np.abs(others).max(initial=0))
        order = np.argsort(-np.abs(r), kind="stable")
        binary = is_binary(self._label)
        return Ranking(label, binary, mean, self.varies, r, order, chance, self._done, len(self._label))


def _spread(starts: list[int]) -> list[int]:
    """The same, so that any number of them from the end lie all over: in the order of their bits, turned round."""
    bits = max(len(starts) - 1, 1).bit_length()
    turned = sorted(range(len(starts)), key=lambda place: int(f"{place:0{bits}b}"[::-1], 2))
    return [starts[place] for place in reversed(turned)]
