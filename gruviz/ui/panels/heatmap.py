"""One quantity of all units over time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QApplication, QGraphicsScene

from gruviz import palette
from gruviz.cells import Quantity, Thresholds
from gruviz.ui.panels.panel import LEFT, RIGHT, Context, Painted, PlotPanel, apart, draw_text, text_width
from gruviz.ui.panels.raster import Raster
from gruviz.ui.reading import HIGHEST, MASKED, Arrangement, Heatmap, HeatmapRequest, Request
from gruviz.ui.theme import STEP, bold, small

_BAR = 12
"""Width of a colour bar."""


class HeatmapPanel(PlotPanel):
    """Units by timesteps, the first unit at the top, on one fixed scale."""

    blank = False
    """What is no number is left blank: nothing is missing there."""

    def __init__(self, context: Context, scene: QGraphicsScene, quantity: Quantity) -> None:
        self.quantity = quantity
        self.symbol, self.title = quantity.symbol, quantity.title
        self.tip = f"{quantity.meaning}<br><b>{quantity.formula}</b><br>{_range(quantity)}"
        self.slot = f"heatmap {quantity.name}"
        super().__init__(context, scene)
        self.heatmap: Heatmap | None = None
        """What is drawn; None before the first answer."""
        self._places = np.arange(context.layer.size)
        """By unit, the row in which it stands; -1 for one that is not on show."""
        self._raster = Raster(lookup(quantity, self.blank))
        self._bar = self.add(Painted(self._paint_bar))
        self._bar.setToolTip(self.tip)
        self._marks = self.add(Painted(self._paint_marks))
        self._marks.setZValue(3)

    def place(self, body: QRect) -> None:
        """Stand here."""
        super().place(body)
        self._bar.place(QRect(body.right() + 1, body.top(), RIGHT, body.height()))
        self._marks.place(QRect(0, body.top(), body.right() + 1, body.height()))

    def refresh(self) -> None:
        """Ask for the visible range at the resolution of the screen."""
        start, stop = self.visible
        width, height = self.pixels
        if not width or not height or stop <= start:
            return
        layer, sequence = self.context.subject
        name, how = self.quantity.name, (self.context.state.view.reduction, self.arrangement)
        self.context.loader.ask(HeatmapRequest(self.slot, layer, sequence, name, start, stop, width, height, *how))

    @property
    def arrangement(self) -> Arrangement:
        """Which units are to be its rows."""
        view = self.context.state.view
        limits = view.thresholds if view.pane.filter else Thresholds()  # on which nothing else depends
        return Arrangement(view.pane.order, view.pane.filter, limits, view.pane.anchor)

    def clear(self) -> None:
        """Draw nothing until the next answer."""
        self._raster.clear()
        self.plot.update()

    def take(self, request: Request, answer: Any) -> None:
        """Draw it."""
        heatmap: Heatmap = answer
        self.wrong = ""
        before, self.heatmap = self.heatmap, heatmap
        self._raster.show(heatmap.image, heatmap.columns)
        self.plot.update()
        if before is None or before.limit != heatmap.limit:
            self._bar.update()
        if before is None or not np.array_equal(before.order, heatmap.order):
            self._places = np.full(self.context.layer.size, -1)
            self._places[heatmap.order] = np.arange(len(heatmap.order))
            self._marks.update()
            self._gutter.update()

    def paint_plot(self, painter: QPainter, rect: QRectF) -> None:
        """Draw the picture; the last row may stand for fewer units than the others, and is as much lower."""
        if self.heatmap is not None and len(self.heatmap.order):
            rows = len(self.heatmap.image) * self.heatmap.units / len(self.heatmap.order)
            self._raster.paint(painter, QRectF(0, 0, rect.width(), rows * rect.height()), *self.span)
        elif self.heatmap is not None and self.context.state.view.pane.filter:
            self.paint_sentence(painter, rect, self.context.no_units, self.context.theme.muted)

    def units_changed(self) -> None:
        """Mark the selected ones."""
        self._marks.update()
        self._gutter.update()

    @property
    def quantities(self) -> tuple[str, ...]:
        """The one that is drawn."""
        return (self.quantity.name,)

    def unit_at(self, y: float) -> int | None:
        """The unit whose row is at this height."""
        units = self.units
        row = int((y - self.body.top()) / max(self.body.height(), 1) * len(units))
        return units[row] if 0 <= row < len(units) else None

    @property
    def units(self) -> Sequence[int]:
        """The units from top to bottom, as they are drawn."""
        return range(self.context.layer.size) if self.heatmap is None else self.heatmap.order.tolist()

    def ticks(self) -> Sequence[tuple[float, str]]:
        """The first unit and the last."""
        units = self.units
        if len(units) <= 1:
            return [(0.5, str(unit)) for unit in units]
        marked = [(self._places[unit] + 0.5) / len(units) for unit in self._marked()]
        near = 3 * QFontMetricsF(small(QApplication.font())).height() / max(self.body.height(), 1)
        ends = [(0.0, str(units[0])), (1.0, str(units[-1]))]  # left out where the number of a selected unit stands
        return [(end, label) for end, label in ends if all(abs(end - where) > near for where in marked)]

    def paint_gutter(self, painter: QPainter, rect: QRectF) -> None:
        """Title, the number of units, ticks."""
        super().paint_gutter(painter, rect)
        font = QApplication.font()
        line = QFontMetricsF(font).height()
        size, shown = self.context.layer.size, len(self.units)
        if not self.title_top:  # where the title stands in the middle there is no room below it
            words = "1 unit" if size == 1 else f"{size:,} units" if shown == size else f"{shown:,} of {size:,} units"
            draw_text(painter, 3 * STEP, line + 2, words, small(font), self.context.theme.muted)

    def _paint_bar(self, painter: QPainter, rect: QRectF) -> None:
        theme, font = self.context.theme, small(QApplication.font())
        painter.drawImage(QRectF(2 * STEP, 0, _BAR, rect.height()), bar_image(self.quantity))
        limit = self.heatmap.limit if self.heatmap else 1.0
        labels = (f"{limit:g}", "0", f"−{limit:g}") if self.quantity.signed else (f"{limit:g}", f"{limit / 2:g}", "0")
        height = QFontMetricsF(font).height()
        step = 1 if 3 * height <= rect.height() + 4 else 2 if 2 * height <= rect.height() + 4 else 3  # as there is room
        for where, label in list(zip((0.0, 0.5, 1.0), labels, strict=True))[::step]:
            top = min(max(where * rect.height() - height / 2, 0), rect.height() - height)
            draw_text(painter, 2 * STEP + _BAR + STEP, top, label, font, theme.muted)

    def _marked(self) -> list[int]:
        """The selected units that are on show."""
        chosen = self.context.state.view.pane.units
        return [unit for unit in chosen if unit < len(self._places) and self._places[unit] >= 0]

    def _edges(self, units: Sequence[int]) -> list[tuple[int, int]]:
        """Where the rows of some units begin and end, from the top of the body."""
        size, height = len(self.units), self.body.height()
        rows = (int(self._places[unit]) for unit in units)
        return [(round(row / size * height), round((row + 1) / size * height)) for row in rows]

    def _title_right(self) -> float:
        """Where the title ends."""
        font = QApplication.font()
        return 3 * STEP + text_width(self.symbol, bold(font)) + 6 + text_width(self.title, font)

    def _paint_marks(self, painter: QPainter, rect: QRectF) -> None:
        """Selected units: a line above and below the row, and the unit's number in the gutter, beside the title."""
        font = bold(small(QApplication.font()))
        metrics = QFontMetricsF(font)
        amber = QColor(palette.SELECTION)
        units = self._marked()
        units.sort(key=lambda unit: int(self._places[unit]))
        edges = self._edges(units)
        height, widest = metrics.height(), max((metrics.horizontalAdvance(str(unit)) + 8 for unit in units), default=0)
        least = 0.0
        if self._title_right() > LEFT - 6 - widest - STEP and rect.height() >= 3 * height:
            least = self.title_top + QFontMetricsF(QApplication.font()).height()
        tops = [max((top + bottom - height) / 2, least) for top, bottom in edges]
        tags = apart(tops, height + 1, rect.height())
        for unit, (top, bottom), y in zip(units, edges, tags, strict=True):
            painter.setPen(QPen(amber, 1))
            painter.drawLine(LEFT, top - 1, int(rect.width()), top - 1)
            painter.drawLine(LEFT, max(bottom, top + 1), int(rect.width()), max(bottom, top + 1))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(amber)
            width, middle = metrics.horizontalAdvance(str(unit)) + 8, (top + bottom) / 2
            left = LEFT - 6 - width
            painter.drawRect(QRectF(left, y, width, height))
            tip = QPointF(LEFT, middle)
            painter.drawPolygon(QPolygonF([QPointF(LEFT - 6, y), tip, QPointF(LEFT - 6, y + height)]))
            draw_text(painter, left + 4, y, str(unit), font, "#1B1B1B")


def lookup(quantity: Quantity, blank: bool = False) -> NDArray[np.uint8]:
    """The (256, 4) table for the indices of a `Heatmap`: its last entry is the colour of what is missing, or none."""
    colours = palette.colour_map(quantity)
    table = np.full((256, 4), 255, np.uint8)
    table[: HIGHEST + 1, :3] = colours[np.rint(np.linspace(0, len(colours) - 1, HIGHEST + 1)).astype(int)]
    table[MASKED] = (0, 0, 0, 0) if blank else (*palette.rgb(palette.MISSING), 255)
    return table


def bar_image(quantity: Quantity, *, across: bool = False) -> QImage:
    """The colours of a quantity, the highest at the top, or at the right."""
    colours = np.ascontiguousarray(palette.colour_map(quantity)[:: 1 if across else -1])
    size = (len(colours), 1, 3 * len(colours)) if across else (1, len(colours), 3)
    return QImage(colours.data, *size, QImage.Format.Format_RGB888).copy()


def _range(quantity: Quantity) -> str:
    if quantity.fraction:
        return "Between 0 and 1."
    return "Shown on a scale around 0." if quantity.signed else "Shown on a scale from 0."
