"""A window that watches a recording while another process writes it."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

import gruviz.recording
from gruviz.ui.panels import HeatmapPanel, OverviewPanel
from gruviz.ui.window import MainWindow
from gruviz.view import seek

from .hand import LEFT_BUTTON, assert_all_agree, at, click, drag, key, panel, settle, wheel
from .writing import Writing

Open = Callable[[Path], MainWindow]
LONG = 20_000


@pytest.fixture
def writing(tmp_path: Path) -> Iterator[Writing]:
    with Writing("write", tmp_path / "run.h5") as process:
        yield process


@pytest.fixture
def watched(qtbot: QtBot, opened: Open, writing: Writing) -> MainWindow:
    """A window on a recording of 600 timesteps that another process is writing."""
    writing.do("begin")
    writing.do("append", 600)
    window = opened(writing.part)
    assert _time(window) == (600, 599, 0, 600)  # it begins at the end
    return window


def _time(window: MainWindow) -> tuple[int, int, int, int]:
    view = window.state.view
    return view.length, view.cursor, view.start, view.stop


def _grows_to(qtbot: QtBot, window: MainWindow, length: int) -> None:
    qtbot.waitUntil(lambda: window.state.view.length == length, timeout=LONG)
    settle(qtbot, window)


def test_the_newest_part_is_watched_and_scrubbed(qtbot: QtBot, watched: MainWindow, writing: Writing) -> None:
    window = watched
    assert window.live_bar.isVisible()
    assert window.live_bar.words.text() == "600 timesteps so far"
    assert not window.banner.isVisible()
    assert window.status.residual.text() == "residual: known when the sequence has ended"
    assert not window.status.residual.property("warning")
    writing.do("append", 700)
    _grows_to(qtbot, window, 1300)
    assert _time(window) == (1300, 1299, 0, 1300)  # what showed everything shows everything
    assert window.live_bar.follow.isChecked()
    assert window.live_bar.words.text() == "1,300 timesteps so far"
    assert "t = 1,299 of 1,300" in window.toolbar.readout.text()
    assert_all_agree(qtbot, window)
    drag(window, at(window, HeatmapPanel, 200.5), at(window, HeatmapPanel, 500.5))
    cursor = window.state.view.cursor
    assert cursor < 1299
    writing.do("append", 10)
    _grows_to(qtbot, window, 1310)
    assert _time(window) == (1310, cursor, 0, 1310)
    assert_all_agree(qtbot, window)


def test_who_looks_at_the_past_is_left_there(qtbot: QtBot, watched: MainWindow, writing: Writing) -> None:
    window = watched
    click(window, at(window, HeatmapPanel, 100.5))
    for _ in range(6):
        wheel(window, at(window, HeatmapPanel, 100.5), 1)
    before = _time(window)
    assert before[3] < 600
    assert not window.live_bar.follow.isChecked()
    writing.do("append", 500)
    _grows_to(qtbot, window, 1100)
    assert _time(window)[1:] == before[1:]
    assert panel(window, OverviewPanel).span == (0, 1100)
    assert_all_agree(qtbot, window)
    QTest.mouseClick(window.live_bar.follow, LEFT_BUTTON)
    span = before[3] - before[2]
    assert _time(window) == (1100, 1099, 1100 - span, 1100)
    writing.do("append", 300)
    _grows_to(qtbot, window, 1400)
    assert _time(window) == (1400, 1399, 1400 - span, 1400)
    assert_all_agree(qtbot, window)
    QTest.mouseClick(window.live_bar.follow, LEFT_BUTTON)
    writing.do("append", 30)
    _grows_to(qtbot, window, 1430)
    assert _time(window) == (1430, 1399, 1400 - span, 1400)


def test_one_goes_on_to_the_next_sequence_and_to_the_complete_file(
    qtbot: QtBot, watched: MainWindow, writing: Writing, tmp_path: Path
) -> None:
    window = watched
    writing.do("end")
    qtbot.waitUntil(lambda: "2.0e−7" in window.status.residual.text(), timeout=LONG)
    writing.do("begin")
    writing.do("append", 50)
    _grows_to(qtbot, window, 50)
    assert (window.state.view.pane.sequence, *_time(window)) == (1, 50, 49, 0, 50)
    assert window.toolbar.sequence._labels == ["text 0", "text 1"]
    assert window.live_bar.words.text() == "650 timesteps so far, in 2 sequences"
    assert_all_agree(qtbot, window)
    window.choose_sequence(0)
    settle(qtbot, window)
    writing.do("append", 20)
    qtbot.waitUntil(lambda: "670" in window.live_bar.words.text(), timeout=LONG)
    assert (window.state.view.pane.sequence, *_time(window)) == (0, 600, 0, 0, 600)  # chosen by hand: it stays
    assert not window.live_bar.follow.isChecked()
    QTest.mouseClick(window.live_bar.follow, LEFT_BUTTON)
    assert (window.state.view.pane.sequence, window.state.view.cursor) == (1, 69)
    window.choose_sequence(0)
    settle(qtbot, window)
    click(window, at(window, HeatmapPanel, 300.5))
    wheel(window, at(window, HeatmapPanel, 300.5), 2)
    panels, before = list(window.stage.panels), _time(window)
    writing.do("end")
    writing.do("close")
    qtbot.waitUntil(lambda: window.windowTitle().startswith("run.h5 "), timeout=LONG)
    assert (window.state.view.pane.sequence, *_time(window)) == (0, *before)
    assert window.stage.panels == panels
    assert not window.live_bar.isVisible()
    assert not window.banner.isVisible()
    assert window.settings.last == str(tmp_path / "run.h5")
    assert window.settings.recent == [str(tmp_path / "run.h5")]
    assert window.state.view.pane.recording == str(tmp_path / "run.h5")
    assert_all_agree(qtbot, window)


def test_it_begins_with_the_newest_sequence(qtbot: QtBot, opened: Open, writing: Writing) -> None:
    for length in (300, 80):
        writing.do("begin")
        writing.do("append", length)
        writing.do("end")
    writing.do("begin")  # which has no timesteps yet
    window = opened(writing.part)
    assert (window.state.view.pane.sequence, *_time(window)) == (1, 80, 79, 0, 80)
    assert window.live_bar.follow.isChecked()
    assert_all_agree(qtbot, window)


def test_a_writer_that_is_killed_leaves_what_it_had(qtbot: QtBot, watched: MainWindow, writing: Writing) -> None:
    window = watched
    writing.do("append", 200)
    writing.process.kill()
    writing.process.wait()
    qtbot.waitUntil(window.banner.isVisible, timeout=LONG)
    assert "cut short" in window.banner.text()
    assert not window.live_bar.isVisible()
    _grows_to(qtbot, window, 800)
    assert window.status.residual.text() == "residual not known: cut short while recording"
    drag(window, at(window, HeatmapPanel, 200.5), at(window, HeatmapPanel, 700.5))
    assert_all_agree(qtbot, window)


def test_a_torn_file_costs_nothing_that_was_read(qtbot: QtBot, watched: MainWindow, writing: Writing) -> None:
    window, part = watched, writing.part
    whole, torn = part.with_name("whole"), part.with_name("torn")
    rng = np.random.default_rng()
    for number in range(3):
        shutil.copy(part, torn)
        os.truncate(torn, int(rng.integers(part.stat().st_size)))
        os.link(part, whole)
        torn.replace(part)
        qtbot.waitUntil(lambda: bool(window.live.trouble), timeout=LONG)
        assert "tried again" in window.live_bar.trouble.text()
        assert window.state.view.length == 600 + number * 100
        click(window, at(window, HeatmapPanel, 100.5 + number))
        settle(qtbot, window)
        assert not any(each.wrong for each in window.stage.panels)
        assert not window.units.wrong
        whole.replace(part)
        writing.do("append", 100)
        _grows_to(qtbot, window, 700 + number * 100)
        assert not window.live_bar.trouble.text()
        assert_all_agree(qtbot, window)


def test_reads_that_fail_keep_the_picture(qtbot: QtBot, watched: MainWindow, writing: Writing) -> None:
    """Rows that are overwritten on the disk under the window's feet, and then put right."""
    window, part = watched, writing.part
    right = part.read_bytes()
    with gruviz.recording.open(part) as run:
        offset = run._file["layers/rnn.l0/update"].id.get_chunk_info(0).byte_offset
    with part.open("r+b") as file:
        file.seek(offset)
        file.write(b"\xff" * 4096)
    for _ in range(3):
        wheel(window, at(window, HeatmapPanel, 300.5), 1)
    qtbot.waitUntil(lambda: bool(window.loader.stumbled), timeout=LONG)
    assert not any(each.wrong for each in window.stage.panels)
    shown = panel(window, HeatmapPanel).heatmap
    assert shown is not None
    qtbot.waitUntil(lambda: bool(window.live.trouble), timeout=LONG)
    assert panel(window, HeatmapPanel).heatmap is shown
    assert not any(each.wrong for each in window.stage.panels)
    with part.open("r+b") as file:
        file.write(right)
    qtbot.waitUntil(lambda: not window.loader.stumbled, timeout=LONG)
    writing.do("append", 10)
    _grows_to(qtbot, window, 610)
    assert_all_agree(qtbot, window)
    qtbot.waitUntil(lambda: not window.live.trouble, timeout=LONG)


