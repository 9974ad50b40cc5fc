"""Units in each class over time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.cells import CLASSES, Thresholds
from gruviz.recording import reduce_rows
from gruviz.ui.reading._columns import Columns, columns_for
from gruviz.ui.reading._request import Request, Source, Unfinished
from gruviz.ui.reading._strips import read_columns, strip_for
from gruviz.ui.reading._tiles import COUNTS

UNKNOWN = len(CLASSES)
"""The index of what is not counted yet."""
_TURN = 0.06
"""Seconds of counting before what is newer gets its turn."""


@dataclass(frozen=True)
class Counts:
    """Counts of units, by column and class."""

    columns: Columns
    values: NDArray[np.float32]
    """(columns, 4), the mean of each column; rows sum to the number of units. NaN where it is not counted yet."""
    image: NDArray[np.uint8]
    """(rows, columns), the classes stacked, the first at the bottom, as indices into `cells.CLASSES`, or `UNKNOWN`."""


@dataclass(frozen=True)
class CountsRequest(Request):
    """Counts from `start` up to `stop` at some thresholds, for a panel of `width` by `height` pixels."""

    start: int
    stop: int
    width: int
    height: int
    thresholds: Thresholds

    def read(self, source: Source) -> Counts | Unfinished:
        """Read the stored counts, or count anew where they were counted at other thresholds."""
        layer, info = self._layer(source), self._sequence(source)
        columns = columns_for(self.start, self.stop, self.width)
        if self.thresholds == layer.thresholds:
            values = read_columns(source, strip_for(layer, self.sequence, COUNTS, columns.step, "mean"), columns)
            return self._drawn(columns, values, layer.size)
        recount = source.recount(layer, self.sequence, self.thresholds)
        known = recount.count(columns.start, columns.stop, _TURN)
        values = recount[columns.start : min(columns.stop, info.length)]
        if columns.step > 1:
            values = reduce_rows(values, columns.step).mean
        counts = self._drawn(columns, values, layer.size)
        return counts if known else Unfinished(counts)

    def _drawn(self, columns: Columns, values: NDArray[np.float32], units: int) -> Counts:
        return Counts(columns, values, _stack(values, min(units, max(self.height, 1))))


def _stack(values: NDArray[np.float32], rows: int) -> NDArray[np.uint8]:
    """Draw counts (columns, 4) as bars of `rows` pixels."""
    total = np.maximum(values.sum(axis=1, keepdims=True), 1)
    tops = np.rint(np.cumsum(values / total, axis=1)[:, :-1] * rows)  # where a class ends, counted from below
    height = np.arange(rows - 1, -1, -1)[:, None]
    stack: NDArray[np.uint8] = np.add.reduce([height >= top for top in tops.T], dtype=np.uint8)
    stack[:, np.isnan(values[:, 0])] = UNKNOWN
    return stack
