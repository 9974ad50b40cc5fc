"""The strip above the pages: which quantity shades them, marks, and what is under the pointer."""

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from gruviz.ui.display import HEIGHT, page_button
from gruviz.ui.elided import ElidedLabel
from gruviz.ui.panels import Context
from gruviz.ui.quantity_buttons import BUTTON, QuantityButtons
from gruviz.ui.sheet.subject import Subject
from gruviz.ui.theme import STEP
from gruviz.view import colour_by


class SheetBar(QWidget):
    """A button for each quantity of the cell, of which one is chosen."""

    def __init__(self, context: Context, subject: Subject, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self._context, self._subject = context, subject
        self.setFixedHeight(HEIGHT)
        self.page = page_button(actions["read_pages"])
        self.mark = page_button(actions["mark_range"])
        self.pointer = ElidedLabel("What is under the pointer: timestep, symbol, unit and its exact value")
        self.pointer.setObjectName("quiet")
        self.pointer.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.pointer.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(3 * STEP, STEP, 2 * STEP, STEP)
        row.setSpacing(STEP)
        row.addWidget(self.page)
        row.addSpacing(2 * STEP)
        self._quantities = QuantityButtons("Shade the pages by")
        self._quantities.clicked.connect(self._choose)
        row.addLayout(self._quantities)
        row.addSpacing(2 * STEP)
        row.addWidget(self.mark)
        row.addWidget(self.pointer, 1)
        state = context.state
        for signal in (state.pane_changed, state.page_changed, state.mark_changed):
            signal.connect(self._show)

    def minimumSizeHint(self) -> QSize:
        """That of the buttons."""
        fixed = self.page.sizeHint().width() + self.mark.sizeHint().width()
        return QSize(fixed + len(self.buttons) * (BUTTON + STEP) + 14 * STEP, HEIGHT)

    @property
    def buttons(self) -> dict[str, QToolButton]:
        """By quantity, of the cell on show."""
        return self._quantities.buttons

    def say(self, words: str) -> None:
        """Tell what is under the pointer."""
        self.pointer.write(words)

    @Slot()
    def _show(self) -> None:
        if self._subject.facts is None:
            return
        self._quantities.show_quantities(self._context.layer.cell.quantities, (self._subject.quantity.name,))

    @Slot(str)
    def _choose(self, name: str) -> None:
        self._context.state.change(colour_by, name)
        self._show()  # the one that was chosen already stays pressed
