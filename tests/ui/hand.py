"""Driving a window by mouse and keys, and checking that all of it says the same."""

from typing import get_args

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

import gruviz.recording
from gruviz import analysis, palette
from gruviz.analysis import Expression, derived, finish, numbers, order
from gruviz.recording import Layer, Recording, Tape
from gruviz.ui.panels import (
    CellPanel,
    DerivedPanel,
    HeatmapPanel,
    OverviewPanel,
    Panel,
    PredictionsPanel,
    SurvivalPanel,
    TimeAxisPanel,
    TimelinesPanel,
)
from gruviz.ui.panels.panel import LEFT, RIGHT, PlotPanel
from gruviz.ui.reading import Guess
from gruviz.ui.window import MainWindow
from gruviz.view import Order, Pane, View

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


def choose(qtbot: QtBot, chooser: QWidget, index: int) -> None:
    """By mouse, from the list that opens under it."""
    QTest.mouseClick(chooser, LEFT_BUTTON)
    qtbot.waitUntil(chooser.popup.isVisible)
    rows = chooser.popup.list
    where = rows.visualRect(rows.model().index(index, 0)).center()
    QTest.mouseClick(rows.viewport(), LEFT_BUTTON, Qt.KeyboardModifier.NoModifier, where)
    qtbot.waitUntil(lambda: not chooser.popup.isVisible())
    chooser.window().activateWindow()  # a screen does this by itself when a popup goes
    qtbot.waitUntil(chooser.window().isActiveWindow)


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
            assert each.span == ((0, view.length) if whole else (view.start, view.stop))
            assert (each.plot.x(), each.plot.boundingRect().width()) == (LEFT, width)
            assert not each.wrong
    line = stage.cursor_line
    assert line.isVisible() == (view.start <= view.cursor < view.stop)
    if line.isVisible():
        exact = LEFT + (view.cursor + 0.5 - view.start) * width / (view.stop - view.start)
        assert abs(line.x() - exact) < 1e-6
        assert line.y() <= stage.panels[2].body.top()
        assert line.y() + line.boundingRect().height() == panel(window, TimeAxisPanel).body.top()
    marked = view.reference is not None and view.start <= view.reference < view.stop
    assert stage.reference_line.isVisible() == marked
    words = window.toolbar.readout.text()
    assert f"t = {view.cursor:,} of {view.length:,}" in words or words.startswith("copied ")  # for a moment
    assert window.display.order._index == get_args(Order).index(view.pane.order)
    shown = {name for name, button in window.display.buttons.items() if button.isChecked()}
    heatmaps = [each for each in stage.panels if isinstance(each, HeatmapPanel)]
    assert shown == {each.quantity.name for each in heatmaps if not isinstance(each, DerivedPanel)}
    offered = {each.name for each in derived(window.context.layer.cell)}
    assert {*view.derived} & offered == {each.quantity.name for each in heatmaps if isinstance(each, DerivedPanel)}
    _assert_values(window)
    _assert_marks(window)


def _assert_marks(window: MainWindow) -> None:
    """The selected units, and no others, are marked in every heatmap and in the list, as far as it is in sight."""
    chosen, amber = window.state.view.pane.units, palette.SELECTION.lower()
    picture = _pixels(window.stage.viewport())
    for each in window.stage.panels:
        if isinstance(each, HeatmapPanel):
            body, units = each.body, list(each.units)
            size, height = len(units), body.height()
            columns = [
                body.left() + round(body.width() * part / 8) for part in range(1, 8)
            ]  # cursors, a label may cover some
            marked = {
                y - body.top()
                for y in range(body.top(), body.bottom() + 1)
                if sum(picture.pixelColor(x, y).name() == amber for x in columns) >= 3
            }
            seen = [unit for unit in chosen if unit in units]
            tops = {unit: round(row / size * height) for row, unit in enumerate(units)}
            ends = {unit: round((row + 1) / size * height) for row, unit in enumerate(units)}
            lines = {edge for unit in seen for edge in (tops[unit] - 1, max(ends[unit], tops[unit] + 1))}
            assert marked == {edge for edge in lines if 0 <= edge < height}
            tags = {y for y in range(body.top(), body.bottom()) if picture.pixelColor(LEFT - 8, y).name() == amber}
            assert bool(tags) == bool(seen)
    rows = _pixels(window.units.viewport())
    offset = window.units.verticalScrollBar().value()
    for row, unit in enumerate(window.units.order):
        y = row * 20 + 10 - offset
        if 0 <= y < window.units.viewport().height():
            assert (rows.pixelColor(1, y).name() == amber) == (unit in chosen)


