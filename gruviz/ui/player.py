"""Playing: the cursor moves by itself, at the speed of the state."""

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Slot

from gruviz.ui.state import ViewState
from gruviz.view import step

_FRAME = 16
"""Milliseconds between two moves at most."""


class Player(QObject):
    """Steps the cursor while the state says that it plays."""

    def __init__(self, state: ViewState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._clock = QElapsedTimer()
        self._owed = 0.0
        self._timer = QTimer(self, interval=_FRAME, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._advance)
        state.playback_changed.connect(self._follow)

    @Slot()
    def _follow(self) -> None:
        playing = self._state.view.playing
        if playing and not self._timer.isActive():
            self._owed = 0.0
            self._clock.start()
            self._timer.start()
        elif not playing:
            self._timer.stop()

    @Slot()
    def _advance(self) -> None:
        self._owed += self._clock.restart() / 1000 * self._state.view.speed
        steps = int(self._owed)
        if steps:
            self._owed -= steps
            self._state.change(step, steps)
