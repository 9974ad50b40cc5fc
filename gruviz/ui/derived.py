"""What is worked out, to choose from: heatmaps and gradients, in the menu of heatmaps and behind a button beside it."""

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from gruviz.analysis import derived
from gruviz.ui.panels import KINDS, Context
from gruviz.view import toggle_derived


class DerivedChoices(QObject):
    """Puts them into a menu whenever that opens."""

    def __init__(self, context: Context, menu: QMenu) -> None:
        super().__init__(menu)
        self._context, self._menu = context, menu

    @Slot()
    def fill(self) -> None:
        """Add what the layer on show offers."""
        facts, view = self._context.loader.facts, self._context.state.view
        if facts is None or view.pane.layer not in facts.layers:
            return
        for quantity in derived(facts.layers[view.pane.layer].cell):
            tip = f"{quantity.meaning}<br><b>{quantity.formula}</b>"
            self._add(quantity.name, quantity.symbol, quantity.title, tip)
        self._menu.addSeparator()
        for kind in KINDS:
            self._add(kind.name, kind.symbol, kind.title, kind.tip)

    def _add(self, name: str, symbol: str, title: str, tip: str) -> None:
        action = QAction(f"{symbol}   {title}", self._menu)
        action.setCheckable(True)
        action.setChecked(name in self._context.state.view.derived)
        action.setData(name)
        action.setToolTip(tip)
        action.triggered.connect(self._toggle)
        self._menu.addAction(action)

    @Slot()
    def _toggle(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self._context.state.change(toggle_derived, str(action.data()))


class DerivedButton(QToolButton):
    """Opens a menu of them; pressed in while any is shown."""

    def __init__(self, context: Context, width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.setText("+")
        self.setObjectName("quantity")
        self.setCheckable(True)
        self.setFixedWidth(width)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(
            "More: survival from a marked timestep, what is carried, written, changed, held back; gradients"
        )
        self.setAccessibleName("more heatmaps")
        self.choices = QMenu(self)
        self.choices.setToolTipsVisible(True)
        self._offer = DerivedChoices(context, self.choices)
        self.clicked.connect(self._open)
        context.state.pane_changed.connect(self._show)
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
        self.setChecked(bool(names & {*view.derived}))
