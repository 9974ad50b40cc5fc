"""Long work beside the window: what it tells, how soon it stops, and what it leaves behind."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

import gruviz
from gruviz.model import checkpoint
from gruviz.ui.jobs import Done, Recording, Training
from gruviz.ui.loss import Curve
from gruviz.ui.window import MainWindow
from gruviz.view import seek, show_range

from .test_flows import DATA, LONG, press

SONNETS = str(DATA / "sonnets.txt")


@pytest.fixture
def window(new_window: Callable[[], MainWindow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    monkeypatch.chdir(tmp_path)
    return new_window()


def nothing(done: Done) -> None:
    """What follows is not looked at."""


def test_a_training_shows_its_curve_and_its_device(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    bench, output = window.workbench, str(tmp_path / "m.safetensors")
    bench.start("Training", Training("char", SONNETS, output, hidden=32, steps=100), "Record it…", nothing)
    qtbot.waitUntil(lambda: len(bench.curves.held_out.values) >= 2, timeout=LONG)
    assert bench.curves.isVisible()
    assert bench.curves.held_out.title == "bits per character on held-out data"
    assert "cpu" in bench.device.text()
    assert "GB" in bench.device.text() or sys.platform != "linux"
    assert " s left" in bench.text.text()
    qtbot.waitUntil(bench.action.isVisible, timeout=LONG)
    training = checkpoint.load(output).training
    np.testing.assert_allclose(bench.curves.loss.values, training["history"]["loss"])
    assert bench.curves.loss.at.tolist() == list(range(1, 101))
    shown = zip(bench.curves.held_out.at, bench.curves.held_out.values, strict=True)
    assert [list(point) for point in shown] == training["history"]["metric"]
    press(bench.close_)
    assert not bench.isVisible()


def test_a_curve_stays_small_and_true() -> None:
    curve, loss = Curve(100_000), np.random.default_rng(0).random(100_000)
    for value in loss:
        curve.add(float(value))
    now = curve.snapshot()
    assert 1000 < len(now.loss) <= 2048
    each = 100_000 // len(now.loss)
    assert now.step[0] == (each + 1) / 2
    np.testing.assert_allclose(now.loss, loss[: len(now.loss) * each].reshape(-1, each).mean(axis=1))


def test_a_cancelled_recording_opens(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    bench, model = window.workbench, str(tmp_path / "m.safetensors")
    Training("char", SONNETS, model, hidden=192, steps=1)(lambda progress: True)
    read, output = tmp_path / "long.txt", str(tmp_path / "run.h5")
    read.write_text(Path(SONNETS).read_text("utf-8") * 40, "utf-8")
    window.flows.start_recording(Recording(model, (str(read),), output))
    qtbot.waitUntil(lambda: bench.job is not None and bench.job.latest.keeps, timeout=LONG)
    press(bench.cancel)
    qtbot.waitUntil(window.banner.isVisible, timeout=LONG)
    assert "cut short" in window.banner.text()
    qtbot.waitUntil(lambda: not bench.isVisible())
    with gruviz.open(output) as run:
        assert 0 < len(run.tapes["main"]) < 40 * 90_000


def test_what_has_nothing_to_keep_is_let_go_at_once(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    bench = window.workbench
    late = []

    def work(report: Callable[[object], bool]) -> Done:
        time.sleep(0.5)
        late.append(report)
        return Done("", "")

    bench.start("Waiting", work, "", nothing)
    press(bench.cancel)
    assert not bench.busy
    assert not bench.isVisible()
    bench.start("Training", Training("copy", None, str(tmp_path / "m.safetensors"), steps=3), "", nothing)
    qtbot.waitUntil(bench.action.isVisible, timeout=LONG)
    qtbot.waitUntil(lambda: bool(late))
    qtbot.wait(100)
    assert "symbols repeated" in bench.text.text(), "what was let go of says nothing any more"
    assert bench.action.isVisible()


CLOSE = """
import sys
from PySide6.QtCore import QTimer
from gruviz.ui import app, window, jobs
shown = window.MainWindow.show
def show(self):
    shown(self)
    self.workbench.start("Training", jobs.Training({task!r}, None, {output!r}, steps=10**6), "", lambda done: None)
    timer = QTimer(self, interval=20)
    timer.timeout.connect(lambda: self.close() if self.workbench.job and {when} else None)
    timer.start()
window.MainWindow.show = show
sys.exit(app.run())
"""


@pytest.mark.parametrize(("when", "kept"), [("self.workbench.job.latest.keeps", True), ("True", False)])
def test_closing_while_it_trains_ends_with_status_0(tmp_path: Path, when: str, kept: bool) -> None:
    output = tmp_path / "m.safetensors"
    code = CLOSE.format(task="flipflop", output=str(output), when=when)
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert output.exists() == kept


def test_a_recording_is_watched_while_it_is_made(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, sonnets: Path
) -> None:
    bench, model = window.workbench, str(tmp_path / "m.safetensors")
    Training("char", SONNETS, model, hidden=96, steps=1)(lambda progress: True)
    with qtbot.waitSignal(window.ready, timeout=LONG):
        window.open_path(str(sonnets))
    read, output = tmp_path / "long.txt", tmp_path / "run.h5"
    read.write_text(Path(SONNETS).read_text("utf-8") * 6, "utf-8")
    window.flows.start_recording(Recording(model, (str(read),), str(output)))
    assert not bench.watch.isVisible()
    qtbot.waitUntil(bench.watch.isVisible, timeout=LONG)
    assert window.windowTitle().startswith("sonnets.h5")  # what is open stays until somebody asks
    with qtbot.waitSignal(window.ready, timeout=LONG):
        press(bench.watch)
    assert window.windowTitle().startswith("run.h5.part")
    assert window.live_bar.isVisible()
    length = window.state.view.length
    qtbot.waitUntil(lambda: window.state.view.length > length, timeout=LONG)
    window.state.change(seek, 100)
    window.state.change(show_range, 50, 250)
    with qtbot.assertNotEmitted(window.ready):  # it is not opened anew at its end
        qtbot.waitUntil(lambda: window.windowTitle().startswith("run.h5 "), timeout=LONG)
    view = window.state.view
    assert (view.cursor, view.start, view.stop) == (100, 50, 250)
    qtbot.waitUntil(lambda: not bench.isVisible() and not window.live_bar.isVisible(), timeout=LONG)
    with gruviz.open(output) as run:
        assert run.complete
        assert len(run.tapes["main"]) == view.length
