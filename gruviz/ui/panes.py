"""Several recordings in one window: opening them beside each other, closing them, turning them together."""

from collections import deque
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot

from gruviz.recording import SequenceInfo
from gruviz.ui.loaders import Loaders
from gruviz.ui.on_demand import Composing, Linking, Sensing, Stepping
from gruviz.ui.pane_state import PaneState
from gruviz.ui.panels.difference import corresponding
from gruviz.ui.panels.pane import LETTERS, PaneContext
from gruviz.ui.reading import Facts
from gruviz.ui.state import ViewState
from gruviz.ui.theme import Themes
from gruviz.ui.twins import place_for, twin, why_not
from gruviz.view import MOST_PANES, Pane, focus_on, set_apart, set_beside


class Panes(QObject):
    """What each pane works with, and how panes come and go."""

    opened = Signal(object)
    """`Facts` of a recording that stands beside the others now."""
    refused = Signal(str)
    """Why a recording cannot stand there."""
    closed = Signal(str)
    """The path of one of several recordings, which was closed."""
    done = Signal()
    """Every recording that was to be opened has come, or was refused."""

    def __init__(
        self,
        state: ViewState,
        loaders: Loaders,
        themes: Themes,
        on_demand: tuple[Composing, Sensing, Stepping, Linking],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._state, self._loaders = state, loaders
        self._rest = themes, *on_demand
        self.contexts = [self._context(0)]
        """What the panels of each pane work with."""
        self._waiting: deque[Pane] = deque()
        """What is to be opened next; of a recording that is opened for the first time, its path alone is known."""
        self._coming: Pane | None = None
        self._focus: int | None = None

    @property
    def several(self) -> bool:
        """Whether there is anything to compare."""
        return len(self.contexts) > 1

    @property
    def corresponding(self) -> list[PaneContext]:
        """The panes whose units may be held against those of the first."""
        first, *others = self.contexts
        return [context for context in others if corresponding(first, context)]

    @property
    def waits(self) -> bool:
        """Whether a recording is being opened, or will be."""
        return bool(self._waiting) or self._coming is not None

    def wait_for(self, panes: list[Pane], focus: int = 0) -> None:
        """These are to stand beside the recording that is being opened, once that is open: call `go_on` then.

        The one in that place comes into focus when all are there.
        """
        self._waiting, self._focus = deque(panes), focus

    def open(self, paths: list[str]) -> None:
        """Put recordings beside those that are open, one after the other."""
        self._waiting.extend(Pane(path) for path in paths)
        self.go_on()

    @Slot()
    def go_on(self) -> None:
        """Open what waits, one after the other."""
        if self._coming is not None:
            return
        if not self._waiting:
            focus, self._focus = self._focus, None
            if focus is not None:
                self._state.change(focus_on, focus)
            self.done.emit()
            return
        self._coming = self._waiting.popleft()
        first = self._loaders.each[0].facts
        if len(self.contexts) == MOST_PANES:
            self._refuse(f"{MOST_PANES} recordings stand beside each other at most: close one first")
        elif first is None or not self._state.view.length:
            self._refuse("There is nothing on show to compare with: open a recording that holds timesteps first")
        elif first.growing:
            self._refuse(f"{first.name} is still being written: compare it when it is complete")
        else:
            loader = self._loaders.begin(self._coming.recording)
            once = Qt.ConnectionType.SingleShotConnection
            loader.opened.connect(self._came, once)
            loader.refused.connect(self._failed, once)

    def begin_anew(self) -> None:
        """Another recording is open in place of all: there is one pane."""
        for context in self.contexts[1:]:
            context.state.deleteLater()
        del self.contexts[1:]
        self._coming = None

    def close(self, number: int) -> None:
        """Close one of several, by its place."""
        if not (self.several and 0 <= number < len(self.contexts)):
            return
        gone = self.contexts.pop(number)
        for place, context in enumerate(self.contexts):
            context.state.number = place
        self._loaders.drop(number)
        self._state.change(set_apart, number)
        gone.state.deleteLater()
        self.closed.emit(gone.loader.facts.path if gone.loader.facts is not None else "")

    def followed(self, info: SequenceInfo) -> list[Pane] | str:
        """The panes as they are when the one in focus turns to another sequence of its layer, or why they cannot be.

        Those of other recordings, layers and checkpoints turn to their own sequence of that name or number. One of the
        same layer stays where it is, so that two sequences of a recording stand beside each other.
        """
        view, panes = self._state.view, list(self._state.view.panes)
        panes[view.focus] = here = replace(view.pane, sequence=info.index, checkpoint=info.checkpoint)
        for number, (pane, context) in enumerate(zip(view.panes, self.contexts, strict=True)):
            facts = context.loader.facts
            stays = info.length == view.length
            like_here = (pane.recording, pane.layer, pane.checkpoint) == (here.recording, here.layer, here.checkpoint)
            if number == view.focus or facts is None or (like_here and stays):
                continue
            found = twin(facts.sequences_of(pane.layer), info, pane.checkpoint)
            if found is not None:
                panes[number] = replace(pane, sequence=found.index)
            elif not stays:
                name, letter = info.name or f"sequence {info.index}", LETTERS[number]
                return (
                    f"{letter}, {facts.name}, has no sequence of {info.length:,} timesteps like {name}: choose another "
                    f"sequence, or close {letter} first"
                )
        return panes

    @Slot(object)
    def _came(self, facts: Facts) -> None:
        assert self._coming is not None
        pane = self._pane(facts, self._coming)
        if isinstance(pane, str):
            self._refuse(pane)
            return
        self._loaders.accept()
        self.contexts.append(self._context(len(self.contexts)))
        self._state.change(set_beside, pane)
        self._coming = None
        self.opened.emit(facts)
        self.go_on()

    @Slot(str, str)
    def _failed(self, path: str, message: str) -> None:
        self._refuse(message)

    def _refuse(self, message: str) -> None:
        self._loaders.discard()
        self._coming = None
        self.refused.emit(message)
        self.go_on()

    def _pane(self, facts: Facts, wanted: Pane) -> Pane | str:
        """What of a recording is shown: what was wanted of it, where there is that, else what fits; or why nothing."""
        view, first = self._state.view, self.contexts[0].loader.facts
        assert first is not None
        if facts.growing:
            return f"{Path(facts.path).name} is still being written: compare it when it is complete"
        if wanted.layer in facts.layers:
            layer, sequences = facts.layers[wanted.layer], facts.sequences_of(wanted.layer)
            known = 0 <= wanted.sequence < len(sequences) and sequences[wanted.sequence].length == view.length
            if known and all(0 <= unit < layer.size for unit in wanted.units):
                return replace(
                    wanted, tape=layer.tape, checkpoint=sequences[wanted.sequence].checkpoint, rows=None, anchor=None
                )
        like = first.sequences_of(view.panes[0].layer)[view.panes[0].sequence]
        return place_for(facts, like, view.panes) or why_not(facts, view.length)

    def _context(self, number: int) -> PaneContext:
        state = PaneState(self._state, number)
        return PaneContext(state, self._loaders.each[number], *self._rest)
