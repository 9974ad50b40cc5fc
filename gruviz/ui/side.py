"""The right side of the window: the list of units, and below it what one of several tabs shows."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from gruviz.ui.panels import (
    CellPanel,
    Context,
    GradientTab,
    MemoryPanel,
    PredictionsPanel,
    SaturationPanel,
    TimescalesPanel,
    TrainingPanel,
    UnitsPanel,
)
from gruviz.ui.panels.tab import ANY, TabPanel
from gruviz.ui.reading import Facts
from gruviz.ui.theme import STEP, small
from gruviz.ui.unit_filter import UnitFilter
from gruviz.view import Tab

WIDTH = 320
"""Usual pixels across the side."""
LEAST = 292
"""The fewest pixels across."""
_BAR = 28
_AROUND, _CLOSE = 16, 8
"""Pixels around the title of a tab, where there is room; and those with less than which it stands too close."""
_UNITS, _BELOW = 136, 160
"""The fewest pixels down the list of units, and down what stands below it."""


@dataclass(frozen=True)
class TabSpec:
    """One of the tabs."""

    name: Tab
    title: str
    """With the mnemonic that it has in the menu."""
    tip: str
    keys: str
    make: Callable[[Context], TabPanel]
    """Called when it is first looked at."""
    fits: Callable[[Facts, str], bool]
    """Whether it makes sense for this recording and the layer of this name; else there is no such tab."""
    short: str = ""
    """A shorter title for where there are many; empty where the title is short."""


TABS: tuple[TabSpec, ...] = (
    TabSpec(
        "prediction",
        "&Next",
        "What the network predicts at the cursor, and what really came",
        "Alt+1",
        PredictionsPanel,
        lambda facts, layer: "values" in facts.tapes[facts.layers[layer].tape].outputs,
    ),
    TabSpec(
        "cell",
        "&Cell",
        "The cell of the unit selected last, with the numbers that flow through it at the cursor",
        "Alt+2",
        CellPanel,
        lambda facts, layer: True,
    ),
    TabSpec(
        "memory",
        "&Memory",
        "What the state at the cursor is made of: the earlier timesteps, by their weight in it",
        "Alt+3",
        MemoryPanel,
        lambda facts, layer: True,
    ),
    TabSpec(
        "timescales",
        "&Timescales",
        "For how long each unit keeps what it holds",
        "Alt+4",
        TimescalesPanel,
        lambda facts, layer: True,
        "Times",
    ),
    TabSpec(
        "saturation",
        "&Saturation",
        "How often each gate is all but shut, and all but open",
        "Alt+5",
        SaturationPanel,
        lambda facts, layer: any(quantity.fraction for quantity in facts.layers[layer].cell.quantities),
        "Satur.",
    ),
    TabSpec(
        "gradient",
        "G&radient",
        "How the loss depends on the state at the cursor, and one state on another: direct path and all paths",
        "Alt+6",
        GradientTab,
        lambda facts, layer: True,
        "Grad.",
    ),
    TabSpec(
        "training",
        "Trainin&g",
        "How gates saturated and timescales spread while the network learned",
        "Alt+7",
        TrainingPanel,
        lambda facts, layer: facts.tapes[facts.layers[layer].tape].scrubbed,
        "Train.",
    ),
)
"""From left to right."""


class Side(QSplitter):
    """The list of units, always, and the tabs. Where room is short, the list yields first."""

    copied = Signal(str)
    """What was copied, in words."""
    gradients_wanted = Signal(str)
    """Gradients are to be worked out: of a loss at this, of `gradient_tab.At`."""

    def __init__(self, context: Context, actions: dict[str, QAction], parent: QWidget | None = None) -> None:
        """Build it.

        Args:
            context: what every panel works with.
            actions: by the names of the tabs, what turns to each.
            parent: of the widget.
        """
        super().__init__(Qt.Orientation.Vertical, parent, childrenCollapsible=False, handleWidth=1)
        self.context = context
        self.units = UnitsPanel(context)
        self.units.setMinimumHeight(_UNITS)
        self.units.copied.connect(self.copied)
        self.filter = UnitFilter(context)
        self.panels: dict[Tab, TabPanel] = {}
        """Those that have been looked at."""
        self.tall = 0
        """How many pixels down were given to what stands below the list of units; 0 while nobody has said so."""
        self._actions = actions
        self._turned: Tab | None = None
        """The tab that was wanted at the latest look."""
        self._group = QActionGroup(self)
        self._buttons: dict[Tab, QToolButton] = {}
        self.bar, self.stack = self._build_bar(), QStackedWidget()
        self.below = QWidget()
        column = QVBoxLayout(self.below)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.stack)
        above = QWidget()
        list_ = QVBoxLayout(above)
        list_.setContentsMargins(0, 0, 0, 0)
        list_.setSpacing(0)
        list_.addWidget(self.filter)
        list_.addWidget(self.units)
        self.addWidget(above)
        self.addWidget(self.below)
        self.setStretchFactor(0, 1)
        self.setStretchFactor(1, 0)
        self.setMinimumWidth(LEAST)
        context.state.pane_changed.connect(self._turn)
        context.state.tab_changed.connect(self._turn)
        self.splitterMoved.connect(self._dragged)
        self._turn()

    def _build_bar(self) -> QWidget:
        bar = QWidget()
        bar.setObjectName("tabs")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        bar.setFixedHeight(_BAR)
        row = QHBoxLayout(bar)
        row.setContentsMargins(STEP, 0, STEP, 0)
        row.setSpacing(0)
        for tab in TABS:
            self._group.addAction(self._actions[tab.name])
            button = QToolButton()
            button.setObjectName("tab")
            button.setDefaultAction(self._actions[tab.name])
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setFont(small(self.font()))
            row.addWidget(button)
            self._buttons[tab.name] = button
        row.addStretch(1)
        return bar

    @property
    def offered(self) -> tuple[TabSpec, ...]:
        """The tabs that make sense for what is on show."""
        facts, layer = self.context.loader.facts, self.context.state.view.pane.layer
        if facts is None or layer not in facts.layers:
            return ()
        return tuple(tab for tab in TABS if tab.fits(facts, layer))

    @property
    def shown(self) -> TabPanel | None:
        """What stands below the list of units."""
        panel = self.stack.currentWidget()
        return panel if isinstance(panel, TabPanel) and self.below.isVisibleTo(self) else None

    @Slot()
    def _turn(self) -> None:
        """Show what is to be shown."""
        if self.context.reread and self.shown is not None and self._turned == self.context.state.view.tab:
            return
        self._turned = self.context.state.view.tab
        offered, wanted = self.offered, self.context.state.view.tab
        names = [tab.name for tab in offered]
        for name, button in self._buttons.items():
            self._actions[name].setVisible(name in names)
            button.setVisible(name in names)
        self.below.setVisible(bool(offered))
        if offered:
            spec = offered[names.index(wanted)] if wanted in names else offered[0]
            self._actions[spec.name].setChecked(True)
            if spec.name not in self.panels:
                panel = self.panels[spec.name] = spec.make(self.context)
                self.stack.addWidget(panel)
                panel.copied.connect(self.copied)
                if isinstance(panel, GradientTab):
                    panel.wanted.connect(self.gradients_wanted)
            self.stack.setCurrentWidget(self.panels[spec.name])
            self._share()
            self._space()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The list of units takes what there is more, or less."""
        super().resizeEvent(event)
        self._share()
        self._space()

    def _space(self) -> None:
        """Give the titles of the tabs as much room around them as there is, up to a usual measure.

        Where they would stand too close, all but the one on show are shortened.
        """
        metrics = next(iter(self._buttons.values())).fontMetrics()
        titles = {tab.name: tab.title.replace("&", "") for tab in self.offered}
        room = self.width() - 2 * STEP

        def free() -> int:
            """What the titles leave over, for each."""
            return (room - sum(map(metrics.horizontalAdvance, titles.values()))) // max(len(titles), 1)

        if free() < _CLOSE:
            for tab in self.offered:
                if tab.short and not self._actions[tab.name].isChecked():
                    titles[tab.name] = tab.short
        around = min(_AROUND, max(0, free()))
        for name, title in titles.items():
            self._actions[name].setIconText(title)  # which is what the button says
            self._buttons[name].setFixedWidth(metrics.horizontalAdvance(title) + around)

    @property
    def _most(self) -> int:
        """The most pixels down that what stands below the list can use."""
        return ANY if self.shown is None else min(_BAR + self.shown.tallest, ANY)

    def _share(self) -> None:
        """Give what stands below the list as much as is wanted, and no more than it can use."""
        self.below.setMinimumHeight(min(_BELOW, self._most))
        self.below.setMaximumHeight(self._most)
        usual = _BAR + self.shown.usual(self.width()) if self.shown is not None else 0
        below = min(self.tall or usual, self._most)
        self.setSizes([max(self.height() - self.handleWidth() - below, 0), below])

    @Slot()
    def _dragged(self) -> None:
        below = self.sizes()[1]
        if below < self._most:  # else it may be less than was wanted of another tab
            self.tall = below
