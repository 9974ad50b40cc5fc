"""The strip above the pages: which quantity shades them, marks, and what is under the pointer."""

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from gruviz.cells import Quantity
from gruviz.ui.display import HEIGHT, page_button
from gruviz.ui.elided import ElidedLabel
from gruviz.ui.panels import Context
from gruviz.ui.sheet.subject import Subject
from gruviz.ui.theme import STEP
from gruviz.view import shade_by

_BUTTON = 28


class SheetBar(QWidget):
    """A button for each quantity of the cell, of which one is chosen."""

    def __init__(self, context: Context, subject: Subject, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self._context, self._subject = context, subject
        self.buttons: dict[str, QToolButton] = {}
        """By quantity, of the cell on show."""
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
        self._quantities = QHBoxLayout()
        self._quantities.setSpacing(STEP)
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
        return QSize(fixed + len(self.buttons) * (_BUTTON + STEP) + 14 * STEP, HEIGHT)

    def say(self, words: str) -> None:
        """Tell what is under the pointer."""
        self.pointer.write(words)

    @Slot()
    def _show(self) -> None:
        if self._subject.facts is None:
            return
        quantities = self._context.layer.cell.quantities
        if list(self.buttons) != [quantity.name for quantity in quantities]:
            for button in self.buttons.values():
                self._quantities.removeWidget(button)
                button.setParent(None)  # at once: out of the layout it would stay where it stands, until deleted
                button.deleteLater()
            self.buttons = {quantity.name: self._button(quantity) for quantity in quantities}
        for name, button in self.buttons.items():
            button.setChecked(name == self._subject.quantity.name)

    def _button(self, quantity: Quantity) -> QToolButton:
        button = QToolButton()
        button.setText(quantity.symbol)
        button.setCheckable(True)
        button.setObjectName("quantity")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setFixedWidth(_BUTTON)
        button.setToolTip(f"Shade the pages by <b>{quantity.symbol}</b> {quantity.title}<br>{quantity.formula}")
        button.setAccessibleName(quantity.title)
        button.setProperty("quantity", quantity.name)
        button.clicked.connect(self._choose)
        self._quantities.addWidget(button)
        return button

    @Slot()
    def _choose(self) -> None:
        self._context.state.change(shade_by, str(self.sender().property("quantity")))
        self._show()  # the one that was chosen already stays pressed
