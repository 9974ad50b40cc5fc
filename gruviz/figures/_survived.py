"""What is left of a timestep, put into the columns of a heatmap, followed in pieces."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis import HORIZONS, LEAST, fading, horizon
from gruviz.figures import _progress as progress
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
    turned = _turning(layer, sequence)
    gathered = _Gathered(columns, layer.size, how)
    gathered.add(np.array([since]), np.ones((1, layer.size)))
    place, last = turned(since) + 1, turned(columns.start) + 1 if layer.backward else columns.stop
    found: list[int | None] = [None] * len(HORIZONS)
    for left in _following(layer, sequence, place, last):
        gathered.add(_timesteps(layer, sequence, place, place + len(left)), left)
        if None in found:
            median = np.median(left, axis=1)
            for number, below in enumerate(HORIZONS):
                at = int(horizon(median, below))
                if found[number] is None and at < len(median):
                    found[number] = turned(place + at)
        place += len(left)
    if place < last:
        gathered.add_nothing(_timesteps(layer, sequence, place, last))
    return Survived(gathered.values(), tuple(found))


def lasting(layer: Layer, sequence: int, since: int, least: float) -> int:
    """For how many timesteps after `since` some unit has more than `least` left."""
    count = 0
    place = _turning(layer, sequence)(since) + 1
    for left in _following(layer, sequence, place, layer.tape.sequences[sequence].length):
        seen = (left > least).any(axis=1)
        count += int(np.count_nonzero(seen))
        if not seen.all():
            break
    return count


def _following(layer: Layer, sequence: int, place: int, last: int) -> Iterator[Floats]:
    """What is left from a place on, in processing order, (n, H) at a time, until the last or until it is gone."""
    assert layer.cell.keep is not None
    standing = np.ones(layer.size)
    while place < last and (standing > LEAST).any():
        stop = min(place + _PIECE, last)
        progress.read(stop - place)
        left = fading(layer.processing(layer.cell.keep, sequence, place, stop), standing)
        yield left
        standing, place = left[-1], stop


def _turning(layer: Layer, sequence: int) -> Callable[[int], int]:
    """From the sequence's order to that of processing, or back."""
    last = layer.tape.sequences[sequence].length - 1
    return (lambda timestep: last - timestep) if layer.backward else (lambda timestep: timestep)


def _timesteps(layer: Layer, sequence: int, place: int, last: int) -> NDArray[np.int64]:
    """Of places in processing order."""
    places = np.arange(place, last)
    return layer.tape.sequences[sequence].length - 1 - places if layer.backward else places


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
