"""What the state at the cursor is made of: asked for once, and looked at by all that show it."""

from PySide6.QtCore import QObject, Signal, Slot

from gruviz.ui.asked import Asked
from gruviz.ui.reading import Memory, MemoryRequest, Request
from gruviz.ui.state import ViewState
from gruviz.view import reread

_SLOT = "memory"


class Composing(QObject):
    """Asks while anybody looks, for the cursor and the units in question, and keeps the newest answer."""

    changed = Signal()
    """There is another answer, or none."""

    def __init__(self, state: ViewState, loader: Asked, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state, self._loader = state, loader
        self._looking: set[str] = set()
        self.memory: Memory | None = None
        """The newest answer, which may be of a cursor that has moved on since; None while there is none."""
        self.wrong = ""
        """Why there is none."""
        state.pane_changed.connect(self._turn)
        for moved in (state.cursor_changed, state.units_changed, state.memory_changed):
            moved.connect(self._ask)
        loader.answered.connect(self._take)
        loader.failed.connect(self._fail)

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

    @property
    def units(self) -> tuple[int, ...] | None:
        """Whose state is taken apart; None for all units."""
        view = self._state.view
        if view.whose == "all" or not view.pane.units:
            return None
        return view.pane.units[-1:] if view.whose == "last" else tuple(sorted(view.pane.units))

    def _forget(self) -> None:
        self._loader.forget(_SLOT)
        self.memory, self.wrong = None, ""
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
        layer = facts.layers[view.pane.layer]
        if layer.cell.keep is None:
            self.wrong = f"A plain {layer.cell.title} has no gate that keeps: each state is written anew."
            return
        self._loader.ask(MemoryRequest(_SLOT, layer.name, view.pane.sequence, view.cursor, self.units))

    @Slot(object, object)
    def _take(self, request: Request, answer: object) -> None:
        if isinstance(answer, Memory):
            self.memory, self.wrong = answer, ""
            self.changed.emit()

    @Slot(object, str)
    def _fail(self, request: Request, message: str) -> None:
        if request.slot == _SLOT:
            self.memory, self.wrong = None, message
            self.changed.emit()
