"""The panels over one time axis, the cursor that crosses them, and the hand that moves it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QContextMenuEvent, QMouseEvent, QPainter, QPixmapCache, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene, QGraphicsView, QStyleOptionGraphicsItem, QWidget

from gruviz.analysis import SURVIVAL, derived
from gruviz.ui.panels import (
    KINDS,
    Context,
    CountsPanel,
    CurvesPanel,
    DerivedPanel,
    GradientPanel,
    HeatmapPanel,
    NoCountsPanel,
    OverviewPanel,
    Panel,
    SurvivalPanel,
    TextPanel,
    TimeAxisPanel,
    TimelinesPanel,
)
from gruviz.ui.panels.copying import offer_copies
from gruviz.ui.panels.panel import LEFT, RIGHT
from gruviz.ui.pointing import Pointing
from gruviz.ui.reading import LayerFacts, PointRequest, Request
from gruviz.ui.theme import STEP
from gruviz.view import hold, pan, seek, select_rows, select_unit, show_all, show_range, zoom

_GAP = 2 * STEP
_LEAST = 28
"""Pixels that a line of text and its space need."""
_NOTCH = 120
"""What a mouse wheel reports for one notch."""
_ZOOM = 0.8
"""What one notch makes of the visible range."""
_KEPT = 128 * 1024
"""Kilobytes of pictures of items that Qt keeps; those of a window of 4K take 70,000."""
_CLICK = 4
"""A press that moves by fewer pixels is a click."""
_FRAMED = 10
"""From this width on, in pixels, a column is framed by the cursor, not struck through."""


class Cursor(QGraphicsItem):
    """A line over all linked panels at the present timestep, or, dashed, at another that is held.

    A halo keeps it visible on light and dark alike.
    """

    def __init__(self, dashed: bool = False) -> None:
        super().__init__()
        self._dashed = dashed
        self._height, self._column = 0.0, 0.0
        self.colour, self.halo = QColor(), QColor()
        self.setZValue(100)

    def shape_to(self, height: float, column: float) -> None:
        """Reach over `height` pixels; `column` is the width of a timestep."""
        column = column if column >= _FRAMED else 0.0
        if (height, column) != (self._height, self._column):
            self.prepareGeometryChange()
            self._height, self._column = height, column

    def boundingRect(self) -> QRectF:
        """The pixels it draws on; its middle is at 0."""
        reach = self._column / 2 + 3
        return QRectF(-reach, 0, 2 * reach, self._height)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw it, on whole pixels."""
        shift = round(self.x()) - self.x()
        edges = (-self._column / 2, self._column / 2 - 1) if self._column else (0.0,)
        for edge in edges:
            x = round(edge) + shift
            painter.fillRect(QRectF(x - 1, 0, 3, self._height), self.halo)
            for y in range(0, int(self._height), 8) if self._dashed else (0,):
                length = min(5.0, self._height - y) if self._dashed else self._height
                painter.fillRect(QRectF(x, y, 1, length), self.colour)


@dataclass
class _Drag:
    """A mouse button that is held down."""

    panel: Panel
    at: QPointF
    move: Callable[[QPointF], None]
    clicked: bool = True
    """Nothing but a click, so far."""


