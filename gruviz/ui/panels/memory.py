"""What the state at the cursor is made of: a list of timesteps, by weight and by what each contributes."""

import math

from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetricsF,
    QHideEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QCheckBox, QHBoxLayout, QWidget

from gruviz import palette
from gruviz.analysis import LEAST, Pair
from gruviz.ui.chooser import Chooser
from gruviz.ui.panels.copying import offer_copies
from gruviz.ui.panels.panel import Context, draw_text, lettering, text_width
from gruviz.ui.panels.tab import TabPanel
from gruviz.ui.reading import Memory, PairRequest, Request, Share
from gruviz.ui.signs import named
from gruviz.ui.theme import STEP, bold, small
from gruviz.view import seek, shade_sequence, take_apart

_ROW = 20
_HEAD, _FOOT, _SENTENCE = 100, 74, 46
_PAIR = "memory pair"
"""The loader's slot for what goes from the marked timestep to the cursor."""
_TIME, _WORDS, _NUMBER = 54, 58, 60
"""Widths of the columns beside the bars."""
_WHOSE = ("all", "selected", "last")
_ABOUT = (
    "How much of what was written at each timestep is in the state at the cursor.<br><b>{h}_t = Σ {w}_j S(j→t) {n}_j + "
    "S(−1→t) {h}_(−1)</b>, S(j→t) = {k}_(j+1) ⋯ {k}_t<br>weight: {w}_j S(j→t); contribution: weight times candidate. "
    "Of several units, means over them.<br>The direct path alone: a candidate reads the "
    "old states again, and what it takes from them counts as written anew. A large weight on a candidate near 0 "
    "contributes nothing, and what is retained need not be important."
)


