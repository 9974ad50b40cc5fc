"""The window on all kinds of recordings, and on files that are none."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as given_
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, QObject, QPoint, QPointF, Qt, QThread, QUrl, Signal, Slot
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMessageBox
from pytestqt.qtbot import QtBot

from gruviz.recording import Writer
from gruviz.ui import settings as settings_file
from gruviz.ui.actions import ACTIONS
from gruviz.ui.help import HelpDialog
from gruviz.ui.panels import (
    CountsPanel,
    CurvesPanel,
    HeatmapPanel,
    NoCountsPanel,
    OverviewPanel,
    TextPanel,
    TimeAxisPanel,
    TimelinesPanel,
)
from gruviz.ui.theme import DARK, LIGHT, STEP
from gruviz.ui.window import MainWindow

from .hand import LEFT_BUTTON, assert_all_agree, at, choose, click, drag, key, panel, settle, wheel
from .recordings import make, read_word_by_word

Open = Callable[[Path], MainWindow]


@pytest.mark.parametrize(
    ("name", "lengths", "kind"),
    [
        ("one unit", (300,), {"units": 1}),
        ("512 units", (600,), {"units": 512}),
        ("one timestep", (1,), {}),
        ("two timesteps", (2,), {"units": 3}),
        ("100,000 timesteps", (100_000,), {"units": 8}),
        ("both directions", (300, 50), {"layers": ("rnn.l0", "rnn.l0_reverse", "rnn.l1", "rnn.l1_reverse")}),
        ("lstm", (300,), {"cell": "lstm", "scale": 4.0}),
        ("rnn", (300,), {"cell": "rnn"}),
    ],
)
def test_all_kinds_of_recordings_are_scrubbed(
    qtbot: QtBot, opened: Open, tmp_path: Path, name: str, lengths: tuple[int, ...], kind: dict
) -> None:
    window = opened(make(tmp_path / f"{name}.h5", lengths, **kind))
    assert_all_agree(qtbot, window)
    length = lengths[0]
    drag(window, at(window, HeatmapPanel, 0.5), at(window, HeatmapPanel, 0.75 * length))
    assert abs(window.state.view.cursor - 0.75 * length) <= 1 / window.stage.column + 1
    assert_all_agree(qtbot, window)
    for _ in range(60):
        wheel(window, at(window, HeatmapPanel, (window.state.view.start + window.state.view.stop) / 2), 1)
    assert window.state.view.span == min(8, length)
    click(window, at(window, HeatmapPanel, window.state.view.start + 0.5))
    assert_all_agree(qtbot, window)
    key(window, Qt.Key.Key_End)
    assert window.state.view.cursor == length - 1
    assert_all_agree(qtbot, window)
    for index in range(len(window.loader.facts.layers)):
        _choose(qtbot, window.toolbar.layer, index)
        assert_all_agree(qtbot, window)
        assert window.state.view.cursor == length - 1  # another layer keeps time


def _choose(qtbot: QtBot, chooser, index: int) -> None:
    """Where there is a choice."""
    if len(chooser._labels) > 1:
        choose(qtbot, chooser, index)


def test_negative_values_stand_clear_of_their_bars(opened: Open, tmp_path: Path) -> None:
    window = opened(make(tmp_path / "rnn.h5", (50,), cell="rnn"))
    bar = window.units.verticalScrollBar()
    bar.setValue(bar.maximum())
    viewport, ground = window.units.viewport(), QColor(LIGHT.panel).name()
    picture = viewport.grab().toImage()
    unit = window.units.order[-1]
    assert window.units.listing.values[unit] < 0
    y = max(y for y in range(viewport.height()) if window.units.unit_at(y) == unit) - 10
    end = max(x for x in range(picture.width()) if picture.pixelColor(x, y).name() == QColor(LIGHT.hover).name())
    assert {picture.pixelColor(end + 1 + x, y).name() for x in range(STEP)} == {ground}


def test_the_panels_follow_the_cell(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    rnn = opened(make(tmp_path / "rnn.h5", (50,), cell="rnn"))
    assert [each.quantity.name for each in rnn.stage.panels if isinstance(each, HeatmapPanel)] == ["hidden"]
    assert any(isinstance(each, NoCountsPanel) for each in rnn.stage.panels)
    assert rnn.units.counts is None
    assert rnn.status.convention.isHidden()
    lstm = opened(make(tmp_path / "lstm.h5", (50,), cell="lstm", residual=0.01))
    shown = [each.quantity.name for each in lstm.stage.panels if isinstance(each, HeatmapPanel)]
    assert shown == ["forget", "input", "output", "cell", "hidden"]
    assert any(isinstance(each, CountsPanel) for each in lstm.stage.panels)
    assert sum(lstm.units.counts) == 24
    assert lstm.status.residual.property("warning") is True
    assert "⚠" in lstm.status.residual.text()


def test_the_status_bar_says_what_holds(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    window = opened(make(tmp_path / "long.h5", (9000,), units=512))
    status = window.status
    assert status.layer.text() == "rnn.l0   GRU 512"
    assert status.convention.text() == "z: PyTorch’s convention"
    assert status.residual.text() == "residual 2.0e−7"
    assert status.residual.property("warning") is False
    assert status.backend.text() == "cpu"
    assert status.thresholds.text().startswith("retained: z ≥ 0.9   overwritten: z ≤ 0.1, h moved > 0.05")
    assert status.reduction.text().startswith("1 column = 16 steps (mean), 1 row = ")
    for _ in range(30):
        wheel(window, at(window, HeatmapPanel, 10), 1)
    settle(qtbot, window)
    assert status.reduction.text().startswith("1 column = 1 step")


def test_numeric_input_is_drawn_as_curves_with_gaps(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    values = np.sin(np.arange(600) / 20)[:, None].astype(np.float32)
    missing = np.zeros(600, bool)
    missing[100:150] = True
    window = opened(make(tmp_path / "co2.h5", (600,), values=values, missing=missing, columns=("co2",)))
    assert_all_agree(qtbot, window)
    curves = panel(window, CurvesPanel).curves
    assert np.array_equal(np.isnan(curves.low[:, 0]), missing)
    click(window, at(window, CurvesPanel, 300.5))
    settle(qtbot, window)
    assert window.state.view.cursor == 300
    assert window.toolbar.readout.text() == f"t = 300 of 600   x = {values[300, 0]:.5g}".replace("-", "−")
    assert not any(isinstance(each, TextPanel) for each in window.stage.panels)


def test_thousands_of_sequences_are_searched_by_typing(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    names = [f"line {number}" for number in range(2000)]
    window = opened(make(tmp_path / "many.h5", (1,) * 2000, units=4, names=names))
    chooser = window.toolbar.sequence
    QTest.mouseClick(chooser, LEFT_BUTTON)
    qtbot.waitUntil(chooser.popup.isVisible)
    assert isinstance(chooser.popup.search, QLineEdit)
    QTest.keyClicks(chooser.popup.search, "1718")
    QTest.keyClick(chooser.popup.search, Qt.Key.Key_Return)
    assert not chooser.popup.isVisible()
    assert window.state.view.pane.sequence == 1718
    assert_all_agree(qtbot, window)
    window.activateWindow()  # a screen does this by itself when a popup goes
    qtbot.waitUntil(window.isActiveWindow)
    key(window, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    assert window.state.view.pane.sequence == 1719
    assert_all_agree(qtbot, window)


def test_heatmaps_are_folded_away_and_come_back(qtbot: QtBot, window: MainWindow) -> None:
    def names() -> list[str]:
        return [each.quantity.name for each in window.stage.panels if isinstance(each, HeatmapPanel)]

    def toggle(name: str) -> None:
        window.menus.heatmaps.aboutToShow.emit()
        action = next(action for action in window.menus.heatmaps.actions() if action.data() == name)
        action.trigger()

    assert names() == ["update", "reset", "hidden"]
    height = panel(window, HeatmapPanel).body.height()
    toggle("reset")
    assert names() == ["update", "hidden"]
    assert panel(window, HeatmapPanel).body.height() > height
    assert_all_agree(qtbot, window)
    toggle("candidate")
    toggle("reset")
    assert names() == ["update", "reset", "candidate", "hidden"]
    assert_all_agree(qtbot, window)


def test_another_size_asks_for_another_picture(qtbot: QtBot, window: MainWindow) -> None:
    for size in ((1000, 640), (1600, 1000)):
        window.resize(*size)
        qtbot.waitUntil(lambda size=size: window.width() == size[0])
        assert_all_agree(qtbot, window)


@pytest.mark.parametrize(
    ("content", "expected"),
    [(None, "does not exist"), (b"hello", "not a gruviz recording"), (b"\x89HDF\r\n\x1a\n" + b"\0" * 500, "damaged")],
)
def test_a_file_that_is_none_is_refused_in_a_dialog(
    qtbot: QtBot,
    new_window: Callable[[], MainWindow],
    sonnets: Path,
    tmp_path: Path,
    content: bytes | None,
    expected: str,
) -> None:
    path = tmp_path / "broken.h5"
    if content is not None:
        path.write_bytes(content)
    window = new_window()
    with qtbot.waitSignal(window.refused):
        window.open_path(str(path))
    box = window.findChild(QMessageBox)
    assert expected in box.text()
    assert "\n" not in box.text()
    assert window.pages.currentWidget() is window.failed
    QTest.keyClick(box, Qt.Key.Key_Return)
    with qtbot.waitSignal(window.ready):  # the window lives
        window.open_path(str(sonnets))
    assert_all_agree(qtbot, window)
    with qtbot.waitSignal(window.refused):
        window.open_path(str(path))
    assert window.pages.currentWidget() is window.splitter  # what was open stays open
    assert_all_agree(qtbot, window)


def test_damage_inside_a_file_is_told_where_it_shows(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    path = make(tmp_path / "flipped.h5", (4000,), units=64)
    data = bytearray(path.read_bytes())
    with h5py.File(path) as file:
        where = file["layers/rnn.l0/reset"].id.get_chunk_info(0).byte_offset
    data[where + 100] ^= 0xFF
    path.write_bytes(data)
    window = opened(path)
    for _ in range(30):
        wheel(window, at(window, HeatmapPanel, 10), 1)
    settle(qtbot, window)
    update, reset, hidden = (each for each in window.stage.panels if isinstance(each, HeatmapPanel))
    assert "damaged" in reset.wrong
    assert not update.wrong
    assert not hidden.wrong
    assert not window.units.wrong
    key(window, Qt.Key.Key_Right)
    assert window.state.view.cursor == 1


def test_an_empty_recording_says_so(qtbot: QtBot, new_window: Callable[[], MainWindow], tmp_path: Path) -> None:
    with Writer(tmp_path / "empty.h5") as writer:
        writer.add_tape("main")
    window = new_window()
    window.open_path(str(tmp_path / "empty.h5"))
    qtbot.waitUntil(lambda: window.pages.currentWidget() is window.empty)
    assert "empty.h5" in window.empty.sentence.text()


def test_an_empty_sequence_is_passed_over(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    window = opened(make(tmp_path / "gap.h5", (0, 30, 20)))
    assert window.state.view.pane.sequence == 1
    window.choose_sequence(0)
    assert "empty" in window.findChild(QMessageBox).text()
    assert window.state.view.pane.sequence == 1
    assert_all_agree(qtbot, window)


def test_a_file_is_opened_by_the_dialog_of_the_menu(
    qtbot: QtBot, new_window: Callable[[], MainWindow], sonnets: Path
) -> None:
    window = new_window()
    QTest.keyClick(window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    dialog = window.findChild(QFileDialog)
    dialog.findChild(QLineEdit).setText(str(sonnets))
    with qtbot.waitSignal(window.ready):
        QTest.keyClick(dialog.findChild(QLineEdit), Qt.Key.Key_Return)
    assert_all_agree(qtbot, window)


def test_a_file_is_dropped_on_the_window(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    path = make(tmp_path / "dropped.h5", (77,))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    button, copy, none = LEFT_BUTTON, Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(300, 300), copy, data, button, none)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    assert not window.stage.viewport().acceptDrops()  # it would swallow the file
    with qtbot.waitSignal(window.ready):
        QApplication.sendEvent(window, QDropEvent(QPointF(300, 300), copy, data, button, none))
    assert window.state.view.length == 77
    assert_all_agree(qtbot, window)


def test_where_one_was_is_remembered(qtbot: QtBot, window: MainWindow, opened: Open, sonnets: Path) -> None:
    for _ in range(4):
        wheel(window, at(window, HeatmapPanel, 200), 1)
    click(window, at(window, HeatmapPanel, 210.5, 3.5 / 24))
    before = window.state.view
    window.close()
    again = opened(sonnets)
    assert again.state.view == before
    assert_all_agree(qtbot, again)
    assert settings_file.load().recent == [str(sonnets)]
    again.close()
    settings_file.save(settings_file.Settings(last=str(sonnets), view={"version": 1, "cursor": "there"}))
    assert opened(sonnets).state.view.cursor == 0


def test_a_view_of_a_file_that_has_changed_is_let_go(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    path = make(tmp_path / "run.h5", (300,), units=24)
    window = opened(path)
    click(window, at(window, HeatmapPanel, 250.5, 23.5 / 24))
    window.close()
    make(path, (100,), units=4)
    window = opened(path)
    assert (window.state.view.cursor, window.state.view.pane.units) == (0, ())
    assert_all_agree(qtbot, window)


def test_a_file_that_was_recorded_anew_is_read_anew(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    path = make(tmp_path / "run.h5", (300,), seed=1)
    window = opened(path)
    make(path, (300,), seed=2)
    with qtbot.waitSignal(window.ready):
        window.open_path(str(path))
    assert_all_agree(qtbot, window)


def test_light_and_dark_are_switched_by_mouse(qtbot: QtBot, window: MainWindow) -> None:
    def background() -> str:
        return window.stage.grab().toImage().pixelColor(3, 3).name().upper()

    assert background() == LIGHT.window
    button = next(
        button
        for button in window.toolbar.findChildren(type(window.toolbar.widgetForAction(window.toolbar.actions()[0])))
        if button.defaultAction() is window._actions["switch_theme"]
    )
    QTest.mouseClick(button, LEFT_BUTTON)
    assert background() == DARK.window
    assert_all_agree(qtbot, window)
    QTest.mouseClick(button, LEFT_BUTTON)
    assert background() == LIGHT.window


def test_help_names_every_shortcut(qtbot: QtBot, window: MainWindow) -> None:
    key(window, Qt.Key.Key_F1)
    page = window.findChild(HelpDialog)
    words = [label.text() for label in page.findChildren(type(window.banner))]
    for spec in ACTIONS:
        assert not spec.keys or spec.tip in words
    keys = [shortcut.toString() for action in window._actions.values() for shortcut in action.shortcuts()]
    assert len(keys) == len(set(keys))


def test_every_row_teaches_what_it_is(qtbot: QtBot, window: MainWindow) -> None:
    for each in window.stage.panels:
        items = window.stage.items(QPoint(20, each.body.center().y()))
        tip = next(item.toolTip() for item in items if item.toolTip())  # as Qt looks for it
        assert len(tip) > 30
        if isinstance(each, HeatmapPanel):
            assert each.quantity.formula in tip


def test_closing_while_opening_is_orderly(qtbot: QtBot, new_window: Callable[[], MainWindow], sonnets: Path) -> None:
    window = new_window()
    window.open_path(str(sonnets))
    window.close()
    assert not window.loader.each[0]._thread.isRunning()


class _Busy(QObject):
    """Keeps a thread busy until it is let go."""

    begin = Signal()

    def __init__(self, thread: QThread) -> None:
        super().__init__()
        self.free = threading.Event()
        self.moveToThread(thread)
        self.begin.connect(self._hold)

    @Slot()
    def _hold(self) -> None:
        self.free.wait(20)


def test_what_takes_its_time_to_open_is_said(
    qtbot: QtBot, new_window: Callable[[], MainWindow], sonnets: Path, tmp_path: Path
) -> None:
    window = new_window()
    window.loader.each[0]._thread.start()
    busy = _Busy(window.loader.each[0]._thread)
    busy.begin.emit()
    try:
        window.open_path(str(sonnets))
        assert window.pages.currentWidget() is window.welcome  # a quick one is not spoken of
        qtbot.waitUntil(window.loading.isVisible, timeout=5000)
        assert window.loading.sentence.text() == "sonnets.h5 is being opened and checked."
        assert not window.status.isVisible()
        assert not window.toolbar.readout.isVisible()
        picture = window.loading.grab().toImage()
        assert picture.pixelColor(3, 3).name() == LIGHT.window.lower()
    finally:
        with qtbot.waitSignal(window.ready, timeout=10_000):
            busy.free.set()
    assert window.pages.currentWidget() is window.splitter
    assert_all_agree(qtbot, window)


_HANDS = st.lists(
    st.one_of(
        st.tuples(st.just("click"), st.floats(0, 1), st.floats(0.01, 0.99)),
        st.tuples(st.just("drag"), st.floats(-0.2, 1.2), st.floats(-0.2, 1.2)),
        st.tuples(st.just("axis"), st.floats(0, 1), st.floats(0, 1)),
        st.tuples(st.just("wheel"), st.floats(0, 1), st.floats(-6, 6)),
        st.tuples(
            st.just("key"), st.sampled_from(["Left", "Right", "Home", "End", "Plus", "Minus", "0", "Escape", "R", "L"])
        ),
        st.tuples(st.just("sequence"), st.integers(0, 1)),
        st.tuples(st.just("add"), st.floats(0, 1), st.floats(0.01, 0.99)),
        st.tuples(st.just("range"), st.floats(0, 1), st.floats(0.01, 0.99)),
        st.tuples(st.just("order"), st.integers(0, 4)),
        st.tuples(
            st.just("filter"), st.sampled_from(["unit > 2", "tau > 1 and keep < 0.52", "peak < 50", "keep > 2", ""])
        ),
        st.tuples(st.just("heatmap"), st.sampled_from(["candidate", "reset"])),
        st.tuples(st.just("find"), st.sampled_from(["e", "the", "zebra", ""])),
        st.tuples(st.just("go to"), st.integers(0, 500)),
        st.tuples(st.just("overview"), st.floats(0, 1)),
        st.tuples(st.just("window"), st.floats(0, 1), st.floats(0, 1)),
        st.tuples(st.just("tick"), st.floats(0, 1)),
        st.tuples(st.just("letter"), st.floats(0, 1)),
        st.tuples(st.just("list"), st.integers(0, 30), st.sampled_from(["", "Control", "Shift"])),
        st.tuples(st.just("scroll"), st.floats(-6, 6)),
        st.tuples(st.just("checkpoint"), st.integers(0, 2)),
        st.tuples(st.just("layer"), st.integers(0, 1)),
    ),
    min_size=1,
    max_size=10,
)


def _write(qtbot: QtBot, window: MainWindow, what: str, words: str) -> None:
    """Into the strip for finding, or the one for going to a timestep; then Enter, and Escape."""
    key(window, Qt.Key.Key_F if what == "find" else Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    bar = window.find_bar if what == "find" else window.go_bar
    QTest.keyClick(bar.field, Qt.Key.Key_Delete)
    QTest.keyClicks(bar.field, words)
    settle(qtbot, window)
    for which in (Qt.Key.Key_Return, Qt.Key.Key_Escape):
        QTest.keyClick(bar.field, which)
    assert window.strips.currentWidget() is window.display


@pytest.mark.parametrize("kind", ["letters", "words, checkpoints and layers"])
def test_panels_agree_after_any_actions(qtbot: QtBot, opened: Open, sonnets: Path, tmp_path: Path, kind: str) -> None:
    if kind != "letters":
        sonnets = read_word_by_word(tmp_path / "words.h5", ("rnn.l0", "rnn.l1"))
    window = opened(sonnets)

    @settings(
        max_examples=int(os.environ.get("GRUVIZ_EXAMPLES", "15")),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given_(_HANDS)
    def act(actions: list[tuple]) -> None:
        for what, *how in actions:
            body = panel(window, HeatmapPanel).body
            axis = window.stage.panels[-1].body.center().y()
            if what in ("click", "add", "range"):
                modifier = Qt.KeyboardModifier
                held = {"click": modifier.NoModifier, "add": modifier.ControlModifier, "range": modifier.ShiftModifier}
                x = body.left() + round(how[0] * (body.width() - 1))
                click(window, QPoint(x, body.top() + int(how[1] * body.height())), held[what])
            elif what in ("drag", "axis"):
                y = axis if what == "axis" else body.center().y()
                start, stop = (QPoint(body.left() + round(part * body.width()), y) for part in how)
                start.setX(min(max(start.x(), body.left()), body.right()))
                drag(window, start, stop)
            elif what == "wheel":
                wheel(window, QPoint(body.left() + round(how[0] * body.width()), body.center().y()), how[1])
            elif what == "key":
                key(window, getattr(Qt.Key, f"Key_{how[0]}"))
            elif what == "order":
                window.display.order.chosen.emit(how[0])
            elif what == "filter":
                window.side.filter.field.setText(how[0])
                QTest.keyClick(window.side.filter.field, Qt.Key.Key_Return)
                settle(qtbot, window)
            elif what == "heatmap":
                QTest.mouseClick(window.display.buttons[how[0]], LEFT_BUTTON)
            elif what in ("find", "go to"):
                _write(qtbot, window, what, str(how[0]))
            elif what in ("overview", "tick", "letter"):
                kinds = {"overview": OverviewPanel, "tick": TimeAxisPanel, "letter": TextPanel}
                strip = panel(window, kinds[what]).body
                click(window, QPoint(strip.left() + round(how[0] * (strip.width() - 1)), strip.center().y()))
            elif what == "window":
                strip = panel(window, OverviewPanel).body
                drag(window, *(QPoint(strip.left() + round(part * strip.width()), strip.center().y()) for part in how))
            elif what == "list":
                where = QPoint(100, how[0] * 20 + 10)
                held = getattr(Qt.KeyboardModifier, f"{how[1] or 'No'}Modifier")
                QTest.mouseClick(window.units.viewport(), LEFT_BUTTON, held, where)
            elif what == "scroll":
                wheel(window, QPoint(40, panel(window, TimelinesPanel).body.center().y()), how[0])
            elif what == "checkpoint":
                if how[0] < len(window.display.checkpoint._labels) > 1:
                    _choose(qtbot, window.display.checkpoint, how[0])
            elif what == "layer":
                _choose(qtbot, window.toolbar.layer, how[0])
            else:
                window.choose_sequence(how[0])
        assert_all_agree(qtbot, window)

    act()
