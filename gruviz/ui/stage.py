"""The panels over one time axis, and the cursor that crosses them."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QContextMenuEvent, QMouseEvent, QPixmapCache, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QGraphicsScene, QGraphicsView, QWidget

from gruviz.ui.asked import Asked
from gruviz.ui.cursor import Cursor
from gruviz.ui.hand import Hand
from gruviz.ui.panels import Context, Panel, TextPanel, TimeAxisPanel, TimelinesPanel
from gruviz.ui.panels.copying import offer_copies
from gruviz.ui.panels.pane import HeadingPanel
from gruviz.ui.panels.panel import LEFT, RIGHT
from gruviz.ui.panes import Panes
from gruviz.ui.pointing import Pointing
from gruviz.ui.reading import PointRequest, Request
from gruviz.ui.rows import Rows
from gruviz.ui.theme import STEP

_GAP = 2 * STEP
_LEAST = 28
"""Pixels that a line of text and its space need."""
_KEPT = 128 * 1024
"""Kilobytes of pictures of items that Qt keeps; those of a window of 4K take 70,000."""


class Stage(QGraphicsView):
    """Lays the panels out, and tells them what the state says."""

    copied = Signal(str)
    """What was copied, in words."""

    def __init__(self, context: Context, panes: Panes, parent: QWidget | None = None) -> None:
        """Build it.

        Args:
            context: what the panels work with that stand there once: about the pane in focus.
            panes: what the panels of each pane work with.
            parent: of the widget.
        """
        self.context = context
        self._panes = panes
        super().__init__(parent)
        self.setScene(QGraphicsScene(self))
        self._rows = Rows(context, panes.contexts, panes.close, self.scene())
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.cursor_line = Cursor()
        self.reference_line = Cursor(dashed=True)
        self.reference_line.setZValue(99)
        for line in (self.cursor_line, self.reference_line):
            self.scene().addItem(line)
        self._heard: list[Asked] = []
        """Those whose answers are listened to."""
        self.pointing = Pointing(context, self)
        self.pointer: QPointF | None = None
        """Where the mouse is; None while it is elsewhere."""
        self._hand = Hand(self)
        self.scene().setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)  # they are few, and all in sight
        QPixmapCache.setCacheLimit(max(QPixmapCache.cacheLimit(), _KEPT))
        self.setFrameShape(QGraphicsView.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setMinimumSize(480, 320)
        self.setAcceptDrops(False)  # files are dropped on the window
        state = context.state
        state.panes_changed.connect(self._turn)
        state.display_changed.connect(self._turn)
        state.rows_changed.connect(self._refresh)
        state.thresholds_changed.connect(self._refresh)
        state.range_changed.connect(self._apply_range)
        state.cursor_changed.connect(self._apply_cursor)
        state.units_changed.connect(self._apply_units)
        state.mark_changed.connect(self._apply_cursor)
        state.find_changed.connect(self._update_marks)
        state.page_changed.connect(self._come_or_go)
        for changed in (state.panes_changed, state.display_changed, state.range_changed, state.cursor_changed):
            changed.connect(self.point)
        context.themes.changed.connect(self._restyle)
        self._restyle()

    # What the state says

    @Slot()
    def _turn(self) -> None:
        """Another recording, layer or sequence, or other panels."""
        if not self._rows.known or self._unseen:
            return
        self._listen()
        if self._rows.turn():
            self._lay_out()
        elif self.context.reread and self.context.state.before.focus == self.context.state.view.focus:
            self._refresh()  # what is on show stays until the answers come
            return
        self._apply_range()
        self._apply_cursor()
        self._apply_units()

    def _listen(self) -> None:
        """Hear the loaders of all panes, and what is asked for the one in focus."""
        wanted: list[Asked] = [self.context.loader, *(pane.loader for pane in self._panes.contexts)]
        for asked in wanted:
            if not any(asked is each for each in self._heard):
                asked.answered.connect(self._take)
                asked.failed.connect(self._fail)
        self._heard = wanted  # one that is not wanted any more has ended, and says nothing

    @property
    def panels(self) -> list[Panel]:
        """From top to bottom."""
        return self._rows.panels

    @Slot()
    def _come_or_go(self) -> None:
        """Ask for nothing more while pages are read in place of the panels, and catch up when they are seen again."""
        if self._unseen:
            for panel in self.panels:
                panel.forget()
        else:
            self._turn()

    @property
    def _unseen(self) -> bool:
        return self.context.state.view.page

    def _lay_out(self) -> None:
        """Give every panel its pixels: those of fixed height first, the rest in equal parts."""
        width = self.viewport().width() - LEFT - RIGHT
        below = [_below(panel, beneath) for panel, beneath in pairwise([*self.panels, None])]
        y = _GAP
        heights = _heights(self.panels, self.viewport().height() - _GAP - sum(below))
        for panel, height, gap in zip(self.panels, heights, below, strict=True):
            panel.place(QRect(LEFT, y, max(width, 1), height))
            y += height + gap
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
        asked = self.sender()
        if isinstance(request, PointRequest):
            self.pointing.take(asked, request, answer)
            return
        for panel in self.panels:
            if panel.hears(asked) and request.slot in (panel.slot, *panel.also):
                panel.hear(asked, request, answer)
                self.point()  # other units may stand there now

    @Slot(object, str)
    def _fail(self, request: Request, message: str) -> None:
        asked = self.sender()
        for panel in self.panels:
            if panel.hears(asked) and request.slot == panel.slot:
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
        return self.width_of_time / max(self.context.state.view.span, 1)

    @property
    def width_of_time(self) -> int:
        """Pixels over the time axis."""
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
            self.point()

    # What Qt tells

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to seek, to pan, or to drag the window of the overview."""
        self._hand.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on."""
        self._hand.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End."""
        self._hand.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all, or mark a timestep."""
        self._hand.double_click(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom, or pan."""
        self._hand.wheel(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        super().leaveEvent(event)
        self.pointer = None
        self.point()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Copy a panel, or all of them."""
        panel = self.panel_at(event.pos().y())
        parts = {"all panels": self.rect()}
        if panel is not None and panel.title:
            name = f"‘{panel.title}’"
            parts = {name: QRect(0, panel.body.top() - 2, self.width(), panel.body.height() + 4), **parts}
        offer_copies(self, event.globalPos(), parts, self.copied)

    @Slot()
    def point(self) -> None:
        """Say what is under the pointer now."""
        at = None if self._unseen else self.pointer
        self.pointing.at(None if at is None else self.panel_at(at.y()), at or QPointF())


def _heights(panels: Sequence[Panel], room: int) -> list[int]:
    """The pixels of each: firm ones first, then those of fixed height, and the rest in equal parts."""
    room -= sum(panel.height for panel in panels if panel.firm and panel.height is not None)
    yielding = [panel for panel in panels if not panel.firm]
    fixed = sorted(panel.height for panel in yielding if panel.height is not None)
    while fixed and fixed[-1] > max(_LEAST, (room - sum(fixed)) // max(len(yielding) - len(fixed), 1)):
        fixed.pop()  # no higher than those that take what is left
    each = max(1, (room - sum(fixed)) // max(len(yielding) - len(fixed), 1))

    def height(panel: Panel) -> int:
        if panel.height is None or panel.firm:
            return panel.height or each
        return min(panel.height, max(each, _LEAST))

    return [height(panel) for panel in panels]


def _below(panel: Panel | None, beneath: Panel | None) -> int:
    """Pixels between a panel and the one beneath it: what belongs together stands close together."""
    if isinstance(panel, HeadingPanel):
        return STEP // 2
    return 0 if isinstance(beneath, TimeAxisPanel) and isinstance(panel, TimelinesPanel) else _GAP
