"""What holds for all that is on show: layer, convention, residual, reduction, backend, thresholds."""

import math

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QSizePolicy, QStatusBar, QWidget

from gruviz.cells import CONVENTIONS, RESETS, Thresholds
from gruviz.ui.elided import ElidedLabel
from gruviz.ui.panels import Context
from gruviz.ui.reading import Heatmap, LayerFacts, Request

_PAD = 8
"""Pixels at the sides of a label, as in the style sheet."""


class _Clickable(ElidedLabel):
    clicked = Signal()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell of it."""
        self.clicked.emit()


class StatusBar(QStatusBar):
    """The bottom line of the window."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.setSizeGripEnabled(False)
        self.layer, self.convention, self.residual, self.proof = (ElidedLabel(pad=_PAD) for _ in range(4))
        self.reduction, self.overview, self.backend = (ElidedLabel(pad=_PAD) for _ in range(3))
        self.thresholds = _Clickable(pad=_PAD)
        self.thresholds.setCursor(Qt.CursorShape.PointingHandCursor)
        left = (self.layer, self.convention, self.residual, self.proof, self.reduction, self.overview, self.backend)
        for label in left:
            self.addWidget(label)
        self.overview.hide()
        self.thresholds.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # it yields first
        self.thresholds.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.addPermanentWidget(self.thresholds, 1)
        self.reduction.setToolTip("How many timesteps and units share a column and a row of the heatmaps.")
        context.state.pane_changed.connect(self._turn)
        context.state.thresholds_changed.connect(self._turn)
        context.loader.answered.connect(self._take)

    @Slot()
    def _turn(self) -> None:
        facts, view = self._context.loader.facts, self._context.state.view
        known = facts is not None and view.pane.layer in facts.layers
        for label in (self.layer, self.convention, self.residual, self.backend, self.thresholds):
            label.setVisible(known)
        self.reduction.setVisible(known and bool(self.reduction.text()))
        self.proof.setVisible(bool(facts and facts.proof))
        if facts is not None and known:
            self._describe(self._context.layer, view.thresholds)
            self.proof.setText(facts.proof.partition(" against")[0])
            self.proof.setToolTip(
                f"This model comes from another program’s file: {facts.proof}. The residual says that the gates "
                "explain the states, not that the model does here what it did there: gruviz record … --expect OUT.npy "
                "compares."
            )

    def say_of_overview(self, words: str, tip: str = "") -> None:
        """Tell how far the making of what the recording lacks is; nothing, where it lacks nothing."""
        self.overview.setText(words)
        self.overview.setToolTip(tip)
        self.overview.setVisible(bool(words))

    def refresh(self) -> None:
        """Say what is known by now of a recording that has grown."""
        self._turn()

    def _describe(self, layer: LayerFacts, thresholds: Thresholds) -> None:
        direction = ", backward" if layer.backward else ""
        self.layer.setText(f"{layer.name}   {layer.cell.title} {layer.size}{direction}")
        keep = layer.cell[layer.cell.keep] if layer.cell.keep else None
        self.convention.setVisible(keep is not None)
        if keep is not None:
            name = CONVENTIONS.get(layer.convention, f"{layer.convention}’s")
            reset = f", {RESETS['before']}" if layer.reset == "before" else ""
            self.convention.setText(f"{keep.symbol}: {name} convention{reset}")
            self.convention.setToolTip(
                f"The convention of the model’s source. What is shown as {keep.symbol} is always the keep: "
                "1 keeps the old state."
            )
        facts, sequence = self._context.loader.facts, self._context.state.view.pane.sequence
        running = facts is not None and facts.growing and sequence >= layer.ended
        self.residual.setText("residual: known when the sequence has ended" if running else residual_words(layer))
        self.residual.setProperty("warning", not (running or layer.trusted))
        self.residual.style().polish(self.residual)
        self.residual.setToolTip(
            "The largest difference, in any step and unit, between the state the model gave out and the one that "
            "follows from the recorded gates."
        )
        self.backend.setText(layer.backend or layer.dtype)
        self.backend.setToolTip("What the layer ran on.")
        self.thresholds.setVisible(keep is not None)
        if keep is not None:
            z, h = keep.symbol, layer.cell[layer.cell.state].symbol
            retained, overwritten = f"{z} ≥ {thresholds.retained:g}", f"{z} ≤ {thresholds.overwritten:g}"
            moved = f"{h} moved > {thresholds.moved:g}"
            self.thresholds.shorter = (
                f"retained: {retained}   overwritten: {overwritten}, {moved}   else rewritten alike",
                f"retained: {retained}   overwritten: {overwritten}, {moved}",
                f"retained: {retained}   overwritten: {overwritten}",
            )
            self.thresholds.setText(
                f"retained: {retained}   overwritten: {overwritten}, {moved}   rewritten alike: not moved"
            )
        self.thresholds.setToolTip(f"{thresholds.describe()}<br>Click to change them.")

    @Slot(object, object)
    def _take(self, request: Request, answer: object) -> None:
        if isinstance(answer, Heatmap) and request.slot.startswith("heatmap"):
            self.reduction.setText(reduction_words(answer, self._context.state.view.reduction))
            self.reduction.show()


def reduction_words(heatmap: Heatmap, reduction: str) -> str:
    """How timesteps and units became columns and rows."""
    step, units = heatmap.columns.step, heatmap.units
    how = f"{reduction} of some" if heatmap.sampled else reduction
    words = "1 column = 1 step" if step == 1 else f"1 column = {step:,} steps ({how})"
    return words if units == 1 else f"{words}, 1 row = {units} units"


def residual_words(layer: LayerFacts) -> str:
    """The residual, and a warning where it is too large."""
    if math.isnan(layer.residual):
        return "residual not known: cut short while recording"
    value = f"residual {layer.residual:.1e}".replace("e-0", "e−").replace("e-", "e−").replace("e+00", "")
    return value if layer.trusted else f"⚠ {value}: the gates do not explain the states"
