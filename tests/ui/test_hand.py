"""Mouse and keys on a real window: each ends in the state having changed, and in all panels agreeing."""

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gruviz._assets import asset
from gruviz.ui.actions import MOUSE
from gruviz.ui.panels import CountsPanel, HeatmapPanel, OverviewPanel, TextPanel, TimeAxisPanel
from gruviz.ui.theme import LIGHT
from gruviz.ui.window import MainWindow
from gruviz.view import show_range

from .hand import LEFT_BUTTON, assert_all_agree, at, click, drag, key, panel, settle, wheel

SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


@pytest.mark.parametrize("kind", [HeatmapPanel, CountsPanel])
def test_a_click_goes_to_that_timestep(qtbot: QtBot, window: MainWindow, kind: type) -> None:
    click(window, at(window, kind, 132.5))
    assert window.state.view.cursor == 132
    assert_all_agree(qtbot, window)


def test_a_double_click_marks_the_timestep_and_leaves_the_selected_units(qtbot: QtBot, window: MainWindow) -> None:
    click(window, at(window, HeatmapPanel, 50.5, 3.5 / 24))
    click(window, at(window, HeatmapPanel, 50.5, 9.5 / 24), CONTROL)
    where = at(window, HeatmapPanel, 132.5, 17.5 / 24)
    click(window, where)
    QTest.mouseDClick(window.stage.viewport(), LEFT_BUTTON, Qt.KeyboardModifier.NoModifier, where)
    assert (window.state.view.cursor, window.state.view.reference) == (132, 132)
    assert window.state.view.pane.units == (3, 9)
    assert_all_agree(qtbot, window)


def test_flowing_text_is_clicked_by_its_letters(qtbot: QtBot, window: MainWindow, sonnets: Path) -> None:
    strip = panel(window, TextPanel)
    assert isinstance(strip, TextPanel)
    click(window, at(window, HeatmapPanel, 200.5))
    settle(qtbot, window)
    assert not strip.aligned
    x, y = window.stage.x_of(200.5), strip.body.center().y()
    for letters, timestep in ((0, 200), (3, 203), (-6, 194), (20, 220)):
        click(window, at(window, HeatmapPanel, 200.5))
        settle(qtbot, window)
        near = [QPoint(round(x + shift), y) for shift in range(-250, 300)]
        where = [place for place in near if int(strip.time_at(place.x())) == timestep]
        assert 2 <= len(where) <= 20
        assert all(a.x() + 1 == b.x() for a, b in itertools.pairwise(where))
        assert (where[0].x() - x) * letters >= 0
        place = where[len(where) // 2]
        QTest.mouseMove(window.stage.viewport(), place)
        qtbot.waitUntil(lambda timestep=timestep: window.display.pointer.text().startswith(f"t = {timestep} "))
        click(window, place)
        assert window.state.view.cursor == timestep
        assert_all_agree(qtbot, window)
    drag(window, QPoint(round(x), y), QPoint(round(x) - 60, y))  # pulled like a tape
    assert 2 <= window.state.view.cursor - 220 <= 20
    assert_all_agree(qtbot, window)


def test_flowing_text_stands_on_a_ground_of_its_own(qtbot: QtBot, window: MainWindow) -> None:
    body = panel(window, TextPanel).body

    def ground() -> str:
        return window.stage.grab().toImage().pixelColor(body.right() - 3, body.top() + 5).name()

    assert ground() == LIGHT.rule.lower()
    for _ in range(20):
        wheel(window, at(window, HeatmapPanel, 200), 1)
    settle(qtbot, window)
    assert ground() == LIGHT.window.lower()


def test_letters_are_no_wider_than_their_columns(qtbot: QtBot, opened: Callable[[Path], MainWindow]) -> None:
    window = opened(asset("demo.h5"))
    window.state.change(show_range, 0, 64)
    settle(qtbot, window)
    strip = panel(window, TextPanel)
    assert strip.aligned
    for width in range(1100, 1500, 40):  # columns of 9 to 15 pixels
        window.resize(width, 800)
        settle(qtbot, window)
        if not strip.aligned:
            continue
        picture = window.stage.grab().toImage()
        letters = [strip.text.at(timestep) for timestep in range(64)]
        place = "".join(letters).index("mm")
        x = round(window.stage.x_of(place + 1))
        rows = range(strip.body.top() + 4, strip.body.bottom() - 3)
        lightest = [min(picture.pixelColor(column, y).lightness() for y in rows) for column in (x - 1, x)]
        assert max(lightest) > 150  # between the two there is something like a gap


def test_a_drag_scrubs(qtbot: QtBot, window: MainWindow) -> None:
    drag(window, at(window, HeatmapPanel, 20.5), at(window, HeatmapPanel, 300.5, number=2))
    assert window.state.view.cursor == 300
    assert window.state.view.pane.units == ()  # a drag is no click on a row
    assert_all_agree(qtbot, window)


def test_a_drag_beyond_the_edge_stays_in_the_sequence(qtbot: QtBot, window: MainWindow) -> None:
    drag(window, at(window, HeatmapPanel, 200), at(window, HeatmapPanel, 200) - QPoint(4000, 0))
    assert window.state.view.cursor == 0
    assert_all_agree(qtbot, window)


def test_keys_step_exactly(qtbot: QtBot, window: MainWindow) -> None:
    click(window, at(window, HeatmapPanel, 132.5))
    seen = []
    for which, modifier in (
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Right, SHIFT),
        (Qt.Key.Key_Left, SHIFT),
        (Qt.Key.Key_Home, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_End, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier),
    ):
        key(window, which, modifier)
        seen.append(window.state.view.cursor)
    assert seen == [133, 132, 131, 141, 131, 0, 0, 399, 399]
    assert_all_agree(qtbot, window)


