"""For how long each unit keeps what it holds: the units from the longest to the shortest, and how many are how long."""

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRect, QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QApplication, QWidget

from gruviz.cells import GRU
from gruviz.ui.panels.measured import Dots, MeasuredPanel, as_words, draw_dots, inner
from gruviz.ui.panels.panel import Context, draw_text, text_width
from gruviz.ui.panels.timelines import line_colour
from gruviz.ui.reading import Lasting, Request, TimescalesRequest
from gruviz.ui.theme import STEP, small

Floats = NDArray[np.float64]
_LEAST, _MOST = 0.1, 1e7
"""The shortest and the longest timescale that an axis goes to: what is shorter or longer stands at its end."""
_LEFT, _RIGHT = 44, 52
_BINS = 6
"""Of the histogram, in each power of ten."""
_SPREAD = "between the quartiles of −1/ln k over time"
"""What the pale strokes are."""
_SHARE = 0.62
"""Of the height, for the units one by one; the rest is the histogram's."""


class TimescalesPanel(MeasuredPanel):
    """The timescales of all units: by their keep, in both ways, and by the autocorrelation of their state."""

    slots = ("timescales",)
    copy_name = "the timescales"
    idle_words = "Point at a dot to read its unit"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.lasting: Lasting | None = None
        """None before the first answer."""
        self._of_all = ""
        self._teach()

    def clear(self) -> None:
        """Another sequence is on show."""
        self.lasting = None
        self._teach()
        self.picture_changed()

    def refresh(self) -> None:
        """Ask for them."""
        if self._of_all != self.context.of_all:
            self._of_all = self.context.of_all
            self.picture_changed()
        extent, start, stop = self.measured
        self.context.loader.ask(TimescalesRequest(self.slots[0], *self.context.subject, extent, start, stop))
        if self.lasting is not None:
            self.show_head(self.lasting.done, self.lasting.timesteps)
        else:
            self.show_head(0.0, 0)

    def take(self, request: Request, answer: Lasting) -> None:
        """Draw them, once they are all there; until then what was there before."""
        self.show_head(answer.done, answer.timesteps)
        if answer.known or self.lasting is None:
            self.lasting = answer
            self.picture_changed()

    @property
    def kinds(self) -> list[tuple[str, str, Floats]]:
        """What is drawn: its name, its colour, the timescales (H,). What the units are sorted by comes first."""
        found, theme = self.lasting, self.context.theme
        if found is None or found.autocorrelation is None:
            return []
        kinds = [("autocorrelation", theme.muted, found.autocorrelation)]
        if found.times is not None:
            of_mean, of_log = found.times.of_mean, found.times.of_log
            kinds.insert(0, ("−1/ln(mean k)", line_colour(GRU["reset"], theme), of_mean))
            kinds.insert(0, ("−1/mean(ln k)", line_colour(GRU["update"], theme), of_log))
        return kinds

    def words_of(self, unit: int) -> str:
        """Its timescales."""
        kinds = [(name, self._say(float(values[unit]))) for name, _, values in self.kinds]
        if self.lasting is not None and self.lasting.times is not None:
            kinds.insert(1, ("half-life", self._say(float(self.lasting.times.halflife[unit]))))
        return f"unit {unit}   {as_words(kinds)}"

    @property
    def spread_words(self) -> str:
        """What the bars are, and which gate k is."""
        cell = self.context.layer.cell
        return _SPREAD if cell.keep is None else f"{_SPREAD}; k is {cell[cell.keep].symbol}"

    def draw(self, painter: QPainter, rect: QRectF) -> list[Dots]:
        """The units one by one, the histogram below, the axis of both."""
        kinds, theme, font = self.kinds, self.context.theme, small(QApplication.font())
        line = QFontMetricsF(font).height()
        if not kinds:
            return []
        x = 0.0
        for name, colour, _ in kinds:
            draw_dots(painter, np.array([x + 4]), np.array([line / 2]), colour, 7)
            x += 12 + draw_text(painter, x + 12, 0, name, font, theme.foreground) + 2 * STEP
        top = line + STEP
        if self.lasting is not None and self.lasting.times is not None:
            painter.fillRect(QRectF(2, top - 2, 4, line - 2), self._pale)
            draw_text(painter, 12, top - STEP, self.spread_words, font, theme.foreground)
            top += line + STEP
        low, high = _ends([values for _, _, values in kinds])
        area = inner(rect, _LEFT, top, _RIGHT if self.context.clock else STEP, line + STEP)
        upper = QRect(area.left(), area.top(), area.width(), round(area.height() * _SHARE - line))
        lower = QRect(area.left(), upper.bottom() + round(1.5 * line) + 2 * STEP, area.width(), 0)
        lower.setBottom(area.bottom())
        if upper.height() < 2 * line or lower.height() < line:  # no room for both
            upper, lower = area, QRect()
        dots = self._draw_units(painter, upper, low, high)
        if not lower.isNull():
            self._draw_histogram(painter, lower, low, high)
        return dots

    def _draw_units(self, painter: QPainter, area: QRect, low: float, high: float) -> list[Dots]:
        theme, font = self.context.theme, small(QApplication.font())
        line = QFontMetricsF(font).height()
        painter.setPen(QPen(QColor(theme.rule), 1))
        for power in _powers(low, high, area.height() / (1.5 * line)):
            y = area.bottom() - _place(10.0**power, low, high) * area.height()
            painter.drawLine(QLineF(area.left(), y, area.right(), y))
            label = _label(10.0**power)
            width = text_width(label, font)
            draw_text(painter, area.left() - STEP - width, y - line / 2, label, font, theme.muted)
            painter.setPen(QPen(QColor(theme.rule), 1))
        self._draw_seconds(painter, area, low, high)
        kinds = self.kinds
        order = np.argsort(-kinds[0][2], kind="stable")
        ranks = np.empty(len(order))
        ranks[order] = np.arange(len(order))
        across = area.left() + (ranks + 0.5) / len(order) * area.width()
        if self.lasting is not None and self.lasting.times is not None:
            self._draw_spread(painter, area, across, low, high)
        found = []
        for number, (_, colour, values) in reversed(list(enumerate(kinds))):
            known = np.flatnonzero(~np.isnan(values))
            up = area.bottom() - _places(values[known], low, high) * area.height()
            found.append(Dots(known, across[known], up, named=number == 0))
            draw_dots(painter, across[known], up, colour)
        words = f"{self._of_all or 'units'}, the longest first"
        draw_text(painter, area.right() - text_width(words, font), area.bottom() + 2, words, font, theme.muted)
        draw_text(painter, area.left(), area.bottom() + 2, "timesteps ↑", font, theme.muted)
        return found

    def _draw_seconds(self, painter: QPainter, area: QRect, low: float, high: float) -> None:
        """An axis of its own at the right, where timesteps have a rate: powers of ten of a second, not of a step."""
        clock, theme, font = self.context.clock, self.context.theme, small(QApplication.font())
        if clock is None:
            return
        line = QFontMetricsF(font).height()
        first, last = math.ceil(math.log10(low / clock.rate)), math.floor(math.log10(high / clock.rate))
        painter.setPen(QPen(QColor(theme.muted), 1))
        for power in range(first, last + 1, max(1, math.ceil(1.5 * line * (last - first) / max(area.height(), 1)))):
            y = area.bottom() - _place(10.0**power * clock.rate, low, high) * area.height()
            painter.setPen(QPen(QColor(theme.muted), 1))
            painter.drawLine(QLineF(area.right(), y, area.right() + 3, y))
            words = f"{_label(10.0**power)} {clock.unit}"
            draw_text(painter, area.right() + 5, y - line / 2, words, font, theme.muted)

    @property
    def _pale(self) -> QColor:
        pale = QColor(line_colour(GRU["update"], self.context.theme))
        pale.setAlpha(60)
        return pale

    def _draw_spread(self, painter: QPainter, area: QRect, across: Floats, low: float, high: float) -> None:
        """From one quartile over time to the other, a pale stroke for each unit."""
        assert self.lasting is not None
        assert self.lasting.times is not None
        first, last = self.lasting.times.quartiles
        known = ~np.isnan(first)
        painter.setPen(QPen(self._pale, max(1.0, min(5.0, area.width() / max(len(across), 1) - 1))))
        tops = area.bottom() - _places(last[known], low, high) * area.height()
        bottoms = area.bottom() - _places(first[known], low, high) * area.height()
        ends = zip(across[known].tolist(), tops.tolist(), bottoms.tolist(), strict=True)
        painter.drawLines([QLineF(x, top, x, bottom) for x, top, bottom in ends])

    def _draw_histogram(self, painter: QPainter, area: QRect, low: float, high: float) -> None:
        """How many units are how long, each kind as an outline; the one that they are sorted by filled."""
        theme, font = self.context.theme, small(QApplication.font())
        line = QFontMetricsF(font).height()
        count = max(1, round(_BINS * math.log10(high / low)))
        edges = np.linspace(0, 1, count + 1)
        counts = [
            np.histogram(np.clip(_places(values[~np.isnan(values)], low, high), 0, 1), edges)[0]
            for _, _, values in self.kinds
        ]
        most = max(1, *(int(each.max()) for each in counts))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        lefts = area.left() + edges * area.width()
        for place, ((_, colour, _), each) in enumerate(zip(self.kinds, counts, strict=True)):
            heights = each / most * (area.height() - line)
            for left, right, height in zip(lefts[:-1].tolist(), lefts[1:].tolist(), heights.tolist(), strict=True):
                bar = QRectF(left, area.bottom() - height, right - left, height)
                if place == 0:
                    pale = QColor(colour)
                    pale.setAlpha(110)
                    painter.fillRect(bar, pale)
                elif height:
                    painter.setPen(QPen(QColor(colour), 1))
                    painter.drawLine(QLineF(bar.left(), bar.top(), bar.right() - 1, bar.top()))
        painter.setPen(QPen(QColor(theme.rule), 1))
        painter.drawLine(area.left(), area.bottom(), area.right(), area.bottom())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_text(
            painter,
            area.left() - STEP - text_width(f"{most:,}", font),
            area.top() + line / 2,
            f"{most:,}",
            font,
            theme.muted,
        )
        draw_text(painter, area.left() - STEP - text_width("0", font), area.bottom() - line / 2, "0", font, theme.muted)
        words = f"number of {self._of_all or 'units'}"
        if len(self.kinds) > 1:
            words += f"; filled: {self.kinds[0][0]}"
        draw_text(painter, area.right() - text_width(words, font), area.top() - line / 2, words, font, theme.muted)
        for power in _powers(low, high, area.width() / 48):
            x = area.left() + _place(10.0**power, low, high) * area.width()
            label = _label(10.0**power)
            x = min(max(x - text_width(label, font) / 2, area.left()), area.right() - text_width(label, font))
            draw_text(painter, x, area.bottom() + 2, label, font, theme.muted)

    def _say(self, value: float) -> str:
        clock = self.context.clock
        if math.isnan(value):
            return "unknown"
        if math.isinf(value):
            return "∞"
        return f"{value:,.4g}" + (f" ({value / clock.rate:.3g} {clock.unit})" if clock else "")

    def _teach(self) -> None:
        self.canvas.setToolTip(
            "For how long each unit keeps what it holds, in timesteps"
            "<br><b>−1/mean(ln k)</b>: after so many, 1/e is left of it, on average: half after ln 2 times as many"
            "<br><b>−1/ln(mean k)</b>: the same for a keep that were its mean all the time (Mahto et al. 2021)"
            "<br>the pale stroke: between the quartiles over time of −1/ln k"
            "<br><b>autocorrelation</b>: the lag at which that of the state falls below 1/e (after Murray et al. "
            "2014); too short where it is not far below the number of timesteps"
            "<br>The keep is the direct path only: a candidate may read the old state and write it again, as where the "
            "autocorrelation lasts longer than the keep."
        )


