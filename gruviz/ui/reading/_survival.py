"""The heatmap of survival: how much of what stood at a marked timestep is still there, as the time goes on."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis import HORIZONS, LEAST, fading, horizon
from gruviz.errors import GruvizError
from gruviz.recording import Layer
from gruviz.recording.schema import CHUNK_ROWS
from gruviz.ui.reading._columns import Columns, columns_for
from gruviz.ui.reading._derived import TURN, DerivedRequest, draw
from gruviz.ui.reading._heatmap import Heatmap
from gruviz.ui.reading._request import Source, Unfinished

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Survived(Heatmap):
    """Survival, drawn."""

    since: int = 0
    """The marked timestep."""
    median: Floats | None = None
    """(columns,), of all units; NaN before the marked timestep, and where it is not known yet."""
    horizons: tuple[int | None, ...] = ()
    """For each of `analysis.HORIZONS` the first timestep at which the median over units is less; None for none."""
    lasting: NDArray[np.int64] | None = None
    """(H,), the first timestep at which less than 1/e is left of each unit; -1 for none, as far as it was followed."""


@dataclass(frozen=True)
class SurvivalRequest(DerivedRequest):
    """What is left from `start` up to `stop` of what stood at the end of timestep `since`."""

    since: int = 0

    def read(self, source: Source) -> Survived | Unfinished:
        """Follow it for as long as there is time, and go on when asked again."""
        layer = self._layer(source)
        fade = source.known.get("fade")
        if fade is None or fade.subject != (self.layer, self.sequence, self.since):
            fade = source.known["fade"] = Fade(layer, self.sequence, self.since)
        picture = source.known.get(("derived", self.slot))
        if picture is None or picture.request != self:
            picture = source.known["derived", self.slot] = _Picture(self, fade)
        done = picture.go_on(TURN)
        values = picture.values()
        median = np.full(len(values), np.nan)
        known = ~np.isnan(values[:, 0])
        median[known] = np.median(values[known], axis=1)
        drawn, final = draw(source, self, layer, picture.columns, values.astype(np.float32), 1.0)
        coarse = picture.columns.step > CHUNK_ROWS
        answer = Survived(*drawn, coarse, self.since, median, tuple(map(fade.timestep, fade.horizons)), fade.lasted)
        return answer if done and final else Unfinished(answer)


class Fade:
    """What is left of one timestep, known at the ends of blocks as far as anybody has looked.

    Blocks are as long as chunks of the file and end where those end, so that each is read once.
    """

    def __init__(self, layer: Layer, sequence: int, since: int) -> None:
        if layer.cell.keep is None:
            raise GruvizError(f"A plain {layer.cell.title} has no gate that keeps: nothing of a state survives a step.")
        self.subject = layer.name, sequence, since
        self._layer, self._sequence, self._keep = layer, sequence, layer.cell.keep
        info = layer.tape.sequences[sequence]
        self.length, self.backward = info.length, layer.backward
        self.since = self.processed(since)
        self.left = [np.ones(layer.size)]
        """By block, what is left before it, (H,)."""
        self.horizons: list[int | None] = [None] * len(HORIZONS)
        """In processing order."""
        self.lasting = np.full(layer.size, -1)
        """By unit, where less than 1/e is left for the first time, in processing order; -1 where that is not so yet."""
        row = info.offset + (since - 1 if layer.backward else since + 1)
        self._first = row % CHUNK_ROWS + 1 if layer.backward else CHUNK_ROWS - row % CHUNK_ROWS

    def processed(self, timestep: int) -> int:
        """The place of a timestep in processing order."""
        return self.length - 1 - timestep if self.backward else timestep

    def timestep(self, place: int | None) -> int | None:
        """The timestep at a place in processing order."""
        return None if place is None else self.processed(place)

    @property
    def lasted(self) -> NDArray[np.int64]:
        """`lasting` in timesteps of the sequence."""
        return np.where(self.lasting < 0, -1, self.length - 1 - self.lasting if self.backward else self.lasting)

    def block(self, number: int) -> tuple[int, int]:
        """Where a block begins and ends, in processing order."""
        start = self.since + 1 + (self._first + (number - 1) * CHUNK_ROWS if number else 0)
        return min(start, self.length), min(self.since + 1 + self._first + number * CHUNK_ROWS, self.length)

    def holding(self, place: int) -> int:
        """The number of the block that holds a place after the marked one."""
        return max(0, -(-(place - self.since - self._first) // CHUNK_ROWS))

    @property
    def known(self) -> int:
        """The first place of which it is not known what is left."""
        return self.block(len(self.left) - 1)[0]

    @property
    def ended(self) -> bool:
        """Whether the sequence has ended there, or nothing that is worth a look is left."""
        return self.known >= self.length or not (self.left[-1] > LEAST).any()

    def survived(self, number: int) -> Floats:
        """What is left at each timestep of a block, (n, H); of those up to the first that is not known, or that one."""
        start, stop = self.block(number)
        keep = self._layer.processing(self._keep, self._sequence, start, stop)
        survived = fading(keep, self.left[number])
        if number == len(self.left) - 1 and stop > start:
            self.left.append(survived[-1].copy())
            self._find_horizons(start, survived)
        return survived

    def at(self, place: int, unit: int) -> float:
        """What is left of a unit at a place in processing order; not a number where that is not known."""
        if place <= self.since:
            return 1.0 if place == self.since else float("nan")
        number = self.holding(place)
        if number >= len(self.left):
            return 0.0 if self.ended else float("nan")
        start, _ = self.block(number)
        keep = self._layer.processing(self._keep, self._sequence, start, place + 1)[:, [unit]]
        return float(fading(keep, self.left[number][[unit]])[-1, 0])

    def _find_horizons(self, start: int, survived: Floats) -> None:
        if (lasting := self.lasting < 0).any():
            fallen = horizon(survived)
            new = lasting & (fallen < len(survived))
            self.lasting[new] = start + fallen[new]
        if None not in self.horizons:
            return
        median = np.median(survived, axis=1)
        for number, below in enumerate(HORIZONS):
            found = int(horizon(median, below))
            if self.horizons[number] is None and found < len(median):
                self.horizons[number] = start + found


class _Picture:
    """The columns of one picture, as far as they are known."""

    def __init__(self, request: SurvivalRequest, fade: Fade) -> None:
        self.request, self._fade = request, fade
        self.columns: Columns = columns_for(request.start, request.stop, request.width)
        self._stop = min(self.columns.stop, fade.length)
        ends = fade.processed(self.columns.start), fade.processed(self._stop - 1)
        self._places = min(ends), max(ends) + 1
        """From where to where, in processing order."""
        count = -(-(self._stop - self.columns.start) // self.columns.step)
        size = len(fade.left[0])
        self._held = np.zeros(count, np.int64)
        start = {"mean": 0.0, "min": np.inf, "max": -np.inf}[request.reduction]
        self._values = np.full((count, size), start)
        self._work = self._coarsely() if self.columns.step > CHUNK_ROWS else self._exactly()

    def go_on(self, seconds: float) -> bool:
        """Follow it for so long; whether all is known now."""
        until = time.perf_counter() + seconds
        return all(time.perf_counter() <= until for _ in self._work)

    def values(self) -> Floats:
        """What the columns hold, (columns, H); NaN where nothing is left yet, or it is not known."""
        values = self._values / np.maximum(self._held, 1)[:, None] if self.request.reduction == "mean" else self._values
        return np.where(self._held[:, None] > 0, values, np.nan)

    def _exactly(self) -> Iterator[None]:
        fade, (first, stop) = self._fade, self._places
        if first <= fade.since < stop:
            self._add(fade.since, np.ones((1, len(fade.left[0]))))
        number = 0
        while fade.block(number)[0] < stop:
            if number == len(fade.left) - 1 and fade.ended:
                break
            if number == len(fade.left) - 1 or fade.block(number)[1] > first:
                start, survived = fade.block(number)[0], fade.survived(number)
                cut = max(first - start, 0)
                self._add(start + cut, survived[cut : stop - start])
                yield
            number += 1
        self._empty(max(fade.block(number)[0], first))

    def _coarsely(self) -> Iterator[None]:
        """Between the ends of blocks, as if it faded evenly: a column is longer than a block."""
        fade, (_, stop) = self._fade, self._places
        while not fade.ended and fade.known < stop:
            fade.survived(len(fade.left) - 1)
            yield
        ends = np.array([fade.block(number)[0] - 1 for number in range(len(fade.left))] + [2 * fade.length])
        left = np.stack([*fade.left, fade.left[-1]])  # where all is gone, it stays gone
        begins = np.arange(self.columns.start, self._stop, self.columns.step)
        ceases = np.minimum(begins + self.columns.step, self._stop) - 1
        if fade.backward:
            begins, ceases = fade.processed(0) - ceases, fade.processed(0) - begins
        seen = ceases >= fade.since
        place = {"mean": (begins + ceases) / 2, "min": ceases, "max": begins}[self.request.reduction][seen]
        place = np.maximum(place, fade.since)
        after = np.searchsorted(ends, place, side="right")
        part = (place - ends[after - 1]) / (ends[after] - ends[after - 1])
        self._values[seen] = left[after - 1] + part[:, None] * (left[after] - left[after - 1])
        self._held[seen] = 1
        yield

    def _columns_of(self, place: int, count: int) -> NDArray[np.int64]:
        timesteps = self._fade.processed(place) + np.arange(count) * (-1 if self._fade.backward else 1)
        return (timesteps - self.columns.start) // self.columns.step

    def _add(self, place: int, survived: Floats) -> None:
        """What is left from a place on, in processing order."""
        if not len(survived):
            return
        column = self._columns_of(place, len(survived))
        firsts = np.flatnonzero(np.diff(column, prepend=column[0] - 2))
        into = column[firsts]
        combine = {"mean": np.add, "min": np.minimum, "max": np.maximum}[self.request.reduction]
        self._values[into] = combine(self._values[into], combine.reduceat(survived, firsts, axis=0))
        self._held += np.bincount(column, minlength=len(self._held))

    def _empty(self, place: int) -> None:
        """Nothing that is worth a look is left from a place on."""
        count = self._places[1] - place
        if count <= 0:
            return
        held = np.bincount(self._columns_of(place, count), minlength=len(self._held))
        if self.request.reduction == "min":
            self._values[held > 0] = 0.0
        elif self.request.reduction == "max":
            self._values[held > 0] = np.maximum(self._values[held > 0], 0.0)
        self._held += held
