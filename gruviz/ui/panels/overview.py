"""The whole sequence at a glance, and the window that the other panels show of it."""

from typing import Any

import numpy as np
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsScene

from gruviz import palette
from gruviz.ui.panels.counts import class_lookup
from gruviz.ui.panels.heatmap import lookup
from gruviz.ui.panels.panel import Context, Painted, PlotPanel
from gruviz.ui.panels.raster import Raster
from gruviz.ui.reading import CountsRequest, HeatmapRequest, Hits, Request

_MARK = 7
"""Height of the mark of a place that was found."""


class OverviewPanel(PlotPanel):
    """Units by class where the cell has a keep, else its state, over all timesteps."""

    slot = "overview"
    also = ("find",)
    title = "whole sequence"
    height = 24
    linked = False
    tip = "The whole sequence. Click to go to a timestep; drag to move the window that the other panels show."

    def __init__(self, context: Context, scene: QGraphicsScene) -> None:
        super().__init__(context, scene)
        cell = context.layer.cell
        table = class_lookup() if cell.keep else lookup(cell[cell.state])
        self._raster = Raster(table)
        self._window = self.add(Painted(self._paint_window, moving=True))
        self._window.setZValue(4)
        self._hits: Hits | None = None

    def place(self, body: QRect) -> None:
        """Stand here."""
        super().place(body)
        self._window.place(body.adjusted(-1, 0, 1, 0))

    def set_range(self, start: int, stop: int) -> None:
        """All timesteps are here; the window moves."""
        if self.span != (0, self.context.state.view.length):
            super().set_range(0, self.context.state.view.length)
        self._window.update()

    def cursor_moved(self) -> None:
        """The mark moves."""
        self._window.update()

    def refresh(self) -> None:
        """Ask for the whole sequence."""
        length = self.context.state.view.length
        width, height = self.pixels
        if not width or not length:
            return
        layer, sequence = self.context.subject
        cell = self.context.layer.cell
        loader, thresholds = self.context.loader, self.context.state.view.thresholds
        if cell.keep:
            loader.ask(CountsRequest(self.slot, layer, sequence, 0, length, width, height, thresholds))
        else:
            loader.ask(HeatmapRequest(self.slot, layer, sequence, cell.state, 0, length, width, height))

    def clear(self) -> None:
        """Draw nothing until the next answer."""
        self._raster.clear()
        self.plot.update()
        self._hits = None

    def take(self, request: Request, answer: Any) -> None:
        """Draw it."""
        if isinstance(answer, Hits):
            self._hits = answer
            self._window.update()
            return
        self._raster.show(answer.image, answer.columns)
        self.plot.update()
        self.wrong = ""

    def paint_plot(self, painter: QPainter, rect: QRectF) -> None:
        """Draw the whole sequence."""
        self._raster.paint(painter, rect, *self.span)

    def time_at(self, x: float) -> float:
        """The time at this place of the strip."""
        return (x - self.body.left()) / max(self.body.width(), 1) * self.context.state.view.length

    def _paint_window(self, painter: QPainter, rect: QRectF) -> None:
        view, theme = self.context.state.view, self.context.theme
        if not view.length:
            return
        width = rect.width() - 2
        left, right, at = (1 + edge / view.length * width for edge in (view.start, view.stop, view.cursor + 0.5))
        veil = QColor(theme.window)
        veil.setAlpha(190)
        painter.fillRect(QRectF(0, 0, left, rect.height()), veil)
        painter.fillRect(QRectF(right, 0, rect.width() - right, rect.height()), veil)
        if self._hits is not None and self._hits.text == view.find:
            marks = np.unique(np.rint((self._hits.starts + 0.5) / view.length * width)).astype(int)
            for x in marks.tolist():
                painter.fillRect(QRectF(x, 0, 3, _MARK), QColor(theme.panel))
                painter.fillRect(QRectF(x + 0.5, 0, 2, _MARK - 1), QColor(palette.SELECTION))
        painter.setPen(QPen(QColor(theme.foreground), 1))
        window = QRectF(round(left) - 0.5, 0.5, max(round(right) - round(left), 3), rect.height() - 1)
        painter.drawRect(window)
        painter.fillRect(QRectF(round(at) - 1.5, 0, 3, rect.height()), QColor(theme.panel))
        painter.fillRect(QRectF(round(at) - 0.5, 0, 1, rect.height()), QColor(theme.foreground))
