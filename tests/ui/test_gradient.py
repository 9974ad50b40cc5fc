"""Gradients through time, seen: worked out by a button, drawn over time, and told in numbers that are the file's."""

import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

import gruviz
import gruviz.recording
from gruviz._assets import asset
from gruviz.analysis import Unrolled, acting, between, in_words, set_out, step_at, vanishing
from gruviz.cells import CELLS
from gruviz.model import checkpoint
from gruviz.model.measuring import Wanted, measure
from gruviz.model.network import Architecture, build
from gruviz.model.run import record_sequences
from gruviz.recording import Block, Writer
from gruviz.recording.gradient import SUM
from gruviz.sequences import Sequence, Vocabulary
from gruviz.ui.panels import GradientPanel, GradientTab, MemoryPanel, SurvivalPanel, TextPanel
from gruviz.ui.window import MainWindow
from gruviz.view import hold, seek, show_range

from .hand import LEFT_BUTTON, assert_all_agree, at, choose, click, key, panel, settle
from .recordings import text
from .test_memory import double_click, point, show

Open = Callable[[Path], MainWindow]
ALT = Qt.KeyboardModifier.AltModifier
T = 90


def recorded(folder: Path, cell: str = "gru", still: bool = False, **shape: object) -> Path:
    """Two texts, read by a network; `still`, without what leads from state to state but the keep."""
    words = text(2 * T)
    vocabulary = Vocabulary.of(words)
    network = build(Architecture(cell, len(vocabulary), 8, outputs=len(vocabulary), embedding=4, **shape), seed=3)
    with torch.no_grad():
        for name, weight in network.rnn.named_parameters():
            if "weight_hh" in name:
                weight.mul_(0.0 if still else 2.0)
    model = folder / "model.safetensors"
    checkpoint.save(model, network, vocabulary=vocabulary, task={"name": "char"}, training={})
    read = [Sequence("first", text=words[:T]), Sequence("second", text=words[T:])]
    path = folder / "run.h5"
    record_sequences(checkpoint.load(model), read, path, device="cpu", about={"file": model.name}).close()
    return path


def measured(folder: Path, cell: str = "gru", wanted: Wanted | None = None, **shape: object) -> Path:
    path = recorded(folder, cell, **shape)
    measure(path, wanted or Wanted(since=20), sequences=[0])
    return path


def tab_of(qtbot: QtBot, window: MainWindow) -> GradientTab:
    key(window, Qt.Key.Key_6, ALT)
    settle(qtbot, window)
    shown = window.side.shown
    assert isinstance(shown, GradientTab)
    return shown


def panels(qtbot: QtBot, window: MainWindow) -> dict[str, GradientPanel]:
    for title in ("gradient", "Jacobians", "and all paths"):
        show(qtbot, window, title)
    return {each.kind.name: each for each in window.stage.panels if isinstance(each, GradientPanel)}


