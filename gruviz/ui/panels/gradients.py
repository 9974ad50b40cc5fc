"""Gradients through time, as lines on a logarithmic scale: of the loss, of single steps, along direct and all paths."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QApplication, QGraphicsScene

from gruviz import palette
from gruviz.analysis import FACTOR, Pair, in_words, raised
from gruviz.recording.gradient import SUM
from gruviz.ui.panels.lines import Line, band
from gruviz.ui.panels.panel import RIGHT, Context, Painted, PlotPanel, apart, draw_text, text_width
from gruviz.ui.panels.raster import Raster
from gruviz.ui.reading import Gradients, GradientsRequest, Request, What
from gruviz.ui.theme import STEP, Theme, bold, small

_ABOVE, _BELOW = 0.22, 0.08
"""Of the height: for the label above the scale, and below the scale."""
_NOTHING: dict[What, str] = {
    "gradient": "No gradient of a loss has been worked out for this sequence: turn to the tab Gradient (Alt+6).",
    "steps": "No Jacobians have been worked out for this sequence: turn to the tab Gradient (Alt+6).",
    "paths": "No timestep of this sequence has been followed: turn to the tab Gradient (Alt+6).",
}
_THRESHOLD = "10³"
"""The factor of `vanishing`, in words."""


@dataclass(frozen=True)
class Curve:
    """One of the lines of a panel."""

    symbol: str
    """At its end."""
    title: str
    """In the legend."""
    colour: str
    """Empty for that of text."""
    dashed: bool = False
    dots: bool = False
    """It is known at single timesteps."""


@dataclass(frozen=True)
class Kind:
    """A panel that can be chosen."""

    name: What
    symbol: str
    title: str
    tip: str
    curves: dict[str, Curve]
    """By the names in `Gradients.courses`."""


_THRESHOLDS = (
    f"Vanishing: less than 1/{_THRESHOLD} of {{against}}. Exploding: more than {_THRESHOLD} times that. No threshold "
    "is published; this one is a convention."
)
KINDS: tuple[Kind, ...] = (
    Kind(
        "gradient",
        "∂L",
        "gradient",
        "How the loss depends on each state: the norms of ∂L/∂h_t, of an LSTM also of ∂L/∂c_t, and of ∂L/∂x_t, all "
        "paths through later timesteps and higher layers counted, as backpropagation has it. Logarithmic.<br>"
        + _THRESHOLDS.format(
            against="the norm where the loss is taken, or, of a sum over all timesteps, of the median"
        ),
        {
            "norm_hidden": Curve("h", "∂L/∂h", palette.GRADIENT),
            "norm_cell": Curve("c", "∂L/∂c", palette.GRADIENT, dashed=True),
            "norm_input": Curve("x", "∂L/∂x", palette.LINES["candidate"]),
        },
    ),
    Kind(
        "steps",
        "J",
        "Jacobians",
        "J_t = ∂h_t/∂h_(t−1), of an LSTM of h and c together: its spectral norm, what a change grows by at most in one "
        "step; what the change that grows most of all in the long run does grow by; and at some timesteps the spectral "
        "radius, the largest absolute eigenvalue. Logarithmic: above 1 changes grow, below it they fade.",
        {
            "step_norm": Curve("|J|", "norm", palette.GRADIENT),
            "growth": Curve("g", "growth", ""),
            "step_radius": Curve("ρ", "radius", palette.LINES["candidate"], dots=True),
        },
    ),
    Kind(
        "paths",
        "S",
        "and all paths",
        "Blue: survival, the largest of any unit, which is the norm of the direct path through the keeps alone. "
        "Purple: the norm of ∂h_t/∂h_s, of an LSTM ∂c_t/∂c_s, all paths counted. From the marked timestep s on, if it "
        "was followed, else back from the one that was. Dashed: the same of the unit that was selected last.<br>"
        + _THRESHOLDS.format(against="1, the norm at t = s"),
        {
            "total": Curve("∂h", "all paths", palette.GRADIENT),
            "direct": Curve("S", "direct path", palette.RETAINED),
            "unit total": Curve("", "", palette.GRADIENT, dashed=True),
            "unit direct": Curve("", "", palette.RETAINED, dashed=True),
        },
    ),
)


class GradientPanel(PlotPanel):
    """Lines of one kind; where a gradient has vanished or exploded, the ground says so, and the label in words."""

    height = 96

    def __init__(
        self, context: Context, scene: QGraphicsScene, kind: Kind, fellows: "list[GradientPanel] | None" = None
    ) -> None:
        """Build it.

        Args:
            context: what every panel works with.
            scene: where it stands.
            kind: what it shows.
            fellows: panels of that kind in all panes, among which it takes its place: they have one scale.
        """
        self.kind = kind
        self._fellows = [] if fellows is None else fellows
        self._fellows.append(self)
        self.slot, self.symbol, self.title, self.tip = f"gradient {kind.name}", kind.symbol, kind.title, kind.tip
        self.found: Gradients | None = None
        """What is drawn; None before the first answer, and where nothing was worked out."""
        self._answered = False
        self.lines: dict[str, Line] = {}
        self._bands: list[Raster] = []
        self._ground: Raster | None = None
        super().__init__(context, scene)
        self._ends = self.add(Painted(self._paint_ends))
        self._label = self.add(Painted(self._paint_label))
        self._note = self.add(Painted(self._paint_note))
        for item in (self._label, self._note):
            item.setZValue(101)  # the cursor does not strike a sentence through
        for item in (self.plot, self._ends, self._label):
            item.setToolTip(self.tip)

    def place(self, body: QRect) -> None:
        """Stand here."""
        super().place(body)
        self._ends.place(QRect(body.right() + 1, body.top(), RIGHT, body.height()))
        line = int(QFontMetricsF(small(QApplication.font())).height()) + 2
        self._label.place(QRect(body.left(), body.top(), body.width(), min(line, body.height())))
        self._note.place(body)

    def refresh(self) -> None:
        """Ask for the visible range."""
        start, stop = self.visible
        width, _ = self.pixels
        if width and stop > start:
            view, subject = self.context.state.view, self.context.subject
            paths = self.kind.name == "paths"
            units = [unit for unit in view.pane.units if unit < self.context.layer.size] if paths else []
            reference = view.reference if paths else None
            unit = units[-1] if units else None
            self.context.loader.ask(
                GradientsRequest(self.slot, *subject, self.kind.name, start, stop, width, reference, unit)
            )

    def cursor_moved(self) -> None:
        """Perhaps another timestep is marked; and two others are compared."""
        if self.kind.name == "paths":
            self.refresh()
            self._label.update()

    def units_changed(self) -> None:
        """Perhaps another one was selected last."""
        self.cursor_moved()

    def clear(self) -> None:
        """Draw nothing until the next answer."""
        self.found, self._answered = None, False
        self._show()

    def remove(self) -> None:
        """Leave the others alone."""
        super().remove()
        self._fellows.remove(self)
        self._show_together()

    @property
    def scale(self) -> tuple[float, float]:
        """From which power of ten to which it reaches, with those beside it."""
        lows, highs = zip(*(each.found.scale for each in self._fellows if each.found is not None), strict=True)
        return min(lows), max(highs)

    def _show_together(self) -> None:
        """All of them anew: their scale may be another."""
        for each in self._fellows:
            each._show()

    def take(self, request: Request, answer: Gradients | None) -> None:
        """Draw it."""
        before = None if self.found is None else self.scale
        self.found, self._answered, self.wrong = answer, True, ""
        if answer is not None and self.scale == before:
            self._show()
        else:
            self._show_together()

    def restyle(self) -> None:
        """Take the colours of the theme."""
        self._show()

    def set_range(self, start: int, stop: int) -> None:
        """The label may have to say something else."""
        super().set_range(start, stop)
        self._label.update()

    @property
    def against(self) -> str:
        """What it is all about, in words, for the label."""
        found = self.found
        if found is None:
            return _NOTHING[self.kind.name] if self._answered else ""
        if self.kind.name == "gradient":
            if found.fixed is None:
                return ""
            return "loss summed over all timesteps" if found.fixed == SUM else f"loss at T = {found.fixed:,}"
        if self.kind.name == "paths":
            reference = self.context.state.view.reference
            words = f"from s = {found.fixed:,} on" if found.since else f"from each timestep to T = {found.fixed:,}"
            known = (found.since and found.fixed == reference) or (self.pair is not None and self.pair.s == reference)
            if reference is not None and not known:
                words += f"; s = {reference:,} was not followed (Alt+6)"
            return words
        return "1: neither grows nor fades"

    @property
    def verdict(self) -> str:
        """Where in sight gradients vanish and explode, by which threshold; empty where they do neither."""
        found = self.found
        if found is None or self.kind.name == "steps":
            return ""
        start, stop = self.visible
        columns = found.columns
        first = max((start - columns.start) // columns.step, 0)
        marks = found.marks[first : max(-((columns.start - stop) // columns.step), 0)]
        of = (
            ""
            if self.kind.name == "paths"
            else "of that where the loss is "
            if found.fixed != SUM
            else "of the median "
        )
        said = []
        if (marks < 0).any():
            said.append(f"vanishing: < 1/{_THRESHOLD} {of}".strip())
        if (marks > 0).any():
            said.append(f"exploding: > {_THRESHOLD} {of and f'times {of[3:]}'}".strip())
        return ", ".join(said)

    @property
    def pair(self) -> Pair | None:
        """What stands still, and the cursor; or the mark, where the cursor stands there too. None: it is not known."""
        found, view = self.found, self.context.state.view
        between = None if found is None else found.between
        if between is None:
            return None
        other = view.cursor
        if view.reference is not None and not between.since and view.cursor == between.fixed:
            other = view.reference
        return between.pair(other) if between.knows(other) else None

    def words_at(self, timestep: int) -> str:
        """The numbers, with their own sizes."""
        found = self.found
        if found is None:
            return ""
        column = (timestep - found.columns.start) // found.columns.step
        said = []
        for name, course in found.courses.items():
            curve = self.kind.curves[name]
            if 0 <= column < len(course.low) and not np.isnan(course.low[column]):
                low, high = in_words(float(course.low[column])), in_words(float(course.high[column]))
                title = curve.title or f"unit {found.unit}, {'all' if 'total' in name else 'direct'}"
                said.append(f"{title} {low if low == high else f'{low} to {high}'}")
        return "   ".join(said)

    def ticks(self) -> Sequence[tuple[float, str]]:
        """Powers of ten: few enough to be read."""
        found = self.found
        if found is None:
            return ()
        low, high = self.scale
        line = QFontMetricsF(small(QApplication.font())).height()
        most = max(2, int(self.body.height() / (1.4 * line)))
        apart_ = next(each for each in _STEPS if (high - low) / each <= most)
        first = -int(-low // apart_) * apart_
        powers = range(first, int(np.floor(high)) + 1, apart_)
        return [(float(self._height(np.array(float(power)))), raised(power)) for power in powers]

    def _height(self, log10: Any) -> Any:
        """Powers of ten as parts of the height, from the top; what is zero lies on the ground."""
        assert self.found is not None
        low, high = self.scale
        return np.clip(1 - _BELOW - (log10 - low) / (high - low) * (1 - _ABOVE - _BELOW), 0, 1)

    def _show(self) -> None:
        """Make the lines."""
        self.lines, self._bands, self._ground = {}, [], None
        found, theme = self.found, self.context.theme
        if found is not None:
            pixels = max(self.pixels[1], 1)
            for name, course in found.courses.items():
                curve = self.kind.curves[name]
                colour = shown_in(curve.colour, theme)
                top, bottom = self._height(course.high), self._height(course.low)
                if found.columns.step > 1 and not curve.dots:
                    self._bands.append(band(found.columns, top, bottom, colour, pixels))
                middle = (top + bottom) / 2
                if curve.dots:
                    middle = _alone(middle)
                self.lines[name] = Line(found.columns, middle, colour, curve.dashed)
            if found.marks.any():
                clear, pale = (0, 0, 0, 0), 40 if theme.name == "light" else 72
                colours = [clear, *((*palette.rgb(each), pale) for each in (palette.EXPLODING, palette.VANISHING))]
                self._ground = Raster(np.array(colours, np.uint8))
                self._ground.show((found.marks[None] % 3).astype(np.uint8), found.columns)
        self._note.setVisible(found is None and self._answered)
        for item in self._items:
            item.update()

    def paint_plot(self, painter: QPainter, rect: QRectF) -> None:
        """Draw the ground, the thresholds and the lines."""
        found, theme = self.found, self.context.theme
        if found is None:
            return
        if self._ground is not None:
            self._ground.paint(painter, rect, *self.span)
        low, high = self.scale
        painter.setPen(QPen(QColor(theme.rule), 1))
        levels = [0.0] if self.kind.name == "steps" else [found.against - FACTOR, found.against, found.against + FACTOR]
        for number, level in enumerate(levels):
            if low <= level <= high and np.isfinite(level):
                y = round(float(self._height(level)) * rect.height())
                dashed = len(levels) > 1 and number != 1
                pen = QPen(QColor(theme.muted if dashed else theme.rule), 1)
                pen.setStyle(Qt.PenStyle.DotLine if dashed else Qt.PenStyle.SolidLine)
                painter.setPen(pen)
                painter.drawLine(0, y, round(rect.width()), y)
        for raster in self._bands:
            raster.paint(painter, rect, *self.span)
        for line in self.lines.values():
            line.paint(painter, rect, *self.span)

    def paint_gutter(self, painter: QPainter, rect: QRectF) -> None:
        """Title, legend and ticks."""
        super().paint_gutter(painter, rect)
        if self.found is None:
            return
        font = small(QApplication.font())
        line = QFontMetricsF(font).height()
        top = QFontMetricsF(QApplication.font()).height() + 2
        titled = [curve for name, curve in self.kind.curves.items() if curve.title and name in self.found.courses]
        for curve in titled[: max(int((rect.height() - top) // line), 0)]:
            colour = QColor(shown_in(curve.colour, self.context.theme))
            middle = round(top + line / 2)
            if curve.dots:
                painter.fillRect(QRectF(3 * STEP + 3, middle - 2, 4, 4), colour)
            else:
                painter.setPen(QPen(colour, 2, Qt.PenStyle.DotLine if curve.dashed else Qt.PenStyle.SolidLine))
                painter.drawLine(3 * STEP, middle, 3 * STEP + 10, middle)
            draw_text(painter, 3 * STEP + 14, top, curve.title, font, self.context.theme.foreground)
            top += line

    def _paint_ends(self, painter: QPainter, rect: QRectF) -> None:
        """Each line's symbol where it ends, as far as it is in sight."""
        found = self.found
        if found is None:
            return
        font, theme = bold(small(QApplication.font())), self.context.theme
        line = QFontMetricsF(font).height() - 3
        last = -((found.columns.start - self.span[1]) // found.columns.step)
        ends = []
        for name, drawn in self.lines.items():
            known = np.flatnonzero(np.isfinite(drawn.heights[:last]))
            if len(known) and self.kind.curves[name].symbol:
                ends.append((float(drawn.heights[known[-1]]) * rect.height() - line / 2, self.kind.curves[name]))
        ends.sort(key=lambda each: each[0])
        for top, (_, curve) in zip(apart([top for top, _ in ends], line, rect.height()), ends, strict=True):
            draw_text(painter, STEP, top, curve.symbol, font, shown_in(curve.colour, theme))

    def _paint_note(self, painter: QPainter, rect: QRectF) -> None:
        """That there is nothing."""
        self.paint_sentence(painter, rect, self.against, self.context.theme.muted)

    def _paint_label(self, painter: QPainter, rect: QRectF) -> None:
        """Above the lines, what they are held against, the verdict, and the two timesteps that are compared."""
        theme, font, metrics = self.context.theme, small(QApplication.font()), QFontMetricsF(small(QApplication.font()))
        if self.found is None:
            return
        x, pair = 2.0 * STEP, self.pair
        said = [(self.against, theme.muted), (self.verdict, theme.foreground)]
        if pair is not None:
            said.append((pair.brief, theme.warning if pair.disagrees else theme.muted))
        for words, colour in said:
            if not words:
                continue
            words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, max(rect.width() - x - 2 * STEP, 0))
            wide = text_width(words, font)
            painter.fillRect(QRectF(x - STEP, 1, wide + 2 * STEP, metrics.height()), QColor(theme.panel))
            draw_text(painter, x, 1, words, font, colour)
            x += wide + 4 * STEP


_STEPS = [factor * 10**power for power in range(6) for factor in (1, 2, 5)]


def shown_in(colour: str, theme: Theme) -> str:
    """Lighter on dark; that of text where none is given."""
    if not colour:
        return theme.foreground
    return QColor(colour).lighter(150).name() if theme.name == "dark" else colour


def _alone(heights: Any) -> Any:
    """Every point for itself: its neighbours are left out, so that it is drawn as a dot."""
    known = np.flatnonzero(np.isfinite(heights))
    kept = known[np.diff(known, prepend=-2) > 1]
    found = np.full_like(heights, np.nan)
    found[kept] = heights[kept]
    return found
