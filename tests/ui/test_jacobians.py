"""The radius at the cursor, and what goes from one timestep to another, in a real window: they are autograd's."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

import gruviz
from gruviz.analysis import Onward, Unrolled, in_words
from gruviz.model.measuring import RADII, Wanted, measure
from gruviz.ui.panels import CurvesPanel, TextPanel
from gruviz.ui.window import MainWindow
from gruviz.view import hold, seek

from ..analysis.alone import KINDS, NAMES, Alone, T, recorded  # noqa: TID252 - one network for both
from .hand import at, choose, click, key, settle
from .recordings import make
from .test_gradient import tab_of
from .test_memory import double_click, memory_of

Open = Callable[[Path], MainWindow]


@pytest.mark.parametrize("kind", KINDS)
def test_mouse_and_autograd_agree(qtbot: QtBot, opened: Open, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "run.h5"
    model, x = recorded(path, kind)
    measure(path, Wanted(since=12, lags=0))
    window = opened(path)
    tab = tab_of(qtbot, window)
    sampled = set(np.unique(np.linspace(0, T - 1, RADII).astype(int)).tolist())
    for number, name in enumerate(NAMES):
        alone = Alone(model, x, name)
        choose(qtbot, window.toolbar.layer, number)
        settle(qtbot, window)
        s, t = (17, 5) if alone.backward else (6, 20)
        assert t not in sampled
        double_click(window, at(window, CurvesPanel, s + 0.5))
        click(window, at(window, CurvesPanel, t + 0.5))
        settle(qtbot, window)
        assert (window.state.view.reference, window.state.view.cursor) == (s, t)
        said = {title: (value, beside) for title, value, beside in tab.says()}
        radius = np.abs(np.linalg.eigvals(alone.step(t))).max()
        assert window.stepping.answer.radius == pytest.approx(radius, rel=1e-5)
        assert said["radius of J"] == (in_words(np.log10(radius)), "largest |eigenvalue|")
        way, both = "backward" if alone.backward else "forward", "of h and c, " if kind == "lstm" else ""
        assert tab.source == f"J of {name}, {way}: {both}from recorded gates and weights"
        assert tab.at.pair is None  # which was not followed
        M = alone.product(s, t, "cell" if kind == "lstm" else "hidden")
        symbol = "∂c/∂c" if kind == "lstm" else "∂h/∂h"
        assert tab.pairing == f"{symbol} from s = {s} to t = {t}"
        assert 10**tab.linked.pair.total == pytest.approx(np.linalg.norm(M, 2), rel=1e-5)
        columns = np.linalg.norm(M, axis=0)
        shown = {share.unit: 10**share.total for share in tab.linked.shares}
        assert shown == pytest.approx(dict(enumerate(columns)), rel=1e-5, abs=1e-5 * columns.max())
        assert [share.unit for share in tab.linked.shares] == np.argsort(-columns).tolist()
        if kind == "lstm":
            hidden = np.linalg.norm(alone.product(s, t, "hidden"), 2)
            assert 10**tab.linked.hidden == pytest.approx(hidden, rel=1e-5)
        assert np.isnan(tab.linked.pair.direct) == (kind == "rnn")
        click(window, at(window, CurvesPanel, s - 1.5 if not alone.backward else s + 2.5))
        settle(qtbot, window)
        assert tab.linked is None
        assert "before s =" in window.linking.wrong


def test_the_memory_says_where_survival_and_all_paths_disagree_from_any_mark(
    qtbot: QtBot, opened: Open, tmp_path: Path
) -> None:
    path = tmp_path / "run.h5"
    recorded(path, "gru")
    window = opened(path)
    memory = memory_of(qtbot, window)
    double_click(window, at(window, CurvesPanel, 6.5))
    click(window, at(window, CurvesPanel, 20.5))
    settle(qtbot, window)
    with gruviz.open(path) as run:
        onward = Onward(Unrolled(run, run.layers["l0"], 0), 6)
        onward.carry(20)
        pair = onward.pair()
    assert pair.disagrees
    assert memory.pair == pair
    assert memory.disagreement == pair.words
    click(window, at(window, CurvesPanel, 3.5))
    settle(qtbot, window)
    assert memory.pair is None  # it came before
    assert memory.disagreement == ""


def test_cursors_that_moved_on_are_not_gone_on_with(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    path = make(tmp_path / "long.h5", (30_000,), units=6)
    _with_weights(path, 6)
    window = opened(path)
    tab = tab_of(qtbot, window)
    window.state.change(seek, 10)
    settle(qtbot, window)
    double_click(window, at(window, TextPanel, 10.5))
    done = []
    window.linking.changed.connect(lambda: done.append(window.linking.answer))
    window.state.change(seek, 29_990)
    qtbot.waitUntil(lambda: tab.linked is not None and 0 < tab.linked.done < 1, timeout=10_000)
    assert "% of the way" in tab.pairing
    s = window.state.view.reference
    window.state.change(seek, s + 3)
    settle(qtbot, window)
    assert (tab.linked.s, tab.linked.t, tab.linked.done) == (s, s + 3, 1.0)
    assert all(each is None or each.t == s + 3 or each.done < 1 for each in done)  # the long way was left


def test_what_is_missing_is_said(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    window = opened(make(tmp_path / "run.h5", units=6))
    tab = tab_of(qtbot, window)
    lacking = "The Jacobian at the cursor takes the weights of the model, which are not in the recording."
    assert tab.source == window.stepping.wrong == lacking
    assert [name for name, _, _ in tab.says()] == []
    assert window.stepping.answer is None
    double_click(window, at(window, TextPanel, 10.5))
    click(window, at(window, TextPanel, 20.5))
    settle(qtbot, window)
    assert tab.linked is None
    assert window.linking.wrong == window.stepping.wrong


def test_nobody_looks_nobody_asks(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    recorded(path, "gru")
    window = opened(path)
    assert window.stepping.answer is None
    tab_of(qtbot, window)
    assert window.stepping.answer.timestep == window.state.view.cursor
    window.activateWindow()
    key(window, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    settle(qtbot, window)
    window.state.change(seek, 5)
    settle(qtbot, window)
    assert window.stepping.answer is None


def _with_weights(path: Path, units: int) -> None:
    rng = np.random.default_rng(0)
    with h5py.File(path, "r+") as file:
        weights = file.require_group("checkpoints/-1/weights")
        weights["rnn.weight_hh_l0"] = rng.normal(size=(3 * units, units)).astype(np.float32) / units**0.5
        weights["rnn.bias_hh_l0"] = np.zeros(3 * units, np.float32)


def test_what_stood_in_the_way_is_not_said_of_what_is_asked(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    recorded(path, "gru")
    window = opened(path)
    tab_of(qtbot, window)
    assert window.linking.wrong.startswith("mark a timestep s")
    window.state.change(seek, 9)
    window.state.change(hold, 4)
    assert window.linking.wrong == ""
    settle(qtbot, window)
    window.state.change(seek, 2)
    assert "before s = 4" in window.linking.wrong
    window.state.change(seek, 5)
    assert (window.linking.wrong, window.linking.answer) == ("", None)
    settle(qtbot, window)
    assert (window.linking.answer.s, window.linking.answer.t) == (4, 5)
