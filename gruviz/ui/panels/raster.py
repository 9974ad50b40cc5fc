"""A picture of columns over time, drawn in exact pixels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter, qRgba

from gruviz.ui.reading import Columns

Bytes = NDArray[np.uint8]


class Raster:
    """Indices into a table of colours, each a rectangle of one colour, never blurred into its neighbours."""

    def __init__(self, table: Bytes) -> None:
        """`table` holds the colour of each index, (n, 3), or (n, 4) where the ground shows through some."""
        rows = ((*colour, 255)[:4] for colour in table.tolist())
        self._colours = [qRgba(red, green, blue, opacity) for red, green, blue, opacity in rows]
        self.indices: Bytes | None = None
        """What is drawn, (rows, columns)."""
        self._columns: Columns | None = None
        self._image = QImage()

    def show(self, indices: Bytes, columns: Columns) -> None:
        """Take a picture, (rows, columns) indices, the first row at the top."""
        self.indices, self._columns = indices, columns
        rows, count = indices.shape
        data: Any = np.ascontiguousarray(indices).data
        indexed = QImage(data, count, rows, count, QImage.Format.Format_Indexed8)
        indexed.setColorTable(self._colours)
        self._image = indexed.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)

    def clear(self) -> None:
        """Draw nothing."""
        self.indices, self._columns, self._image = None, None, QImage()

    def paint(self, painter: QPainter, rect: QRectF, start: int, stop: int) -> None:
        """Draw what lies between two timesteps over the width of `rect`, and all rows over its height."""
        if self._columns is None or self._image.isNull():
            return
        column = rect.width() / max(stop - start, 1)
        left = rect.left() + (self._columns.start - start) * column
        width = self._image.width() * self._columns.step * column
        painter.drawImage(QRectF(left, rect.top(), width, rect.height()), self._image)
