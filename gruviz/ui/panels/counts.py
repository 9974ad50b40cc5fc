"""How many units are retained, mixed, overwritten and rewritten alike, stacked over time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QApplication, QGraphicsScene

from gruviz import palette
from gruviz.cells import CLASSES
from gruviz.ui.panels.panel import Context, Painted, Panel, PlotPanel, draw_text
from gruviz.ui.panels.raster import Raster
from gruviz.ui.reading import Counts, CountsRequest, Request
from gruviz.ui.theme import STEP, small


class CountsPanel(PlotPanel):
    """A stack of four classes, retained at the bottom, as high as there are units."""

    slot = "counts"
    title = "units by class"
    height = 88
    tip = "At each timestep every unit is in one class, by its keep and by how far its state moved."

    def __init__(self, context: Context, scene: QGraphicsScene) -> None:
        super().__init__(context, scene)
        self.counts: Counts | None = None
        """What is drawn; None before the first answer."""
        self._raster = Raster(class_lookup())

    def refresh(self) -> None:
        """Ask for the visible range."""
        self._gutter.setToolTip(f"{self.tip}<br>{self.context.state.view.thresholds.describe()}")
        title = "all units by class" if self.context.of_all else CountsPanel.title
        if title != self.title:  # a filter counts nothing less
            self.title = title
            self._gutter.update()
        start, stop = self.visible
        width, height = self.pixels
        if width and stop > start:
            thresholds = self.context.state.view.thresholds
            layer, sequence = self.context.subject
            self.context.loader.ask(CountsRequest(self.slot, layer, sequence, start, stop, width, height, thresholds))

    def clear(self) -> None:
        """Draw nothing until the next answer."""
        self._raster.clear()
        self.counts = None
        self.plot.update()

    def words_at(self, timestep: int) -> str:
        """How many units are in each class; their means, where several timesteps share a column."""
        if self.counts is None:
            return ""
        column = (timestep - self.counts.columns.start) // self.counts.columns.step
        if not 0 <= column < len(self.counts.values):
            return ""
        if np.isnan(self.counts.values[column, 0]):
            return "not counted yet"
        return "   ".join(f"{n:.3g} {name}" for n, name in zip(self.counts.values[column], CLASSES, strict=True))

    def take(self, request: Request, answer: Any) -> None:
        """Draw it."""
        self.counts = answer
        self._raster.show(answer.image, answer.columns)
        self.plot.update()
        self.wrong = ""

    def paint_plot(self, painter: QPainter, rect: QRectF) -> None:
        """Draw the stack."""
        self._raster.paint(painter, rect, *self.span)

    def ticks(self) -> Sequence[tuple[float, str]]:
        """All units at the top, none at the bottom."""
        return [(0.0, str(self.context.layer.size)), (1.0, "0")]

    @property
    def titled(self) -> bool:
        """The legend comes first."""
        font = QApplication.font()
        line = QFontMetricsF(small(font)).height()
        return QFontMetricsF(font).height() + 2 + len(CLASSES) * line <= self.body.height()

    def paint_gutter(self, painter: QPainter, rect: QRectF) -> None:
        """Title and legend, in the order of the stack."""
        super().paint_gutter(painter, rect)
        font = QApplication.font()
        line = QFontMetricsF(small(font)).height()
        top = QFontMetricsF(font).height() + 2 if self.titled else 0.0
        for name, colour in zip(reversed(CLASSES), reversed(palette.CLASS_COLOURS), strict=True):
            painter.fillRect(QRectF(3 * STEP, top + (line - 8) / 2, 8, 8), QColor(colour))
            draw_text(painter, 3 * STEP + 12, top, name, small(font), self.context.theme.foreground)
            top += line


class NoCountsPanel(Panel):
    """Instead, for a cell that has no keep to count by."""

    title = "units by class"
    height = 28

    def __init__(self, context: Context, scene: QGraphicsScene) -> None:
        super().__init__(context, scene)
        self._note = self.add(Painted(self._paint))
        self._note.setZValue(101)  # the cursor does not strike a sentence through

    def place(self, body: QRect) -> None:
        """Stand here."""
        super().place(body)
        self._note.place(body)

    def _paint(self, painter: QPainter, rect: QRectF) -> None:
        painter.fillRect(rect, QColor(self.context.theme.window))
        painter.setFont(QApplication.font())
        painter.setPen(QColor(self.context.theme.muted))
        cell = self.context.layer.cell.title
        words = f"A plain {cell} has no gate that keeps: its units cannot be told retained from overwritten."
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, words)


def class_lookup() -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The table of colours for the image of `Counts`; nothing is drawn where it is not counted yet."""
    table = np.zeros((256, 4), np.uint8)
    table[: len(CLASSES)] = [(*palette.rgb(colour), 255) for colour in palette.CLASS_COLOURS]
    return table
