"""The filter of the units, by mouse and keys."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

import gruviz.recording
from gruviz.analysis import timescales
from gruviz.ui.panels import HeatmapPanel
from gruviz.ui.window import MainWindow

from .hand import LEFT_BUTTON, assert_all_agree, at, choose, click, key, panel, settle
from .recordings import make

Open = Callable[[Path], MainWindow]
SHIFT = Qt.KeyboardModifier.ShiftModifier


def type_in(qtbot: QtBot, window: MainWindow, text: str, enter: bool = True) -> None:
    field = window.side.filter.field
    QTest.mouseClick(field, LEFT_BUTTON)
    field.selectAll()
    QTest.keyClicks(field, text)
    if enter:
        QTest.keyClick(field, Qt.Key.Key_Return)
    settle(qtbot, window)


def test_heatmaps_and_list_hold_the_units_of_which_it_is_true(qtbot: QtBot, window: MainWindow, sonnets: Path) -> None:
    with gruviz.recording.open(sonnets) as run:
        keep = run.layers["rnn.l0"]["update"][run.layers["rnn.l0"].slice(0)]
    tau = timescales(keep).of_log
    limit = round(float(np.median(tau)), 3)
    expected = np.flatnonzero((tau > limit) & (np.arange(24) != 3))
    type_in(qtbot, window, f"tau > {limit} and unit != 3")
    assert window.state.view.pane.filter == f"tau > {limit} and unit != 3"
    assert list(panel(window, HeatmapPanel).units) == expected.tolist()
    assert sorted(window.units.order) == expected.tolist()
    assert sum(window.units.counts) == len(expected)
    assert window.side.filter.count.text() == f"{len(expected)} of 24"
    assert window.stage.hasFocus()
    assert_all_agree(qtbot, window)
    for order in (1, 2, 3, 4):  # and they are ordered among themselves
        choose(qtbot, window.display.order, order)
        assert_all_agree(qtbot, window)
    rows = list(panel(window, HeatmapPanel).units)
    click(window, at(window, HeatmapPanel, 50.5, 0.5 / len(rows)))
    click(window, at(window, HeatmapPanel, 50.5, 2.5 / len(rows)), SHIFT)
    assert window.state.view.pane.units == tuple(rows[:3])
    assert_all_agree(qtbot, window)


def test_a_selected_unit_that_is_filtered_out_stays_selected(qtbot: QtBot, window: MainWindow) -> None:
    click(window, at(window, HeatmapPanel, 50.5, 7.5 / 24))
    type_in(qtbot, window, "unit > 10")
    assert window.state.view.pane.units == (7,)
    assert_all_agree(qtbot, window)
    type_in(qtbot, window, "unit < 10")
    assert_all_agree(qtbot, window)


def test_what_was_typed_counts_after_a_moment_without_a_key(qtbot: QtBot, window: MainWindow) -> None:
    type_in(qtbot, window, "unit >= 20", enter=False)
    qtbot.waitUntil(lambda: window.side.filter.count.text() == "4 of 24")
    assert window.side.filter.field.hasFocus()
    assert_all_agree(qtbot, window)


def test_what_is_wrong_is_said_in_place_and_changes_nothing(qtbot: QtBot, window: MainWindow) -> None:
    bar = window.side.filter
    type_in(qtbot, window, "unit < 4")
    type_in(qtbot, window, "unit >")
    assert bar.wrong.isVisible()
    assert bar.wrong.text() == "‘unit >’ is no condition: write for instance: tau > 50 and keep > 0.8"
    assert list(panel(window, HeatmapPanel).units) == [0, 1, 2, 3]
    assert_all_agree(qtbot, window)
    type_in(qtbot, window, "unit < 4")  # as it was
    assert (bar.wrong.isVisible(), bar.count.text()) == (False, "4 of 24")
    type_in(qtbot, window, "speed > 3")
    assert bar.wrong.text().startswith("there is no number speed: write unit, keep, tau")
    assert len(panel(window, HeatmapPanel).units) == 24


def test_escape_shows_all_again(qtbot: QtBot, window: MainWindow) -> None:
    click(window, at(window, HeatmapPanel, 50.5, 2.5 / 24))
    type_in(qtbot, window, "unit < 4")
    QTest.mouseClick(window.side.filter.field, LEFT_BUTTON)
    QTest.keyClick(window.side.filter.field, Qt.Key.Key_Escape)
    assert window.state.view.pane.filter == ""
    assert window.state.view.pane.units == (2,)  # that Escape was not the window's
    assert not window.side.filter.count.isVisible()
    assert_all_agree(qtbot, window)


def test_what_was_typed_for_another_sequence_and_did_not_count_is_gone(qtbot: QtBot, window: MainWindow) -> None:
    type_in(qtbot, window, "unit < 4")
    type_in(qtbot, window, "unit >")
    window.choose_sequence(1)
    assert_all_agree(qtbot, window)
    bar = window.side.filter
    assert (bar.field.text(), bar.wrong.isVisible(), bar.count.text()) == ("unit < 4", False, "4 of 24")


def test_a_key_leads_to_it_and_it_is_remembered(qtbot: QtBot, window: MainWindow, opened: Open, sonnets: Path) -> None:
    key(window, Qt.Key.Key_U, Qt.KeyboardModifier.ControlModifier)
    assert window.side.filter.field.hasFocus()
    QTest.keyClicks(window.side.filter.field, "unit > 20")
    QTest.keyClick(window.side.filter.field, Qt.Key.Key_Return)
    choose(qtbot, window.display.order, 2)
    assert_all_agree(qtbot, window)
    window.close()
    again = opened(sonnets)
    assert (again.state.view.pane.filter, again.state.view.pane.order) == ("unit > 20", "timescale")
    assert again.side.filter.field.text() == "unit > 20"
    assert_all_agree(qtbot, again)


def test_a_filter_may_keep_nothing_or_one(qtbot: QtBot, window: MainWindow) -> None:
    type_in(qtbot, window, "keep > 2")
    assert (window.side.filter.count.text(), window.units.order) == ("0 of 24", ())
    assert list(panel(window, HeatmapPanel).units) == []
    body = panel(window, HeatmapPanel).body
    assert panel(window, HeatmapPanel).unit_at(body.center().y()) is None
    click(window, body.center())
    assert window.state.view.pane.units == ()
    assert_all_agree(qtbot, window)
    type_in(qtbot, window, "unit == 5")
    click(window, panel(window, HeatmapPanel).body.center())
    assert window.state.view.pane.units == (5,)
    assert_all_agree(qtbot, window)


def test_thresholds_and_sequences_change_what_it_keeps(qtbot: QtBot, window: MainWindow) -> None:
    from dataclasses import replace

    from gruviz.cells import Thresholds

    type_in(qtbot, window, "retained > 0.1")
    first = window.units.order
    window.state.change(replace, thresholds=Thresholds(0.5, 0.1, 0.05))
    settle(qtbot, window)
    assert len(window.units.order) == 24 > len(first)
    assert list(panel(window, HeatmapPanel).units) == list(range(24))
    type_in(qtbot, window, "peak < 40")
    assert_all_agree(qtbot, window)
    window.choose_sequence(1)
    assert_all_agree(qtbot, window)


def test_a_plain_rnn_is_filtered_by_its_state(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    window = opened(make(tmp_path / "rnn.h5", (300,), units=9, cell="rnn"))
    type_in(qtbot, window, "acf < 1 and unit < 5")
    assert_all_agree(qtbot, window)
    assert "tau" not in window.side.filter.field.toolTip()
    type_in(qtbot, window, "tau > 1")
    assert window.side.filter.wrong.text() == "a plain RNN has no keep, and so no tau: write unit, acf, peak"
    assert len(panel(window, HeatmapPanel).units) == 9


def test_many_pieces_change_nothing(qtbot: QtBot, opened: Open, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("gruviz.analysis._numbers._VALUES", 50)
    monkeypatch.setattr("gruviz.ui.reading._arranged.TURN", 0.0001)
    window = opened(make(tmp_path / "long.h5", (900,), units=8))
    type_in(qtbot, window, "tau > 0 and acf >= 0 and peak > 1 and retained < 1 and unit > 2")
    qtbot.waitUntil(lambda: window.side.filter.count.text().endswith(" of 8"))
    assert_all_agree(qtbot, window)


def test_where_no_unit_is_left_a_sentence_says_what_to_do(qtbot: QtBot, window: MainWindow) -> None:
    type_in(qtbot, window, "tau > 1e9")
    heatmap = panel(window, HeatmapPanel)
    assert heatmap.context.no_units == "No unit fulfils tau > 1e9: ask for less, or press Esc in the filter."
    picture = window.stage.grab().toImage()
    assert drawn(picture, heatmap.body.adjusted(20, 4, -20, -4))
    viewport = window.units.viewport()
    assert drawn(viewport.grab().toImage(), viewport.rect().adjusted(4, 4, -4, -4))
    type_in(qtbot, window, "unit == 5")
    assert_all_agree(qtbot, window)


def drawn(picture: QImage, where: QRect) -> bool:
    """Whether anything stands there, rather than the ground alone."""
    places = [(x, y) for x in range(where.left(), where.right()) for y in range(where.top(), where.bottom())]
    return len({picture.pixel(x, y) for x, y in places}) > 1
