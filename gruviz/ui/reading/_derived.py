"""Heatmaps of what is worked out of the recorded quantities: what is carried, written, and read of the old states.

No pyramid knows them. They are worked out from exact timesteps, a stretch at a time; of a long range every so many
timesteps a stretch stands for those up to the next, and the picture says so.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis import HELD, READ, candidate_weights, derived, levels, work_out
from gruviz.cells import Cell, Quantity
from gruviz.recording import Layer, reduce_rows
from gruviz.recording.schema import CHUNK_ROWS
from gruviz.ui.reading._arranged import Arrangement, arranged
from gruviz.ui.reading._columns import Columns, columns_for
from gruviz.ui.reading._heatmap import Heatmap, group_units, indices, limit_of
from gruviz.ui.reading._request import Request, Source, Unfinished
from gruviz.view import Reduction

Floats = NDArray[np.float32]
TURN = 0.02
"""Seconds of work before what is newer gets its turn."""
_ENOUGH = 2**25
"""Values of one quantity that a picture is worked out of, about."""
_TRIED, _ROWS = 8, 64
"""Stretches, and timesteps of each, by which a scale is set that no pyramid tells of."""


@dataclass(frozen=True)
class DerivedRequest(Request):
    """One of `analysis.derived` from `start` up to `stop`, for a panel of `width` by `height` pixels."""

    quantity: str
    start: int
    stop: int
    width: int
    height: int
    reduction: Reduction = "mean"
    arrangement: Arrangement = field(default_factory=Arrangement)

    def read(self, source: Source) -> Heatmap | Unfinished:
        """Work out what there is time for, and go on when asked again."""
        layer = self._layer(source)
        stretches = source.known.get(("derived", self.slot))
        if stretches is None or stretches.request != self:
            stretches = source.known["derived", self.slot] = Stretches(self, source, layer)
        done = stretches.go_on(TURN)
        columns = stretches.columns
        top = limit(source, layer, self.quantity)
        picture, final = draw(source, self, layer, columns, stretches.values(), top)
        heatmap = Heatmap(*picture, sampled=stretches.distance > CHUNK_ROWS)
        return heatmap if done and final else Unfinished(heatmap)


class Stretches:
    """A picture that is being worked out, from its left to its right."""

    def __init__(self, request: DerivedRequest, source: Source, layer: Layer) -> None:
        self.request = request
        self.columns = columns_for(request.start, request.stop, request.width)
        self._layer, self._reduction = layer, request.reduction
        self._stop = min(self.columns.stop, layer.tape.sequences[request.sequence].length)
        length, self.distance = self._stop - self.columns.start, CHUNK_ROWS
        while length / self.distance * CHUNK_ROWS * layer.size > _ENOUGH:
            self.distance *= 2
        """Timesteps from the beginning of one stretch to that of the next."""
        self._width = min(self.columns.step, CHUNK_ROWS)
        self._known: list[Floats] = []
        self._work = self._stretches(source)

    def _stretches(self, source: Source) -> Iterator[Floats]:
        request = self.request
        for start in range(self.columns.start, self._stop, self.distance):
            stop = min(start + CHUNK_ROWS, self._stop)
            rows = worked_out(source, self._layer, request.sequence, request.quantity, start, stop)
            yield getattr(reduce_rows(rows, self._width), self._reduction)

    def go_on(self, seconds: float) -> bool:
        """Work out more, for so long; whether all is worked out now."""
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            more = list(islice(self._work, 1))
            if not more:
                return True
            self._known += more
        return len(self._known) * self.distance >= self._stop - self.columns.start

    def values(self) -> Floats:
        """What the columns hold, (columns, H), NaN where that is not known yet."""
        every = np.arange(0, self._stop - self.columns.start, self._width)
        stretch = every // self.distance
        known = stretch < len(self._known)
        spread = np.full((len(every), self._layer.size), np.nan, np.float32)
        if self._known:
            firsts = np.cumsum([0, *map(len, self._known[:-1])])
            last = np.array([len(part) - 1 for part in self._known])
            of, within = stretch[known], every[known] % self.distance // self._width
            spread[known] = np.concatenate(self._known)[firsts[of] + np.minimum(within, last[of])]
        together = self.columns.step // self._width
        return spread if together == 1 else getattr(reduce_rows(spread, together), self._reduction)


def worked_out(source: Source, layer: Layer, sequence: int, name: str, start: int, stop: int) -> Floats:
    """One of `analysis.derived` at some timesteps of a sequence, (n, H), in its own time order."""
    weights = None
    if name in (READ, HELD):
        key = ("candidate weights", layer.name, layer.tape.sequences[sequence].checkpoint)
        weights = source.once(key, lambda: candidate_weights(source.recording, layer, sequence))
    return work_out(layer, sequence, name, start, stop, weights)


def quantity_of(cell: Cell, name: str) -> Quantity:
    """What is recorded, or worked out, under this name."""
    return next((each for each in derived(cell) if each.name == name), None) or cell[name]


def limit(source: Source, layer: Layer, name: str) -> float:
    """The upper end of its scale: the state's for its parts; for what is read of the old states, of a few stretches."""
    if name not in (READ, HELD):
        return limit_of(source, layer, layer.cell[layer.cell.state])
    return float(source.once(("limit of what is read", layer.name), lambda: _limit_of_read(source, layer)))


def _limit_of_read(source: Source, layer: Layer) -> float:
    most, tape = 0.0, layer.tape
    offsets = [info.offset for info in tape.sequences]
    for row in np.unique(np.linspace(0, len(tape) - 1, _TRIED).astype(int)):
        info = tape.sequences[int(np.searchsorted(offsets, row, side="right")) - 1]
        start = int(row) - info.offset
        stop = min(start + _ROWS, info.length)
        for name in (READ, HELD) if stop > start else ():
            values = worked_out(source, layer, info.index, name, start, stop)
            most = max(most, float(np.max(values, initial=0.0, where=np.isfinite(values))))
    return levels(quantity_of(layer.cell, READ), 0.0, most)[1]


Picture = tuple[Columns, int, NDArray[np.uint8], float, NDArray[np.intp]]


def draw(
    source: Source, request: DerivedRequest, layer: Layer, columns: Columns, values: Floats, limit: float
) -> tuple[Picture, bool]:
    """What a `Heatmap` of these columns, (columns, H), begins with, and whether its rows are those asked for.

    Drawn by the rules of all heatmaps.
    """
    rows = arranged(source, layer, request.sequence, request.arrangement)
    units = max(1, -(-len(rows.units) // max(request.height, 1)))
    image = group_units(values[:, rows.units], units, request.reduction)
    drawn = indices(image, quantity_of(layer.cell, request.quantity), limit)
    return (columns, units, drawn, limit, rows.units), rows.known
