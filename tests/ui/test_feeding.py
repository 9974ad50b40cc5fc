"""A model and a text are enough: typed, pasted or dropped, by keys and the clipboard."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import gruviz
from gruviz.cli import main
from gruviz.ui import settings
from gruviz.ui.dialogs import RecordDialog, TextDialog
from gruviz.ui.window import MainWindow

from .hand import LEFT_BUTTON, assert_all_agree, key
from .test_flows import DATA, LONG, complaint, dialog, press, type_into

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "reader.safetensors"
    text = str(DATA / "sonnets.txt")
    assert main(["train", "char", "--text", text, "--hidden", "16", "--steps", "1", "-o", str(path)]) == 0
    return path


@pytest.fixture
def window(
    new_window: Callable[[], MainWindow],
    qtbot: QtBot,
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> MainWindow:
    """On a recording beside its model."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reader.safetensors").write_bytes(model.read_bytes())
    text = str(DATA / "sonnets.txt")
    assert main(["record", "reader.safetensors", text, "--range", "0:50", "-o", "run.h5"]) == 0
    window = new_window()
    with qtbot.waitSignal(window.ready, timeout=10_000):
        window.open_path(str(tmp_path / "run.h5"))
    return window


def read(window: MainWindow) -> str:
    with gruviz.open(window.loader.facts.path) as run:
        return "".join(run.tapes["main"].symbols(slice(0, len(run.tapes["main"]))))


def drop(window: MainWindow, mime: QMimeData) -> None:
    either = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction  # as a text editor offers
    flags = (either, mime, LEFT_BUTTON, Qt.KeyboardModifier.NoModifier)
    for event in (QDragEnterEvent(QPoint(50, 50), *flags), QDropEvent(QPointF(50, 50), *flags)):
        event.setDropAction(Qt.DropAction.MoveAction)
        QApplication.sendEvent(window, event)
        assert event.isAccepted()
        assert event.dropAction() == Qt.DropAction.CopyAction, "the editor would delete what was dragged"


def test_a_model_and_a_text_dropped_together_are_enough(
    qtbot: QtBot, new_window: Callable[[], MainWindow], model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    window = new_window()
    (tmp_path / "note.txt").write_text("O brave new world")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in (tmp_path / "note.txt", model)])
    drop(window, mime)
    qtbot.waitUntil(lambda: window.state.view.length == 17, timeout=LONG)
    qtbot.waitUntil(lambda: not window.workbench.busy, timeout=LONG)  # it may be watched while it is recorded
    assert read(window) == "O brave new world"


def test_a_typed_text_takes_the_place_of_what_was_read_before(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("O brave new world")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "note.txt"))])
    drop(window, mime)
    qtbot.waitUntil(lambda: window.state.view.length == 17, timeout=LONG)
    key(window, Qt.Key.Key_R, CONTROL)
    asked = dialog(qtbot, window, RecordDialog)
    assert isinstance(asked, RecordDialog)
    assert asked.inputs.files.path.endswith("note.txt")
    QTest.keyClicks(asked.text, "to be")
    assert asked.inputs.files.path == ""
    press(asked.go)
    qtbot.waitUntil(lambda: window.state.view.length == 5, timeout=LONG)
    assert read(window) == "to be"


def test_a_typed_text_is_recorded_and_opens(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    key(window, Qt.Key.Key_N, CONTROL | SHIFT)
    asked = dialog(qtbot, window, TextDialog)
    assert isinstance(asked, TextDialog)
    press(asked.go)
    assert "type or paste a text" in asked.wrong.text()
    QTest.keyClicks(asked.text, "Shall I compare thee")
    press(asked.go)
    qtbot.waitUntil(lambda: window.state.view.length == 20, timeout=LONG)
    assert_all_agree(qtbot, window)
    assert read(window) == "Shall I compare thee"
    assert Path(window.loader.facts.path) == tmp_path / "reader-text.h5"
    assert window.loader.facts.sequences_of("rnn.l0")[0].name == "Shall I compare thee"
    assert f"recorded as {tmp_path / 'reader-text.h5'}" in window.workbench.text.text()


def test_what_is_pasted_is_read_by_the_model_wherever_it_is(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    for number, text in enumerate(("to be", "or not to be")):
        QApplication.clipboard().setText(text)
        key(window, Qt.Key.Key_V, CONTROL)
        qtbot.waitUntil(lambda text=text: window.state.view.length == len(text), timeout=LONG)
        assert read(window) == text
        if number == 0:  # the model is known by its weights, away from the recording too
            here = Path(window.loader.facts.path)
            (tmp_path / "elsewhere").mkdir()
            here.rename(tmp_path / "elsewhere" / "moved.h5")
            with qtbot.waitSignal(window.ready, timeout=10_000):
                window.open_path(str(tmp_path / "elsewhere" / "moved.h5"))
    assert list(settings.load().models.values()) == [str(tmp_path / "reader.safetensors")]
    with gruviz.open(window.loader.facts.path) as run:
        assert str(tmp_path) not in str(run.model), "recordings are shared, and say nothing of folders"


def test_texts_that_are_dropped_need_no_dialog(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    mime = QMimeData()
    mime.setText("brave new world")
    drop(window, mime)
    qtbot.waitUntil(lambda: window.state.view.length == 15, timeout=LONG)
    (tmp_path / "note.txt").write_text("O brave new world")
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "note.txt"))])
    drop(window, mime)
    qtbot.waitUntil(lambda: window.state.view.length == 17, timeout=LONG)
    assert read(window) == "O brave new world"


def test_what_the_model_cannot_read_is_said_and_kept(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    QApplication.clipboard().setText("snow ☃")
    key(window, Qt.Key.Key_V, CONTROL)
    assert "☃" in complaint(qtbot, window)
    assert window.loader.facts.name == "run.h5"
    qtbot.waitUntil(lambda: not window.workbench.busy)
    assert not list(tmp_path.glob("reader-text*"))
    key(window, Qt.Key.Key_N, CONTROL | SHIFT)
    asked = dialog(qtbot, window, TextDialog)
    assert isinstance(asked, TextDialog)
    assert asked.text.toPlainText() == "snow ☃"
    asked.reject()


def test_other_weights_under_the_same_name_are_refused(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    text = str(DATA / "sonnets.txt")
    assert main(["train", "char", "--text", text, "--hidden", "8", "--steps", "1", "-o", "reader.safetensors"]) == 0
    QApplication.clipboard().setText("to be")
    key(window, Qt.Key.Key_V, CONTROL)
    assert "has other weights than the model of this recording" in complaint(qtbot, window)
    qtbot.waitUntil(lambda: not window.workbench.busy)


def test_without_the_model_it_is_asked_for(qtbot: QtBot, window: MainWindow, model: Path, tmp_path: Path) -> None:
    (tmp_path / "reader.safetensors").unlink()
    QApplication.clipboard().setText("to be")
    key(window, Qt.Key.Key_V, CONTROL)
    record = dialog(qtbot, window, RecordDialog)
    assert isinstance(record, RecordDialog)
    assert record.text.toPlainText() == "to be"
    type_into(record.model, str(model))
    press(record.go)
    qtbot.waitUntil(lambda: window.state.view.length == 5, timeout=LONG)
    assert read(window) == "to be"


def test_an_empty_clipboard_is_said(qtbot: QtBot, window: MainWindow) -> None:
    QApplication.clipboard().clear()
    key(window, Qt.Key.Key_V, CONTROL)
    assert "neither a text nor a file on the clipboard" in complaint(qtbot, window)
