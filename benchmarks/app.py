"""Our own window: opened, and moved by the events that mouse, wheel and keys cause."""

import random
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from math import sin
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from benchmarks.frames import SIZE, Hand, Paints, Times
from gruviz.ui import app as application
from gruviz.ui.panels import OverviewPanel, TimeAxisPanel, TimelinesPanel
from gruviz.ui.panels.panel import LEFT, RIGHT
from gruviz.ui.settings import Settings
from gruviz.ui.theme import Themes
from gruviz.ui.window import MainWindow

Act = Callable[[], object]


class Opened:
    """A window, the hand at its mouse, and the acts that the hand can do."""

    def __init__(self, path: str | None = None) -> None:
        self.app: QApplication = application.make_application()
        sys.setswitchinterval(application._SWITCH)  # as the app does at its start
        self.window = MainWindow(Settings(), Themes("light"), remember=False)
        self.paints = Paints(self.window)
        self.window.resize(*SIZE)
        self.window.show()
        self.hand = Hand(self.app, self.paints, lambda: self.window.loader.idle)
        self.hand.settle()
        if path is not None:
            self.open(path)

    def open(self, path: str) -> float:
        """Open a recording; return when the first complete frame was painted."""
        refused: list[str] = []
        self.window.refused.connect(refused.append)
        self.window.open_recording(path)
        while not self.view.length and not refused:
            self.hand.turn()
        assert not refused, refused[0]
        return self.hand.settle()

    def close(self) -> None:
        application._take_down(self.window)

    @property
    def view(self) -> Any:
        return self.window.state.view

    def body(self, kind: type) -> Any:
        """Where the panel of that kind stands over the time axis."""
        return next(panel.body for panel in self.window.stage.panels if isinstance(panel, kind))

    def select_units(self, *units: int) -> None:
        """Rows beneath the heatmaps fill with their timelines."""
        from gruviz.view import with_pane

        self.window.state.change(with_pane, units=units)
        self.hand.settle()

    def show_all(self) -> None:
        self._take_keys()
        self.key(Qt.Key.Key_0)
        self.hand.settle()
        assert self.view.span == self.view.length, "the key did not arrive"

    def _take_keys(self) -> None:
        """Shortcuts are for the active window, and another may have been opened since."""
        self.window.activateWindow()
        self.hand.settle()

    # What a hand does

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.window.stage, key, modifier)

    def wheel(self, notches: float, x: int) -> None:
        viewport = self.window.stage.viewport()
        at = QPointF(x, self.body(TimelinesPanel).center().y())
        none = Qt.KeyboardModifier.NoModifier
        event = QWheelEvent(
            at,
            viewport.mapToGlobal(at),
            QPoint(),
            QPoint(0, round(120 * notches)),
            Qt.MouseButton.NoButton,
            none,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        self.app.sendEvent(viewport, event)

    def press(self, x: int, y: int) -> None:
        self._mouse(QEvent.Type.MouseButtonPress, x, y, Qt.MouseButton.LeftButton)

    def move(self, x: int, y: int) -> None:
        self._mouse(QEvent.Type.MouseMove, x, y, Qt.MouseButton.NoButton)

    def release(self, x: int, y: int) -> None:
        self._mouse(QEvent.Type.MouseButtonRelease, x, y, Qt.MouseButton.LeftButton)

    def _mouse(self, kind: QEvent.Type, x: int, y: int, button: Qt.MouseButton) -> None:
        viewport = self.window.stage.viewport()
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
        at = QPointF(x, y)
        event = QMouseEvent(kind, at, viewport.mapToGlobal(at), button, held, Qt.KeyboardModifier.NoModifier)
        self.app.sendEvent(viewport, event)

    # Series of acts

    def somewhere(self, rng: random.Random) -> int:
        """A place over the time axis."""
        return rng.randint(LEFT, self.window.stage.viewport().width() - RIGHT - 1)

    def steps(self, times: int) -> Iterator[Act]:
        """One timestep on, by key."""
        self._take_keys()
        for _ in range(times):
            yield lambda: self.key(Qt.Key.Key_Right)

    def seeks(self, times: int, rng: random.Random) -> Iterator[Act]:
        """The cursor dragged to random places."""
        y = self.body(TimelinesPanel).center().y()
        self.press(self.somewhere(rng), y)
        for _ in range(times):
            x = self.somewhere(rng)
            yield lambda x=x: self.move(x, y)
        self.release(self.somewhere(rng), y)

    def notches(self, times: int, x: int) -> Iterator[Act]:
        """The wheel turned towards more detail, or back where `times` is less than 0."""
        for _ in range(abs(times)):
            yield lambda: self.wheel(1 if times > 0 else -1, x)

    def drags(self, times: int) -> Iterator[Act]:
        """The time axis dragged to and fro."""
        return self._drags(times, self.body(TimeAxisPanel).center(), 300)

    def drags_of_window(self, times: int) -> Iterator[Act]:
        """The window in the overview dragged to and fro."""
        body, view = self.body(OverviewPanel), self.view
        middle = body.left() + round((view.start + view.stop) / 2 / view.length * body.width())
        return self._drags(times, QPoint(middle, body.center().y()), 100)

    def _drags(self, times: int, at: QPoint, reach: int) -> Iterator[Act]:
        self.press(at.x(), at.y())
        for number in range(times):
            x = at.x() + round(reach * sin(number / 10))
            yield lambda x=x: self.move(x, at.y())
        self.release(at.x(), at.y())

    # Frames of the cursor

    def widths(self, rng: random.Random, *notches: int) -> Iterator[int]:
        """Show all, then what so many notches of the wheel leave of it, around a random place; each as it is there."""
        for each in notches:
            self.show_all()
            self.hand.frames(self.notches(each, self.somewhere(rng)))
            self.hand.settle()
            yield each

    def scrub(self, rng: random.Random, times: int = 100) -> tuple[Times, Times]:
        """Frames of so many seeks and as many steps: until all is there that they ask for, and to the first paint."""
        complete = self.hand.frames(self.seeks(times, rng), complete=True)
        complete += self.hand.frames(self.steps(times), complete=True)
        first = self.hand.frames(self.seeks(times, rng))
        self.hand.settle()
        first += self.hand.frames(self.steps(times))
        self.hand.settle()
        return complete, first

    def scrub_at(self, rng: random.Random, *notches: int) -> tuple[Times, Times]:
        """The same at several widths, together."""
        complete, first = zip(*(self.scrub(rng) for _ in self.widths(rng, *notches)), strict=True)
        return sum(complete, Times()), sum(first, Times())


class Heart:
    """Beats every 5 ms, as long as the event loop answers."""

    PERIOD = 5

    def __init__(self) -> None:
        self._beats: list[float] = []
        self._timer = QTimer(interval=self.PERIOD, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(lambda: self._beats.append(time.perf_counter()))

    def start(self) -> None:
        self._beats.append(time.perf_counter())
        self._timer.start()

    def stop(self) -> None:
        self._beats.append(time.perf_counter())
        self._timer.stop()

    @property
    def longest(self) -> float:
        """Milliseconds that it went unanswered, at most."""
        return max(1000 * (later - earlier) for earlier, later in pairwise(self._beats)) - self.PERIOD
