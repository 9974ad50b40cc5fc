"""Lines with their spread, for a window that holds several cells against each other."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gruviz import palette
from gruviz.ui.theme import STEP, small

_LEFT, _RIGHT = 52, 12
"""Room beside the lines, at least."""
_DECADES = 1.2
"""Lines that span more of them are drawn on a logarithmic scale."""
_DASHES = {"rnn": [1.5, 1.5], "gru": [], "lstm": [6.0, 2.5]}
_WIDTH = 1.6
_BAND = 50
"""How opaque the spread is, of 255."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """One line."""

    cell: str
    x: Floats
    y: Floats
    low: Floats | None = None
    high: Floats | None = None
    """Ends of the spread around it."""
    thin: bool = False


def pen(cell: str, colours: QPalette, thin: bool = False) -> QPen:
    """What the line of a kind of cell is drawn with: a colour and dashes of its own."""
    colour = colours.placeholderText().color() if cell == "rnn" else QColor(palette.CELLS[cell])
    made = QPen(colour, _WIDTH / 2 if thin else _WIDTH)
    if _DASHES[cell]:
        made.setDashPattern([length * (2 if thin else 1) for length in _DASHES[cell]])
    return made


class Sample(QWidget):
    """A short piece of the line of a kind of cell, for a key."""

    def __init__(self, cell: str) -> None:
        super().__init__()
        self._cell = cell
        self.setFixedSize(7 * STEP, 4 * STEP)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The line."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(pen(self._cell, self.palette()))
            painter.drawLine(QPointF(0, self.height() / 2), QPointF(self.width(), self.height() / 2))


class LinesPlot(QWidget):
    """Lines over one axis. Numbers only at the ends of the axes."""

    def __init__(
        self,
        title: str,
        lines: Sequence[Line],
        over: tuple[float, float],
        ends: tuple[str, str],
        baseline: tuple[str, float] | None = None,
        logarithmic: bool | None = None,
    ) -> None:
        """Build the plot.

        Args:
            title: what it shows.
            lines: what is drawn.
            over: where the horizontal axis begins and ends.
            ends: what stands at the two ends of the horizontal axis.
            baseline: what a dashed line is called, and where it lies.
            logarithmic: whether the vertical axis is; None for where the values ask for it.
        """
        super().__init__()
        self.title, self.lines, self.baseline = title, tuple(lines), baseline
        self._over, self._ends = over, ends
        parts = [part for line in lines for part in (line.y, line.low, line.high) if part is not None]
        values = np.concatenate([*parts, np.array([baseline[1]] if baseline else [])]) if parts else np.zeros(0)
        self.low, self.high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
        spans = self.low > 0 and math.log10(self.high / self.low) > _DECADES
        self.logarithmic = spans if logarithmic is None else logarithmic
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFont(small(self.font()))

    def sizeHint(self) -> QSize:
        """As large as can be read well."""
        return QSize(320, 220)

    def minimumSizeHint(self) -> QSize:
        """As small as can be read."""
        return QSize(200, 120)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Title, axes, baseline, lines with their spread."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            colours, row = self.palette(), self.fontMetrics().height()
            left = 2 * STEP + max(
                self.fontMetrics().horizontalAdvance(_number(value)) for value in (self.low, self.high)
            )
            body = QRectF(0, row + 2 * STEP, self.width() - _RIGHT, self.height() - 2 * row - 4 * STEP)
            body.setLeft(max(left, _LEFT))
            painter.setPen(colours.windowText().color())
            title = f"{self.title}, logarithmic" if self.logarithmic else self.title
            room = self.width() - STEP
            painter.drawText(
                QPointF(STEP, self.fontMetrics().ascent()),
                self.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, room),
            )
            painter.setPen(colours.placeholderText().color())
            self._numbers(painter, body, row)
            painter.setPen(QPen(colours.mid().color(), 1))
            painter.drawPolyline(QPolygonF([body.topLeft(), body.bottomLeft(), body.bottomRight()]))
            if self.baseline is not None:
                self._draw_baseline(painter, body, *self.baseline)
            first, last = self._over
            for line in self.lines:
                x = body.left() + (line.x - first) / max(last - first, 1e-12) * body.width()
                drawn = pen(line.cell, colours, line.thin)
                if line.low is not None and line.high is not None:
                    band = QColor(drawn.color())
                    band.setAlpha(_BAND)
                    painter.setPen(Qt.PenStyle.NoPen)
                    painter.setBrush(band)
                    around = [*_points(x, self._place(line.low, body)), *_points(x, self._place(line.high, body))[::-1]]
                    painter.drawPolygon(QPolygonF(around))
                painter.setPen(drawn)
                painter.drawPolyline(QPolygonF(_points(x, self._place(line.y, body))))

    def _place(self, values: Floats, body: QRectF) -> Floats:
        """Pixels from the upper edge."""
        ends = np.array([self.low, self.high])
        if self.logarithmic:
            values, ends = np.log(values), np.log(ends)
        span = float(ends[1] - ends[0])
        part = (values - ends[0]) / span if span > 0 else np.full(len(values), 0.5)
        return np.asarray(body.bottom() - part * body.height(), np.float64)

    def _numbers(self, painter: QPainter, body: QRectF, row: int) -> None:
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for value, y in ((self.high, body.top()), (self.low, body.bottom())):
            painter.drawText(QRectF(0, y - row / 2, body.left() - STEP, row), right, _number(value))
        below = QRectF(body.left(), body.bottom() + STEP, body.width(), row)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, self._ends[0])
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, self._ends[1])

    def _draw_baseline(self, painter: QPainter, body: QRectF, name: str, value: float) -> None:
        y, row = float(self._place(np.array([value]), body)[0]), self.fontMetrics().height()
        muted = self.palette().placeholderText().color()
        painter.setPen(QPen(muted, 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(body.left(), y), QPointF(body.right(), y))
        painter.setPen(muted)
        above = y - body.top() > row
        where = QRectF(body.left(), y - row if above else y, body.width(), row)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(where, right, f"{name} {_number(value)}")


def _points(x: Floats, y: Floats) -> list[QPointF]:
    return [QPointF(*point) for point in zip(x.tolist(), y.tolist(), strict=True)]


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")
