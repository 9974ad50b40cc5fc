"""What actions do to what is being looked at, and to nothing else."""

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction

from gruviz.ui.choosing import Choosing
from gruviz.ui.panes import Panes
from gruviz.ui.reading import MARKED
from gruviz.ui.state import ViewState
from gruviz.view import (
    focus_on,
    mark_selection,
    rank_by,
    seek,
    show_all,
    step,
    toggle_loop,
    toggle_page,
    toggle_play,
    toggle_reference,
    toggle_shaded,
    turn_to,
    with_pane,
    zoom,
)


class Acts(QObject):
    """A method for each action of that kind, by the name that it has in the table of actions."""

    wrong = Signal(str)
    """Why nothing was done."""

    def __init__(self, state: ViewState, choosing: Choosing, panes: Panes, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state, self._choosing, self._panes = state, choosing, panes

    @Slot()
    def go_first(self) -> None:
        """To the first timestep."""
        self._state.change(seek, 0)

    @Slot()
    def go_last(self) -> None:
        """To the last timestep."""
        self._state.change(seek, self._state.view.length - 1)

    @Slot()
    def go_back(self) -> None:
        """Back by exactly 1."""
        self._state.change(step, -1)

    @Slot()
    def go_on(self) -> None:
        """On by exactly 1."""
        self._state.change(step, 1)

    @Slot()
    def go_back_ten(self) -> None:
        """Back by 10."""
        self._state.change(step, -10)

    @Slot()
    def go_on_ten(self) -> None:
        """On by 10."""
        self._state.change(step, 10)

    @Slot()
    def play(self) -> None:
        """Play, or stop playing."""
        self._state.change(toggle_play)

    @Slot()
    def loop(self) -> None:
        """Begin again at the end while playing, or stop there."""
        self._state.change(toggle_loop)

    @Slot()
    def reference(self) -> None:
        """Put the dashed cursor here, or take it away."""
        self._state.change(toggle_reference)

    @Slot()
    def shade(self) -> None:
        """Shade the sequence by its weights in the state at the cursor, or do no longer."""
        self._state.change(toggle_shaded)

    @Slot()
    def mark_range(self) -> None:
        """Make the selected range part of the label of what is marked, or take it away from it."""
        if self._state.view.selection is None:
            self.wrong.emit("Nothing is selected: read the sequence as pages (P), and drag over a range of it")
            return
        self._state.change(mark_selection)
        if self._state.view.marked:  # who marks wants to see which units follow that
            self._state.change(rank_by, MARKED)

    @Slot()
    def next_sequence(self) -> None:
        """To the sequence after this."""
        self._choosing.step(1)

    @Slot()
    def previous_sequence(self) -> None:
        """To the sequence before this."""
        self._choosing.step(-1)

    @Slot()
    def next_pane(self) -> None:
        """Bring the next recording into focus."""
        view = self._state.view
        self._state.change(focus_on, (view.focus + 1) % len(view.panes))

    @Slot()
    def close_pane(self) -> None:
        """Close the recording in focus, one of several."""
        self._panes.close(self._state.view.focus)

    @Slot()
    def zoom_in(self) -> None:
        """Fewer timesteps, around the cursor."""
        self._state.change(zoom, 0.5, self._state.view.cursor + 0.5)

    @Slot()
    def zoom_out(self) -> None:
        """More timesteps, around the cursor."""
        self._state.change(zoom, 2.0, self._state.view.cursor + 0.5)

    @Slot()
    def show_all(self) -> None:
        """All timesteps at once."""
        self._state.change(show_all)

    @Slot()
    def no_unit(self) -> None:
        """Select no unit."""
        self._state.change(with_pane, units=())

    @Slot()
    def show_tab(self) -> None:
        """Put something else below the list of units."""
        action = self.sender()
        if isinstance(action, QAction):
            self._state.change(turn_to, action.data())

    @Slot()
    def read_pages(self) -> None:
        """Read the sequence as pages, or see it in panels over time."""
        self._state.change(toggle_page)
