"""Lines over time, drawn where they stand now: heights are parts of a panel, 0 at its top and 1 at its bottom."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from shiboken6 import VoidPtr

from gruviz import palette
from gruviz.ui.panels.raster import Raster
from gruviz.ui.reading import Columns

Floats = NDArray[np.floating]
_DOT = 5
"""Pixels across a single point."""
_memory: Any = VoidPtr  # whose type stub knows no arguments
_PALE = 48
"""The opacity of bands, of 255."""


@dataclass(frozen=True)
class Line:
    """The middles of columns, and the heights over them; a gap where a height is NaN."""

    columns: Columns
    heights: Floats
    """(n,)."""
    colour: str
    dashed: bool = False
    dotted: bool = False
    to: Floats | None = None
    """(n,), where each column's stroke goes from its height; None where a column has one height."""

    @cached_property
    def alone(self) -> NDArray[np.intp]:
        """The points without a neighbour, which a line would not show."""
        known = np.isfinite(self.heights)
        beside = np.pad(known, 1)
        return np.flatnonzero(known & ~beside[:-2] & ~beside[2:])

    def paint(self, painter: QPainter, rect: QRectF, start: int, stop: int) -> None:
        """Draw what lies between two timesteps over the width of `rect`, and its heights over that of `rect`."""
        column = rect.width() / max(stop - start, 1)
        first, last = self._in_sight(start, stop)
        at = self.columns.start + (np.arange(first, last) + 0.5) * self.columns.step
        x = rect.left() + (at - start) * column
        y = rect.top() + self.heights[first:last] * rect.height()
        if self.to is not None and self.columns.step > 1:
            strokes = np.stack([y, rect.top() + self.to[first:last] * rect.height()], axis=1)
            x, y = np.repeat(x, 2), strokes.ravel()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        stroke = Qt.PenStyle.DashLine if self.dashed else Qt.PenStyle.DotLine if self.dotted else Qt.PenStyle.SolidLine
        painter.setPen(QPen(QColor(self.colour), 1, stroke))
        draw_line(painter, x, y)
        if len(alone := self.alone):
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(self.colour), _DOT, c=Qt.PenCapStyle.RoundCap))
            x = rect.left() + (self.columns.start + (alone + 0.5) * self.columns.step - start) * column
            y = rect.top() + self.heights[alone] * rect.height()
            painter.drawPoints(QPolygonF([QPointF(*point) for point in zip(x.tolist(), y.tolist(), strict=True)]))
            painter.restore()

    def _in_sight(self, start: int, stop: int) -> tuple[int, int]:
        """The columns between two timesteps, and one more on either side."""
        first = (start - self.columns.start) // self.columns.step - 1
        last = -((self.columns.start - stop) // self.columns.step) + 1
        return max(first, 0), max(min(last, len(self.heights)), 0)


def draw_line(painter: QPainter, x: Floats, y: Floats) -> None:
    """Draw a line through points, (n,) each, with a gap where one is not a number."""
    known = np.isfinite(x) & np.isfinite(y)
    ends = np.flatnonzero(np.diff(known, prepend=False, append=False))
    for start, stop in ends.reshape(-1, 2).tolist():
        painter.drawPolyline(_polygon(x[start:stop], y[start:stop]))


def _polygon(x: Floats, y: Floats) -> QPolygonF:
    """Points for Qt, written where it keeps them: a QPointF of Python's for each would take a hundred times as long."""
    polygon = QPolygonF()
    polygon.resize(len(x))
    points = np.frombuffer(_memory(polygon.data(), 16 * len(x), True), np.float64).reshape(-1, 2)
    points[:, 0], points[:, 1] = x, y
    return polygon


def band(columns: Columns, tops: Floats, bottoms: Floats, colour: str, pixels: int) -> Raster:
    """From the top to the bottom of each column, pale: a picture, since a polygon of so many corners takes far longer.

    Args:
        columns: where they stand.
        tops: (n,) as parts of the height; NaN where there is nothing.
        bottoms: (n,).
        colour: of all of it.
        pixels: of the height.
    """
    rows = np.arange(pixels)[:, None] + 0.5
    inside = (rows >= np.floor(tops * pixels)) & (rows <= np.ceil(bottoms * pixels))
    picture = Raster(np.array([(0, 0, 0, 0), (*palette.rgb(colour), _PALE)], np.uint8))
    picture.show(inside.view(np.uint8), columns)
    return picture