class Stage(QGraphicsView):
    """Lays the panels out, tells them what the state says, and turns the mouse into changes of the state."""

    copied = Signal(str)
    """What was copied, in words."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        self.context = context
        self.panels: list[Panel] = []
        """From top to bottom."""
        super().__init__(parent)
        self.setScene(QGraphicsScene(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.cursor_line = Cursor()
        self.reference_line = Cursor(dashed=True)
        self.reference_line.setZValue(99)
        for line in (self.cursor_line, self.reference_line):
            self.scene().addItem(line)
        self._drag: _Drag | None = None
        self.pointing = Pointing(context, self)
        self._pointer: QPointF | None = None
        """Where the mouse is; None while it is elsewhere."""
        self._layer: tuple[str, LayerFacts] | None = None
        """Of which recording the panels show which layer."""
        self._sequence = -1
        self.scene().setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)  # they are few, and all in sight
        QPixmapCache.setCacheLimit(max(QPixmapCache.cacheLimit(), _KEPT))
        self.setFrameShape(QGraphicsView.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setMinimumSize(480, 320)
        self.setAcceptDrops(False)  # files are dropped on the window
        state, loader = context.state, context.loader
        state.pane_changed.connect(self._turn)
        state.display_changed.connect(self._turn)
        state.rows_changed.connect(self._refresh)
        state.thresholds_changed.connect(self._refresh)
        state.range_changed.connect(self._apply_range)
        state.cursor_changed.connect(self._apply_cursor)
        state.units_changed.connect(self._apply_units)
        state.mark_changed.connect(self._apply_cursor)
        state.find_changed.connect(self._update_marks)
        state.page_changed.connect(self._come_or_go)
        for changed in (state.pane_changed, state.display_changed, state.range_changed, state.cursor_changed):
            changed.connect(self._point)
        loader.answered.connect(self._take)
        loader.failed.connect(self._fail)
        context.themes.changed.connect(self._restyle)
        self._restyle()

    # What the state says

    @Slot()
    def _turn(self) -> None:
        """Another recording, layer or sequence, or other panels."""
        context = self.context
        view, facts = context.state.view, context.loader.facts
        if facts is None or view.pane.layer not in facts.layers or not view.length or view.page:
            return
        pane = view.pane
        shown = facts.uuid or pane.recording, facts.layers[pane.layer].lasting
        if shown != self._layer:
            for panel in self.panels:
                panel.remove()
            self.panels = []
        elif pane.sequence != self._sequence and context.reread:  # what is on show stays until the answers come
            self._sequence = pane.sequence
            self._refresh()
            return
        elif pane.sequence != self._sequence:
            for panel in self.panels:
                panel.clear()
        self._layer, self._sequence = shown, pane.sequence
        self._build()
        self._apply_range()
        self._apply_cursor()
        self._apply_units()

    @Slot()
    def _come_or_go(self) -> None:
        """Ask for nothing more while pages are read in place of the panels, and catch up when they are seen again."""
        if self._unseen:
            for panel in self.panels:
                self.context.loader.forget(panel.slot)
        else:
            self._turn()

    @property
    def _unseen(self) -> bool:
        return self.context.state.view.page

    def _build(self) -> None:
        """Put the panels there that belong there, and keep those that stand there already."""
        context, scene = self.context, self.scene()
        assert context.loader.facts is not None
        layer, hidden = context.layer, context.state.view.hidden
        tape = context.loader.facts.tapes[layer.tape]
        standing = {panel.key: panel for panel in self.panels}
        before = list(self.panels)

        def panel(kind: type[Panel], *arguments: Any, key: str = "") -> Panel:
            found = standing.pop(key or kind.__name__, None)
            made = found or kind(context, scene, *arguments)
            made.key = key or kind.__name__
            return made

        self.panels = [panel(OverviewPanel)]
        if tape.text:
            self.panels.append(panel(TextPanel))
        if tape.columns:
            self.panels.append(panel(CurvesPanel, tape.columns))
        shown = [quantity for quantity in layer.cell.quantities if quantity.name not in hidden]
        self.panels += [panel(HeatmapPanel, quantity, key=quantity.name) for quantity in shown]
        self.panels += [
            panel(SurvivalPanel if quantity.name == SURVIVAL else DerivedPanel, quantity, key=quantity.name)
            for quantity in derived(layer.cell)
            if quantity.name in self.context.state.view.derived
        ]
        derived_ = self.context.state.view.derived
        self.panels += [panel(GradientPanel, kind, key=kind.name) for kind in KINDS if kind.name in derived_]
        self.panels.append(panel(CountsPanel if layer.cell.keep else NoCountsPanel))
        self.panels.append(panel(TimelinesPanel))
        self.panels.append(panel(TimeAxisPanel))
        for gone in standing.values():
            gone.remove()
        if self.panels != before:
            self._lay_out()

    def _lay_out(self) -> None:
        """Give every panel its pixels: those of fixed height first, the rest in equal parts."""
        width = self.viewport().width() - LEFT - RIGHT
        room = self.viewport().height() - _GAP * len(self.panels)
        fixed = sorted(panel.height for panel in self.panels if panel.height is not None)
        while fixed and fixed[-1] > max(_LEAST, (room - sum(fixed)) // max(len(self.panels) - len(fixed), 1)):
            fixed.pop()  # no higher than those that take what is left
        each = max(1, (room - sum(fixed)) // max(len(self.panels) - len(fixed), 1))
        y = _GAP
        for panel in self.panels:
            height = each if panel.height is None else min(panel.height, max(each, _LEAST))
            panel.place(QRect(LEFT, y, max(width, 1), height))
            y += height + (0 if isinstance(panel, TimelinesPanel) else _GAP)
        self._place_cursor()

    @Slot()
    def _apply_range(self) -> None:
        if self._unseen:
            return
        view = self.context.state.view
        for panel in self.panels:
            panel.set_range(view.start, view.stop)
        self._place_cursor()
        self._refresh()

    @Slot()
    def _apply_cursor(self) -> None:
        if self._unseen:
            return
        self._place_cursor()
        for panel in self.panels:
            panel.cursor_moved()

    @Slot()
    def _apply_units(self) -> None:
        if self._unseen:
            return
        for panel in self.panels:
            panel.units_changed()

    @Slot()
    def _refresh(self) -> None:
        if self._unseen:
            return
        for panel in self.panels:
            panel.refresh()

    @Slot()
    def _update_marks(self) -> None:
        """Something else is looked for, or nothing."""
        for panel in self.panels:
            if panel.also and not self._unseen:
                panel.cursor_moved()

    @Slot()
    def _restyle(self) -> None:
        theme = self.context.theme
        self.setBackgroundBrush(QColor(theme.window))
        for line in (self.cursor_line, self.reference_line):
            line.colour, line.halo = QColor(theme.foreground), QColor(theme.panel)
            line.update()
        for panel in self.panels:
            panel.restyle()

    @Slot(object, object)
    def _take(self, request: Request, answer: Any) -> None:
        if isinstance(request, PointRequest):
            self.pointing.take(request, answer)
            return
        for panel in self.panels:
            if request.slot == panel.slot or request.slot in panel.also:
                panel.take(request, answer)
                self._point()  # other units may stand there now

    @Slot(object, str)
    def _fail(self, request: Request, message: str) -> None:
        for panel in self.panels:
            if panel.slot == request.slot:
                panel.fail(message)

    def _place_cursor(self) -> None:
        view = self.context.state.view
        linked = [panel.body for panel in self.panels if panel.linked and not isinstance(panel, TextPanel)]
        for line, timestep in ((self.cursor_line, view.cursor), (self.reference_line, view.reference)):
            visible = bool(linked) and timestep is not None and view.start <= timestep < view.stop
            line.setVisible(visible)
            if timestep is not None and visible:
                top, bottom = linked[0].top(), linked[-1].top()
                line.shape_to(bottom - top, self.column)
                line.setPos(self.x_of(timestep + 0.5), top)

    # Pixels and time

    @property
    def column(self) -> float:
        """Width of a timestep in pixels."""
        return self._width / max(self.context.state.view.span, 1)

    @property
    def _width(self) -> int:
        return max(int(self.viewport().width()) - LEFT - RIGHT, 1)

    def x_of(self, time: float) -> float:
        """Where a time stands: timestep t reaches from t to t + 1."""
        return LEFT + (time - self.context.state.view.start) * self.column

    def time_at(self, x: float) -> float:
        """The time that stands there."""
        return self.context.state.view.start + (x - LEFT) / self.column

    def panel_at(self, y: float) -> Panel | None:
        """The panel at this height."""
        for panel in self.panels:
            if panel.body.top() - _GAP // 2 <= y <= panel.body.bottom() + _GAP // 2:
                return panel
        return None

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew, and ask for pictures of the new size."""
        super().resizeEvent(event)
        self.setSceneRect(QRectF(self.viewport().rect()))  # a pixel of the scene is one of the screen
        if self.panels:
            self._lay_out()
            self._apply_range()
            self._point()

    # The hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to seek, to pan, or to drag the window of the overview."""
        panel = self.panel_at(event.position().y())
        if event.button() != Qt.MouseButton.LeftButton or panel is None:
            event.ignore()
            return
        at = event.position()
        if (act := panel.action_at(at)) is not None:
            act()
        elif not self._over_time(at):
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

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on."""
        drag, self._pointer = self._drag, event.position()
        self._point()
        if drag is None:
            self.viewport().setCursor(self._shape(event.position()))
            return
        if (event.position() - drag.at).manhattanLength() >= _CLICK:
            drag.clicked = False
        if not drag.clicked:
            drag.move(event.position())

    def _shape(self, at: QPointF) -> Qt.CursorShape:
        """How the pointer looks there: as what a press would do."""
        panel = self.panel_at(at.y())
        if panel is not None and panel.action_at(at) is not None:
            return Qt.CursorShape.PointingHandCursor
        grab = isinstance(panel, OverviewPanel | TimeAxisPanel)
        return Qt.CursorShape.OpenHandCursor if grab else Qt.CursorShape.ArrowCursor

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End; a click seeks where a drag does something else, and on a row it selects the unit."""
        drag, self._drag = self._drag, None
        if drag is None or not drag.clicked:
            return
        if isinstance(drag.panel, OverviewPanel | TimeAxisPanel | TextPanel) and self._over_time(drag.at):
            self.context.state.change(seek, int(drag.panel.time_at(drag.at.x()) // 1))
        unit = drag.panel.unit_at(drag.at.y())
        if unit is None:
            return
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.context.state.change(select_rows, unit, drag.panel.units)
        else:
            add = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self.context.state.change(select_unit, unit, add)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        super().leaveEvent(event)
        self._pointer = None
        self._point()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Copy a panel, or all of them."""
        panel = self.panel_at(event.pos().y())
        parts = {"all panels": self.rect()}
        if panel is not None:
            name = f"‘{panel.title}’"
            parts = {name: QRect(0, panel.body.top() - 2, self.width(), panel.body.height() + 4), **parts}
        offer_copies(self, event.globalPos(), parts, self.copied)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """On the axis or the overview, show all; elsewhere over the time axis, mark that timestep, or do no longer."""
        if isinstance(self.panel_at(event.position().y()), TimeAxisPanel | OverviewPanel):
            self.context.state.change(show_all)
            return
        self.mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and self._over_time(event.position()):
            self.context.state.change(hold, self.context.state.view.cursor)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom around the pointer; sideways, or with Shift, pan."""
        view, state = self.context.state.view, self.context.state
        across, along = event.angleDelta().x(), event.angleDelta().y()
        self._pointer = event.position()
        panel = self.panel_at(event.position().y())
        if isinstance(panel, TimelinesPanel) and event.position().x() < LEFT:
            panel.scroll(along / _NOTCH)
            across = along = 0
            self._point()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            across, along = across or along, 0
        if abs(across) > abs(along):
            steps = across / _NOTCH * view.span / 8
            state.change(pan, -round(steps) or (-1 if across > 0 else 1))
        elif along:
            around = min(max(self.time_at(event.position().x()), view.start), view.stop)
            state.change(zoom, _ZOOM ** (along / _NOTCH), around)
        event.accept()

    @Slot()
    def _point(self) -> None:
        """Say what is under the pointer now."""
        at = None if self._unseen else self._pointer
        self.pointing.at(None if at is None else self.panel_at(at.y()), at or QPointF())

    def _over_time(self, at: QPointF) -> bool:
        """Whether a place is over the time axis, and not in the gutter or the margin beside it."""
        return LEFT <= at.x() < LEFT + self._width

    def _seek(self, at: QPointF) -> None:
        self.context.state.change(seek, int(self.time_at(at.x()) // 1))

    def _pulling(self, panel: TextPanel, at: QPointF) -> Callable[[QPointF], None]:
        """Text that flows past the cursor is pulled like a tape."""
        cursor, pull = self.context.state.view.cursor, panel.pull

        def move(to: QPointF) -> None:
            self.context.state.change(seek, cursor + round((at.x() - to.x()) / pull))

        return move

    def _panning(self, at: QPointF) -> Callable[[QPointF], None]:
        view, column = self.context.state.view, self.column

        def move(to: QPointF) -> None:
            steps = round((at.x() - to.x()) / column)
            self.context.state.change(lambda now: pan(now, view.start + steps - now.start))

        return move

    def _moving_window(self, panel: OverviewPanel, at: QPointF) -> Callable[[QPointF], None]:
        state = self.context.state
        time = panel.time_at(at.x())
        if not state.view.start <= time <= state.view.stop:  # beside the window: it comes here first
            start = round(time - state.view.span / 2)
            state.change(show_range, start, start + state.view.span)
        start = state.view.start

        def move(to: QPointF) -> None:
            steps = round(panel.time_at(to.x()) - panel.time_at(at.x()))
            state.change(lambda now: pan(now, start + steps - now.start))

        return move