def _pixels(widget: QWidget) -> QImage:
    """What a widget shows, one pixel for each that it counts in."""
    picture = widget.grab().toImage()
    return picture if picture.width() == widget.width() else picture.scaled(widget.size())


def _assert_values(window: MainWindow) -> None:
    view = window.state.view
    with gruviz.recording.open(view.pane.recording) as recording:
        layer = recording.layers[view.pane.layer]
        offset = layer.slice(view.pane.sequence).start
        rows = layer.slice(view.pane.sequence)
        key = layer.cell.keep or layer.cell.state
        kept = _kept(layer, view.pane)
        expected = _rows(layer, view.pane) if rows.stop - rows.start <= 1024 else None
        for each in window.stage.panels:
            if isinstance(each, HeatmapPanel):
                blank = isinstance(each, SurvivalPanel) and view.reference is None
                if blank:
                    assert each.heatmap is None
                    continue
                if expected is not None:
                    assert np.array_equal(each.units, expected[kept[expected]])
                values = work_out(recording, layer, view, each) if isinstance(each, DerivedPanel) else None
                values = layer[each.quantity.name][rows] if values is None else values
                _assert_heatmap(each, values, view.start, view.stop)
            if isinstance(each, TimelinesPanel):
                _assert_timelines(each, layer, rows)
        _assert_predictions(window, layer.tape, rows)
        _assert_cell(window, layer)
        values = layer[key][offset + view.cursor]
    largest_first = np.argsort(-values, kind="stable")
    assert np.array_equal(window.units.order, largest_first[np.isin(largest_first, np.flatnonzero(kept))])


def _kept(layer: Layer, pane: Pane) -> np.ndarray:
    """The units of which the filter is true."""
    if not pane.filter:
        return np.ones(layer.size, bool)
    condition = Expression(pane.filter)
    return condition.holds(finish(numbers(layer, _anchor(pane), condition.names | {"unit"})))


def _anchor(pane: Pane) -> int:
    """The sequence by which units are ordered and filtered."""
    return pane.sequence if pane.anchor is None else pane.anchor


def _rows(layer: Layer, pane: Pane) -> np.ndarray:
    """The units as they are ordered."""
    rows, cell = layer.slice(_anchor(pane)), layer.cell
    return order(layer[cell.keep][rows] if cell.keep else None, pane.order, layer[cell.state][rows])


def work_out(recording: Recording, layer: Layer, view: View, panel: DerivedPanel) -> np.ndarray:
    """What a heatmap shows that no file holds, (T, H), by whole arrays."""
    cell, name, number = layer.cell, panel.quantity.name, view.pane.sequence
    rows, length = layer.slice(number), layer.tape.sequences[number].length
    old, state = layer.previous(cell.state, number, 0, length), layer[cell.state][rows]
    if name == analysis.CHANGE:
        return state - old
    keep, candidate = layer[cell.keep][rows], layer["candidate"][rows]
    write = 1 - keep if cell.write is None else layer[cell.write][rows]
    if name == analysis.SURVIVAL:
        turn = slice(None, None, -1 if layer.backward else 1)
        return analysis.survival(keep[turn], length - 1 - view.reference if layer.backward else view.reference)[turn]
    if name == analysis.CARRIED:
        return np.abs(keep * old)
    if name == analysis.WRITTEN:
        return np.abs(write * candidate)
    weight, bias = analysis.candidate_weights(recording, layer)
    both = analysis.through_reset(layer["reset"][rows], old, weight, bias, layer.reset)
    return np.abs(write * both[name == analysis.HELD])


