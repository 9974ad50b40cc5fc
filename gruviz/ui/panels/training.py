"""How gates saturated and timescales spread while the network learned, with the gradient's norm and the loss."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from gruviz.analysis import OverTraining, along, logarithmic
from gruviz.ui.panels.copying import offer_copies
from gruviz.ui.panels.panel import Context, draw_text, text_width
from gruviz.ui.panels.scrubbing import Scrubbing
from gruviz.ui.panels.tab import TabPanel
from gruviz.ui.panels.timelines import line_colour
from gruviz.ui.reading import Measured, OverTrainingRequest, Request
from gruviz.ui.theme import STEP, Theme, small

Floats = NDArray[np.float64]
_LEFT, _RIGHT = 42, 10
"""Pixels for the numbers of the axes at the left, and at the right."""
_LEAST, _MOST = 0.1, 1e7
"""The shortest and the longest timescale that an axis goes to."""


@dataclass
class Plot:
    """One of the plots below each other, all over the same axis of training."""

    title: str
    short: str
    """The same where there is little room."""
    lines: list[tuple[Floats, Floats, str, bool]]
    """Places along the axis, 0 to 1, values, a colour, and whether the line is dashed."""
    said: list[list[tuple[str, str]]]
    """What to say of each checkpoint: words, with the colour of the line that they are about, or none."""
    logarithmic: bool = False
    """The values are logarithms to the base of 10."""
    band: tuple[Floats, Floats, Floats] | None = None
    """Places and what lies between two values at each."""
    whole: bool = False
    """The axis begins at 0."""

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the greatest value of the axis."""
        values = [line[1] for line in self.lines] + list(self.band[1:] if self.band else ())
        every = np.concatenate([each[np.isfinite(each)] for each in values] or [np.zeros(0)])
        low, high = (float(every.min()), float(every.max())) if len(every) else (0.0, 1.0)
        if self.whole:
            return 0.0, min(1.0, max(0.1, math.ceil(high * 10) / 10))
        if high - low < 1e-9:
            return low - 0.5, high + 0.5
        return low, high


