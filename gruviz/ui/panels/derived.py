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
    of_some = "sampled stretches"
    """What is said of a picture that is not exact: of a long range, stretches are worked out, evenly spread."""

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
        """And what it is weighted by, and whether the picture is exact."""
        super().paint_gutter(painter, rect)
        font = QApplication.font()
        line = QFontMetricsF(small(font)).height()
        top = QFontMetricsF(font).height() + line + 4
        for words in self.remarks():
            if rect.height() > top + line:
                draw_text(painter, 3 * STEP, top, words, small(font), self.context.theme.muted)
            top += line + 2

    def remarks(self) -> list[str]:
        """What is said below the title and the number of units."""
        keep = self.context.layer.cell.keep
        said = []
        if keep is not None and self.quantity.kind == "read":
            said.append(f"weighted by 1 − {self.context.layer.cell[keep].symbol}")
        return [*said, self.of_some] if self.heatmap is not None and self.heatmap.sampled else said