def test_the_wheel_zooms_around_the_pointer(qtbot: QtBot, window: MainWindow) -> None:
    where = at(window, HeatmapPanel, 300)
    for _ in range(5):
        wheel(window, where, 1)
        assert abs(window.stage.time_at(where.x()) - 300) <= 1.5  # whole timesteps
        assert_all_agree(qtbot, window)
    assert window.state.view.span < 150
    for _ in range(40):
        wheel(window, where, -1)
    assert (window.state.view.start, window.state.view.stop) == (0, 400)
    for _ in range(40):
        wheel(window, where, 1)
    assert window.state.view.span == 8
    assert_all_agree(qtbot, window)


def test_shift_and_wheel_pan(qtbot: QtBot, window: MainWindow) -> None:
    where = at(window, HeatmapPanel, 200)
    for _ in range(4):
        wheel(window, where, 1)
    before = window.state.view
    wheel(window, where, -1, SHIFT)
    after = window.state.view
    assert after.start > before.start
    assert after.span == before.span
    assert_all_agree(qtbot, window)


def test_a_drag_on_the_axis_pans_and_a_double_click_shows_all(qtbot: QtBot, window: MainWindow) -> None:
    where = at(window, HeatmapPanel, 200)
    for _ in range(5):
        wheel(window, where, 1)
    before = window.state.view
    start = at(window, TimeAxisPanel, before.start + 60)
    drag(window, start, start - QPoint(round(40 * window.stage.column), 0))
    after = window.state.view
    assert after.start - before.start == 40
    assert (after.span, after.cursor) == (before.span, before.cursor)
    assert_all_agree(qtbot, window)
    QTest.mouseDClick(window.stage.viewport(), LEFT_BUTTON, Qt.KeyboardModifier.NoModifier, start)
    assert (window.state.view.start, window.state.view.stop) == (0, 400)
    assert_all_agree(qtbot, window)


def test_the_window_of_the_overview_is_dragged(qtbot: QtBot, window: MainWindow) -> None:
    for _ in range(6):
        wheel(window, at(window, HeatmapPanel, 100), 1)
    before = window.state.view
    middle = (before.start + before.stop) / 2
    drag(window, at(window, OverviewPanel, middle), at(window, OverviewPanel, middle + 150))
    assert abs(window.state.view.start - before.start - 150) <= 1
    assert window.state.view.span == before.span
    assert_all_agree(qtbot, window)
    click(window, at(window, OverviewPanel, 20))
    assert window.state.view.start <= 20 < window.state.view.stop
    assert_all_agree(qtbot, window)


def test_a_click_on_a_row_selects_its_unit_everywhere(qtbot: QtBot, window: MainWindow) -> None:
    click(window, at(window, HeatmapPanel, 50.5, 7.5 / 24))
    assert window.state.view.pane.units == (7,)
    click(window, at(window, HeatmapPanel, 60.5, 12.5 / 24, number=2), CONTROL)
    assert window.state.view.pane.units == (7, 12)
    click(window, at(window, HeatmapPanel, 60.5, 7.5 / 24, number=1), CONTROL)
    assert window.state.view.pane.units == (12,)
    settle(qtbot, window)
    row = window.units.order.index(12)
    position = QPoint(100, row * 20 + 10 - window.units.verticalScrollBar().value())
    assert window.units.viewport().rect().contains(position)  # it was brought into sight
    assert window.units.viewport().grab().toImage().pixelColor(1, position.y()).name() == "#e69f00"
    for number in range(3):
        body = panel(window, HeatmapPanel, number).body
        picture = window.stage.grab().toImage()
        y = body.top() + round(12 / 24 * body.height()) - 1
        assert picture.pixelColor(body.left() + 200, y).name() == "#e69f00"
    key(window, Qt.Key.Key_Escape)
    assert window.state.view.pane.units == ()


