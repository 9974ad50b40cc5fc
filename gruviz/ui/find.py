"""Looking for a text in the sequence, and going to a timestep: strips that take the place of the one for display."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from gruviz.ui.display import HEIGHT
from gruviz.ui.panels import Context
from gruviz.ui.reading import FindRequest, Hits, Request
from gruviz.ui.theme import STEP
from gruviz.view import find, seek, seek_among


class _Strip(QWidget):
    """A field with words before and after it; Escape ends it."""

    left = Signal()
    """It has done its work."""

    def __init__(self, context: Context, words: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.setFixedHeight(HEIGHT)
        self.field = QLineEdit(placeholderText=hint)
        self.field.setFixedWidth(240)
        self.field.installEventFilter(self)
        self.answer = QLabel()
        self.answer.setTextFormat(Qt.TextFormat.PlainText)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(3 * STEP, STEP, 2 * STEP, STEP)
        self.row.setSpacing(2 * STEP)
        label = QLabel(words)
        label.setObjectName("quiet")
        for widget in (label, self.field, self.answer):
            self.row.addWidget(widget)
        self.row.addStretch(1)
        self.row.addWidget(self.button("✕", "Close (Esc)", self.leave))

    def button(self, text: str, tip: str, slot: Callable[[], None]) -> QToolButton:
        """A small button."""
        made = QToolButton()
        made.setText(text)
        made.setObjectName("quantity")
        made.setToolTip(tip)
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        made.clicked.connect(slot)
        return made

    def begin(self) -> None:
        """Take the keyboard."""
        self.field.setFocus()
        self.field.selectAll()

    @Slot()
    def leave(self) -> None:
        """End it."""
        self.left.emit()

    def enter(self, backward: bool) -> None:
        """Enter was pressed, perhaps with Shift."""
        raise NotImplementedError

    def say(self, words: str, wrong: bool = False) -> None:
        """Tell what came of it."""
        self.answer.setText(words)
        name = "wrong" if wrong else "quiet"
        if name != self.answer.objectName():
            self.answer.setObjectName(name)
            self.answer.style().polish(self.answer)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter and Escape, before the field or the window takes them."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            if event.key() == Qt.Key.Key_Escape:  # not the window's own Escape
                event.accept()
                return True
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape:
                self.leave()
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.enter(bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
                return True
        return super().eventFilter(watched, event)


class FindBar(_Strip):
    """Finds as one types, and goes to the next place or the one before, round and round."""

    slot = "find"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, "find", "Text of the sequence; ↵ is a line end", parent)
        self.hits: Hits | None = None
        """All places; None until they are known."""
        self._seek_first = False
        self.row.insertWidget(2, self.button("↑", "The place before (Shift+Enter, Shift+F3)", self.back))
        self.row.insertWidget(3, self.button("↓", "The next place (Enter, F3)", self.on))
        self.field.textEdited.connect(self._edited)
        state = context.state
        state.find_changed.connect(self._ask)
        state.pane_changed.connect(self._ask)
        state.cursor_changed.connect(self._count)
        context.loader.answered.connect(self._take)

    @Slot()
    def leave(self) -> None:
        """Look for nothing any more."""
        self._context.state.change(find, "")
        self.field.clear()
        super().leave()

    @Slot()
    def on(self) -> None:
        """To the next place."""
        self._go(True)

    @Slot()
    def back(self) -> None:
        """To the place before."""
        self._go(False)

    def enter(self, backward: bool) -> None:
        """The next place, or the one before."""
        self._go(not backward)

    def _go(self, forward: bool) -> None:
        if self.hits is not None:
            self._context.state.change(seek_among, self.hits.starts, forward)

    @Slot(str)
    def _edited(self, text: str) -> None:
        self._seek_first = True
        self._context.state.change(find, text)

    @Slot()
    def _ask(self) -> None:
        self.hits = None
        view, facts = self._context.state.view, self._context.loader.facts
        if not view.find or facts is None or view.pane.layer not in facts.layers:
            self._context.loader.forget(self.slot)
            self.say("")
        elif not facts.tapes[self._context.layer.tape].text:
            self.say("This sequence is numbers: go to a timestep instead (Ctrl+G)", wrong=True)
        else:
            self._context.loader.ask(FindRequest(self.slot, *self._context.subject, view.find))

    @Slot(object, object)
    def _take(self, request: Request, answer: object) -> None:
        if isinstance(answer, Hits) and answer.text == self._context.state.view.find:
            self.hits = answer
            cursor = self._context.state.view.cursor
            if self._seek_first and len(answer.starts) and cursor not in answer.starts:
                self._seek_first = False
                self._context.state.change(seek_among, answer.starts)
            self._count()

    @Slot()
    def _count(self) -> None:
        """Which of how many."""
        if self.hits is None:
            return
        starts, cursor = self.hits.starts, self._context.state.view.cursor
        if not len(starts):
            self.say("not found", wrong=True)
            return
        place = int(starts.searchsorted(cursor, side="right"))
        here = place > 0 and starts[place - 1] == cursor
        self.say(f"{place:,} of {len(starts):,}" if here else f"{len(starts):,} places")


class GoBar(_Strip):
    """Goes to a timestep, by its number or its time."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, "go to timestep", "", parent)
        self.field.setFixedWidth(120)
        self.field.textEdited.connect(self._forgive)

    def begin(self) -> None:
        """Begin with where the cursor stands."""
        self.field.setText(str(self._context.state.view.cursor))
        self._forgive()
        super().begin()

    def enter(self, backward: bool) -> None:
        """Go there, if there is such a timestep."""
        timestep = self._timestep()
        if timestep is not None and timestep < self._context.state.view.length:
            self._context.state.change(seek, timestep)
            self.leave()
        else:
            self.say(f"This sequence has the timesteps {self._range()}", wrong=True)

    def _timestep(self) -> int | None:
        """The one that is asked for, by its number, or by its time where it has one."""
        text, clock = self.field.text(), self._context.clock
        digits = text.strip().replace(",", "").replace("\u2009", "").replace(" ", "")
        if digits.isascii() and digits.isdecimal():
            return int(digits)
        return clock.timestep(text) if clock else None

    def _range(self) -> str:
        last, clock = self._context.state.view.length - 1, self._context.clock
        return f"0 to {last:,}" + (f", which are {clock.say(0)} to {clock.say(last)}" if clock else "")

    @Slot()
    def _forgive(self) -> None:
        last, clock = self._context.state.view.length - 1, self._context.clock
        self.say(f"0 to {last:,}" + (f", or a time up to {clock.say(last)}" if clock else ""))
