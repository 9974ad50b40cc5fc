"""When Python looks for cyclic garbage while a window is open: on the GUI thread, and in full only when nobody moves.

Left to itself it looks whenever enough was allocated, on whichever thread, and keeps all others waiting: up to 140 ms
while a worker imports PyTorch (measured). On a worker it could also end the life of a widget, which Qt allows on the
GUI thread alone.
"""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, QTimer, Slot

_LOOK = 1000
"""Milliseconds between looks at what is new: a few milliseconds each."""
_REST = 3.0
"""Seconds without a movement after which a look at everything disturbs nobody."""
_LOOKS = 30
"""At what is new, between two at everything."""

_importing = 0


@contextmanager
def importing() -> Iterator[None]:
    """While large modules are imported, on any thread: what they make is there for good, and not worth a look."""
    global _importing
    _importing += 1
    try:
        yield
    finally:
        gc.freeze()
        _importing -= 1


class Collector(QObject):
    """Takes the collection of garbage over from Python until `stop`."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._moved = time.monotonic()
        self._timer = QTimer(self, interval=_LOOK)
        self._timer.timeout.connect(self._look)

    def start(self) -> None:
        """From now on garbage is collected here."""
        gc.disable()
        self._timer.start()

    def stop(self) -> None:
        """Leave it to Python again."""
        self._timer.stop()
        gc.enable()

    @Slot()
    def moved(self) -> None:
        """Somebody is scrubbing, and would see the window stand still."""
        self._moved = time.monotonic()

    @Slot()
    def _look(self) -> None:
        if _importing:
            return
        rests = time.monotonic() - self._moved > _REST
        gc.collect(2 if rests and gc.get_count()[2] >= _LOOKS else 1)
