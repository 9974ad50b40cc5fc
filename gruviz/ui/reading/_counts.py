"""Units in each class over time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.cells import CLASSES, Thresholds
from gruviz.recording import Layer, SequenceInfo, count, reduce_rows
from gruviz.ui.reading._columns import Columns, columns_for
from gruviz.ui.reading._request import Request, Source

_PIECE = 2**21
"""Values of a quantity that are counted at a time."""


@dataclass(frozen=True)
class Counts:
    """Counts of units, by column and class."""

    columns: Columns
    values: NDArray[np.float32]
    """(columns, 4), the mean of each column; rows sum to the number of units."""
    image: NDArray[np.uint8]
    """(rows, columns), the classes stacked, the first at the bottom, as indices into `cells.CLASSES`."""


@dataclass(frozen=True)
class CountsRequest(Request):
    """Counts from `start` up to `stop` at some thresholds, for a panel of `width` by `height` pixels."""

    start: int
    stop: int
    width: int
    height: int
    thresholds: Thresholds

    def read(self, source: Source) -> Counts:
        """Read the stored counts, or count anew where they were counted at other thresholds."""
        layer, info = self._layer(source), self._sequence(source)
        columns = columns_for(self.start, self.stop, self.width)
        first, last = columns.start, min(columns.stop, info.length)
        if self.thresholds == layer.thresholds:
            values = layer.counts(slice(info.offset + first, info.offset + last)).astype(np.float32)
        else:
            values = _count(layer, info, first, last, self.thresholds)
        if columns.step > 1:
            values = reduce_rows(values, columns.step).mean
        return Counts(columns, values, _stack(values, min(layer.size, max(self.height, 1))))


def _count(layer: Layer, info: SequenceInfo, start: int, stop: int, thresholds: Thresholds) -> NDArray[np.float32]:
    cell = layer.cell
    if cell.keep is None:
        raise KeyError(f"{cell.title} has no keep to count by")
    piece = max(1, _PIECE // layer.size)
    parts: list[NDArray[np.integer]] = [np.empty((0, len(CLASSES)), np.int32)]
    for first in range(start, stop, piece):
        last = min(first + piece, stop)
        rows = slice(info.offset + first, info.offset + last)
        previous = layer.previous(cell.state, info.index, first, last)
        parts.append(count(layer[cell.keep][rows], layer[cell.state][rows], previous, thresholds))
    return np.concatenate(parts).astype(np.float32)


def _stack(values: NDArray[np.float32], rows: int) -> NDArray[np.uint8]:
    """Draw counts (columns, 4) as bars of `rows` pixels."""
    total = np.maximum(values.sum(axis=1, keepdims=True), 1)
    tops = np.rint(np.cumsum(values / total, axis=1)[:, :-1] * rows)  # where a class ends, counted from below
    height = np.arange(rows - 1, -1, -1)[:, None]
    stack: NDArray[np.uint8] = np.add.reduce([height >= top for top in tops.T], dtype=np.uint8)
    return stack
