"""The same round by mouse and keys on every kind of recording: seek, zoom, select, point, find, go to, copy, export."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gruviz.ui.dialogs import ExportDialog
from gruviz.ui.panels import CountsPanel, HeatmapPanel, OverviewPanel, TimelinesPanel
from gruviz.ui.window import MainWindow

from .hand import LEFT_BUTTON, assert_all_agree, at, click, drag, key, panel, settle, wheel
from .recordings import make
from .test_display import ask_for_menu, point
from .test_flows import LONG, choose, dialog, press, tool, type_into

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
KINDS = {
    "one unit": {"lengths": (300,), "units": 1},
    "512 units": {"lengths": (300,), "units": 512},
    "one timestep": {"lengths": (1,), "units": 5},
    "100,000 timesteps": {"lengths": (100_000,), "units": 24},
}


@pytest.fixture(params=["text", "series with missing values", "bidirectional", *KINDS])
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    fixture = {"text": "predicted", "series with missing values": "co2", "bidirectional": "both_ways"}
    if request.param in fixture:
        return request.getfixturevalue(fixture[request.param])
    return make(tmp_path / "made.h5", **KINDS[request.param])


def test_a_round(qtbot: QtBot, opened: Callable[[Path], MainWindow], kind: Path, tmp_path: Path) -> None:
    window = opened(kind)
    view, facts = window.state.view, window.loader.facts
    length, size = view.length, window.context.layer.size
    text = facts.tapes[window.context.layer.tape].text

    # The hand: seek, step, zoom, pan, select.
    for panel_kind in (HeatmapPanel, CountsPanel):
        click(window, at(window, panel_kind, length * 0.6))
        assert abs(window.state.view.cursor - int(length * 0.6)) <= length / 500
    cursor = window.state.view.cursor
    key(window, Qt.Key.Key_Left)
    assert window.state.view.cursor == max(cursor - 1, 0)
    key(window, Qt.Key.Key_Right)
    assert window.state.view.cursor == min(max(cursor - 1, 0) + 1, length - 1)
    drag(window, at(window, HeatmapPanel, length * 0.3), at(window, HeatmapPanel, length * 0.5))
    assert abs(window.state.view.cursor - int(length * 0.5)) <= length / 500
    for _ in range(3):
        wheel(window, at(window, HeatmapPanel, window.state.view.cursor + 0.5), 1)
    assert window.state.view.span < length or length == 1
    wheel(window, at(window, HeatmapPanel, window.state.view.cursor + 0.5), -1, SHIFT)
    click(window, at(window, HeatmapPanel, window.state.view.start + 0.5, 0.5 / size))
    click(window, at(window, HeatmapPanel, window.state.view.start + 0.5, 0.97), CONTROL)
    chosen = set(window.state.view.pane.units)  # a second click on the only one takes it away
    assert chosen == ({0, max(chosen)} if size > 1 else set())
    assert size == 1 or max(chosen) >= size * 0.9 - 1
    click(window, at(window, HeatmapPanel, window.state.view.start + 0.5, 0.5 / size))
    settle(qtbot, window)
    assert panel(window, TimelinesPanel).units == (0,)
    assert_all_agree(qtbot, window)
    assert window.units.order
    row = QPoint(60, 8)
    QTest.mouseClick(window.units.viewport(), LEFT_BUTTON, CONTROL, row)
    assert_all_agree(qtbot, window)

    # Layers and orders, where there are several.
    for layer in facts.layers:
        key(window, Qt.Key.Key_0)
        window.toolbar.layer.chosen.emit(list(facts.layers).index(layer))
        assert_all_agree(qtbot, window)
    window.toolbar.layer.chosen.emit(0)

    # Read out what is under the pointer; go to a timestep; look for a text.
    words = point(qtbot, window, at(window, HeatmapPanel, window.state.view.start + 0.5, 0.5 / size))
    assert words.startswith(f"t = {window.state.view.start:,} ")
    assert "unit 0" in words
    key(window, Qt.Key.Key_G, CONTROL)
    QTest.keyClick(window.go_bar.field, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(window.go_bar.field, str(length - 1))
    QTest.keyClick(window.go_bar.field, Qt.Key.Key_Return)
    assert window.state.view.cursor == length - 1
    key(window, Qt.Key.Key_F, CONTROL)
    QTest.keyClicks(window.find_bar.field, "e")
    settle(qtbot, window)
    if text:
        assert "place" in window.find_bar.answer.text() or "of" in window.find_bar.answer.text() or length == 1
    else:
        assert "numbers" in window.find_bar.answer.text()
    QTest.keyClick(window.find_bar.field, Qt.Key.Key_Escape)

    # Play, and take a picture of a panel.
    key(window, Qt.Key.Key_Home)
    key(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.state.view.cursor > 0 or length == 1, timeout=5000)
    if window.state.view.playing:
        key(window, Qt.Key.Key_Space)
    assert not window.state.view.playing
    body = panel(window, OverviewPanel).body
    menu = ask_for_menu(window.stage.viewport(), body.center())
    QTest.mouseClick(menu, LEFT_BUTTON, pos=menu.actionGeometry(menu.actions()[0]).center())
    assert not QGuiApplication.clipboard().image().isNull()
    assert_all_agree(qtbot, window)

    # The figure of the selected units.
    press(tool(window, "Export"))
    export = dialog(qtbot, window, ExportDialog)
    assert isinstance(export, ExportDialog)
    choose(export.figure, "timeline")
    type_into(export.output, str(tmp_path / "timeline.pdf"))
    press(export.go)
    qtbot.waitUntil(lambda: window.workbench.action.isVisible(), timeout=LONG)
    assert (tmp_path / "timeline.pdf").read_bytes().startswith(b"%PDF")
