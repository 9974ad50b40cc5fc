"""The menus, made from the table of actions; those of recent files and of heatmaps are filled as they open."""

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QMenuBar

from gruviz.ui.actions import ACTIONS
from gruviz.ui.derived import DerivedChoices
from gruviz.ui.panels import Context
from gruviz.ui.panes import Panes
from gruviz.ui.settings import Settings
from gruviz.view import toggle_quantity


class Menus(QObject):
    """Fills a menu bar."""

    wanted = Signal(str)
    """The path of a recent file that is to be opened."""

    def __init__(
        self, bar: QMenuBar, actions: Mapping[str, QAction], context: Context, panes: Panes, settings: Settings
    ) -> None:
        super().__init__(bar)
        self._context, self._settings = context, settings
        self.named: dict[str, QMenu] = {}
        """By their titles."""
        for spec in ACTIONS:
            if spec.menu:
                if spec.menu not in self.named:
                    self.named[spec.menu] = bar.addMenu(spec.menu)
                self.named[spec.menu].addAction(actions[spec.name])
        self.recent, self.heatmaps = QMenu("Open &recent", bar), QMenu("&Heatmaps", bar)
        for name, before, inner in (("&File", "quit", self.recent), ("&View", "switch_theme", self.heatmaps)):
            self.named[name].insertMenu(actions[before], inner)
            self.named[name].insertSeparator(actions[before])
        self._derived = DerivedChoices(context, panes, self.heatmaps)
        self.recent.aboutToShow.connect(self._fill_recent)
        self.heatmaps.aboutToShow.connect(self._fill_heatmaps)

    @Slot()
    def _fill_recent(self) -> None:
        self.recent.clear()
        for path in self._settings.recent:
            action = self.recent.addAction(Path(path).name)
            action.setToolTip(path)
            action.setData(path)
            action.triggered.connect(self._open_recent)
        if not self._settings.recent:
            self.recent.addAction("None yet").setEnabled(False)

    @Slot()
    def _open_recent(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.wanted.emit(str(action.data()))

    @Slot()
    def _fill_heatmaps(self) -> None:
        self.heatmaps.clear()
        facts, view = self._context.loader.facts, self._context.state.view
        if facts is None or view.pane.layer not in facts.layers:
            self.heatmaps.addAction("No recording is open").setEnabled(False)
            return
        for quantity in facts.layers[view.pane.layer].cell.quantities:
            action = self.heatmaps.addAction(f"{quantity.symbol}  {quantity.title}")
            action.setCheckable(True)
            action.setChecked(quantity.name not in view.hidden)
            action.setData(quantity.name)
            action.triggered.connect(self._toggle_heatmap)
        self.heatmaps.addSeparator()
        self._derived.fill()

    @Slot()
    def _toggle_heatmap(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self._context.state.change(toggle_quantity, str(action.data()))
