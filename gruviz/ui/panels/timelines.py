"""Gates and state of the selected units over time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QApplication, QGraphicsScene

from gruviz import palette
from gruviz.cells import Cell, Quantity
from gruviz.ui.panels.lines import Line, band
from gruviz.ui.panels.panel import LEFT, RIGHT, Context, Painted, PlotPanel, apart, draw_text, text_width
from gruviz.ui.panels.raster import Raster
from gruviz.ui.reading import Request, Traces, TracesRequest
from gruviz.ui.theme import STEP, Theme, bold, small

Floats = NDArray[np.float64]
_LANE = 40
"""Pixels that a unit needs at least."""
_MARGIN = 0.06
"""Of a lane's height, below its scale, and above the keep."""
_KEEP = 0.12
"""Of a lane's height, for the unit's keep as a strip of colour: how long it was kept is read off at a glance."""
_THIN = "\N{THIN SPACE}"
_TIGHT = 3
"""Pixels that symbols one above the other are nearer than lines of text are."""


class TimelinesPanel(PlotPanel):
    """A lane for each selected unit, the one selected last at the bottom; a sentence while none is selected.

    It always has its room: rows of heatmaps do not move under the pointer when the first unit is selected.

    Gates stand on the scale from 0 to 1 at the left, states on the one at the right, both over the lane's whole height.
    """

    slot = "timelines"
    title = "timelines"

    def __init__(self, context: Context, scene: QGraphicsScene) -> None:
        self.traces: Traces | None = None
        """What is drawn; None before the first answer, and while no unit is selected."""
        self.lines: list[tuple[int, Line]] = []
        """What is drawn, each with its lane."""
        self.bands: list[tuple[int, Raster]] = []
        """From the least to the greatest of each column, where it holds several timesteps."""
        self.strips: list[Raster] = []
        """By lane, the unit's keep; none of a cell without one."""
        self._layer = context.layer
        self._first: int | None = None
        """The lane that it was scrolled to; None while it follows the unit selected last."""
        self._turned = 0.0
        """What the wheel has turned, in notches, and was too little for a lane."""
        self.tip = _tip(context.layer.cell)
        super().__init__(context, scene)
        self._ends = self.add(Painted(self._paint_ends))
        self._note = self.add(Painted(self._paint_note))
        self._note.setZValue(101)  # the cursor does not strike a sentence through
        for item in (self.plot, self._ends, self._note):
            item.setToolTip(self.tip)

    @property
    def units(self) -> tuple[int, ...]:
        """The units whose lanes are in sight, from top to bottom: those selected last, unless it was scrolled."""
        first = self._most if self._first is None else min(self._first, self._most)
        return self._chosen[first : first + self._room]

    def scroll(self, notches: float) -> None:
        """Bring other lanes into sight: those above for notches of a wheel above 0, else those below."""
        self._turned -= notches
        lanes, first = int(self._turned), self._most if self._first is None else self._first
        self._turned -= lanes
        if lanes and 0 <= min(max(first + lanes, 0), self._most) != first:
            self._first = min(max(first + lanes, 0), self._most)
            self._show_lanes()
            self.refresh()

    @property
    def _room(self) -> int:
        return max(1, self.body.height() // _LANE)

    @property
    def _most(self) -> int:
        """Lanes above those in sight, when the last is."""
        return max(0, len(self._chosen) - self._room)

    @property
    def quantities(self) -> tuple[str, ...]:
        """All of the unit."""
        return self._layer.cell.names

    @property
    def _chosen(self) -> tuple[int, ...]:
        return tuple(unit for unit in self.context.state.view.pane.units if unit < self._layer.size)

    def place(self, body: QRect) -> None:
        """Stand here."""
        super().place(body)
        self._ends.place(QRect(body.right() + 1, body.top(), RIGHT, body.height()))
        self._note.place(body)
        self._show_lanes()

    def units_changed(self) -> None:
        """Ask for their lines."""
        self._first = None
        self._show_lanes()
        self.refresh()

    def refresh(self) -> None:
        """Ask for the visible range."""
        start, stop = self.visible
        width, _ = self.pixels
        if self.units and width and stop > start:
            layer, sequence = self.context.subject
            self.context.loader.ask(TracesRequest(self.slot, layer, sequence, self.units, start, stop, width))

    def clear(self) -> None:
        """Draw nothing until the next answer."""
        self.traces = None
        self._show_lanes()

    def take(self, request: Request, answer: Any) -> None:
        """Draw it, if it is about the units that are selected now."""
        if answer.units == self.units:
            self.traces, self.wrong = answer, ""
            self._show_lanes()

    def restyle(self) -> None:
        """Take the colours of the theme."""
        super().restyle()
        self._show_lanes()

    def unit_at(self, y: float) -> int | None:
        """The unit whose lane is at this height."""
        units = self.units
        lane = int((y - self.body.top()) / max(self.body.height(), 1) * len(units))
        return units[lane] if units and 0 <= lane < len(units) else None

    def _show_lanes(self) -> None:
        """Draw the lines of the traces, if they are those of the lanes on show."""
        self.lines, self.bands, self.strips = [], [], []
        units, traces = self.units, self.traces
        pixels = max(self.pixels[1] // max(len(units), 1), 1)
        if traces is not None and traces.units == units:
            for quantity in self._layer.cell.quantities:
                mean, bottom, top = (self._heights(quantity, each) for each in (traces.mean, traces.low, traces.high))
                colour, dashed = line_colour(quantity, self.context.theme), quantity.name == "cell"
                for lane in range(len(units)):
                    self.lines.append((lane, Line(traces.columns, mean[:, lane], colour, dashed)))
                    if traces.columns.step > 1:
                        pale = band(traces.columns, top[:, lane], bottom[:, lane], colour, pixels)
                        self.bands.append((lane, pale))
            if self._layer.cell.keep is not None:
                table = palette.colour_map(self._layer.cell[self._layer.cell.keep])
                keeps = np.rint(np.nan_to_num(traces.mean[self._layer.cell.keep]) * 255).astype(np.uint8)
                self.strips = [Raster(table) for _ in units]
                for strip, keep in zip(self.strips, keeps.T, strict=True):
                    strip.show(keep[None], traces.columns)
        self._note.setVisible(not units)
        for item in self._items:
            item.update()

    def paint_plot(self, painter: QPainter, rect: QRectF) -> None:
        """Draw the lines, above each lane's lines its row out of the heatmap of the keep, and rules between lanes."""
        lanes, width = max(len(self.units), 1), rect.width()
        tops = [rect.height() * lane / lanes for lane in range(lanes + 1)]
        height = tops[1]
        for top, strip in zip(tops, self.strips, strict=False):
            where = QRectF(0, top + height * _MARGIN / 2, width, height * (_KEEP - _MARGIN / 2))
            strip.paint(painter, where, *self.span)
        for lane, pale in self.bands:
            pale.paint(painter, QRectF(0, tops[lane], width, height), *self.span)
        for lane, line in self.lines:
            line.paint(painter, QRectF(0, tops[lane], width, height), *self.span)
        painter.setPen(QColor(self.context.theme.rule))
        for top in tops[1:-1]:
            painter.drawLine(QPointF(0, round(top)), QPointF(width, round(top)))

    def _heights(self, quantity: Quantity, values: Any) -> Floats:
        """Values as heights in a lane, from 0 at its top to 1."""
        assert self.traces is not None
        limit = self.traces.limits[quantity.name]
        low = 0.0 if quantity.fraction else -limit
        part = (np.asarray(values[quantity.name], np.float64) - low) / (limit - low)
        return 1 - _MARGIN - part * (1 - 2 * _MARGIN - _KEEP)

    def paint_gutter(self, painter: QPainter, rect: QRectF) -> None:
        """Each lane's unit, and the scale of the gates."""
        units, chosen = self.units, self._chosen
        if not units:
            super().paint_gutter(painter, rect)
            return
        theme, font, tiny = self.context.theme, QApplication.font(), small(QApplication.font())
        line, height = QFontMetricsF(font).height(), rect.height() / len(units)
        scales = self.scales
        for lane, unit in enumerate(units):
            top = round(lane * height)
            painter.fillRect(QRectF(3 * STEP, top + 2, 3, line - 2), QColor(palette.SELECTION))
            draw_text(painter, 3 * STEP + 8, top, f"unit {unit}", bold(font), theme.foreground)
            words = [scales] if scales else []
            if lane == 0 and len(units) < len(chosen):
                first = chosen.index(units[0]) + 1
                through = f"{first}–{first + len(units) - 1}" if len(units) > 1 else f"{first}"
                words.insert(0, f"{through} of {len(chosen)}: wheel ↕")
            for number, each in enumerate(words[: int(height / line) - 1]):
                draw_text(painter, 3 * STEP + 8, top + line * (1 + number), each, tiny, theme.muted)
            if scales:
                self._paint_scale(painter, LEFT - STEP, True, top, height, ("1", "0"))
            if lane:
                painter.fillRect(QRectF(3 * STEP, top, LEFT - 3 * STEP, 1), QColor(theme.rule))
        if len(units) < len(chosen):
            self._paint_bar(painter, rect, chosen.index(units[0]) / len(chosen), len(units) / len(chosen))

    @property
    def scales(self) -> str:
        """Which symbols go by which scale; nothing where there is one scale alone.

        The scale at the right is that of the state; what does not go as far as a cell state has its own.
        """
        cell, limits = self._layer.cell, self.traces.limits if self.traces else {}
        gates = _THIN.join(each.symbol for each in cell.quantities if each.fraction)
        states = [each for each in cell.quantities if not each.fraction]
        far = limits.get(cell.state, 1.0)
        right = _THIN.join(each.symbol for each in states if limits.get(each.name, far) == far)
        own = _THIN.join(each.symbol for each in states if limits.get(each.name, far) != far)
        return f"{gates} left, {right} right{f', {own} ±1' if own else ''}" if gates else ""

    def _paint_bar(self, painter: QPainter, rect: QRectF, start: float, part: float) -> None:
        """Where the lanes in sight stand among all."""
        theme, bar = self.context.theme, QRectF(STEP, 0, STEP, rect.height())
        painter.fillRect(bar, QColor(theme.rule))
        painter.fillRect(QRectF(STEP, start * rect.height(), STEP, part * rect.height()), QColor(theme.muted))

    def _paint_scale(
        self, painter: QPainter, x: float, right: bool, top: float, height: float, ends: tuple[str, str]
    ) -> None:
        font = small(QApplication.font())
        metrics = QFontMetricsF(font)
        for label, where in zip(ends, (top, top + height - metrics.height()), strict=True):
            left = x - metrics.horizontalAdvance(label) if right else x
            draw_text(painter, left, where, label, font, self.context.theme.muted)

    def _paint_ends(self, painter: QPainter, rect: QRectF) -> None:
        """Each line's symbol at its end, and the scale of the states."""
        traces, units = self.traces, self.units
        if traces is None or traces.units != units:
            return
        font, theme, cell = bold(small(QApplication.font())), self.context.theme, self._layer.cell
        metrics, height = QFontMetricsF(font), rect.height() / len(units)
        limit = traces.limits[cell.state]
        for lane in range(len(units)):
            wanted = []
            for quantity in cell.quantities:
                at = float(self._heights(quantity, traces.mean)[-1, lane])
                wanted.append((at if np.isfinite(at) else 0.5, quantity))
            wanted.sort(key=lambda each: each[0])
            line, room = round(metrics.height()) - _TIGHT, int(height) - _TIGHT  # the last one is as tall as it is
            abreast = -(-len(wanted) * line // max(room, 1))
            for number in range(abreast):  # side by side, where there is no room one above the other
                some = wanted[number::abreast]
                tops = apart([at * height - metrics.height() / 2 for at, _ in some], line, room)
                for top, (_, quantity) in zip(tops, some, strict=True):
                    colour = line_colour(quantity, theme)
                    x = STEP + 11.0 * number
                    draw_text(painter, x, lane * height + top, quantity.symbol, font, colour)
            ends_of_scale = (f"{limit:g}", f"−{limit:g}")
            self._paint_scale(painter, 10 * STEP - 4, False, lane * height, height, ends_of_scale)
            if lane:
                painter.fillRect(QRectF(0, round(lane * height), RIGHT, 1), QColor(theme.rule))

    def _paint_note(self, painter: QPainter, rect: QRectF) -> None:
        """What to do, where no unit is selected."""
        theme, font, line = self.context.theme, QApplication.font(), QFontMetricsF(QApplication.font()).height()
        words = "Click a row, here or in the list, to see its unit’s gates and state over time."
        words = QFontMetricsF(font).elidedText(words, Qt.TextElideMode.ElideRight, rect.width() - 4 * STEP)
        top = (rect.height() - line) / 2
        ground = QRectF(STEP, top - STEP, text_width(words, font) + 2 * STEP, line + 2 * STEP)
        painter.fillRect(ground, QColor(theme.panel))
        draw_text(painter, 2 * STEP, top, words, font, theme.muted)


def line_colour(quantity: Quantity, theme: Theme) -> str:
    """The colour of the line of a quantity, lighter on dark; a state has that of text."""
    colour = palette.LINES.get(quantity.name)
    if colour is None:
        return theme.foreground
    return QColor(colour).lighter(140).name() if theme.name == "dark" else colour


def _tip(cell: Cell) -> str:
    lines = [f"<b>{each.symbol}</b> {each.title}: {each.formula}" for each in cell.quantities]
    scales = "Gates on the scale from 0 to 1 at the left, states on the scale around 0 at the right."
    if cell.keep is None:
        scales = "On the scale around 0 at the right."
    elif cell.state != "hidden":
        scales = (
            f"Gates on the scale from 0 to 1 at the left, {cell[cell.state].symbol} on the one around 0 at the right; "
            "where that goes beyond 1, the candidate and the hidden state on one of their own, from −1 to 1."
        )
    several = "Where a column holds several timesteps, the line is their mean, the band from the least to the greatest."
    strip = (
        ""
        if cell.keep is None
        else f"The strip above the lines is {cell[cell.keep].symbol}: blue keeps, vermilion overwrites."
    )
    more = "Where there is no room for all selected units, turn the wheel left of the lines."
    return "<br>".join(filter(None, [*lines, scales, several, strip, more]))
