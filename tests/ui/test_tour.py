"""The guided tour, taken by mouse and keys in a real window; and what it says, held against the recordings."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

import gruviz
from gruviz._assets import asset
from gruviz.analysis import survival
from gruviz.cli import main
from gruviz.ui.panels import GradientPanel
from gruviz.ui.tour import STOPS
from gruviz.ui.window import MainWindow
from gruviz.view import seek, show_range

from .hand import LEFT_BUTTON, key, settle

LONG = 30_000


def press(button: QPushButton) -> None:
    QTest.mouseClick(button, LEFT_BUTTON)


def arrive(qtbot: QtBot, window: MainWindow, number: int) -> None:
    """Wait until the stop of this number stands there, counted from 1."""
    stop = STOPS[number - 1]
    qtbot.waitUntil(lambda: window.tour.stop is stop and not window.tour._awaited, timeout=LONG)
    settle(qtbot, window)
    assert window.tour.bar.isVisible()
    assert window.tour.bar.title.text() == stop.title
    assert window.tour.bar.place.text() == f"{number} of {len(STOPS)}"
    assert {Path(pane.recording).name for pane in window.state.view.panes} == set(stop.recordings)
    rings = sum(len(window.tour._places_of(key)) for key in stop.rings)
    assert rings >= len(stop.rings)
    qtbot.waitUntil(lambda: sum(ring.isVisible() for ring in window.tour._rings) == rings, timeout=LONG)


def test_the_tour_is_finished_from_the_welcome_page(qtbot: QtBot, new_window: Callable[[], MainWindow]) -> None:
    window = new_window()
    (button,) = [b for b in window.welcome.findChildren(QPushButton) if b.text() == "Take the tour"]
    press(button)
    for number in range(1, len(STOPS) + 1):
        arrive(qtbot, window, number)
        press(window.tour.bar.on)
    assert window.tour.stop is None
    assert not window.tour.bar.isVisible()
    assert not any(ring.isVisible() for ring in window.tour._rings)
    assert window.state.view.length, "what the last stop showed stays"


def test_at_the_first_stop_the_way_back_looks_shut(qtbot: QtBot, window: MainWindow) -> None:
    window.tour.begin()
    arrive(qtbot, window, 1)
    back = window.tour.bar.back
    assert not back.isEnabled()
    shut = back.grab().toImage()
    press(window.tour.bar.on)
    arrive(qtbot, window, 2)
    assert back.isEnabled()
    assert back.grab().toImage() != shut


def test_what_was_open_comes_back_as_it_was(qtbot: QtBot, window: MainWindow, sonnets: Path) -> None:
    window.state.change(show_range, 40, 140)
    window.state.change(seek, 77)
    window._actions["take_tour"].trigger()
    arrive(qtbot, window, 1)
    with qtbot.waitSignal(window.ready, timeout=LONG):
        press(window.tour.bar.leave)
    view = window.state.view
    assert Path(view.pane.recording) == sonnets
    assert (view.cursor, view.start, view.stop) == (77, 40, 140)
    assert not window.tour.bar.isVisible()


def test_back_goes_back_and_what_is_tried_is_ticked(qtbot: QtBot, window: MainWindow) -> None:
    window._actions["take_tour"].trigger()
    arrive(qtbot, window, 1)
    assert not window.tour.bar.back.isEnabled()
    assert window.tour.bar.task.text().startswith("▸")
    key(window, Qt.Key.Key_Right)
    assert window.state.view.cursor == 1
    assert window.tour.bar.task.text().startswith("✓")
    press(window.tour.bar.on)
    arrive(qtbot, window, 2)
    press(window.tour.bar.back)
    arrive(qtbot, window, 1)
    assert window.state.view.cursor == 0
    assert window.tour.bar.task.text().startswith("▸")


def test_something_else_that_is_opened_ends_it_and_stays(qtbot: QtBot, window: MainWindow, sonnets: Path) -> None:
    window._actions["take_tour"].trigger()
    arrive(qtbot, window, 1)
    with qtbot.waitSignal(window.ready, timeout=LONG):
        window.open_path(str(sonnets))
    assert window.tour.stop is None
    assert not window.tour.bar.isVisible()
    settle(qtbot, window)
    assert Path(window.state.view.pane.recording) == sonnets


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1000)])
def test_a_ring_stands_around_what_is_spoken_of_at_every_size(
    qtbot: QtBot, new_window: Callable[[], MainWindow], size: tuple[int, int]
) -> None:
    window = new_window()
    window.tour.begin()
    arrive(qtbot, window, 1)
    window.resize(*size)
    settle(qtbot, window)
    assert (window.width(), window.height()) == size, "the words of a stop do not widen the window"
    places = {panel.key: panel.body for panel in window.stage.panels}
    shift = window.stage.viewport().mapTo(window.centralWidget(), QPoint(0, 0))
    for ring, name in zip(window.tour._rings, STOPS[0].rings, strict=False):
        inside = places[name].translated(shift)
        qtbot.waitUntil(lambda ring=ring, inside=inside: ring.geometry().contains(inside.center()), timeout=LONG)
        assert ring.geometry().top() <= inside.top()
        assert ring.geometry().bottom() >= inside.bottom()


def test_every_number_of_the_tour_is_that_of_the_recordings() -> None:
    words = {stop.title: re.sub(r"<[^>]+>", "", stop.words) for stop in STOPS}
    with gruviz.open(asset("demo.h5")) as run:
        layer, tape = run.layers["rnn.l0"], run.tapes["main"]
        rows = slice(0, tape.sequences[0].length)
        keep, reset, hidden = (layer[name][rows] for name in ("update", "reset", "hidden"))
        symbols = np.array(tape.symbols(rows))
    assert symbols[39] == "\n"
    update = words["The update gate keeps"]
    assert f"at t = 40, its keep is {keep[40, 95]:.2f}: it is overwritten, with {hidden[40, 95]:.2f}" in update
    assert f"the keep is {keep[41:48, 95].min():.2f} or more" in update
    assert f"still says {hidden[47, 95]:.2f} after them" in update
    assert np.median(np.diff(hidden[:36, 95])) < 0
    means = reset[symbols == " "].mean(), reset[np.char.isalpha(symbols)].mean()
    assert f"{means[0]:.2f} in the mean over this sonnet against {means[1]:.2f}" in words["The reset gate filters"]
    left = survival(keep, 40)
    told = words["For how long: survival"]
    assert np.median(left[41]) < 0.1
    assert left[60].argmax() == 79
    assert f"{left[60, 79]:.2f} of it is left after 20 letters, {left[78, 79]:.2f} after 38" in told
    with gruviz.open(asset("demo-lstm.h5")) as run:
        state = run.layers["rnn.l0"]["cell"][:41, 53]
    counted = f"falls to {state[39]:.1f} along the first line, as if it counted letters, and is back at {state[40]:.1f}"
    assert counted.replace("-", "−") in words["An LSTM: two gates for one"]
    with gruviz.open(asset("demo-rnn.h5")) as run:
        assert run.layers["rnn.l0"].size == 96


def test_every_number_of_the_comparison_is_that_of_the_models(capsys: pytest.CaptureFixture[str]) -> None:
    vanish, beside = (re.sub(r"<[^>]+>", "", stop.words) for stop in STOPS[-2:])
    left, bits, sizes = [], [], []
    for name in ("demo-rnn", "demo", "demo-lstm"):
        with gruviz.open(asset(f"{name}.h5")) as run:
            gradient = run.layers["rnn.l0"].gradient
            assert gradient is not None
            assert gradient.loss(0) == 80
            norms = gradient.read("norm_hidden", slice(0, 81))
        left.append([10 ** (norms[80 - back] - norms[80]) for back in (20, 40)])
        main(["info", str(asset(f"{name}.safetensors"))])
        told = capsys.readouterr().out
        (number,), (size,) = re.findall(r"result: ([\d.]+) bits", told), re.findall(r"parameters: (\d+)", told)
        bits.append(number)
        sizes.append(f"{int(size):,}")
    (rnn, far), (gru, gru_far), (lstm, lstm_far) = left
    assert f"has {rnn:.6f} of it left, the GRU {gru:.2f}, the LSTM {lstm:.4f}" in vanish
    assert f"forty letters before, {far * 1e11:.0f} × 10⁻¹¹, {gru_far:.2f} and {lstm_far:.4f}" in vanish
    assert f"the plain RNN needs {bits[0]} bits for a letter, the GRU {bits[1]}, the LSTM {bits[2]};" in beside
    assert "{}, {} and {} parameters".format(*sizes) in beside


def test_an_offer_is_taken_or_left(qtbot: QtBot, window: MainWindow, sonnets: Path) -> None:
    window.tour.offer()
    press(window.tour.bar.leave)
    assert not window.tour.bar.isVisible()
    window.tour.offer()
    with qtbot.waitSignal(window.ready, timeout=LONG):
        window.open_path(str(sonnets))
    assert not window.tour.bar.isVisible()
    window.tour.offer()
    press(window.tour.bar.on)
    arrive(qtbot, window, 1)


def test_gradients_beside_each_other_have_one_scale(qtbot: QtBot, new_window: Callable[[], MainWindow]) -> None:
    window = new_window()
    window.tour.begin()
    for number in range(1, len(STOPS)):
        arrive(qtbot, window, number)
        if STOPS[number - 1].title == "Why gradients vanish":
            break
        press(window.tour.bar.on)
    panels = [panel for panel in window.stage.panels if isinstance(panel, GradientPanel)]
    assert len(panels) == 3
    own = [panel.found.scale for panel in panels if panel.found is not None]
    assert len(set(own)) == 3
    assert {panel.scale for panel in panels} == {(min(low for low, _ in own), max(high for _, high in own))}
    assert len({tuple(panel.ticks()) for panel in panels}) == 1
    before = panels[1].lines["norm_hidden"].heights.copy()
    window.panes.close(0)
    settle(qtbot, window)
    assert panels[1].scale[0] > min(low for low, _ in own)
    assert np.nanmax(np.abs(panels[1].lines["norm_hidden"].heights - before)) > 0.1, "drawn to what is left"
