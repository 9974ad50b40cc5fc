"""The main job in the window, by mouse and keys: train, record, scrub, export. And what can go wrong on the way."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QMessageBox, QPushButton, QSpinBox, QToolButton, QWidget
from pytestqt.qtbot import QtBot

import gruviz
import gruviz.cli
from gruviz.ui.dialogs import ExportDialog, RecordDialog, TrainDialog
from gruviz.ui.dialogs._form import FileField, Form
from gruviz.ui.panels import HeatmapPanel
from gruviz.ui.window import MainWindow

from .hand import LEFT_BUTTON, assert_all_agree, at, click, drag, key

DATA = Path(__file__).parents[2] / "assets" / "data"
LONG = 120_000


def press(button: QWidget) -> None:
    QTest.mouseClick(button, LEFT_BUTTON)


def tool(window: MainWindow, text: str) -> QToolButton:
    return next(button for button in window.toolbar.findChildren(QToolButton) if button.text().startswith(text))


def dialog(qtbot: QtBot, window: MainWindow, kind: type[Form]) -> Form:
    qtbot.waitUntil(lambda: any(each.isVisible() for each in window.findChildren(kind)))
    return next(each for each in window.findChildren(kind) if each.isVisible())


def type_into(field: QWidget, text: str) -> None:
    line = field.line if isinstance(field, FileField) else field
    line.setFocus()
    if isinstance(field, QSpinBox):
        field.selectAll()
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Tab)
    else:
        QTest.keyClick(line, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(line, text)


def choose(box: QComboBox, value: str) -> None:
    """With the arrow keys."""
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Home)
    while box.currentData() != value:
        before = box.currentIndex()
        QTest.keyClick(box, Qt.Key.Key_Down)
        assert box.currentIndex() > before


def complaint(qtbot: QtBot, window: MainWindow) -> str:
    """What the dialog says that tells of an error; it is closed with the return key."""

    def boxes() -> list[QMessageBox]:
        return [box for box in window.findChildren(QMessageBox) if box.isVisible()]

    qtbot.waitUntil(lambda: bool(boxes()), timeout=60_000)
    text = boxes()[0].text()
    QTest.keyClick(boxes()[0], Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not boxes())
    window.activateWindow()  # there may be no window manager that does
    qtbot.waitUntil(window.isActiveWindow)
    return text


@pytest.fixture
def window(new_window: Callable[[], MainWindow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    monkeypatch.chdir(tmp_path)
    return new_window()


def test_train_record_scrub_and_export_by_hand(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    press(tool(window, "Train"))
    train = dialog(qtbot, window, TrainDialog)
    assert isinstance(train, TrainDialog)
    choose(train.task.choice, "char")
    type_into(train.task.text, str(DATA / "hamlet.txt"))
    type_into(train.hidden, "48")
    type_into(train.steps, "200")
    type_into(train.output, str(tmp_path / "hamlet"))
    press(train.go)
    bench = window.workbench
    qtbot.waitUntil(lambda: bench.bar.value() > 0 and bench.bar.isVisible(), timeout=60_000)
    assert "loss" in bench.text.text()
    qtbot.waitUntil(lambda: bench.action.isVisible(), timeout=LONG)
    assert "bits per character" in bench.text.text()
    assert (tmp_path / "hamlet.safetensors").exists()

    press(bench.action)
    record = dialog(qtbot, window, RecordDialog)
    assert isinstance(record, RecordDialog)
    assert record.model.path == str(tmp_path / "hamlet.safetensors")
    assert record.inputs.files.path == str(DATA / "hamlet.txt")
    type_into(record.stop, "20000")
    type_into(record.output, str(tmp_path / "run.h5"))
    press(record.go)
    qtbot.waitUntil(lambda: window.state.view.length == 20_000, timeout=LONG)
    qtbot.waitUntil(lambda: not window.workbench.busy, timeout=LONG)  # it may be watched while it is recorded
    assert_all_agree(qtbot, window)

    drag(window, at(window, HeatmapPanel, 5000), at(window, HeatmapPanel, 12_000))
    assert abs(window.state.view.cursor - 12_000) < 50
    cursor = window.state.view.cursor
    window.activateWindow()  # after a dialog; there may be no window manager that does
    qtbot.waitUntil(window.isActiveWindow)
    key(window, Qt.Key.Key_Right)
    assert window.state.view.cursor == cursor + 1
    click(window, at(window, HeatmapPanel, 300))
    assert_all_agree(qtbot, window)

    press(tool(window, "Export"))
    export = dialog(qtbot, window, ExportDialog)
    assert isinstance(export, ExportDialog)
    type_into(export.start, "1000")
    type_into(export.stop, "1200")
    type_into(export.output, str(tmp_path / "gates.pdf"))
    QTest.keyClick(export.output.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bench.action.isVisible() and "gates.pdf" in bench.text.text(), timeout=LONG)
    assert (tmp_path / "gates.pdf").read_bytes().startswith(b"%PDF")
    press(bench.close_)
    assert not bench.isVisible()


def test_a_typed_text_is_recorded_by_a_model_dropped_on_the_window(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    status = gruviz.cli.main(
        ["train", "char", "--text", str(DATA / "sonnets.txt"), "--steps", "1", "-o", "m.safetensors"]
    )
    assert status == 0
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "m.safetensors"))])
    flags = (Qt.DropAction.CopyAction, mime, LEFT_BUTTON, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(QPoint(50, 50), *flags)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(50, 50), *flags))
    record = dialog(qtbot, window, RecordDialog)
    assert isinstance(record, RecordDialog)
    press(record.go)
    assert record.isVisible(), "it stays until there is something to read"
    assert "choose a file to read, or type a text" in record.wrong.text()
    type_into(record.text, "Shall I compare thee")
    press(record.go)
    qtbot.waitUntil(lambda: window.state.view.length == 20, timeout=LONG)
    qtbot.waitUntil(lambda: not window.workbench.busy, timeout=LONG)  # it may be watched while it is recorded
    assert_all_agree(qtbot, window)
    with gruviz.open(window.loader.facts.path) as run:
        assert "".join(run.tapes["main"].symbols(slice(0, 20))) == "Shall I compare thee"


def test_cancel_keeps_a_valid_model(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    key(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    train = dialog(qtbot, window, TrainDialog)
    assert isinstance(train, TrainDialog)
    choose(train.task.choice, "flipflop")
    type_into(train.steps, "100000")
    type_into(train.output, str(tmp_path / "m.safetensors"))
    press(train.go)
    qtbot.waitUntil(lambda: "loss" in window.workbench.text.text(), timeout=LONG)
    press(window.workbench.cancel)
    qtbot.waitUntil(lambda: window.workbench.action.isVisible(), timeout=LONG)
    assert window.workbench.text.text().startswith("Cancelled; what there is until then is kept")
    assert gruviz.cli.main(["info", str(tmp_path / "m.safetensors")]) == 0


def test_closing_the_window_ends_the_training(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    key(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    train = dialog(qtbot, window, TrainDialog)
    assert isinstance(train, TrainDialog)
    choose(train.task.choice, "copy")
    type_into(train.steps, "100000")
    type_into(train.output, str(tmp_path / "m.safetensors"))
    press(train.go)
    qtbot.waitUntil(lambda: "loss" in window.workbench.text.text(), timeout=LONG)
    job = window.workbench.job
    window.close()
    assert job.isFinished()
    assert (tmp_path / "m.safetensors").exists()


def test_what_goes_wrong_is_said_as_on_the_command_line(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save(torch.nn.Linear(2, 2).state_dict(), tmp_path / "linear.pt")
    torch.save(torch.nn.GRU(2, 2).state_dict(), tmp_path / "gru.pt")
    (tmp_path / "words.csv").write_text("when,what\nmonday,rain\ntuesday,sun\n")
    (tmp_path / "empty.txt").write_text("")
    text = DATA / "sonnets.txt"
    for model, read, target in (
        (text, text, tmp_path / "run.h5"),
        (tmp_path / "linear.pt", text, tmp_path / "run.h5"),
        (tmp_path / "gru.pt", tmp_path / "words.csv", tmp_path / "run.h5"),
        (tmp_path / "gru.pt", tmp_path / "empty.txt", tmp_path / "run.h5"),
        (tmp_path / "gru.pt", text, tmp_path / "run.h5"),
    ):
        key(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
        record = dialog(qtbot, window, RecordDialog)
        assert isinstance(record, RecordDialog)
        type_into(record.model, str(model))
        type_into(record.inputs.files, str(read))
        type_into(record.output, str(target))
        press(record.go)
        said = complaint(qtbot, window)
        assert len(said.splitlines()) == 1
        capsys.readouterr()
        assert gruviz.cli.main(["record", str(model), str(read), "-o", str(target)]) == 2
        assert capsys.readouterr().err.splitlines()[-1] == f"gruviz: {said}"
        qtbot.waitUntil(lambda: not window.workbench.busy)
    assert window.isVisible()


def test_a_missing_file_and_an_existing_target_are_asked_about(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.open_path(str(tmp_path / "missing.h5"))
    assert "missing.h5 does not exist" in complaint(qtbot, window)
    (tmp_path / "m.safetensors").write_text("precious")
    key(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    train = dialog(qtbot, window, TrainDialog)
    assert isinstance(train, TrainDialog)
    choose(train.task.choice, "copy")
    type_into(train.output, str(tmp_path / "m.safetensors"))
    press(train.go)
    qtbot.waitUntil(lambda: any(box.isVisible() for box in window.findChildren(QMessageBox)))
    box = next(box for box in window.findChildren(QMessageBox) if box.isVisible())
    assert "Replace it?" in box.text()
    press(next(button for button in box.findChildren(QPushButton) if button.text().endswith("Cancel")))
    assert not window.workbench.busy
    assert (tmp_path / "m.safetensors").read_text() == "precious"
    assert train.isVisible()  # what was filled in is not lost
    assert train.task.choice.currentData() == "copy"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="/proc is a folder that not even root can write to")
def test_a_folder_that_cannot_be_written_to_is_said_in_the_dialog(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    torch.save(torch.nn.GRU(2, 2).state_dict(), tmp_path / "gru.pt")
    key(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    record = dialog(qtbot, window, RecordDialog)
    assert isinstance(record, RecordDialog)
    type_into(record.model, str(tmp_path / "gru.pt"))
    type_into(record.inputs.files, str(DATA / "sunspots.csv"))
    for output, why in (
        ("/proc/run.h5", "/proc cannot be written to"),
        (str(tmp_path / "none" / "run.h5"), "does not exist"),
        (str(tmp_path), "is a folder: give the name of a file"),
    ):
        type_into(record.output, output)
        press(record.go)
        assert record.isVisible()
        assert why in record.wrong.text()
    assert not window.workbench.busy


def test_a_trained_model_stays_in_reach_and_no_dialog_is_filled_in_for_nothing(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    key(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    asked = dialog(qtbot, window, TrainDialog)
    assert isinstance(asked, TrainDialog)
    choose(asked.task.choice, "copy")
    type_into(asked.steps, "30")
    type_into(asked.output, str(tmp_path / "m.safetensors"))
    press(asked.go)
    bench = window.workbench
    for button in ("Train", "Record"):
        assert bench.busy
        press(tool(window, button))
        assert "still at work" in complaint(qtbot, window)
        assert not [form for form in window.findChildren(Form) if form.isVisible()]
    qtbot.waitUntil(lambda: not bench.busy, timeout=LONG)
    for _ in range(2):  # the dialog may be cancelled
        press(bench.action)
        recording = dialog(qtbot, window, RecordDialog)
        assert recording.model.path == str(tmp_path / "m.safetensors")
        press(recording.cancel)
        qtbot.waitUntil(lambda: not window.findChildren(RecordDialog))
        assert bench.isVisible()
        assert bench.action.isVisible()
    press(bench.close_)
    assert not bench.isVisible()
