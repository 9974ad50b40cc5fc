"""The window while a network trains beside it: how long the event loop goes unanswered, and how soon Cancel answers."""

import os
import random
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

from benchmarks.rows import Row

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

ASSETS = Path(__file__).parents[1] / "assets"
STEPS = 2000
CANCELS = 5


def ui_stall_while_training() -> Row:
    """Train 2,000 steps on the worker, scrub the demo by mouse meanwhile: the longest that the loop went unanswered.

    A heartbeat is due every 5 ms; a stall is what passes between two of them beyond that. Starting the worker, with
    PyTorch's import in it, counts.
    """
    from PySide6.QtCore import QPoint, Qt, QTimer
    from PySide6.QtTest import QTest

    app, window = opened()
    beats: list[float] = []
    heart = QTimer(interval=5, timerType=Qt.TimerType.PreciseTimer)
    heart.timeout.connect(lambda: beats.append(time.perf_counter()))
    viewport = window.stage.viewport()
    rng = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        start(window, Path(folder) / "m.safetensors")
        heart.start()
        moves = 0
        while window.workbench.busy:
            where = QPoint(rng.randint(140, viewport.width() - 80), viewport.height() // 2)
            QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, where)
            moves += 1
            until = time.perf_counter() + 0.016
            while time.perf_counter() < until:
                app.processEvents()
                time.sleep(0.001)
        heart.stop()
    window.close()
    worst = max(later - earlier for earlier, later in pairwise(beats)) - 0.005
    detail = f"{STEPS:,} steps of char on Hamlet, 96 units; {moves:,} seeks by mouse in {beats[-1] - beats[0]:.0f} s"
    return Row("ui_stall_while_training", 1000 * worst, "ms", "<= 100", detail)


def cancel() -> Row:
    """The longest of several Cancels of a training, pressed by mouse at random moments, until the job has ended."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    app, window = opened()
    rng, took = random.Random(1), []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(CANCELS):
            start(window, Path(folder) / f"{number}.safetensors")
            wait(app, lambda: "loss" in window.workbench.text.text())
            moment = time.perf_counter() + rng.uniform(0.2, 3)
            wait(app, partial(_past, moment))
            began = time.perf_counter()
            QTest.mouseClick(window.workbench.cancel, Qt.MouseButton.LeftButton)
            wait(app, lambda: not window.workbench.busy)
            took.append(time.perf_counter() - began)
            assert (Path(folder) / f"{number}.safetensors").exists()
    window.close()
    return Row("cancel", 1000 * max(took), "ms", "<= 500", f"the longest of {CANCELS}; each left a valid model")


ROWS: dict[str, Callable[[], Row]] = {function.__name__: function for function in (ui_stall_while_training, cancel)}


def opened():  # type: ignore[no-untyped-def]
    import sys

    from gruviz.ui import app as application
    from gruviz.ui.settings import Settings
    from gruviz.ui.theme import Themes
    from gruviz.ui.window import MainWindow

    app = application.make_application()
    sys.setswitchinterval(application._SWITCH)  # as the app does at its start
    window = MainWindow(Settings(), Themes("light"), remember=False)
    window.resize(1280, 800)
    window.show()
    window.open_recording(str(ASSETS / "demo.h5"))
    wait(app, lambda: window.state.view.length > 0 and window.loader.idle)
    return app, window


def start(window, path: Path) -> None:  # type: ignore[no-untyped-def]
    from gruviz.ui.jobs import Training

    training = Training("char", str(ASSETS / "data" / "hamlet.txt"), str(path), steps=STEPS)
    window.workbench.start("Training", training, "Record it…", lambda done: None)


def wait(app, condition: Callable[[], bool]) -> None:  # type: ignore[no-untyped-def]
    while not condition():
        app.processEvents()
        time.sleep(0.001)


def _past(moment: float) -> bool:
    return time.perf_counter() > moment