class MemoryPanel(TabPanel):
    """The largest weights first. A click on one goes there."""

    follows = ("units_changed", "memory_changed")

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._told: tuple[int, tuple[int, ...] | None] | None = None
        """Whose state at which timestep is listed."""
        self._scrolled = 0
        """Rows above the first in sight."""
        self.pair: Pair | None = None
        """The marked timestep and the cursor; None where what goes from one to the other is not known."""
        self.whose = Chooser(132, "Whose state is taken apart")
        self.shade = QCheckBox("shade the sequence")
        self.shade.setToolTip("Shade each timestep of the sequence by its weight")
        self.shade.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        line = QFontMetricsF(QApplication.font()).height()
        self._controls = QWidget(self)
        row = QHBoxLayout(self._controls)
        row.setContentsMargins(3 * STEP, 0, 3 * STEP, 0)
        row.setSpacing(2 * STEP)
        row.addWidget(self.whose)
        row.addWidget(self.shade)
        row.addStretch(1)
        self._controls.setGeometry(0, int(line + QFontMetricsF(small(QApplication.font())).height()) + 8, 320, 30)
        self.whose.chosen.connect(self._choose)
        self.shade.clicked.connect(self._shade)
        context.composing.changed.connect(self._changed)
        for moved in (context.state.cursor_changed, context.state.mark_changed, context.state.pane_changed):
            moved.connect(self._ask_pair)
        context.loader.answered.connect(self._take_pair)
        context.linking.changed.connect(self._take_link)

    def sizeHint(self) -> QSize:
        """Room for some timesteps."""
        return QSize(320, _HEAD + 8 * _ROW + _FOOT)

    @property
    def _listing(self) -> QRegion:
        """All but the controls, which look the same at every timestep."""
        return QRegion(self.rect()).subtracted(QRegion(self._controls.geometry()))

    @property
    def memory(self) -> Memory | None:
        """What is shown, until the answer for the cursor comes: the one before, so that nothing flickers."""
        return self.context.composing.answer

    @property
    def listed(self) -> tuple[Share, ...]:
        """The rows that are in sight, from top to bottom."""
        if self.memory is None:
            return ()
        room = max(1, (self.height() - _HEAD - self._foot) // _ROW)
        return self.memory.shares[self._scrolled : self._scrolled + room]

    def showEvent(self, event: QShowEvent) -> None:
        """Somebody looks."""
        super().showEvent(event)
        self.context.composing.look("memory", True)
        self._ask_pair()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks."""
        super().hideEvent(event)
        for each in (self.context.composing, self.context.linking):
            each.look("memory", False)
        self.context.loader.forget(_PAIR)
        self.pair = None

    @Slot()
    def _ask_pair(self) -> None:
        """Ask for all paths from the marked timestep to the cursor."""
        view = self.context.state.view
        if self.isVisible() and self.subjected and view.reference is not None:
            self.context.loader.ask(PairRequest(_PAIR, *self.context.subject, view.cursor, view.reference))
        elif self.isVisible():
            self.context.linking.look("memory", False)
            self.context.loader.forget(_PAIR)
            self._show_pair(None)

    @Slot(object, object)
    def _take_pair(self, request: Request, answer: Pair | None) -> None:
        if request.slot == _PAIR:
            self.context.linking.look("memory", answer is None)  # else it was worked out before
            if answer is not None:
                self._show_pair(answer)

    @Slot()
    def _take_link(self) -> None:
        """Worked out just now, unless the cursor has moved on: then the one before stays until the next comes."""
        found, view = self.context.linking.answer, self.context.state.view
        if self.isVisible() and (found is None or (found.s, found.t) == (view.reference, view.cursor)):
            self._show_pair(None if found is None else found.pair)

    def _show_pair(self, pair: Pair | None) -> None:
        if pair != self.pair:
            self.pair = pair
            self.update(self._listing)

    @property
    def disagreement(self) -> str:
        """That survival from the marked timestep is not what becomes of it; empty where it is, or that is not known."""
        pair = self.pair
        return pair.words if pair is not None and pair.disagrees else ""

    @property
    def _foot(self) -> int:
        """Pixels below the rows: more, where there is a disagreement to be told."""
        return _FOOT + _SENTENCE * bool(self.disagreement)

    def refresh(self) -> None:
        """Say whose state it is, and what the columns are."""
        view, layer = self.context.state.view, self.context.layer
        cell, units = layer.cell, view.pane.units
        last = f"unit {units[-1]}" if units else "the last one"
        chosen = _WHOSE.index(view.whose) if units else 0
        self.whose.show_choices(["all units", f"{len(units)} selected" if units else "selected units", last], chosen)
        self.shade.setChecked(view.shaded and view.shading == "weight")
        self._controls.setVisible(cell.keep is not None)
        if cell.keep is not None:
            w = f"(1 − {cell[cell.keep].symbol})" if cell.write is None else cell[cell.write].symbol
            names = {"h": cell[cell.state].symbol, "w": w, "n": cell["candidate"].symbol, "k": cell[cell.keep].symbol}
            about = _ABOUT.format(**names)
            self.setToolTip(about if cell.write is None else f"{about}<br>{_TWO_GATES}")

    @Slot()
    def _changed(self) -> None:
        if self.isVisible():
            memory = self.memory
            told = None if memory is None else (memory.timestep, memory.units)
            if told != self._told:
                self._told, self._scrolled = told, 0
            self.update(self._listing)

    @Slot(int)
    def _choose(self, place: int) -> None:
        self.context.state.change(take_apart, _WHOSE[place])

    @Slot()
    def _shade(self) -> None:
        self.context.state.change(shade_sequence, "weight")

    def share_at(self, y: float) -> Share | None:
        """The row at this height."""
        row, listed = int(y - _HEAD) // _ROW, self.listed
        return listed[row] if 0 <= row < len(listed) and y >= _HEAD else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the timestep of the row."""
        share = self.share_at(event.position().y())
        if event.button() == Qt.MouseButton.LeftButton and share is not None:
            self.context.state.change(seek, share.timestep)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Look further down the list, or up."""
        if self.memory is not None:
            rows = -round(event.angleDelta().y() / 40)
            self._scrolled = min(max(self._scrolled + rows, 0), max(len(self.memory.shares) - 1, 0))
            self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Copy it."""
        offer_copies(self, event.globalPos(), {"what the state is made of": self.rect()}, self.copied)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows that are in sight, and what is not among them."""
        theme, font = self.context.theme, QApplication.font()
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(theme.panel))
            if not self.subjected:
                return
            wrong = self.context.composing.wrong
            if wrong:
                painter.setPen(QColor(theme.muted if self.context.layer.cell.keep is None else theme.warning))
                inner = self.rect().adjusted(3 * STEP, 2 * STEP, -3 * STEP, 0)
                painter.drawText(inner, Qt.TextFlag.TextWordWrap, wrong)
                return
            cell, memory = self.context.layer.cell, self.memory
            if memory is None:
                return
            title = f"{cell[cell.state].title} at t = {memory.timestep:,} is made of"
            draw_text(painter, 3 * STEP, 5, title, bold(font), theme.foreground)
            of = self.of(memory)
            draw_text(painter, 3 * STEP, 5 + QFontMetricsF(font).height(), of, small(font), theme.muted)
            self._paint_heads(painter, memory)
            largest = max((abs(share.contribution) for share in memory.shares), default=0.0)
            if self._count(memory) == 1:
                largest = max(1.0, largest)  # means are small: their bars are compared with each other alone
            self._paint_shares(painter, largest)
            self._paint_foot(painter, memory)

    @property
    def _columns(self) -> tuple[float, float, float]:
        """Where the bars of weights begin and those of contributions, and how wide each is."""
        left = _TIME + _WORDS + STEP
        width = (self.width() - left - 2 * _NUMBER - 4 * STEP) / 2
        return left, left + width + _NUMBER + STEP, width

    def _paint_heads(self, painter: QPainter, memory: Memory) -> None:
        theme, tiny = self.context.theme, small(QApplication.font())
        weights, contributions, _ = self._columns
        top = _HEAD - QFontMetricsF(tiny).height() - 2
        draw_text(painter, 3 * STEP, top, "t", tiny, theme.muted)
        draw_text(painter, weights, top, "weight", tiny, theme.muted)
        draw_text(painter, contributions, top, "contribution", tiny, theme.muted)

    def _paint_shares(self, painter: QPainter, largest: float) -> None:
        """The rows, every one of which another step of the cursor changes: bars first, then all letters."""
        theme, letters, listed = self.context.theme, lettering(QApplication.font()), self.listed
        weights, contributions, width = self._columns
        ground, middle = QColor(theme.hover), round(contributions + width / 2)
        for row, share in enumerate(listed):
            top, height = _HEAD + row * _ROW + 5, _ROW - 10
            painter.fillRect(QRectF(weights, top, width, height), ground)
            painter.fillRect(QRectF(weights, top, width * min(share.weight, 1), height), _BLUE)
            painter.fillRect(QRectF(contributions, top, width, height), ground)
            length = share.contribution / largest * width / 2 if largest else 0.0
            bar = QRectF(contributions + width / 2 + min(length, 0), top, abs(length), height)
            painter.fillRect(bar, _POSITIVE if length > 0 else _NEGATIVE)
            painter.fillRect(QRectF(middle, top - 1, 1, height + 2), QColor(theme.muted))
        letters.begin(painter, theme.foreground)
        for row, share in enumerate(listed):
            line, time = _HEAD + row * _ROW + (_ROW - letters.height) / 2, f"{share.timestep:,}"
            letters.draw(painter, _TIME - letters.width(time), line, time)
            if share.words is not None:
                letters.draw(painter, _TIME + 2 * STEP, line, self._short(share.words))
            letters.draw(painter, weights + width + STEP, line, format_weight(share.weight))
            letters.draw(painter, contributions + width + STEP, line, format_weight(share.contribution))

    def _short(self, words: str) -> str:
        """What was read at a timestep, cut short where its column has no room for it."""
        words, font, room = named(words) if self._text else words, QApplication.font(), _WORDS - 2 * STEP
        if text_width(words, font) <= room:
            return words
        return QFontMetricsF(font).elidedText(words, Qt.TextElideMode.ElideRight, room)

    def _paint_foot(self, painter: QPainter, memory: Memory) -> None:
        theme, tiny = self.context.theme, small(QApplication.font())
        step = QFontMetricsF(tiny).height() + 2
        top = self.height() - self._foot
        painter.fillRect(QRectF(0, top, self.width(), 1), QColor(theme.rule))
        if self.disagreement and self.pair is not None:
            painter.setFont(tiny)
            painter.setPen(QColor(theme.warning))
            inner = QRectF(3 * STEP, top + 3, self.width() - 6 * STEP, _SENTENCE)
            words = f"From s = {self.pair.s:,}: {self.disagreement[0].lower()}{self.disagreement[1:]}"
            painter.drawText(inner, Qt.TextFlag.TextWordWrap, words)
            top += _SENTENCE
        for row, words in enumerate(self.says(memory)):
            words = QFontMetricsF(tiny).elidedText(words, Qt.TextElideMode.ElideRight, self.width() - 6 * STEP)
            draw_text(
                painter, 3 * STEP, top + 3 + row * step, words, tiny, theme.foreground if row < 3 else theme.muted
            )

    def _count(self, memory: Memory) -> int:
        """Units whose state it is."""
        return self.context.layer.size if memory.units is None else len(memory.units)

    def of(self, memory: Memory) -> str:
        """Whose state it is, in words."""
        if memory.units is not None and len(memory.units) == 1:
            return f"unit {memory.units[0]}"
        count = self._count(memory)
        return "its one unit" if count == 1 else f"means over {'all ' if memory.units is None else ''}{count:,} units"

    def says(self, memory: Memory) -> tuple[str, ...]:
        """What is not among the rows, in lines: what is older, what all comes to, and what is left out."""
        cell = self.context.layer.cell
        h = cell[cell.state].symbol
        older = "initial state" if memory.initial else f"older than {memory.followed:,} steps"
        lines = [f"{older}: weight {format_weight(memory.left)}, gives {format_weight(memory.held)}"]
        lines.append(f"weights sum to {memory.total:.3f}{'' if cell.write is None else ' (not 1: two gates)'}")
        given = f"contributions and the caller’s {format_weight(memory.added)}" if memory.added else "contributions"
        state = h if self._count(memory) == 1 else f"mean {h}"
        lines.append(f"{given} sum to {state} = {format_weight(memory.state)}")
        lines.append("direct path only: candidates read old states again")
        return tuple(lines)

    @property
    def _text(self) -> bool:
        facts = self.context.loader.facts
        return facts is not None and facts.tapes[self.context.layer.tape].text


_TWO_GATES = "An LSTM forgets and writes by two gates, so that its weights need not sum to 1."
_BLUE = QColor(palette.RETAINED)
_NEGATIVE, _POSITIVE = (QColor(*map(int, palette.table("around-zero")[place])) for place in (0, -1))


def format_weight(value: float) -> str:
    """Three digits after the point; what is less is not said to be none."""
    if math.isnan(value):
        return "–"
    if 0 < abs(value) < 0.0005:
        least = f"{LEAST:g}".replace("1e-06", "10⁻⁶") if abs(value) < LEAST else "0.001"
        return f"< {least}" if value > 0 else f"> −{least}"
    return f"{value:.3f}".replace("-", "−")
