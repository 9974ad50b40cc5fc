"""A picture of columns over time, drawn in exact pixels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from gruviz.ui.reading import Columns

Bytes = NDArray[np.uint8]


class Raster:
    """Indices into a table of colours, each a rectangle of one colour, never blurred into its neighbours."""

    def __init__(self, table: Bytes) -> None:
        """`table` holds the colour of each index, (n, 3), or (n, 4) where the ground shows through some."""
        self._colours = _packed(table)
        self.indices: Bytes | None = None
        """What is drawn, (rows, columns)."""
        self._columns: Columns | None = None
        self._pixels: NDArray[np.uint32] | None = None
        self._image = QImage()

    def show(self, indices: Bytes, columns: Columns) -> None:
        """Take a picture, (rows, columns) indices, the first row at the top."""
        self.indices, self._columns = indices, columns
        self._pixels = np.ascontiguousarray(self._colours[indices])  # which the image does not copy
        rows, count = self._pixels.shape
        data: Any = self._pixels.data
        self._image = QImage(data, count, rows, 4 * count, QImage.Format.Format_ARGB32_Premultiplied)

    def clear(self) -> None:
        """Draw nothing."""
        self.indices, self._columns, self._pixels, self._image = None, None, None, QImage()

    def paint(self, painter: QPainter, rect: QRectF, start: int, stop: int) -> None:
        """Draw what lies between two timesteps over the width of `rect`, and all rows over its height."""
        if self._columns is None or self._image.isNull():
            return
        column = rect.width() / max(stop - start, 1)
        left = rect.left() + (self._columns.start - start) * column
        width = self._image.width() * self._columns.step * column
        painter.drawImage(QRectF(left, rect.top(), width, rect.height()), self._image)


def _packed(table: Bytes) -> NDArray[np.uint32]:
    """Colours as Qt has them in an image, multiplied by their opacity."""
    colours = table.astype(np.uint32)
    alpha = colours[:, 3] if table.shape[1] == 4 else np.full(len(table), 255, np.uint32)
    red, green, blue = (colours[:, :3] * alpha[:, None] + 127).T // 255
    packed: NDArray[np.uint32] = alpha << 24 | red << 16 | green << 8 | blue
    return packed
