"""The state as one of several panes sees it."""

from collections.abc import Callable
from typing import Any

from gruviz.ui.state import ViewState
from gruviz.view import View, focus_on

_SIGNALS = tuple(name for name in vars(ViewState) if name.endswith("changed"))


class PaneState(ViewState):
    """The state of the window, in which always this pane is in focus; time, thresholds and display are those of all.

    Its `view` reads as if the pane were the one in focus, and what `change` does to the pane in focus, it does to this
    one: so panels of any pane are written as if there were one. It holds no view of its own.
    """

    def __init__(self, state: ViewState, number: int) -> None:
        """`number` is the place of the pane."""
        super().__init__(parent=state)
        self._state = state
        self.number = number
        self._seen: tuple[View, int, View] | None = None
        """What all see, for which place that was turned into what, and that."""
        for name in _SIGNALS:
            getattr(state, name).connect(getattr(self, name))

    @property
    def focused(self) -> bool:
        """Whether it is this pane that is in focus."""
        return self._state.view.focus == self.number

    def focus(self) -> None:
        """Bring it into focus."""
        self._state.change(focus_on, self.number)

    @property
    def view(self) -> View:
        """What is being looked at, this pane in focus."""
        view = self._state.view
        if self._seen is None or self._seen[0] is not view or self._seen[1] != self.number:
            self._seen = view, self.number, focus_on(view, self.number)
        return self._seen[2]

    @property
    def before(self) -> View:
        """What was looked at before the latest change, this pane in focus."""
        return focus_on(self._state.before, self.number)

    def change(self, function: Callable[..., View], *args: Any, **kwargs: Any) -> None:
        """Replace the view, as `ViewState.change` does; the pane that is in focus stays in focus."""

        def changed(view: View) -> View:
            return focus_on(function(focus_on(view, self.number), *args, **kwargs), view.focus)

        self._state.change(changed)