def test_nothing_yet(qtbot: QtBot, new_window: Callable[[], MainWindow], writing: Writing) -> None:
    window = new_window()
    window.open_path(str(writing.part))
    qtbot.waitUntil(lambda: window.pages.currentWidget() is window.empty, timeout=LONG)
    assert window.empty.sentence.text() == "run.h5.part holds no timesteps yet: they appear here."
    assert window.live_bar.words.text() == "no timesteps yet"
    QTest.mouseClick(window.live_bar.follow, LEFT_BUTTON)
    writing.do("begin")
    writing.do("append", 40)
    _grows_to(qtbot, window, 40)
    assert window.pages.currentWidget() is window.splitter
    assert_all_agree(qtbot, window)


def test_checkpoints_of_a_training_elsewhere(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    with Writing("train", tmp_path / "train.h5") as training:
        training.do("step", 2)
        window = opened(training.part)
        assert window.state.view.pane.checkpoint == 2
        click(window, at(window, HeatmapPanel, 11.5))
        training.do("step", 4)
        qtbot.waitUntil(lambda: window.state.view.pane.checkpoint == 6, timeout=LONG)
        settle(qtbot, window)
        view = window.state.view
        assert (view.pane.sequence, view.cursor, view.start, view.stop) == (4, 11, 0, 30)  # its first of the batch
        assert window.display.checkpoint._labels == ["2", "4", "6"]
        assert window.live_bar.words.text() == "180 timesteps so far, in 6 sequences"
        assert_all_agree(qtbot, window)
        key(window, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
        training.do("step", 2)
        qtbot.waitUntil(lambda: window.state.view.pane.checkpoint == 8, timeout=LONG)
        settle(qtbot, window)
        assert window.state.view.pane.sequence == 7  # the other of the batch, by now


def test_what_one_look_found_is_told_though_the_next_found_nothing(
    qtbot: QtBot, watched: MainWindow, writing: Writing
) -> None:
    loader = watched.loader.each[0]
    watched.live._timer.stop()
    settle(qtbot, watched)
    writing.do("append", 100)
    for _ in range(2):
        loader.look()
        while loader._exchange.asked or loader._exchange.working:  # answered, while nothing runs that could be told
            time.sleep(0.01)
    assert watched.state.view.length == 600
    _grows_to(qtbot, watched, 700)


def test_a_file_that_is_complete_and_awaits_its_name_is_watched_until_it_has_it(
    qtbot: QtBot, opened: Open, sonnets: Path, tmp_path: Path
) -> None:
    part = tmp_path / "run.h5.part"
    shutil.copy(sonnets, part)
    window = opened(part)
    assert not window.live_bar.isVisible()
    window.state.change(seek, 100)
    part.rename(tmp_path / "run.h5")
    with qtbot.assertNotEmitted(window.ready):
        qtbot.waitUntil(lambda: window.windowTitle().startswith("run.h5 "), timeout=LONG)
    assert window.state.view.cursor == 100
