"""What is left of a timestep, put into the columns of a heatmap, followed in pieces."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis import HORIZONS, LEAST, fading, horizon
from gruviz.figures._columns import Columns
from gruviz.recording import Layer
from gruviz.view import Reduction

Floats = NDArray[np.float64]
_PIECE = 4096
"""Timesteps that are followed at a time."""


@dataclass(frozen=True)
class Survived:
    """What is left, in columns."""

    values: Floats
    """(columns, H), NaN where nothing was marked yet."""
    horizons: tuple[int | None, ...]
    """For each of `HORIZONS` the first timestep at which the median over all units is less; None for none."""


def survived(layer: Layer, sequence: int, columns: Columns, since: int, how: Reduction) -> Survived:
    """Follow what stood at the end of timestep `since` through a range, in pieces.

    It ends with the range, or where no unit has more than 1e-6 left, which counts as 0.
    """
    assert layer.cell.keep is not None
    length, size = layer.tape.sequences[sequence].length, layer.size

    def turned(timestep: int) -> int:
        return length - 1 - timestep if layer.backward else timestep

    gathered = _Gathered(columns, size, how)
    gathered.add(np.array([since]), np.ones((1, size)))
    standing, place = np.ones(size), turned(since) + 1
    last = turned(columns.start) + 1 if layer.backward else columns.stop
    found: list[int | None] = [None] * len(HORIZONS)
    while place < last and (standing > LEAST).any():
        stop = min(place + _PIECE, last)
        left = fading(layer.processing(layer.cell.keep, sequence, place, stop), standing)
        timesteps = np.arange(place, stop)
        gathered.add(length - 1 - timesteps if layer.backward else timesteps, left)
        if None in found:
            median = np.median(left, axis=1)
            for number, below in enumerate(HORIZONS):
                at = int(horizon(median, below))
                if found[number] is None and at < len(median):
                    found[number] = turned(place + at)
        standing, place = left[-1], stop
    if place < last:
        timesteps = np.arange(place, last)
        gathered.add_nothing(length - 1 - timesteps if layer.backward else timesteps)
    return Survived(gathered.values(), tuple(found))


class _Gathered:
    """Columns that timesteps are put into."""

    def __init__(self, columns: Columns, size: int, how: Reduction) -> None:
        self._columns, self._how = columns, how
        self._held = np.zeros(len(columns), np.int64)
        self._values = np.full((len(columns), size), {"mean": 0.0, "min": np.inf, "max": -np.inf}[how])

    def add(self, timesteps: NDArray[np.int64], left: Floats) -> None:
        """What is left at consecutive timesteps, ascending or descending, (n, H)."""
        within = (timesteps >= self._columns.start) & (timesteps < self._columns.stop)
        if not within.any():
            return
        column = self._column(timesteps[within])
        firsts = np.flatnonzero(np.diff(column, prepend=column[0] - 2))
        combine = {"mean": np.add, "min": np.minimum, "max": np.maximum}[self._how]
        into = column[firsts]
        self._values[into] = combine(self._values[into], combine.reduceat(left[within], firsts, axis=0))
        self._held += np.bincount(column, minlength=len(self._held))

    def add_nothing(self, timesteps: NDArray[np.int64]) -> None:
        """Consecutive timesteps at which nothing is left."""
        within = timesteps[(timesteps >= self._columns.start) & (timesteps < self._columns.stop)]
        held = np.bincount(self._column(within), minlength=len(self._held))
        if self._how != "mean":
            combine = np.minimum if self._how == "min" else np.maximum
            self._values[held > 0] = combine(self._values[held > 0], 0.0)
        self._held += held

    def values(self) -> Floats:
        """What the columns hold, (columns, H)."""
        many = np.maximum(self._held, 1)[:, None] if self._how == "mean" else 1
        return np.where(self._held[:, None] > 0, self._values / many, np.nan)

    def _column(self, timesteps: NDArray[np.int64]) -> NDArray[np.int64]:
        return (timesteps - self._columns.first) // self._columns.factor
