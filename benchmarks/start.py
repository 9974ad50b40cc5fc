"""How soon the demo is on the screen, beside a bare window of the same toolkit."""

import statistics
import sys
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from benchmarks.apart import apart
from benchmarks.rows import Row

TIMES = 7
LATE = ("torch", "matplotlib")
"""What a start must not import."""


def start_vs_bare() -> Row:
    """From the start of the process to the first frame of the demo with all its panels filled, in turns."""
    found = starts()
    value = statistics.median(ours / bare for ours, bare in zip(found["demo"], found["bare"], strict=True))
    demo, bare = statistics.median(found["demo"]), statistics.median(found["bare"])
    detail = f"{demo:.2f} s against {bare:.2f} s for an empty plot of PySide6 and pyqtgraph, the median of {TIMES}"
    return Row("start_vs_bare", value, "ratio", "<= 2.0", detail)


def start_imports() -> Row:
    """How many of the libraries that a start must not import are there when the demo is on the screen."""
    late = starts()["late"]
    return Row(
        "start_imports", len(late), "", "<= 0", f"of {', '.join(LATE)} in sys.modules: {', '.join(late) or 'none'}"
    )


ROWS: dict[str, Callable[[], Row]] = {function.__name__: function for function in (start_vs_bare, start_imports)}


@cache
def starts() -> dict[str, Any]:
    """Seconds of each start, the first of each not told, and what the demo imported."""
    took: dict[str, list[float]] = {"demo": [], "bare": []}
    late: set[str] = set()
    for _ in range(TIMES + 1):
        for what, times in took.items():
            began = time.time()
            found = apart("start", what)
            times.append(found["painted"] - began)
            late |= set(found["late"])
    return {"demo": took["demo"][1:], "bare": took["bare"][1:], "late": sorted(late)}


# In a process of their own


def demo() -> dict[str, object]:
    """`gruviz demo`, until all of it is painted."""
    import gruviz.ui.window
    from gruviz import cli

    painted: list[float] = []

    class Window(gruviz.ui.window.MainWindow):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            note_first(self, lambda: self.state.view.length > 0 and self.loader.idle, painted)

    gruviz.ui.window.MainWindow = Window  # type: ignore[misc]
    cli.main(["demo"])
    return {"painted": painted[0], "late": [name for name in LATE if name in sys.modules]}


def bare() -> dict[str, object]:
    """A window with an empty plot, until it is painted."""
    import pyqtgraph as pg

    painted: list[float] = []
    app = pg.mkQApp()
    window = pg.PlotWidget()
    window.resize(1280, 800)
    note_first(window, lambda: True, painted)
    window.show()
    app.exec()
    return {"painted": painted[0], "late": []}


def note_first(window: Any, full: Callable[[], bool], painted: list[float]) -> None:
    """Note when the first frame that is `full` was painted, and close the window."""
    from PySide6.QtCore import QEvent, QObject, QTimer

    class First(QObject):
        def eventFilter(self, window: QObject, event: QEvent) -> bool:
            if event.type() != QEvent.Type.UpdateRequest:
                return False
            window.event(event)
            if not painted and full():
                painted.append(time.time())
                QTimer.singleShot(0, window.close)
            return True

    window.installEventFilter(First(window))
