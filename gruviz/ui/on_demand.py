"""What takes work is asked of a thread while somebody looks, and looked at by all that show it."""

from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from gruviz.analysis import StepAt
from gruviz.ui.asked import Asked
from gruviz.ui.reading import (
    Facts,
    LayerFacts,
    Linked,
    LinkRequest,
    Memory,
    MemoryRequest,
    Request,
    Sensitivity,
    SensitivityRequest,
    StepAtRequest,
)
from gruviz.ui.state import ViewState
from gruviz.view import View, reread

Answer = TypeVar("Answer")


class OnDemand(QObject, Generic[Answer]):
    """Asks for one thing while anybody looks, as the view moves, and keeps the newest answer."""

    changed = Signal()
    """There is another answer, or none."""
    slot = ""
    """The loader's slot that it waits for."""
    follows: tuple[str, ...] = ("cursor_changed",)
    """The signals of the state after which something else is wanted; those of the pane always are."""

    def __init__(self, state: ViewState, loader: Asked, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state, self._loader = state, loader
        self._looking: set[str] = set()
        self.answer: Answer | None = None
        """The newest, which may be of a cursor that has moved on since; None while there is none."""
        self.wrong = ""
        """Why there is none."""
        self._unasked = ""
        """Why nothing was asked the last time that nothing was."""
        state.pane_changed.connect(self._turn)
        for name in self.follows:
            getattr(state, name).connect(self._ask)
        loader.answered.connect(self._take)
        loader.failed.connect(self._fail)

    def wanted(self, facts: Facts, layer: LayerFacts, view: View) -> Request | str:
        """What is to be asked for what is on show, or in a sentence why nothing can be."""
        raise NotImplementedError

    def look(self, who: str, on: bool) -> None:
        """Somebody looks, or does no longer."""
        if on == (who in self._looking):
            return
        if on:
            self._looking.add(who)
            self._ask()
        else:
            self._looking.remove(who)
            if not self._looking:
                self._forget()

    def _forget(self) -> None:
        self._loader.forget(self.slot)
        self.answer, self.wrong = None, ""
        self.changed.emit()

    @Slot()
    def _turn(self) -> None:
        if not reread(self._state.before, self._state.view):
            self._forget()
        self._ask()

    @Slot()
    def _ask(self) -> None:
        facts, view = self._loader.facts, self._state.view
        if not self._looking or facts is None or view.pane.layer not in facts.layers or not view.length:
            return
        request = self.wanted(facts, facts.layers[view.pane.layer], view)
        if isinstance(request, Request):
            self._loader.ask(request)
            if self.wrong == self._unasked != "":  # what stood in the way does no longer
                self.wrong = self._unasked = ""
                self.changed.emit()
        elif (self.answer, self.wrong) != (None, request):
            self._loader.forget(self.slot)
            self.answer, self.wrong = None, request
            self._unasked = request
            self.changed.emit()

    @Slot(object, object)
    def _take(self, request: Request, answer: Any) -> None:
        if request.slot == self.slot:
            self.answer, self.wrong = answer, ""
            self.changed.emit()

    @Slot(object, str)
    def _fail(self, request: Request, message: str) -> None:
        if request.slot == self.slot:
            self.answer, self.wrong = None, message
            self.changed.emit()


class Composing(OnDemand[Memory]):
    """What the state at the cursor is made of."""

    slot = "memory"
    follows = ("cursor_changed", "units_changed", "memory_changed")

    @property
    def units(self) -> tuple[int, ...] | None:
        """Whose state is taken apart; None for all units."""
        view = self._state.view
        if view.whose == "all" or not view.pane.units:
            return None
        return view.pane.units[-1:] if view.whose == "last" else tuple(sorted(view.pane.units))

    def wanted(self, facts: Facts, layer: LayerFacts, view: View) -> Request | str:
        """See `OnDemand`."""
        if layer.cell.keep is None:
            return f"A plain {layer.cell.title} has no gate that keeps: each state is written anew."
        return MemoryRequest(self.slot, layer.name, view.pane.sequence, view.cursor, self.units)


class Sensing(OnDemand[Sensitivity]):
    """Which inputs the output at the cursor depends on; no answer where that was not worked out."""

    slot = "sensitivity"

    def wanted(self, facts: Facts, layer: LayerFacts, view: View) -> Request:
        """See `OnDemand`."""
        return SensitivityRequest(self.slot, layer.name, view.pane.sequence, view.cursor)


class Stepping(OnDemand[StepAt]):
    """What the step at the cursor does to a change of the state: the norm and the spectral radius of its Jacobian."""

    slot = "step at"

    def wanted(self, facts: Facts, layer: LayerFacts, view: View) -> Request | str:
        """See `OnDemand`."""
        return _lacking(facts, layer) or StepAtRequest(self.slot, layer.name, view.pane.sequence, view.cursor)


class Linking(OnDemand[Linked]):
    """How the state at the cursor depends on that of the marked timestep, and its units."""

    slot = "link"
    follows = ("cursor_changed", "mark_changed")

    def wanted(self, facts: Facts, layer: LayerFacts, view: View) -> Request | str:
        """See `OnDemand`."""
        s, t = view.reference, view.cursor
        if s is None:
            return "mark a timestep s (double-click)"
        if (t > s) if layer.backward else (t < s):
            return f"{layer.name} reads t = {t:,} before s = {s:,}: what s holds cannot act on it."
        return _lacking(facts, layer) or LinkRequest(self.slot, layer.name, view.pane.sequence, s, t)


def _lacking(facts: Facts, layer: LayerFacts) -> str:
    """Why no Jacobian can be put together; empty where one can."""
    if facts.growing:
        return "The recording is still being written: its Jacobians are worked out once it is complete."
    if not layer.weighted:
        return "The Jacobian at the cursor takes the weights of the model, which are not in the recording."
    return ""
