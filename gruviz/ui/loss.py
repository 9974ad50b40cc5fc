"""The loss curve of a training: kept in bounded memory while it grows, drawn at the width of the screen."""

import math
import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from gruviz.ui.theme import STEP, small

_MOST = 2048
"""Points that are kept of the loss: more than a plot is wide."""
_HEIGHT = 116
_LEFT, _RIGHT = 52, 12
_DECADES = 1.5
"""A loss that fell by more of them is drawn on a logarithmic scale."""


@dataclass(frozen=True)
class Snapshot:
    """What there was of a curve at one time."""

    step: NDArray[np.float64]
    loss: NDArray[np.float64]
    """Means over as many steps as make up a point."""
    judged: tuple[tuple[int, float], ...]
    """Step and value of the metric on held-out data."""


class Curve:
    """The loss of every step and the metric on held-out data. One thread adds, another looks."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.metric = ""
        self.baseline: tuple[str, float] | None = None
        """What it is called, and its metric."""
        self._lock = threading.Lock()
        self._means: list[float] = []
        self._each = 1
        """Steps that make up a point; twice as many whenever there are too many points."""
        self._sum, self._number = 0.0, 0
        self._judged: list[tuple[int, float]] = []

    def add(self, loss: float) -> None:
        """The loss of the next step."""
        with self._lock:
            self._sum += loss
            self._number += 1
            if self._number < self._each:
                return
            self._means.append(self._sum / self._number)
            self._sum, self._number = 0.0, 0
            if len(self._means) >= _MOST:
                self._means = [(a + b) / 2 for a, b in zip(self._means[::2], self._means[1::2], strict=True)]
                self._each *= 2

    def judge(self, step: int, value: float, metric: str, baseline: tuple[str, float]) -> None:
        """What came out on held-out data after a step."""
        with self._lock:
            self.metric, self.baseline = metric, baseline
            self._judged.append((step, value))

    def snapshot(self) -> Snapshot:
        """What there is now."""
        with self._lock:
            loss = np.array(self._means, np.float64)
            return Snapshot(
                (np.arange(len(loss), dtype=np.float64) + 0.5) * self._each + 0.5, loss, tuple(self._judged)
            )


class CurvePlots(QWidget):
    """The loss at the left, the metric on held-out data at the right, beside the baseline."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6 * STEP)
        self.loss, self.held_out = _Plot(), _Plot()
        row.addWidget(self.loss)
        row.addWidget(self.held_out)

    def show_curve(self, curve: Curve) -> None:
        """Draw what there is of a curve now."""
        now = curve.snapshot()
        self.loss.show_line("loss on the training data, step by step", now.step, now.loss, curve.steps)
        step, value = np.array(now.judged).reshape(-1, 2).T
        title = f"{curve.metric} on held-out data" if curve.metric else "on held-out data: not judged yet"
        self.held_out.show_line(title, step, value, curve.steps, curve.baseline, marks=True)


class _Plot(QWidget):
    """One line over the steps of a training. Numbers only at the ends of its axes."""

    def __init__(self) -> None:
        super().__init__()
        self.title = ""
        self.at = self.values = np.zeros(0)
        self._steps = 1
        self._baseline: tuple[str, float] | None = None
        self._marks = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFont(small(self.font()))

    def sizeHint(self) -> QSize:
        """As high as it must be."""
        return QSize(240, _HEIGHT)

    def show_line(
        self,
        title: str,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        steps: int,
        baseline: tuple[str, float] | None = None,
        marks: bool = False,
    ) -> None:
        """Draw a line.

        Args:
            title: what it is.
            x: (n,) steps.
            y: (n,) values.
            steps: where the axis ends.
            baseline: what a dashed line is called, and where it lies.
            marks: draw a circle at each point.
        """
        self.title, self.at, self.values = title, x, y
        self._steps, self._baseline, self._marks = steps, baseline, marks
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Title, axes, baseline, line."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            colours, line = self.palette(), self.fontMetrics().height()
            body = QRectF(_LEFT, line + 2 * STEP, self.width() - _LEFT - _RIGHT, self.height() - 2 * line - 4 * STEP)
            known = [*self.values, *([self._baseline[1]] if self._baseline else [])]
            low, high = (min(known), max(known)) if known else (0.0, 1.0)
            logarithmic = low > 0 and math.log10(high / low) > _DECADES
            painter.setPen(colours.windowText().color())
            title = f"{self.title}, logarithmic" if logarithmic else self.title
            painter.drawText(QPointF(_LEFT, self.fontMetrics().ascent()), title)
            painter.setPen(colours.placeholderText().color())
            self._numbers(painter, body, line, low, high, bool(known))
            painter.setPen(QPen(colours.mid().color(), 1))
            painter.drawPolyline(QPolygonF([body.topLeft(), body.bottomLeft(), body.bottomRight()]))
            if not known:
                return

            def place(values: NDArray[np.float64]) -> NDArray[np.float64]:
                """Pixels from the upper edge."""
                ends = np.array([low, high], np.float64)
                if logarithmic:
                    values, ends = np.log(values), np.log(ends)
                part = (values - ends[0]) / (ends[1] - ends[0]) if high > low else np.full(len(values), 0.5)
                return np.asarray(body.bottom() - part * body.height())

            x = body.left() + self.at / self._steps * body.width()
            if self._baseline is not None:
                name, value = self._baseline
                y = float(place(np.array([value]))[0])
                painter.setPen(QPen(colours.windowText().color(), 1, Qt.PenStyle.DashLine))
                painter.drawLine(QPointF(body.left(), y), QPointF(body.right(), y))
                self._name_baseline(painter, body, y, f"{name} {_number(value)}")
            accent = QColor(colours.highlight().color())
            painter.setPen(QPen(accent, 1))
            points = [
                QPointF(*point) for point in zip(*_thinned(x, place(self.values), int(body.width())), strict=True)
            ]
            painter.drawPolyline(QPolygonF(points))
            if self._marks:
                painter.setBrush(accent)
                for point in points:
                    painter.drawEllipse(point, 3, 3)

    def _numbers(self, painter: QPainter, body: QRectF, line: int, low: float, high: float, values: bool) -> None:
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if values:
            for value, y in ((high, body.top()), (low, body.bottom())) if high > low else ((low, body.center().y()),):
                painter.drawText(QRectF(0, y - line / 2, _LEFT - STEP, line), right, _number(value))
        below = QRectF(body.left(), body.bottom() + STEP, body.width(), line)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, "step 0")
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, f"{self._steps:,}")

    def _name_baseline(self, painter: QPainter, body: QRectF, y: float, text: str) -> None:
        """On the side of the line that has room, at the right."""
        height = self.fontMetrics().height()
        above = y - body.top() > height
        where = QRectF(body.left(), y - height if above else y, body.width(), height)
        painter.drawText(where, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)


def _thinned(
    x: NDArray[np.float64], y: NDArray[np.float64], pixels: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """No more points than pixels: each the mean of those it stands for."""
    each = -(-len(x) // max(pixels, 1))
    if each <= 1:
        return x, y
    at = np.arange(0, len(x), each)
    sizes = np.diff(at, append=len(x))
    return np.add.reduceat(x, at) / sizes, np.add.reduceat(y, at) / sizes


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")
