"""Some units over time: all their quantities, at the resolution of the screen."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.recording import Layer, Reduced, SequenceInfo, reduce_rows
from gruviz.recording.pyramid import reduce_blocks
from gruviz.recording.schema import STATISTICS
from gruviz.ui.reading._columns import Columns, columns_for
from gruviz.ui.reading._heatmap import limit_of
from gruviz.ui.reading._request import Request, Source

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Traces:
    """What is drawn."""

    columns: Columns
    units: tuple[int, ...]
    mean: Mapping[str, Floats]
    """By quantity, (columns, units)."""
    low: Mapping[str, Floats]
    """The least of each column."""
    high: Mapping[str, Floats]
    limits: Mapping[str, float]
    """By quantity, the upper end of its scale, as in its heatmap."""


@dataclass(frozen=True)
class TracesRequest(Request):
    """All quantities of some units from `start` up to `stop`, for a panel `width` pixels wide."""

    units: tuple[int, ...]
    start: int
    stop: int
    width: int

    def read(self, source: Source) -> Traces:
        """Read them from the level of the pyramid that fits, or exactly."""
        layer, info = self._layer(source), self._sequence(source)
        columns = columns_for(self.start, self.stop, self.width)
        read = {name: _read(layer, info, name, self.units, columns) for name in layer.cell.names}
        limits = {name: limit_of(source, layer, layer.cell[name]) for name in read}
        mean, low, high = ({name: getattr(read[name], what) for name in read} for what in ("mean", "min", "max"))
        return Traces(columns, self.units, mean, low, high, limits)


def _read(layer: Layer, info: SequenceInfo, quantity: str, units: tuple[int, ...], columns: Columns) -> Reduced:
    factor = max((f for f in layer.factors(quantity) if f <= columns.step), default=1)
    if factor == 1:
        rows = slice(info.offset + columns.start, info.offset + min(columns.stop, info.length))
        return reduce_rows(np.stack([layer[quantity][rows, unit] for unit in units], axis=1), columns.step)
    blocks = columns.start // factor, columns.stop // factor
    chosen = Reduced(*(_some(layer, info, quantity, factor, name, blocks, units) for name in STATISTICS))
    return reduce_blocks(chosen, np.ones(len(chosen), np.int64), columns.step // factor)


def _some(
    layer: Layer,
    info: SequenceInfo,
    quantity: str,
    factor: int,
    name: str,
    blocks: tuple[int, int],
    units: tuple[int, ...],
) -> Floats:
    return np.stack([layer.statistic(quantity, info.index, factor, name, *blocks, unit) for unit in units], axis=1)
