"""The list of sequences: found by typing, sorted by a click, by the thousand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

import gruviz.recording
from gruviz.cells import RETAINED
from gruviz.ui.chooser import Popup
from gruviz.ui.window import MainWindow

from .hand import LEFT_BUTTON, assert_all_agree, choose, settle
from .recordings import make, read_word_by_word

Open = Callable[[Path], MainWindow]
NONE = Qt.KeyboardModifier.NoModifier


def open_list(qtbot: QtBot, window: MainWindow) -> Popup:
    QTest.mouseClick(window.toolbar.sequence, LEFT_BUTTON)
    popup = window.toolbar.sequence.popup
    qtbot.waitUntil(popup.isVisible)
    settle(qtbot, window)
    return popup


def column(popup: Popup, number: int) -> list[str]:
    model = popup.list.model()
    return [model.index(row, number).data() or "" for row in range(model.rowCount())]


def sort_by(popup: Popup, title: str) -> None:
    model, header = popup.list.model(), popup.header
    titles = [model.headerData(number, Qt.Orientation.Horizontal) for number in range(model.columnCount())]
    number = titles.index(title)
    where = QPoint(header.sectionViewportPosition(number) + header.sectionSize(number) // 2, header.height() // 2)
    QTest.mouseClick(header.viewport(), LEFT_BUTTON, NONE, where)


@pytest.fixture
def many(opened: Open, tmp_path: Path) -> MainWindow:
    lengths = [1 + 7 * number % 11 for number in range(300)]
    names = [f"{'Verse' if number % 3 else 'line'} {number}" for number in range(300)]
    return opened(make(tmp_path / "many.h5", lengths, units=4, names=names))


def test_beside_each_name_stands_what_tells_it_from_others(qtbot: QtBot, many: MainWindow) -> None:
    popup = open_list(qtbot, many)
    with gruviz.recording.open(many.state.view.pane.recording) as run:
        layer = run.layers["rnn.l0"]
        sequences = run.tapes["main"].sequences
        shares = [layer.counts(info.rows)[:, RETAINED].sum() / info.length / 4 for info in sequences]
        assert column(popup, 2) == [f"{each:.1e}".replace("e-0", "e−") for each in layer.residuals]
    assert column(popup, 0) == [info.name for info in sequences]
    assert column(popup, 1) == [str(info.length) for info in sequences]
    assert column(popup, 3) == [f"{share:.1%}" for share in shares]


def test_a_click_on_a_title_sorts_and_a_third_one_does_no_longer(qtbot: QtBot, many: MainWindow) -> None:
    popup = open_list(qtbot, many)
    as_offered = column(popup, 0)
    lengths = {name: int(length) for name, length in zip(as_offered, column(popup, 1), strict=True)}
    sort_by(popup, "length")
    assert column(popup, 0) == sorted(as_offered, key=lengths.__getitem__)
    sort_by(popup, "length")
    assert column(popup, 0) == sorted(as_offered, key=lambda name: -lengths[name])
    longest = column(popup, 0)[2]
    sort_by(popup, "length")
    assert column(popup, 0) == as_offered
    sort_by(popup, "name")
    assert column(popup, 0) == sorted(as_offered, key=str.casefold)
    sort_by(popup, "length")
    sort_by(popup, "length")
    row = popup.list.visualRect(popup.list.model().index(2, 0))
    popup.list.scrollToTop()
    row = popup.list.visualRect(popup.list.model().index(2, 0))
    QTest.mouseClick(popup.list.viewport(), LEFT_BUTTON, NONE, row.center())
    many.activateWindow()
    qtbot.waitUntil(many.isActiveWindow)
    assert as_offered[many.state.view.pane.sequence] == longest
    assert_all_agree(qtbot, many)
    again = open_list(qtbot, many)
    assert column(again, 0)[2] == longest  # sorted as it was
    assert again.list.currentIndex().row() == 2


def test_typing_finds_in_the_order_that_there_is(qtbot: QtBot, many: MainWindow) -> None:
    popup = open_list(qtbot, many)
    sort_by(popup, "retained")
    in_order = column(popup, 0)
    QTest.mouseClick(popup.search, LEFT_BUTTON)
    QTest.keyClicks(popup.search, "VERSE 2")
    assert column(popup, 0) == [name for name in in_order if "verse 2" in name.lower()]
    QTest.keyClick(popup.search, Qt.Key.Key_Backspace)
    assert column(popup, 0) == [name for name in in_order if "verse " in name.lower()]
    QTest.keyClicks(popup.search, "2")
    assert column(popup, 0) == [name for name in in_order if "verse 2" in name.lower()]
    expected = column(popup, 0)[1]
    QTest.keyClick(popup.search, Qt.Key.Key_Up)
    for _ in range(1):
        QTest.keyClick(popup.search, Qt.Key.Key_Down)
    QTest.keyClick(popup.search, Qt.Key.Key_Return)
    many.activateWindow()
    qtbot.waitUntil(many.isActiveWindow)
    names = [info.name for info in many.loader.facts.sequences_of("rnn.l0")]
    assert names[many.state.view.pane.sequence] == expected
    popup = open_list(qtbot, many)
    QTest.keyClicks(popup.search, "no such thing")
    assert column(popup, 0) == []
    QTest.keyClick(popup.search, Qt.Key.Key_Return)  # there is nothing to choose
    assert popup.isVisible()
    popup.hide()


def test_the_numbers_are_those_of_the_checkpoint_and_the_layer_on_show(
    qtbot: QtBot, opened: Open, tmp_path: Path
) -> None:
    window = opened(read_word_by_word(tmp_path / "words.h5", layers=("rnn.l0", "rnn.l1")))
    for layer, checkpoint in ((0, 1), (1, 2), (0, 0)):
        choose(qtbot, window.toolbar.layer, layer)
        choose(qtbot, window.display.checkpoint, checkpoint)
        popup = open_list(qtbot, window)
        with gruviz.recording.open(window.state.view.pane.recording) as run:
            found = run.layers[f"rnn.l{layer}"]
            places = [2 * checkpoint, 2 * checkpoint + 1]
            shares = [found.counts(found.slice(place))[:, RETAINED].mean() / 6 for place in places]
        assert column(popup, 0) == ["part 1", "part 2"]
        assert column(popup, 3) == [f"{share:.1%}" for share in shares]
        popup.hide()


def test_a_plain_rnn_retains_nothing(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    window = opened(make(tmp_path / "rnn.h5", (3, 5), units=4, cell="rnn"))
    popup = open_list(qtbot, window)
    model = popup.list.model()
    titles = [model.headerData(number, Qt.Orientation.Horizontal) for number in range(model.columnCount())]
    assert titles == ["name", "length", "residual"]
    popup.hide()


def test_unknown_numbers_sort_last_either_way() -> None:
    from gruviz.ui.listing import Column, Listing

    listing = Listing()
    listing.offer(["a", "b", "c"])
    listing.tell([Column("x", np.array([2.0, np.nan, 1.0]), str, "")])
    for order, expected in ((Qt.SortOrder.AscendingOrder, [2, 0, 1]), (Qt.SortOrder.DescendingOrder, [0, 2, 1])):
        listing.sort(1, order)
        assert [listing.offered(row) for row in range(3)] == expected
    assert listing.index(2, 1).data() == ""
