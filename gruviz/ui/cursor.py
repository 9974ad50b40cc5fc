"""The line that stands over all panels at one timestep."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

_FRAMED = 10
"""From this width on, in pixels, a column is framed by the cursor, not struck through."""


class Cursor(QGraphicsItem):
    """A line over all linked panels at the present timestep, or, dashed, at another that is held.

    A halo keeps it visible on light and dark alike.
    """

    def __init__(self, dashed: bool = False) -> None:
        super().__init__()
        self._dashed = dashed
        self._height, self._column = 0.0, 0.0
        self.colour, self.halo = QColor(), QColor()
        self.setZValue(100)

    def shape_to(self, height: float, column: float) -> None:
        """Reach over `height` pixels; `column` is the width of a timestep."""
        column = column if column >= _FRAMED else 0.0
        if (height, column) != (self._height, self._column):
            self.prepareGeometryChange()
            self._height, self._column = height, column

    def boundingRect(self) -> QRectF:
        """The pixels it draws on; its middle is at 0."""
        reach = self._column / 2 + 3
        return QRectF(-reach, 0, 2 * reach, self._height)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw it, on whole pixels."""
        shift = round(self.x()) - self.x()
        edges = (-self._column / 2, self._column / 2 - 1) if self._column else (0.0,)
        for edge in edges:
            x = round(edge) + shift
            painter.fillRect(QRectF(x - 1, 0, 3, self._height), self.halo)
            for y in range(0, int(self._height), 8) if self._dashed else (0,):
                length = min(5.0, self._height - y) if self._dashed else self._height
                painter.fillRect(QRectF(x, y, 1, length), self.colour)
