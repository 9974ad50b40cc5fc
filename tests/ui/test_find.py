"""Finding a text and going to a timestep, by keys and mouse."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

import gruviz.recording
from gruviz import palette
from gruviz.ui.find import FindBar
from gruviz.ui.panels import HeatmapPanel, OverviewPanel
from gruviz.ui.reading import FindRequest, Source
from gruviz.ui.window import MainWindow

from .hand import LEFT_BUTTON, assert_all_agree, at, click, key, panel, settle
from .recordings import make, read_word_by_word, text

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Open = Callable[[Path], MainWindow]


def look_for(qtbot: QtBot, window: MainWindow, words: str) -> FindBar:
    key(window, Qt.Key.Key_F, CONTROL)
    bar = window.find_bar
    assert window.strips.currentWidget() is bar
    QTest.keyClicks(bar.field, words)
    settle(qtbot, window)
    return bar


def places(words: str, length: int) -> list[int]:
    whole = text(length).lower()
    return [start for start in range(length) if whole.startswith(words, start)]


def test_a_text_is_found_round_and_round(qtbot: QtBot, window: MainWindow) -> None:
    expected = places("the", 400)
    assert len(expected) >= 3
    click(window, at(window, HeatmapPanel, expected[1] - 3 + 0.5))
    bar = look_for(qtbot, window, "the")
    seen = [window.state.view.cursor]
    for _ in expected:
        QTest.keyClick(bar.field, Qt.Key.Key_Return)
        seen.append(window.state.view.cursor)
    assert seen == [*expected[1:], *expected[:2]]
    assert bar.answer.text() == f"2 of {len(expected)}"
    QTest.keyClick(bar.field, Qt.Key.Key_Return, SHIFT)
    assert window.state.view.cursor == expected[0]
    QTest.keyClick(bar.field, Qt.Key.Key_Return, SHIFT)
    assert window.state.view.cursor == expected[-1]
    assert_all_agree(qtbot, window)
    down = next(button for button in bar.findChildren(QToolButton) if button.text() == "↓")
    QTest.mouseClick(down, LEFT_BUTTON)
    assert window.state.view.cursor == expected[0]
    key(window, Qt.Key.Key_F3)
    assert window.state.view.cursor == expected[1]
    key(window, Qt.Key.Key_F3, SHIFT)
    assert window.state.view.cursor == expected[0]


def test_all_places_are_marked_on_the_overview_until_it_is_closed(qtbot: QtBot, window: MainWindow) -> None:
    def marked() -> set[int]:
        body = panel(window, OverviewPanel).body
        line = window.stage.grab().toImage()
        amber = palette.SELECTION.lower()
        return {x for x in range(body.width()) if line.pixelColor(body.left() + x, body.top() + 3).name() == amber}

    assert not marked()
    bar = look_for(qtbot, window, "THE")
    body, expected = panel(window, OverviewPanel).body, places("the", 400)
    found = marked()
    for place in expected:
        if abs(place - window.state.view.cursor) > 3:  # the cursor stands over its own
            assert any(abs(x - (place + 0.5) / 400 * body.width()) <= 2 for x in found)
    assert len(found) <= 2 * len(expected) + 2
    QTest.keyClick(bar.field, Qt.Key.Key_Escape)
    assert window.strips.currentWidget() is window.display
    assert window.state.view.find == ""
    settle(qtbot, window)
    assert not marked()
    key(window, Qt.Key.Key_Right)  # the stage has the keyboard again
    assert window.state.view.cursor == expected[0] + 1


def test_what_is_not_there_is_not_found(qtbot: QtBot, window: MainWindow) -> None:
    before = window.state.view.cursor
    bar = look_for(qtbot, window, "zebra")
    assert bar.answer.text() == "not found"
    QTest.keyClick(bar.field, Qt.Key.Key_Return)
    assert window.state.view.cursor == before
    window.choose_sequence(1)
    settle(qtbot, window)
    assert bar.answer.text() == "not found"


def test_another_sequence_is_searched_anew(qtbot: QtBot, window: MainWindow) -> None:
    bar = look_for(qtbot, window, "e")
    count = len(places("e", 400))
    assert bar.answer.text().endswith(f" of {count}")
    window.choose_sequence(1)
    settle(qtbot, window)
    here = text(520)[400:].lower().count("e")
    assert f"{here} places" in bar.answer.text() or f"of {here}" in bar.answer.text()
    assert_all_agree(qtbot, window)


def test_a_place_out_of_sight_comes_to_the_middle(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    window = opened(make(tmp_path / "long.h5", (20_000,), units=4))
    for _ in range(9):
        key(window, Qt.Key.Key_Plus)
    span = window.state.view.span
    bar = look_for(qtbot, window, "thou")
    for _ in range(5):
        QTest.keyClick(bar.field, Qt.Key.Key_Return)
        view = window.state.view
        assert view.span == span
        assert view.start + 2 <= view.cursor < view.stop - 2
        assert text(20_000)[view.cursor : view.cursor + 4].lower() == "thou"
    assert_all_agree(qtbot, window)


def test_numbers_are_not_searched_for_text(qtbot: QtBot, opened: Open, co2: Path) -> None:
    window = opened(co2)
    bar = look_for(qtbot, window, "3")
    assert "Ctrl+G" in bar.answer.text()


def test_words_are_found_over_several_timesteps(tmp_path: Path) -> None:
    with gruviz.recording.open(read_word_by_word(tmp_path / "words.h5")) as recording:
        source, words = Source(recording), text(4000).split()[:60]
        hits = FindRequest("find", "rnn.l0", 0, "beauty's ro").read(source)
        place = words.index("beauty's")
        assert (hits.starts.tolist(), hits.stops.tolist()) == ([place], [place + 2])
        assert FindRequest("find", "rnn.l0", 0, "").read(source).starts.size == 0
        ends = FindRequest("find", "rnn.l0", 0, "s").read(source)
        assert ends.starts.tolist() == [n for n, word in enumerate(words) if "s" in word.lower()]


def test_line_ends_are_found(sonnets: Path) -> None:
    with gruviz.recording.open(sonnets) as recording:
        hits = FindRequest("find", "rnn.l0", 0, "↵").read(Source(recording))
        assert hits.starts.tolist() == np.flatnonzero([letter == "\n" for letter in text(400)]).tolist()


@pytest.mark.parametrize(("typed", "goes"), [("250", 250), ("0", 0), ("399", 399), (" 1 0 ", 10)])
def test_a_timestep_is_gone_to(qtbot: QtBot, window: MainWindow, typed: str, goes: int) -> None:
    click(window, at(window, HeatmapPanel, 20.5))
    key(window, Qt.Key.Key_G, CONTROL)
    assert window.strips.currentWidget() is window.go_bar
    QTest.keyClicks(window.go_bar.field, typed)  # over what is selected
    QTest.keyClick(window.go_bar.field, Qt.Key.Key_Return)
    assert window.state.view.cursor == goes
    assert window.strips.currentWidget() is window.display
    assert_all_agree(qtbot, window)


@pytest.mark.parametrize("typed", ["400", "-1", "one", "", "1e2", "²"])
def test_a_timestep_that_is_none_is_refused_in_words(qtbot: QtBot, window: MainWindow, typed: str) -> None:
    key(window, Qt.Key.Key_G, CONTROL)
    QTest.keyClick(window.go_bar.field, Qt.Key.Key_Delete)
    window.go_bar.field.insert(typed)
    QTest.keyClick(window.go_bar.field, Qt.Key.Key_Return)
    assert window.go_bar.answer.text() == "This sequence has the timesteps 0 to 399"
    assert window.state.view.cursor == 0
    QTest.keyClick(window.go_bar.field, Qt.Key.Key_Escape)
    assert window.strips.currentWidget() is window.display
