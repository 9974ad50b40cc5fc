"""A recording takes the place of another: nothing that was known of the one before is said of it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

import gruviz.recording
from gruviz.analysis import timescales
from gruviz.cells import CELLS
from gruviz.ui.panels import HeatmapPanel
from gruviz.ui.window import MainWindow
from gruviz.view import filter_units

from .hand import at, settle
from .recordings import make

Open = Callable[[Path], MainWindow]


def filtered(path: Path, limit: float) -> list[int]:
    """The units of the first sequence whose timescale is beyond it."""
    with gruviz.recording.open(path) as run:
        layer = run.layers["rnn.l0"]
        return np.flatnonzero(timescales(layer["update"][layer.slice(0)]).of_log > limit).tolist()


def open_next(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    with qtbot.waitSignal(window.ready, timeout=10_000):
        window.open_path(str(path))
    settle(qtbot, window)


@pytest.mark.parametrize("units", [9, 24, 40])
def test_a_filter_keeps_nothing_of_the_one_before(
    qtbot: QtBot, window: MainWindow, sonnets: Path, tmp_path: Path, units: int
) -> None:
    other = make(tmp_path / "other.h5", (300,), units=units, seed=3)
    with gruviz.recording.open(sonnets) as run:
        limit = float(np.median(timescales(run.layers["rnn.l0"]["update"][:400]).of_log))
    window.state.change(filter_units, f"tau > {limit}")
    settle(qtbot, window)
    assert sorted(window.units.order) == filtered(sonnets, limit)
    open_next(qtbot, window, other)
    assert sorted(window.units.order) == list(range(units))
    window.state.change(filter_units, f"tau > {limit}")  # the same, of what goes by the same name
    assert sorted(window.units.order) == list(range(units))  # until it is known
    assert not window.side.filter.count.isVisible()
    settle(qtbot, window)
    expected = filtered(other, limit)
    assert sorted(window.units.order) == expected
    assert sorted(panel_units(window)) == expected
    assert window.side.filter.count.text() == f"{len(expected)} of {units}"


def panel_units(window: MainWindow) -> list[int]:
    return next(list(panel.units) for panel in window.stage.panels if isinstance(panel, HeatmapPanel))


def test_no_ranking_and_no_label_of_the_one_before(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    other = make(tmp_path / "other.h5", (300,), units=9, seed=3)
    QTest.keyClick(window.stage, Qt.Key.Key_P)
    settle(qtbot, window)
    ranking, subject = window.sheet.ranking, window.sheet.subject
    assert len(ranking.list.order) == 24
    found: list[tuple[object, tuple[str, ...]]] = []
    window.ready.connect(lambda: found.append((ranking.list.ranking, subject.labels)))
    open_next(qtbot, window, other)
    assert found == [(None, ())]  # as it was opened, before anything of it was read
    assert len(ranking.list.order) == 9
    QTest.keyClick(window.stage, Qt.Key.Key_P)
    settle(qtbot, window)
    QTest.keyClick(window.stage, Qt.Key.Key_P)
    settle(qtbot, window)
    assert len(ranking.list.order) == 9


def test_what_is_under_the_pointer_is_not_said_of_the_one_before(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    other = make(tmp_path / "other.h5", (400, 120), units=24, seed=3)
    said: list[str] = []
    window.stage.pointing.said.connect(said.append)
    where = at(window, HeatmapPanel, 50.5, 0.02)
    panel = window.stage.panel_at(where.y())
    window.stage.pointing.at(panel, QPointF(where))
    settle(qtbot, window)
    before = said[-1]
    assert before.startswith("t = 50")
    open_next(qtbot, window, other)
    said.clear()
    window.stage.pointing.at(window.stage.panel_at(where.y()), QPointF(where))
    settle(qtbot, window)
    assert before not in said
    assert said[-1].startswith("t = 50")


def test_buttons_of_the_pages_are_those_of_the_cell_alone(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    gru, lstm = ([quantity.symbol for quantity in CELLS[name].quantities] for name in ("gru", "lstm"))
    other = make(tmp_path / "lstm.h5", (300,), units=9, cell="lstm")
    QTest.keyClick(window.stage, Qt.Key.Key_P)
    settle(qtbot, window)
    assert buttons(window) == gru
    QTest.keyClick(window.sheet.pages, Qt.Key.Key_P)
    settle(qtbot, window)
    open_next(qtbot, window, other)
    at_once: list[list[str]] = []
    window.state.page_changed.connect(lambda: at_once.append(buttons(window)))
    QTest.keyClick(window.stage, Qt.Key.Key_P)
    settle(qtbot, window)
    assert at_once == [lstm]  # as they may be painted before anything is deleted
    assert buttons(window) == lstm


def buttons(window: MainWindow) -> list[str]:
    """All that stand in the strip above the pages, whether a layout knows of them or not."""
    found = window.sheet_bar.findChildren(QToolButton)
    return [button.text() for button in found if button.property("quantity")]
