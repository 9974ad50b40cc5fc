"""The one time axis."""

import math

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QApplication, QGraphicsScene

from gruviz.ui.panels.panel import LEFT, RIGHT, Context, Painted, Panel, draw_text
from gruviz.ui.theme import small

_APART = 88
"""Pixels between two labels at least."""
_COUNTED = "timestep"
"""What the axis is called where timesteps have no rate."""


class TimeAxisPanel(Panel):
    """Ticks at the middle of their columns, and the cursor's timestep, or its time where timesteps have a rate."""

    symbol = "t"
    title = _COUNTED
    height = 28
    tip = (
        "Click to go to a timestep, drag to pan, double-click to see the whole sequence, turn the wheel to zoom. "
        "R marks the timestep at the cursor; beside it stands how far apart they are."
    )

    def __init__(self, context: Context, scene: QGraphicsScene) -> None:
        super().__init__(context, scene)
        self._axis = self.add(Painted(self._paint, moving=True))
        self._axis.setToolTip(self.tip)

    @property
    def title_top(self) -> float:
        """On the line of the labels."""
        return 5.0

    def place(self, body: QRect) -> None:
        """Stand here. Labels reach a little beyond the axis."""
        super().place(body)
        self._axis.place(QRect(LEFT - _APART // 2, body.top(), body.width() + _APART // 2 + RIGHT, body.height()))

    def refresh(self) -> None:
        """Perhaps another clock."""
        clock = self.context.clock
        self.title = clock.title if clock else _COUNTED
        self._gutter.update()
        self._axis.update()

    def set_range(self, start: int, stop: int) -> None:
        """Other ticks."""
        self._axis.update()

    def cursor_moved(self) -> None:
        """Another timestep."""
        self._axis.update()

    def _paint(self, painter: QPainter, rect: QRectF) -> None:
        theme, font = self.context.theme, small(QApplication.font())
        metrics = QFontMetricsF(font)
        view, clock = self.context.state.view, self.context.clock
        start, stop = self.visible
        column = self.body.width() / max(stop - start, 1)

        def middle(timestep: float) -> float:
            return _APART / 2 + (timestep + 0.5 - start) * column

        def named(timestep: int) -> str:
            return clock.number(timestep) if clock else f"{timestep:,}"

        here = named(view.cursor)
        width = metrics.horizontalAdvance(here) + 8
        shown = start <= view.cursor < stop
        at = middle(view.cursor) if shown else -1e9
        painter.setPen(QColor(theme.rule))
        painter.drawLine(int(_APART / 2), 0, int(_APART / 2 + self.body.width()), 0)
        for timestep, label in self.marks():
            x = middle(timestep)
            half = metrics.horizontalAdvance(label) / 2
            painter.setPen(QColor(theme.muted))
            painter.drawLine(round(x), 0, round(x), 4)
            if abs(x - at) > half + width / 2 + 2:
                draw_text(painter, x - half, 6, label, font, theme.muted)
        if view.reference is not None and start <= view.reference < stop:
            apart = abs(view.cursor - view.reference)
            x, there = middle(view.reference), named(view.reference)
            label = f"{there} ({named(apart)} apart)" if apart else there
            half = metrics.horizontalAdvance(label) / 2
            x = beside(x, half + 4, at, width / 2, rect.width())
            painter.setPen(QPen(QColor(theme.foreground), 1, Qt.PenStyle.DashLine))
            painter.setBrush(QColor(theme.panel))
            painter.drawRect(QRectF(round(x - half - 4) + 0.5, 4.5, round(2 * half + 8), metrics.height() + 2))
            draw_text(painter, x - half, 6, label, font, theme.foreground)
        if shown:
            painter.fillRect(QRectF(at - width / 2, 5, width, metrics.height() + 2), QColor(theme.foreground))
            draw_text(painter, at - width / 2 + 4, 6, here, font, theme.panel)

    def marks(self) -> list[tuple[float, str]]:
        """Where the ticks stand, in timesteps, and what they say."""
        (start, stop), most, clock = self.visible, self.body.width() / _APART, self.context.clock
        if clock:
            return clock.ticks(start, stop, most)
        step = tick_step(stop - start, most)
        return [(timestep, f"{timestep:,}") for timestep in range(-(-start // step) * step, stop, step)]


def beside(x: float, half: float, at: float, other: float, room: float = math.inf) -> float:
    """The middle of a label that stands at `x`, or as near as it may where another at `at` would cover it.

    Both reach `half` and `other` pixels to the left and the right. There is a place from 0 to `room`, if that is given:
    where the label would be cut off on one side of the other, it stands on the other side.
    """
    apart, left = half + other + 2, x < at
    if room < math.inf:
        x = min(max(x, half), room - half)
    if abs(x - at) >= apart:
        return x
    if room < math.inf:
        left = at - apart >= half if left else at + apart > room - half
    return at - apart if left else at + apart


def tick_step(span: int, most: float) -> int:
    """1, 2 or 5 times a power of ten, so that no more than about `most` ticks fall into `span`."""
    step, factors = 1, (2, 2.5, 2)
    turn = 0
    while span / step > max(most, 1):
        step = round(step * factors[turn % 3])
        turn += 1
    return step
