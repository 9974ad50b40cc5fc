"""Sounds, archives, folders and several files: dropped on the window, and in the record dialog."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from scipy.io import wavfile

import gruviz
from gruviz.cli import main
from gruviz.ui.dialogs import RecordDialog
from gruviz.ui.window import MainWindow

from .hand import assert_all_agree
from .test_feeding import drop
from .test_flows import LONG, complaint, dialog, press, type_into

RATE = 8000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sounds, a model that was trained on frames of the first, and a recording of it."""
    folder = tmp_path_factory.mktemp("sounds")
    for name, hertz in (("low", 300), ("high", 2000)):
        time = np.arange(RATE) / RATE
        wavfile.write(folder / f"{name}.wav", RATE, (0.5 * np.sin(2 * np.pi * hertz * time)).astype(np.float32))
    frames = ["--mel", "12", "--window-ms", "32"]
    low, model = str(folder / "low.wav"), str(folder / "m.safetensors")
    assert main(["train", "series", "--data", low, *frames, "--steps", "1", "--hidden", "8", "-o", model]) == 0
    assert main(["record", model, low, *frames, "-o", str(folder / "run.h5")]) == 0
    return folder


def urls(*paths: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def names(window: MainWindow) -> list[str]:
    facts = window.loader.facts
    assert facts is not None
    return [info.name for info in facts.sequences_of("rnn.l0")]


def test_dropped_sounds_are_read_as_those_before_were(
    qtbot: QtBot, opened: Callable[[Path], MainWindow], made: Path
) -> None:
    window = opened(made / "run.h5")
    drop(window, urls(made / "low.wav", made / "high.wav"))
    qtbot.waitUntil(lambda: names(window) == ["low", "high"], timeout=LONG)
    qtbot.waitUntil(lambda: not window.workbench.busy, timeout=LONG)  # it may be watched while it is recorded
    assert_all_agree(qtbot, window)
    assert window.toolbar.readout.text().startswith("t = 0 of 100 · 0.00 s")
    with gruviz.open(window.loader.facts.path) as run:
        tape = run.tapes["main"]
        peaks = [tape.values(info.rows)[20:80].mean(0).argmax() for info in tape.sequences]
        assert tape.values(slice(0, 1)).shape == (1, 12)
        assert peaks[0] < peaks[1]
    assert "recorded as" in window.workbench.text.text()


def test_a_dropped_folder_is_many_sequences_and_what_was_left_out_is_said(
    qtbot: QtBot, opened: Callable[[Path], MainWindow], made: Path
) -> None:
    window = opened(made / "run.h5")
    folder = made / "folder"
    folder.mkdir()
    for name in ("x10", "x9"):
        (folder / f"{name}.wav").write_bytes((made / "low.wav").read_bytes())
    (folder / "about.pdf").write_bytes(b"%PDF")
    drop(window, urls(folder))
    qtbot.waitUntil(lambda: names(window) == ["x9", "x10"], timeout=LONG)
    qtbot.waitUntil(lambda: not window.workbench.busy, timeout=LONG)  # it may be watched while it is recorded
    qtbot.waitUntil(window.workbench.isVisible)
    assert "Note: left out of folder, as not to be read here: about.pdf" in window.workbench.text.text()
    press(window.workbench.close_)
    assert not window.workbench.isVisible()


def test_several_files_that_do_not_go_together_are_refused(
    qtbot: QtBot, opened: Callable[[Path], MainWindow], made: Path
) -> None:
    window = opened(made / "run.h5")
    drop(window, urls(made / "run.h5", made / "low.wav"))
    assert "several files can be taken if they are sequences" in complaint(qtbot, window)


def test_the_dialog_asks_what_the_files_do_not_say(
    qtbot: QtBot, new_window: Callable[[], MainWindow], made: Path, tmp_path: Path
) -> None:
    window = new_window()
    np.savez(tmp_path / "two.npz", tokens=np.arange(4), x=np.random.default_rng(0).random((30, 14)))
    drop(window, urls(made / "m.safetensors", tmp_path / "two.npz"))
    asked = dialog(qtbot, window, RecordDialog)
    assert isinstance(asked, RecordDialog)
    fields = asked.inputs
    qtbot.waitUntil(lambda: fields.array.count() == 2 and fields.array.isVisible())
    assert not fields.sound.isVisible()
    assert not fields.vocabulary.isVisible()
    fields.array.setCurrentIndex(1)
    assert fields.array.currentText() == "x   30 × 14"
    QTest.keyClicks(fields.columns, "1, column 14, 3-12")
    QTest.keyClicks(fields.rate, "fast")
    press(asked.go)
    assert "'fast' is no number" in asked.wrong.text()
    fields.rate.clear()
    QTest.keyClicks(fields.rate, "12.5")
    fields.columns.clear()
    QTest.keyClicks(fields.columns, "1, column 14, 3,4,5,6,7,8,9,10,11,12")
    type_into(asked.output, str(tmp_path / "run.h5"))
    press(asked.go)
    qtbot.waitUntil(lambda: window.state.view.length == 30, timeout=LONG)
    qtbot.waitUntil(lambda: not window.workbench.busy, timeout=LONG)  # it may be watched while it is recorded
    assert_all_agree(qtbot, window)
    assert window.toolbar.readout.text().startswith("t = 0 of 30 · 0.00 s")
    with gruviz.open(tmp_path / "run.h5") as run:
        x = np.load(tmp_path / "two.npz")["x"]
        np.testing.assert_allclose(run.tapes["main"].values(slice(0, 30)), x[:, [0, 13, *range(2, 12)]], rtol=1e-6)


def test_the_dialog_turns_a_sound_into_frames(
    qtbot: QtBot, new_window: Callable[[], MainWindow], made: Path, tmp_path: Path
) -> None:
    window = new_window()
    drop(window, urls(made / "m.safetensors", made / "high.wav"))
    asked = dialog(qtbot, window, RecordDialog)
    assert isinstance(asked, RecordDialog)
    fields = asked.inputs
    assert fields.sound.isVisible()
    assert not fields.rate.isVisible()
    assert not fields.array.isVisible()
    assert not fields.sound.bands.isVisible()
    fields.sound.kind.setCurrentIndex(1)
    assert fields.sound.bands.isVisible()
    fields.sound.bands.setValue(12)
    fields.sound.length.setValue(32)
    asked.stop.setValue(500)
    type_into(asked.output, str(tmp_path / "frames.h5"))
    press(asked.go)
    qtbot.waitUntil(lambda: window.state.view.length == 100, timeout=LONG)
    qtbot.waitUntil(lambda: not window.workbench.busy, timeout=LONG)  # it may be watched while it is recorded
    qtbot.waitUntil(window.workbench.isVisible)
    assert "high ends after 100 timesteps: the range 0:500 was cut to 0:100" in window.workbench.text.text()


def test_the_dialog_takes_a_vocabulary_for_text_alone(
    qtbot: QtBot, new_window: Callable[[], MainWindow], made: Path, tmp_path: Path
) -> None:
    window = new_window()
    window.flows.record(model=str(made / "m.safetensors"), text="to be")
    asked = dialog(qtbot, window, RecordDialog)
    assert isinstance(asked, RecordDialog)
    assert asked.inputs.vocabulary.isVisible()
    type_into(asked.inputs.vocabulary, str(tmp_path / "none.txt"))
    press(asked.go)
    assert "none.txt does not exist: choose a vocabulary" in asked.wrong.text()
    (tmp_path / "v.txt").write_text("to\nbe\n")
    type_into(asked.inputs.vocabulary, str(tmp_path / "v.txt"))
    press(asked.go)
    assert "this model reads numbers, not text" in complaint(qtbot, window)
    qtbot.waitUntil(lambda: not window.workbench.busy)
