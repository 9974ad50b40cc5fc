"""The line over the list of units: which of them are on show."""

from html import escape

from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from gruviz.analysis import NUMBERS, Expression, numbers_of
from gruviz.errors import GruvizError
from gruviz.ui.panels import Context
from gruviz.ui.reading import Kept, KeptRequest, Request
from gruviz.ui.theme import STEP
from gruviz.view import filter_units

_PAUSE = 400
"""Milliseconds without a key after which what was typed counts."""
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class UnitFilter(QWidget):
    """A condition, how many units it keeps, and what is wrong with it."""

    left = Signal()
    """The keyboard is done here."""
    slot = "kept"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.setObjectName("filter")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.field = QLineEdit(clearButtonEnabled=True)
        self.field.setAccessibleName("Filter of the units")
        self.field.installEventFilter(self)
        self.count, self.wrong = QLabel(), QLabel(wordWrap=True)
        self.count.setObjectName("quiet")
        self.wrong.setObjectName("wrong")
        self.wrong.setTextFormat(Qt.TextFormat.PlainText)
        line = QHBoxLayout()
        line.setSpacing(2 * STEP)
        line.addWidget(self.field, 1)
        line.addWidget(self.count)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * STEP, STEP, 2 * STEP, STEP)
        column.setSpacing(STEP)
        column.addLayout(line)
        column.addWidget(self.wrong)
        self._kept: Kept | None = None
        """What is known of the latest filter."""
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE)
        self._pause.timeout.connect(self._apply)
        self.field.textEdited.connect(self._edited)
        state = context.state
        state.pane_changed.connect(self._turn)
        for changed in (state.rows_changed, state.thresholds_changed, state.length_changed):
            changed.connect(self._ask)
        context.loader.answered.connect(self._take)
        context.loader.failed.connect(self._fail)
        self._ask()

    def begin(self) -> None:
        """Take the keyboard."""
        self.field.setFocus()
        self.field.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter applies it; Escape takes it away, and is not the window's."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self.field.clear()
                self._apply()
                self.left.emit()
                return True
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() in _ENTER:
            self._apply()
            self.left.emit()
            return True
        return super().eventFilter(watched, event)

    @Slot(str)
    def _edited(self, text: str) -> None:
        self._say("", "")
        if text.strip():
            self._pause.start()
        else:
            self._apply()

    @Slot()
    def _apply(self) -> None:
        """Show the units of which it is true, once it can be read."""
        self._pause.stop()
        text = self.field.text().strip()
        try:
            if text:
                Expression(text)
        except GruvizError as error:
            self._say("", str(error))
            return
        if text == self._context.state.view.pane.filter:
            self._ask()
        self._context.state.change(filter_units, text)

    @Slot()
    def _turn(self) -> None:
        """Something else is on show: what was typed and did not count is gone."""
        if self._context.reread:
            return
        self._pause.stop()
        self._kept = None  # of another recording, perhaps, of which the same is asked
        self._say("", "")
        self.field.setText(self._context.state.view.pane.filter)
        self._ask()

    @Slot()
    def _ask(self) -> None:
        view, facts = self._context.state.view, self._context.loader.facts
        text = view.pane.filter
        if not self._pause.isActive() and self.field.text().strip() != text and not self.wrong.text():
            self.field.setText(text)
        if facts is None or view.pane.layer not in facts.layers or not view.length:
            return
        self._teach()
        if not text:
            self._context.loader.forget(self.slot)
            if not self.wrong.text():
                self._say("", "")
            return
        request = KeptRequest(self.slot, *self._context.ordering, text, view.thresholds)
        self._context.loader.ask(request)
        if self._kept is not None and self._kept.request == request:  # which is not answered twice
            self._take(request, self._kept)

    def _teach(self) -> None:
        names = numbers_of(self._context.layer.cell)
        lines = "".join(
            f"<tr><td><b>{name}</b>&nbsp;&nbsp;</td><td>{escape(NUMBERS[name])}</td></tr>" for name in names
        )
        example = "tau > 50 and keep > 0.8" if "tau" in names else "acf > 5 and peak < 100"
        self.field.setPlaceholderText(f"Filter: {example}")
        self.field.setToolTip(
            "Show only the units of which this is true, over the whole sequence. There are &lt; &lt;= &gt; &gt;= == "
            f"!=, and, or, not, + − * /, abs( ), parentheses, and of each unit:<table>{lines}</table>"
        )

    @Slot(object, object)
    def _take(self, request: Request, answer: object) -> None:
        if not isinstance(answer, Kept) or answer.request.filter != self._context.state.view.pane.filter:
            return
        self._kept = answer
        if answer.wrong:
            self._say("", answer.wrong)
        elif answer.units is None:
            self._say(f"reading, {answer.done:.0%}", "")
        else:
            self._say(f"{int(answer.units.sum()):,} of {len(answer.units):,}", "")

    @Slot(object, str)
    def _fail(self, request: Request, message: str) -> None:
        if request.slot == self.slot:
            self._say("", message)

    def _say(self, count: str, wrong: str) -> None:
        self.count.setText(count)
        self.count.setVisible(bool(count))
        self.wrong.setText(wrong)
        self.wrong.setVisible(bool(wrong))
