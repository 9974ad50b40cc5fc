"""The hand at the mouse over the stage: what it does becomes a change of the state."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent

from gruviz.ui.panels import OverviewPanel, Panel, TextPanel, TimeAxisPanel, TimelinesPanel
from gruviz.ui.panels.pane import HeadingPanel, PaneContext
from gruviz.ui.panels.panel import LEFT
from gruviz.view import hold, pan, seek, select_rows, select_unit, show_all, show_range, with_pane, zoom

if TYPE_CHECKING:
    from gruviz.ui.stage import Stage

_NOTCH = 120
"""What a mouse wheel reports for one notch."""
_ZOOM = 0.8
"""What one notch makes of the visible range."""
_CLICK = 4
"""A press that moves by fewer pixels is a click."""


@dataclass
class _Drag:
    """A mouse button that is held down."""

    panel: Panel
    at: QPointF
    move: Callable[[QPointF], None]
    clicked: bool = True
    """Nothing but a click, so far."""


class Hand:
    """Seeks, pans, zooms, selects units, and brings the pane into focus in which it does so."""

    def __init__(self, stage: "Stage") -> None:
        self._stage, self._state = stage, stage.context.state
        self._drag: _Drag | None = None
        self._units: tuple[int, ...] = ()
        """What was selected before the last press."""

    def press(self, event: QMouseEvent) -> None:
        """Begin to seek, to pan, or to drag the window of the overview."""
        at = event.position()
        panel = self._stage.panel_at(at.y())
        if event.button() != Qt.MouseButton.LeftButton or panel is None:
            event.ignore()
            return
        if isinstance(panel.context, PaneContext):
            panel.context.state.focus()
        self._units = self._state.view.pane.units
        if (act := panel.action_at(at)) is not None:
            act()
        elif isinstance(panel, HeadingPanel) or not self._over_time(at):
            self._drag = _Drag(panel, at, lambda _: None)
        elif isinstance(panel, OverviewPanel):
            self._drag = _Drag(panel, at, self._moving_window(panel, at))
        elif isinstance(panel, TimeAxisPanel):
            self._drag = _Drag(panel, at, self._panning(at))
        elif isinstance(panel, TextPanel) and not panel.aligned:
            self._drag = _Drag(panel, at, self._pulling(panel, at))
        else:
            self._drag = _Drag(panel, at, self._seek)
            self._seek(at)
        event.accept()

    def move(self, event: QMouseEvent) -> None:
        """Go on."""
        drag, stage = self._drag, self._stage
        stage.pointer = event.position()
        stage.point()
        if drag is None:
            stage.viewport().setCursor(self._shape(event.position()))
            return
        if (event.position() - drag.at).manhattanLength() >= _CLICK:
            drag.clicked = False
        if not drag.clicked:
            drag.move(event.position())

    def _shape(self, at: QPointF) -> Qt.CursorShape:
        """How the pointer looks there: as what a press would do."""
        panel = self._stage.panel_at(at.y())
        if panel is not None and panel.action_at(at) is not None:
            return Qt.CursorShape.PointingHandCursor
        grab = isinstance(panel, OverviewPanel | TimeAxisPanel)
        return Qt.CursorShape.OpenHandCursor if grab else Qt.CursorShape.ArrowCursor

    def release(self, event: QMouseEvent) -> None:
        """End; a click seeks where a drag does something else, and on a row it selects the unit."""
        drag, self._drag = self._drag, None
        if drag is None or not drag.clicked:
            return
        if isinstance(drag.panel, OverviewPanel | TimeAxisPanel | TextPanel) and self._over_time(drag.at):
            self._state.change(seek, int(drag.panel.time_at(drag.at.x()) // 1))
        unit = drag.panel.unit_at(drag.at.y())
        if unit is None:
            return
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._state.change(select_rows, unit, drag.panel.units)
        else:
            add = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self._state.change(select_unit, unit, add)

    def double_click(self, event: QMouseEvent) -> None:
        """On the axis or the overview, show all; elsewhere over time, mark that timestep, or do no longer."""
        panel = self._stage.panel_at(event.position().y())
        if isinstance(panel, TimeAxisPanel | OverviewPanel):
            self._state.change(show_all)
            return
        units = self._units
        self.press(event)
        over = self._over_time(event.position()) and not isinstance(panel, HeadingPanel)
        if event.button() == Qt.MouseButton.LeftButton and over:
            self._drag = None
            self._state.change(hold, self._state.view.cursor)
            if units:  # the first of the two clicks has selected the row in their place
                self._state.change(with_pane, units=units)

    def wheel(self, event: QWheelEvent) -> None:
        """Zoom around the pointer; sideways, or with Shift, pan."""
        stage, state, view = self._stage, self._state, self._state.view
        across, along = event.angleDelta().x(), event.angleDelta().y()
        stage.pointer = event.position()
        panel = stage.panel_at(event.position().y())
        if isinstance(panel, TimelinesPanel) and event.position().x() < LEFT:
            panel.scroll(along / _NOTCH)
            across = along = 0
            stage.point()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            across, along = across or along, 0
        if abs(across) > abs(along):
            steps = across / _NOTCH * view.span / 8
            state.change(pan, -round(steps) or (-1 if across > 0 else 1))
        elif along:
            around = min(max(stage.time_at(event.position().x()), view.start), view.stop)
            state.change(zoom, _ZOOM ** (along / _NOTCH), around)
        event.accept()

    def _over_time(self, at: QPointF) -> bool:
        """Whether a place is over the time axis, and not in the gutter or the margin beside it."""
        return LEFT <= at.x() < LEFT + self._stage.width_of_time

    def _seek(self, at: QPointF) -> None:
        self._state.change(seek, int(self._stage.time_at(at.x()) // 1))

    def _pulling(self, panel: TextPanel, at: QPointF) -> Callable[[QPointF], None]:
        """Text that flows past the cursor is pulled like a tape."""
        cursor, pull = self._state.view.cursor, panel.pull

        def move(to: QPointF) -> None:
            self._state.change(seek, cursor + round((at.x() - to.x()) / pull))

        return move

    def _panning(self, at: QPointF) -> Callable[[QPointF], None]:
        view, column = self._state.view, self._stage.column

        def move(to: QPointF) -> None:
            steps = round((at.x() - to.x()) / column)
            self._state.change(lambda now: pan(now, view.start + steps - now.start))

        return move

    def _moving_window(self, panel: OverviewPanel, at: QPointF) -> Callable[[QPointF], None]:
        state = self._state
        time = panel.time_at(at.x())
        if not state.view.start <= time <= state.view.stop:  # beside the window: it comes here first
            start = round(time - state.view.span / 2)
            state.change(show_range, start, start + state.view.span)
        start = state.view.start

        def move(to: QPointF) -> None:
            steps = round(panel.time_at(to.x()) - panel.time_at(at.x()))
            state.change(lambda now: pan(now, start + steps - now.start))

        return move
