"""Survival: of what the units held at a marked timestep, how much is still there as time goes on."""

from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QApplication, QGraphicsScene

from gruviz.analysis import HORIZONS
from gruviz.cells import Quantity
from gruviz.ui.panels.derived import DerivedPanel
from gruviz.ui.panels.panel import Context, Painted, draw_text, text_width
from gruviz.ui.reading import Request, SurvivalRequest, Survived
from gruviz.ui.theme import STEP, small
from gruviz.view import show_range

_CHOOSE = "Double-click on a timestep, or press R at the cursor: what the units hold then is followed from there on."
_ZOOM_IN = "zoom in"
"""Said, and clicked, where survival is too short to be seen."""
_BELOW = ("½", "1/e", "0.1")
"""`analysis.HORIZONS` in words, largest first."""

_SEEN = 16
"""Pixels over which survival fades, if it is to be seen that it does."""
_ROOM = 8
"""Times as long as that lasts is what a click on the words shows of the sequence."""


class SurvivalPanel(DerivedPanel):
    """Units by timesteps, fading from the marked one; over them the median of all units, and when it falls below."""

    of_some = "approximate"

    def __init__(self, context: Context, scene: QGraphicsScene, quantity: Quantity) -> None:
        super().__init__(context, scene, quantity)
        self._since = context.state.view.reference
        self._line = self.add(Painted(self._paint_line))
        self._line.setZValue(2)
        self._line.setToolTip(
            f"{self.tip}<br>The line is the median of all units, from 0 at the bottom to 1 at the top; the marks below "
            "it say when that is less than ½, 1/e and 0.1. A wedge marks when less than 1/e is left of a selected unit."
        )
        self._label = self.add(Painted(self._paint_label))
        self._label.setZValue(101)
        self._note = self.add(Painted(self._paint_note))
        self._note.setZValue(101)  # the cursor does not strike a sentence through
        self._note.setVisible(self._since is None)

    def place(self, body: QRect) -> None:
        """Stand here."""
        super().place(body)
        self._line.place(body)
        self._label.place(body)
        self._note.place(body)

    def request(self, start: int, stop: int, width: int, height: int) -> SurvivalRequest:
        """What is asked for this range, and pixels, while a timestep is marked."""
        asked = super().request(start, stop, width, height)
        return SurvivalRequest(**vars(asked), since=self.context.state.view.reference or 0)

    def refresh(self) -> None:
        """Ask, if there is a timestep to begin with."""
        if self.context.state.view.reference is None:
            self.context.loader.forget(self.slot)
            self.clear()
        else:
            super().refresh()
        self._note.setVisible(self.context.state.view.reference is None)

    def cursor_moved(self) -> None:
        """Perhaps another timestep is marked."""
        if self._since != self.context.state.view.reference:
            self._since = self.context.state.view.reference
            self.clear()
            self.refresh()

    def clear(self) -> None:
        """Draw nothing until the next answer."""
        super().clear()
        self.heatmap = None
        self._update()

    def units_changed(self) -> None:
        """Mark how long the selected ones last."""
        super().units_changed()
        self._update()

    def set_range(self, start: int, stop: int) -> None:
        """The line moves with the picture."""
        super().set_range(start, stop)
        self._update()

    def take(self, request: Request, answer: Any) -> None:
        """Draw it, if it is about the timestep that is marked."""
        if answer.since == self.context.state.view.reference:
            super().take(request, answer)
            self._update()

    def _update(self) -> None:
        self._line.update()
        self._label.update()

    @property
    def survived(self) -> Survived | None:
        """What is drawn."""
        return self.heatmap if isinstance(self.heatmap, Survived) else None

    def words_at(self, timestep: int) -> str:
        """The median over units."""
        found = self.survived
        if found is None or found.median is None:
            return ""
        column = (timestep - found.columns.start) // found.columns.step
        known = 0 <= column < len(found.median) and np.isfinite(found.median[column])
        return f"median of all units {found.median[column]:.3f}" if known else ""

    @property
    def horizons(self) -> str:
        """When the median of all units fell below each fraction, in words; empty while that is not known of any."""
        found = self.survived
        if found is None:
            return ""
        fallen = sorted(zip(HORIZONS, found.horizons, strict=True), reverse=True)
        after = {  # of fractions that it falls below at once, the last is said
            abs(time - found.since): below for below, (_, time) in zip(_BELOW, fallen, strict=True) if time is not None
        }
        said = [f"{below} after {steps:,}" for steps, below in after.items()]
        if not said:
            return ""
        steps = "step" if said[-1].endswith(" 1") else "steps"
        if self._too_short(found) is not None:
            return f"median < {said[-1]} {steps}: {_ZOOM_IN}"
        return f"median < {', '.join(said)} {steps}"

    def _too_short(self, found: Survived) -> int | None:
        """How many timesteps survival lasts, where it cannot be seen at this zoom that it fades; else None."""
        gone, (start, stop) = found.horizons[HORIZONS.index(min(HORIZONS))], self.visible
        if gone is None or abs(gone - found.since) * self.body.width() >= _SEEN * (stop - start):
            return None
        return abs(gone - found.since)

    def action_at(self, at: QPointF) -> Callable[[], object] | None:
        """On the words that say so: zoom in to where it is seen how survival fades."""
        found, place = self.survived, at - QPointF(self.body.topLeft())
        lasts = None if found is None else self._too_short(found)
        if found is None or lasts is None or not self._label_ground(found).contains(place):
            return None
        before, after = max(lasts, 1), (_ROOM - 1) * lasts
        if self.context.layer.backward:
            before, after = after, before
        return lambda: self.context.state.change(show_range, found.since - before, found.since + after)

    def _x(self, time: Any) -> Any:
        start, stop = self.visible
        return (time - start) / max(stop - start, 1) * self.body.width()

    def _paint_line(self, painter: QPainter, rect: QRectF) -> None:
        found, theme = self.survived, self.context.theme
        if found is None or found.median is None:
            return
        known = np.flatnonzero(np.isfinite(found.median))
        if not len(known):
            return
        x = self._x(found.columns.start + (known + 0.5) * found.columns.step)
        y = 2 + (1 - found.median[known]) * (rect.height() - 4)
        line = QPolygonF([QPointF(*point) for point in zip(x.tolist(), y.tolist(), strict=True)])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, width in ((theme.panel, 4), (theme.foreground, 1.5)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawPolyline(line)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._paint_horizons(painter, rect, found)
        self._paint_wedges(painter, rect, found)

    def _paint_wedges(self, painter: QPainter, rect: QRectF, found: Survived) -> None:
        """In the row of each selected unit, when less than 1/e of it is left."""
        painter.setPen(QPen(QColor(self.context.theme.panel), 1))
        painter.setBrush(QColor(self.context.theme.foreground))
        for x, y in self.wedges(found):
            painter.drawPolygon(QPolygonF([QPointF(x, y), QPointF(x - 5, y - 5), QPointF(x + 5, y - 5)]))

    def wedges(self, found: Survived) -> list[tuple[float, float]]:
        """Where the tips of the wedges stand in the body, from the left and from the top."""
        rows, units = len(self.units), self._marked()
        if found.lasting is None:
            return []
        tips = [
            (float(self._x(found.lasting[unit] + 0.5)), (int(self._places[unit]) + 0.5) / rows * self.body.height())
            for unit in units
            if found.lasting[unit] >= 0
        ]
        return [(x, y) for x, y in tips if 0 <= x <= self.body.width()]

    def _paint_horizons(self, painter: QPainter, rect: QRectF, found: Survived) -> None:
        theme = self.context.theme
        for x in self._fallen(found):
            if 0 <= x <= rect.width():
                painter.fillRect(QRectF(round(x) - 1, 0, 3, rect.height()), QColor(theme.panel))
                painter.fillRect(QRectF(round(x), 0, 1, rect.height()), QColor(theme.foreground))

    def _fallen(self, found: Survived) -> list[float]:
        """Where the median falls below each fraction."""
        return [float(self._x(time + 0.5)) for time in found.horizons if time is not None]

    def _paint_label(self, painter: QPainter, rect: QRectF) -> None:
        """When that is, in words, over the lines of the cursor and of the mark; what can be clicked looks like that."""
        theme, font, found, words = self.context.theme, small(QApplication.font()), self.survived, self.horizons
        if found is None or not words:
            return
        ground = self._label_ground(found)
        painter.fillRect(ground, QColor(theme.panel))
        left, top, link = ground.left() + STEP, ground.top() + 1, words.endswith(_ZOOM_IN)
        left += draw_text(painter, left, top, words.removesuffix(_ZOOM_IN), font, theme.foreground)
        if link:
            wide = draw_text(painter, left, top, _ZOOM_IN, font, theme.accent)
            painter.fillRect(QRectF(left, ground.bottom() - 2, wide, 1), QColor(theme.accent))

    def _label_ground(self, found: Survived) -> QRectF:
        """Where those words stand in the body: beside the median, and clear of the lines around selected units."""
        font, size = small(QApplication.font()), self.body.size()
        line, wide = QFontMetricsF(font).height(), text_width(self.horizons, font) + 2 * STEP
        places = [*self._fallen(found), float(self._x(found.since + 0.5))]
        left = max(places) + 3
        if self.context.layer.backward or left + wide > size.width():
            left = min(places) - 3 - wide
        left = min(max(round(left), 0), size.width() - wide)
        high, last = round(line) + 2, size.height() - round(line) - 2
        ambers = [edge for top, bottom in self._edges(self._marked()) for edge in (top - 1, max(bottom, top + 1))]
        ambers.append(round(size.height()) - 2)  # where the median goes on once all is gone
        clear = (top for top in range(last, -1, -1) if not any(top - 1 <= edge <= top + high for edge in ambers))
        return QRectF(left, next(clear, last), wide, high)

    def _paint_note(self, painter: QPainter, rect: QRectF) -> None:
        theme, font = self.context.theme, QApplication.font()
        metrics = QFontMetricsF(font)
        words = metrics.elidedText(_CHOOSE, Qt.TextElideMode.ElideRight, rect.width() - 4 * STEP)
        ground = QRectF(STEP, STEP, text_width(words, font) + 2 * STEP, metrics.height())
        painter.fillRect(ground, QColor(theme.panel))
        draw_text(painter, 2 * STEP, STEP, words, font, theme.muted)
