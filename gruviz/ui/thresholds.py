"""Where a unit counts as retained, overwritten or rewritten alike: a strip in the place of the one for display."""

from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from gruviz.cells import Thresholds
from gruviz.ui.display import HEIGHT
from gruviz.ui.panels import Context
from gruviz.ui.theme import STEP

_GAP = 0.01
"""That always lies between the two thresholds of the keep."""


class ThresholdsBar(QWidget):
    """Three numbers. What is counted follows each of them at once."""

    left = Signal()
    """It has done its work."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.setFixedHeight(HEIGHT)
        self.retained = _number(2 * _GAP, 1.0, "Retained: the keep is at or above this.")
        self.overwritten = _number(0.0, 1.0 - _GAP, "Overwritten, or rewritten alike: the keep is at or below this.")
        self.moved = _number(0.0, 10.0, "Overwritten rather than rewritten alike: the state moved by more than this.")
        self.reset = QPushButton("As usual", flat=True, autoDefault=False)
        self.reset.setObjectName("link")
        self.reset.setToolTip(Thresholds().describe())
        row = QHBoxLayout(self)
        row.setContentsMargins(3 * STEP, STEP, 2 * STEP, STEP)
        row.setSpacing(2 * STEP)
        self._labels = QLabel(), QLabel(), QLabel()
        for label, box in zip(self._labels, self._boxes, strict=True):
            label.setObjectName("quiet")
            row.addWidget(label)
            row.addWidget(box)
            box.installEventFilter(self)
            box.valueChanged.connect(self._change)
        row.addWidget(self.reset)
        row.addStretch(1)
        close = QToolButton()
        close.setText("✕")
        close.setToolTip("Close (Esc)")
        close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        close.setObjectName("quantity")
        row.addWidget(close)
        close.clicked.connect(self.left)
        self.reset.clicked.connect(self._reset)
        context.state.thresholds_changed.connect(self._show)
        context.state.pane_changed.connect(self._show)
        self._show()

    @property
    def _boxes(self) -> tuple[QDoubleSpinBox, QDoubleSpinBox, QDoubleSpinBox]:
        return self.retained, self.overwritten, self.moved

    def begin(self) -> None:
        """Take the keyboard."""
        self._show()
        self.retained.setFocus()
        self.retained.selectAll()

    @Slot()
    def _show(self) -> None:
        thresholds, facts = self._context.state.view.thresholds, self._context.loader.facts
        for box, value in zip(
            self._boxes, (thresholds.retained, thresholds.overwritten, thresholds.moved), strict=True
        ):
            box.blockSignals(True)
            box.setValue(value)
            box.blockSignals(False)
        if facts is not None and self._context.state.view.pane.layer in facts.layers:
            cell = self._context.layer.cell
            keep, state = cell[cell.keep].symbol if cell.keep else "keep", cell[cell.state].symbol
            words = f"retained: {keep} ≥", f"overwritten: {keep} ≤", f"and {state} moved >"
            for label, text in zip(self._labels, words, strict=True):
                label.setText(text)

    @Slot()
    def _change(self) -> None:
        retained, overwritten = round(self.retained.value(), 4), round(self.overwritten.value(), 4)
        thresholds = Thresholds(retained, min(overwritten, retained - _GAP), round(self.moved.value(), 4))
        self._context.state.change(replace, thresholds=thresholds)

    @Slot()
    def _reset(self) -> None:
        self._context.state.change(replace, thresholds=Thresholds())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Escape, before the window takes it."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self.left.emit()
                return True
        return super().eventFilter(watched, event)


def _number(least: float, most: float, tip: str) -> QDoubleSpinBox:
    box = QDoubleSpinBox(minimum=least, maximum=most, decimals=3, singleStep=0.01)
    box.setKeyboardTracking(False)  # not at every letter: 0.9 begins with 0
    box.setToolTip(tip)
    box.setMinimumWidth(88)
    return box
