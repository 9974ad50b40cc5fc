"""A long recording of another program, without pyramid and counts: looked at at once, and drawn exactly soon after."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

import gruviz.recording
from gruviz.recording import reduce_rows
from gruviz.ui.panels import CountsPanel, HeatmapPanel
from gruviz.ui.window import MainWindow

from .hand import assert_all_agree, at, click, key, panel, settle, wheel
from .recordings import make
from .writing import Writing

LENGTH, UNITS = 200_000, 64
LONG = 60_000


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("GRUVIZ_CACHE_DIR", str(folder))
    return folder


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200,000 x 64, written by the README's description of the format, and no more than that asks for."""
    path, rng = tmp_path_factory.mktemp("foreign") / "foreign.h5", np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        file.attrs.update({"format": "gruviz-recording", "version": 1, "uuid": "foreign", "complete": True})
        file.create_group("model")
        sequences = file.create_group("tapes/main/sequences")
        for name, value in {"offset": 0, "length": LENGTH, "pass": 0, "item": 0, "checkpoint": -1}.items():
            sequences[name] = np.array([value])
        sequences.create_dataset("name", data=["long"], dtype=h5py.string_dtype())
        layer = file.create_group("layers/rnn.l0")
        layer.attrs.update({"tape": "main", "cell": "gru", "size": UNITS})
        layer["initial"], layer["residual"] = np.zeros((1, UNITS), np.float32), np.zeros(1, np.float32)
        slow = np.linspace(0, 1, LENGTH, dtype=np.float32)[:, None]
        for name in ("update", "reset", "candidate", "hidden"):
            values = rng.random((LENGTH, UNITS), np.float32) * 0.2 + 0.8 * slow
            values[77_777, 3] = 0.0  # a single step
            layer.create_dataset(name, data=values, chunks=(1024, 64), fletcher32=True)
    return path


def test_it_is_looked_at_while_its_overview_is_made(
    qtbot: QtBot, new_window: Callable[[], MainWindow], foreign: Path, cache: Path
) -> None:
    window, before = new_window(), foreign.read_bytes()
    said: list[str] = []
    coarse: list[tuple[str, np.ndarray]] = []

    def note(request, answer) -> None:
        if request.slot == "heatmap update" and answer.sampled:
            coarse.append((window.status.reduction.text(), answer.image))

    window.complement.told.connect(lambda words, tip: said.append(words))
    window.loader.answered.connect(note)
    with qtbot.waitSignal(window.ready, timeout=LONG):
        window.open_path(str(foreign))
    qtbot.waitUntil(lambda: bool(coarse), timeout=LONG)
    assert coarse[0][0] == "1 column = 512 steps (mean of some)"
    assert window.status.overview.isVisible()
    assert window.complement._job is not None
    qtbot.waitUntil(lambda: window.complement._job is None, timeout=LONG)
    settle(qtbot, window)
    assert len(set(said)) > 5  # with progress
    assert said[-1] == ""
    assert not window.status.overview.isVisible()
    assert window.status.reduction.text() == "1 column = 512 steps (mean)"
    with gruviz.recording.open(foreign) as run:
        layer = run.layers["rnn.l0"]
        exact = reduce_rows(layer["update"][:], 512).mean
        assert layer.thresholds == window.state.view.thresholds
    fine = panel(window, HeatmapPanel).heatmap
    assert not fine.sampled
    error = np.abs(fine.image.T / 254 - exact)[:-1]  # the last column holds fewer timesteps
    assert error.max() <= 0.5 / 254 + 1e-5
    assert np.abs(coarse[0][1].astype(int) - fine.image).max() < 40  # it looked much the same
    assert panel(window, CountsPanel).counts.values.sum(axis=1) == pytest.approx(UNITS)
    assert_all_agree(qtbot, window)
    assert foreign.read_bytes() == before


