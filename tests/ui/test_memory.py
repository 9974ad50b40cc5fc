"""What survives of a marked timestep, and what the state at the cursor is made of: by mouse and keys."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QAction, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import gruviz.recording
from gruviz.analysis import composition, contribution
from gruviz.ui.panels import (
    CurvesPanel,
    DerivedPanel,
    HeatmapPanel,
    MemoryPanel,
    OverviewPanel,
    SurvivalPanel,
    TextPanel,
)
from gruviz.ui.panels.memory import _NEGATIVE, format_weight
from gruviz.ui.panels.panel import text_width
from gruviz.ui.theme import STEP, small
from gruviz.ui.window import MainWindow
from gruviz.view import seek, select_unit, show_range

from .hand import LEFT_BUTTON, assert_all_agree, at, choose, click, key, panel, settle, wheel
from .recordings import make

Open = Callable[[Path], MainWindow]
CONTROL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
HEAD, ROW = 100, 20
_RGB = QImage.Format.Format_RGB888


def show(qtbot: QtBot, window: MainWindow, title: str) -> None:
    """Choose a heatmap behind the button beside the others."""
    QTest.mouseClick(window.display.more, LEFT_BUTTON)
    menu = window.display.more.choices
    qtbot.waitUntil(menu.isVisible)
    action = next(each for each in menu.actions() if each.text().endswith(title))
    QTest.mouseClick(menu, LEFT_BUTTON, Qt.KeyboardModifier.NoModifier, menu.actionGeometry(action).center())
    qtbot.waitUntil(lambda: not menu.isVisible())
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    settle(qtbot, window)


def double_click(window: MainWindow, where: QPoint) -> None:
    click(window, where)
    QTest.mouseDClick(window.stage.viewport(), LEFT_BUTTON, Qt.KeyboardModifier.NoModifier, where)


def point(qtbot: QtBot, window: MainWindow, where: QPoint) -> str:
    before = window.display.pointer.text()
    QTest.mouseMove(window.stage.viewport(), where)
    with suppress(qtbot.TimeoutError):  # a screen moves its pointer when it has the time
        qtbot.waitUntil(lambda: window.display.pointer.text() != before, timeout=300)
    settle(qtbot, window)
    return window.display.pointer.text()


def memory_of(qtbot: QtBot, window: MainWindow) -> MemoryPanel:
    key(window, Qt.Key.Key_3, ALT)
    settle(qtbot, window)
    shown = window.side.shown
    assert isinstance(shown, MemoryPanel)
    return shown


def test_survival_begins_where_a_timestep_is_marked(qtbot: QtBot, window: MainWindow) -> None:
    assert not window.display.more.isChecked()
    show(qtbot, window, "survival")
    assert window.display.more.isChecked()
    found = panel(window, SurvivalPanel)
    assert found._note.isVisible()
    assert found.heatmap is None
    assert_all_agree(qtbot, window)
    for _ in range(9):
        wheel(window, at(window, HeatmapPanel, 200), 1)
    double_click(window, at(window, HeatmapPanel, 200.5))
    settle(qtbot, window)
    assert (window.state.view.cursor, window.state.view.reference) == (200, 200)
    assert not found._note.isVisible()
    assert found.survived.since == 200
    (unit,) = window.state.view.pane.units
    x, y = found.wedges(found.survived)[0]
    assert found.unit_at(found.body.top() + y) == unit
    assert int(found.time_at(found.body.left() + x)) == found.survived.lasting[unit] > 200
    assert found.horizons.startswith("median < ½ after 1, 1/e after")
    assert_all_agree(qtbot, window)
    key(window, Qt.Key.Key_Left)
    key(window, Qt.Key.Key_R)
    settle(qtbot, window)
    assert found.survived.since == window.state.view.reference == 199
    assert_all_agree(qtbot, window)
    double_click(window, at(window, SurvivalPanel, 199.5))
    settle(qtbot, window)
    assert window.state.view.reference is None
    assert found._note.isVisible()
    assert_all_agree(qtbot, window)
    show(qtbot, window, "survival")
    assert not any(isinstance(each, DerivedPanel) for each in window.stage.panels)
    assert not window.display.more.isChecked()


def test_a_double_click_marks_over_time_alone(qtbot: QtBot, window: MainWindow) -> None:
    double_click(window, at(window, OverviewPanel, 100))
    double_click(window, QPoint(20, panel(window, HeatmapPanel).body.center().y()))
    assert window.state.view.reference is None
    double_click(window, at(window, TextPanel, 100))
    assert window.state.view.reference == window.state.view.cursor


@pytest.mark.parametrize("layer", ["rnn.l0", "rnn.l0_reverse"])
def test_all_that_is_worked_out_agrees_with_the_file(qtbot: QtBot, opened: Open, both_ways: Path, layer: str) -> None:
    window = opened(both_ways)
    window.choosing.show(layer, 0)
    for title in ("carried", "written", "change", "read", "held back", "survival"):
        show(qtbot, window, title)
    for name in ("update", "reset", "hidden"):
        QTest.mouseClick(window.display.buttons[name], LEFT_BUTTON)
    settle(qtbot, window)
    window.state.change(show_range, 300, 360)
    double_click(window, at(window, SurvivalPanel, 330.5))
    click(window, at(window, DerivedPanel, 333.5, 4.5 / 12, number=2))
    assert_all_agree(qtbot, window)
    assert len([each for each in window.stage.panels if isinstance(each, DerivedPanel)]) == 6
    where = at(window, SurvivalPanel, 328.5 if layer.endswith("reverse") else 332.5, 2.5 / 12)
    words = point(qtbot, window, where)
    with gruviz.recording.open(both_ways) as run:
        keep = run.layers[layer]["update"][:][:, 2]
    left = keep[329] * keep[328] if layer.endswith("reverse") else keep[331] * keep[332]
    assert f"unit 2   S = {left:.3f}" in words
    choose(qtbot, window.display.order, 1)
    assert_all_agree(qtbot, window)
    wheel(window, at(window, SurvivalPanel, 330), -8)
    assert_all_agree(qtbot, window)
    key(window, Qt.Key.Key_0)
    assert_all_agree(qtbot, window)


def test_the_menu_of_heatmaps_offers_them_too(qtbot: QtBot, window: MainWindow) -> None:
    window.menus.heatmaps.aboutToShow.emit()
    offered: list[QAction] = [each for each in window.menus.heatmaps.actions() if each.text().endswith("carried")]
    offered[0].trigger()
    settle(qtbot, window)
    assert window.state.view.derived == ("carried",)
    assert panel(window, DerivedPanel).title == "carried"
    assert_all_agree(qtbot, window)


def test_the_weights_of_a_recording_that_holds_none_are_missed_in_words(qtbot: QtBot, window: MainWindow) -> None:
    show(qtbot, window, "held back")
    assert "does not hold the weights of rnn.l0" in panel(window, DerivedPanel).wrong


@pytest.mark.parametrize("layer", ["rnn.l0", "rnn.l1_reverse"])
def test_the_list_says_what_the_state_is_made_of(qtbot: QtBot, opened: Open, both_ways: Path, layer: str) -> None:
    window = opened(both_ways)
    window.choosing.show(layer, 0)
    memory = memory_of(qtbot, window)
    click(window, at(window, HeatmapPanel, 350.5, 4.5 / 12))
    click(window, at(window, HeatmapPanel, 350.5, 7.5 / 12), CONTROL)
    choose(qtbot, memory.whose, 2)
    settle(qtbot, window)
    assert window.state.view.whose == "last"
    with gruviz.recording.open(both_ways) as run:
        found = run.layers[layer]
        symbols = found.tape.symbols(slice(0, 700))
        at_end = 699 - window.state.view.cursor if found.backward else window.state.view.cursor
        weights = composition(found.processing("update", 0), at_end)
        parts = contribution(weights, found.processing("candidate", 0), found.initial(0))
        state = found["hidden"][window.state.view.cursor]
    places = np.argsort(-weights[1:, 7], kind="stable")[: len(memory.listed)]
    assert len(places) > 3
    times = 699 - places if found.backward else places
    assert [share.timestep for share in memory.listed] == times.tolist()
    assert [share.words for share in memory.listed] == [symbols[time] for time in times]
    np.testing.assert_allclose([share.contribution for share in memory.listed], parts[1 + places, 7], atol=1e-6)
    assert memory.memory.state == pytest.approx(state[7], abs=1e-6)
    assert memory.memory.held + sum(s.contribution for s in memory.memory.shares) == pytest.approx(state[7], abs=1e-5)
    says = memory.says(memory.memory)
    assert says[1] == "weights sum to 1.000"
    assert says[2] == f"contributions sum to h = {format_weight(float(state[7]))}"
    assert "direct path only" in says[3]
    assert memory.of(memory.memory) == "unit 7"
    choose(qtbot, memory.whose, 1)
    settle(qtbot, window)
    both = [4, 7]
    assert memory.of(memory.memory) == "means over 2 units"
    expected = parts[1:, both].mean(axis=1)
    told = {share.timestep: share.contribution for share in memory.memory.shares}
    for time, value in told.items():
        assert value == pytest.approx(expected[699 - time if found.backward else time], abs=1e-6)
    assert memory.memory.held + sum(told.values()) == pytest.approx(state[both].mean(), abs=1e-5)
    assert memory.says(memory.memory)[2] == f"contributions sum to mean h = {format_weight(float(state[both].mean()))}"
    choose(qtbot, memory.whose, 0)
    settle(qtbot, window)
    assert memory.memory.units is None
    assert memory.of(memory.memory) == "means over all 12 units"
    np.testing.assert_allclose(memory.listed[0].weight, weights[1:].mean(axis=1).max(), atol=1e-9)
    second = memory.listed[1].timestep
    QTest.mouseClick(memory, LEFT_BUTTON, Qt.KeyboardModifier.NoModifier, QPoint(100, HEAD + ROW + ROW // 2))
    settle(qtbot, window)
    assert window.state.view.cursor == second == memory.memory.timestep
    assert_all_agree(qtbot, window)


def test_an_lstm_says_that_its_weights_need_not_sum_to_1(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    window = opened(make(tmp_path / "lstm.h5", (300,), cell="lstm"))
    memory = memory_of(qtbot, window)
    click(window, at(window, HeatmapPanel, 150.5, 0.5))
    settle(qtbot, window)
    says = memory.says(memory.memory)
    assert says[1].endswith("(not 1: two gates)")
    assert max(text_width(line, small(QApplication.font())) for line in says) < memory.width() - 6 * STEP
    assert "need not sum to 1" in memory.toolTip()


def test_of_a_layer_of_one_unit_the_contribution_has_its_sign(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    path = make(tmp_path / "one.h5", (300,), units=1)
    window = opened(path)
    memory = memory_of(qtbot, window)
    with gruviz.recording.open(path) as run:
        layer = run.layers["rnn.l0"]
        state, candidate = layer["hidden"][:300, 0], layer["candidate"][:300, 0]
    key(window, Qt.Key.Key_End)
    for _ in range(int(np.argmax(candidate[::-1] < 0))):
        key(window, Qt.Key.Key_Left)
    settle(qtbot, window)
    found, cursor = memory.memory, window.state.view.cursor
    assert found.units is None
    assert memory.of(found) == "its one unit"
    share = next(share for share in found.shares if share.timestep == cursor)
    assert share.contribution == pytest.approx(share.weight * candidate[cursor], abs=1e-6)
    assert share.contribution < 0
    assert memory.says(found)[2] == f"contributions sum to h = {format_weight(float(state[cursor]))}"
    inner = memory.grab().toImage()
    _, contributions, width = memory._columns
    row = HEAD + ROW * memory.listed.index(share) + ROW // 2
    lit = [x for x in range(memory.width()) if inner.pixelColor(x, row).name() == _NEGATIVE.name()]
    assert lit
    assert contributions <= min(lit) <= max(lit) <= contributions + width


def test_a_plain_rnn_says_in_a_line_that_it_keeps_nothing(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    window = opened(make(tmp_path / "rnn.h5", (300,), cell="rnn"))
    memory_of(qtbot, window)
    key(window, Qt.Key.Key_S)
    assert "no gate that keeps" in window.composing.wrong
    assert window.composing.answer is None
    show(qtbot, window, "change")
    assert_all_agree(qtbot, window)


def test_nobody_asks_while_nobody_looks(qtbot: QtBot, window: MainWindow) -> None:
    asked: list[str] = []
    window.loader.answered.connect(lambda request, answer: asked.append(request.slot))
    key(window, Qt.Key.Key_Right)
    settle(qtbot, window)
    assert "memory" not in asked
    memory_of(qtbot, window)
    assert asked.count("memory") == 1
    key(window, Qt.Key.Key_2, ALT)
    key(window, Qt.Key.Key_Right)
    settle(qtbot, window)
    assert asked.count("memory") == 1
    key(window, Qt.Key.Key_S)
    settle(qtbot, window)
    assert asked.count("memory") == 2


def blues(window: MainWindow, kind: type) -> np.ndarray:
    """How much more blue than red there is in each column of pixels of a panel."""
    body = panel(window, kind).body
    picture = window.stage.grab(body).toImage().convertToFormat(_RGB)
    data = np.frombuffer(picture.constBits(), np.uint8).reshape(picture.height(), picture.bytesPerLine())
    pixels = data[:, : 3 * picture.width()].reshape(picture.height(), picture.width(), 3).astype(int)
    return np.median(pixels[..., 2] - pixels[..., 0], axis=0)


def test_the_text_is_shaded_by_its_weight_in_the_state(qtbot: QtBot, window: MainWindow) -> None:
    window.state.change(show_range, 180, 220)
    click(window, at(window, HeatmapPanel, 200.5))
    key(window, Qt.Key.Key_Escape)
    settle(qtbot, window)
    plain = blues(window, TextPanel)
    key(window, Qt.Key.Key_S)
    settle(qtbot, window)
    assert window._actions["shade"].isChecked()
    memory, column = window.composing.answer, window.stage.column
    shaded = blues(window, TextPanel) - plain
    middles = np.rint((np.arange(40) + 0.5) * column).astype(int)
    seen = np.array([shaded[middle - 2 : middle + 3].max() for middle in middles])
    told = np.sqrt(memory.of(180, 220))
    assert seen[told < 0.02].max() == 0
    before = slice(16, 20)  # the cursor's own is marked
    assert (np.diff(told[before]) > 0).all()
    assert (np.diff(seen[before]) > 0).all()
    assert seen[19] > 20
    while panel(window, TextPanel).aligned:
        wheel(window, at(window, HeatmapPanel, 200), -1)
    settle(qtbot, window)
    flowing = blues(window, TextPanel).max()
    assert flowing > 20
    key(window, Qt.Key.Key_S)
    settle(qtbot, window)
    assert blues(window, TextPanel).max() < flowing / 4
    assert window.composing.answer is None


def test_a_curve_is_shaded_by_its_weight_in_the_state(qtbot: QtBot, opened: Open, co2: Path) -> None:
    window = opened(co2)
    window.state.change(show_range, 1000, 1100)
    click(window, at(window, HeatmapPanel, 1050.5))
    settle(qtbot, window)
    plain = blues(window, CurvesPanel)
    memory_of(qtbot, window)
    QTest.mouseClick(window.side.shown.shade, LEFT_BUTTON)
    settle(qtbot, window)
    assert window.state.view.shaded
    shaded, column = blues(window, CurvesPanel) - plain, window.stage.column
    told = np.sqrt(window.composing.answer.of(1000, 1100))
    seen = np.array([np.median(shaded[round(p * column) + 1 : round((p + 1) * column)]) for p in range(100)])
    assert seen[51:].max() == 0
    strong = (told > 0.1) & (np.arange(100) < 50)  # the cursor stands on its own
    assert strong.sum() > 2
    assert np.corrcoef(told[strong], seen[strong])[0, 1] > 0.95


@pytest.mark.parametrize("layer", ["rnn.l0", "rnn.l0_reverse"])
def test_shaded_the_flowing_text_shows_mostly_the_shaded_side(
    qtbot: QtBot, opened: Open, both_ways: Path, layer: str
) -> None:
    window = opened(both_ways)
    window.choosing.show(layer, 0)
    settle(qtbot, window)
    text = panel(window, TextPanel)
    for cursor in (100, 350, 600):
        click(window, at(window, HeatmapPanel, cursor + 0.5))
        settle(qtbot, window)
        assert not text.aligned
        shown = QRectF(0, 0, text.body.width(), text.body.height())
        plain = next(piece.left for piece in text._pieces(shown) if piece.first == window.state.view.cursor)
        key(window, Qt.Key.Key_S)
        settle(qtbot, window)
        pieces = list(text._pieces(shown))
        place = next(piece.left for piece in pieces if piece.first == window.state.view.cursor)
        behind = not layer.endswith("reverse")
        assert (place > 0.8 * text.body.width()) if behind else (place < 0.3 * text.body.width())
        assert place >= plain if behind else place <= plain
        letter = next(piece for piece in pieces if piece.left > 300)
        there = text.body.left() + letter.left + 1
        assert letter.first <= int(text.time_at(there)) <= letter.first + letter.count
        key(window, Qt.Key.Key_S)
    window.state.change(seek, 0 if behind else 699)
    key(window, Qt.Key.Key_S)
    settle(qtbot, window)
    first, *_, last = text._pieces(shown)  # there is nothing on the shaded side: the other is not pushed away
    assert first.left < 0.2 * text.body.width()
    assert last.left + last.width > 0.9 * text.body.width()


def test_survival_too_short_to_be_seen_asks_to_zoom_in(qtbot: QtBot, opened: Open, sonnets: Path) -> None:
    window = opened(sonnets)
    show(qtbot, window, "survival")
    window.state.change(show_range, 0, window.state.view.length)
    click(window, at(window, HeatmapPanel, 100.5))
    key(window, Qt.Key.Key_R)
    settle(qtbot, window)
    found = panel(window, SurvivalPanel)
    words = found.horizons
    assert words.startswith("median < 0.1 after ")
    assert words.endswith((" step: zoom in", " steps: zoom in"))
    window.state.change(show_range, 90, 120)
    settle(qtbot, window)
    assert found.horizons.startswith("median < 1/e after 2, 0.1 after ")  # and ½ after 2 too, which goes without saying
    assert found.horizons.endswith(words.removeprefix("median < ").removesuffix(": zoom in"))
    assert found._label.zValue() > 100 > found._line.zValue()  # over the cursor's lines, which are at 100


def test_a_click_on_zoom_in_shows_how_survival_fades(qtbot: QtBot, opened: Open, sonnets: Path) -> None:
    window = opened(sonnets)
    show(qtbot, window, "survival")
    window.state.change(show_range, 0, window.state.view.length)
    click(window, at(window, HeatmapPanel, 100.5))
    key(window, Qt.Key.Key_R)
    settle(qtbot, window)
    found, units = panel(window, SurvivalPanel), window.state.view.pane.units
    words = found._label_ground(found.survived).translated(found.body.topLeft()).center().toPoint()
    QTest.mouseMove(window.stage.viewport(), words)
    qtbot.waitUntil(lambda: window.stage.viewport().cursor().shape() == Qt.CursorShape.PointingHandCursor)
    click(window, words)
    settle(qtbot, window)
    view = window.state.view
    assert (view.cursor, view.reference) == (100, 100)
    assert view.start < 100 < view.stop <= 200
    assert view.pane.units == units  # the words stand over rows, and select none
    assert "zoom in" not in found.horizons
    assert found.action_at(QPointF(words)) is None


def test_survivals_words_stand_clear_of_the_selected_units(qtbot: QtBot, opened: Open, sonnets: Path) -> None:
    window = opened(sonnets)
    show(qtbot, window, "survival")
    click(window, at(window, HeatmapPanel, 100.5))
    key(window, Qt.Key.Key_R)
    last = window.context.layer.size - 1
    for unit in (0, last // 2, last):
        window.state.change(select_unit, unit)
        settle(qtbot, window)
        found = panel(window, SurvivalPanel)
        ground = found._label_ground(found.survived)
        assert 0 <= ground.top() < ground.bottom() <= found.body.height()
        assert not any(ground.top() <= edge <= ground.bottom() for edge in found._edges([unit])[0])
