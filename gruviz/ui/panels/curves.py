"""Numeric input over time."""

from collections.abc import Sequence
from html import escape
from typing import Any

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QApplication, QGraphicsScene

from gruviz.ui.panels.lines import Line
from gruviz.ui.panels.panel import Context, Painted, PlotPanel, draw_text
from gruviz.ui.panels.predictions import format_number
from gruviz.ui.panels.shading import TIP as SHADED
from gruviz.ui.panels.shading import Shading
from gruviz.ui.reading import Curves, CurvesRequest, Request
from gruviz.ui.theme import STEP, small

COLOURS = ("#56B4E9", "#009E73", "#CC79A7", "#E69F00", "#0072B2", "#D55E00")
_MARGIN = 0.05
"""Of the height, above the greatest value and below the least."""
_ROOM = 1 - 2 * _MARGIN
_NAMED = 60
"""Columns that the tooltip names."""
_SAID = 3
"""Columns that are read out."""
MOST = len(COLOURS)
"""Columns that are drawn; of more, the first ones."""


class CurvesPanel(PlotPanel):
    """A line for each column, all on one scale, with gaps where values were missing."""

    slot = "curves"
    symbol = "x"
    title = "input"
    height = 64

    def __init__(self, context: Context, scene: QGraphicsScene, names: Sequence[str]) -> None:
        self._names = tuple(names)
        self.tip = _tip(self._names)
        self.lines: list[Line] = []
        self.curves: Curves | None = None
        """What is drawn; None before the first answer."""
        super().__init__(context, scene)
        self.plot.setToolTip(self.tip)
        self._shade = self.add(Painted(self._paint_shade, moving=True))
        self._shade.setZValue(2)
        self._shade.setToolTip(f"{self.tip}<br>{SHADED}")
        self._shading = Shading(context, "curves", self._shade.update)

    def remove(self) -> None:
        """Take it from the scene."""
        self._shading.end()
        super().remove()

    def place(self, body: QRect) -> None:
        """Stand here."""
        super().place(body)
        self._shade.place(body)

    def set_range(self, start: int, stop: int) -> None:
        """Shades move with their timesteps."""
        super().set_range(start, stop)
        self._shade.update()

    def _paint_shade(self, painter: QPainter, rect: QRectF) -> None:
        self._shading.paint(painter, rect, *self.visible)

    def refresh(self) -> None:
        """Ask for the visible range."""
        start, stop = self.visible
        width, _ = self.pixels
        if width and stop > start:
            layer, sequence = self.context.subject
            self.context.loader.ask(CurvesRequest(self.slot, layer, sequence, start, stop, width, MOST))

    def clear(self) -> None:
        """Draw nothing until the next answer."""
        self.curves, self.lines = None, []
        self.plot.update()

    def take(self, request: Request, answer: Any) -> None:
        """Draw it."""
        self.curves = curves = answer
        low, high = curves.span
        least, greatest = ((high - each) / (high - low) * _ROOM + _MARGIN for each in (curves.low, curves.high))
        self.lines = [
            Line(curves.columns, least[:, number].astype(float), colour, to=greatest[:, number].astype(float))
            for number, colour in zip(range(least.shape[1]), COLOURS, strict=False)
        ]
        self.wrong = ""
        self.plot.update()
        self._gutter.update()

    def paint_plot(self, painter: QPainter, rect: QRectF) -> None:
        """Draw the lines; where a column holds several timesteps, from the least to the greatest."""
        for line in self.lines:
            line.paint(painter, rect, *self.span)

    def ticks(self) -> Sequence[tuple[float, str]]:
        """The least and the greatest value of the sequence."""
        if self.curves is None:
            return ()
        low, high = self.curves.span
        return [(_MARGIN, _number(high)), (1 - _MARGIN, _number(low))]

    def paint_gutter(self, painter: QPainter, rect: QRectF) -> None:
        """Title, and the columns in their colours."""
        super().paint_gutter(painter, rect)
        font = QApplication.font()
        line = QFontMetricsF(small(font)).height()
        top = QFontMetricsF(font).height() + 2
        room = max(1, int((rect.height() - top) // line))
        metrics = QFontMetricsF(small(font))
        reserved = max((metrics.horizontalAdvance(label) for _, label in self.ticks()), default=0) + 2 * STEP
        placed, rest = self.legend(rect.width() - 3 * STEP - reserved, room)
        for name, colour, x, row in placed:
            x, y = x + 3 * STEP, top + row * line
            painter.fillRect(QRectF(x, y + line / 2 - 1, 8, 2), QColor(colour))
            draw_text(painter, x + 12, y, name, small(font), self.context.theme.foreground)
        if rest:
            words = f"and {rest} more" if placed else f"{rest} columns"
            draw_text(painter, 3 * STEP, top + (room - 1) * line, words, small(font), self.context.theme.muted)

    def legend(self, width: float, rows: int) -> tuple[list[tuple[str, str, float, int]], int]:
        """The columns that are drawn, in lines of text.

        Args:
            width: pixels of a line.
            rows: lines of text.

        Returns:
            Label, colour, pixels from the left, and row of each that there is room for; and how many more there are.
        """
        metrics = QFontMetricsF(small(QApplication.font()))
        drawn = list(zip(self._names, COLOURS, strict=False))
        for lines in (rows, rows - 1):  # the last one is for how many more there are
            placed: list[tuple[str, str, float, int]] = []
            x, row = 0.0, 0
            for name, colour in drawn:
                label = metrics.elidedText(name, Qt.TextElideMode.ElideRight, width - 12)
                wide = 12 + metrics.horizontalAdvance(label)
                if x and x + wide > width:
                    x, row = 0.0, row + 1
                if row >= lines:
                    break
                placed.append((label, colour, x, row))
                x += wide + 2 * STEP
            if len(placed) == len(self._names):
                break
        return placed, len(self._names) - len(placed)


def say_inputs(values: Sequence[float], missing: Sequence[bool], digits: int) -> str:
    """The first few numbers that were fed at a timestep, those that were filled in marked as such."""
    said = [
        format_number(value, digits) + (" (missing: filled in)" if gone else "")
        for value, gone in zip(values[:_SAID], missing, strict=False)
    ]
    return "x = " + ", ".join([*said, *["…"] * (len(values) > _SAID)])


def _tip(names: Sequence[str]) -> str:
    named = [
        f"<span style='color: {colour}'>■</span> {escape(name)}" for name, colour in zip(names, COLOURS, strict=False)
    ]
    others = [escape(name) for name in names[MOST:_NAMED]]
    if others:
        more = len(names) - _NAMED
        named.append(f"not drawn: {', '.join(others)}" + (f" and {more:,} more" if more > 0 else ""))
    gaps = "Gaps: missing in the file, and filled by interpolation for the network."
    return "<br>".join([f"What was fed to the network. {gaps}", *named])


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")