def test_a_click_in_the_list_selects_a_unit(qtbot: QtBot, window: MainWindow) -> None:
    unit = window.units.order[3]
    QTest.mouseClick(window.units.viewport(), LEFT_BUTTON, Qt.KeyboardModifier.NoModifier, QPoint(100, 3 * 20 + 10))
    assert window.state.view.pane.units == (unit,)


def test_playing_moves_the_cursor_and_stops_at_the_end(qtbot: QtBot, window: MainWindow) -> None:
    window.state.change(replace, speed=1000.0)
    click(window, at(window, HeatmapPanel, 390.5))
    key(window, Qt.Key.Key_Space)
    assert window.state.view.playing
    qtbot.waitUntil(lambda: not window.state.view.playing, timeout=5000)
    assert window.state.view.cursor == 399
    assert_all_agree(qtbot, window)
    key(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: 0 < window.state.view.cursor < 399, timeout=5000)  # from the start again
    key(window, Qt.Key.Key_Space)
    assert not window.state.view.playing


def test_zoom_keys_keep_the_cursor_in_its_place(qtbot: QtBot, window: MainWindow) -> None:
    click(window, at(window, HeatmapPanel, 100.5))
    x = window.stage.cursor_line.x()
    key(window, Qt.Key.Key_Plus)
    assert window.state.view.span == 200
    assert abs(window.stage.cursor_line.x() - x) <= window.stage.column
    key(window, Qt.Key.Key_0)
    assert window.state.view.span == 400
    assert_all_agree(qtbot, window)


def test_letters_stand_over_their_columns_when_there_is_room(qtbot: QtBot, window: MainWindow) -> None:
    strip = panel(window, TextPanel)
    assert isinstance(strip, TextPanel)
    assert not strip.aligned
    for _ in range(20):
        wheel(window, at(window, HeatmapPanel, 200), 1)
    settle(qtbot, window)
    assert strip.aligned
    view = window.state.view
    assert all(strip.text.at(timestep) is not None for timestep in range(view.start, view.stop))
    assert_all_agree(qtbot, window)


def test_the_readout_follows_what_moves_under_a_still_pointer(qtbot: QtBot, window: MainWindow) -> None:
    def timestep() -> int:
        settle(qtbot, window)
        found = re.match(r"t = (\d+)", window.display.pointer.text())
        assert found is not None
        return int(found[1])

    where = at(window, HeatmapPanel, 300.5, 3.5 / 24)
    QTest.mouseMove(window.stage.viewport(), where)
    qtbot.waitUntil(lambda: bool(window.display.pointer.text()))
    seen = [timestep()]
    for act in (
        lambda: key(window, Qt.Key.Key_Plus),
        lambda: wheel(window, where, -2, SHIFT),
        lambda: key(window, Qt.Key.Key_End),
        lambda: key(window, Qt.Key.Key_Home),
        lambda: window.choose_sequence(1),
        lambda: key(window, Qt.Key.Key_Plus),
    ):
        act()
        seen.append(timestep())
        assert seen[-1] == int(window.stage.time_at(where.x()))
    assert all(before != after for before, after in itertools.pairwise(seen))


def test_the_readout_follows_a_drag(qtbot: QtBot, window: MainWindow) -> None:
    start, stop = at(window, HeatmapPanel, 20.5, 3.5 / 24), at(window, HeatmapPanel, 300.5, 5.5 / 24)
    drag(window, start, stop)
    settle(qtbot, window)
    assert window.display.pointer.text().startswith("t = 300 ")
    assert "unit 5 " in window.display.pointer.text()


def test_a_click_on_the_axis_or_the_overview_goes_there(qtbot: QtBot, window: MainWindow) -> None:
    for _ in range(4):
        wheel(window, at(window, HeatmapPanel, 200), 1)
    before = window.state.view
    click(window, at(window, TimeAxisPanel, 190.5))
    assert (window.state.view.cursor, window.state.view.start) == (190, before.start)
    assert_all_agree(qtbot, window)
    click(window, at(window, OverviewPanel, 210.5))  # within the window
    assert abs(window.state.view.cursor - 210) <= 1
    assert window.state.view.start == before.start
    click(window, at(window, OverviewPanel, 30.5))  # beside it: the window comes along
    assert abs(window.state.view.cursor - 30) <= 1
    assert window.state.view.start <= 30 < window.state.view.stop
    assert_all_agree(qtbot, window)
    words = " ".join(f"{what}: {does}." for what, does in MOUSE)
    assert "Click on the time axis, or in the whole sequence: Go to that timestep." in words


def test_gutter_and_margin_do_not_seek(window: MainWindow) -> None:
    click(window, at(window, HeatmapPanel, 132.5))
    for _ in range(4):
        wheel(window, at(window, HeatmapPanel, 132.5), 1)
    for kind in (HeatmapPanel, OverviewPanel, TimeAxisPanel):
        body = panel(window, kind).body
        for x in (body.left() - 30, body.right() + 30):
            click(window, QPoint(x, body.center().y()))
            assert window.state.view.cursor == 132