def test_a_button_works_them_out_and_the_place_is_kept(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    path = recorded(tmp_path)
    window = opened(path)
    tab = tab_of(qtbot, window)
    assert tab.at is not None
    assert not tab.at.known
    assert "No gradients have been worked out" in tab.nothing
    drawn = panels(qtbot, window)
    assert all(each.found is None and each.against.startswith("No ") for each in drawn.values())
    window.state.change(show_range, 10, 70)
    window.state.change(seek, 40)
    settle(qtbot, window)
    double_click(window, at(window, TextPanel, 25.5))
    click(window, at(window, TextPanel, 45.5))
    settle(qtbot, window)
    before = window.state.view
    assert (before.reference, before.cursor) == (25, 45)
    on_demand = tab.linked
    assert tab.pairing == "∂h/∂h from s = 25 to t = 45"
    QTest.mouseClick(tab.begin, LEFT_BUTTON)
    qtbot.waitUntil(lambda: window.workbench.busy, timeout=5_000)
    qtbot.waitUntil(lambda: not window.workbench.busy, timeout=60_000)
    qtbot.waitUntil(lambda: tab.at is not None and bool(tab.at.known), timeout=10_000)
    settle(qtbot, window)
    assert window.state.view == before  # nobody lost their place
    with gruviz.open(path) as run:
        gradient = run.layers["rnn.l0"].gradient
        assert gradient is not None
        assert (gradient.since(0), gradient.loss(0)) == (25, SUM)
        found = between(run.layers["rnn.l0"], 0, "since")
    assert found is not None
    assert tab.at.pair == found.pair(45)
    assert tab.linked.shares == tab.at.shares
    assert on_demand.pair.total == pytest.approx(tab.at.pair.total, abs=1e-4)
    assert on_demand.pair.direct == pytest.approx(tab.at.pair.direct, abs=1e-6)
    before_and_after = zip(on_demand.shares, tab.at.shares, strict=True)
    assert all(one.total == pytest.approx(other.total, abs=1e-4) for one, other in before_and_after)
    assert drawn["paths"].found is not None
    assert (drawn["paths"].found.fixed, drawn["paths"].found.since) == (25, True)
    assert_all_agree(qtbot, window)


@pytest.mark.parametrize(
    ("cell", "layer", "shape"),
    [
        ("gru", "rnn.l0", {}),
        ("lstm", "rnn.l1", {"layers": 2}),
        ("rnn", "rnn.l0", {}),
        ("gru", "rnn.l0_reverse", {"bidirectional": True}),
    ],
)
def test_numbers_and_lines_are_those_of_the_file(
    qtbot: QtBot, opened: Open, tmp_path: Path, cell: str, layer: str, shape: dict[str, object]
) -> None:
    back = layer.endswith("reverse")
    s, t = (60, 30) if back else (20, 50)
    path = measured(tmp_path, cell, Wanted(since=s), **shape)
    window = opened(path)
    layers = list(window.loader.facts.layers)
    choose(qtbot, window.toolbar.layer, layers.index(layer)) if len(layers) > 1 else None
    settle(qtbot, window)
    tab, drawn = tab_of(qtbot, window), panels(qtbot, window)
    double_click(window, at(window, TextPanel, s + 0.5))
    window.state.change(seek, t)
    settle(qtbot, window)
    with gruviz.open(path) as run:
        held = run.layers[layer]
        gradient, rows, state = held.gradient, held.slice(0), held.cell.state
        assert gradient is not None
        norms = gradient.read("norm_hidden", rows)
        read = tab.at
        assert read is not None
        assert read.norms["norm_hidden"] == norms[t]
        if cell == "lstm":
            assert read.norms["norm_cell"] == gradient.read("norm_cell", rows)[t]
        assert read.step_norm == gradient.read("step_norm", rows)[t]
        assert read.growth == gradient.read("growth", rows)[t]
        assert read.radius is not None
        assert read.radius[1] == gradient.read("step_radius", rows)[read.radius[0]]
        assert read.against == set_out(norms, SUM)
        found = between(held, 0, "since")
        assert found is not None
        np.testing.assert_equal(vars(read.pair), vars(found.pair(t)))
        spread = gradient.read(f"spread_{state}", rows)
        assert read.pair.total == spread[t]
        columns = np.log10(gradient.read(f"spread_column_{state}", rows)[t].astype(float)) + spread[t]
        assert {share.unit: share.total for share in read.shares} == dict(enumerate(columns))
        assert [share.total for share in read.shares] == sorted(columns, reverse=True)
        course, acts = drawn["gradient"].found.courses["norm_hidden"], acting(norms, back)
        for values in (course.low, course.high):
            np.testing.assert_array_equal(values[acts], norms[acts])
            assert np.isnan(np.delete(values, acts)).all()
        np.testing.assert_array_equal(drawn["gradient"].found.marks[acts], vanishing(norms, read.against)[acts])
        steps = drawn["steps"].found.courses
        np.testing.assert_array_equal(steps["step_norm"].low, np.log10(gradient.read("step_norm", rows).astype(float)))
        np.testing.assert_array_equal(drawn["paths"].found.courses["total"].low, spread)
        direct = drawn["paths"].found.courses.get("direct")
        assert (direct is None) == (cell == "rnn")
        if direct is not None:
            later = [p for p in range(T) if not np.isnan(spread[p])]
            np.testing.assert_array_equal(direct.low[later], found.direct)
            survival = _survival(qtbot, window)
            np.testing.assert_allclose(10 ** direct.low[t], survival[t].max(), atol=2e-3)
    where = at(window, GradientPanel, t + 0.5, number=2)
    words = point(qtbot, window, where)
    assert f"all paths {in_words(read.pair.total)}" in words
    assert_all_agree(qtbot, window)


def _survival(qtbot: QtBot, window: MainWindow) -> np.ndarray:
    """As the heatmap beside them shows it, (T, H)."""
    show(qtbot, window, "survival")
    heatmap = panel(window, SurvivalPanel).heatmap
    return np.where(heatmap.image.T == 255, np.nan, heatmap.image.T / 254)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("still", [True, False])
def test_a_sentence_says_where_survival_and_the_gradient_disagree(
    qtbot: QtBot, opened: Open, tmp_path: Path, cell: str, still: bool
) -> None:
    window = opened(measured(tmp_path, cell, still=still))
    tab = tab_of(qtbot, window)
    double_click(window, at(window, TextPanel, 20.5))
    window.state.change(seek, 24)
    settle(qtbot, window)
    pair = tab.at.pair
    assert pair is not None
    assert pair.disagrees is not still
    show(qtbot, window, "and all paths")
    drawn = panel(window, GradientPanel)
    assert drawn.pair == pair
    assert drawn.pair.brief.startswith("s = 20, t = 24 disagree: ") is not still
    assert pair.words.endswith("they agree.") is still
    key(window, Qt.Key.Key_3, ALT)
    settle(qtbot, window)
    memory = window.side.shown
    assert isinstance(memory, MemoryPanel)
    assert memory.disagreement == ("" if still else pair.words)
    window.state.change(seek, 20)
    settle(qtbot, window)
    assert memory.disagreement == ""  # a timestep and itself


def test_without_a_mark_it_is_what_the_last_state_depends_on(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    path = measured(tmp_path, wanted=Wanted())
    window = opened(path)
    tab, drawn = tab_of(qtbot, window), panels(qtbot, window)
    window.state.change(seek, T - 10)
    settle(qtbot, window)
    with gruviz.open(path) as run:
        found = between(run.layers["rnn.l0"], 0, "reached")
    assert tab.at.pair == found.pair(T - 10)
    assert (tab.at.pair.s, tab.at.pair.t) == (T - 10, T - 1)
    assert tab.pairing == f"∂h/∂h from s = {T - 10} to t = {T - 1}"
    assert drawn["paths"].against == f"from each timestep to T = {T - 1}"
    click(window, at(window, TextPanel, 30.5))
    key(window, Qt.Key.Key_R)
    window.state.change(seek, T - 1)
    settle(qtbot, window)
    assert (tab.at.pair.s, tab.at.pair.t) == (30, T - 1)  # both are marked, and known
    assert drawn["paths"].pair == tab.at.pair
    assert "not followed" not in drawn["paths"].against
    window.state.change(seek, T - 2)
    settle(qtbot, window)
    assert tab.at.pair is None
    assert (tab.linked.s, tab.linked.t) == (30, T - 2)  # worked out just now
    assert tab.pairing == f"∂h/∂h from s = 30 to t = {T - 2}"
    assert drawn["paths"].against.endswith("s = 30 was not followed (Alt+6)")
    choose(qtbot, window.toolbar.sequence, 1)  # of which nothing was worked out
    settle(qtbot, window)
    assert not tab.at.known
    assert all(each.found is None for each in drawn.values())


def test_what_was_worked_out_in_part_is_shown_in_part(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    window = opened(measured(tmp_path, wanted=Wanted(loss=None, reach=None, lags=0)))
    tab, drawn = tab_of(qtbot, window), panels(qtbot, window)
    assert tab.of.startswith("no loss was taken")
    assert [name for name, _, _ in tab.says()] == ["|J| of the step", "radius of J", "growth"]
    assert {name for name, each in drawn.items() if each.found is not None} == {"steps"}
    assert not tab.shade.isEnabled()
    assert tab.at.pair is None


def test_vanishing_and_exploding_are_said_with_their_threshold(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    path = measured(tmp_path, "rnn", Wanted(loss="last", lags=0))
    with h5py.File(path, "r+") as file:
        norms = file["layers/rnn.l0/gradient/norm_hidden"]
        norms[:T] = np.where(np.arange(T) < 30, -4.0, np.where(np.arange(T) < 50, 0.0, 4.0))
        loss = int(file["layers/rnn.l0/gradient/loss"][0])
        norms[loss] = 0.0
    window = opened(path)
    tab = tab_of(qtbot, window)
    show(qtbot, window, "gradient")
    found = panel(window, GradientPanel)
    assert (
        found.verdict == "vanishing: < 1/10³ of that where the loss is, exploding: > 10³ times that where the loss is"
    )
    window.state.change(show_range, 30, 50)
    settle(qtbot, window)
    assert found.verdict == ""
    for place, mark in ((10, -1), (40, 0), (60, 1)):
        window.state.change(seek, place)
        settle(qtbot, window)
        assert tab.at.mark == mark


def test_the_text_is_shaded_by_what_the_output_depends_on(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    path = measured(tmp_path)
    window = opened(path)
    tab = tab_of(qtbot, window)
    window.state.change(seek, 40)
    QTest.mouseClick(tab.shade, LEFT_BUTTON, pos=tab.shade.rect().center() - tab.shade.rect().center() / 2)
    settle(qtbot, window)
    assert (window.state.view.shaded, window.state.view.shading) == (True, "output")
    found = window.sensing.answer
    with gruviz.open(path) as run:
        gradient, row = run.layers["rnn.l0"].gradient, run.layers["rnn.l0"].slice(0).start + 40
        powers = gradient.read("connectivity", slice(row, row + 1))[0]
    expected = 10.0 ** (powers - powers.max())
    np.testing.assert_allclose(found.of(40 - len(powers) + 1, 41)[::-1], expected, rtol=1e-6)
    assert found.of(41, 60).max() == 0
    shades = panel(window, TextPanel)._shading.shades(0, T)
    assert set(shades) <= set(range(41))
    strongest = 40 - int(np.argmax(powers))
    assert shades[strongest].alpha() == max(each.alpha() for each in shades.values()) == 150
    key(window, Qt.Key.Key_3, ALT)
    settle(qtbot, window)
    assert not window.side.shown.shade.isChecked()
    QTest.mouseClick(window.side.shown.shade, LEFT_BUTTON, pos=window.side.shown.shade.rect().center() / 2)
    settle(qtbot, window)
    assert (window.state.view.shaded, window.state.view.shading) == (True, "weight")
    assert window.sensing.answer is None


def test_a_model_lends_what_the_recording_lacks(
    qtbot: QtBot, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = recorded(tmp_path)
    with h5py.File(path, "r+") as file:
        del file["checkpoints/-1/weights"]
    model = shutil.move(tmp_path / "model.safetensors", tmp_path / "elsewhere.safetensors")
    window = opened(path)
    tab = tab_of(qtbot, window)
    assert "you are asked for the file of its model" in tab.nothing
    QTest.mouseClick(tab.begin, LEFT_BUTTON)
    dialog = window.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(model))
    dialog.close()
    qtbot.waitUntil(lambda: tab.at is not None and bool(tab.at.known), timeout=60_000)
    assert {"norm_hidden", "reach_hidden", "connectivity"} <= set(tab.at.known)
    settle(qtbot, window)
    window.state.change(seek, 7)  # of which the radius was not taken
    settle(qtbot, window)
    assert window.loader.facts.layers["rnn.l0"].weighted
    (again := tmp_path / "again").mkdir()
    with gruviz.open(recorded(again)) as run:
        exact = step_at(Unrolled(run, run.layers["rnn.l0"], 0), 7)
    assert window.stepping.answer.radius == pytest.approx(exact.radius, rel=1e-6)


def test_the_loss_is_taken_where_it_is_wanted(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    path = recorded(tmp_path, "lstm")
    window = opened(path)
    tab = tab_of(qtbot, window)
    window.state.change(seek, 33)
    choose(qtbot, tab.loss, 2)  # at the cursor
    QTest.mouseClick(tab.begin, LEFT_BUTTON)
    qtbot.waitUntil(lambda: tab.at is not None and bool(tab.at.known), timeout=60_000)
    settle(qtbot, window)
    assert (tab.at.loss, tab.at.reached, tab.at.since) == (33, 33, None)
    assert tab.of == "cross entropy, at T = 33"
    with gruviz.open(path) as run:
        norms = run.layers["rnn.l0"].gradient.read("norm_hidden", run.layers["rnn.l0"].slice(0))
    for timestep in (10, 33, 50):
        window.state.change(seek, timestep)
        settle(qtbot, window)
        assert tab.at.norms["norm_hidden"] == norms[timestep]
        (row,) = [row for row in tab.says() if row[0] == "|∂L/∂h|"]
        assert row[1] == in_words(norms[timestep])
        beside = f"{in_words(norms[timestep] - norms[33])} × at T"
        assert row[2] == ("the loss lies before it" if timestep > 33 else beside)


def test_what_is_cancelled_leaves_the_recording_as_it_was(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    path = recorded(tmp_path)
    before = path.read_bytes()
    window = opened(path)
    tab = tab_of(qtbot, window)
    QTest.mouseClick(tab.begin, LEFT_BUTTON)
    QTest.mouseClick(window.workbench.cancel, LEFT_BUTTON)
    assert not window.workbench.busy
    window.workbench.stop()
    settle(qtbot, window)
    assert path.read_bytes() == before
    assert not list(tmp_path.glob("*.part"))
    assert not tab.at.known


def test_a_recording_that_came_with_gruviz_stays_as_it_is(
    qtbot: QtBot, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shipped = asset("demo.h5")
    before = shipped.stat().st_mtime_ns
    window = opened(shipped)
    window.choose_sequence(2)
    window.state.change(seek, 40)
    window.state.change(hold, 30)
    settle(qtbot, window)
    tab = tab_of(qtbot, window)
    QTest.mouseClick(tab.begin, LEFT_BUTTON)
    qtbot.waitUntil(lambda: window.loader.facts.path != str(shipped), timeout=60_000)
    qtbot.waitUntil(lambda: tab.at is not None and tab.at.pair is not None, timeout=10_000)
    view = window.state.view
    assert (view.pane.sequence, view.cursor, view.reference) == (2, 40, 30)
    assert Path(window.loader.facts.path).parent == tmp_path
    assert (tab.at.pair.s, tab.at.pair.t) == (30, 40)
    assert shipped.stat().st_mtime_ns == before


def test_what_cannot_be_worked_out_is_said(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    gruviz.record(torch.nn.LSTM(3, 6, proj_size=2), torch.randn(30, 1, 3), path=path).close()
    window = opened(path)
    tab = tab_of(qtbot, window)
    QTest.mouseClick(tab.begin, LEFT_BUTTON)
    qtbot.waitUntil(lambda: window.findChild(QMessageBox) is not None, timeout=60_000)
    assert (
        "an LSTM that projects its hidden state: its gradients are not computed" in window.findChild(QMessageBox).text()
    )


def test_that_nothing_leads_from_a_decoder_to_its_encoder_is_said(
    qtbot: QtBot, opened: Open, tmp_path: Path, sonnets: Path
) -> None:
    path, zero = tmp_path / "both.h5", {"hidden": np.zeros(3, np.float32)}
    with Writer(path) as writer:
        for tape in ("letters", "sounds"):
            writer.add_tape(tape, vocabulary=["a", "b"])
            writer.add_layer(f"{tape}.l0", tape=tape, cell=CELLS["rnn"], size=3)
        for tape in ("letters", "sounds"):
            writer.begin(tape, "word", initial={f"{tape}.l0": zero}, item=0)
            values = {"hidden": np.zeros((5, 3), np.float32)}
            writer.append(tape, {f"{tape}.l0": Block(values)}, tokens=np.zeros(5, np.int32))
            writer.end(tape, {f"{tape}.l0": 0.0})
    window = opened(path)
    assert tab_of(qtbot, window).beyond == "not followed from one network to the other"
    window = opened(sonnets)
    assert tab_of(qtbot, window).beyond == ""
