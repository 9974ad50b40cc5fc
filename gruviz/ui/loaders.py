"""The loaders of all panes, as one that reads for the pane in focus."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot

from gruviz.ui.apart import Apart
from gruviz.ui.asked import Asked
from gruviz.ui.loader import Lent, Loader
from gruviz.ui.reading import Facts, Request
from gruviz.ui.state import ViewState


class Loaders(Asked):
    """A loader for each pane, with a thread and an open recording of its own.

    What is asked here is about the pane in focus, and forgotten when another comes into focus: then ask again. `opened`
    and `looked` are about the first pane: opening a recording here ends a comparison.
    """

    def __init__(self, state: ViewState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._slots: set[str] = set()
        """What was asked here of the loader that is heard."""
        self._leaving: list[Loader] = []
        self._coming: Loader | None = None
        self._lent: Lent = {}
        self._apart = Apart(self._made, self._let_go, self)
        self._apart.answered.connect(self.answered)
        self._apart.failed.connect(self.failed)
        self._apart.settled.connect(self._settle)
        self.each = [self._made()]
        """In the order of the panes; one where there is none yet."""
        self._heard = self.each[0]
        self._lead()
        self._hear()
        state.panes_changed.connect(self._turn)

    # For the pane in focus

    @property
    def facts(self) -> Facts | None:
        """Of the recording in focus."""
        return self._focused.facts

    def ask(self, request: Request) -> None:
        """Ask for something of the recording in focus."""
        self._turn()
        if request.apart and self.facts is not None:
            self._apart.ask(self.facts, request)
            return
        self._slots.add(request.slot)
        self._heard.ask(request)

    def forget(self, slot: str) -> None:
        """Nothing is waited for in this slot any more."""
        self._slots.discard(slot)
        self._heard.forget(slot)
        self._apart.forget(slot)

    @property
    def _focused(self) -> Loader:
        return self.each[min(self._state.view.focus, len(self.each) - 1)]

    @Slot()
    def _turn(self) -> None:
        """Hear the loader of the pane in focus, and no other."""
        if self._focused is self._heard:
            return
        for slot in self._slots:
            self._heard.forget(slot)
        self._slots.clear()
        self._apart.end()
        self._heard.answered.disconnect(self.answered)
        self._heard.failed.disconnect(self.failed)
        self._heard = self._focused
        self._hear()

    def _hear(self) -> None:
        self._heard.answered.connect(self.answered)
        self._heard.failed.connect(self.failed)

    # For the first pane

    @property
    def stumbled(self) -> str:
        """Why the last read of the first recording came to nothing, while it is being written."""
        return self.each[0].stumbled

    def open(self, path: str) -> None:
        """Open a recording in place of all that are open."""
        self.each[0].open(path)

    def look(self, again: bool = False) -> None:
        """Look for what is new in the first recording."""
        self.each[0].look(again)

    def look_at(self, path: str) -> None:
        """Read a recording anew, wherever it is on show: something was added to its file."""
        for loader in self.each:
            if loader.facts is not None and loader.facts.path == path:
                loader.look(again=True)

    def _lead(self) -> None:
        first = self.each[0]
        first.opened.connect(self._opened)
        first.refused.connect(self.refused)
        first.looked.connect(self.looked)

    @Slot(object)
    def _opened(self, facts: Facts) -> None:
        self.discard()
        self._apart.end()
        for loader in self.each[1:]:
            self._let_go(loader)
        del self.each[1:]
        self._turn()
        self.opened.emit(facts)

    def lend(self, sha256: str, weights: Mapping[str, NDArray[Any]]) -> None:
        """Weights of a model for the recordings made with it that hold none, as soon as they are read anew."""
        self._lent[sha256] = weights
        self._apart.end()

    # For the others

    def begin(self, path: str) -> Loader:
        """Open a recording that is to stand beside the others, if it fits; `accept` or `discard` it when it is open."""
        self._coming = self._made()
        self._coming.open(path)
        return self._coming

    def accept(self) -> None:
        """Give it a place, the last one."""
        assert self._coming is not None
        self.each.append(self._coming)
        self._coming = None

    def discard(self) -> None:
        """Close it again, if there is one."""
        loader, self._coming = self._coming, None
        if loader is not None:
            self._let_go(loader)

    def drop(self, number: int) -> None:
        """Close one of several, by its place."""
        first, gone = self.each[0], self.each.pop(number)
        if gone is first:
            self._lead()
        self._let_go(gone)

    # For all

    @property
    def idle(self) -> bool:
        """Whether all that was asked has been answered."""
        each = (*self.each, *([self._coming] if self._coming else []))
        return self._apart.idle and all(loader.idle for loader in each)

    def stop(self) -> None:
        """End all threads, after what is under way."""
        self.discard()
        self._apart.end()
        for loader in (*self.each, *self._leaving):
            loader.stop()

    def _made(self) -> Loader:
        loader = Loader(self._lent, self)
        loader.settled.connect(self._settle)
        return loader

    def _let_go(self, loader: Loader) -> None:
        """Close it once what it reads is read, which nobody waits for."""
        self._leaving.append(loader)
        loader.left.connect(self._left)
        loader.leave()

    @Slot()
    def _left(self) -> None:
        loader = self.sender()
        if isinstance(loader, Loader) and loader in self._leaving:
            self._leaving.remove(loader)
            loader.stop()
            loader.deleteLater()

    @Slot()
    def _settle(self) -> None:
        if self.idle:
            self.settled.emit()
