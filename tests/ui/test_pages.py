"""The sequence as pages, by mouse and keys, in a real window."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

import gruviz.recording
from gruviz.analysis import correlation
from gruviz.cells import CELLS
from gruviz.recording import Block, Writer
from gruviz.ui.panels import HeatmapPanel
from gruviz.ui.reading import MARKED, SHIFTS
from gruviz.ui.reading._heatmap import indices
from gruviz.ui.reading._ranking import _Progress
from gruviz.ui.sheet.pages import GUTTER, Pages
from gruviz.ui.sheet.paper import colours_of, dark_letters
from gruviz.ui.window import MainWindow

from .hand import LEFT_BUTTON, assert_all_agree, at, choose, click, settle
from .recordings import make, read_word_by_word, text
from .writing import Writing

Open = Callable[[Path], MainWindow]
NONE, SHIFT, CONTROL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)


def read_pages(qtbot: QtBot, window: MainWindow) -> Pages:
    """By key."""
    QTest.keyClick(window.stage, Qt.Key.Key_P)
    settle(qtbot, window)
    assert window.area.currentWidget() is window.sheet
    assert window.strips.currentWidget() is window.sheet_bar
    return window.sheet.pages


def press(qtbot: QtBot, window: MainWindow, key: Qt.Key, times: int = 1) -> None:
    for _ in range(times):
        QTest.keyClick(window.sheet.pages, key)
    settle(qtbot, window)


def middle(pages: Pages, row: int) -> QPoint:
    cell = pages.cell_of(row)
    assert cell is not None
    return cell.center()


def press_row(qtbot: QtBot, window: MainWindow, row: int, modifier: Qt.KeyboardModifier = NONE) -> None:
    pages = window.sheet.pages
    QTest.mouseClick(pages.viewport(), LEFT_BUTTON, modifier, middle(pages, row))
    settle(qtbot, window)


def drag(qtbot: QtBot, window: MainWindow, first: int, last: int) -> None:
    pages = window.sheet.pages
    start, stop = middle(pages, first), middle(pages, last)
    QTest.mousePress(pages.viewport(), LEFT_BUTTON, NONE, start)
    for step in (1, 2, 3, 4):
        QTest.mouseMove(pages.viewport(), start + (stop - start) * step / 4)
    QTest.mouseRelease(pages.viewport(), LEFT_BUTTON, NONE, stop)
    settle(qtbot, window)


def hover(window: MainWindow, where: QPoint) -> str:
    """What is said of a place. The screen may tell of a mouse that left, after the one that came was told of."""
    viewport = window.sheet.pages.viewport()
    at, screen = QPointF(where), QPointF(viewport.mapToGlobal(where))
    event = QMouseEvent(QMouseEvent.Type.MouseMove, at, screen, Qt.MouseButton.NoButton, Qt.MouseButton.NoButton, NONE)
    QApplication.sendEvent(viewport, event)
    return window.sheet_bar.pointer.text()


def wheel(window: MainWindow, notches: int) -> None:
    viewport = window.sheet.pages.viewport()
    where = QPointF(viewport.rect().center())
    event = QWheelEvent(
        where,
        QPointF(viewport.mapToGlobal(where.toPoint())),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        NONE,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)


def assert_pages_agree(window: MainWindow) -> None:
    """What the screen shows in each cell in sight is what the file holds, in the colours of the palette."""
    pages, view = window.sheet.pages, window.state.view
    picture = pages.viewport().grab().toImage()
    quantity, unit = window.sheet.subject.quantity, window.sheet.subject.unit
    assert unit == (view.pane.units[-1] if view.pane.units else 0)
    assert window.sheet_bar.buttons[quantity.name].isChecked()
    seen = 0
    with gruviz.recording.open(view.pane.recording) as recording:
        layer = recording.layers[view.pane.layer]
        offset = layer.slice(view.pane.sequence).start
        framed = {offset + view.cursor, *([] if view.reference is None else [offset + view.reference])}
        shades = colours_of(quantity)[indices(layer[quantity.name][:, unit], quantity, pages.stretch.limit)]
        for row in range(len(layer.tape)):
            cell = pages.cell_of(row)
            near = any(abs(row - each) <= 1 for each in framed)
            if cell is None or near or cell.bottom() >= picture.height() or cell.right() >= picture.width():
                continue
            seen += 1
            colour = picture.pixelColor(cell.left(), cell.bottom())
            assert (colour.red(), colour.green(), colour.blue()) == tuple(shades[row].tolist())
    assert seen
    cell = pages.cell_of(offset + view.cursor)
    if cell is not None:
        assert picture.pixelColor(cell.left() - 1, cell.center().y()).name() == window.themes.theme.foreground.lower()


def ranked(window: MainWindow) -> np.ndarray:
    ranking = window.sheet.ranking.list.ranking
    assert ranking is not None
    assert ranking.timesteps == ranking.of
    assert np.array_equal(ranking.order, np.argsort(-np.abs(ranking.r), kind="stable"))
    return ranking.r


def choose_label(qtbot: QtBot, window: MainWindow, label: str) -> None:
    chooser = window.sheet.ranking.chooser
    chooser.popup.search.clear()
    choose(qtbot, chooser, window.sheet.subject.labels.index(label))
    settle(qtbot, window)
    assert window.sheet.subject.label == label


def test_pages_take_the_place_of_the_panels_and_give_it_back(qtbot: QtBot, window: MainWindow) -> None:
    click(window, at(window, HeatmapPanel, 30.5))
    assert_all_agree(qtbot, window)
    pages = read_pages(qtbot, window)
    assert not window.stage.isVisible()
    assert pages.hasFocus()
    assert not any(slot.startswith("heatmap") or slot in ("text", "overview") for slot in window.loader.each[0]._newest)
    assert_pages_agree(window)
    QTest.keyClick(pages, Qt.Key.Key_Right)
    QTest.mouseClick(window.sheet_bar.page, LEFT_BUTTON)
    assert window.area.currentWidget() is window.stage
    assert window.strips.currentWidget() is window.display
    assert window.state.view.cursor == 31
    assert_all_agree(qtbot, window)
    assert not any(slot.startswith("page") for slot in window.loader.each[0]._newest)
    before = pages.painted
    QTest.keyClick(window.stage, Qt.Key.Key_Right)
    settle(qtbot, window)
    assert pages.painted == before
    QTest.mouseClick(window.display.page, LEFT_BUTTON)
    settle(qtbot, window)
    assert_pages_agree(window)


def test_each_quantity_and_unit_has_its_shades(qtbot: QtBot, window: MainWindow) -> None:
    read_pages(qtbot, window)
    for name, button in window.sheet_bar.buttons.items():
        QTest.mouseClick(button, LEFT_BUTTON)
        settle(qtbot, window)
        assert window.sheet.subject.quantity.name == name
        assert_pages_agree(window)
    ranking = window.sheet.ranking.list
    for row in (0, 3):
        QTest.mouseClick(ranking.viewport(), LEFT_BUTTON, NONE, QPoint(60, 20 * row + 10))
        settle(qtbot, window)
        assert window.state.view.pane.units == (ranking.order[row],)
        assert_pages_agree(window)
    QTest.mouseClick(ranking.viewport(), LEFT_BUTTON, CONTROL, QPoint(60, 110))
    assert window.state.view.pane.units == (ranking.order[3], ranking.order[5])
    QTest.keyClick(window.sheet.pages, Qt.Key.Key_T, CONTROL)
    settle(qtbot, window)
    assert window.themes.theme.name == "dark"
    assert_pages_agree(window)


def test_the_text_is_whole_and_a_click_goes_to_its_symbol(qtbot: QtBot, window: MainWindow) -> None:
    pages = read_pages(qtbot, window)
    words = text(520)
    shown = "".join(pages.stretch.signs)
    assert shown == words.replace("\n", "↵")
    for line in range(len(pages.lines)):
        assert "\n" not in words[pages.lines.first[line] : pages.lines.stop[line] - 1]
    for timestep in (7, 95, 399):
        press_row(qtbot, window, timestep)
        assert window.state.view.cursor == timestep
        assert_pages_agree(window)
    said = hover(window, middle(pages, 95))
    assert "t = 95" in said
    with gruviz.recording.open(window.state.view.pane.recording) as recording:
        assert f"h = {float(recording.layers['rnn.l0']['hidden'][95, 0]):.3f}".replace("-", "−") in said
    assert hover(window, QPoint(GUTTER // 2, 40)) == ""


def test_the_cursor_moves_over_the_page_without_drawing_it_anew(qtbot: QtBot, window: MainWindow) -> None:
    pages = read_pages(qtbot, window)
    before = pages.painted
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_R, Qt.Key.Key_Down, Qt.Key.Key_Up):
        press(qtbot, window, key)
        assert_pages_agree(window)
    assert pages.painted == before
    assert window.state.view.reference == 1


def test_keys_and_wheel_go_through_a_long_text(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    window = opened(make(tmp_path / "long.h5", (30_000,), units=6))
    pages = read_pages(qtbot, window)
    bar, lines = pages.verticalScrollBar(), pages.lines
    assert rows_of(lines) == 30_000
    press(qtbot, window, Qt.Key.Key_Down, 3)
    assert window.state.view.cursor == lines.first[3]
    press(qtbot, window, Qt.Key.Key_Right, 2)
    here = lines.line_of(window.state.view.cursor)
    press(qtbot, window, Qt.Key.Key_PageDown)
    number = lines.line_of(window.state.view.cursor)
    assert number == here + bar.pageStep() - 1
    assert bar.value() <= number < bar.value() + bar.pageStep()
    press(qtbot, window, Qt.Key.Key_PageUp)
    assert lines.line_of(window.state.view.cursor) == here
    press(qtbot, window, Qt.Key.Key_End)
    assert bar.value() == bar.maximum()
    assert pages.cell_of(29_999) is not None
    assert_pages_agree(window)
    cursor = window.state.view.cursor
    wheel(window, 5)
    settle(qtbot, window)
    assert bar.value() == bar.maximum() - 15
    assert window.state.view.cursor == cursor
    bar.setValue(len(lines) // 2)
    settle(qtbot, window)
    assert pages.cell_of(int(lines.first[len(lines) // 2])) is not None
    assert len(pages.stretch) < 30_000
    assert_pages_agree(window)
    press(qtbot, window, Qt.Key.Key_Left)
    assert pages.cell_of(cursor - 1) is not None


def rows_of(lines) -> int:
    assert np.array_equal(lines.first[1:], lines.stop[:-1])
    return int(lines.stop[-1])


def test_units_are_ranked_over_all_sequences(qtbot: QtBot, window: MainWindow) -> None:
    read_pages(qtbot, window)
    words = text(520)
    with gruviz.recording.open(window.state.view.pane.recording) as recording:
        values = {name: recording.layers["rnn.l0"][name][:] for name in ("hidden", "update")}
    assert window.sheet.subject.label == "space"
    is_space = np.array([letter == " " for letter in words])
    assert np.allclose(ranked(window), correlation(values["hidden"], is_space))
    assert f"the label holds at {is_space.mean():.1%}" in window.sheet.ranking.words.text()
    assert "520 timesteps of 2 sequences" in window.sheet.ranking.words.text()
    QTest.mouseClick(window.sheet_bar.buttons["update"], LEFT_BUTTON)
    settle(qtbot, window)
    assert np.allclose(ranked(window), correlation(values["update"], is_space))
    choose_label(qtbot, window, "‘e’")
    assert np.allclose(ranked(window), correlation(values["update"], np.array([letter == "e" for letter in words])))
    assert "not thereby its cause, nor important" in window.sheet.ranking.list.toolTip()


def test_a_range_is_selected_marked_and_followed(qtbot: QtBot, window: MainWindow) -> None:
    pages = read_pages(qtbot, window)
    drag(qtbot, window, 20, 90)
    assert window.state.view.selection == (20, 91)
    assert window.state.view.cursor == 0
    assert MARKED not in window.sheet.subject.labels
    plain = pages.viewport().grab().toImage()
    QTest.mouseClick(window.sheet_bar.mark, LEFT_BUTTON)
    settle(qtbot, window)
    assert window.state.view.marked == ((20, 91),)
    assert pages.viewport().grab().toImage() != plain
    press_row(qtbot, window, 200)
    press_row(qtbot, window, 230, SHIFT)
    assert window.state.view.selection == (200, 231)
    QTest.keyClick(pages, Qt.Key.Key_M)
    choose_label(qtbot, window, MARKED)
    label = np.zeros(400)
    label[20:91] = label[200:231] = 1
    with gruviz.recording.open(window.state.view.pane.recording) as recording:
        expected = correlation(recording.layers["rnn.l0"]["hidden"][:400], label)
    assert np.allclose(ranked(window), expected)
    assert "400 timesteps of this sequence" in window.sheet.ranking.words.text()
    stretch = pages.stretch
    assert np.array_equal(np.nan_to_num(stretch.label[:400]), label)
    drag(qtbot, window, 210, 220)
    QTest.keyClick(pages, Qt.Key.Key_M)
    settle(qtbot, window)
    assert window.state.view.marked == ((20, 91), (200, 210), (221, 231))
    press_row(qtbot, window, 5)
    assert window.state.view.selection is None


def test_marking_nothing_says_what_to_do(qtbot: QtBot, window: MainWindow) -> None:
    read_pages(qtbot, window)
    QTest.keyClick(window.sheet.pages, Qt.Key.Key_M)
    box = window.findChild(QMessageBox)
    assert "drag over a range" in box.text()
    box.close()
    assert window.state.view.marked == ()


def test_pages_run_from_one_sequence_to_the_next(qtbot: QtBot, window: MainWindow) -> None:
    read_pages(qtbot, window)
    press_row(qtbot, window, 450)
    assert (window.state.view.pane.sequence, window.state.view.cursor) == (1, 50)
    assert window.toolbar.sequence._index == 1
    assert_pages_agree(window)
    press_row(qtbot, window, 399)
    assert (window.state.view.pane.sequence, window.state.view.cursor) == (0, 399)
    press(qtbot, window, Qt.Key.Key_Down)
    assert window.state.view.pane.sequence == 1
    drag(qtbot, window, 390, 410)  # a range lies in the sequence on show
    assert window.state.view.selection == (0, 11)


def test_words_of_one_checkpoint(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    window = opened(read_word_by_word(tmp_path / "words.h5"))
    window.display.checkpoint_chosen.emit(0)
    settle(qtbot, window)
    pages = read_pages(qtbot, window)
    words = text(4000).split()[:120]
    assert pages.stretch.symbols == tuple(words)
    assert rows_of(pages.lines) == 120  # of 360 on the tape
    assert_pages_agree(window)
    press_row(qtbot, window, 33)
    assert window.state.view.cursor == 33
    assert f"‘{words[33]}’" in window.toolbar.readout.text()
    choose_label(qtbot, window, "capital")
    with gruviz.recording.open(window.state.view.pane.recording) as recording:
        values = recording.layers["rnn.l0"]["hidden"][:120]
    assert np.allclose(ranked(window), correlation(values, np.array([word[0].isupper() for word in words])))
    assert "word start" not in window.sheet.subject.labels
    window.display.checkpoint_chosen.emit(5000)
    settle(qtbot, window)
    assert int(pages.lines.first[0]) == 240
    assert window.state.view.cursor == 33
    assert_pages_agree(window)


def test_numbers_are_curves_over_shades(qtbot: QtBot, opened: Open, co2: Path) -> None:
    window = opened(co2)
    pages = read_pages(qtbot, window)
    assert pages.stretch.signs is None
    assert_pages_agree(window)
    with gruviz.recording.open(co2) as recording:
        tape, hidden = recording.tapes["main"], recording.layers["rnn.l0"]["hidden"][:]
        given, missing = tape.values(slice(0, len(tape)))[:, 0], tape.label("missing", slice(0, len(tape))) > 0
    assert np.array_equal(np.isnan(pages.stretch.curves[:, 0]), missing[: len(pages.stretch)])
    label = np.where(missing, np.nan, given)
    assert window.sheet.subject.label == "co2"
    assert np.allclose(ranked(window), correlation(hidden, label))
    assert f"{(~missing).sum():,} timesteps" in window.sheet.ranking.words.text()
    above = next(name for name in window.sheet.subject.labels if name.startswith("co2 > "))
    choose_label(qtbot, window, above)
    edge = float(above.removeprefix("co2 > "))
    assert np.allclose(ranked(window), correlation(hidden, np.where(missing, np.nan, given > edge)))
    assert "missing" in window.sheet.subject.labels
    for timestep in (3, 700):
        press_row(qtbot, window, timestep)
        assert window.state.view.cursor == timestep
        assert_pages_agree(window)
    ink = pages.viewport().grab().toImage()
    top, cell = pages.cell_of(40).top(), pages.cell_of(40)
    drawn = {
        ink.pixelColor(x, y).name()
        for x in range(cell.left(), cell.left() + 80)
        for y in range(top, top + pages.paper.top)
    }
    assert "#56b4e9" in drawn


def test_a_backward_layer_says_so(qtbot: QtBot, opened: Open, both_ways: Path) -> None:
    window = opened(both_ways)
    read_pages(qtbot, window)
    assert "Backward" not in window.sheet.ranking.words.text()
    window.toolbar.layer.chosen.emit(1)
    settle(qtbot, window)
    assert "A backward layer" in window.sheet.ranking.words.text()
    assert_pages_agree(window)


def record(path: Path, length: int, *, tokens: np.ndarray | None = None, labels: dict | None = None) -> Path:
    """One layer of 3 units, with what is given and nothing else."""
    rng, zero = np.random.default_rng(1), {"rnn.l0": {"hidden": np.zeros(3, np.float32)}}
    with Writer(path) as writer:
        writer.add_tape("main", vocabulary=None if tokens is None else ["a", "b"])
        writer.add_layer("rnn.l0", tape="main", cell=CELLS["gru"], size=3, backend="cpu")
        writer.begin("main", "one", initial=zero)
        values = {name: rng.random((length, 3), np.float32) for name in CELLS["gru"].names}
        writer.append(
            "main", {"rnn.l0": Block(values, np.zeros((length, 3), np.float32))}, tokens=tokens, labels=labels
        )
        writer.end("main", {"rnn.l0": 0.0})
    return path


@pytest.mark.parametrize(
    ("length", "tokens", "says"),
    [(1, [0], "every timestep reads the same"), (40, None, "does not hold what was read")],
)
def test_where_there_is_no_label_it_says_what_to_do(
    qtbot: QtBot, opened: Open, tmp_path: Path, length: int, tokens: list[int] | None, says: str
) -> None:
    given = None if tokens is None else np.array(tokens, np.int32)
    window = opened(record(tmp_path / "few.h5", length, tokens=given))
    pages = read_pages(qtbot, window)
    assert says in window.sheet.ranking.words.text()
    assert "mark it (M)" in window.sheet.ranking.words.text()
    assert pages.cell_of(0) is not None
    if length > 1:
        assert_pages_agree(window)
        drag(qtbot, window, 3, 9)
        QTest.keyClick(pages, Qt.Key.Key_M)
        settle(qtbot, window)
        assert window.sheet.subject.label == MARKED
        assert len(ranked(window)) == 3


def test_one_symbol_has_a_place_in_its_line(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    labels = {"flat": np.ones(30, np.uint8), "loud": (np.arange(30) % 7 < 3), "odd": np.arange(30) % 2 / 1.0}
    labels["odd"][5:9] = np.nan
    window = opened(record(tmp_path / "same.h5", 30, tokens=np.zeros(30, np.int32), labels=labels))
    read_pages(qtbot, window)
    assert window.sheet.subject.labels == (
        "flat", "loud", "odd", "word start", "place in the word", "place in the line"
    )  # fmt: skip
    assert "the same at every timestep" in window.sheet.ranking.words.text()
    assert window.sheet.ranking.list.ranking is None
    with gruviz.recording.open(window.state.view.pane.recording) as recording:
        values = recording.layers["rnn.l0"]["hidden"][:]
    for label in ("loud", "odd"):
        choose_label(qtbot, window, label)
        assert np.allclose(ranked(window), correlation(values, labels[label]))
    assert "26 timesteps" in window.sheet.ranking.words.text()


def test_pages_come_back_with_the_recording(qtbot: QtBot, opened: Open, sonnets: Path) -> None:
    window = opened(sonnets)
    read_pages(qtbot, window)
    QTest.mouseClick(window.sheet_bar.buttons["reset"], LEFT_BUTTON)
    drag(qtbot, window, 20, 90)
    QTest.keyClick(window.sheet.pages, Qt.Key.Key_M)
    press_row(qtbot, window, 120)
    window.close()
    again = opened(sonnets)
    assert again.area.currentWidget() is again.sheet
    view = again.state.view
    assert (view.page, view.colour, view.label) == (True, "reset", MARKED)  # who marks looks at what was marked
    assert (view.marked, view.cursor) == (((20, 91),), 120)
    assert_pages_agree(again)


def test_pages_grow_with_a_recording_that_is_being_written(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    with Writing("write", tmp_path / "run.h5") as writing:
        writing.do("begin")
        writing.do("append", 600)
        window = opened(writing.part)
        pages = read_pages(qtbot, window)
        assert rows_of(pages.lines) == 600
        writing.do("append", 5000)
        qtbot.waitUntil(lambda: window.state.view.length == 5600, timeout=20_000)
        settle(qtbot, window)
        assert rows_of(pages.lines) == 5600
        assert pages.cell_of(5599) is not None  # the newest is followed
        assert window.sheet.ranking.list.ranking.timesteps == 5600
        assert_pages_agree(window)


def test_a_ranking_is_the_same_in_pieces_and_chance_is_what_noise_reaches(tmp_path: Path) -> None:
    path = make(tmp_path / "long.h5", (40_000,), units=128)
    with gruviz.recording.open(path) as recording:
        layer = recording.layers["rnn.l0"]
        label = np.array([letter == "e" for letter in text(40_000)], np.float32)
        label[1000:9000] = np.nan
        progress = _Progress(layer, "hidden", label)
        pieces = progress.pieces.copy()
        assert len(pieces) > 3
        assert sorted(pieces[-3:]) == sorted(pieces)[::2]  # from all over, whenever it is looked at
        while progress.pieces:
            progress.go_on()
        found = progress.ranking("e")
        assert np.allclose(found.r, correlation(layer["hidden"][:], label))
        followed = _Progress(layer, "hidden", (layer["hidden"][:, 5] > 0).astype(np.float32))
        while followed.pieces:
            followed.go_on()
        ranking = followed.ranking("own")
    assert found.timesteps == found.of == 32_000
    assert found.mean == pytest.approx(np.nanmean(label))
    best = np.abs(found.r).max()
    assert best < 0.03  # the units are noise
    assert found.chance > best * 0.8  # the best of 128 units, with each of 19 labels
    assert SHIFTS == 19
    assert ranking.order[0] == 5
    assert ranking.r[5] > 0.8
    assert ranking.chance < 0.05


def test_letters_are_legible_on_every_shade() -> None:
    def luminance(rgb: np.ndarray) -> np.ndarray:
        part = rgb / 255
        return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    for cell in CELLS.values():
        for quantity in cell.quantities:
            shade = luminance(colours_of(quantity))
            ink = np.where(dark_letters(quantity), luminance(np.array([0x1B, 0x1B, 0x1B])), 1.0)
            contrast = (np.maximum(shade, ink) + 0.05) / (np.minimum(shade, ink) + 0.05)
            assert contrast.min() >= 4
