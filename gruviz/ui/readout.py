"""Where the cursor stands, in the toolbar."""

import numpy as np
from PySide6.QtCore import QSize, QTimer, Slot
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QSizePolicy, QWidget

from gruviz.ui.elided import ElidedLabel
from gruviz.ui.panels import Context
from gruviz.ui.panels.curves import say_inputs
from gruviz.ui.panels.predictions import format_share
from gruviz.ui.reading import Guess, Predictions, Request, Rows
from gruviz.ui.signs import named

_DIGITS = 5
"""Of numeric input, here where room is scarce."""
_MOMENT = 2500
"""Milliseconds for which something else is told."""


class Readout(ElidedLabel):
    """`t = 132 of 14,210 · 1.32 s   's' → 'e' p = 0.41`. It hears the answers that the panels at the side ask for."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(
            "The timestep at the cursor, counted from 0, the sequence's length, its time where timesteps have a rate, "
            "what was read there, what came next, and the probability that the network gave it.",
            parent=parent,
        )
        self._context = context
        self._rows: Rows | None = None
        self._predictions: Predictions | None = None
        # As wide as there is room: what stands after it does not move, and a long text pushes nothing out of the bar.
        self.setMinimumWidth(QFontMetrics(self.font()).horizontalAdvance("t = 100,000 of 100,000 …"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._moment = QTimer(self, singleShot=True, interval=_MOMENT)
        self._moment.timeout.connect(self._write)
        context.state.pane_changed.connect(self._turn)
        context.state.length_changed.connect(self._write)
        context.state.cursor_changed.connect(self._write)
        context.loader.answered.connect(self._take)

    def sizeHint(self) -> QSize:
        """No wider than need be, whatever it says."""
        return QSize(self.minimumWidth(), super().sizeHint().height())

    @Slot(str)
    def tell(self, words: str) -> None:
        """Say something else for a moment, or until the cursor moves."""
        self.write(words)
        self._moment.start()

    @Slot()
    def _turn(self) -> None:
        reread = self._context.reread
        if not reread:
            self._rows = None
        if not (reread and self._context.state.view.tab == "prediction"):  # else nobody asks for others
            self._predictions = None
        self._write()

    @Slot(object, object)
    def _take(self, request: Request, answer: object) -> None:
        if isinstance(answer, Rows):
            self._rows = answer
        elif isinstance(answer, Predictions):
            self._predictions = answer
        else:
            return
        if not self._moment.isActive():
            self._write()

    @Slot()
    def _write(self) -> None:
        self._moment.stop()
        view, clock = self._context.state.view, self._context.clock
        time = f" · {clock.say(view.cursor)}" if clock else ""
        self.write(f"t = {view.cursor:,} of {view.length:,}{time}{self._input(view.cursor)}" if view.length else "")

    def _input(self, cursor: int) -> str:
        rows = self._rows
        if rows is None or cursor not in rows:
            return ""
        words = ""
        if rows.symbols is not None:
            words += f"   {named(rows.symbols[cursor - rows.start])}"
            guess = self._predictions.at(cursor) if self._predictions else None
            if isinstance(guess, Guess) and guess.came is not None:
                words += f" → {named(guess.came)}   p = {format_share(guess.probability)}"
        if rows.inputs is not None and rows.inputs.shape[1]:
            values = rows.inputs[cursor - rows.start]
            missing = np.broadcast_to(rows.missing[cursor - rows.start], values.shape)
            words += f"   {say_inputs(values.tolist(), missing.tolist(), _DIGITS)}"
        return words
