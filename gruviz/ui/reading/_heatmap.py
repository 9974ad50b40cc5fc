"""A heatmap at the resolution of the screen: units by timesteps, as indices into a table of colours."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis import order as order_of
from gruviz.cells import Quantity
from gruviz.recording import Layer, Reduced, SequenceInfo, reduce_rows
from gruviz.ui.reading._columns import Columns, columns_for
from gruviz.ui.reading._request import Request, Source
from gruviz.ui.reading._sample import apart, sampled
from gruviz.view import Order, Reduction

Floats = NDArray[np.float32]
HIGHEST = 254
"""The index of the highest value; 0 is that of the lowest."""
MASKED = 255
"""The index of a value that is none."""
_COMPARED = 2048
"""Columns, means of equal blocks of a longer sequence, by which units are compared."""
_PIECE = 2**22
"""Values that are read at a time where a recording has no pyramid."""


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
    """The units from top to bottom, (H,)."""
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
    order: Order = "index"

    def read(self, source: Source) -> Heatmap:
        """Read it from the level of the pyramid that fits."""
        layer = self._layer(source)
        quantity = layer.cell[self.quantity]
        columns = columns_for(self.start, self.stop, self.width)
        info = self._sequence(source)
        key = ("order", self.layer, self.sequence, self.order)
        order = source.once(key, lambda: _order(layer, info, self.order))
        values = _read(layer, info, self.quantity, columns, self.reduction)
        if self.order != "index":
            values = values[:, order]
        units = max(1, -(-layer.size // max(self.height, 1)))
        values = _group_units(values, units, self.reduction)
        limit = limit_of(source, layer, quantity)
        some = _is_sampled(layer, info, self.quantity, columns)
        return Heatmap(columns, units, _indices(values, quantity, limit), limit, order, some)


def _order(layer: Layer, info: SequenceInfo, how: Order) -> NDArray[np.intp]:
    """The units as they stand in all heatmaps of a sequence, by means of its keep, or of its state without one."""
    quantity = layer.cell.keep or layer.cell.state
    columns = columns_for(0, info.length, _COMPARED)
    if how == "index":
        return np.arange(layer.size)
    return order_of(_read(layer, info, quantity, columns, "mean"), how)


def _read(layer: Layer, info: SequenceInfo, quantity: str, columns: Columns, reduction: Reduction) -> Floats:
    """The columns of a picture, (columns, H)."""
    if columns.step == 1:
        return layer[quantity][info.offset + columns.start : info.offset + columns.stop]
    factor = max((f for f in layer.factors(quantity) if f <= columns.step), default=1)
    ratio = columns.step // factor
    if factor == 1:
        if (distance := apart(layer, info, columns)) > 1:
            return sampled(layer, info, quantity, columns, reduction, distance)
        return _read_exact(layer, info, quantity, columns, reduction)
    blocks = layer.blocks(quantity, info.index, factor, columns.start // factor, columns.stop // factor)
    values: Floats = getattr(blocks, reduction)
    return _pool(values, ratio, reduction)


def _is_sampled(layer: Layer, info: SequenceInfo, quantity: str, columns: Columns) -> bool:
    coarse = any(factor <= columns.step for factor in layer.factors(quantity))
    return columns.step > 1 and not coarse and apart(layer, info, columns) > 1


def _read_exact(layer: Layer, info: SequenceInfo, quantity: str, columns: Columns, reduction: Reduction) -> Floats:
    piece = max(columns.step, _PIECE // layer.size // columns.step * columns.step)
    parts: list[Reduced] = []
    for start in range(columns.start, min(columns.stop, info.length), piece):
        stop = min(start + piece, columns.stop, info.length)
        parts.append(reduce_rows(layer[quantity][info.offset + start : info.offset + stop], columns.step))
    return np.concatenate([getattr(part, reduction) for part in parts])


def _pool(values: Floats, ratio: int, reduction: Reduction) -> Floats:
    """Every `ratio` blocks into one. A last one that holds fewer timesteps weighs as much as a full one."""
    return values if ratio == 1 else getattr(reduce_rows(values, ratio), reduction)


def _group_units(values: Floats, units: int, reduction: Reduction) -> Floats:
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


def _indices(values: Floats, quantity: Quantity, limit: float) -> NDArray[np.uint8]:
    low = 0.0 if quantity.fraction else -limit
    with np.errstate(invalid="ignore"):
        scaled = (values - low) * (HIGHEST / (limit - low)) + 0.5
        finite = np.isfinite(scaled)
        np.clip(scaled, 0, HIGHEST, out=scaled)
    if not finite.all():
        scaled[~finite] = MASKED
    indices: NDArray[np.uint8] = scaled.astype(np.uint8)
    return indices
