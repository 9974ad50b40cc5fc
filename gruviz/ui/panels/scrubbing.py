"""Another training step of the sequence on show: turned to as fast as it can be drawn, and no faster."""

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Slot

from gruviz.recording import SequenceInfo, over_training
from gruviz.ui.panels.panel import Context
from gruviz.ui.reading import Facts
from gruviz.view import showing

_PATIENCE = 100
"""Milliseconds after which one that is wanted is turned to, whether all of the one before is drawn or not."""


class Scrubbing(QObject):
    """Moves through the checkpoints that read the sequence on show; of several that are wanted, to the newest."""

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._wanted: int | None = None
        self._known: tuple[Facts, str, int, tuple[SequenceInfo, ...]] | None = None
        self._since = QElapsedTimer()
        self._wait = QTimer(self, singleShot=True)
        self._wait.timeout.connect(self._go)
        context.loader.settled.connect(self._go)
        context.loader.opened.connect(self._forget)

    @property
    def checkpoints(self) -> tuple[SequenceInfo, ...]:
        """The sequence on show as each training step read it, by that; empty where only one did."""
        facts, (layer, sequence) = self._context.loader.facts, self._context.subject
        if facts is None or layer not in facts.layers or sequence >= len(facts.sequences_of(layer)):
            return ()
        if self._known is None or self._known[0] is not facts or self._known[1:3] != (layer, sequence):
            alike = over_training(facts.sequences_of(layer), sequence)
            self._known = facts, layer, sequence, alike if len(alike) > 1 else ()
        return self._known[3]

    @property
    def place(self) -> int:
        """Which of them is on show, counted from 0; -1 where there are none."""
        sequence = self._context.state.view.pane.sequence
        return next((place for place, info in enumerate(self.checkpoints) if info.index == sequence), -1)

    def go(self, place: int) -> None:
        """Turn to one of them, as soon as what is on show is drawn; beyond either end, to that end."""
        if not self.checkpoints:
            return
        self._wanted = min(max(place, 0), len(self.checkpoints) - 1)
        waited = self._since.elapsed() if self._since.isValid() else _PATIENCE
        if self._context.loader.idle or waited >= _PATIENCE:
            self._go()
        elif not self._wait.isActive():
            self._wait.start(_PATIENCE - waited)

    def step(self, places: int) -> None:
        """Turn to one that is so many later, or earlier."""
        self.go((self.place if self._wanted is None else self._wanted) + places)

    @Slot()
    def _forget(self) -> None:
        self._wanted = None

    @Slot()
    def _go(self) -> None:
        wanted, self._wanted = self._wanted, None
        self._wait.stop()
        if wanted is None or wanted >= len(self.checkpoints) or wanted == self.place:
            return
        info = self.checkpoints[wanted]
        self._since.start()
        change = self._context.state.change
        change(showing, info.length, alike=True, sequence=info.index, checkpoint=info.checkpoint)
