"""Timescales and saturation at the right side, by mouse and keys."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

import gruviz.recording
from gruviz import palette
from gruviz.analysis import autocorrelation_time, saturation, timescales
from gruviz.ui.panels import CountsPanel, HeatmapPanel, SaturationPanel, TimescalesPanel
from gruviz.ui.panels.measured import MeasuredPanel
from gruviz.ui.window import MainWindow
from gruviz.view import filter_units, select_range, show_range

from .hand import LEFT_BUTTON, assert_all_agree, at, choose, click, key, settle
from .recordings import make, read_word_by_word

Open = Callable[[Path], MainWindow]
CONTROL = Qt.KeyboardModifier.ControlModifier
TIMES, SIDES = Qt.Key.Key_4, Qt.Key.Key_5


def turn(qtbot: QtBot, window: MainWindow, which: Qt.Key) -> MeasuredPanel:
    key(window, which, Qt.KeyboardModifier.AltModifier)
    settle(qtbot, window)
    shown = window.side.shown
    assert isinstance(shown, MeasuredPanel)
    shown.canvas.grab()  # painted, so that its dots are where they are seen
    return shown


def rows(window: MainWindow, *ranges: tuple[int, int], layer: str = "rnn.l0") -> dict[str, np.ndarray]:
    """All quantities over these rows of the tape, end to end."""
    with gruviz.recording.open(window.state.view.pane.recording) as run:
        found = run.layers[layer]
        return {name: np.concatenate([found[name][start:stop] for start, stop in ranges]) for name in found.quantities}


def assert_times(panel: MeasuredPanel, values: dict[str, np.ndarray], joined: bool = True) -> None:
    """The panel shows the timescales of these timesteps; the autocorrelation where they are one sequence."""
    assert isinstance(panel, TimescalesPanel)
    assert panel.spread_words.endswith("k is z")
    shown, expected = panel.lasting, timescales(values["update"])
    assert shown is not None
    assert shown.times is not None
    assert shown.timesteps == len(values["update"])
    for name in ("of_mean", "of_log", "halflife", "quartiles"):
        assert np.allclose(getattr(shown.times, name), getattr(expected, name))
    if joined:
        assert np.allclose(shown.autocorrelation, autocorrelation_time(values["hidden"]))


def test_timescales_over_what_is_chosen(qtbot: QtBot, window: MainWindow) -> None:
    panel = turn(qtbot, window, TIMES)
    assert_times(panel, rows(window, (0, 400)))
    assert panel.progress.text() == "400 steps"
    choose(qtbot, panel.extent, 3)
    settle(qtbot, window)
    assert window.state.view.extent == "recording"
    assert_times(panel, rows(window, (0, 520)), joined=False)
    choose(qtbot, panel.extent, 0)
    window.state.change(show_range, 50, 170)
    settle(qtbot, window)
    assert_times(panel, rows(window, (50, 170)))
    choose(qtbot, panel.extent, 1)
    settle(qtbot, window)
    assert_times(panel, rows(window, (0, 400)))  # nothing is selected: the sequence
    assert panel.progress.text() == "none: the sequence"
    window.state.change(select_range, 10, 30)
    settle(qtbot, window)
    assert_times(panel, rows(window, (10, 30)))
    window.choose_sequence(1)
    settle(qtbot, window)
    assert_times(panel, rows(window, (400, 520)))
    assert_all_agree(qtbot, window)


@pytest.mark.parametrize("which", [TIMES, SIDES])
def test_a_click_on_a_dot_selects_its_unit(qtbot: QtBot, window: MainWindow, which: Qt.Key) -> None:
    panel = turn(qtbot, window, which)
    dots = panel.dots[-1]
    places = [QPoint(round(x), round(y)) for x, y in zip(dots.x, dots.y, strict=True)]
    alone = [place for place in range(24) if panel.unit_at(places[place].toPointF()) == dots.units[place]]
    chosen = []
    for place in (alone[0], alone[-1]):
        where = places[place]
        QTest.mouseMove(panel.canvas, where)
        qtbot.waitUntil(lambda place=place: panel.told.text().startswith(f"unit {dots.units[place]} "))
        QTest.mouseClick(panel.canvas, LEFT_BUTTON, CONTROL, where)
        chosen.append(int(dots.units[place]))
        assert window.state.view.pane.units == tuple(chosen)
        assert_all_agree(qtbot, window)
        picture = panel.canvas.grab().toImage()
        ratio = panel.canvas.devicePixelRatioF()
        across = [
            picture.pixelColor(round((where.x() + away) * ratio), round(where.y() * ratio)).name()
            for away in range(-6, 7)
        ]
        ringed = palette.SELECTION.lower()
        assert ringed in across[:4]
        assert ringed in across[-4:]
        assert across[6] != ringed  # the dot keeps the colour that says what it is
    QTest.mouseClick(panel.canvas, LEFT_BUTTON, Qt.KeyboardModifier.NoModifier, QPoint(1, 1))  # no dot is there
    assert window.state.view.pane.units == tuple(chosen)


def test_the_line_says_what_holds_of_the_unit(qtbot: QtBot, window: MainWindow) -> None:
    values = rows(window, (0, 400))
    panel = turn(qtbot, window, TIMES)
    found = timescales(values["update"])
    assert panel.words_of(5) == (
        f"unit 5   −1/mean(ln k) {found.of_log[5]:.4g}   half-life {found.halflife[5]:.4g}   "
        f"−1/ln(mean k) {found.of_mean[5]:.4g}   autocorrelation {autocorrelation_time(values['hidden'])[5]:.4g}"
    )
    panel = turn(qtbot, window, SIDES)
    keep, reset = (saturation(values[name]) for name in ("update", "reset"))
    assert panel.words_of(5) == (
        f"unit 5   z {keep.left[5]:.1%} left, {keep.right[5]:.1%} right   "
        f"r {reset.left[5]:.1%} left, {reset.right[5]:.1%} right"
    )


def test_saturation_at_thresholds_that_are_typed(qtbot: QtBot, window: MainWindow) -> None:
    panel, values = turn(qtbot, window, SIDES), rows(window, (0, 400))
    assert isinstance(panel, SaturationPanel)
    for box, typed, sides in ((panel.low, "0.25", (0.25, 0.9)), (panel.high, "0.6", (0.25, 0.6))):
        QTest.mouseClick(box.lineEdit(), LEFT_BUTTON)
        box.selectAll()
        QTest.keyClicks(box, typed)
        QTest.keyClick(box, Qt.Key.Key_Return)
        settle(qtbot, window)
        assert window.state.view.sides == sides
        panel.canvas.grab()
        for dots, gate in zip(panel.dots, ("update", "reset"), strict=True):
            expected = saturation(values[gate], *sides)
            shown = panel.saturation(gate)
            assert np.allclose([shown.left, shown.right], [expected.left, expected.right])
            # dots stand to scale: the further to the right, the more is left-saturated
            assert np.allclose(np.argsort(dots.x, kind="stable"), np.argsort(expected.left, kind="stable"))


def test_units_stand_from_the_longest_to_the_shortest_on_a_logarithmic_scale(qtbot: QtBot, window: MainWindow) -> None:
    panel, values = turn(qtbot, window, TIMES), rows(window, (0, 400))
    found = timescales(values["update"])
    longest_first = np.argsort(-found.of_log)
    kinds = dict(zip(("autocorrelation", "of_mean", "of_log"), panel.dots, strict=True))  # the last on top
    for dots, tau in ((kinds["of_log"], found.of_log), (kinds["of_mean"], found.of_mean)):
        assert dots.units[np.argsort(dots.x)].tolist() == longest_first.tolist()
        slope, above = np.polyfit(np.log(tau[dots.units]), dots.y, 1)
        assert slope < 0
        assert np.allclose(slope * np.log(tau[dots.units]) + above, dots.y, atol=0.01)


def test_of_a_time_with_a_rate_it_says_seconds(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).random((200, 1)).astype(np.float32)
    window = opened(make(tmp_path / "run.h5", (200,), values=numbers, columns=("x",), rate=50.0))
    panel = turn(qtbot, window, TIMES)
    tau = timescales(rows(window, (0, 200))["update"]).of_log[2]
    assert f"−1/mean(ln k) {tau:.4g} ({tau / 50:.3g} s)" in panel.words_of(2)


def test_a_plain_rnn_has_the_autocorrelation_alone(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    window = opened(make(tmp_path / "rnn.h5", (300,), units=9, cell="rnn"))
    panel = turn(qtbot, window, TIMES)
    assert isinstance(panel, TimescalesPanel)
    assert panel.lasting is not None
    assert panel.lasting.times is None
    assert "k is" not in panel.spread_words
    assert [name for name, _, _ in panel.kinds] == ["autocorrelation"]
    assert len(panel.dots) == 1
    assert "Saturation" not in [b.text() for b in window.side.bar.findChildren(QToolButton) if b.isVisible()]


@pytest.mark.parametrize("lengths", [(1,), (2, 3)])
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_one_timestep_and_one_unit(qtbot: QtBot, opened: Open, tmp_path: Path, lengths, cell: str) -> None:
    window = opened(make(tmp_path / "small.h5", lengths, units=1, cell=cell))
    for which in (TIMES, SIDES):
        panel = turn(qtbot, window, which)
        assert not panel.wrong
        assert panel.progress.text() in ("1 step", "2 steps")
        assert any(len(dots.units) for dots in panel.dots)
        assert panel.words_of(0).startswith("unit 0 ")
    assert_all_agree(qtbot, window)


def test_the_recording_is_that_of_the_checkpoint_on_show(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    window = opened(read_word_by_word(tmp_path / "words.h5"))
    panel = turn(qtbot, window, TIMES)
    choose(qtbot, panel.extent, 3)
    for place, start in ((1, 120), (2, 240), (0, 0)):
        choose(qtbot, window.display.checkpoint, place)
        settle(qtbot, window)
        assert_times(panel, rows(window, (start, start + 120)), joined=False)


def test_nothing_is_read_for_the_cursor_or_while_nobody_looks(qtbot: QtBot, window: MainWindow) -> None:
    answered: list[str] = []
    turn(qtbot, window, TIMES)
    window.loader.answered.connect(lambda request, answer: answered.append(request.slot))
    for time in (20.5, 300.5):
        click(window, at(window, HeatmapPanel, time))
        settle(qtbot, window)
    assert "timescales" not in answered
    key(window, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    window.choose_sequence(1)
    settle(qtbot, window)
    assert not {"timescales", "saturation"} & set(answered)


def test_many_pieces_change_nothing(qtbot: QtBot, opened: Open, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("gruviz.analysis._numbers._VALUES", 50)
    monkeypatch.setattr("gruviz.ui.reading._measures.TURN", 0.0001)
    window = opened(make(tmp_path / "long.h5", (900,), units=8))
    says: list[str] = []
    window.loader.answered.connect(lambda request, answer: says.append(window.side.shown.progress.text()))
    panel = turn(qtbot, window, TIMES)
    assert_times(panel, rows(window, (0, 900)))
    assert any(words.startswith("reading, ") for words in says)
    panel = turn(qtbot, window, SIDES)
    assert isinstance(panel, SaturationPanel)
    assert np.allclose(panel.saturation("reset").left, saturation(rows(window, (0, 900))["reset"]).left)


def test_under_a_filter_it_is_said_that_all_units_are_measured(qtbot: QtBot, window: MainWindow) -> None:
    panel = turn(qtbot, window, TIMES)
    counts = next(each for each in window.stage.panels if isinstance(each, CountsPanel))
    assert (panel.context.of_all, counts.title) == ("", "units by class")
    before = panel.canvas.grab().toImage()
    window.state.change(filter_units, "unit < 4")
    settle(qtbot, window)
    assert (panel.context.of_all, counts.title) == ("all 24 units", "all units by class")
    assert panel.canvas.grab().toImage() != before
    window.state.change(filter_units, "")
    settle(qtbot, window)
    assert counts.title == "units by class"
    assert panel.canvas.grab().toImage() == before
