"""Where the cursor stands, in the toolbar."""

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from gruviz.ui.panels import Context
from gruviz.ui.panels.units import format_value
from gruviz.ui.reading import Request, Rows

_MOST = 3
"""Numeric inputs that are read out."""


class Readout(QLabel):
    """`t = 132 of 14,210   's'`. It hears the answers that the list of units asks for."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._rows: Rows | None = None
        self.setTextFormat(Qt.TextFormat.PlainText)
        # As wide as there is room: what stands after it does not move, and a long text pushes nothing out of the bar.
        self.setMinimumWidth(QFontMetrics(self.font()).horizontalAdvance("t = 100,000 of 100,000   space"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setToolTip("The timestep at the cursor, counted from 0, the sequence's length, and what was read there.")
        context.state.pane_changed.connect(self._turn)
        context.state.cursor_changed.connect(self._write)
        context.loader.answered.connect(self._take)

    def sizeHint(self) -> QSize:
        """No wider than need be, whatever it says."""
        return QSize(self.minimumWidth(), super().sizeHint().height())

    @Slot()
    def _turn(self) -> None:
        self._rows = None
        self._write()

    @Slot(object, object)
    def _take(self, request: Request, answer: object) -> None:
        if isinstance(answer, Rows):
            self._rows = answer
            self._write()

    @Slot()
    def _write(self) -> None:
        view = self._context.state.view
        self.setText(f"t = {view.cursor:,} of {view.length:,}{self._input(view.cursor)}" if view.length else "")

    def _input(self, cursor: int) -> str:
        rows = self._rows
        if rows is None or cursor not in rows:
            return ""
        words = ""
        if rows.symbols is not None:
            words += f"   {named(rows.symbols[cursor - rows.start])}"
        if rows.inputs is not None and rows.inputs.shape[1]:
            values = rows.inputs[cursor - rows.start]
            words += "   x = " + ", ".join(format_value(float(value)) for value in values[:_MOST])
            words += ", …" if len(values) > _MOST else ""
        return words


def named(symbol: str) -> str:
    """A symbol in quotes, or in words where it cannot be seen."""
    words = {" ": "space", "\n": "line end", "\t": "tab", "": "empty"}
    return words.get(symbol) or (f"‘{symbol}’" if symbol.isprintable() else repr(symbol))
