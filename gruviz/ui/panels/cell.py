"""The cell of one unit at the cursor, with the numbers that flow through it, and its equations."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from gruviz.cells import Cell
from gruviz.equations import Step, in_words
from gruviz.ui.cell_scene import CellScene
from gruviz.ui.panels.copying import offer_copies
from gruviz.ui.panels.panel import Context, draw_text, text_width
from gruviz.ui.panels.predictions import format_number
from gruviz.ui.panels.tab import TabPanel
from gruviz.ui.reading import BLOCK, CellRequest, Flow, Request
from gruviz.ui.signs import named
from gruviz.ui.theme import STEP, bold, small

_HEAD, _SENTENCES = 26, 2
_WIDE = 400
"""At more pixels across it does not ask for more pixels down."""
_HINT = "Click a unit in the list, or a row of a heatmap, to see its numbers here."
_TIPS = {
    "gru": "One unit of a <b>GRU</b>. The state runs along the top: blue is the part of the old state that the "
    "<b>update gate</b> keeps, vermilion what is taken from the <b>candidate</b> in its place. The <b>reset gate</b> "
    "filters what the candidate gets to read of the old states.",
    "lstm": "One unit of an <b>LSTM</b>. The cell state runs along the top: blue is the part that the <b>forget "
    "gate</b> keeps, vermilion the part of the <b>candidate</b> that the <b>input gate</b> adds. The <b>output "
    "gate</b> lets through what the rest of the network sees.",
    "rnn": "One unit of a <b>plain RNN</b>. It has no gates: all of its state is written anew at each timestep.",
}
_WIDTHS = "<br>A channel is as full as a gate lets pass; a fraction says nothing of how much a unit matters."


class CellPanel(TabPanel):
    """The unit that was selected last."""

    slots = ("cell",)
    follows = ("cursor_changed", "units_changed")

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.flow: Flow | None = None
        """The timesteps around the cursor; None before the first answer."""
        self.timestep = 0
        """Whose numbers are shown: the cursor's, or the one before it until what it needs has been read."""
        self.scene = CellScene()

    def usual(self, width: int) -> int:
        """What the gates let pass in words, drawing and equations, below each other."""
        if not self.subjected:
            return super().usual(width)
        words = _SENTENCES * _small_line()
        return _HEAD + words + self.scene.height_for(self._cell, self.context.layer.reset, min(width, _WIDE) - 4 * STEP)

    @property
    def unit(self) -> int | None:
        """The unit that was selected last."""
        units = self.context.state.view.pane.units
        return units[-1] if units else None

    @property
    def step(self) -> Step | None:
        """What the unit holds at that timestep, if that has been read."""
        flow = self.flow
        return None if flow is None or flow.unit != self.unit or self.timestep not in flow else flow.at(self.timestep)

    @property
    def ready(self) -> bool:
        """Whether what the cursor needs has been read, or nothing is shown that could stay."""
        return self.timestep == self.context.state.view.cursor or self.step is None

    @property
    def _cell(self) -> Cell:
        return self.context.layer.cell

    def clear(self) -> None:
        """Another sequence is on show."""
        self.flow = None
        self._move()

    def _move(self) -> None:
        """Go to the cursor, where there is no reason to wait."""
        cursor, flow = self.context.state.view.cursor, self.flow
        if flow is None or flow.unit != self.unit or cursor in flow:
            self.timestep = cursor

    def refresh(self) -> None:
        """Ask for the timesteps around the cursor."""
        self.setToolTip(_TIPS[self._cell.name] + _WIDTHS)
        if self.unit is not None:
            block = self.context.state.view.cursor // BLOCK
            self.context.loader.ask(CellRequest(self.slots[0], *self.context.subject, block, self.unit))
        self._move()

    def take(self, request: Request, answer: Flow) -> None:
        """Keep them, if they are about where the cursor stands now."""
        if self.context.state.view.cursor in answer or self.step is None:
            self.flow = answer
            self._move()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Copy it."""
        offer_copies(self, event.globalPos(), {"the cell": self.rect()}, self.copied)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the cell, and what its unit holds."""
        theme = self.context.theme
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(theme.panel))
            if self.wrong or not self.subjected:
                painter.setPen(QColor(theme.warning))
                inner = self.rect().adjusted(3 * STEP, 2 * STEP, -3 * STEP, 0)
                painter.drawText(inner, Qt.TextFlag.TextWordWrap, self.wrong)
                return
            self._paint_head(painter)
            layer, numbered = self.context.layer, self.unit is not None
            top = _HEAD + (self._paint_words(painter) if numbered and self.height() >= self.usual(self.width()) else 0)
            room = QRectF(2 * STEP, top, self.width() - 4 * STEP, self.height() - top)
            ratio = self.devicePixelRatioF()
            self.scene.lay_out(room, ratio, layer.cell, layer.reset, layer.backward, numbered, theme)
            self.scene.paint(painter, room.topLeft(), self.step, self.given)
            if not numbered:
                painter.setPen(QColor(theme.muted))
                below = room.adjusted(STEP, self.scene.bottom + 2 * STEP, -STEP, 0)
                painter.drawText(below, Qt.TextFlag.TextWordWrap, _HINT)

    def _paint_head(self, painter: QPainter) -> None:
        """Whose cell, when, and what is special about it."""
        theme, font = self.context.theme, QApplication.font()
        top = (_HEAD - QFontMetricsF(font).height()) / 2
        title = self._cell.title
        if self.unit is not None:
            title = f"unit {self.unit} at t = {self.timestep:,}"
        x = 3 * STEP + draw_text(painter, 3 * STEP, top, title, bold(font), theme.foreground) + 2 * STEP
        left = max(x, self.width() - 3 * STEP - text_width(self.note, small(font)))
        draw_text(painter, left, top + 1, self.note, small(font), theme.muted)

    def _paint_words(self, painter: QPainter) -> int:
        """What the gates let pass; returns how high that is, with words or before there are some."""
        step, line, font, room = self.step, _small_line(), small(QApplication.font()), self.width() - 5 * STEP
        for row, words in enumerate(in_words(step) if step is not None else ()):
            if text_width(words, font) > room:
                words = QFontMetricsF(font).elidedText(words, Qt.TextElideMode.ElideRight, room)
            draw_text(painter, 3 * STEP, _HEAD - STEP + row * line, words, font, self.context.theme.muted)
        return _SENTENCES * line

    @property
    def note(self) -> str:
        """What is special about this timestep or this layer."""
        layer, view = self.context.layer, self.context.state.view
        if self.unit is not None and self.timestep == (view.length - 1 if layer.backward else 0):
            return "begins at the initial state"
        if self.flow is not None and self.flow.projection is not None:
            return f"h goes on as {self.flow.projection:,} numbers"
        return "reads from the end" if layer.backward else ""

    @property
    def given(self) -> str:
        """What goes in at the cursor."""
        flow = self.flow
        if flow is None or self.step is None:
            return ""
        row = self.timestep - flow.start
        if flow.below:
            return "h of " + ", ".join(flow.below)
        if flow.symbols is not None:
            return named(flow.symbols[row])
        if flow.inputs is None:
            return ""
        count = flow.inputs.shape[1]
        return format_number(float(flow.inputs[row, 0]), 6) if count == 1 else f"{count:,} numbers"


def _small_line() -> int:
    return round(QFontMetricsF(small(QApplication.font())).height())
