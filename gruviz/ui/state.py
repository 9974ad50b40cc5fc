"""The one place that holds what is being looked at."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from gruviz.view import Pane, View


class ViewState(QObject):
    """Holds exactly one `View`. Views of it read `view`, ask for changes with `change`, and hear what has changed.

    Signals carry nothing: whoever hears one reads the state. They are emitted after the whole change is in place, those
    of the pane first, so that a panel that hears of a new sequence never sees the cursor of the old one.
    """

    panes_changed = Signal()
    """One more pane, one less, another in focus, or something else is shown in one of them."""
    pane_changed = Signal()
    """The pane in focus shows another recording, tape, sequence, layer or checkpoint."""
    length_changed = Signal()
    """The sequence on show has other timesteps at its end, mostly more."""
    units_changed = Signal()
    """Other units are selected, in the pane in focus or in another."""
    rows_changed = Signal()
    """The heatmaps show other units, or in another order."""
    range_changed = Signal()
    cursor_changed = Signal()
    mark_changed = Signal()
    """The reference cursor or the selected range."""
    thresholds_changed = Signal()
    display_changed = Signal()
    """How timesteps are reduced to columns, or which heatmaps are shown."""
    playback_changed = Signal()
    follow_changed = Signal()
    """New timesteps come into sight by themselves, or do no longer."""
    memory_changed = Signal()
    """Whose state is taken apart, or whether the sequence is shaded, and by what."""
    find_changed = Signal()
    """Something else is looked for."""
    measure_changed = Signal()
    """Timescales and saturation are measured over something else, or at other thresholds."""
    tab_changed = Signal()
    """Something else stands below the list of units."""
    page_changed = Signal()
    """Pages in place of panels or the other way round, coloured by another quantity, or another label."""
    changed = Signal()
    """Anything at all; after all the others."""

    def __init__(self, view: View | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = view or View()
        self._before = self._view
        self._applying = False

    @property
    def view(self) -> View:
        """What is being looked at."""
        return self._view

    @property
    def before(self) -> View:
        """What was looked at before the latest change."""
        return self._before

    def change(self, function: Callable[..., View], *args: Any, **kwargs: Any) -> None:
        """Replace the view by `function(view, *args, **kwargs)` and emit what changed; nothing, when nothing did.

        Raises:
            RuntimeError: a listener asked for another change while it was being told of this one.
        """
        old, new = self._view, function(self._view, *args, **kwargs)
        if new == old:
            return
        if self._applying:
            raise RuntimeError("a view of the state must not change it while it applies a change")
        self._view, self._before = new, old
        self._applying = True
        try:
            for signal, read in self._watched:
                if read(old) != read(new):
                    signal(self).emit()
            self.changed.emit()
        finally:
            self._applying = False

    _watched: tuple[tuple[Callable[["ViewState"], Any], Callable[[View], Any]], ...] = (
        (
            lambda state: state.panes_changed,
            lambda view: (view.focus, [_subject(pane) for pane in view.panes]),
        ),
        (lambda state: state.pane_changed, lambda view: _subject(view.pane)),
        (lambda state: state.length_changed, lambda view: view.length),
        (lambda state: state.thresholds_changed, lambda view: view.thresholds),
        (
            lambda state: state.display_changed,
            lambda view: (view.reduction, view.hidden, view.derived, view.differences),
        ),
        (
            lambda state: state.rows_changed,
            lambda view: (view.focus, [(p.order, p.filter, p.rows, p.anchor) for p in view.panes]),
        ),
        (lambda state: state.range_changed, lambda view: (view.start, view.stop, view.length)),
        (lambda state: state.units_changed, lambda view: (view.focus, [p.units for p in view.panes])),
        (lambda state: state.cursor_changed, lambda view: view.cursor),
        (lambda state: state.mark_changed, lambda view: (view.reference, view.selection)),
        (lambda state: state.playback_changed, lambda view: (view.playing, view.speed, view.loop)),
        (lambda state: state.follow_changed, lambda view: (view.follow, view.following)),
        (lambda state: state.memory_changed, lambda view: (view.whose, view.shaded, view.shading)),
        (lambda state: state.find_changed, lambda view: view.find),
        (lambda state: state.measure_changed, lambda view: (view.extent, view.sides)),
        (lambda state: state.tab_changed, lambda view: view.tab),
        (lambda state: state.page_changed, lambda view: (view.page, view.colour, view.label, view.marked)),
    )


def _subject(pane: Pane) -> tuple[str, str, int, str, int]:
    """What is shown, without how."""
    return pane.recording, pane.tape, pane.sequence, pane.layer, pane.checkpoint
