"""The heatmaps of what is worked out, to choose from: in the menu of heatmaps, and behind a button beside theirs."""

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from gruviz.analysis import derived
from gruviz.cells import Quantity, difference
from gruviz.ui.comparison import Comparison
from gruviz.ui.panels import Context
from gruviz.view import toggle_derived, toggle_difference


class DerivedChoices(QObject):
    """Puts them into a menu whenever that opens; and, in a comparison, the differences of two recordings."""

    def __init__(self, context: Context, comparison: Comparison, menu: QMenu) -> None:
        super().__init__(menu)
        self._context, self._comparison, self._menu = context, comparison, menu

    @Slot()
    def fill(self) -> None:
        """Add what the layer on show offers."""
        facts, view = self._context.loader.facts, self._context.state.view
        if facts is None or view.pane.layer not in facts.layers:
            return
        for quantity in derived(facts.layers[view.pane.layer].cell):
            self._add(quantity, quantity.name, quantity.name in view.derived).triggered.connect(self._toggle)
        if not self._comparison.several:
            return
        self._menu.addSeparator()
        pairs = self._comparison.corresponding
        for quantity in self._comparison.contexts[0].layer.cell.quantities:
            shown = quantity.name in view.differences and bool(pairs)
            action = self._add(difference(quantity), quantity.name, shown)
            action.triggered.connect(self._toggle_difference)
            action.setEnabled(bool(pairs))
            if not pairs:
                action.setToolTip("None of the others has a cell of the same kind with as many units as the first.")

    def _add(self, quantity: Quantity, name: str, shown: bool) -> QAction:
        action = QAction(f"{quantity.symbol}   {quantity.title}", self._menu)
        action.setCheckable(True)
        action.setChecked(shown)
        action.setData(name)
        action.setToolTip(f"{quantity.meaning}<br><b>{quantity.formula}</b>")
        self._menu.addAction(action)
        return action

    @Slot()
    def _toggle(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self._context.state.change(toggle_derived, str(action.data()))

    @Slot()
    def _toggle_difference(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self._context.state.change(toggle_difference, str(action.data()))


class DerivedButton(QToolButton):
    """Opens a menu of them; pressed in while any is shown."""

    def __init__(self, context: Context, comparison: Comparison, width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context, self._comparison = context, comparison
        self.setText("+")
        self.setObjectName("quantity")
        self.setCheckable(True)
        self.setFixedWidth(width)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(
            "More heatmaps: survival from a marked timestep, what is carried, written, changed, held back; and "
            "differences of recordings beside each other"
        )
        self.setAccessibleName("more heatmaps")
        self.choices = QMenu(self)
        self.choices.setToolTipsVisible(True)
        self._offer = DerivedChoices(context, comparison, self.choices)
        self.clicked.connect(self._open)
        context.state.panes_changed.connect(self._show)
        context.state.display_changed.connect(self._show)

    @Slot()
    def _open(self) -> None:
        self._show()
        self.choices.clear()
        self._offer.fill()
        self.choices.popup(self.mapToGlobal(self.rect().bottomLeft()))

    @Slot()
    def _show(self) -> None:
        facts, view = self._context.loader.facts, self._context.state.view
        offered = derived(facts.layers[view.pane.layer].cell) if facts and view.pane.layer in facts.layers else ()
        worked_out = any(quantity.name in view.derived for quantity in offered)
        self.setChecked(worked_out or bool(view.differences and self._comparison.corresponding))
