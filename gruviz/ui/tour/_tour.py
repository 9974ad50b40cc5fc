"""Walking the tour: opening what each stop shows, and bringing back at the end what was open before."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QTimer, Slot
from PySide6.QtWidgets import QWidget

from gruviz._assets import asset
from gruviz.errors import GruvizError
from gruviz.ui.reading import Facts
from gruviz.ui.tour._bar import TourBar
from gruviz.ui.tour._ring import Ring
from gruviz.ui.tour._stops import STOPS, Stop
from gruviz.view import View, to_plain

if TYPE_CHECKING:
    from gruviz.ui.window import MainWindow

_RINGS = 3
"""The most that are drawn at a time."""


class Tour(QObject):
    """Leads from stop to stop, until its end, until it is left, or until something else is opened."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self.bar = TourBar()
        self.bar.hide()
        self.bar.back.clicked.connect(self.back)
        self.bar.on.clicked.connect(self.on)
        self.bar.leave.clicked.connect(self.leave)
        self._at: int | None = None
        self._done = False
        self._awaited: tuple[str, ...] = ()
        """The recordings that are being opened."""
        self._before: tuple[str, View] | None = None
        """The recording that was open before the tour, and what was looked at in it."""
        self._rings: list[Ring] = []
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._place)
        window.ready.connect(self._arrive)
        window.refused.connect(self._stumble)
        window.loader.opened.connect(self._something_opened)

    @property
    def stop(self) -> Stop | None:
        """Where it stands; None while nobody is on tour."""
        return None if self._at is None else STOPS[self._at]

    @Slot()
    def offer(self) -> None:
        """Ask whether it is wanted."""
        self.bar.show_offer(len(STOPS))
        self.bar.show()

    @Slot()
    def begin(self) -> None:
        """Go to the first stop."""
        window = self._window
        if self._at is None:
            facts, view = window.loader.facts, window.state.view
            self._before = (view.panes[0].recording, view) if facts is not None and facts.path else None
            window.state.changed.connect(self._look)
            for watched in self._watched():
                watched.installEventFilter(self)
            window.loader.settled.connect(self._soon.start)
            window.themes.changed.connect(self._soon.start)
            self._rings = self._rings or [Ring(window.themes, window.centralWidget()) for _ in range(_RINGS)]
        self._go(0)

    @Slot()
    def on(self) -> None:
        """Go to the next stop; from the last, back to what was open before."""
        if self._at is None:
            self.begin()
        elif self._at + 1 < len(STOPS):
            self._go(self._at + 1)
        else:
            self.leave()

    @Slot()
    def back(self) -> None:
        """Go to the stop before."""
        if self._at:
            self._go(self._at - 1)

    @Slot()
    def leave(self) -> None:
        """End the tour, and bring back what was open before it."""
        before = self._before
        self._end()
        if before is not None:
            path, view = before
            self._window.settings.last, self._window.settings.view = path, to_plain(view)
            self._window.open_recording(path)

    def _end(self) -> None:
        window = self._window
        self.bar.hide()
        if self._at is None:
            return
        self._at, self._before, self._awaited = None, None, ()
        window.state.changed.disconnect(self._look)
        for watched in self._watched():
            watched.removeEventFilter(self)
        window.loader.settled.disconnect(self._soon.start)
        window.themes.changed.disconnect(self._soon.start)
        self._soon.stop()
        for ring in self._rings:
            ring.hide()

    def _watched(self) -> tuple[QWidget, ...]:
        window = self._window
        return window.stage.viewport(), window.side, window.side.below

    def _go(self, number: int) -> None:
        self._at, self._done = number, False
        stop = STOPS[number]
        try:
            paths = tuple(str(asset(name)) for name in stop.recordings)
        except GruvizError as error:
            self._stumble(str(error))
            self._window.complain(str(error))
            return
        self.bar.show_stop(stop, number + 1, len(STOPS))
        self.bar.show()
        shown = tuple(pane.recording for pane in self._window.state.view.panes)
        if shown == paths and not self._awaited:
            self._arrive()
        else:
            self._awaited = paths
            self._window.open_together(paths)

    @Slot(object)
    def _something_opened(self, facts: Facts) -> None:
        """Something that is not of the tour ends it."""
        stop = self.stop
        if stop is None or facts.path not in {str(asset(name)) for name in stop.recordings}:
            self._end()

    @Slot()
    def _arrive(self) -> None:
        """What the stop shows is open."""
        stop = self.stop
        if stop is None:
            return
        self._awaited = ()
        self._window.state.change(stop.look)
        self._window.stage.setFocus()
        self._soon.start()

    @Slot(str)
    def _stumble(self, message: str) -> None:
        """What the stop shows cannot be opened, which has been said."""
        self._end()

    @Slot()
    def _look(self) -> None:
        """Whether what there is to try was tried."""
        stop = self.stop
        if stop is None or self._awaited:
            return
        if not self._done and stop.done is not None and stop.done(self._window.state.view):
            self._done = True
            self.bar.show_task(stop, True)
        self._soon.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What is spoken of has another place."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide):
            self._soon.start()
        return False

    @Slot()
    def _place(self) -> None:
        """Put the rings around what is spoken of."""
        stop = self.stop
        places = [] if stop is None else [place for key in stop.rings for place in self._places_of(key)]
        for number, ring in enumerate(self._rings):
            if number < len(places):
                ring.enclose(places[number])
            else:
                ring.hide()

    def _places_of(self, key: str) -> list[QRect]:
        """The pixels of the central widget that something takes, in every pane; none while it is not to be seen."""
        side, stage = self._window.side, self._window.stage
        widgets: dict[str, Callable[[], QWidget]] = {"units": lambda: side.units, "tab": lambda: side.below}
        if key in widgets:
            widget = widgets[key]()
            places = [widget.rect()]
        else:
            widget = stage.viewport()
            bodies = [panel.body for panel in stage.panels if panel.key == key]
            places = [QRect(0, body.top() - 2, widget.width(), body.height() + 4) for body in bodies]
        if not widget.isVisible():
            return []
        shift = widget.mapTo(self._window.centralWidget(), QPoint(0, 0))
        return [place.translated(shift) for place in places]
