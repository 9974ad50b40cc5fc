"""Heatmaps of what is worked out of the recorded quantities, beside theirs and by their rules."""

from typing import Any

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QApplication, QGraphicsScene

from gruviz.cells import Quantity
from gruviz.ui.panels.heatmap import HeatmapPanel
from gruviz.ui.panels.panel import Context, draw_text
from gruviz.ui.reading import DerivedRequest, Request
from gruviz.ui.theme import STEP, small


class DerivedPanel(HeatmapPanel):
    """What is carried, written, changed, or read of the old states."""

    blank = True
    of_some = "at some steps"
    """What is said of a picture that is not exact."""

    def __init__(self, context: Context, scene: QGraphicsScene, quantity: Quantity) -> None:
        super().__init__(context, scene, quantity)
        self.slot = f"derived {quantity.name}"

    def refresh(self) -> None:
        """Ask for the visible range at the resolution of the screen."""
        start, stop = self.visible
        width, height = self.pixels
        if width and height and stop > start:
            self.context.loader.ask(self.request(start, stop, width, height))

    def request(self, start: int, stop: int, width: int, height: int) -> DerivedRequest:
        """What is asked for this range, and pixels."""
        name, how = self.quantity.name, (self.context.state.view.reduction, self.arrangement)
        return DerivedRequest(self.slot, *self.context.subject, name, start, stop, width, height, *how)

    def take(self, request: Request, answer: Any) -> None:
        """Draw it."""
        before = self.heatmap
        super().take(request, answer)
        if before is None or before.sampled != answer.sampled:
            self._gutter.update()

    def paint_gutter(self, painter: QPainter, rect: QRectF) -> None:
        """And whether the picture is exact."""
        super().paint_gutter(painter, rect)
        font = QApplication.font()
        top = QFontMetricsF(font).height() + QFontMetricsF(small(font)).height() + 4
        if self.heatmap is not None and self.heatmap.sampled and rect.height() > 2 * top:
            draw_text(painter, 3 * STEP, top, self.of_some, small(font), self.context.theme.muted)
