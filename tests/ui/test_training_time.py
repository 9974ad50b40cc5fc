"""Training time, scrubbed by mouse and keys in a real window, on a network that was really trained a little."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import gruviz.recording
from gruviz._assets import asset
from gruviz.cli import main
from gruviz.recording import over_training
from gruviz.ui.dialogs import TrainDialog
from gruviz.ui.panels import HeatmapPanel, TrainingPanel
from gruviz.ui.panels.difference import DifferencePanel
from gruviz.ui.panels.panel import LEFT, RIGHT
from gruviz.ui.panels.predictions import format_share
from gruviz.ui.window import MainWindow
from gruviz.view import focus_on, saturate, seek, select_unit, show_range, with_pane

from .hand import LEFT_BUTTON, assert_all_agree, at, choose, click, key, panel, settle
from .recordings import read_word_by_word
from .test_flows import LONG, dialog, press, tool, type_into
from .test_flows import choose as pick

Open = Callable[[Path], MainWindow]
STEPS = (0, 1, 4, 11, 26, 60)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of 10 units that learns from the sonnets for 60 steps, seen at six of them over 160 letters."""
    model = tmp_path_factory.mktemp("trained") / "model.safetensors"
    text = str(asset("data/sonnets.txt"))
    how = ["--steps", "60", "--hidden", "10", "--device", "cpu", "--probe", "6", "--probe-length", "160"]
    assert main(["train", "char", "--text", text, *how, "-o", str(model)]) == 0
    path = model.with_name("model-training.h5")
    with gruviz.recording.open(path) as run:
        assert tuple(info.checkpoint for info in run.tapes["main"].sequences) == STEPS
    return path


def drag(window: MainWindow, qtbot: QtBot, start: int, stop: int, parts: int = 12) -> None:
    """From one checkpoint to another, in some moves of the mouse."""
    bar = window.training_bar
    xs = bar.places[[start, stop]]
    y = bar.height() // 2
    QTest.mousePress(bar, LEFT_BUTTON, Qt.KeyboardModifier.NoModifier, QPoint(round(xs[0]), y))
    for part in range(1, parts + 1):
        QTest.mouseMove(bar, QPoint(round(xs[0] + (xs[1] - xs[0]) * part / parts), y))
        QApplication.processEvents()
    QTest.mouseRelease(bar, LEFT_BUTTON, Qt.KeyboardModifier.NoModifier, QPoint(round(xs[1]), y))
    settle(qtbot, window)


def test_the_slider_is_dragged_and_everything_else_stays(qtbot: QtBot, opened: Open, trained: Path) -> None:
    window = opened(trained)
    bar = window.training_bar
    assert bar.isVisible()
    assert bar.words[0] == "step 60 of 60"  # what it has learned comes first, then how
    drag(window, qtbot, 5, 0)
    assert bar.words == ("step 0 of 60", "before the first step")
    click(window, at(window, HeatmapPanel, 70.5, 0.35))
    window.state.change(show_range, 40, 120)
    key(window, Qt.Key.Key_R)
    settle(qtbot, window)
    before = window.state.view
    for start, stop in ((0, 5), (5, 2), (2, 3)):
        drag(window, qtbot, start, stop)
        view = window.state.view
        assert (view.pane.sequence, view.pane.checkpoint) == (stop, STEPS[stop])
        kept = ("cursor", "reference", "start", "stop", "selection", "tab", "hidden")
        assert [getattr(view, name) for name in kept] == [getattr(before, name) for name in kept]
        assert view.pane.units == before.pane.units != ()
        assert_all_agree(qtbot, window)
        with gruviz.recording.open(trained) as run:
            loss = run.training.loss_at(STEPS[stop])
            assert bar.words == (f"step {STEPS[stop]} of 60", f"loss {loss:.3g}")
            shown = panel(window, HeatmapPanel).heatmap
            stored = run.layers["rnn.l0"]["update"][run.layers["rnn.l0"].slice(stop)][40:120]
            assert np.abs(shown.image.T / 254 - stored).max() <= 1 / 254 / 2 + 1e-6


