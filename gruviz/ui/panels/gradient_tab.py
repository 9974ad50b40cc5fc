"""The gradient at the cursor in numbers: of the loss, of the step, and from one timestep to another, on which paths."""

import math
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFont,
    QFontMetricsF,
    QHideEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QCheckBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gruviz import palette
from gruviz.analysis import in_words
from gruviz.recording.gradient import SUM
from gruviz.ui.chooser import Chooser
from gruviz.ui.panels.copying import offer_copies
from gruviz.ui.panels.gradients import shown_in
from gruviz.ui.panels.panel import Context, draw_text, text_width
from gruviz.ui.panels.tab import TabPanel
from gruviz.ui.reading import GradientAt, GradientAtRequest, Linked, Request
from gruviz.ui.theme import STEP, bold, small
from gruviz.view import shade_sequence

At = Literal["sum", "last", "cursor"]
_AT: dict[At, str] = {"sum": "all timesteps", "last": "the last timestep", "cursor": "the cursor"}
_ROW, _FOOT = 18, 72
_NAME, _BAR, _NARROW = 88, 72, 44
"""Widths of the first column, of the bars, and of those of single units."""
_PATIENCE = 250
"""Milliseconds for which what was worked out last stays on show, before it is said that more is being worked out."""
_WHO = "gradient"
_SHORTEST = 6.0
"""Powers of ten that a bar is long."""
_MARKS = {-1: ("vanishing", palette.VANISHING), 1: ("exploding", palette.EXPLODING)}
_TIP = (
    "∂L/∂h_t: how the loss depends on the state at the cursor, all paths counted. ∂h_t/∂h_s: how the state at t "
    "depends on that at s. The direct path is survival: the product of the keeps alone; all others lead through gates "
    "and candidates, which read the old state again. J = ∂h_t/∂h_(t−1), of an LSTM of h and c together: its norm is "
    "what a change grows by at most in this step, its radius the largest absolute eigenvalue. Growth: of the change of "
    "the state that grows most in the long run, step by step (by QR, in logarithms).<br>Mark s by a double-click; t is "
    "the cursor: any two will do. What is retained need not be important, and neither need what has a large gradient."
)


