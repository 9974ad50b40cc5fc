"""Timelines, order of units, heatmaps, checkpoints, the pointer and copying, by mouse and keys."""

import itertools
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox, QToolButton, QToolTip, QWidget
from pytestqt.qtbot import QtBot

import gruviz.recording
from gruviz import palette
from gruviz.ui.actions import MOUSE
from gruviz.ui.panels import CountsPanel, CurvesPanel, HeatmapPanel, OverviewPanel, TextPanel, TimelinesPanel
from gruviz.ui.window import MainWindow
from gruviz.view import seek, select_unit

from .hand import LEFT_BUTTON, assert_all_agree, at, choose, click, key, panel, settle, wheel
from .recordings import make, read_word_by_word

SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
Open = Callable[[Path], MainWindow]


def test_timelines_are_those_of_the_selected_units(qtbot: QtBot, window: MainWindow) -> None:
    lines = panel(window, TimelinesPanel)
    before = [each.body for each in window.stage.panels]
    assert_all_agree(qtbot, window)
    for unit in (7, 3, 20, 11):
        click(window, at(window, HeatmapPanel, 50.5, (unit + 0.5) / 24), CONTROL)
        assert_all_agree(qtbot, window)
    assert lines.units == (3, 20, 11)[-len(lines.units) :]
    assert [each.body for each in window.stage.panels] == before  # no row moves under the pointer
    for _ in range(8):
        wheel(window, at(window, TimelinesPanel, 50), 1)
        assert_all_agree(qtbot, window)
    click(window, at(window, TimelinesPanel, window.state.view.start + 3.5, 0.01))
    assert window.state.view.pane.units == (lines.units[0],)
    key(window, Qt.Key.Key_Escape)
    assert [each.body for each in window.stage.panels] == before
    assert_all_agree(qtbot, window)


@pytest.mark.parametrize("cell", ["gru", "lstm", "rnn"])
def test_lanes_say_which_scale_is_whose(qtbot: QtBot, opened: Open, tmp_path: Path, cell: str) -> None:
    path = make(tmp_path / "r.h5", (200,), units=6, cell=cell)
    with h5py.File(path, "a") as file:
        if cell == "lstm":
            file["layers/rnn.l0/cell"][100, 3] = -7.5
            del file["layers/rnn.l0/pyramid/cell"]
    window = opened(path)
    window.state.change(select_unit, 3)
    settle(qtbot, window)
    lines = panel(window, TimelinesPanel)
    said = {"gru": "z r left, n h right", "lstm": "f i o left, c right, g h ±1", "rnn": ""}[cell]
    assert lines.scales.replace("\N{THIN SPACE}", " ") == said
    limits = lines.traces.limits
    assert {name for name, limit in limits.items() if limit > 1} == ({"cell"} if cell == "lstm" else set())


def test_the_wheel_scrolls_through_the_lanes(qtbot: QtBot, window: MainWindow) -> None:
    for unit in range(1, 20, 2):
        click(window, at(window, HeatmapPanel, 50.5, (unit + 0.5) / 24), CONTROL)
    lines, chosen = panel(window, TimelinesPanel), window.state.view.pane.units
    room = len(lines.units)
    assert (len(chosen), lines.units) == (10, chosen[-room:])
    where = QPoint(40, lines.body.center().y())
    view, seen = window.state.view, set(lines.units)
    for _ in range(20):
        wheel(window, where, 0.5)
        assert_all_agree(qtbot, window)
        seen |= set(lines.units)
    assert (lines.units, seen) == (chosen[:room], set(chosen))
    assert window.state.view == view
    assert lines.unit_at(lines.body.top() + 2) == chosen[0]
    wheel(window, where, -2)
    assert lines.units == chosen[2 : 2 + room]
    click(window, at(window, HeatmapPanel, 50.5, 20.5 / 24), CONTROL)  # what is selected comes into sight
    assert lines.units[-1] == 20
    assert_all_agree(qtbot, window)
    assert "wheel" in lines.tip
    assert any("timelines" in what for what, _ in MOUSE)


