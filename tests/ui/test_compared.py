"""Comparing cells in the window, by mouse and keys: run, cancelled and gone on with, looked at, opened, saved."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

import gruviz
from gruviz import comparison
from gruviz.comparison import KINDS
from gruviz.comparison_table import head, rows
from gruviz.ui.compared import ComparedWindow
from gruviz.ui.compared_plots import Line, LinesPlot
from gruviz.ui.comparing import Comparing
from gruviz.ui.dialogs import CompareDialog, ExportDialog
from gruviz.ui.window import MainWindow

from .test_flows import choose, complaint, dialog, press, type_into

LONG = 120_000


@pytest.fixture
def window(new_window: Callable[[], MainWindow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    monkeypatch.chdir(tmp_path)
    return new_window()


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a comparison."""
    folder = tmp_path_factory.mktemp("compared") / "tiny"
    Comparing("adding", None, str(folder), {"length": 12}, "parameters", 8, 10, 2, "cpu")(lambda progress: True)
    return folder


def shown(qtbot: QtBot, window: MainWindow) -> ComparedWindow:
    qtbot.waitUntil(lambda: any(each.isVisible() for each in window.findChildren(ComparedWindow)), timeout=LONG)
    return next(each for each in window.findChildren(ComparedWindow) if each.isVisible())


def ask(qtbot: QtBot, window: MainWindow, folder: Path, steps: int) -> CompareDialog:
    """Open the dialog from the menu, and fill it in."""
    window._actions["compare"].trigger()
    asked = dialog(qtbot, window, CompareDialog)
    assert isinstance(asked, CompareDialog)
    choose(asked.task.choice, "adding")
    type_into(asked.lengths["adding"], "12")
    type_into(asked.hidden, "8")
    type_into(asked.steps, str(steps))
    type_into(asked.seeds, "2")
    type_into(asked.output, str(folder))
    return asked


def texts(shown_: ComparedWindow) -> list[str]:
    return [label.text() for label in shown_.table.findChildren(QLabel)]