def test_keys_wheel_and_menu(qtbot: QtBot, opened: Open, trained: Path) -> None:
    window = opened(trained)

    def step() -> int:
        settle(qtbot, window)
        return window.state.view.pane.checkpoint

    drag(window, qtbot, 5, 0)
    key(window, Qt.Key.Key_BracketRight)
    assert step() == 1
    key(window, Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier)
    assert step() == 4
    key(window, Qt.Key.Key_BracketLeft)
    assert step() == 1
    for _ in range(3):
        key(window, Qt.Key.Key_PageUp, Qt.KeyboardModifier.ControlModifier)
    assert step() == 0
    for _ in range(9):  # faster than it is drawn: none is lost, and none leads beyond the end
        key(window, Qt.Key.Key_BracketRight)
    assert step() == 60
    where = QPointF(LEFT + 50, 20)
    wheel = QWheelEvent(
        where,
        window.training_bar.mapToGlobal(where),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(window.training_bar, wheel)
    assert step() == 11
    assert_all_agree(qtbot, window)
    texts = [action.text() for action in window.menus.named["&Go"].actions() if action.isVisible()]
    assert "La&ter in training" in texts


def test_it_plays_to_the_end_and_begins_again_there(qtbot: QtBot, opened: Open, trained: Path) -> None:
    window = opened(trained)
    bar = window.training_bar
    key(window, Qt.Key.Key_Space, Qt.KeyboardModifier.ShiftModifier)
    assert bar.playing
    qtbot.waitUntil(lambda: not bar.playing, timeout=10_000)
    assert window.state.view.pane.checkpoint == 60
    assert not window.state.view.playing
    key(window, Qt.Key.Key_Space, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: window.state.view.pane.checkpoint == 0, timeout=5000)
    key(window, Qt.Key.Key_Space, Qt.KeyboardModifier.ShiftModifier)
    assert not bar.playing


def test_rows_keep_the_order_and_the_filter_of_one_checkpoint(qtbot: QtBot, opened: Open, trained: Path) -> None:
    window = opened(trained)
    drag(window, qtbot, 0, 3)
    choose(qtbot, window.display.order, 1)
    settle(qtbot, window)
    assert window.state.view.pane.anchor is None
    window.state.change(with_pane, filter="keep > 0.45")
    settle(qtbot, window)
    rows = panel(window, HeatmapPanel).units
    listed = sorted(window.units.order)
    assert 1 < len(rows) < 10
    with gruviz.recording.open(trained) as run:
        layer = run.layers["rnn.l0"]
        keeps = [layer["update"][layer.slice(each)].mean(axis=0) for each in (3, 5)]
    assert list(np.argsort(keeps[0])) != list(np.argsort(keeps[1]))  # so it would move
    drag(window, qtbot, 3, 5)
    assert window.state.view.pane.anchor == 3
    assert panel(window, HeatmapPanel).units == rows
    assert sorted(window.units.order) == listed
    assert_all_agree(qtbot, window)
    choose(qtbot, window.display.order, 2)  # chosen anew, by the one on show
    settle(qtbot, window)
    assert window.state.view.pane.anchor is None
    assert_all_agree(qtbot, window)


def test_nothing_is_blank_while_it_is_scrubbed(qtbot: QtBot, opened: Open, trained: Path) -> None:
    window = opened(trained)
    window.state.change(select_unit, 4)
    settle(qtbot, window)
    blank = []

    def look() -> None:
        heatmaps = [each for each in window.stage.panels if isinstance(each, HeatmapPanel)]
        blank.append(any(each.heatmap is None or each._raster.indices is None for each in heatmaps))
        blank.append(window.units.listing is None or "→" not in window.toolbar.readout.text())

    window.state.pane_changed.connect(look)
    drag(window, qtbot, 0, 5)
    assert len(blank) >= 4
    assert not any(blank)
    assert_all_agree(qtbot, window)


@pytest.mark.parametrize("tab", ["prediction", "cell", "memory", "timescales", "saturation", "training"])
def test_what_a_tab_shows_is_of_the_checkpoint_on_show(qtbot: QtBot, opened: Open, trained: Path, tab: str) -> None:
    window = opened(trained)
    window.state.change(select_unit, 4)
    window._actions[f"show_{tab}"].trigger()
    settle(qtbot, window)
    drag(window, qtbot, 0, 5)
    scrubbed = window.side.shown.grab().toImage()
    assert_all_agree(qtbot, window)
    window.choose_sequence(0)
    window.choose_sequence(5)
    settle(qtbot, window)
    assert window.side.shown.grab().toImage() == scrubbed


def test_the_strip_stands_over_the_time_axis_at_every_width(qtbot: QtBot, opened: Open, trained: Path) -> None:
    window = opened(trained)
    for width in (1024, 1280, 1900):
        window.resize(width, 800)
        QApplication.processEvents()
        settle(qtbot, window)
        body = panel(window, HeatmapPanel).body
        places = window.training_bar.places
        left = window.training_bar.mapTo(window, QPoint(0, 0)).x()
        assert left == window.stage.mapTo(window, QPoint(0, 0)).x()
        assert (places[0], places[-1]) == (LEFT, window.training_bar.width() - RIGHT)
        assert (places[0], places[-1]) == (body.left(), body.left() + body.width())


def test_only_where_several_steps_read_one_sequence(
    qtbot: QtBot, window: MainWindow, opened: Open, tmp_path: Path
) -> None:
    assert not window.training_bar.isVisible()
    assert not window._actions["later_checkpoint"].isVisible()
    before = window.state.view
    key(window, Qt.Key.Key_BracketRight)
    window.later_checkpoint()
    window.play_training()
    assert window.state.view == before
    words = opened(read_word_by_word(tmp_path / "words.h5"))  # by three steps, without the course of their training
    assert words.training_bar.isVisible()
    assert words.training_bar.words == ("step 5,000", "loss unknown")
    drag(words, qtbot, 2, 0)
    assert words.training_bar.words == ("step 0", "loss unknown")
    choose(qtbot, words.toolbar.sequence, 1)
    drag(words, qtbot, 0, 2)
    assert (words.state.view.pane.sequence, words.state.view.pane.checkpoint) == (5, 5000)
    assert [info.index for info in over_training(words.loader.facts.sequences_of("rnn.l0"), 1)] == [1, 3, 5]
    assert_all_agree(qtbot, words)


def _curves(window: MainWindow) -> TrainingPanel:
    shown = window.side.shown
    assert isinstance(shown, TrainingPanel)
    return shown


def test_the_curves_are_what_numpy_says(qtbot: QtBot, opened: Open, trained: Path) -> None:
    window = opened(trained)
    key(window, Qt.Key.Key_7, Qt.KeyboardModifier.AltModifier)
    settle(qtbot, window)
    curves = _curves(window)
    _curves(window).grab()
    assert [plot.short or plot.title for plot in curves.plots] == ["% open / shut", "timescale", "gradient", "loss"]
    saturated, timescale, gradient, loss = curves.plots
    with gruviz.recording.open(trained) as run:
        layer, course = run.layers["rnn.l0"], run.training
        rows = [layer.slice(each) for each in range(6)]
        for number, gate in enumerate(("update", "reset")):
            shares = [(np.mean(layer[gate][each] > 0.9), np.mean(layer[gate][each] < 0.1)) for each in rows]
            drawn = [saturated.lines[2 * number][1], saturated.lines[2 * number + 1][1]]
            np.testing.assert_allclose(drawn, np.transpose(shares), atol=1e-9)
            assert [line[3] for line in saturated.lines] == [False, True] * 2  # what is shut is dashed
        for place, each in enumerate(rows):
            units = np.sort(-1 / np.log(layer["update"][each].astype(float)).mean(axis=0))
            np.testing.assert_allclose(10 ** timescale.lines[0][1][place], units[4], rtol=1e-6)
            np.testing.assert_allclose(10 ** timescale.band[1][place], units[0], rtol=1e-6)
            np.testing.assert_allclose(10 ** timescale.band[2][place], units[8], rtol=1e-6)
        np.testing.assert_allclose(loss.lines[0][1][[0, -1]], course.loss[[0, -1]])
        np.testing.assert_allclose(10 ** gradient.lines[0][1][-1], course.gradient_norm[-1])
        assert loss.said[3] == [(f"{course.loss_at(11):.3g}", "")]
    before = saturated.lines[0][1]
    window.state.change(saturate, 0.4, 0.55)
    settle(qtbot, window)
    curves.grab()
    assert (curves.plots[0].lines[0][1] > before).all()


def test_a_click_on_the_curves_goes_there_and_nothing_is_read_again(qtbot: QtBot, opened: Open, trained: Path) -> None:
    window = opened(trained)
    key(window, Qt.Key.Key_7, Qt.KeyboardModifier.AltModifier)
    settle(qtbot, window)
    curves, asked = _curves(window), []
    window.loader.answered.connect(lambda request, answer: asked.append(request.slot))
    for place in (4, 2):
        QTest.mouseClick(curves, LEFT_BUTTON, Qt.KeyboardModifier.NoModifier, QPoint(round(curves.places[place]), 90))
        settle(qtbot, window)
        assert window.state.view.pane.checkpoint == STEPS[place]
        assert window.training_bar.words[0] == f"step {STEPS[place]} of 60"
    assert "heatmap update" in asked
    assert not {"training", "course"} & set(asked)
    QTest.mouseMove(curves, QPoint(round(curves.places[5]), 90))
    qtbot.waitUntil(lambda: curves._pointed == 5)
    assert_all_agree(qtbot, window)


def test_there_are_no_curves_without_checkpoints(qtbot: QtBot, window: MainWindow) -> None:
    assert "training" not in [tab.name for tab in window.side.offered]
    before = window.side.shown
    key(window, Qt.Key.Key_7, Qt.KeyboardModifier.AltModifier)
    settle(qtbot, window)
    assert window.side.shown is before


def test_checkpoints_without_a_course_have_curves_of_their_gates_alone(
    qtbot: QtBot, opened: Open, tmp_path: Path
) -> None:
    window = opened(read_word_by_word(tmp_path / "words.h5"))
    window._actions["show_training"].trigger()
    settle(qtbot, window)
    _curves(window).grab()
    assert [plot.title for plot in _curves(window).plots] == ["% open / shut, dashed", "timescale"]
    assert _curves(window).places[-1] > _curves(window).places[0]


def _asked(qtbot: QtBot, window: MainWindow, output: Path) -> TrainDialog:
    press(tool(window, "Train"))
    train = dialog(qtbot, window, TrainDialog)
    assert isinstance(train, TrainDialog)
    pick(train.task.choice, "flipflop")
    type_into(train.hidden, "6")
    type_into(train.output, str(output))
    return train


def test_a_training_in_the_window_is_watched_while_it_runs(
    qtbot: QtBot, new_window: Callable[[], MainWindow], tmp_path: Path
) -> None:
    window = new_window()
    train = _asked(qtbot, window, tmp_path / "bits")
    assert train.checkpoints.value() == 20  # unless somebody says otherwise
    type_into(train.checkpoints, "12")
    type_into(train.steps, "250")
    press(train.go)
    bar, bench = window.training_bar, window.workbench
    qtbot.waitUntil(lambda: bar.isVisible() and len(bar.scrubbing.checkpoints) > 3, timeout=LONG)
    assert window.live.growing
    window.training_bar.scrubbing.go(1)
    qtbot.waitUntil(lambda: bar.scrubbing.place == 1, timeout=LONG)
    shown = window.state.view.pane.checkpoint
    qtbot.waitUntil(lambda: not bench.busy and not window.live.watching, timeout=LONG)
    settle(qtbot, window)
    assert window.state.view.pane.checkpoint == shown  # nobody was carried away from it
    assert window.loader.facts.path == str(tmp_path / "bits-training.h5")
    assert window.loader.facts.complete
    assert [info.checkpoint for info in bar.scrubbing.checkpoints][-1] == 250
    drag(window, qtbot, 1, 11)
    assert bar.words[0] == "step 250 of 250"
    assert bar.words[1].startswith("loss ")
    assert_all_agree(qtbot, window)


def test_it_is_watched_afterwards_beside_another_recording(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    train = _asked(qtbot, window, tmp_path / "bits")
    type_into(train.steps, "20")
    press(train.go)
    bench = window.workbench
    qtbot.waitUntil(lambda: bench.action.isVisible(), timeout=LONG)
    assert not window.training_bar.isVisible()
    press(bench.watch)
    qtbot.waitUntil(window.training_bar.isVisible, timeout=LONG)
    settle(qtbot, window)
    assert len(window.training_bar.scrubbing.checkpoints) == 20
    train = _asked(qtbot, window, tmp_path / "alone")
    type_into(train.steps, "3")
    train.checkpoints.setValue(train.checkpoints.minimum())
    press(train.go)
    qtbot.waitUntil(lambda: bench.action.isVisible() and "alone" in bench.text.text(), timeout=LONG)
    assert not bench.watch.isVisible()
    assert sorted(each.name for each in tmp_path.glob("alone*")) == ["alone.safetensors"]


def test_the_readout_is_of_the_checkpoint_on_show(qtbot: QtBot, opened: Open, trained: Path) -> None:
    window = opened(trained)
    click(window, at(window, HeatmapPanel, 20.5))

    def said(place: int) -> str:
        with gruviz.recording.open(trained) as run:
            row = run.layers["rnn.l0"].slice(place).start + 20
            return f"p = {format_share(float(run.tapes['main'].output('probability', slice(row, row + 1))[0]))}"

    drag(window, qtbot, 0, 4)
    assert window.toolbar.readout.text().endswith(said(4))
    window._actions["show_training"].trigger()
    settle(qtbot, window)
    drag(window, qtbot, 4, 2)
    assert "p =" not in window.toolbar.readout.text()  # nobody has asked for it
    window._actions["show_prediction"].trigger()
    settle(qtbot, window)
    assert window.toolbar.readout.text().endswith(said(2))
    assert said(2) != said(4)


def test_rows_stand_as_they_did_when_the_window_is_opened_again(qtbot: QtBot, opened: Open, trained: Path) -> None:
    window = opened(trained)
    drag(window, qtbot, 5, 0)
    choose(qtbot, window.display.order, 1)
    drag(window, qtbot, 0, 5)
    rows = list(panel(window, HeatmapPanel).units)
    window.close()
    again = opened(trained)
    assert (again.state.view.pane.sequence, again.state.view.pane.anchor) == (5, 0)
    assert list(panel(again, HeatmapPanel).units) == rows
    assert_all_agree(qtbot, again)


def test_two_checkpoints_beside_each_other(qtbot: QtBot, new_window: Callable[[], MainWindow], trained: Path) -> None:
    """The pane in focus is scrubbed, the other one stays where it is, and so does the time that both have."""
    window = new_window()
    with qtbot.waitSignal(window.ready, timeout=10_000):
        window.open_together([str(trained), str(trained)])
    settle(qtbot, window)
    window.state.change(seek, 50)
    window.state.change(show_range, 20, 120)
    window.state.change(focus_on, 1)
    settle(qtbot, window)
    first = window.state.view.panes[0]
    start = window.training_bar.scrubbing.place
    drag(window, qtbot, start, 0 if start else 5)
    drag(window, qtbot, 0 if start else 5, 3)
    view = window.state.view
    assert (view.panes[0], view.panes[1].checkpoint, view.focus) == (first, STEPS[3], 1)
    assert (view.cursor, view.start, view.stop) == (50, 20, 120)
    updates = [each for each in window.stage.panels if isinstance(each, HeatmapPanel)]
    updates = [each for each in updates if each.quantity.name == "update" and not isinstance(each, DifferencePanel)]
    assert len(updates) == 2
    with gruviz.recording.open(trained) as run:
        layer = run.layers["rnn.l0"]
        for each, sequence in zip(updates, (first.sequence, 3), strict=True):
            stored = layer["update"][layer.slice(sequence)][20:120]
            assert np.abs(each.heatmap.image.T / 254 - stored).max() <= 1 / 254 / 2 + 1e-6
    window.state.change(focus_on, 0)
    settle(qtbot, window)
    assert window.training_bar.scrubbing.place == first.sequence
    assert window.training_bar.words[0] == f"step {first.checkpoint} of 60"
