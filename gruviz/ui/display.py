"""The strip above the panels: which heatmaps are shown and how, and what is under the pointer."""

from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from gruviz.ui.chooser import Chooser
from gruviz.ui.derived import DerivedButton
from gruviz.ui.elided import ElidedLabel
from gruviz.ui.panels import Context
from gruviz.ui.panes import Panes
from gruviz.ui.quantity_buttons import BUTTON, QuantityButtons
from gruviz.ui.theme import STEP
from gruviz.view import Order, Reduction, toggle_quantity, with_pane

HEIGHT = 36
_WIDE, _NARROW = 132, 88
"""Widths of choosers."""
_ENOUGH = "t = 10,000   ‘e’   unit 100"
"""What is under the pointer has room for this at least, before anything is said in words beside it."""
ORDERS: Mapping[Order, str] = {
    "index": "by index",
    "keep": "by mean keep",
    "timescale": "by timescale",
    "peak": "by time of peak",
    "likeness": "by likeness",
}
REDUCTIONS: Mapping[Reduction, str] = {"mean": "mean", "min": "least", "max": "greatest"}
_ORDER_TIP = (
    "Order of the units’ rows, over the whole sequence: by index; by mean keep; by timescale, −1 / mean(ln keep), the "
    "longest first; by the time at which the state is largest in magnitude; or units that behave alike side by side "
    "(Ward’s clustering of their keep). In a cell without a keep by its state, and by its autocorrelation timescale"
)
_REDUCTION_TIP = "What a column or row of a heatmap shows where it holds several timesteps or units"


class DisplayBar(QWidget):
    """A button for each heatmap, the order of units, how columns are reduced, the checkpoint, the pointer."""

    checkpoint_chosen = Signal(int)
    """The training step that was chosen."""

    def __init__(self, context: Context, panes: Panes, read_pages: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.page = page_button(read_pages)
        self._steps: list[int] = []
        self.setFixedHeight(HEIGHT)
        self.setObjectName("display")
        self.order = Chooser(_WIDE, _ORDER_TIP)
        self.reduction = Chooser(_NARROW, _REDUCTION_TIP)
        self.checkpoint = Chooser(_NARROW, "Checkpoint: the training step of the network that read the sequence")
        self.pointer = ElidedLabel("What is under the pointer: timestep, symbol, unit and its exact value")
        self.pointer.setObjectName("quiet")
        self.pointer.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.pointer.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(3 * STEP, STEP, 2 * STEP, STEP)
        self._row.setSpacing(STEP)
        self._heatmaps = QuantityButtons("Show or hide")
        self._heatmaps.clicked.connect(self._toggle)
        self._words = [_quiet(words) for words in ("heatmaps", "units", "columns", "checkpoint")]
        self._row.addWidget(self.page)
        self._row.addSpacing(2 * STEP)
        self._row.addWidget(self._words[0])
        self._row.addLayout(self._heatmaps)
        self.more = DerivedButton(context, panes, BUTTON)
        self._row.addWidget(self.more)
        for words, chooser in zip(self._words[1:], (self.order, self.reduction, self.checkpoint), strict=True):
            self._row.addSpacing(2 * STEP)
            self._row.addWidget(words)
            self._row.addWidget(chooser)
        self._row.addWidget(self.pointer, 1)
        self.order.chosen.connect(self._choose_order)
        self.reduction.chosen.connect(self._choose_reduction)
        self.checkpoint.chosen.connect(self._choose_checkpoint)
        state = context.state
        for signal in (state.pane_changed, state.rows_changed, state.display_changed):
            signal.connect(self._show)
        self._show()

    @property
    def buttons(self) -> dict[str, QToolButton]:
        """By quantity, of the cell on show."""
        return self._heatmaps.buttons

    def say(self, words: str) -> None:
        """Tell what is under the pointer."""
        self.pointer.write(words)

    def refresh(self) -> None:
        """Offer what there is by now in a recording that has grown."""
        self._show()

    @Slot()
    def _show(self) -> None:
        view, facts = self._context.state.view, self._context.loader.facts
        known = facts is not None and view.pane.layer in facts.layers
        orders = dict(ORDERS)
        if known and self._context.layer.cell.keep is None:
            orders |= {"keep": "by mean state", "timescale": "by autocorrelation"}
        self.order.show_choices(list(orders.values()), list(orders).index(view.pane.order))
        self.reduction.show_choices(list(REDUCTIONS.values()), list(REDUCTIONS).index(view.reduction))
        if facts is None or view.pane.layer not in facts.layers:
            return
        quantities = facts.layers[view.pane.layer].cell.quantities
        self._heatmaps.show_quantities(quantities, {each.name for each in quantities} - set(view.hidden))
        self._steps = sorted({info.checkpoint for info in facts.sequences_of(view.pane.layer) if info.length})
        chosen = self._steps.index(view.pane.checkpoint) if view.pane.checkpoint in self._steps else -1
        self.checkpoint.show_choices([checkpoint_words(step) for step in self._steps], chosen)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """That of the buttons and choosers alone."""
        return QSize(self._needed(_NARROW) + 6 * STEP, HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the room out anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Where there is little room, the words before buttons and choosers yield to what is under the pointer."""
        several = len(self._steps) > 1
        words = sum(label.sizeHint().width() + STEP for label in self._words[: None if several else -1])
        room = self.width() - self.fontMetrics().horizontalAdvance(_ENOUGH)
        wide = room >= self._needed(_WIDE) + words
        self.order.setFixedWidth(_WIDE if wide else _NARROW)
        for label in self._words:
            label.setVisible(wide)
        self._words[-1].setVisible(wide and several)
        self.checkpoint.setVisible(several)

    def _needed(self, order: int) -> int:
        """The width of all but words, where the chooser of the order has that one."""
        choosers = order + _NARROW * (1 + (len(self._steps) > 1)) + self.page.sizeHint().width() + 3 * STEP
        return (len(self.buttons) + 1) * (BUTTON + STEP) + choosers + 12 * STEP

    @Slot(str)
    def _toggle(self, name: str) -> None:
        self._context.state.change(toggle_quantity, name)

    @Slot(int)
    def _choose_order(self, index: int) -> None:
        self._context.state.change(with_pane, order=get_args(Order)[index])

    @Slot(int)
    def _choose_reduction(self, index: int) -> None:
        self._context.state.change(replace, reduction=get_args(Reduction)[index])

    @Slot(int)
    def _choose_checkpoint(self, index: int) -> None:
        self.checkpoint_chosen.emit(self._steps[index])


def page_button(action: QAction) -> QToolButton:
    """A small button for one of the actions."""
    button = QToolButton()
    button.setObjectName("quantity")
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setDefaultAction(action)
    return button


def checkpoint_words(step: int) -> str:
    """A training step, or that there is none."""
    return "not training" if step < 0 else f"{step:,}"


def _quiet(words: str) -> QLabel:
    label = QLabel(words)
    label.setObjectName("quiet")
    return label