def _ends(kinds: list[Floats]) -> tuple[float, float]:
    """Powers of ten between which all finite timescales lie, as far as an axis goes."""
    every = np.concatenate(kinds)
    finite = every[np.isfinite(every) & (every > 0)]
    low, high = (finite.min(), finite.max()) if len(finite) else (1.0, 10.0)
    first = math.floor(math.log10(min(max(low, _LEAST), _MOST / 10)))
    last = max(math.ceil(math.log10(min(max(high, _LEAST), _MOST))), first + 1)
    return 10.0**first, 10.0**last


def _places(values: Floats, low: float, high: float) -> Floats:
    """Where timescales stand between the two ends of a logarithmic axis, 0 to 1."""
    clipped: Floats = np.log(np.clip(values, low, high) / low) / math.log(high / low)
    return clipped


def _place(value: float, low: float, high: float) -> float:
    return float(_places(np.array([value]), low, high)[0])


def _powers(low: float, high: float, most: float) -> range:
    """The powers of ten that are labelled, no more than about `most`."""
    first, last = round(math.log10(low)), round(math.log10(high))
    return range(first, last + 1, max(1, math.ceil((last - first) / max(most, 1))))


def _label(value: float) -> str:
    return f"{value:g}" if value < 1 else f"{value:,.0f}" if value < 1e5 else f"{value:.0e}".replace("e+0", "e")
