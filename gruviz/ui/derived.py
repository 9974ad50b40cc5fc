"""What is worked out, to choose from: heatmaps and gradients, in the menu of heatmaps and behind a button beside it."""

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from gruviz.analysis import derived
from gruviz.cells import difference
from gruviz.ui.panels import KINDS, Context
from gruviz.ui.panes import Panes
from gruviz.view import toggle_derived, toggle_difference


class DerivedChoices(QObject):
    """Puts them into a menu whenever that opens; and, in a comparison, the differences of two recordings."""

    def __init__(self, context: Context, panes: Panes, menu: QMenu) -> None:
        super().__init__(menu)
        self._context, self._panes, self._menu = context, panes, menu

    @Slot()
    def fill(self) -> None:
        """Add what the layer on show offers."""
        facts, view = self._context.loader.facts, self._context.state.view
        if facts is None or view.pane.layer not in facts.layers:
            return
        for quantity in derived(facts.layers[view.pane.layer].cell):
            tip = f"{quantity.meaning}<br><b>{quantity.formula}</b>"
            action = self._add(quantity.name, quantity.symbol, quantity.title, tip, quantity.name in view.derived)
            action.triggered.connect(self._toggle)
        self._menu.addSeparator()
        for kind in KINDS:
            action = self._add(kind.name, kind.symbol, kind.title, kind.tip, kind.name in view.derived)
            action.triggered.connect(self._toggle)
        if self._panes.several:
            self._menu.addSeparator()
            self._add_differences()

    def _add_differences(self) -> None:
        pairs, view = self._panes.corresponding, self._context.state.view
        for quantity in map(difference, self._panes.contexts[0].layer.cell.quantities):
            tip = f"{quantity.meaning}<br><b>{quantity.formula}</b>"
            if not pairs:
                tip = "None of the others has units that are those of the first: as many, of the same kind of cell."
            shown = quantity.name in view.differences and bool(pairs)
            action = self._add(quantity.name, quantity.symbol, quantity.title, tip, shown)
            action.triggered.connect(self._toggle_difference)
            action.setEnabled(bool(pairs))

    def _add(self, name: str, symbol: str, title: str, tip: str, shown: bool) -> QAction:
        action = QAction(f"{symbol}   {title}", self._menu)
        action.setCheckable(True)
        action.setChecked(shown)
        action.setData(name)
        action.setToolTip(tip)
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

    def __init__(self, context: Context, panes: Panes, width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context, self._panes = context, panes
        self.setText("+")
        self.setObjectName("quantity")
        self.setCheckable(True)
        self.setFixedWidth(width)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(
            "More: survival from a marked timestep, what is carried, written, changed, held back; gradients; and the "
            "difference of two recordings"
        )
        self.setAccessibleName("more heatmaps")
        self.choices = QMenu(self)
        self.choices.setToolTipsVisible(True)
        self._offer = DerivedChoices(context, panes, self.choices)
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
        names = {*(quantity.name for quantity in offered), *(kind.name for kind in KINDS)}
        self.setChecked(bool(names & {*view.derived}) or bool(view.differences and self._panes.corresponding))