def test_what_was_made_is_found_the_next_time_and_zoomed_in_it_is_exact(
    qtbot: QtBot, opened: Callable[[Path], MainWindow], foreign: Path, cache: Path
) -> None:
    with gruviz.recording.open(foreign) as run:
        gruviz.recording.complement(run, lambda done: True)
    made = [path.stat().st_mtime_ns for path in cache.iterdir()]
    window = opened(foreign)
    assert window.complement._job is None
    assert not panel(window, HeatmapPanel).heatmap.sampled
    window.display.reduction.chosen.emit(1)  # the least of each column shows the single step
    settle(qtbot, window)
    image = panel(window, HeatmapPanel).heatmap.image
    assert image[3, 77_777 // 512] == 0
    assert (image[3] == 0).sum() <= 2  # and perhaps the very beginning
    click(window, at(window, HeatmapPanel, 77_777.5))
    while window.state.view.span > 200:
        wheel(window, at(window, HeatmapPanel, 77_777.5), 2)
    key(window, Qt.Key.Key_Right)
    assert_all_agree(qtbot, window)
    assert panel(window, HeatmapPanel).heatmap.columns.step == 1
    assert len(made) == len(list(cache.iterdir())) == 1


def test_another_recording_ends_the_making(
    qtbot: QtBot, new_window: Callable[[], MainWindow], foreign: Path, sonnets: Path, cache: Path
) -> None:
    window = new_window()
    for path in (foreign, sonnets):
        with qtbot.waitSignal(window.ready, timeout=LONG):
            window.open_path(str(path))
    jobs = list(window.complement._jobs)
    assert not window.status.overview.isVisible()
    qtbot.waitUntil(lambda: not any(job.isRunning() for job in jobs), timeout=LONG)
    assert list(cache.iterdir()) == []
    assert_all_agree(qtbot, window)


def test_a_window_closes_in_the_midst_of_it(
    qtbot: QtBot, new_window: Callable[[], MainWindow], foreign: Path, cache: Path
) -> None:
    window = new_window()
    with qtbot.waitSignal(window.ready, timeout=LONG):
        window.open_path(str(foreign))
    assert window.complement._job is not None
    window.close()
    assert not any(job.isRunning() for job in window.complement._jobs)
    assert list(cache.iterdir()) == []


def test_a_cache_that_cannot_be_written_costs_the_overview_alone(
    qtbot: QtBot, opened: Callable[[Path], MainWindow], foreign: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("GRUVIZ_CACHE_DIR", str(tmp_path / "file" / "cache"))
    window = opened(foreign)
    qtbot.waitUntil(lambda: window.status.overview.text() == "no overview", timeout=LONG)
    assert "cannot keep an overview in" in window.status.overview.toolTip()
    assert panel(window, HeatmapPanel).heatmap.sampled


def test_one_that_was_killed_while_recording_is_complemented(
    qtbot: QtBot, opened: Callable[[Path], MainWindow], tmp_path: Path, cache: Path
) -> None:
    with Writing("write", tmp_path / "run.h5") as writing:
        writing.do("begin")
        for _ in range(4):
            writing.do("append", 5000)
        window = opened(writing.part)
        assert not cache.exists()  # it grows: its levels come with its end
        writing.process.kill()
        writing.process.wait()
        qtbot.waitUntil(lambda: cache.exists() and any(cache.glob("[!m]*.h5")), timeout=LONG)
        qtbot.waitUntil(lambda: not window.loader.facts.lacking, timeout=LONG)
        assert_all_agree(qtbot, window)
    with gruviz.recording.open(writing.part) as run:
        assert run.layers["rnn.l0"].factors("update") == (16, 64)


def test_one_beside_another_is_complemented_too(
    qtbot: QtBot, new_window: Callable[[], MainWindow], foreign: Path, tmp_path: Path, cache: Path
) -> None:
    complete = make(tmp_path / "complete.h5", (LENGTH,), units=4)
    window = new_window()
    with qtbot.waitSignal(window.ready, timeout=LONG):
        window.open_together([str(complete), str(foreign)])
    assert window.complement._job is not None
    qtbot.waitUntil(lambda: window.complement._job is None, timeout=LONG)
    settle(qtbot, window)
    heatmaps = [each for each in window.stage.panels if isinstance(each, HeatmapPanel)]
    assert len(heatmaps) == 4
    assert not any(each.heatmap.sampled for each in heatmaps)
    assert len(list(cache.iterdir())) == 1


def test_one_that_is_closed_is_complemented_no_more(
    qtbot: QtBot, new_window: Callable[[], MainWindow], foreign: Path, cache: Path, tmp_path: Path
) -> None:
    complete = make(tmp_path / "complete.h5", (LENGTH,), units=4)
    window = new_window()
    with qtbot.waitSignal(window.ready, timeout=LONG):
        window.open_together([str(complete), str(foreign)])
    jobs = list(window.complement._jobs)
    window.panes.close(1)
    assert window.complement._job is None
    assert not window.status.overview.isVisible()
    qtbot.waitUntil(lambda: not any(job.isRunning() for job in jobs), timeout=LONG)
    assert list(cache.iterdir()) == []
