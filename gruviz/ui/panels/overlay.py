"""Retained and overwritten units of several recordings, as lines over each other."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QApplication, QGraphicsScene

from gruviz import palette
from gruviz.cells import CLASSES
from gruviz.ui.panels.lines import Line
from gruviz.ui.panels.pane import PaneContext
from gruviz.ui.panels.panel import RIGHT, Context, Painted, PlotPanel, apart, draw_text
from gruviz.ui.reading import Counts, CountsRequest, Request
from gruviz.ui.theme import STEP, bold, small

DRAWN = ("retained", "overwritten")
"""The classes whose lines are drawn, out of `cells.CLASSES`."""
_STROKES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine)
"""Of the first recording, the second, the third."""
_MARGIN = 0.04
"""Of the height, above the line of all units and below that of none."""


class OverlayPanel(PlotPanel):
    """The part of the units of each recording that is retained, and that is overwritten, at each timestep."""

    slot = "overlay"
    title = "units by class"
    height = 60
    firm = True
    tip = (
        "The part of each recording’s units that is retained (blue), and overwritten (vermilion): solid for A, dashed "
        "for B, dotted for C. That units are retained does not mean that they are important."
    )

    def __init__(self, context: Context, scene: QGraphicsScene, panes: Sequence[PaneContext]) -> None:
        self.panes = list(panes)
        self.counts: dict[PaneContext, Counts] = {}
        """By pane, what is drawn of it."""
        super().__init__(context, scene)
        self._ends = self.add(Painted(self._paint_ends))
        self.plot.setToolTip(self.tip)

    def hears(self, asked: QObject) -> bool:
        """It draws answers of the loaders of all panes."""
        return any(pane.loader is asked for pane in self._counted)

    @property
    def _counted(self) -> list[PaneContext]:
        return [pane for pane in self.panes if pane.layer.cell.keep]

    def place(self, body: QRect) -> None:
        """Stand here."""
        super().place(body)
        self._ends.place(QRect(body.right() + 1, body.top(), RIGHT, body.height()))

    def forget(self) -> None:
        """Wait for nothing any more."""
        for pane in self.panes:
            pane.loader.forget(self.slot)

    def refresh(self) -> None:
        """Ask each recording for the visible range."""
        thresholds = self.context.state.view.thresholds
        self._gutter.setToolTip(f"{self.tip}<br>{thresholds.describe()}")
        start, stop = self.visible
        width, _ = self.pixels
        if width and stop > start:
            for pane in self._counted:
                pane.loader.ask(CountsRequest(self.slot, *pane.subject, start, stop, width, 1, thresholds))

    def clear(self) -> None:
        """Draw nothing until the next answers: of panes that stay as they are, too."""
        self.forget()
        self.counts.clear()
        self.plot.update()
        self._ends.update()

    def hear(self, asked: QObject, request: Request, answer: Any) -> None:
        """Draw what one of the recordings counts."""
        for pane in self._counted:
            if pane.loader is asked:
                self.counts[pane] = answer
        self.wrong = ""
        self.plot.update()
        self._ends.update()

    def parts(self, pane: PaneContext, kind: str) -> NDArray[np.float64]:
        """The part of a recording's units that is in a class, (columns,) from 0 to 1; NaN where it is not counted."""
        return np.asarray(self.counts[pane].values[:, CLASSES.index(kind)], np.float64) / pane.layer.size

    def words_at(self, timestep: int) -> str:
        """How many units are retained and overwritten in each."""
        said = []
        for pane, counts in self.counts.items():
            column = (timestep - counts.columns.start) // counts.columns.step
            if 0 <= column < len(counts.values) and not np.isnan(counts.values[column, 0]):
                kinds = (f"{counts.values[column, CLASSES.index(kind)]:.3g} {kind}" for kind in DRAWN)
                said.append(f"{pane.letter}: {', '.join(kinds)} of {pane.layer.size}")
        return "   ".join(sorted(said))

    def paint_plot(self, painter: QPainter, rect: QRectF) -> None:
        """Draw the lines."""
        for pane, counts in self.counts.items():
            for kind in DRAWN:
                heights = _height(self.parts(pane, kind))
                line = Line(counts.columns, heights, _colour(kind), dashed=pane.number == 1, dotted=pane.number == 2)
                line.paint(painter, rect, *self.span)

    def ticks(self) -> Sequence[tuple[float, str]]:
        """All units at the top, none at the bottom."""
        return [(_height(1.0), "100 %"), (_height(0.0), "0")]

    @property
    def titled(self) -> bool:
        """Which line is which comes first."""
        font = QApplication.font()
        lines = (1 + len(DRAWN)) * QFontMetricsF(small(font)).height()
        return QFontMetricsF(font).height() + 2 + lines <= self.body.height()

    def paint_gutter(self, painter: QPainter, rect: QRectF) -> None:
        """Title, and which line is which."""
        super().paint_gutter(painter, rect)
        theme, tiny = self.context.theme, small(QApplication.font())
        line = QFontMetricsF(tiny).height()
        top = QFontMetricsF(QApplication.font()).height() + 2 if self.titled else 0.0
        for kind in DRAWN:
            painter.fillRect(QRectF(3 * STEP, top + (line - 8) / 2, 8, 8), QColor(_colour(kind)))
            draw_text(painter, 3 * STEP + 12, top, kind, tiny, theme.foreground)
            top += line
        x = 3.0 * STEP
        for pane in self.panes:
            if pane.layer.cell.keep is None:
                draw_text(painter, x, top, f"{pane.letter} –", tiny, theme.muted)
            else:
                draw_text(painter, x, top, pane.letter, tiny, theme.foreground)
                painter.setPen(QPen(QColor(theme.foreground), 1, _STROKES[pane.number]))
                painter.drawLine(QPointF(x + 9, round(top + line / 2)), QPointF(x + 30, round(top + line / 2)))
            x += 38

    def _paint_ends(self, painter: QPainter, rect: QRectF) -> None:
        """Each line's letter at its end."""
        font = bold(small(QApplication.font()))
        line, (_, stop) = QFontMetricsF(font).height() - 3, self.span
        for number, kind in enumerate(DRAWN):
            ends = []
            for pane, counts in self.counts.items():
                last = min((stop - 1 - counts.columns.start) // counts.columns.step, len(counts.values) - 1)
                part = float(self.parts(pane, kind)[last]) if last >= 0 else np.nan
                if np.isfinite(part):
                    ends.append((_height(part) * rect.height() - line / 2, pane.letter))
            ends.sort()
            for top, (_, letter) in zip(apart([top for top, _ in ends], line, rect.height()), ends, strict=True):
                draw_text(painter, STEP + 11.0 * number, top, letter, font, _colour(kind))


def _colour(kind: str) -> str:
    return palette.CLASS_COLOURS[CLASSES.index(kind)]


def _height(part: Any) -> Any:
    """A part of the units as a height, 0 at the top and 1 at the bottom."""
    return 1 - _MARGIN - part * (1 - 2 * _MARGIN)