def _assert_heatmap(panel: HeatmapPanel, values: np.ndarray, start: int, stop: int) -> None:
    heatmap = panel.heatmap
    assert heatmap is not None
    columns = heatmap.columns
    assert columns.start <= start < columns.start + columns.step
    assert columns.stop - columns.step < stop <= columns.stop
    assert columns.count <= panel.pixels[0] + 1
    if columns.step == 1 and heatmap.units == 1:
        low = -heatmap.limit if panel.quantity.signed else 0.0
        shown = heatmap.image.T / 254 * (heatmap.limit - low) + low
        exact = np.clip(values[start:stop, heatmap.order], low, heatmap.limit)
        assert np.array_equal(heatmap.image.T == 255, np.isnan(exact))
        assert np.nanmax(np.abs(shown - exact), initial=0) <= (heatmap.limit - low) / 254 / 2 + 1e-6


def _assert_timelines(panel: TimelinesPanel, layer: Layer, rows: slice) -> None:
    chosen = panel.context.state.view.pane.units
    assert bool(panel.units) == bool(chosen)
    if chosen:
        first = chosen.index(panel.units[0])
        assert panel.units == chosen[first : first + len(panel.units)]
    if not chosen:
        return
    traces, view = panel.traces, panel.context.state.view
    assert traces is not None
    assert traces.units == panel.units
    assert traces.columns.start <= view.start < view.stop <= traces.columns.stop
    starts = np.arange(traces.columns.start, min(traces.columns.stop, view.length), traces.columns.step)
    for name in layer.cell.names:
        values = layer[name][rows][starts[0] : traces.columns.stop, list(panel.units)]
        assert np.array_equal(traces.low[name], np.minimum.reduceat(values, starts - starts[0]))
        assert np.array_equal(traces.high[name], np.maximum.reduceat(values, starts - starts[0]))
        assert (traces.low[name] - 1e-5 <= traces.mean[name]).all()
        assert (traces.mean[name] <= traces.high[name] + 1e-5).all()


def _assert_predictions(window: MainWindow, tape: Tape, rows: slice) -> None:
    """The list at the side says what the file says; its tab is away where nothing was recorded."""
    view, predicted = window.state.view, "values" in tape.outputs
    assert [tab.name for tab in window.side.offered if tab.name == "prediction"] == ["prediction"] * predicted
    assert isinstance(window.side.shown, PredictionsPanel) == (predicted and view.tab == "prediction")
    if predicted and view.tab == "prediction" and "probability" in tape.outputs:
        row = rows.start + view.cursor
        recorded = float(tape.output("probability", slice(row, row + 1))[0])
        says = window.side.shown.says
        assert isinstance(says, Guess)
        assert (says.came is None) == np.isnan(recorded) == (view.cursor == view.length - 1)
        assert np.isclose(says.probability, recorded, atol=1e-6, equal_nan=True)
        shares = [share for _, share in says.likeliest]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) <= 1 + 1e-6


def _assert_cell(window: MainWindow, layer: Layer) -> None:
    """The cell at the side holds what the file says of the unit selected last, before the timestep as well."""
    panel, view = window.side.shown, window.state.view
    if not isinstance(panel, CellPanel):
        return
    assert not panel.wrong
    assert panel.unit == (view.pane.units[-1] if view.pane.units else None)
    step = panel.step
    assert (step is None) == (panel.unit is None)
    if step is None:
        return
    row = layer.slice(view.pane.sequence).start + view.cursor
    beside = 1 if layer.backward else -1
    for name in layer.cell.names:
        assert step.values[name] == layer[name][row, panel.unit]
    for state in layer.cell.states:
        inside = 0 <= view.cursor + beside < view.length
        before = layer[state][row + beside] if inside else layer.initial(view.pane.sequence, state)
        assert step.previous[state] == before[panel.unit]
