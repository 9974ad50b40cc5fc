"""Which inputs the output at the cursor depends on: asked for once, and looked at by all that shade the sequence."""

from PySide6.QtCore import QObject, Signal, Slot

from gruviz.ui.asked import Asked
from gruviz.ui.reading import Request, Sensitivity, SensitivityRequest
from gruviz.ui.state import ViewState

_SLOT = "sensitivity"


class Sensing(QObject):
    """Asks while anybody looks, for the cursor, and keeps the newest answer."""

    changed = Signal()
    """There is another answer, or none."""

    def __init__(self, state: ViewState, loader: Asked, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state, self._loader = state, loader
        self._looking: set[str] = set()
        self.sensitivity: Sensitivity | None = None
        """The newest answer, which may be of a cursor that has moved on since; None where nothing was computed."""
        state.pane_changed.connect(self._turn)
        state.cursor_changed.connect(self._ask)
        loader.answered.connect(self._take)

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
        self._loader.forget(_SLOT)
        self.sensitivity = None
        self.changed.emit()

    @Slot()
    def _turn(self) -> None:
        self._forget()
        self._ask()

    @Slot()
    def _ask(self) -> None:
        facts, view = self._loader.facts, self._state.view
        if self._looking and facts is not None and view.pane.layer in facts.layers and view.length:
            self._loader.ask(SensitivityRequest(_SLOT, view.pane.layer, view.pane.sequence, view.cursor))

    @Slot(object, object)
    def _take(self, request: Request, answer: Sensitivity | None) -> None:
        if request.slot == _SLOT:
            self.sensitivity = answer
            self.changed.emit()
