"""A reader beside the one that draws: for arithmetic that takes longer than a picture may wait."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from gruviz.ui.loader import Loader
from gruviz.ui.reading import Facts, Request

_LARGE = 128
"""Numbers in a state above which the cursor has to rest before anything is begun: below, that takes milliseconds."""
_REST = 150
"""Milliseconds that it has to."""
_IDLE = 3000
"""Milliseconds after which the recording is closed again, when nobody waits for anything."""


class Apart(QObject):
    """Opens the recording once more, on a thread of its own, when something is asked of it, and closes it again."""

    answered = Signal(object, object)
    """A request, and its answer."""
    failed = Signal(object, str)
    """A request, and why it could not be answered."""
    settled = Signal()
    """Nothing is left to do."""

    def __init__(
        self, make: Callable[[], Loader], let_go: Callable[[Loader], None], parent: QObject | None = None
    ) -> None:
        """`make` makes a loader, and `let_go` ends one whenever it is done."""
        super().__init__(parent)
        self._make, self._let_go = make, let_go
        self._loader: Loader | None = None
        self._of = ("", "")
        """Path and uuid of the recording that it is to read."""
        self._asked: dict[str, Request] = {}
        """The newest of each slot."""
        self._resting = QTimer(self, singleShot=True)
        self._resting.timeout.connect(self._submit)
        self._leaving = QTimer(self, singleShot=True, interval=_IDLE)
        self._leaving.timeout.connect(self.end)

    def ask(self, facts: Facts, request: Request) -> None:
        """Ask for something of a recording, in place of all that was asked of another."""
        if self._of != (facts.path, facts.uuid):
            self.end()
        self._leaving.stop()
        if self._asked.get(request.slot) == request:
            return
        self._asked[request.slot] = request
        if self._loader is not None:
            self._loader.forget(request.slot)  # what it has begun is not gone on with
        self._of = facts.path, facts.uuid
        layer = facts.layers[request.layer]
        self._resting.start(_REST if layer.size * len(layer.cell.states) > _LARGE else 0)

    def forget(self, slot: str) -> None:
        """Nothing is waited for in this slot any more."""
        self._asked.pop(slot, None)
        if self._loader is not None:
            self._loader.forget(slot)
            if not self._asked:
                self._leaving.start()

    @property
    def idle(self) -> bool:
        """Whether all that was asked has been answered."""
        return not self._resting.isActive() and (self._loader is None or self._loader.idle)

    @Slot()
    def end(self) -> None:
        """Close the recording, and wait for nothing any more."""
        self._resting.stop()
        self._leaving.stop()
        self._asked.clear()
        loader, self._loader = self._loader, None
        if loader is not None:
            loader.answered.disconnect(self.answered)
            loader.failed.disconnect(self.failed)
            self._let_go(loader)

    @Slot()
    def _submit(self) -> None:
        if not self._asked:
            self.settled.emit()
        elif self._loader is None:
            self._loader = self._make()
            self._loader.answered.connect(self.answered)
            self._loader.failed.connect(self.failed)
            self._loader.opened.connect(self._opened)
            self._loader.refused.connect(self._refused)
            self._loader.settled.connect(self.settled)
            self._loader.open(self._of[0])
        elif self._loader.facts is not None:
            for request in self._asked.values():
                self._loader.ask(request)

    @Slot(object)
    def _opened(self, facts: Facts) -> None:
        if facts.uuid != self._of[1]:
            self._refused(facts.path, f"{facts.name} is another recording than the one on show: open it again")
            return
        self._submit()

    @Slot(str, str)
    def _refused(self, path: str, message: str) -> None:
        asked = list(self._asked.values())
        self.end()
        for request in asked:
            self.failed.emit(request, message)
