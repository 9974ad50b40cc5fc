"""Two or three recordings in one window, by mouse and keys."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, QRectF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QFont, QFontMetricsF, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QMessageBox
from pytestqt.qtbot import QtBot

import gruviz.recording
from gruviz.cells import CLASSES
from gruviz.ui.panels import (
    CountsPanel,
    HeatmapPanel,
    NoCountsPanel,
    OverviewPanel,
    TextPanel,
    TimeAxisPanel,
    TimelinesPanel,
)
from gruviz.ui.panels.difference import DifferencePanel
from gruviz.ui.panels.overlay import DRAWN, OverlayPanel
from gruviz.ui.panels.pane import HeadingPanel
from gruviz.ui.panels.panel import LEFT, text_width
from gruviz.ui.panels.units import format_value
from gruviz.ui.window import MainWindow
from gruviz.view import show_range, toggle_difference

from .hand import LEFT_BUTTON, choose, click, key, settle, wheel
from .recordings import make, read_word_by_word

Together = Callable[..., MainWindow]
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Recordings of two sequences, of 400 and 120 timesteps, but for one that is shorter."""
    folder = tmp_path_factory.mktemp("beside")
    return {
        "gru": make(folder / "gru.h5", seed=1),
        "seed": make(folder / "seed.h5", seed=2),
        "lstm": make(folder / "lstm.h5", cell="lstm", units=16, seed=3),
        "rnn": make(folder / "rnn.h5", cell="rnn", units=10, seed=4),
        "short": make(folder / "short.h5", (300, 90), seed=5),
        "deep": make(folder / "deep.h5", layers=("rnn.l0", "rnn.l1"), seed=6),
    }


@pytest.fixture
def together(qtbot: QtBot, new_window: Callable[[], MainWindow]) -> Together:
    def show(*paths: Path) -> MainWindow:
        window = new_window()
        with qtbot.waitSignal(window.ready, timeout=10_000):
            window.open_together([str(path) for path in paths])
        settle(qtbot, window)
        return window

    return show


@pytest.fixture
def three(together: Together, files: dict[str, Path]) -> MainWindow:
    return together(files["gru"], files["lstm"], files["rnn"])


def names(window: MainWindow) -> list[str]:
    return [Path(pane.recording).name for pane in window.state.view.panes]


def of_pane(window: MainWindow, number: int, kind: type) -> list:
    context = window.panes.contexts[number]
    return [panel for panel in window.stage.panels if panel.context is context and isinstance(panel, kind)]


def inside(window: MainWindow, panel, time: float, part: float = 0.5) -> QPoint:
    return QPoint(round(window.stage.x_of(time)), round(panel.body.top() + part * panel.body.height()))