class GradientTab(TabPanel):
    """Numbers, a sentence where the direct path and all paths disagree, and the units that a state depends on most."""

    slots = ("gradient at",)
    follows = ("cursor_changed", "mark_changed", "memory_changed")
    wanted = Signal(str)
    """Gradients are to be worked out: of a loss at `At`."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.at: GradientAt | None = None
        """What is shown; None before the first answer."""
        self._scrolled = 0
        self._loss: At = "sum"
        self.loss = Chooser(140, "The loss is taken at")
        self.begin = QPushButton("Work out…")
        self.begin.setToolTip(
            "Compute the gradients of this sequence, from the marked timestep too if there is one, and add them to the "
            "recording. It runs beside the window, and can be cancelled."
        )
        self.shade = QCheckBox("shade what the output depends on")
        self.shade.setToolTip(
            "Shade each timestep by how much the likeliest output at the cursor depends on what was read there, all "
            "paths counted (Madsen 2019)"
        )
        for focused in (self.loss, self.begin, self.shade):
            focused.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._controls = QWidget(self)
        column = QVBoxLayout(self._controls)
        column.setContentsMargins(3 * STEP, STEP, 3 * STEP, STEP)
        column.setSpacing(STEP)
        row = QHBoxLayout()
        row.setSpacing(STEP)
        label = QLabel("loss at")
        label.setObjectName("quiet")
        for widget in (label, self.loss, self.begin):
            row.addWidget(widget)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self.shade)
        self.setToolTip(_TIP)
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE)
        self._patience.timeout.connect(self._look_again)
        context.stepping.changed.connect(self._look_again)
        context.linking.changed.connect(self._look_again)
        self._choose(0)
        self.loss.chosen.connect(self._choose)
        self.begin.clicked.connect(self._begin)
        self.shade.clicked.connect(self._shade)

    def sizeHint(self) -> QSize:
        """Room for the numbers, and some units."""
        return QSize(320, 16 * _ROW + _FOOT)

    def usual(self, width: int) -> int:
        """See `TabPanel`."""
        return 20 * _ROW + _FOOT

    def resizeEvent(self, event: object) -> None:
        """The controls stand at the bottom."""
        self._controls.setGeometry(0, self.height() - _FOOT, self.width(), _FOOT)

    def update(self, *region: Any) -> None:
        """Draw it anew, but for the controls, which look the same at every timestep."""
        super().update(*(region or (QRegion(self.rect()).subtracted(QRegion(self._controls.geometry())),)))

    def showEvent(self, event: QShowEvent) -> None:
        """Somebody looks."""
        super().showEvent(event)
        self.context.stepping.look(_WHO, True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks."""
        super().hideEvent(event)
        for each in (self.context.stepping, self.context.linking):
            each.look(_WHO, False)

    def clear(self) -> None:
        """Another sequence is on show."""
        self.at, self._scrolled = None, 0

    def refresh(self) -> None:
        """Ask for the timestep at the cursor."""
        view = self.context.state.view
        self.shade.setChecked(view.shaded and view.shading == "output")
        self._patience.start()
        self.context.loader.ask(GradientAtRequest(self.slots[0], *self.context.subject, view.cursor, view.reference))

    @property
    def ready(self) -> bool:
        """The numbers of the timestep before stay until those of this one are there."""
        return self.at is None

    def take(self, request: Request, answer: GradientAt) -> None:
        """Show it."""
        self.at = answer
        self.context.linking.look(_WHO, answer.pair is None)  # else it was worked out before
        self.shade.setEnabled("connectivity" in answer.known or self._of_other_layer)

    @Slot()
    def _look_again(self) -> None:
        self.update()

    @property
    def _of_other_layer(self) -> bool:
        """Whether this is a layer above the first, which alone holds what the output depends on."""
        facts, tape = self.context.loader.facts, self.context.layer.tape
        return facts is not None and sum(each.tape == tape for each in facts.layers.values()) > 1

    @Slot(int)
    def _choose(self, place: int) -> None:
        self._loss = list(_AT)[place]
        self.loss.show_choices(list(_AT.values()), place)

    @Slot()
    def _begin(self) -> None:
        self.wanted.emit(self._loss)

    @Slot()
    def _shade(self) -> None:
        self.context.state.change(shade_sequence, "output")

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Look further down the list of units, or up."""
        if self.at is not None:
            rows = -round(event.angleDelta().y() / 40)
            shares = () if self.linked is None else self.linked.shares
            self._scrolled = min(max(self._scrolled + rows, 0), max(len(shares) - 1, 0))
            self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Copy it."""
        offer_copies(self, event.globalPos(), {"the gradient at the cursor": self.rect()}, self.copied)

    # What it says

    @property
    def of(self) -> str:
        """Which loss it is, or why there is none."""
        at = self.at
        if at is None or not at.known:
            return ""
        if at.loss is None:
            return "no loss was taken: ∂h_T/∂h_t and steps alone"
        when = "summed over all timesteps" if at.loss == SUM else f"at T = {at.loss:,}"
        return f"{at.error}, {when}"

    @property
    def beyond(self) -> str:
        """That what goes from a decoder to its encoder is not followed; empty where there is no such way."""
        facts, view = self.context.loader.facts, self.context.state.view
        if facts is None:
            return ""
        here = facts.tapes[view.pane.tape].sequences[view.pane.sequence]
        others = (tape.sequences for name, tape in facts.tapes.items() if name != view.pane.tape)
        joined = any((info.pass_, info.item) == (here.pass_, here.item) for infos in others for info in infos)
        return "not followed from one network to the other" if joined else ""

    @property
    def nothing(self) -> str:
        """What to say where nothing was worked out, and what it takes."""
        facts, layer = self.context.loader.facts, self.context.layer
        words = "No gradients have been worked out for this sequence: press Work out… below. "
        if not layer.weighted:
            return words + "The recording holds no weights: you are asked for the file of its model."
        if facts is not None and not facts.readout:
            return words + "The recording holds no read-out: a loss takes that of its model."
        return words + "It takes seconds to minutes, and adds them to the recording."

    def says(self) -> Iterator[tuple[str, str, str]]:
        """Rows of numbers: what it is, how much, and what else there is to say of it."""
        at = self.at
        if at is None:
            return
        names = {"norm_hidden": "|∂L/∂h|", "norm_cell": "|∂L/∂c|", "norm_input": "|∂L/∂x|"}
        for name, title in names.items():
            if name in at.known:
                own = name == "norm_hidden" and np.isfinite(at.against)
                of = "median" if at.loss == SUM else "at T"
                beside = f"{in_words(at.norms[name] - at.against)} × {of}" if own else ""
                beside = beside if at.acts else "the loss lies before it" * (name == "norm_hidden")
                yield title, in_words(at.norms[name]), beside
        yield from self._says_of_the_step(at)
        if "growth" in at.known:
            yield "growth", f"× {in_words(at.growth)}", f"× {in_words(at.mean_growth)} on average"
        if not np.isnan(at.span_growth):
            yield "growth s → t", f"× {in_words(at.span_growth)}", "what grows most"

    def _says_of_the_step(self, at: GradientAt) -> Iterator[tuple[str, str, str]]:
        """The norm and the radius of its Jacobian: as the recording has them, or as they were worked out just now."""
        asked = self.context.stepping
        found = asked.answer
        here = found is not None and found.timestep == at.timestep
        if "step_norm" in at.known:
            yield "|J| of the step", _plain(at.step_norm), ""
        elif found is not None and here:
            yield "|J| of the step", _plain(found.norm), ""
        if found is not None and (here or self._patience.isActive()):
            yield "radius of J", _plain(found.radius), "largest |eigenvalue|" if here else f"at t = {found.timestep:,}"
        elif at.radius is not None and (asked.wrong or at.radius[0] == at.timestep):
            yield "radius of J", _plain(at.radius[1]), f"at t = {at.radius[0]:,}"
        elif not asked.wrong:
            yield "radius of J", "…", "" if self._patience.isActive() else "being worked out"

    @property
    def source(self) -> str:
        """Of which layer the Jacobians are, and what they are made of; or why there are none."""
        if self.context.stepping.wrong:
            return self.context.stepping.wrong
        layer = self.context.layer
        both = "of h and c, " if layer.cell.state == "cell" else ""
        way = "backward" if layer.backward else "forward"
        return f"J of {layer.name}, {way}: {both}from recorded gates and weights"

    @property
    def linked(self) -> Linked | None:
        """What goes from s to t; None where that is not known, and not being worked out."""
        at, view, found = self.at, self.context.state.view, self.context.linking.answer
        if at is None or at.pair is not None:
            return None if at is None or at.pair is None else Linked(at.pair.s, at.pair.t, 1.0, at.pair, at.shares)
        here = found is not None and (found.s, found.t) == (view.reference, at.timestep)
        return found if here or self._patience.isActive() else None

    @property
    def pairing(self) -> str:
        """Which two timesteps are compared, or how to have two compared, or why they cannot be."""
        at, linked = self.at, self.linked
        if at is None:
            return ""
        symbol, s = "c" if self.context.layer.cell.state == "cell" else "h", self.context.state.view.reference
        of = f"∂{symbol}/∂{symbol} from s = "
        if linked is not None:
            going = "" if linked.pair is not None else f": {linked.done:.0%} of the way"
            return f"{of}{linked.s:,} to t = {linked.t:,}{going}"
        if s is None:
            return "mark a timestep s (double-click)"
        return f"{of}{s:,} to t = {at.timestep:,}"

    # Drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the numbers."""
        theme, font, tiny = self.context.theme, QApplication.font(), small(QApplication.font())
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(theme.panel))
            at = self.at
            if not self.subjected or at is None:
                if self.wrong:
                    self._paint_words(painter, 2 * STEP, self.wrong, theme.warning)
                return
            draw_text(painter, 3 * STEP, 5, f"gradient at t = {at.timestep:,}", bold(font), theme.foreground)
            top = 5 + QFontMetricsF(font).height()
            self._paint_mark(painter, 7)
            if not at.known:
                top = self._paint_words(painter, top + STEP, self.nothing, theme.muted)
            for words in filter(None, (self.of, self.beyond)):
                draw_text(painter, 3 * STEP, top, words, tiny, theme.muted)
                top += QFontMetricsF(tiny).height()
            top += STEP
            for name, value, beside in self.says():
                draw_text(painter, 3 * STEP, top, name, font, theme.foreground)
                left = 5 * STEP + _NAME
                end = left + draw_text(painter, left, top, value, bold(font), theme.foreground)
                draw_text(painter, max(left + 74, end + 2 * STEP), top + 1, beside, tiny, theme.muted)
                top += _ROW
            top = self._paint_words(painter, top, self.source, theme.muted, tiny)
            self._paint_pair(painter, top + STEP)

    def _paint_mark(self, painter: QPainter, top: float) -> None:
        """Whether it has vanished or exploded, at the right of the title."""
        at = self.at
        if at is None or at.mark not in _MARKS:
            return
        words, colour = _MARKS[at.mark]
        tiny = small(QApplication.font())
        left = self.width() - 3 * STEP - text_width(words, tiny)
        painter.fillRect(QRectF(left - 12, top + 3, 8, 8), QColor(shown_in(colour, self.context.theme)))
        draw_text(painter, left, top, words, tiny, self.context.theme.foreground)

    def _paint_pair(self, painter: QPainter, top: float) -> None:
        """The two timesteps: two bars, a sentence, and the units."""
        at, theme, font = self.at, self.context.theme, QApplication.font()
        assert at is not None
        painter.fillRect(QRectF(0, top, self.width(), 1), QColor(theme.rule))
        top += STEP
        draw_text(painter, 3 * STEP, top, self.pairing, bold(font), theme.foreground)
        top += _ROW + 2
        linked, asked = self.linked, self.context.linking
        if linked is None or linked.pair is None:
            if self.context.state.view.reference is None or asked.wrong == self.context.stepping.wrong != "":
                return
            if asked.wrong:
                self._paint_words(painter, top, asked.wrong, theme.muted)
            elif not self._patience.isActive():
                done = 0.0 if linked is None else linked.done
                self._paint_way(painter, QRectF(3 * STEP, top + 4, self.width() - 6 * STEP, 4), done)
            return
        pair = linked.pair
        rows = [("direct path", pair.direct, palette.RETAINED), ("all paths", pair.total, palette.GRADIENT)]
        rows.append(("all paths, ∂h", linked.hidden, palette.GRADIENT))
        for name, value, colour in rows:
            if not np.isnan(value):
                draw_text(painter, 3 * STEP, top, name, font, theme.foreground)
                self._paint_bar(painter, QRectF(3 * STEP + _NAME, top + 4, _BAR, _ROW - 8), value, colour)
                draw_text(painter, 4 * STEP + _NAME + _BAR, top, in_words(value), font, theme.foreground)
                top += _ROW
        if pair.words:
            top = self._paint_words(painter, top, pair.words, theme.foreground if pair.disagrees else theme.muted)
        self._paint_units(painter, top + STEP, linked)

    def _paint_way(self, painter: QPainter, bar: QRectF, done: float) -> None:
        """How far it has come."""
        painter.fillRect(bar, QColor(self.context.theme.hover))
        painter.fillRect(QRectF(bar.left(), bar.top(), bar.width() * done, bar.height()), QColor(palette.GRADIENT))

    def _paint_bar(self, painter: QPainter, bar: QRectF, log10: float, colour: str) -> None:
        """From 10⁻⁶ to 1; what is larger fills it."""
        painter.fillRect(bar, QColor(self.context.theme.hover))
        part = min(max((log10 + _SHORTEST) / _SHORTEST, 0.0), 1.0)
        painter.fillRect(QRectF(bar.left(), bar.top(), bar.width() * part, bar.height()), QColor(colour))

    def _paint_units(self, painter: QPainter, top: float, linked: Linked) -> None:
        """What all units of t depend on each unit of s by, and how much of it survives."""
        theme, tiny = self.context.theme, small(QApplication.font())
        room = int((self.height() - _FOOT - top) // _ROW) - 1
        if room < 1 or not linked.shares:
            return
        keep = self.context.layer.cell.keep is not None
        first = 3 * STEP + 40
        second = first + (self.width() - first) // 2
        draw_text(painter, 3 * STEP, top, "unit", tiny, theme.muted)
        draw_text(painter, first, top, "all paths", tiny, theme.muted)
        draw_text(painter, second, top, "direct" if keep else "", tiny, theme.muted)
        for share in linked.shares[self._scrolled : self._scrolled + room]:
            top += _ROW
            draw_text(painter, 3 * STEP, top, f"{share.unit}", tiny, theme.foreground)
            for left, value, colour in (
                (first, share.total, palette.GRADIENT),
                (second, share.direct, palette.RETAINED),
            ):
                if not np.isnan(value):
                    self._paint_bar(painter, QRectF(left, top + 3, _NARROW, _ROW - 8), value, colour)
                    draw_text(painter, left + _NARROW + STEP, top, in_words(value), tiny, theme.foreground)

    def _paint_words(self, painter: QPainter, top: float, words: str, colour: str, font: QFont | None = None) -> float:
        """A sentence in as many lines as it takes; where it ends."""
        painter.setFont(font or QApplication.font())
        painter.setPen(QColor(colour))
        inner = QRectF(3 * STEP, top, self.width() - 6 * STEP, 1000)
        taken = painter.boundingRect(inner, Qt.TextFlag.TextWordWrap, words)
        painter.drawText(inner, Qt.TextFlag.TextWordWrap, words)
        return taken.bottom()


def _plain(value: float) -> str:
    """Three digits, and a power of ten where it is very small or large."""
    return in_words(math.log10(value) if value > 0 else -math.inf if value == 0 else math.nan)
