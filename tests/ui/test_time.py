"""Seconds where timesteps have a rate; the timestep stays the integer that all counts in."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gruviz.ui.panels import HeatmapPanel, TimeAxisPanel
from gruviz.ui.panels.time_axis import beside
from gruviz.ui.window import MainWindow
from gruviz.view import seek, show_range

from .hand import assert_all_agree, at, click, key, panel
from .recordings import make
from .test_display import point

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def frames(opened: Callable[[Path], MainWindow], tmp_path: Path) -> MainWindow:
    """14,210 frames of sound, 100 a second."""
    values = np.random.default_rng(0).normal(size=(14_210, 3)).astype(np.float32)
    columns = ("mel 1", "mel 2", "mel 3")
    return opened(make(tmp_path / "run.h5", (14_210,), units=6, values=values, columns=columns, rate=100))


def test_the_axis_is_in_seconds_and_the_timestep_is_still_said(qtbot: QtBot, frames: MainWindow) -> None:
    axis = panel(frames, TimeAxisPanel)
    assert isinstance(axis, TimeAxisPanel)
    assert axis.title == "time (s)"
    frames.state.change(show_range, 0, 401)
    frames.state.change(seek, 132)
    assert_all_agree(qtbot, frames)
    assert frames.toolbar.readout.text().startswith("t = 132 of 14,210 · 1.32 s   x = ")
    assert [label for _, label in axis.marks()] == ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5", "3.0", "3.5", "4.0"]
    assert [place for place, _ in axis.marks()] == list(range(0, 401, 50))
    assert point(qtbot, frames, at(frames, HeatmapPanel, 250.5)).startswith("t = 250 · 2.50 s   unit ")
    click(frames, at(frames, HeatmapPanel, 251.5))
    assert frames.state.view.cursor == 251
    assert frames.toolbar.readout.text().startswith("t = 251 of 14,210 · 2.51 s")


@pytest.mark.parametrize(("typed", "expected"), [("1.32 s", 132), ("132", 132), ("2s", 200), ("142.09 s", 14_209)])
def test_a_time_can_be_gone_to(qtbot: QtBot, frames: MainWindow, typed: str, expected: int) -> None:
    key(frames, Qt.Key.Key_G, CONTROL)
    assert frames.go_bar.answer.text() == "0 to 14,209, or a time up to 142.09 s"
    QTest.keyClicks(frames.go_bar.field, typed)
    QTest.keyClick(frames.go_bar.field, Qt.Key.Key_Return)
    assert frames.state.view.cursor == expected
    assert_all_agree(qtbot, frames)


@pytest.mark.parametrize("typed", ["142.10 s", "1.3 m", "s", "1,32 s"])
def test_a_time_that_is_not_there_is_said(frames: MainWindow, typed: str) -> None:
    key(frames, Qt.Key.Key_G, CONTROL)
    QTest.keyClicks(frames.go_bar.field, typed)
    QTest.keyClick(frames.go_bar.field, Qt.Key.Key_Return)
    assert frames.state.view.cursor == 0
    said = "This sequence has the timesteps 0 to 14,209, which are 0.00 s to 142.09 s"
    assert frames.go_bar.answer.text() == said


def test_without_a_rate_nothing_is_in_seconds(qtbot: QtBot, window: MainWindow) -> None:
    axis = panel(window, TimeAxisPanel)
    assert isinstance(axis, TimeAxisPanel)
    assert axis.title == "timestep"
    assert "·" not in window.toolbar.readout.text()
    key(window, Qt.Key.Key_G, CONTROL)
    assert window.go_bar.answer.text() == "0 to 399"
    window.go_bar.field.setText("1.32 s")
    QTest.keyClick(window.go_bar.field, Qt.Key.Key_Return)
    assert window.go_bar.answer.text() == "This sequence has the timesteps 0 to 399"


@given(st.floats(-100, 2000), st.floats(1, 60), st.floats(-100, 2000), st.floats(1, 60))
def test_one_label_stands_beside_another(x: float, half: float, at: float, other: float) -> None:
    found = beside(x, half, at, other)
    assert abs(found - at) >= half + other
    assert found == x or abs(found - at) <= half + other + 2.001
    assert (found < at) == (x < at)


@given(st.floats(44, 844), st.floats(1, 60), st.floats(44, 844), st.floats(1, 60))
def test_a_label_beside_another_is_not_cut_off(x: float, half: float, at: float, other: float) -> None:
    found = beside(x, half, at, other, 900)
    assert half <= found <= 900 - half
    assert abs(found - at) >= half + other