def test_what_is_selected_far_away_comes_into_sight_in_the_list(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    window = opened(make(tmp_path / "long.h5", (6000,), units=200))
    for timestep in (5500, 100, 3000):  # of none of them the list has values yet
        with gruviz.recording.open(tmp_path / "long.h5") as run:
            unit = int(np.argmin(run.layers["rnn.l0"]["update"][timestep]))  # the last of the list
        window.state.change(lambda view, t=timestep, unit=unit: select_unit(seek(view, t), unit))
        settle(qtbot, window)
        rows = [window.units.unit_at(y) for y in range(0, window.units.viewport().height(), 5)]
        assert window.units.order[-1] == unit
        assert unit in rows


def test_a_single_point_is_drawn_as_a_dot(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    values, missing = np.linspace(0, 1, 60, dtype=np.float32)[:, None], np.zeros(60, bool)
    missing[20:30], missing[25] = True, False
    window = opened(make(tmp_path / "gaps.h5", (60,), values=values, missing=missing, columns=("level",)))

    def coloured(time: float) -> int:
        """Pixels of the first curve near a time."""
        body, x = panel(window, CurvesPanel).body, round(window.stage.x_of(time))
        picture = window.stage.grab().toImage()
        near = ((column, y) for column in range(x - 4, x + 5) for y in range(body.top(), body.bottom()))
        return sum(picture.pixelColor(*place).name() == "#56b4e9" for place in near)

    assert coloured(25.5) >= 9
    assert coloured(23.0) == 0
    assert_all_agree(qtbot, window)
    one = opened(make(tmp_path / "one.h5", (1,), values=values[:1], columns=("level",), units=3))
    window = one
    assert coloured(0.5) >= 9
    click(one, at(one, HeatmapPanel, 0.2, 0.5 / 3))
    settle(qtbot, one)
    lines = panel(one, TimelinesPanel)
    assert [line.alone.tolist() for _, line in lines.lines] == [[0], [0], [0], [0]]
    before = one.stage.grab().toImage()
    body, x = lines.body, round(one.stage.x_of(0.5))
    shown = {before.pixelColor(x, y).name() for y in range(body.top() + 8, body.bottom())}
    assert {palette.LINES["reset"].lower(), palette.LINES["update"].lower()} & shown


@pytest.mark.parametrize(
    ("names", "shown", "rest"),
    [
        (("mel 1", "mel 2", "mel 3", "mel 4"), 4, 0),
        (("temperature", "humidity", "pressure", "wind speed"), 2, 2),
        (("temperature", "humidity", "pressure"), 3, 0),
        (tuple(f"c{number}" for number in range(9)), 6, 3),
        (("a very long name of a column that nobody can print here",), 1, 0),
    ],
)
def test_the_legend_names_all_columns_that_fit(
    qtbot: QtBot, opened: Open, tmp_path: Path, names: tuple[str, ...], shown: int, rest: int
) -> None:
    values = np.random.default_rng(1).random((50, len(names)), np.float32)
    window = opened(make(tmp_path / "run.h5", (50,), values=values, columns=names, units=4))
    curves = panel(window, CurvesPanel)
    placed, more = curves.legend(100, 3)
    assert (len(placed), more) == (shown, rest)
    assert all(name in curves.tip for name in names)
    items = window.stage.items(QPoint(20, curves.body.center().y()))
    assert names[-1] in next(item.toolTip() for item in items if item.toolTip())


@pytest.mark.parametrize("cell", ["gru", "lstm", "rnn"])
def test_timelines_have_a_line_for_each_quantity(qtbot: QtBot, opened: Open, tmp_path: Path, cell: str) -> None:
    window = opened(make(tmp_path / f"{cell}.h5", (3000,), cell=cell, units=5, scale=3.0))
    click(window, at(window, HeatmapPanel, 1000, 2.5 / 5))
    assert_all_agree(qtbot, window)
    lines = panel(window, TimelinesPanel)
    quantities = window.context.layer.cell.quantities
    strips = int(window.context.layer.cell.keep is not None)
    drawn = len(quantities)
    assert (len(lines.lines), len(lines.bands), len(lines.strips)) == (drawn, drawn, strips)  # reduced
    for each in quantities:
        assert each.formula in lines.tip
    for _ in range(20):
        wheel(window, at(window, HeatmapPanel, 1000), 1)
    assert_all_agree(qtbot, window)
    assert (len(lines.lines), len(lines.bands), len(lines.strips)) == (drawn, 0, strips)
    start, stop = lines.traces.columns.start, lines.traces.columns.stop
    with gruviz.recording.open(window.loader.facts.path) as run:
        layer = run.layers["rnn.l0"]
        for strip in lines.strips:
            kept = layer[layer.cell.keep][start:stop, window.state.view.pane.units[0]]
            assert np.abs(strip.indices[0] / 255 - kept).max() <= 0.5 / 255 + 1e-6
    assert sum(line.dashed for _, line in lines.lines) == (cell == "lstm")


@pytest.mark.parametrize(("lengths", "units"), [((300,), 1), ((300,), 512), ((1,), 24), ((100_000,), 8)])
def test_timelines_and_order_on_recordings_of_all_sizes(
    qtbot: QtBot, opened: Open, tmp_path: Path, lengths: tuple[int, ...], units: int
) -> None:
    window = opened(make(tmp_path / "run.h5", lengths, units=units))
    click(window, at(window, HeatmapPanel, lengths[0] / 2, 0.5))
    assert len(window.state.view.pane.units) == 1
    assert_all_agree(qtbot, window)
    for index in (1, 2, 0):
        choose(qtbot, window.display.order, index)
        assert_all_agree(qtbot, window)


def test_units_stand_in_the_chosen_order_and_are_clicked_there(qtbot: QtBot, window: MainWindow, sonnets: Path) -> None:
    with gruviz.recording.open(sonnets) as recording:
        layer = recording.layers["rnn.l0"]
        means = layer["update"][layer.slice(0)].mean(axis=0)
    choose(qtbot, window.display.order, 1)
    settle(qtbot, window)
    units = panel(window, HeatmapPanel, 2).units
    assert (np.diff(means[list(units)]) <= 0).all()
    click(window, at(window, HeatmapPanel, 60.5, 0.5 / 24, number=2))
    assert window.state.view.pane.units == (int(means.argmax()),)
    assert_all_agree(qtbot, window)
    amber = window.stage.grab().toImage()
    body = panel(window, HeatmapPanel, 1).body
    assert amber.pixelColor(body.left() + 200, body.top() + round(body.height() / 24)).name() == "#e69f00"
    for order in (2, 3, 4):
        choose(qtbot, window.display.order, order)
        assert_all_agree(qtbot, window)
    assert sorted(panel(window, HeatmapPanel).units) == list(range(24))
    window.choose_sequence(1)  # ordered by its own keep
    assert_all_agree(qtbot, window)


def test_shift_selects_the_rows_between(qtbot: QtBot, window: MainWindow) -> None:
    choose(qtbot, window.display.order, 1)
    settle(qtbot, window)
    units = panel(window, HeatmapPanel).units
    click(window, at(window, HeatmapPanel, 50.5, 4.5 / 24))
    click(window, at(window, HeatmapPanel, 50.5, 7.5 / 24, number=1), SHIFT)
    assert window.state.view.pane.units == tuple(units[4:8])
    click(window, at(window, HeatmapPanel, 50.5, 12.5 / 24), CONTROL)
    click(window, at(window, HeatmapPanel, 50.5, 10.5 / 24), SHIFT)
    assert window.state.view.pane.units == (*units[4:8], units[12], units[11], units[10])
    assert_all_agree(qtbot, window)
    key(window, Qt.Key.Key_Escape)
    listed = window.units.order
    window.units.verticalScrollBar().setValue(0)
    for row, modifier in ((2, Qt.KeyboardModifier.NoModifier), (5, SHIFT)):
        QTest.mouseClick(window.units.viewport(), LEFT_BUTTON, modifier, QPoint(100, row * 20 + 10))
    assert window.state.view.pane.units == listed[2:6]
    assert_all_agree(qtbot, window)


def test_heatmaps_are_shown_and_hidden_by_a_click(qtbot: QtBot, window: MainWindow) -> None:
    def names() -> list[str]:
        return [each.quantity.name for each in window.stage.panels if isinstance(each, HeatmapPanel)]

    buttons = window.display.buttons
    assert names() == ["update", "reset", "hidden"]
    QTest.mouseClick(buttons["candidate"], LEFT_BUTTON)
    assert names() == ["update", "reset", "candidate", "hidden"]
    assert_all_agree(qtbot, window)
    for name in ("update", "reset", "candidate", "hidden"):
        QTest.mouseClick(buttons[name], LEFT_BUTTON)
    assert names() == []
    click(window, at(window, CountsPanel, 100.5))
    assert window.state.view.cursor == 100
    assert_all_agree(qtbot, window)
    QTest.mouseClick(buttons["update"], LEFT_BUTTON)
    assert_all_agree(qtbot, window)


def test_columns_are_means_or_extremes(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    window = opened(make(tmp_path / "long.h5", (9000,), units=8))
    images = []
    for index, words in ((0, "mean"), (1, "min"), (2, "max")):
        choose(qtbot, window.display.reduction, index)
        settle(qtbot, window)
        assert window.state.view.reduction == words
        assert f"({words})" in window.status.reduction.text()
        images.append(panel(window, HeatmapPanel).heatmap.image.astype(int))
    assert (images[1] <= images[0]).all()
    assert (images[0] <= images[2]).all()


def test_checkpoints_are_chosen_and_keep_the_sequence(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    window = opened(read_word_by_word(tmp_path / "words.h5"))
    assert window.display.checkpoint.isVisible()
    assert window.toolbar.sequence._labels == ["part 1", "part 2"]
    choose(qtbot, window.toolbar.sequence, 1)
    choose(qtbot, window.display.checkpoint, 2)
    pane = window.state.view.pane
    assert (pane.checkpoint, pane.sequence) == (5000, 5)
    assert_all_agree(qtbot, window)
    key(window, Qt.Key.Key_Up, CONTROL)
    assert window.state.view.pane.sequence == 4
    key(window, Qt.Key.Key_Up, CONTROL)  # the first of this checkpoint
    assert window.state.view.pane.sequence == 4
    choose(qtbot, window.display.checkpoint, 0)
    assert window.state.view.pane.sequence == 0
    assert_all_agree(qtbot, window)


def test_another_checkpoint_keeps_cursor_range_and_marks(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    window = opened(read_word_by_word(tmp_path / "words.h5"))
    click(window, at(window, HeatmapPanel, 20.5, 2.5 / 6))
    key(window, Qt.Key.Key_R)
    for _ in range(5):
        wheel(window, at(window, HeatmapPanel, 30), 1)
    click(window, at(window, HeatmapPanel, 33.5, 2.5 / 6))
    before = window.state.view
    choose(qtbot, window.display.checkpoint, 2)
    after = window.state.view
    assert after.pane.checkpoint == 5000
    assert (after.cursor, after.reference, after.start, after.stop) == (33, 20, before.start, before.stop)
    assert after.pane.units == (2,)
    assert_all_agree(qtbot, window)
    choose(qtbot, window.toolbar.sequence, 1)  # another sequence is another matter, equally long as it may be
    assert window.state.view.cursor == 0


def test_without_checkpoints_none_are_offered(window: MainWindow) -> None:
    assert not window.display.checkpoint.isVisible()


def test_words_stand_over_their_columns_when_there_is_room(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    window = opened(read_word_by_word(tmp_path / "words.h5"))
    strip = panel(window, TextPanel)
    assert not strip.aligned
    while window.state.view.span > 8:
        wheel(window, at(window, HeatmapPanel, 3), 1)
    settle(qtbot, window)
    assert strip.aligned
    picture = window.stage.grab().toImage()
    view = window.state.view
    for timestep in range(view.start + 1, view.stop):  # every word in its own column: between them nothing is written
        x = round(window.stage.x_of(timestep))
        column = {picture.pixelColor(x, y).name() for y in range(strip.body.top() + 4, strip.body.bottom() - 4)}
        assert len(column) == 1
    assert_all_agree(qtbot, window)


def point(qtbot: QtBot, window: MainWindow, where: QPoint) -> str:
    before = window.display.pointer.text()
    QTest.mouseMove(window.stage.viewport(), where)
    with suppress(qtbot.TimeoutError):  # a screen moves its pointer when it has the time
        qtbot.waitUntil(lambda: window.display.pointer.text() != before, timeout=300)
    settle(qtbot, window)
    return window.display.pointer.text()


def test_the_pointer_reads_out_what_is_under_it(qtbot: QtBot, window: MainWindow, sonnets: Path) -> None:
    click(window, at(window, HeatmapPanel, 20.5, 5.5 / 24))
    choose(qtbot, window.display.order, 1)
    settle(qtbot, window)
    with gruviz.recording.open(sonnets) as recording:
        layer = recording.layers["rnn.l0"]
        for number, name, symbol in ((0, "update", "z"), (2, "hidden", "h")):
            unit = panel(window, HeatmapPanel, number).units[9]
            words = point(qtbot, window, at(window, HeatmapPanel, 210.5, 9.5 / 24, number))
            value = f"{layer[name][210, unit]:.3f}".replace("-", "−")
            assert words == f"t = 210   ‘{recording.tapes['main'].symbols(slice(210, 211))[0]}’   " + (
                f"unit {unit}   {symbol} = {value}"
            )
        words = point(qtbot, window, at(window, TimelinesPanel, 211.5))
        assert "unit 5" in words
        assert all(f"{symbol} = " in words for symbol in "zrnh")
        numbers = layer.counts(slice(300, 301))[0]
        assert f"{numbers[0]} retained   {numbers[1]} mixed" in point(qtbot, window, at(window, CountsPanel, 300.5))
    assert point(qtbot, window, at(window, OverviewPanel, 395)).startswith("t = 39")
    assert point(qtbot, window, QPoint(40, 300)) == ""
    assert window.state.view.cursor == 20  # pointing changes nothing


def test_pointing_draws_no_image_anew(qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn, paint = [], HeatmapPanel.paint_plot

    def watched(heatmap: HeatmapPanel, *args: Any) -> None:
        drawn.append(heatmap)
        paint(heatmap, *args)

    monkeypatch.setattr(HeatmapPanel, "paint_plot", watched)
    for time in range(20, 380, 40):
        point(qtbot, window, at(window, HeatmapPanel, time))
    key(window, Qt.Key.Key_Right)
    settle(qtbot, window)
    assert not drawn
    wheel(window, at(window, HeatmapPanel, 100), 1)
    settle(qtbot, window)
    assert drawn


def test_the_pointer_is_exact_in_a_coarse_picture(qtbot: QtBot, opened: Open, co2: Path) -> None:
    window = opened(co2)
    where = at(window, CurvesPanel, 1500)
    words = point(qtbot, window, where)
    timestep = int(window.stage.time_at(where.x()))
    with gruviz.recording.open(co2) as recording:
        value = recording.tapes["main"].values(slice(timestep, timestep + 1))[0, 0]
    assert words == f"t = {timestep:,}   x = {value:.6g}"


def test_a_value_that_was_filled_in_is_said_to_be(qtbot: QtBot, opened: Open, co2: Path) -> None:
    window = opened(co2)
    with gruviz.recording.open(co2) as recording:
        tape = recording.tapes["main"]
        missing = np.flatnonzero(tape.label("missing", slice(0, 400)))
        gap = int(missing[0])
        value = tape.values(slice(gap, gap + 1))[0, 0]
    while window.state.view.span > 16:
        wheel(window, at(window, CurvesPanel, gap + 0.5), 1)
    for timestep, mark in ((gap, " (missing: filled in)"), (gap - 1, "")):
        click(window, at(window, CurvesPanel, timestep + 0.5))
        settle(qtbot, window)
        assert window.toolbar.readout.text().endswith(mark or window.toolbar.readout.text())
        assert ("filled in" in window.toolbar.readout.text()) == bool(mark)
        assert ("filled in" in point(qtbot, window, at(window, CurvesPanel, timestep + 0.5))) == bool(mark)
    words = point(qtbot, window, at(window, CurvesPanel, gap + 0.6))
    assert words == f"t = {gap}   x = {value:.6g} (missing: filled in)"


def test_the_status_bar_teaches_on_hovering(qtbot: QtBot, window: MainWindow) -> None:
    status = window.status
    for label, word in (
        (status.convention, "keep"),
        (status.residual, "largest difference"),
        (status.reduction, "share a column"),
        (status.thresholds, "rewritten alike"),
    ):
        assert status.rect().contains(label.geometry())
        QToolTip.hideText()
        QTest.mouseMove(window.stage.viewport(), QPoint(300, 200))
        for nudge in range(2):
            QTest.mouseMove(label, label.rect().center() + QPoint(nudge, 0))
        qtbot.waitUntil(lambda word=word: QToolTip.isVisible() and word in QToolTip.text(), timeout=5000)


def test_a_dialog_has_no_picture_that_fits_no_theme(window: MainWindow) -> None:
    for say in (lambda: window.complain("this is wrong"), window.about):
        say()
        box = window.findChild(QMessageBox)
        assert box.iconPixmap().isNull()
        box.close()
        box.setParent(None)


def test_a_timestep_is_marked_and_the_distance_told(qtbot: QtBot, window: MainWindow) -> None:
    click(window, at(window, HeatmapPanel, 100.5))
    key(window, Qt.Key.Key_R)
    assert window.state.view.reference == 100
    click(window, at(window, HeatmapPanel, 300.5))
    assert_all_agree(qtbot, window)
    assert window.state.view.reference == 100
    line = window.stage.reference_line
    assert line.isVisible()
    assert abs(line.x() - window.stage.x_of(100.5)) < 1e-6
    click(window, at(window, HeatmapPanel, 100.5))
    key(window, Qt.Key.Key_R)
    assert window.state.view.reference is None
    assert not line.isVisible()


def test_playing_goes_round_while_looping(qtbot: QtBot, window: MainWindow) -> None:
    button = next(each for each in window.toolbar.findChildren(QToolButton) if each.text() == "Loop")
    QTest.mouseClick(button, LEFT_BUTTON)
    assert window.state.view.loop
    choose(qtbot, window.toolbar.speed, 6)
    assert window.state.view.speed == 1000
    click(window, at(window, HeatmapPanel, 390.5))
    key(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.state.view.cursor < 300, timeout=5000)
    assert window.state.view.playing
    key(window, Qt.Key.Key_Space)
    key(window, Qt.Key.Key_L)
    assert not window.state.view.loop
    assert_all_agree(qtbot, window)


def ask_for_menu(widget: QWidget, at: QPoint) -> QMenu:
    where = widget.mapToGlobal(at)
    QApplication.sendEvent(widget, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, where))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def test_a_panel_is_copied_as_it_is_seen(qtbot: QtBot, window: MainWindow) -> None:
    body = panel(window, HeatmapPanel).body
    menu = ask_for_menu(window.stage.viewport(), at(window, HeatmapPanel, 100))
    texts = [action.text() for action in menu.actions()]
    assert texts == ["Copy ‘update (keep)’ as a picture", "Copy all panels as a picture"]
    QTest.mouseClick(menu, LEFT_BUTTON, pos=menu.actionGeometry(menu.actions()[0]).center())
    picture = QGuiApplication.clipboard().image()
    ratio = window.devicePixelRatioF()
    assert (picture.width(), picture.height()) == (
        round(window.stage.width() * ratio),
        round((body.height() + 4) * ratio),
    )
    shown = window.stage.grab().toImage()
    for x in range(body.left(), body.right(), 37):
        assert picture.pixel(x, 10) == shown.pixel(x, body.top() + 8)
    assert window.toolbar.readout.text() == "copied ‘update (keep)’"
    key(window, Qt.Key.Key_Right)
    assert window.toolbar.readout.text().startswith("t = 1 of 400")
    for widget in (window.units.viewport(),):
        menu = ask_for_menu(widget, QPoint(50, 50))
        QTest.keyClick(menu, Qt.Key.Key_Down)
        QTest.keyClick(menu, Qt.Key.Key_Return)
        assert QGuiApplication.clipboard().image().width() == round(window.units.width() * ratio)
    assert window.toolbar.readout.text() == "copied the list of units"
    qtbot.waitUntil(lambda: window.toolbar.readout.text().startswith("t = 1 of 400"), timeout=5000)


def test_the_side_says_what_its_columns_are(window: MainWindow) -> None:
    tip = window.units.toolTip()
    assert "σ(W_iz" in tip
    assert "retained" in tip
    assert "Between 0 and 1" in tip
    for name, button in window.display.buttons.items():
        assert window.context.layer.cell[name].formula in button.toolTip()


def test_hovering_at_the_edges_stays_in_the_sequence(qtbot: QtBot, window: MainWindow) -> None:
    body = panel(window, HeatmapPanel).body
    assert point(qtbot, window, QPoint(body.left(), body.center().y())).startswith("t = 0 ")
    assert point(qtbot, window, QPoint(body.right(), body.center().y())).startswith("t = 399 ")
    assert QPointF(body.topLeft()).x() == body.left()


def test_the_tags_of_neighbouring_units_do_not_cover_each_other(qtbot: QtBot, window: MainWindow) -> None:
    for unit in (3, 4, 5):
        window.state.change(select_unit, unit, True)
    settle(qtbot, window)
    body = panel(window, HeatmapPanel).body
    picture = window.stage.grab().toImage()
    column = [picture.pixelColor(body.left() - 8, y).name() for y in range(body.top(), body.bottom())]
    runs = [len(list(rows)) for colour, rows in itertools.groupby(column) if colour == palette.SELECTION.lower()]
    assert len(runs) == 3
    assert min(runs) >= 10


def test_what_has_no_room_in_the_status_bar_ends_in_dots(qtbot: QtBot, window: MainWindow) -> None:
    label = window.status.thresholds
    window.resize(1600, 800)
    settle(qtbot, window)
    assert label.width() >= label.sizeHint().width()
    assert label.shown == label.text()
    said = set()
    for width in range(1600, 900, -20):  # in fewer words first
        window.resize(width, 800)
        settle(qtbot, window)
        said.add(label.shown)
        assert label.shown in (label.text(), *label.shorter)
    assert {label.text(), label.shorter[0]} <= said
    window.resize(window.minimumSizeHint())
    settle(qtbot, window)
    assert label.shown.endswith("…")
    assert 0 < label.width() < label.sizeHint().width()
    assert label.mapTo(window, label.rect().topRight()).x() < window.width()
    assert "rewritten alike" in label.toolTip()
