"""Numeric input over time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QApplication, QGraphicsScene

from gruviz.ui.panels.panel import Context, PlotPanel, draw_text
from gruviz.ui.panels.predictions import format_number
from gruviz.ui.reading import Curves, CurvesRequest, Request
from gruviz.ui.theme import STEP, small

_COLOURS = ("#56B4E9", "#009E73", "#CC79A7", "#E69F00", "#0072B2", "#D55E00")
_SAID = 3
"""Columns that are read out."""
MOST = len(_COLOURS)
"""Columns that are drawn; of more, the first ones."""


class CurvesPanel(PlotPanel):
    """A line for each column, all on one scale, with gaps where values were missing."""

    slot = "curves"
    symbol = "x"
    title = "input"
    height = 64
    tip = "What was fed to the network. Gaps: missing in the file, and filled by interpolation for the network."

    def __init__(self, context: Context, scene: QGraphicsScene, names: Sequence[str]) -> None:
        self._names = tuple(names)
        self._lines = [pg.PlotCurveItem(pen=pg.mkPen(colour, width=1), connect="finite") for colour in _COLOURS]
        self.curves: Curves | None = None
        """What is drawn; None before the first answer."""
        super().__init__(context, scene)
        for line in self._lines[: len(self._names)]:
            self.plot.addItem(line, ignoreBounds=True)

    def refresh(self) -> None:
        """Ask for the visible range."""
        start, stop = self.visible
        width, _ = self.pixels
        if width and stop > start:
            layer, sequence = self.context.subject
            self.context.loader.ask(CurvesRequest(self.slot, layer, sequence, start, stop, width))

    def clear(self) -> None:
        """Draw nothing until the next answer."""
        self.curves = None
        for line in self._lines:
            line.clear()

    def take(self, request: Request, answer: Any) -> None:
        """Draw it."""
        self.curves = curves = answer
        low, high = curves.span
        margin = (high - low) * 0.06
        self.plot.setYRange(low - margin, high + margin, padding=0)
        middle = curves.columns.start + (np.arange(len(curves.low)) + 0.5) * curves.columns.step
        for number, line in enumerate(self._lines[: curves.low.shape[1]]):
            if curves.columns.step == 1:
                line.setData(middle, curves.low[:, number])
            else:  # from the least to the greatest of each column
                both = np.stack([curves.low[:, number], curves.high[:, number]], axis=1)
                line.setData(np.repeat(middle, 2), both.ravel())
        self.wrong = ""
        self._gutter.update()

    def ticks(self) -> Sequence[tuple[float, str]]:
        """The least and the greatest value of the sequence."""
        if self.curves is None:
            return ()
        low, high = self.curves.span
        return [(0.06, _number(high)), (0.94, _number(low))]

    def paint_gutter(self, painter: QPainter, rect: QRectF) -> None:
        """Title, and the columns in their colours."""
        super().paint_gutter(painter, rect)
        font = QApplication.font()
        line = QFontMetricsF(small(font)).height()
        top = QFontMetricsF(font).height() + 2
        room = max(1, int((rect.height() - top) // line))
        shown = self._names[:MOST]
        if len(self._names) > room:
            shown = shown[: room - 1]
        metrics = QFontMetricsF(small(font))
        reserved = max((metrics.horizontalAdvance(label) for _, label in self.ticks()), default=0) + 2 * STEP
        for name, colour in zip(shown, _COLOURS, strict=False):
            painter.fillRect(QRectF(3 * STEP, top + line / 2 - 1, 8, 2), QColor(colour))
            width = rect.width() - 3 * STEP - 12 - reserved
            label = metrics.elidedText(name, Qt.TextElideMode.ElideRight, width)
            draw_text(painter, 3 * STEP + 12, top, label, small(font), self.context.theme.foreground)
            top += line
        if len(shown) < len(self._names):
            words = f"{min(len(self._names), MOST)} of {len(self._names)} columns"
            draw_text(painter, 3 * STEP, top, words, small(font), self.context.theme.muted)


def say_inputs(values: Sequence[float], missing: Sequence[bool], digits: int) -> str:
    """The first few numbers that were fed at a timestep, those that were filled in marked as such."""
    said = [
        format_number(value, digits) + (" (missing: filled in)" if gone else "")
        for value, gone in zip(values[:_SAID], missing, strict=False)
    ]
    return "x = " + ", ".join([*said, *["…"] * (len(values) > _SAID)])


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")