def test_run_cancelled_gone_on_with_and_opened(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    folder, bench = tmp_path / "run", window.workbench
    asked = ask(qtbot, window, folder, 100)
    assert asked.asked() == Comparing("adding", None, str(folder), {"length": 12}, "hidden", 8, 100, 2, "auto")
    press(asked.go)
    seen: set[str] = set()

    def finished_two() -> bool:
        seen.add(bench.text.text())
        return bench.job is not None and len(list(folder.glob("*-0.safetensors"))) >= 2

    qtbot.waitUntil(finished_two, timeout=LONG)
    assert any("RNN, seed 0 (run 1 of 6), step" in text and "left" in text for text in seen)
    assert bench.curves.isVisible()
    assert bench.job.latest.keeps
    press(bench.cancel)
    first = shown(qtbot, window)
    done = len(first.found.runs)
    assert 2 <= done < 6
    assert not first.found.complete
    assert "Not complete" in " ".join(label.text() for label in first.findChildren(QLabel))
    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.safetensors")}
    press(next(button for button in first.findChildren(QWidget) if getattr(button, "text", str)() == "Close"))
    qtbot.waitUntil(lambda: not bench.busy)

    asked = ask(qtbot, window, folder, 100)
    press(asked.go)
    again = shown(qtbot, window)
    assert again.found.complete
    assert {name: (folder / name).stat().st_mtime_ns for name in before} == before
    assert list(again.openers) == list(KINDS)
    with qtbot.waitSignal(again.opened) as told, qtbot.waitSignal(window.ready, timeout=LONG):
        press(again.openers["lstm"])
    assert told.args == [[str(folder / "lstm.h5")]]
    assert window.loader.facts.layers["rnn.l0"].cell.name == "lstm"
    with gruviz.open(folder / "lstm.h5") as run:
        assert window.state.view.length == run.tapes["main"].sequences[0].length == 12

    with qtbot.waitSignal(again.opened) as told, qtbot.waitSignal(window.ready, timeout=LONG):
        press(again.together)
    paths = [str(folder / f"{cell}.h5") for cell in KINDS]
    assert told.args == [paths]
    assert [pane.recording for pane in window.state.view.panes] == paths
    assert window.state.view.length == 12


def test_the_table_and_the_curves_are_those_of_the_folder(qtbot: QtBot, window: MainWindow, compared: Path) -> None:
    found = comparison.read(compared)
    window.open_path(str(compared))
    seen = shown(qtbot, window)
    assert texts(seen)[: len(head(found))] == head(found)
    assert texts(seen)[len(head(found)) :] == [text for row in rows(found) for text in row]
    losses, judged, back = seen.plots
    for cell, line in zip(KINDS, losses.lines, strict=True):
        assert line.cell == cell
        np.testing.assert_allclose(line.y, np.mean([run.loss for run in found.of(cell)], axis=0))
        np.testing.assert_allclose(line.high, np.max([run.loss for run in found.of(cell)], axis=0))
    for cell, line in zip(KINDS, judged.lines, strict=True):
        assert line.y[-1] == pytest.approx(np.mean(found.results(cell)))
    assert judged.baseline == ("always saying 1", found.baseline)
    assert [(line.cell, line.thin) for line in back.lines] == [(cell, thin) for cell in KINDS for thin in (True, False)]
    assert back.lines[1].y[-1] == found.backward("rnn", True).hidden[0]
    pictures = {plot.grab().toImage().cacheKey() for plot in seen.plots}
    assert len(pictures) == 3
    image = losses.grab().toImage()
    colours = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert len(colours) > 10, "lines are drawn"


def test_its_file_opens_it_too_and_the_figure_is_saved(
    qtbot: QtBot, window: MainWindow, compared: Path, tmp_path: Path
) -> None:
    window.open_path(str(compared / comparison.FILE))
    seen = shown(qtbot, window)
    press(seen.save)
    export = dialog(qtbot, seen, ExportDialog)
    assert isinstance(export, ExportDialog)
    qtbot.waitUntil(lambda: export.preview.picture is not None, timeout=LONG)
    target = tmp_path / "figure.svg"
    type_into(export.output, str(target))
    press(export.go)
    qtbot.waitUntil(lambda: window.workbench.action.isVisible(), timeout=LONG)
    assert "RMSE" in target.read_text()


def test_what_cannot_be_compared_is_said(qtbot: QtBot, window: MainWindow, compared: Path, tmp_path: Path) -> None:
    asked = ask(qtbot, window, compared, 11)
    press(asked.go)
    assert "holds a comparison with other things equal" in complaint(qtbot, window)
    asked = ask(qtbot, window, tmp_path, 10)
    choose(asked.task.choice, "char")
    press(asked.go)
    assert "choose a text to learn from" in asked.wrong.text()
    assert asked.task.text.isVisible()
    assert not asked.lengths["adding"].isVisible()
    asked.reject()
    (tmp_path / comparison.FILE).write_text("{}")
    window.open_path(str(tmp_path))
    assert "no comparison of gruviz" in complaint(qtbot, window)


def test_the_command_that_the_job_remembers_asks_for_the_same() -> None:
    job = Comparing("char", "/home/me/hamlet.txt", "/tmp/x", {}, "parameters", 96, 4000, 3, "cpu")
    told = "gruviz compare char --text hamlet.txt --equal parameters --hidden 96 --steps 4000 --seeds 3 --device cpu"
    assert " ".join(job.command) == told
    job = Comparing("adding", None, "/tmp/x", {"length": 200})
    assert " ".join(job.command) == "gruviz compare adding --set length=200 --equal hidden --seeds 3"


def test_long_numbers_of_an_axis_have_room(qtbot: QtBot) -> None:
    values = np.array([0.811, 0.000107])
    plot = LinesPlot("loss", [Line("gru", np.array([0.0, 9.0]), values)], (0, 9), ("0", "9"))
    qtbot.addWidget(plot)
    plot.resize(320, 220)
    picture = plot.grab().toImage()
    pixels = [picture.pixel(x, y) for x in range(2) for y in range(picture.height())]
    assert set(pixels) == {pixels[0]}, "nothing reaches the left edge"
