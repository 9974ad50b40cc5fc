"""Training in the window: what the window costs the training, and what the training costs the window."""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.apart import ROOT, apart
from benchmarks.rows import Row, ratio_of

TEXT = ROOT / "assets" / "data" / "hamlet.txt"
DEMO = ROOT / "assets" / "demo.h5"
STEPS, PAIRS = 300, 3
"""Of the pairs of trainings that are compared."""
USED = 2000
"""Steps of the training during which the window is used."""
LONG = 5000
"""Steps that no Cancel comes too late for."""
CANCELS = 5


def train_in_app_vs_headless() -> Row:
    """Steps per second in the window, which draws the loss curve meanwhile, against `gruviz train`."""
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.safetensors"
        value, app, headless = ratio_of(
            lambda: float(apart("training", "watched", model, STEPS)), lambda: without_window(model), PAIRS
        )
    used = while_used()["rate"]
    detail = f"{app:.1f} against {headless:.1f} steps/s, char on Hamlet, 96 units; {used:.1f} while it is also scrubbed"
    return Row("train_in_app_vs_headless", value, "ratio", ">= 0.95", detail)


def frame_p99_while_training_ms() -> Row:
    """Seeks, zooms and pans in the demo while the window trains."""
    found = while_used()
    detail = f"{found['frames']}; seeks until the unit panel has its values"
    return Row("frame_p99_while_training_ms", found["p99"], "ms", "<= 33", detail)


def ui_stall_while_training() -> Row:
    """The longest that the loop went unanswered meanwhile.

    A heartbeat is due every 5 ms; a stall is what passes between two of them beyond that. Starting the worker, with
    PyTorch's import in it, counts.
    """
    found = while_used()
    detail = f"{USED:,} steps of char on Hamlet, 96 units, used by mouse for {found['seconds']:.0f} s"
    return Row("ui_stall_while_training", found["stall"], "ms", "<= 100", detail)


def cancel() -> Row:
    """The longest of several Cancels of a training, pressed by mouse at random moments, until the job has ended."""
    took: list[float] = apart("training", "cancels")
    return Row("cancel", max(took), "ms", "<= 500", f"the longest of {len(took)}; each left a valid model")


ROWS: dict[str, Callable[[], Row]] = {
    function.__name__: function
    for function in (train_in_app_vs_headless, frame_p99_while_training_ms, ui_stall_while_training, cancel)
}


@cache
def while_used() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        found: dict[str, Any] = apart("training", "used", Path(folder) / "model.safetensors", USED)
    return found


def without_window(model: Path) -> float:
    """Steps per second of `gruviz train`."""
    command = [sys.executable, "-m", "gruviz", "train", "char", "--text", str(TEXT), "--steps", str(STEPS), "-o"]
    subprocess.run([*command, str(model)], check=True, capture_output=True, cwd=ROOT)
    return rate(model)


def rate(model: Path) -> float:
    """Steps per second, as the model's file tells them."""
    from gruviz.model import checkpoint

    training = checkpoint.load(model).training
    return float(training["steps_done"] / training["seconds"])


# In a process of their own


def watched(model: str, steps: str) -> float:
    """Train in a window that nobody touches; return the steps per second."""
    from benchmarks.app import Opened

    opened = Opened(str(DEMO))
    start(opened, Path(model), int(steps))
    wait(opened, lambda: not opened.window.workbench.busy)
    opened.close()
    return rate(Path(model))


def used(model: str, steps: str) -> dict[str, object]:
    """Train in a window that is used meanwhile; what its frames took, and its longest stall."""
    from benchmarks.app import Heart, Opened
    from benchmarks.frames import Times

    opened = Opened(str(DEMO))
    rng, times, heart, bench = random.Random(0), Times(), Heart(), opened.window.workbench
    heart.start()
    began = time.perf_counter()
    start(opened, Path(model), int(steps))
    while bench.busy:
        opened.hand.frames([opened.show_all])
        times += opened.hand.frames(opened.seeks(60, rng), complete=True)
        times += opened.hand.frames(opened.notches(10, opened.somewhere(rng)))
        times += opened.hand.frames(opened.drags(60))
        times += opened.hand.frames(opened.steps(30), complete=True)
    seconds = time.perf_counter() - began
    heart.stop()
    opened.close()
    stall = heart.longest
    return {
        "frames": str(times),
        "p99": times.p99,
        "stall": stall,
        "seconds": seconds,
        "rate": rate(Path(model)),
    }


def cancels() -> list[float]:
    """Milliseconds from each Cancel to the end of the job."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from benchmarks.app import Opened

    opened = Opened(str(DEMO))
    bench = opened.window.workbench
    rng, took = random.Random(1), []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(CANCELS):
            model = Path(folder) / f"{number}.safetensors"
            start(opened, model, LONG)
            wait(opened, lambda: "loss" in bench.text.text())
            opened.hand.rest(time.perf_counter() + rng.uniform(0.2, 3))
            began = time.perf_counter()
            QTest.mouseClick(bench.cancel, Qt.MouseButton.LeftButton)
            wait(opened, lambda: not bench.busy)
            took.append(1000 * (time.perf_counter() - began))
            assert model.exists(), "a cancelled training left no model"
    opened.close()
    return took


def start(opened: Any, model: Path, steps: int) -> None:
    from gruviz.ui.jobs import Training

    training = Training("char", str(TEXT), str(model), steps=steps)
    opened.window.workbench.start("Training", training, "Record it…", lambda done: None)


def wait(opened: Any, condition: Callable[[], bool]) -> None:
    """Let the loop run, as the app's own does, until then."""
    while not condition():
        opened.hand.rest(time.perf_counter() + 0.005)
