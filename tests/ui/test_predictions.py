"""What the network predicts, at the side and in the toolbar."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

import gruviz.recording
from gruviz._assets import asset
from gruviz.ui.panels import CurvesPanel, HeatmapPanel
from gruviz.ui.panels.predictions import format_bits, format_share
from gruviz.ui.reading import STRETCH, Guess, Numbers, PredictionsRequest, Source
from gruviz.ui.window import MainWindow

from .hand import assert_all_agree, at, click, key, panel
from .recordings import text

Open = Callable[[Path], MainWindow]


def test_guesses_are_the_softmax_of_the_outputs(predicted: Path) -> None:
    with gruviz.recording.open(predicted) as recording:
        tape = recording.tapes["main"]
        source = Source(recording)
        for stretch in (0, 3, 699 // STRETCH):
            read = PredictionsRequest("p", "rnn.l0", 0, stretch).read(source)
            assert read.about_next
            for timestep in range(stretch * STRETCH, min(stretch * STRETCH + STRETCH, 700)):
                logits = tape.output("values", slice(timestep, timestep + 1))[0].astype(float)
                shares = dict(zip(tape.vocabulary, np.exp(logits) / np.exp(logits).sum(), strict=True))
                says = read.at(timestep)
                assert isinstance(says, Guess)
                assert says.came == (text(701)[timestep + 1] if timestep < 699 else None)
                best = sorted(shares.values(), reverse=True)[: len(says.likeliest)]
                assert np.allclose([share for _, share in says.likeliest], best)
                assert all(np.isclose(share, shares[symbol]) for symbol, share in says.likeliest)
                if timestep < 699:
                    assert np.isclose(says.surprise, -np.log2(shares[says.came]))
            assert read.at(stretch * STRETCH - 1) is None


def test_the_panel_and_the_readout_follow_the_cursor(qtbot: QtBot, opened: Open, predicted: Path) -> None:
    window = opened(predicted)
    assert_all_agree(qtbot, window)
    click(window, at(window, HeatmapPanel, 63.5))
    assert_all_agree(qtbot, window)
    key(window, Qt.Key.Key_Right)  # into another stretch
    assert_all_agree(qtbot, window)
    says = window.side.shown.says
    assert f"p = {format_share(says.probability)}" in window.toolbar.readout.text()
    before = window.side.shown.grab().toImage()
    key(window, Qt.Key.Key_Right)
    assert_all_agree(qtbot, window)
    assert window.side.shown.grab().toImage() != before
    key(window, Qt.Key.Key_End)
    assert_all_agree(qtbot, window)
    assert window.side.shown.says.came is None
    assert "surprise" in window.side.shown.toolTip()
    assert "log₂" in window.side.shown.toolTip()


def test_a_bidirectional_network_is_read_in_both_directions(qtbot: QtBot, opened: Open, both_ways: Path) -> None:
    window = opened(both_ways)
    assert list(window.loader.facts.layers) == ["rnn.l0", "rnn.l0_reverse", "rnn.l1", "rnn.l1_reverse"]
    for index in range(4):
        window.toolbar.layer.chosen.emit(index)
        click(window, at(window, HeatmapPanel, 300.5, 3.5 / 12))
        assert window.state.view.pane.units == (3,)
        assert_all_agree(qtbot, window)


def test_a_series_is_predicted_in_the_units_of_the_file(qtbot: QtBot, opened: Open, co2: Path) -> None:
    window = opened(co2)
    assert_all_agree(qtbot, window)
    table = np.genfromtxt(asset("data/co2.csv"), delimiter=",", skip_header=1)[:, 1]
    missing = np.flatnonzero(np.isnan(table))
    for timestep in (100, int(missing[0]) - 1, len(table) - 1):
        key(window, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
        window.go_bar.field.setText(str(timestep))
        window.go_bar.enter(False)
        assert_all_agree(qtbot, window)
        says = window.side.shown.says
        assert isinstance(says, Numbers)
        assert says.names == ("co2",)
        with gruviz.recording.open(co2) as recording:
            assert says.predicted[0] == recording.tapes["main"].output("values", slice(timestep, timestep + 1))[0, 0]
        if timestep == len(table) - 1:
            assert says.came is None
        else:
            assert np.isclose(says.came[0], table[timestep + 1], equal_nan=True)
    assert np.isnan(panel(window, CurvesPanel).curves.low).any()
    assert window.side.shown.height() < window.units.height() / 4  # a short table leaves the room to the units


@pytest.mark.parametrize(("share", "words"), [(0.0, "0.000"), (0.0001, "< 0.001"), (0.41, "0.410"), (1.0, "1.000")])
def test_probabilities_are_written_in_three_digits(share: float, words: str) -> None:
    assert format_share(share) == words


def test_surprise_is_in_bits() -> None:
    assert Guess((), "a", 0.25).surprise == 2
    assert format_bits(Guess((), "a", 1.0).surprise) == "0.00 bits"
    assert format_bits(Guess((), "a", 0.0).surprise) == "∞ bits"
