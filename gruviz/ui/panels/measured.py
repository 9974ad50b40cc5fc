"""What the tabs of timescales and of saturation share: over what they measure, a kept picture, dots to point at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QColor, QContextMenuEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gruviz import palette
from gruviz.ui.chooser import Chooser
from gruviz.ui.elided import ElidedLabel
from gruviz.ui.panels.copying import offer_copies
from gruviz.ui.panels.panel import Context, draw_text, lettering, text_width
from gruviz.ui.panels.tab import TabPanel
from gruviz.ui.theme import STEP, bold, small
from gruviz.view import Extent, measure_over, select_unit

EXTENTS: dict[Extent, str] = {
    "visible": "visible range",
    "selected": "selected range",
    "sequence": "sequence",
    "recording": "whole recording",
}
_NEAR = 12
"""Pixels from a dot at which it is still meant."""
_DOT = 4
"""Pixels across a dot."""
_NUMBERED = 8
"""Up to so many selected units have their numbers beside their dots."""
_GROUND = 190
"""Opacity, of 255, of the ground behind a number: what stands there shows through."""


@dataclass(frozen=True)
class Dots:
    """One for each of some units, in pixels of the picture."""

    units: NDArray[np.intp]
    x: NDArray[np.floating]
    y: NDArray[np.floating]
    named: bool = True
    """The numbers of selected units stand beside them."""

    def nearest(self, at: QPointF) -> tuple[float, int] | None:
        """How far the nearest is, in pixels, and its unit; None where there is none."""
        if not len(self.units):
            return None
        away = np.hypot(self.x - at.x(), self.y - at.y())
        place = int(away.argmin())
        return float(away[place]), int(self.units[place])


class MeasuredPanel(TabPanel):
    """A head, a picture that is painted when it changes and else only shown, and a line on the unit under the pointer.

    Subclasses draw the picture in `draw`, whose dots can be pointed at and clicked.
    """

    follows = ("units_changed", "range_changed", "mark_changed", "measure_changed", "length_changed", "rows_changed")
    copy_name = ""
    idle_words = ""
    """What the line says while the pointer is elsewhere."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.setMouseTracking(True)
        self.dots: list[Dots] = []
        self.extent = Chooser(148, "What is measured over")
        self.extent.chosen.connect(self._choose)
        self.progress = QLabel()
        self.progress.setObjectName("quiet")
        self.head = QHBoxLayout()
        self.head.setSpacing(STEP)
        over = QLabel("over")
        over.setObjectName("quiet")
        self.head.addWidget(over)
        self.head.addWidget(self.extent)
        self.head.addWidget(self.progress)
        self.head.addStretch(1)
        self.canvas = _Canvas(self)
        self.told = ElidedLabel("What is under the pointer")
        self.told.setObjectName("quiet")
        self.told.write(self.idle_words)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * STEP, STEP, 2 * STEP, STEP)
        column.setSpacing(STEP)
        column.addLayout(self.head)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.told)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground."""
        with QPainter(self) as painter:
            painter.fillRect(event.rect(), QColor(self.context.theme.panel))

    def minimumSizeHint(self) -> QSize:
        """The head, and a little of the picture."""
        return QSize(200, 120)

    def draw(self, painter: QPainter, rect: QRectF) -> list[Dots]:
        """Draw the picture, without what is selected, and return its dots."""
        raise NotImplementedError

    def words_of(self, unit: int) -> str:
        """What there is to say of a unit."""
        raise NotImplementedError

    @property
    def measured(self) -> tuple[Extent, int, int]:
        """Over what: the extent, and the timesteps that it depends on, 0 and 0 where on none."""
        view = self.context.state.view
        if view.extent == "visible":
            return "visible", view.start, view.stop
        if view.extent == "selected" and view.selection is not None:
            return "selected", *view.selection
        return ("recording" if view.extent == "recording" else "sequence"), 0, 0

    def show_head(self, done: float, timesteps: int) -> None:
        """Say over what it is, and how far that is read."""
        offered, view = list(EXTENTS), self.context.state.view
        self.extent.show_choices(list(EXTENTS.values()), offered.index(view.extent))
        counted = "1 step" if timesteps == 1 else f"{timesteps:,} steps"
        if view.extent == "selected" and view.selection is None:
            counted = "none: the sequence"
        self.progress.setText(counted if done >= 1 else f"reading, {done:.0%}")

    def picture_changed(self) -> None:
        """Paint the picture anew; what was pointed at in the one before says nothing of it."""
        self.dots = []
        self.told.write(self.idle_words)
        self.canvas.forget()

    @Slot()
    def restyle(self) -> None:
        """Take the colours of the theme."""
        self.picture_changed()

    @Slot(int)
    def _choose(self, index: int) -> None:
        self.context.state.change(measure_over, get_args(Extent)[index])

    def unit_at(self, at: QPointF) -> int | None:
        """The unit whose dot is nearest to a place of the picture; None where none is near."""
        near = min((found for dots in self.dots if (found := dots.nearest(at)) is not None), default=None)
        return None if near is None or near[0] > _NEAR else near[1]

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Copy it."""
        offer_copies(self, event.globalPos(), {self.copy_name: self.rect()}, self.copied)