class TrainingPanel(TabPanel):
    """Curves over the training, with the checkpoint on show marked; a click goes to another."""

    slots = ("training",)
    follows = ("measure_changed", "length_changed")

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.scrubbing = Scrubbing(context, self)
        self.measured: Measured | None = None
        """None before the first answer."""
        self.plots: list[Plot] = []
        """As they are drawn, from top to bottom."""
        self._kept = QPixmap()
        self._pointed = -1
        self._drawn = context.state.view.sides
        self.setMouseTracking(True)
        self.setToolTip(
            "This sequence as the network read it at each of its checkpoints, over all units and timesteps."
            "<br><b>saturated</b>: the share of values at which a gate is all but open (line) and all but shut "
            "(dashed), at the thresholds of the tab Saturation"
            "<br><b>timescale</b>: −1/mean(ln k), the median of the units, and between the 10th and the 90th of "
            "hundred. It is the direct path only: a candidate may read the old state and write it again."
            "<br><b>gradient norm</b>: before clipping; <b>loss</b>: of the batch of each step. Both are means over "
            "neighbouring steps.<br>Click to go to a checkpoint."
        )

    def clear(self) -> None:
        """Another sequence is on show."""
        self.measured = None
        self._forget_picture()

    def refresh(self) -> None:
        """Ask for the curves: the same ones, whichever checkpoint is on show."""
        if self._drawn != self.context.state.view.sides:
            self._drawn = self.context.state.view.sides
            self._forget_picture()
        if checkpoints := self.scrubbing.checkpoints:
            request = OverTrainingRequest(self.slots[0], self.context.state.view.pane.layer, checkpoints[0].index)
            self.context.loader.ask(request)

    def take(self, request: Request, answer: Measured) -> None:
        """Draw them; while they are gathered anew for a recording that has grown, those from before."""
        if answer.over is not None or self.measured is None or self.measured.over is None:
            self.measured = answer
            self._forget_picture()

    @Slot()
    def restyle(self) -> None:
        """Take the colours of the theme."""
        self._forget_picture()

    def minimumSizeHint(self) -> QSize:
        """A little of each plot."""
        return QSize(200, 120)

    def usual(self, width: int) -> int:
        """Four plots that can be read."""
        return 372

    def _forget_picture(self) -> None:
        self._kept = QPixmap()
        self.update()

    # What is drawn

    @property
    def _line(self) -> float:
        return QFontMetricsF(small(QApplication.font())).height()

    @property
    def body(self) -> QRectF:
        """The pixels of the plots, axes left out."""
        above, below = STEP, 2 * self._line + 3 * STEP
        return QRectF(_LEFT, above, max(self.width() - _LEFT - _RIGHT, 1), max(self.height() - above - below, 1))

    @property
    def places(self) -> Floats:
        """(C,) where the checkpoints stand, in pixels from the left edge."""
        steps = [info.checkpoint for info in self.scrubbing.checkpoints]
        return self.body.left() + along(steps, steps) * self.body.width()

    def _make(self, measured: Measured, theme: Theme) -> list[Plot]:
        over, course, plots = measured.over, measured.course, list[Plot]()
        if over is not None:
            at = along(over.steps, over.steps)
            if over.gates:
                plots.append(self._saturation(over, at, theme))
            plots.append(self._timescales(over, at, theme))
        if len(course.norm[0]):
            said = [[(_number(value), "")] for value in course.norms]
            line = (*course.norm, theme.foreground, False)
            plots.append(Plot("gradient norm", "gradient", [line], said, logarithmic=True))
        if len(course.loss[0]):
            said = [[(_number(value), "")] for value in course.losses]
            plots.append(Plot("loss", "loss", [(*course.loss, theme.foreground, False)], said))
        return plots

    def _saturation(self, over: OverTraining, at: Floats, theme: Theme) -> Plot:
        plot = Plot("% open / shut, dashed", "% open / shut", [], [[] for _ in at], whole=True)
        for quantity in self.context.layer.cell.quantities:
            if quantity.fraction:
                colour = line_colour(quantity, theme)
                left, right = over.saturation(quantity.name, *self.context.state.view.sides)
                plot.lines += [(at, right, colour, False), (at, left, colour, True)]
                for said, high, low in zip(plot.said, right.tolist(), left.tolist(), strict=True):
                    said.append((f"{quantity.symbol} {100 * high:.0f} / {100 * low:.0f}", colour))
        return plot

    def _timescales(self, over: OverTraining, at: Floats, theme: Theme) -> Plot:
        keep = self.context.layer.cell.keep
        low, middle, high = np.log10(np.clip(over.timescales, _LEAST, _MOST)).T
        colour = line_colour(self.context.layer.cell[keep], theme) if keep else theme.foreground
        said = [[(f"{_number(b)} steps, {_number(a)} to {_number(c)}", "")] for a, b, c in over.timescales]
        title, short = ("timescale", "") if keep else ("autocorrelation time", "autocorr.")
        return Plot(title, short, [(at, middle, colour, False)], said, logarithmic=True, band=(at, low, high))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The plots, kept until they change, and over them the checkpoint on show and the one under the pointer."""
        theme, ratio = self.context.theme, self.devicePixelRatioF()
        if self._kept.size() != self.size() * ratio:
            self._kept = QPixmap(self.size() * ratio)
            self._kept.setDevicePixelRatio(ratio)
            self._kept.fill(QColor(theme.panel))
            with QPainter(self._kept) as painter:
                self._paint_plots(painter)
        with QPainter(self) as painter:
            painter.drawPixmap(0, 0, self._kept)
            checkpoints, place = self.scrubbing.checkpoints, self.scrubbing.place
            if self.wrong or place < 0:
                words = self.wrong or "This sequence was read at one training step alone: choose another."
                painter.setPen(QColor(theme.warning if self.wrong else theme.muted))
                inner = self.rect().adjusted(3 * STEP, 2 * STEP, -3 * STEP, 0)
                painter.drawText(inner, Qt.TextFlag.TextWordWrap, words)
                return
            if not self.plots:
                return
            body, places = self.body, self.places
            pointed = self._pointed if 0 <= self._pointed < len(places) else place
            for number in range(len(self.plots)):
                area = self._area(number)
                for each, colour in ((pointed, theme.muted), (place, theme.foreground)):
                    painter.fillRect(QRectF(round(float(places[each])), area.top(), 1, area.height()), QColor(colour))
            font = small(QApplication.font())
            self._paint_values(painter, pointed)
            step = f"step {checkpoints[pointed].checkpoint:,}"
            left = min(
                max(float(places[pointed]) - text_width(step, font) / 2, 0), self.width() - text_width(step, font)
            )
            draw_text(painter, left, body.bottom() + 2 * STEP + self._line, step, font, theme.foreground)

    def _paint_plots(self, painter: QPainter) -> None:
        measured, theme, font = self.measured, self.context.theme, small(QApplication.font())
        self.plots = []
        if measured is None or self.wrong or not self.subjected or not self.scrubbing.checkpoints:
            return
        self.plots = self._make(measured, theme)
        body = self.body
        if measured.over is None:
            words = f"reading the checkpoints, {measured.done:.0%}"
            draw_text(painter, body.left(), body.bottom() + 2 * STEP + self._line, words, font, theme.muted)
        for number, plot in enumerate(self.plots):
            self._paint_plot(painter, self._area(number), plot)
        steps = measured.course.steps
        ends = [f"{int(steps[0]):,}", f"{int(steps[-1]):,}"]
        draw_text(painter, body.left(), body.bottom() + STEP, ends[0], font, theme.muted)
        draw_text(painter, body.right() - text_width(ends[1], font), body.bottom() + STEP, ends[1], font, theme.muted)
        words = "training step, logarithmic" if logarithmic(steps) else "training step"
        middle = body.center().x() - text_width(words, font) / 2
        draw_text(painter, middle, body.bottom() + STEP, words, font, theme.muted)

    def _area(self, number: int) -> QRectF:
        """The pixels of a plot, its title left out."""
        body, each = self.body, self.body.height() / max(len(self.plots), 1)
        top = round(body.top() + number * each + self._line + 2)
        return QRectF(body.left(), top, body.width(), max(round(each - self._line - 2 - 1.5 * STEP), 1))

    def _paint_plot(self, painter: QPainter, area: QRectF, plot: Plot) -> None:
        theme, font = self.context.theme, small(QApplication.font())
        low, high = plot.ends
        for value, top in ((high, area.top()), (low, area.bottom() - self._line)):
            label = _end(10**value if plot.logarithmic else value)
            draw_text(painter, area.left() - STEP - text_width(label, font), top, label, font, theme.muted)
        painter.setPen(QPen(QColor(theme.rule), 1))
        painter.drawRect(area.adjusted(0, 0, -1, -1))
        painter.save()
        painter.setClipRect(area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

        def points(at: Floats, values: Floats) -> list[QPointF]:
            known = np.isfinite(values)
            across = area.left() + at[known] * (area.width() - 1)
            down = area.bottom() - 1 - (values[known] - low) / (high - low) * (area.height() - 2)
            return [QPointF(*each) for each in zip(across.tolist(), down.tolist(), strict=True)]

        if plot.band is not None:
            pale = QColor(plot.lines[0][2])
            pale.setAlpha(60)
            painter.setBrush(pale)
            painter.setPen(Qt.PenStyle.NoPen)
            at, least, greatest = plot.band
            painter.drawPolygon(QPolygonF([*points(at, least), *reversed(points(at, greatest))]))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        for at, values, colour, dashed in plot.lines:
            painter.setPen(QPen(QColor(colour), 1.5, Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine))
            painter.drawPolyline(QPolygonF(points(at, values)))
        painter.restore()

    def _paint_values(self, painter: QPainter, place: int) -> None:
        """What each plot is, and at the right what it says of a checkpoint."""
        theme, font = self.context.theme, small(QApplication.font())
        for number, plot in enumerate(self.plots):
            area, said = self._area(number), plot.said[place] if place < len(plot.said) else []
            top, stroke = area.top() - self._line - 1, 14
            x = area.right() + 8
            for words, colour in reversed(said):
                x -= text_width(words, font) + 8
                draw_text(painter, x, top, words, font, theme.foreground if colour else theme.muted)
                if colour:
                    x -= stroke
                    painter.fillRect(QRectF(x, top + self._line / 2, stroke - 4, 2), QColor(colour))
            for title in (plot.title, plot.short):
                if title and text_width(title, font) < x - area.left() - STEP:
                    draw_text(painter, area.left(), top, title, font, theme.foreground)
                    break

    # The hand

    def place_at(self, x: float) -> int:
        """The checkpoint that is nearest; -1 where there is none."""
        return int(np.abs(self.places - x).argmin()) if self.scrubbing.checkpoints else -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the checkpoint."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.scrubbing.go(self.place_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what is under the pointer; go there, while the button is held."""
        self._pointed = self.place_at(event.position().x())
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.scrubbing.go(self._pointed)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        super().leaveEvent(event)
        self._pointed = -1
        self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Copy it."""
        offer_copies(self, event.globalPos(), {"the curves over the training": self.rect()}, self.copied)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw it anew."""
        super().resizeEvent(event)
        self._forget_picture()


def _end(value: float) -> str:
    """Of an axis: short enough for its margin."""
    words = f"{value:,.0f}" if 100 <= abs(value) < 1e5 else f"{value:.2g}"
    return words.replace("-", "−").replace("e+0", "e").replace("e−0", "e−")


def _number(value: Any) -> str:
    if math.isnan(value):
        return "unknown"
    return "∞" if math.isinf(value) else f"{value:.3g}".replace("-", "−").replace("e+0", "e")
