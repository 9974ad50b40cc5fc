"""Models of other programs in the window: which network, what the file does not say, and letters to phonemes."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from torch import nn

import gruviz
from gruviz.cli import main
from gruviz.ui.dialogs import RecordDialog, TextDialog
from gruviz.ui.window import MainWindow

from .hand import assert_all_agree, key
from .test_flows import LONG, choose, dialog, press, tool, type_into

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
PACKAGE = find_spec("g2p_en")


@pytest.fixture
def window(new_window: Callable[[], MainWindow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    monkeypatch.chdir(tmp_path)
    return new_window()


def ask(qtbot: QtBot, window: MainWindow) -> RecordDialog:
    press(tool(window, "Record"))
    asked = dialog(qtbot, window, RecordDialog)
    assert isinstance(asked, RecordDialog)
    return asked


def test_one_of_several_networks_is_chosen_once_and_what_was_said_is_remembered(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    both = nn.ModuleDict({"plain": nn.RNN(2, 3), "gated": nn.GRU(2, 4)})
    torch.save(both.state_dict(), tmp_path / "both.pt")
    (tmp_path / "x.csv").write_text("u,v\n" + "0.5,-0.25\n" * 9)
    asked = ask(qtbot, window)
    type_into(asked.inputs.files, str(tmp_path / "x.csv"))
    type_into(asked.output, str(tmp_path / "run.h5"))
    type_into(asked.model, str(tmp_path / "both.pt"))
    network = asked.network
    qtbot.waitUntil(lambda: network.module.isVisible(), timeout=LONG)
    press(asked.go)
    assert "choose which of the networks" in asked.wrong.text()
    assert network.module.itemText(1) == "gated: GRU, 2 inputs, 4 units"
    network.module.setFocus()
    QTest.keyClick(network.module, Qt.Key.Key_Home)
    assert network.module.currentText().startswith("plain")
    assert not network.questions["update_gate"].isVisible()
    assert network.questions["nonlinearity"].isVisible()
    choose(network.questions["nonlinearity"], "relu")
    press(asked.go)
    qtbot.waitUntil(lambda: window.state.view.length == 9, timeout=LONG)
    qtbot.waitUntil(lambda: not window.workbench.busy, timeout=LONG)  # it may be watched while it is recorded
    assert_all_agree(qtbot, window)
    with gruviz.open(tmp_path / "run.h5") as run:
        assert run.model["module"] == "plain"
        assert run.model["answers"] == {"nonlinearity": "relu"}
        assert run.layers["plain.l0"].nonlinearity == "relu"
    assert window.status.proof.text() == "not proved"
    assert "reference outputs" in window.status.proof.toolTip()

    again = ask(qtbot, window)
    assert again.model.path == str(tmp_path / "both.pt")
    qtbot.waitUntil(lambda: again.network.module.isVisible(), timeout=LONG)
    assert again.network.module.currentText().startswith("plain")
    assert again.network.questions["nonlinearity"].currentData() == "relu"
    press(again.cancel)


def test_why_a_model_is_refused_is_said_below_its_path_before_it_is_recorded(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    torch.save(nn.GRU(2, 4), tmp_path / "pickled.pt")
    torch.save(nn.GRU(2, 4).state_dict(), tmp_path / "gru.pt")
    broken = nn.GRU(2, 4).state_dict() | {"weight_hh_l0": torch.full((12, 4), torch.nan)}
    torch.save(broken, tmp_path / "broken.pt")
    asked = ask(qtbot, window)
    said = asked.network.wrong
    for name, words in (("pickled.pt", "state_dict"), ("gru.pt", ""), ("broken.pt", "not finite")):
        type_into(asked.model, str(tmp_path / name))
        if words:
            qtbot.waitUntil(said.isVisible, timeout=LONG)
            assert words in said.text()
            assert asked.model.geometry().bottom() < said.geometry().top() < asked.inputs.files.geometry().top()
        else:
            qtbot.waitUntil(lambda: asked.network.module.count() == 1, timeout=LONG)
            assert not said.isVisible()
    press(asked.cancel)


def test_the_placement_of_the_reset_is_asked_of_arrays_that_anybody_may_have_saved(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    np.savez(tmp_path / "gru.npz", **{name: array.numpy() for name, array in nn.GRU(2, 4).state_dict().items()})
    (tmp_path / "x.csv").write_text("u,v\n" + "0.5,-0.25\n" * 9)
    asked = ask(qtbot, window)
    type_into(asked.inputs.files, str(tmp_path / "x.csv"))
    type_into(asked.output, str(tmp_path / "run.h5"))
    type_into(asked.model, str(tmp_path / "gru.npz"))
    reset = asked.network.questions["reset"]
    qtbot.waitUntil(reset.isVisible, timeout=LONG)
    choose(reset, "before")
    press(asked.go)
    qtbot.waitUntil(lambda: window.state.view.length == 9, timeout=LONG)
    qtbot.waitUntil(lambda: not window.workbench.busy, timeout=LONG)  # it may be watched while it is recorded
    with gruviz.open(tmp_path / "run.h5") as run:
        assert run.model["answers"] == {"reset": "before"}
        assert [layer.reset for layer in run.layers.values()] == ["before"]


def test_the_way_round_of_the_update_gate_stands_in_the_status_bar(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    torch.save(nn.GRU(2, 4).state_dict(), tmp_path / "gru.pt")
    (tmp_path / "x.csv").write_text("u,v\n" + "0.5,-0.25\n" * 9)
    arguments = ["record", "gru.pt", "x.csv", "-o", "run.h5", "--update-gate", "write", "--reset", "before"]
    assert main(arguments) == 0
    with qtbot.waitSignal(window.ready, timeout=10_000):
        window.open_path(str(tmp_path / "run.h5"))
    assert window.status.convention.text() == "z: Chung’s (1 − z) convention, reset before the product"
    assert window.status.residual.text().startswith("residual")


def test_activationist_in_the_window_gives_its_phonemes(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    if PACKAGE is None or PACKAGE.origin is None:
        pytest.skip("needs the file of the g2p_en package: pip install --no-deps g2p_en==2.1.0")
    model = Path(PACKAGE.origin).with_name("checkpoint20.npz")
    asked = ask(qtbot, window)
    type_into(asked.model, str(model))
    QTest.keyClicks(asked.text, "keeper")
    type_into(asked.output, str(tmp_path / "keeper.h5"))
    qtbot.waitUntil(lambda: asked.network.module.isVisible(), timeout=LONG)
    assert asked.network.module.currentText() == "encoder and decoder, an encoder-decoder"
    press(asked.go)
    qtbot.waitUntil(lambda: window.state.view.length > 0, timeout=LONG)
    qtbot.waitUntil(lambda: not window.workbench.busy, timeout=LONG)  # it may be watched while it is recorded

    window.activateWindow()  # after a dialog; there may be no window manager that does
    qtbot.waitUntil(window.isActiveWindow)
    key(window, Qt.Key.Key_N, CONTROL | SHIFT)
    typed = dialog(qtbot, window, TextDialog)
    assert isinstance(typed, TextDialog)
    QTest.keyClicks(typed.text, "activationist")
    press(typed.go)
    qtbot.waitUntil(lambda: window.loader.facts.sequences_of("encoder.l0")[0].name == "activationist", timeout=LONG)
    assert_all_agree(qtbot, window)
    assert set(window.loader.facts.layers) == {"encoder.l0", "decoder.l0"}
    with gruviz.open(window.loader.facts.path) as run:
        rows = run.tapes["decoder"].sequences[0].rows
        assert " ".join(run.tapes["decoder"].symbols(rows)[1:]) == "AE2 K T IH0 V EY1 SH AH0 N IH0 S T"
    for layer, length in (("decoder.l0", 13), ("encoder.l0", 14)):
        window.toolbar.layer.chosen.emit(list(window.loader.facts.layers).index(layer))
        qtbot.waitUntil(lambda length=length: window.state.view.length == length)
        assert_all_agree(qtbot, window)
