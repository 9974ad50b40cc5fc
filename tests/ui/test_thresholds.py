"""The thresholds are changed by hand, and all that is counted by them follows."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

import gruviz.recording
from gruviz.cells import Thresholds
from gruviz.ui.panels import CountsPanel
from gruviz.ui.window import MainWindow
from gruviz.view import seek, show_range

from .hand import LEFT_BUTTON, key, panel, settle
from .recordings import make


def write(box, text: str) -> None:
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, text)
    QTest.keyClick(box, Qt.Key.Key_Tab)


def test_by_hand(qtbot: QtBot, window: MainWindow, sonnets: Path) -> None:
    QTest.mouseClick(window.status.thresholds, LEFT_BUTTON)
    bar = window.thresholds_bar
    assert bar.isVisible()
    write(bar.retained, "0.7")
    write(bar.overwritten, "0.25")
    write(bar.moved, "0.2")
    settle(qtbot, window)
    thresholds = Thresholds(0.7, 0.25, 0.2)
    assert window.state.view.thresholds == thresholds
    assert "z ≥ 0.7" in window.status.thresholds.text()
    with gruviz.recording.open(sonnets) as recording:
        layer = recording.layers["rnn.l0"]
        keep = layer["update"][:400]
    shown = panel(window, CountsPanel).counts
    assert np.array_equal(shown.values[:, 0], (keep >= 0.7).sum(axis=1))
    assert np.array_equal(shown.values[:, 2:].sum(axis=1), (keep <= 0.25).sum(axis=1))
    window.state.change(seek, 33)
    settle(qtbot, window)
    assert window.units.counts[0] == (keep[33] >= 0.7).sum()
    QTest.mouseClick(bar.reset, LEFT_BUTTON)
    assert window.state.view.thresholds == Thresholds()
    assert bar.retained.value() == 0.9
    QTest.keyClick(bar.retained, Qt.Key.Key_Escape)
    assert not bar.isVisible()
    assert window.display.isVisible()


def test_they_never_cross(qtbot: QtBot, window: MainWindow) -> None:
    key(window, Qt.Key.Key_T)
    bar = window.thresholds_bar
    write(bar.overwritten, "0.95")
    assert window.state.view.thresholds == Thresholds(overwritten=0.89)
    assert bar.overwritten.value() == 0.89
    write(bar.retained, "0.5")
    assert window.state.view.thresholds == Thresholds(0.5, 0.49)
    assert bar.overwritten.value() == 0.49


def test_what_is_on_show_is_counted_first(qtbot: QtBot, opened: Callable[[Path], MainWindow], tmp_path: Path) -> None:
    window = opened(make(tmp_path / "long.h5", (120_000,), units=64))
    window.state.change(show_range, 60_000, 60_400)
    settle(qtbot, window)
    order: list[str] = []
    window.loader.answered.connect(lambda request, answer: order.append(request.slot) if complete(answer) else None)
    key(window, Qt.Key.Key_T)
    write(window.thresholds_bar.retained, "0.6")
    settle(qtbot, window)
    assert order.index("counts") < order.index("overview")
    assert window.loader.idle


def complete(answer: object) -> bool:
    values = getattr(answer, "values", None)
    return isinstance(values, np.ndarray) and bool(np.isfinite(values).all())
