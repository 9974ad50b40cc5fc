"""A frame: from the input event to the end of the last paint of all visible widgets that it leads to.

All widgets of a window are painted within one event of the window, `UpdateRequest`, and copied to the screen at its
end: the end of that event is when a frame is seen.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget

SIZE = (1600, 1000)
REFRESH = 1 / 60
"""Seconds between two inputs: a mouse and a screen of today."""
_REST = 0.0002
_PATIENCE = 10.0


class Paints(QObject):
    """When each paint of a window ended."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.ends: list[float] = []
        self.work: list[float] = []
        """Seconds that the GUI thread itself had worked by then."""
        window.installEventFilter(self)

    def eventFilter(self, window: QObject, event: QEvent) -> bool:
        """Let the window paint, and look at the clock."""
        if event.type() != QEvent.Type.UpdateRequest:
            return False
        window.event(event)
        self.ends.append(time.perf_counter())
        self.work.append(time.thread_time())
        return True


@dataclass
class Times:
    """Milliseconds of many frames."""

    frames: list[float] = field(default_factory=list)
    work: list[float] = field(default_factory=list)
    """Milliseconds that the GUI thread itself worked in them: a busy machine makes frames long, but hardly these."""
    empty: int = 0
    """Inputs that repainted nothing, as at the end of the range: no frames."""

    def __add__(self, other: "Times") -> "Times":
        return Times(self.frames + other.frames, self.work + other.work, self.empty + other.empty)

    @property
    def p99(self) -> float:
        return float(np.percentile(self.frames, 99))

    @property
    def median(self) -> float:
        return float(np.median(self.frames))

    def __str__(self) -> str:
        if not self.frames:
            return "no frames"
        words = (
            f"{len(self.frames)} frames, median {self.median:.1f}, p99 {self.p99:.1f}, longest {max(self.frames):.1f}"
        )
        return f"{words}, own work p99 {np.percentile(self.work, 99):.1f}" if self.work else words


class Hand:
    """Gives input at the pace of a screen, whether the window keeps up or not, and takes the time of every frame.

    An input that falls due while the loop is busy waits, and its wait counts.
    """

    def __init__(self, app: QApplication, paints: Paints, idle: Callable[[], bool] = lambda: True) -> None:
        """`idle` tells whether all that was asked for has come."""
        self._app, self._paints, self._idle = app, paints, idle
        self.due = time.perf_counter()
        """When the last input fell due."""

    def frames(self, acts: Iterable[Callable[[], object]], complete: bool = False) -> Times:
        """Frames of inputs one after the other; `complete` ones end once all is there that they asked to be read."""
        times = Times()
        for act in acts:
            self.due = max(self.due + REFRESH, time.perf_counter())
            self.rest(self.due)
            before, worked = len(self._paints.ends), time.thread_time()
            act()
            (self.settle if complete else self._paint)()
            if len(self._paints.ends) > before:
                times.frames.append(1000 * (self._paints.ends[-1] - self.due))
                if not complete:  # waiting is work too, as it is done here
                    times.work.append(1000 * (self._paints.work[-1] - worked))
            else:
                times.empty += 1
        return times

    def rest(self, until: float) -> None:
        """Let the loop run, data stream in and be painted."""
        while time.perf_counter() < until:
            self.turn()

    def turn(self) -> None:
        """Let the loop run once. One with nothing to do sleeps, and leaves the interpreter to other threads."""
        self._app.processEvents()
        time.sleep(_REST)

    def settle(self) -> float:
        """Wait until nothing is left to read or to paint; return when the last paint ended."""
        until = time.perf_counter() + _PATIENCE
        while not self._idle():
            assert time.perf_counter() < until, "the window never came to rest"
            self.turn()
        self._paint()
        return self._paints.ends[-1]

    def _paint(self) -> None:
        """Paint until nothing is left to paint."""
        painted = -1
        while painted < len(self._paints.ends):
            painted = len(self._paints.ends)
            self._app.processEvents()
