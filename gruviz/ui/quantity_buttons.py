"""A row of small buttons, one for each quantity of the cell on show."""

from collections.abc import Collection

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QToolButton

from gruviz.cells import Quantity
from gruviz.ui.theme import STEP

BUTTON = 28
"""Width of a button."""


class QuantityButtons(QHBoxLayout):
    """They can be pressed, several or one at a time, as those who show them say."""

    clicked = Signal(str)
    """The name of the quantity whose button was clicked."""

    def __init__(self, what: str) -> None:
        """`what` a button does with its quantity, in words that its symbol ends."""
        super().__init__()
        self._what = what
        self.buttons: dict[str, QToolButton] = {}
        """By quantity."""
        self.setSpacing(STEP)

    def show_quantities(self, quantities: tuple[Quantity, ...], pressed: Collection[str]) -> None:
        """Offer these, of which some are pressed."""
        if list(self.buttons) != [quantity.name for quantity in quantities]:
            for button in self.buttons.values():
                self.removeWidget(button)
                button.setParent(None)  # at once: out of the layout it would stay where it stands, until deleted
                button.deleteLater()
            self.buttons = {quantity.name: self._button(quantity) for quantity in quantities}
        for name, button in self.buttons.items():
            button.setChecked(name in pressed)

    def _button(self, quantity: Quantity) -> QToolButton:
        button = QToolButton()
        button.setText(quantity.symbol)
        button.setCheckable(True)
        button.setObjectName("quantity")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setFixedWidth(BUTTON)
        button.setToolTip(f"{self._what} <b>{quantity.symbol}</b> {quantity.title}<br>{quantity.formula}")
        button.setAccessibleName(quantity.title)
        button.setProperty("quantity", quantity.name)
        button.clicked.connect(self._tell)
        self.addWidget(button)
        return button

    @Slot()
    def _tell(self) -> None:
        self.clicked.emit(str(self.sender().property("quantity")))
