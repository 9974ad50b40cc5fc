"""Rows to choose from, thousands of them: found by typing, sorted by any column."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


@dataclass(frozen=True, eq=False)
class Column:
    """A number of each row."""

    title: str
    values: NDArray[np.floating]
    """(rows,); NaN where it is not known, which sorts last either way."""
    say: Callable[[float], str]
    tip: str


class Listing(QAbstractTableModel):
    """Labels, and perhaps numbers beside them. What is found and in what order is one array, never a list of rows."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._labels: list[str] = []
        self._plain: list[str] = []
        """The labels without capitals."""
        self._columns: tuple[Column, ...] = ()
        self._text = ""
        self._sorted: tuple[int, bool] | None = None
        """By which column, and whether downwards; None as they were offered."""
        self._rows: NDArray[np.intp] = np.empty(0, np.intp)

    def offer(self, labels: Sequence[str]) -> None:
        """Begin anew with these rows, all of them, as they are offered."""
        self.beginResetModel()
        self._labels, self._plain = list(labels), [label.casefold() for label in labels]
        self._columns, self._text, self._sorted = (), "", None
        self._rows = np.arange(len(labels))
        self.endResetModel()

    def tell(self, columns: Sequence[Column]) -> None:
        """What numbers stand beside the labels; what was found, and by which column it is sorted, stays."""
        self.beginResetModel()
        self._columns = tuple(columns)
        self._rows = self._found()
        self.endResetModel()

    def find(self, text: str) -> None:
        """Leave the rows whose label holds this text, in capitals or not."""
        self.beginResetModel()
        longer = self._text and self._text in text.casefold()  # what holds it is among what held the shorter one
        self._text = text.casefold()
        self._rows = self._holding(self._rows) if longer else self._found()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; by none, where there is no such column."""
        self.beginResetModel()
        self._sorted = (column, order == Qt.SortOrder.DescendingOrder) if 0 <= column < self.columnCount() else None
        self._rows = self._found()
        self.endResetModel()

    def offered(self, row: int) -> int:
        """Which of those that were offered stands in a row."""
        return int(self._rows[row])

    def row_of(self, offered: int) -> int:
        """The row of one of those that were offered; -1 where it is not among those found."""
        return int(next(iter(np.flatnonzero(self._rows == offered)), -1))

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        """Those that are found."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _NOWHERE) -> int:
        """The label, and the numbers beside it."""
        return 0 if parent.isValid() else 1 + len(self._columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What stands in a cell."""
        which, column = self.offered(index.row()), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            if column == 0:
                return self._labels[which]
            value = float(self._columns[column - 1].values[which])
            return "" if np.isnan(value) else self._columns[column - 1].say(value)
        if role == Qt.ItemDataRole.TextAlignmentRole and column:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole and column == 0:
            return self._labels[which]
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a column is."""
        if orientation != Qt.Orientation.Horizontal or section >= self.columnCount():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section - 1].title if section else "name"
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._columns[section - 1].tip if section else "Sort by name"
        return None

    def _found(self) -> NDArray[np.intp]:
        rows = self._holding(np.arange(len(self._labels)))
        if self._sorted is None:
            return rows
        column, down = self._sorted
        if column == 0:
            return np.array(sorted(rows.tolist(), key=self._plain.__getitem__, reverse=down), np.intp)
        values = self._columns[column - 1].values[rows] if column <= len(self._columns) else np.zeros(len(rows))
        return rows[np.argsort(-values if down else values, kind="stable")]

    def _holding(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Of these, those whose label holds the text, in the order that they have."""
        if not self._text:
            return rows
        text, plain = self._text, self._plain
        return np.array([place for place in rows.tolist() if text in plain[place]], np.intp)
