"""Driving a window by mouse and keys, and checking that all of it says the same."""

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import gruviz.recording
from gruviz.ui.panels import HeatmapPanel, OverviewPanel, Panel, TimeAxisPanel
from gruviz.ui.panels.panel import LEFT, RIGHT, PlotPanel
from gruviz.ui.window import MainWindow

LEFT_BUTTON = Qt.MouseButton.LeftButton


def settle(qtbot: QtBot, window: MainWindow) -> None:
    """Wait until all that was asked for is on the screen."""
    qtbot.waitUntil(lambda: window.loader.idle, timeout=10_000)
    QApplication.processEvents()


def panel(window: MainWindow, kind: type[Panel], number: int = 0) -> Panel:
    return [each for each in window.stage.panels if isinstance(each, kind)][number]


def at(window: MainWindow, kind: type[Panel], time: float, part: float = 0.5, number: int = 0) -> QPoint:
    """The pixel of a panel at a time, and at a part of its height."""
    body = panel(window, kind, number).body
    if kind is OverviewPanel:
        x = body.left() + time / window.state.view.length * body.width()
    else:
        x = window.stage.x_of(time)
    return QPoint(round(x), round(body.top() + part * body.height()))


def click(window: MainWindow, where: QPoint, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.mouseClick(window.stage.viewport(), LEFT_BUTTON, modifier, where)


def drag(window: MainWindow, start: QPoint, stop: QPoint) -> None:
    viewport = window.stage.viewport()
    QTest.mousePress(viewport, LEFT_BUTTON, Qt.KeyboardModifier.NoModifier, start)
    for step in (1, 2, 3, 4):
        QTest.mouseMove(viewport, start + (stop - start) * step / 4)
    QTest.mouseRelease(viewport, LEFT_BUTTON, Qt.KeyboardModifier.NoModifier, stop)


def wheel(
    window: MainWindow, where: QPoint, notches: float, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    viewport = window.stage.viewport()
    event = QWheelEvent(
        QPointF(where),
        QPointF(viewport.mapToGlobal(where)),
        QPoint(),
        QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton,
        modifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)


def key(window: MainWindow, which: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(window.stage, which, modifier)


def assert_all_agree(qtbot: QtBot, window: MainWindow) -> None:
    """Every panel shows the cursor, the range, the units and the values that the state and the file say."""
    settle(qtbot, window)
    view, stage = window.state.view, window.stage
    assert 0 <= view.cursor < view.length
    assert 0 <= view.start < view.stop <= view.length
    width = stage.viewport().width() - LEFT - RIGHT
    for each in stage.panels:
        assert (each.body.left(), each.body.width()) == (LEFT, width)
        if isinstance(each, PlotPanel):
            whole = isinstance(each, OverviewPanel)
            low, high = each.plot.viewRange()[0]
            assert (low, high) == ((0, view.length) if whole else (view.start, view.stop))
            geometry = each.plot.geometry()
            assert (geometry.left(), geometry.width()) == (LEFT, width)
            assert not each.wrong
    line = stage.cursor_line
    assert line.isVisible() == (view.start <= view.cursor < view.stop)
    if line.isVisible():
        exact = LEFT + (view.cursor + 0.5 - view.start) * width / (view.stop - view.start)
        assert abs(line.x() - exact) < 1e-6
        assert line.y() <= panel(window, HeatmapPanel).body.top()
        assert line.y() + line.boundingRect().height() == panel(window, TimeAxisPanel).body.top()
    assert f"t = {view.cursor:,} of {view.length:,}" in window.toolbar.readout.text()
    _assert_values(window)


def _assert_values(window: MainWindow) -> None:
    view = window.state.view
    with gruviz.recording.open(view.pane.recording) as recording:
        layer = recording.layers[view.pane.layer]
        offset = layer.slice(view.pane.sequence).start
        for each in window.stage.panels:
            if isinstance(each, HeatmapPanel):
                _assert_heatmap(each, layer[each.quantity.name][layer.slice(view.pane.sequence)], view.start, view.stop)
        key = layer.cell.keep or layer.cell.state
        values = layer[key][offset + view.cursor]
    assert np.array_equal(window.units.order, np.argsort(-values, kind="stable"))


def _assert_heatmap(panel: HeatmapPanel, values: np.ndarray, start: int, stop: int) -> None:
    heatmap = panel.heatmap
    assert heatmap is not None
    columns = heatmap.columns
    assert columns.start <= start < columns.start + columns.step
    assert columns.stop - columns.step < stop <= columns.stop
    assert columns.count <= panel.pixels[0] + 1
    if columns.step == 1 and heatmap.units == 1:
        low = 0.0 if panel.quantity.fraction else -heatmap.limit
        shown = heatmap.image.T / 254 * (heatmap.limit - low) + low
        assert np.abs(shown - values[start:stop]).max() <= (heatmap.limit - low) / 254 / 2 + 1e-6