def drop(window: MainWindow, paths: list[Path], modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    flags = (Qt.DropAction.CopyAction, data, LEFT_BUTTON, modifier)
    for event in (QDragEnterEvent(QPoint(300, 300), *flags), QDropEvent(QPointF(300, 300), *flags)):
        QApplication.sendEvent(window, event)


def complaint(qtbot: QtBot, window: MainWindow) -> str:
    """What it complains of; the dialog is closed."""
    qtbot.waitUntil(lambda: window.findChild(QMessageBox) is not None, timeout=10_000)
    box = window.findChild(QMessageBox)
    words = box.text()
    box.accept()
    qtbot.waitUntil(lambda: window.findChild(QMessageBox) is None)
    return words


def assert_each_shows_its_own(qtbot: QtBot, window: MainWindow) -> None:
    """One cursor and one range in all; in each pane the values, units and counts that its own file holds."""
    settle(qtbot, window)
    view, stage = window.state.view, window.stage
    for kind in (OverviewPanel, TextPanel, TimeAxisPanel):
        assert len([panel for panel in stage.panels if isinstance(panel, kind)]) == 1
    line = stage.cursor_line
    assert line.isVisible() == (view.start <= view.cursor < view.stop)
    exact = LEFT + (view.cursor + 0.5 - view.start) * stage.width_of_time / view.span
    assert not line.isVisible() or abs(line.x() - exact) < 1e-6
    assert not line.isVisible() or line.y() + line.boundingRect().height() == stage.panels[-1].body.top()
    assert f"t = {view.cursor:,} of {view.length:,}" in window.toolbar.readout.text()
    overlay = next((panel for panel in stage.panels if isinstance(panel, OverlayPanel)), None)
    for number, (pane, context) in enumerate(zip(view.panes, window.panes.contexts, strict=True)):
        with gruviz.recording.open(pane.recording) as run:
            layer = run.layers[pane.layer]
            rows = layer.slice(pane.sequence)
            assert rows.stop - rows.start == view.length
            shown = [quantity.name for quantity in layer.cell.quantities if quantity.name not in view.hidden]
            heatmaps = [each for each in of_pane(window, number, HeatmapPanel) if not isinstance(each, DifferencePanel)]
            assert [each.quantity.name for each in heatmaps] == shown
            for each in heatmaps:
                assert not each.wrong
                assert each.span == (view.start, view.stop)
                _assert_pixels(each, layer[each.quantity.name][rows], view.start, view.stop)
            (timelines,) = of_pane(window, number, TimelinesPanel)
            assert timelines.units == pane.units
            if pane.units:
                name, columns = layer.cell.state, timelines.traces.columns
                values = layer[name][rows][columns.start : columns.stop, list(pane.units)]
                if columns.step == 1:
                    assert np.array_equal(timelines.traces.mean[name], values)
            (heading,) = of_pane(window, number, HeadingPanel)
            assert heading.words()[0] == Path(pane.recording).name
            if overlay is not None and layer.cell.keep and view.span <= stage.width_of_time:
                counted = layer.counts(rows)[view.start : view.stop]
                for kind in DRAWN:
                    part = counted[:, CLASSES.index(kind)] / layer.size
                    assert np.allclose(overlay.parts(context, kind)[: view.span], part)
            if number == view.focus:
                values = layer[layer.cell.keep or layer.cell.state][rows][view.cursor]
                assert np.array_equal(window.units.order, np.argsort(-values, kind="stable"))
                assert window.toolbar.layer._labels == list(run.layers)
                assert set(window.display.buttons) == set(layer.cell.names)
    assert (overlay is not None) == any(context.layer.cell.keep for context in window.panes.contexts)


def _assert_pixels(panel: HeatmapPanel, values: np.ndarray, start: int, stop: int) -> None:
    heatmap = panel.heatmap
    if heatmap.columns.step > 1 or heatmap.units > 1:
        return
    low = -heatmap.limit if panel.quantity.signed else 0.0
    shown = heatmap.image.T / 254 * (heatmap.limit - low) + low
    assert np.abs(shown - values[start:stop, heatmap.order]).max() <= (heatmap.limit - low) / 254 / 2 + 1e-6


def test_three_kinds_of_cell_with_one_cursor(qtbot: QtBot, three: MainWindow) -> None:
    window = three
    assert names(window) == ["gru.h5", "lstm.h5", "rnn.h5"]
    assert window.windowTitle().startswith("gru.h5, lstm.h5, rnn.h5")
    assert not any(isinstance(panel, CountsPanel | NoCountsPanel) for panel in window.stage.panels)
    window.state.change(show_range, 100, 160)
    assert_each_shows_its_own(qtbot, window)
    for number, time, part in ((1, 120.5, 0.1), (2, 140.5, 0.9), (0, 111.5, 0.5)):
        panel = of_pane(window, number, HeatmapPanel)[-1]
        where = inside(window, panel, time, part)
        unit = panel.unit_at(where.y())
        click(window, where)
        assert window.state.view.focus == number
        assert window.state.view.cursor == int(time)
        assert window.state.view.pane.units == (unit,)
        assert_each_shows_its_own(qtbot, window)
    assert all(len(pane.units) == 1 for pane in window.state.view.panes)  # each has its own
    wheel(window, inside(window, of_pane(window, 2, HeatmapPanel)[0], 130.5), 3)
    key(window, Qt.Key.Key_Right)
    assert window.state.view.cursor == 112
    assert_each_shows_its_own(qtbot, window)
    key(window, Qt.Key.Key_Escape)
    assert [len(pane.units) for pane in window.state.view.panes] == [0, 1, 1]


def test_the_same_buttons_unfold_the_rest(qtbot: QtBot, three: MainWindow) -> None:
    window = three
    shown = [each.quantity.name for each in window.stage.panels if isinstance(each, HeatmapPanel)]
    assert shown == ["update", "hidden", "forget", "hidden", "hidden"]
    QTest.mouseClick(window.display.buttons["reset"], LEFT_BUTTON)
    key(window, Qt.Key.Key_F6)
    assert window.state.view.focus == 1
    QTest.mouseClick(window.display.buttons["cell"], LEFT_BUTTON)
    QTest.mouseClick(window.display.buttons["hidden"], LEFT_BUTTON)
    shown = [each.quantity.name for each in window.stage.panels if isinstance(each, HeatmapPanel)]
    assert shown == ["update", "reset", "forget", "cell"]
    assert_each_shows_its_own(qtbot, window)
    for _ in range(2):
        key(window, Qt.Key.Key_W, CONTROL)
    assert names(window) == ["gru.h5"] or len(names(window)) == 1
    assert window.state.view.hidden == ("candidate",)  # as it was with one


def test_every_quantity_of_three_has_its_room(qtbot: QtBot, three: MainWindow) -> None:
    window = three
    window.resize(1280, 800)
    window.state.change(lambda view: type(view)(**{**vars(view), "hidden": ()}))
    assert_each_shows_its_own(qtbot, window)
    bodies = [panel.body for panel in window.stage.panels]
    assert all(one.bottom() < two.top() for one, two in pairwise(bodies))
    assert bodies[-1].bottom() < window.stage.viewport().height()
    assert min(body.height() for body in bodies) >= 16


def test_lines_in_the_gutter_never_stand_on_each_other(three: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    (heatmap, *_) = of_pane(three, 0, HeatmapPanel)
    drawn: list[tuple[float, float, str]] = []

    def draw(painter: QPainter, x: float, top: float, text: str, font: QFont, colour: str) -> float:
        if x < LEFT / 2:
            drawn.append((top, top + QFontMetricsF(font).height(), text))
        return text_width(text, font)

    for module in ("panel", "heatmap"):
        monkeypatch.setattr(f"gruviz.ui.panels.{module}.draw_text", draw)
    image = QImage(LEFT, 100, QImage.Format.Format_RGB32)
    said = set()
    for height in range(14, 80):
        drawn.clear()
        heatmap.place(QRect(LEFT, 0, 400, height))
        with QPainter(image) as painter:
            heatmap.paint_gutter(painter, QRectF(0, 0, LEFT, height))
        lines = [(top, bottom) for top, bottom, text in drawn if text == heatmap.symbol or "units" in text]
        assert all(bottom <= top + 1 for (_, bottom), (top, _) in pairwise(lines))
        said.add(len(lines))
    assert said == {1, 2}


def test_the_difference_is_that_of_the_files(qtbot: QtBot, together: Together, files: dict[str, Path]) -> None:
    window = together(files["gru"], files["seed"], files["lstm"])
    window.resize(1600, 1100)
    menu = window.display.more.choices
    menu.popup = lambda where: None  # it would wait for a hand
    window.display.more.click()
    offered = {action.data(): action for action in menu.actions() if "difference of" in action.text()}
    assert list(offered) == ["update", "reset", "candidate", "hidden"]
    assert all(action.isEnabled() for action in offered.values())
    offered["update"].trigger()
    window.state.change(toggle_difference, "hidden")
    window.state.change(show_range, 30, 90)
    assert_each_shows_its_own(qtbot, window)
    shown = [panel for panel in window.stage.panels if isinstance(panel, DifferencePanel)]
    assert [panel.context for panel in shown] == [window.panes.contexts[1]] * 2
    assert {panel.title for panel in shown} == {"A − B"}
    with gruviz.recording.open(files["gru"]) as one, gruviz.recording.open(files["seed"]) as other:
        a, b = one.layers["rnn.l0"], other.layers["rnn.l0"]
        for panel, name, limit in zip(shown, ("update", "hidden"), (1.0, 2.0), strict=True):
            difference = a[name][a.slice(0)] - b[name][b.slice(0)]
            assert panel.heatmap.limit == limit
            assert panel.heatmap.units == 1
            _assert_pixels(panel, difference, 30, 90)
            where = inside(window, panel, 41.5, 0.3)
            QTest.mouseMove(window.stage.viewport(), where)
            says = f"A − B = {format_value(difference[41, panel.unit_at(where.y())])}"
            qtbot.waitUntil(lambda says=says: says in window.display.pointer.text())
    window.state.change(show_range, 0, 400)
    settle(qtbot, window)
    click(window, inside(window, of_pane(window, 1, HeadingPanel)[0], 30.5))
    choose(qtbot, window.display.order, 1)  # the rows of the difference stand as those above them
    settle(qtbot, window)
    above = of_pane(window, 1, HeatmapPanel)[0]
    assert np.array_equal(shown[0].heatmap.order, above.heatmap.order)


def test_there_is_no_difference_of_unlike_cells(qtbot: QtBot, three: MainWindow) -> None:
    three.state.change(toggle_difference, "hidden")
    settle(qtbot, three)
    assert not any(isinstance(panel, DifferencePanel) for panel in three.stage.panels)
    menu = three.findChild(QMenu)
    assert menu is not None
    three.display.more.choices.popup = lambda where: None
    three.display.more.click()
    offered = [action for action in three.display.more.choices.actions() if "difference of" in action.text()]
    assert offered
    assert not any(action.isEnabled() for action in offered)


def test_one_of_them_is_closed(qtbot: QtBot, three: MainWindow, files: dict[str, Path]) -> None:
    window = three
    loaders = list(window.loader.each)
    (heading,) = of_pane(window, 0, HeadingPanel)
    cross = QPoint(window.stage.viewport().width() - 16, heading.body.center().y())
    click(window, cross)
    assert names(window) == ["lstm.h5", "rnn.h5"]
    assert [panel._pane.letter for panel in window.stage.panels if isinstance(panel, HeadingPanel)] == ["A", "B"]
    qtbot.waitUntil(lambda: loaders[0] not in window.loader._leaving)
    assert window.loader.each == loaders[1:]
    assert_each_shows_its_own(qtbot, window)
    key(window, Qt.Key.Key_F6)
    key(window, Qt.Key.Key_W, CONTROL)
    assert names(window) == ["lstm.h5"]
    settle(qtbot, window)
    assert not any(isinstance(panel, HeadingPanel | OverlayPanel) for panel in window.stage.panels)
    assert any(isinstance(panel, CountsPanel) for panel in window.stage.panels)
    key(window, Qt.Key.Key_W, CONTROL)  # the last one stays
    assert names(window) == ["lstm.h5"]
    assert window.settings.last == str(files["lstm"].resolve())
    with qtbot.waitSignal(window.ready, timeout=10_000):
        window.open_path(str(files["gru"]))
    settle(qtbot, window)
    assert names(window) == ["gru.h5"]


def test_opening_another_ends_the_comparison(qtbot: QtBot, three: MainWindow, files: dict[str, Path]) -> None:
    three.state.change(lambda view: type(view)(**{**vars(view), "focus": 2}))
    settle(qtbot, three)
    with qtbot.waitSignal(three.ready, timeout=10_000):
        three.open_path(str(files["short"]))
    settle(qtbot, three)
    assert names(three) == ["short.h5"]
    assert three.state.view.length == 300
    assert len(three.loader.each) == 1
    qtbot.waitUntil(lambda: not three.loader._leaving)
    assert three.state.view.hidden == ("candidate",)


def test_unequal_lengths_and_missing_files_are_said(
    qtbot: QtBot, together: Together, files: dict[str, Path], tmp_path: Path
) -> None:
    window = together(files["gru"])
    broken = tmp_path / "broken.h5"
    broken.write_bytes(files["gru"].read_bytes()[:3000])
    for path, words in (
        (files["short"], "short.h5 has no sequence of 400 timesteps as the one on show, its sequences have 90, 300"),
        (tmp_path / "gone.h5", "does not exist"),
        (broken, "damaged"),
    ):
        window.open_beside([str(path)])
        assert words in complaint(qtbot, window)
        settle(qtbot, window)
        assert names(window) == ["gru.h5"]
    window.open_beside([str(files["lstm"]), str(files["short"]), str(files["rnn"])])
    assert "300" in complaint(qtbot, window)  # one is left away, the others stand there
    qtbot.waitUntil(lambda: not window.panes.waits)
    assert names(window) == ["gru.h5", "lstm.h5", "rnn.h5"]
    window.open_beside([str(files["seed"])])
    assert "3 recordings stand beside each other at most" in complaint(qtbot, window)
    assert_each_shows_its_own(qtbot, window)


def test_a_file_that_goes_away_harms_nothing(
    qtbot: QtBot, together: Together, files: dict[str, Path], tmp_path: Path
) -> None:
    going = tmp_path / "going.h5"
    going.write_bytes(files["seed"].read_bytes())
    window = together(files["gru"], going)
    with going.open("r+b") as file:  # cut off while it is open
        file.truncate(5000)
    window.state.change(toggle_difference, "update")
    window.state.change(show_range, 200, 300)
    settle(qtbot, window)
    going.unlink()
    click(window, inside(window, of_pane(window, 0, HeatmapPanel)[0], 230.5))
    settle(qtbot, window)
    assert window.state.view.cursor == 230
    (first, *_) = of_pane(window, 0, HeatmapPanel)
    assert not first.wrong
    with gruviz.recording.open(files["gru"]) as run:
        layer = run.layers["rnn.l0"]
        _assert_pixels(first, layer["update"][layer.slice(0)], 200, 300)
    window.panes.close(1)
    settle(qtbot, window)
    assert names(window) == ["gru.h5"]


def test_another_sequence_is_turned_to_by_all(qtbot: QtBot, three: MainWindow) -> None:
    window = three
    key(window, Qt.Key.Key_F6)
    choose(qtbot, window.toolbar.sequence, 1)
    assert [pane.sequence for pane in window.state.view.panes] == [1, 1, 1]
    assert window.state.view.length == 120
    assert_each_shows_its_own(qtbot, window)
    key(window, Qt.Key.Key_Up, CONTROL)
    assert [pane.sequence for pane in window.state.view.panes] == [0, 0, 0]
    assert_each_shows_its_own(qtbot, window)


def test_a_sequence_that_another_lacks_is_refused(
    qtbot: QtBot, together: Together, files: dict[str, Path], tmp_path: Path
) -> None:
    other = make(tmp_path / "other.h5", (400, 77), seed=8)
    window = together(files["gru"], other)
    window.choose_sequence(1)
    assert "B, other.h5, has no sequence of 120 timesteps" in complaint(qtbot, window)
    assert [pane.sequence for pane in window.state.view.panes] == [0, 0]
    assert_each_shows_its_own(qtbot, window)


def test_two_layers_of_one_file_and_two_checkpoints(
    qtbot: QtBot, together: Together, files: dict[str, Path], tmp_path: Path
) -> None:
    window = together(files["deep"], files["deep"])
    assert [pane.layer for pane in window.state.view.panes] == ["rnn.l0", "rnn.l1"]
    assert_each_shows_its_own(qtbot, window)
    choose(qtbot, window.toolbar.layer, 1)  # of the one in focus
    assert [pane.layer for pane in window.state.view.panes] == ["rnn.l1", "rnn.l1"]
    assert_each_shows_its_own(qtbot, window)
    steps = read_word_by_word(tmp_path / "steps.h5")
    with qtbot.waitSignal(window.ready, timeout=10_000):
        window.open_together([str(steps), str(steps)])
    settle(qtbot, window)
    assert len({pane.checkpoint for pane in window.state.view.panes}) == 2
    window.choose_sequence(window.state.view.pane.sequence + 1)
    panes = window.state.view.panes
    with gruviz.recording.open(steps) as run:
        infos = run.tapes["main"].sequences
        assert {infos[pane.sequence].name for pane in panes} == {"part 2"}
        assert len({pane.checkpoint for pane in panes}) == 2
    assert_each_shows_its_own(qtbot, window)


def test_two_sequences_of_one_layer(qtbot: QtBot, together: Together, tmp_path: Path) -> None:
    pair = make(tmp_path / "pair.h5", (90, 90), seed=9)
    window = together(pair, pair)
    assert [pane.sequence for pane in window.state.view.panes] == [0, 1]
    assert_each_shows_its_own(qtbot, window)
    choose(qtbot, window.toolbar.sequence, 1)
    assert [pane.sequence for pane in window.state.view.panes] == [1, 1]  # the one in focus alone
    assert_each_shows_its_own(qtbot, window)


def test_it_is_as_it_was_at_the_next_start(
    qtbot: QtBot, together: Together, new_window: Callable[[], MainWindow], files: dict[str, Path], tmp_path: Path
) -> None:
    mortal = tmp_path / "mortal.h5"
    mortal.write_bytes(files["rnn"].read_bytes())
    window = together(files["gru"], files["lstm"], mortal)
    key(window, Qt.Key.Key_F6)
    window.state.change(show_range, 100, 180)
    click(window, inside(window, of_pane(window, 1, HeatmapPanel)[0], 133.5))
    settle(qtbot, window)
    before = window.state.view
    window.close()
    again = new_window()
    with qtbot.waitSignal(again.ready, timeout=10_000):
        again.open_path(again.settings.last)
    assert again.state.view == before
    assert_each_shows_its_own(qtbot, again)
    assert Path(again.settings.recent[0]).name == "gru.h5"
    again.close()
    mortal.unlink()
    last = new_window()
    with qtbot.waitSignal(last.ready, timeout=10_000):
        last.open_path(last.settings.last)
    assert "mortal.h5 does not exist" in complaint(qtbot, last)
    assert names(last) == ["gru.h5", "lstm.h5"]
    assert_each_shows_its_own(qtbot, last)


def test_by_dialog_and_by_dropping(qtbot: QtBot, together: Together, files: dict[str, Path]) -> None:
    window = together(files["gru"])
    window._actions["compare_with"].trigger()
    dialog = window.findChild(QFileDialog)
    dialog.filesSelected.emit([str(files["lstm"])])
    dialog.close()
    qtbot.waitUntil(lambda: len(names(window)) == 2)
    drop(window, [files["rnn"]], Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: len(names(window)) == 3)
    assert names(window) == ["gru.h5", "lstm.h5", "rnn.h5"]
    assert_each_shows_its_own(qtbot, window)
    with qtbot.waitSignal(window.ready, timeout=10_000):
        drop(window, [files["seed"], files["gru"]])
    assert names(window) == ["seed.h5", "gru.h5"]
    assert_each_shows_its_own(qtbot, window)


def test_a_recording_that_is_being_written_waits(qtbot: QtBot, together: Together, files, tmp_path: Path) -> None:
    from .writing import Writing

    window = together(files["gru"])
    with Writing("write", tmp_path / "growing.h5") as writing:
        window.open_beside([str(writing.part)])
        assert "still being written" in complaint(qtbot, window)
    assert names(window) == ["gru.h5"]


def test_tabs_pages_and_search_are_about_the_one_in_focus(qtbot: QtBot, three: MainWindow) -> None:
    window = three
    click(window, inside(window, of_pane(window, 1, HeatmapPanel)[0], 50.5))
    window._actions["show_cell"].trigger()
    settle(qtbot, window)
    assert window.side.shown.step.cell.name == "lstm"
    click(window, inside(window, of_pane(window, 2, HeatmapPanel)[0], 60.5))
    settle(qtbot, window)
    assert window.side.shown.step.cell.name == "rnn"
    key(window, Qt.Key.Key_P)
    settle(qtbot, window)
    assert window.sheet.isVisible()
    slots = {slot for loader in window.loader.each for slot in loader._newest}
    assert not any(slot.startswith(("heatmap", "overlay", "timelines")) for slot in slots)  # what nobody sees
    key(window, Qt.Key.Key_P)
    assert_each_shows_its_own(qtbot, window)
    key(window, Qt.Key.Key_F, CONTROL)
    QTest.keyClicks(window.find_bar.field, "thee")
    settle(qtbot, window)
    assert window.state.view.cursor > 0
    assert_each_shows_its_own(qtbot, window)


def test_nothing_is_compared_with_what_is_empty(qtbot: QtBot, new_window: Callable[[], MainWindow], files) -> None:
    empty = make(files["gru"].parent / "empty.h5", (), seed=9)
    window = new_window()
    window.open_beside([str(empty), str(files["gru"])])
    qtbot.waitUntil(window.empty.isVisible, timeout=10_000)
    window.open_beside([str(files["gru"])])
    assert "nothing on show to compare with" in complaint(qtbot, window)
    with qtbot.waitSignal(window.ready, timeout=10_000):
        window.open_together([str(files["gru"]), str(empty)])
    assert "empty.h5 holds no timesteps" in complaint(qtbot, window)
    assert names(window) == ["gru.h5"]
    window.acts.close_pane()
    window.acts.next_pane()
    assert names(window) == ["gru.h5"]


def test_the_difference_is_from_what_is_first_now(qtbot: QtBot, together: Together, files: dict[str, Path]) -> None:
    window = together(files["gru"], files["seed"], files["deep"])
    window.resize(1600, 1100)
    window.state.change(toggle_difference, "update")
    window.state.change(show_range, 30, 90)
    settle(qtbot, window)
    assert [each.title for each in window.stage.panels if isinstance(each, DifferencePanel)] == ["A − B", "A − C"]
    window.panes.close(0)
    settle(qtbot, window)
    (panel,) = (each for each in window.stage.panels if isinstance(each, DifferencePanel))
    assert panel.title == "A − B"
    with gruviz.recording.open(files["seed"]) as one, gruviz.recording.open(files["deep"]) as other:
        a, b = one.layers["rnn.l0"], other.layers["rnn.l0"]
        _assert_pixels(panel, a["update"][a.slice(0)] - b["update"][b.slice(0)], 30, 90)


def test_layers_of_one_network_have_no_difference(qtbot: QtBot, together: Together, files: dict[str, Path]) -> None:
    window = together(files["deep"], files["deep"], files["gru"])
    assert [pane.layer for pane in window.state.view.panes] == ["rnn.l0", "rnn.l1", "rnn.l0"]
    assert window.panes.corresponding == [window.panes.contexts[2]]


def test_that_another_text_was_read_is_said(
    qtbot: QtBot, together: Together, files: dict[str, Path], tmp_path: Path
) -> None:
    numbers = np.random.default_rng(0).random((400, 2), np.float32)
    other, more = (make(tmp_path / f"{name}.h5", (400,), values=numbers, columns=("x", "y")) for name in "ab")
    window = together(files["gru"], files["lstm"], other)
    same = [panel.same for panel in window.stage.panels if isinstance(panel, HeadingPanel)]
    assert same == [True, True, False]
    with qtbot.waitSignal(window.ready, timeout=10_000):
        window.open_together([str(other), str(more)])
    settle(qtbot, window)
    assert [panel.same for panel in window.stage.panels if isinstance(panel, HeadingPanel)] == [True, True]
    numbers[123, 1] += 1
    third = make(tmp_path / "c.h5", (400,), values=numbers, columns=("x", "y"))
    window.open_beside([str(third)])
    qtbot.waitUntil(lambda: len(names(window)) == 3)
    settle(qtbot, window)
    assert [panel.same for panel in window.stage.panels if isinstance(panel, HeadingPanel)] == [True, True, False]
    pair = make(tmp_path / "pair.h5", (90, 90), seed=9)
    with qtbot.waitSignal(window.ready, timeout=10_000):
        window.open_together([str(pair), str(pair)])
    settle(qtbot, window)
    assert [panel.same for panel in window.stage.panels if isinstance(panel, HeadingPanel)] == [True, False]
    window.choose_sequence(1)
    settle(qtbot, window)
    assert [panel.same for panel in window.stage.panels if isinstance(panel, HeadingPanel)] == [True, True]
