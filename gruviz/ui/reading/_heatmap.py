"""A heatmap at the resolution of the screen: units by timesteps, as indices into a table of colours."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gruviz.cells import Quantity
from gruviz.recording import Layer, over_training, reduce_rows
from gruviz.ui.reading._arranged import Arrangement, arranged
from gruviz.ui.reading._columns import Columns, columns_for
from gruviz.ui.reading._request import Request, Source, Unfinished
from gruviz.ui.reading._sample import apart
from gruviz.ui.reading._strips import read_columns, strip_for
from gruviz.ui.reading._tiles import TILE, Strip
from gruviz.view import Reduction

Floats = NDArray[np.float32]
HIGHEST = 254
"""The index of the highest value; 0 is that of the lowest."""
MASKED = 255
"""The index of a value that is none."""
_COARSER = 16
"""How many times as many timesteps are in a block of the picture that is shown while the right one is read."""
_PATIENCE = 0.05
"""Seconds that a picture may take to read before a coarser one is shown."""


@dataclass(frozen=True)
class Heatmap:
    """What is drawn."""

    columns: Columns
    units: int
    """Units that share a row."""
    image: NDArray[np.uint8]
    """(rows, columns) indices, the first unit of `order` at the top."""
    limit: float
    """The value at the upper end of the scale: 1 for a fraction, whose lower end is 0; else the scale is ± this."""
    order: NDArray[np.intp]
    """The units from top to bottom, (R,)."""
    sampled: bool = False
    """Only some of the timesteps were read: what the recording lacks to draw it from is still being made."""


@dataclass(frozen=True)
class HeatmapRequest(Request):
    """One quantity from `start` up to `stop`, for a panel of `width` by `height` pixels."""

    quantity: str
    start: int
    stop: int
    width: int
    height: int
    reduction: Reduction = "mean"
    arrangement: Arrangement = field(default_factory=Arrangement)

    def read(self, source: Source) -> Heatmap | Unfinished:
        """Read it from the level of the pyramid that fits; from the coarsest first, where that would take long."""
        layer = self._layer(source)
        columns = columns_for(self.start, self.stop, self.width)
        strip = strip_for(layer, self.sequence, self.quantity, columns.step, self.reduction)
        coarse = strip_for(layer, self.sequence, self.quantity, columns.step * _COARSER, self.reduction)
        late = source.tiles.seconds(strip, columns.start // strip.factor, columns.stop // strip.factor) > _PATIENCE
        if late and coarse.factor > columns.step and source.known.get(("coarse", self.slot)) != self:
            source.known["coarse", self.slot] = self  # which is asked again, and is then read in full
            return Unfinished(self._draw(source, layer, columns, coarse)[0])
        asked, before = source.known.get(("waiting", self.slot), (None, None))
        if asked == self and not arranged(source, layer, self.sequence, self.arrangement).known:
            return Unfinished(before)
        heatmap, final = self._draw(source, layer, columns, strip)
        if final:
            return heatmap
        source.known["waiting", self.slot] = self, heatmap  # shown until it is known which rows are right
        return Unfinished(heatmap)

    def look_ahead(self, source: Source, before: Request) -> None:
        """Read the tiles that come next, where the picture moved along at the same resolution, or to a checkpoint."""
        if isinstance(before, HeatmapRequest) and before.sequence != self.sequence:
            self._read_neighbour(source, before.sequence)
        if not isinstance(before, HeatmapRequest) or replace(before, start=self.start, stop=self.stop) != self:
            return
        layer, columns = self._layer(source), columns_for(self.start, self.stop, self.width)
        if columns.step != columns_for(before.start, before.stop, before.width).step or self.start == before.start:
            return
        strip = strip_for(layer, self.sequence, self.quantity, columns.step, self.reduction)
        first, last = columns.start // strip.factor, columns.stop // strip.factor
        if self.start > before.start:
            source.tiles.blocks(strip, last, last + TILE)
        else:
            source.tiles.blocks(strip, max(first - TILE, 0), first)

    def _read_neighbour(self, source: Source, before: int) -> None:
        """Read the same picture of the checkpoint after this one, coming from the sequence `before`."""
        layer = self._layer(source)
        alike = [info.index for info in over_training(layer.tape.sequences, self.sequence)]
        if before not in alike:
            return
        here = alike.index(self.sequence)
        there = here + (1 if alike.index(before) < here else -1)
        if 0 <= there < len(alike):
            columns = columns_for(self.start, self.stop, self.width)
            strip = strip_for(layer, alike[there], self.quantity, columns.step, self.reduction)
            source.tiles.blocks(strip, columns.start // strip.factor, columns.stop // strip.factor)

    def _draw(self, source: Source, layer: Layer, columns: Columns, strip: Strip) -> tuple[Heatmap, bool]:
        """The picture, and whether its rows are those that were asked for."""
        quantity = layer.cell[self.quantity]
        rows = arranged(source, layer, self.sequence, self.arrangement)
        values = read_columns(source, strip, columns)
        if self.arrangement.order != "index" or len(rows.units) < layer.size:
            values = values[:, rows.units]
        units = max(1, -(-len(rows.units) // max(self.height, 1)))
        values = group_units(values, units, self.reduction)
        limit = limit_of(source, layer, quantity)
        sampled = apart(strip, columns) > 1
        return Heatmap(columns, units, indices(values, quantity, limit), limit, rows.units, sampled), rows.known


def group_units(values: Floats, units: int, reduction: Reduction) -> Floats:
    """(columns, H) values as (rows, columns), `units` of them sharing a row."""
    rows = np.ascontiguousarray(values.T)
    return rows if units == 1 else getattr(reduce_rows(rows, units), reduction)


def limit_of(source: Source, layer: Layer, quantity: Quantity) -> float:
    """The upper end of the scale of a quantity: the same for all sequences of a layer."""
    return float(source.once(("limit", layer.name, quantity.name), lambda: _limit(layer, quantity)))


def _limit(layer: Layer, quantity: Quantity) -> float:
    """1, or as far as the values of the whole tape go beyond it, to two digits."""
    if quantity.fraction:
        return 1.0
    largest = max((1.0, *map(abs, layer.extremes(quantity.name))))  # a NaN is not larger than 1
    digit = 10.0 ** (np.floor(np.log10(largest)) - 1)
    return float(np.ceil(largest / digit - 1e-9) * digit)


def indices(values: Floats, quantity: Quantity, limit: float) -> NDArray[np.uint8]:
    """Values as indices into a table of colours, 0 to `HIGHEST`; `MASKED` for what is not a number."""
    low = -limit if quantity.signed else 0.0
    with np.errstate(invalid="ignore"):
        scaled = (values - low) * (HIGHEST / (limit - low)) + 0.5
        finite = np.isfinite(scaled)
        np.clip(scaled, 0, HIGHEST, out=scaled)
    if not finite.all():
        scaled[~finite] = MASKED
    found: NDArray[np.uint8] = scaled.astype(np.uint8)
    return found
