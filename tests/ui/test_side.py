"""The right side: tabs by mouse and keys, and a border that stays where it was dragged."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from gruviz.ui.actions import ACTIONS
from gruviz.ui.panels import CellPanel, HeatmapPanel, PredictionsPanel
from gruviz.ui.side import LEAST, TABS
from gruviz.ui.window import MainWindow
from gruviz.view import Tab

from .hand import LEFT_BUTTON, assert_all_agree, at, click, key, settle

Open = Callable[[Path], MainWindow]
ALT = Qt.KeyboardModifier.AltModifier


def buttons(window: MainWindow) -> dict[str, QToolButton]:
    found = window.side.bar.findChildren(QToolButton)
    return {button.text(): button for button in found if button.isVisible()}


def pull(window: MainWindow, down: int) -> None:
    """Drag the border between the list of units and what stands below it."""
    handle = window.side.handle(1)
    start = handle.rect().center()
    stop = handle.mapTo(window.side, start) + QPoint(0, down)
    QTest.mousePress(handle, LEFT_BUTTON, Qt.KeyboardModifier.NoModifier, start)
    for _ in range(2):  # the first only tells it that it is being dragged
        QTest.mouseMove(handle, handle.mapFrom(window.side, stop))
    QTest.mouseRelease(handle, LEFT_BUTTON, Qt.KeyboardModifier.NoModifier, handle.mapFrom(window.side, stop))


def test_every_tab_is_known_to_the_view_and_has_a_key(window: MainWindow) -> None:
    assert {tab.name for tab in TABS} <= set(get_args(Tab))
    for tab in TABS:
        (spec,) = [spec for spec in ACTIONS if spec.tab == tab.name]
        assert spec.keys == (tab.keys,)
        assert window._actions[spec.name] in window.menus.named["&View"].actions()


def test_a_click_or_a_key_turns_to_a_tab(qtbot: QtBot, opened: Open, predicted: Path) -> None:
    window = opened(predicted)
    assert isinstance(window.side.shown, PredictionsPanel)
    QTest.mouseClick(buttons(window)["Cell"], LEFT_BUTTON)
    assert window.state.view.tab == "cell"
    assert isinstance(window.side.shown, CellPanel)
    assert [text for text, button in buttons(window).items() if button.isChecked()] == ["Cell"]
    assert_all_agree(qtbot, window)
    key(window, Qt.Key.Key_1, ALT)
    assert window.state.view.tab == "prediction"
    assert isinstance(window.side.shown, PredictionsPanel)
    assert_all_agree(qtbot, window)
    key(window, Qt.Key.Key_2, ALT)
    assert isinstance(window.side.shown, CellPanel)


@pytest.mark.parametrize("width", [LEAST, 320, 500])
def test_every_tab_is_read_whole(qtbot: QtBot, opened: Open, predicted: Path, width: int) -> None:
    window = opened(predicted)
    window.splitter.moveSplitter(window.width() - width, 1)
    settle(qtbot, window)
    assert abs(window.side.width() - width) <= 1
    shown = buttons(window)
    assert len(shown) == len(window.side.offered)
    for button in shown.values():
        assert window.side.bar.rect().contains(button.geometry())
        assert button.width() >= button.fontMetrics().horizontalAdvance(button.text()) + 4


def test_nobody_asks_for_what_nobody_sees(qtbot: QtBot, opened: Open, predicted: Path) -> None:
    window = opened(predicted)
    answered: set[str] = set()
    window.loader.answered.connect(lambda request, answer: answered.add(request.slot))
    for which, asks, rests in ((Qt.Key.Key_1, "predictions", "cell"), (Qt.Key.Key_2, "cell", "predictions")):
        key(window, which, ALT)
        settle(qtbot, window)
        answered.clear()
        for time in (20.5, 300.5, 600.5):  # in other blocks
            click(window, at(window, HeatmapPanel, time))
            settle(qtbot, window)
        assert asks in answered
        assert rests not in answered
    key(window, Qt.Key.Key_1, ALT)  # and now it says what holds at the cursor
    assert_all_agree(qtbot, window)


def test_a_tab_that_makes_no_sense_is_not_there(qtbot: QtBot, window: MainWindow, predicted: Path) -> None:
    assert "Next" not in buttons(window)
    assert isinstance(window.side.shown, CellPanel)
    assert window.state.view.tab == "prediction"
    key(window, Qt.Key.Key_1, ALT)
    assert isinstance(window.side.shown, CellPanel)
    with qtbot.waitSignal(window.ready):
        window.open_path(str(predicted))
    assert isinstance(window.side.shown, PredictionsPanel)
    assert_all_agree(qtbot, window)


def test_the_border_stays_where_it_was_dragged(
    qtbot: QtBot, opened: Open, new_window: Callable[[], MainWindow], predicted: Path
) -> None:
    window = opened(predicted)
    before = window.side.sizes()
    pull(window, -60)
    after = window.side.sizes()
    assert sum(after) == sum(before)
    assert abs(after[1] - before[1] - 60) <= 4  # about where the handle was taken
    key(window, Qt.Key.Key_2, ALT)
    assert window.side.sizes() == after
    window.resize(window.width(), window.height() - 40)
    qtbot.waitUntil(lambda: sum(window.side.sizes()) == sum(after) - 40)
    assert window.side.sizes()[1] == after[1]  # the list yields first
    window.splitter.moveSplitter(window.splitter.widget(1).x() - 100, 1)
    wide = window.side.width()
    window.close()
    again = opened(predicted)
    assert again.side.sizes()[1] == after[1]
    assert again.side.width() == wide
    assert isinstance(again.side.shown, CellPanel)


def test_a_small_window_keeps_what_is_below_the_list(qtbot: QtBot, opened: Open, predicted: Path) -> None:
    window = opened(predicted)
    wanted = window.side.sizes()[1]
    window.resize(window.minimumSizeHint())
    settle(qtbot, window)
    assert window.side.width() >= LEAST
    _, below = window.side.sizes()
    assert window.units.height() == window.units.minimumHeight()
    assert below > 160
    window.resize(1280, 780)
    settle(qtbot, window)
    assert window.side.sizes()[1] == wanted