class _Canvas(QWidget):
    """The picture, kept until something in it changes; what is selected is drawn over it."""

    def __init__(self, panel: MeasuredPanel) -> None:
        super().__init__(panel)
        self._panel = panel
        self._kept = QPixmap()
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def forget(self) -> None:
        """Paint it anew when it is looked at."""
        self._kept = QPixmap()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show the picture, the selected units in amber, or why there is none."""
        panel, theme = self._panel, self._panel.context.theme
        ratio = self.devicePixelRatioF()
        if self._kept.size() != self.size() * ratio:
            self._kept = QPixmap(self.size() * ratio)
            self._kept.setDevicePixelRatio(ratio)
            self._kept.fill(QColor(theme.panel))
            with QPainter(self._kept) as painter:
                painter.setFont(QApplication.font())
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                panel.dots = panel.draw(painter, QRectF(self.rect())) if panel.subjected and not panel.wrong else []
        with QPainter(self) as painter:
            painter.drawPixmap(0, 0, self._kept)
            if panel.wrong:
                painter.setPen(QColor(theme.warning))
                painter.drawText(self.rect(), Qt.TextFlag.TextWordWrap, panel.wrong)
                return
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            chosen = panel.context.state.view.pane.units
            for dots in panel.dots if chosen else ():
                marked = np.isin(dots.units, chosen)
                draw_rings(painter, dots.x[marked], dots.y[marked], palette.SELECTION)
                if dots.named and len(chosen) <= _NUMBERED:
                    self._draw_numbers(painter, dots, marked)

    def _draw_numbers(self, painter: QPainter, dots: Dots, marked: NDArray[np.bool_]) -> None:
        """The numbers of selected units, above their rings to the right, or to the left where there is no room."""
        theme, font = self._panel.context.theme, bold(small(QApplication.font()))
        ground = QColor(theme.panel)
        ground.setAlpha(_GROUND)
        taken: list[QRectF] = []
        for unit, x, y in zip(
            dots.units[marked].tolist(), dots.x[marked].tolist(), dots.y[marked].tolist(), strict=True
        ):
            wide, high = text_width(str(unit), font), lettering(font).height
            beside = _DOT + 2  # past the ring
            left = x + beside if x + beside + 2 + wide < self.width() else x - beside - 2 - wide
            place = QRectF(left, max(y - high, 0), wide + 2, high)
            while any(place.intersects(other) for other in taken) and place.top() > 0:
                place.translate(0, -2)
            taken.append(place)
            painter.fillRect(place, ground)
            draw_text(painter, place.left() + 1, place.top(), str(unit), font, theme.foreground)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the unit of the dot."""
        unit = self._panel.unit_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and unit is not None:
            add = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self._panel.context.state.change(select_unit, unit, add)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what is under the pointer."""
        unit = self._panel.unit_at(event.position())
        self._panel.told.write(self._panel.idle_words if unit is None else self._panel.words_of(unit))

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        super().leaveEvent(event)
        self._panel.told.write(self._panel.idle_words)


def draw_dots(
    painter: QPainter, x: NDArray[np.floating], y: NDArray[np.floating], colour: str, size: int = _DOT
) -> None:
    """Draw a dot at each place."""
    painter.setPen(QPen(QColor(colour), size, c=Qt.PenCapStyle.RoundCap))
    painter.drawPoints(QPolygonF([QPointF(*each) for each in zip(x.tolist(), y.tolist(), strict=True)]))


def draw_rings(painter: QPainter, x: NDArray[np.floating], y: NDArray[np.floating], colour: str) -> None:
    """Draw a ring around the dot at each place, which keeps its own colour."""
    painter.setPen(QPen(QColor(colour), 2))
    for each in zip(x.tolist(), y.tolist(), strict=True):
        painter.drawEllipse(QPointF(*each), _DOT, _DOT)


def as_words(values: Sequence[tuple[str, str]]) -> str:
    """Names with their values, one after the other."""
    return "   ".join(f"{name} {value}" for name, value in values)


def inner(rect: QRectF, left: float, top: float, right: float, bottom: float) -> QRect:
    """What margins leave of a picture, in whole pixels."""
    return rect.adjusted(left, top, -right, -bottom).toRect()
