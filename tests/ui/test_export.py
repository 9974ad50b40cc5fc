"""The export dialog by mouse and keys: what it shows is what it saves, what cannot be is said, and nothing is left."""

import json
import re
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from imageio_ffmpeg import count_frames_and_secs
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

import gruviz.recording
from gruviz import figures
from gruviz.cells import Thresholds
from gruviz.figures._read import _texts
from gruviz.ui.dialogs import ExportDialog
from gruviz.ui.drawer import Looking
from gruviz.ui.settings import load
from gruviz.ui.window import MainWindow
from gruviz.view import filter_units, hold, seek, select_unit, show_range, with_pane

from ..figures.made import add_gradients  # noqa: TID252 - one way to make them is enough
from .hand import LEFT_BUTTON, settle
from .recordings import make
from .test_flows import choose, complaint, dialog, press, tool, type_into

LONG = 15_000
ALT, CONTROL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def window(window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    monkeypatch.chdir(tmp_path)
    window.state.change(show_range, 0, 40)
    return window


def opened(qtbot: QtBot, window: MainWindow) -> ExportDialog:
    """The dialog, with a figure or a sentence in it."""
    press(tool(window, "Export"))
    made = dialog(qtbot, window, ExportDialog)
    assert isinstance(made, ExportDialog)
    return made


def shown(qtbot: QtBot, export: ExportDialog) -> figures.Page:
    """The figure that is on show, once it is the one that is chosen."""
    qtbot.waitUntil(lambda: up_to_date(export) and export.preview.picture is not None, timeout=LONG)
    picture = export.preview.picture
    assert picture is not None
    return picture.page


def up_to_date(export: ExportDialog) -> bool:
    idle = not export._timer.isActive() and export._looking is not None and export._looking.wish == export.wish
    return idle and not export.preview.size_.text().startswith("Drawing")


def pixels(image: QImage) -> np.ndarray:
    """(height, width, 3)."""
    made = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(made.constBits(), np.uint8).reshape(made.height(), made.bytesPerLine())
    return rows[:, : made.width() * 3].reshape(made.height(), made.width(), 3).copy()  # it goes with its picture


def save(qtbot: QtBot, window: MainWindow, export: ExportDialog, path: Path) -> None:
    """Type the name of the file, press return, and wait for it."""
    type_into(export.output, str(path))
    QTest.keyClick(export.output.line, Qt.Key.Key_Return)
    bench = window.workbench
    qtbot.waitUntil(lambda: bench.action.isVisible() and path.name in bench.text.text(), timeout=LONG)
    press(bench.close_)


def tick(box: QCheckBox) -> None:
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Space)


def test_the_preview_is_the_figure_at_its_true_size(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    export = opened(qtbot, window)
    choose(export.figure, "counts")
    page = shown(qtbot, export)
    dpi = export.preview.dpi
    assert dpi == round(window.screen().physicalDotsPerInch())
    choose(export.format.kind_, "png")
    type_into(export.format.dpi, str(dpi))
    paper = export.preview.paper
    on_screen = pixels(paper.grab(paper.sheet.toRect()).toImage())
    assert export.preview.size_.text() == f"{page.width:.0f} × {page.height:.0f} mm, at true size"
    save(qtbot, window, export, tmp_path / "counts.png")
    saved = pixels(QImage(str(tmp_path / "counts.png")))
    assert abs(saved.shape[1] - page.width / 25.4 * dpi) <= 1
    assert np.array_equal(on_screen, saved)


def test_what_is_larger_than_the_room_scrolls_or_is_fitted(qtbot: QtBot, window: MainWindow) -> None:
    export = opened(qtbot, window)
    choose(export.paper.style_, "poster")
    page = shown(qtbot, export)
    assert (page.style.name, page.width) == ("poster", 300)
    area = export.preview.area
    assert area.horizontalScrollBar().maximum() > 100
    tick(export.preview.fit)
    bars = area.horizontalScrollBar(), area.verticalScrollBar()
    qtbot.waitUntil(lambda: not any(bar.maximum() for bar in bars))
    sheet = export.preview.paper.sheet
    assert sheet.width() / sheet.height() == pytest.approx(page.width / page.height, rel=0.02)
    assert max(sheet.width() / area.width(), sheet.height() / area.height()) > 0.85
    export.resize(export.width(), export.height() - 150)
    smaller = sheet.height() - 50
    qtbot.waitUntil(lambda: export.preview.paper.sheet.height() < smaller and not any(bar.maximum() for bar in bars))


@pytest.fixture
def saved(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> Callable[..., Path]:
    """Saves a small figure under a name."""

    def by_name(name: str, kind: str = "") -> Path:
        export = opened(qtbot, window)
        choose(export.figure, "counts")
        type_into(export.stop, "12")
        if kind:
            choose(export.format.kind_, kind)
        save(qtbot, window, export, tmp_path / name)
        return tmp_path / name

    return by_name


def test_the_ending_of_the_name_decides(saved: Callable[..., Path], sonnets: Path) -> None:
    assert saved("a.pdf").read_bytes().startswith(b"%PDF")
    svg = saved("a.svg").read_text()
    assert "retained" in svg
    assert not QImage(str(saved("a.png"))).isNull()
    with gruviz.recording.open(sonnets) as run:
        counts = run.layers["rnn.l0"].counts(slice(0, 12))
    rows = [line.split(",") for line in saved("a.csv").read_text().splitlines() if not line.startswith("#")]
    kept = [int(float(row[-1])) for row in rows if "retained" in row]
    assert kept == counts[:, 0].tolist()
    with np.load(saved("a.npz")) as arrays:
        assert any(np.array_equal(arrays[name].squeeze(), counts) for name in arrays.files)
    assert saved("a.gif").read_bytes().startswith(b"GIF89a")
    film = saved("a.mp4")
    assert count_frames_and_secs(str(film))[0] == 12
    together = saved("all.pdf", "all")
    drawn = [each["figure"] for each in json.loads(next(iter(_texts(together))))["figures"]]
    assert {"gates", "timeline", "counts", "survival", "cell", "timescales"} <= set(drawn)
    pages = re.search(rb"/Count (\d+)", together.read_bytes())
    assert pages is not None
    assert int(pages[1]) == len(drawn)


def test_outlines_and_the_sidecar(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    export = opened(qtbot, window)
    choose(export.figure, "counts")
    choose(export.format.kind_, "svg")
    assert export.output.path.endswith(".svg")
    tick(export.format.outlines)
    tick(export.format.sidecar)
    save(qtbot, window, export, tmp_path / "a.svg")
    assert "<text" not in (tmp_path / "a.svg").read_text()
    assert json.loads((tmp_path / "a.svg.json").read_text())["figure"] == "counts"


def test_what_is_on_show_is_what_the_figure_holds(qtbot: QtBot, window: MainWindow) -> None:
    state = window.state
    for change in (
        (select_unit, 3),
        (show_range, 10, 60),
        (seek, 33),
        (hold, 12),
        (filter_units, "keep > 0.5"),
    ):
        state.change(*change)
    state.change(with_pane, order="keep")
    state.change(replace, thresholds=Thresholds(0.8, 0.2, 0.1))
    settle(qtbot, window)
    with gruviz.recording.open(state.view.pane.recording) as run:
        for name in ("gates", "composition", "survival"):
            window.settings.figure = {"figure": name}
            export = opened(qtbot, window)
            page = shown(qtbot, export)
            assert page.provenance == figures.draw(run, name, state.view).provenance
            options = page.provenance.options
            assert (options["start"], options["thresholds"]) == (10, [0.8, 0.2, 0.1])
            press(export.cancel)
    assert options["since"] == 12
    assert "units" in options, "those of which the condition is true, in their order"


def test_the_newest_wish_is_drawn_and_stale_ones_are_not(qtbot: QtBot, window: MainWindow) -> None:
    export = opened(qtbot, window)
    shown(qtbot, export)
    answered: list[Looking] = []
    window.flows._drawer.answered.connect(lambda asked, _: answered.append(asked))
    for figure in ("timeline", "counts", "carry", "timescales", "saturation", "survival"):
        choose(export.figure, figure)
        export._timer.timeout.emit()  # however fast somebody is
    assert shown(qtbot, export).provenance.name == "survival"
    qtbot.waitUntil(lambda: bool(answered), timeout=LONG)  # a lambda hears of it in the thread that draws
    names = [asked.wish.figure for asked in answered]
    assert names[-1] == "survival"
    assert len(names) < 4, "what nobody waited for any more was not drawn to its end"


def test_what_cannot_be_drawn_is_a_sentence(
    qtbot: QtBot, window: MainWindow, opened_with: Callable[..., MainWindow], tmp_path: Path
) -> None:
    plain = opened_with(make(tmp_path / "plain.h5", cell="rnn"))
    export = opened(qtbot, plain)
    choose(export.figure, "survival")
    qtbot.waitUntil(lambda: "no keep" in export.preview.sentence.text(), timeout=LONG)
    assert export.preview.sentence.isVisible()
    assert not export.copy.isEnabled()
    press(export.go)
    assert "no keep" in export.wrong.text()
    assert export.isVisible(), "it stays until there is something to save"
    choose(export.figure, "timeline")
    assert shown(qtbot, export).provenance.name == "timeline"
    assert not export.wrong.isVisible()
    type_into(export.stop, "4000")
    qtbot.waitUntil(lambda: "up to 400" in export.preview.sentence.text())
    type_into(export.stop, "30")
    shown(qtbot, export)
    choose(export.figure, "timescales")
    shown(qtbot, export)
    type_into(export.output, str(tmp_path / "a.gif"))
    press(export.go)
    assert "does not change with time" in export.wrong.text()
    type_into(export.output, str(tmp_path / "a.docx"))
    press(export.go)
    assert "end the name in .pdf, .svg" in export.wrong.text()
    assert not list(tmp_path.glob("a.*"))


@pytest.fixture
def opened_with(qtbot: QtBot, window: MainWindow) -> Callable[..., MainWindow]:
    def open_(*paths: Path) -> MainWindow:
        with qtbot.waitSignal(window.ready, timeout=LONG):
            window.open_paths([str(path) for path in paths])
        settle(qtbot, window)
        return window

    return open_


@pytest.mark.parametrize("kind", ["mp4", "gif"])
def test_a_film_that_is_cancelled_leaves_nothing(qtbot: QtBot, window: MainWindow, tmp_path: Path, kind: str) -> None:
    export = opened(qtbot, window)
    type_into(export.stop, "400")
    type_into(export.output, str(tmp_path / f"long.{kind}"))
    assert export.format.kind == kind
    press(export.go)
    bench = window.workbench
    qtbot.waitUntil(lambda: bench.bar.value() > 0, timeout=LONG)
    assert "of 400" in bench.text.text()
    job = bench.job
    assert job is not None
    press(bench.cancel)
    qtbot.waitUntil(lambda: job.isFinished(), timeout=LONG)
    assert not bench.isVisible()
    assert not [path for path in tmp_path.iterdir() if "long" in path.name]


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """No file can grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("name", ["a.pdf", "a.png", "a.npz", "a.mp4"])
def test_a_full_disk_is_said_and_leaves_nothing(qtbot: QtBot, window: MainWindow, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"as it was")
    export = opened(qtbot, window)
    type_into(export.output, str(tmp_path / name))
    shown(qtbot, export)
    with full_disk(2000):
        press(export.go)
        boxes = window.findChildren(QMessageBox)
        press(next(each for box in boxes for each in box.findChildren(QPushButton) if each.text() == "Replace"))
        qtbot.waitUntil(lambda: any("write" in box.text() for box in window.findChildren(QMessageBox)), timeout=LONG)
    assert name in complaint(qtbot, window)
    assert (tmp_path / name).read_bytes() == b"as it was"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [name]
    press(tool(window, "Export"))
    assert dialog(qtbot, window, ExportDialog).isVisible()


def test_a_folder_that_cannot_be_written_to_is_said(qtbot: QtBot, window: MainWindow) -> None:
    export = opened(qtbot, window)
    choose(export.figure, "counts")
    type_into(export.output, "/proc/counts.pdf")
    press(export.go)
    assert "/proc cannot be written to" in export.wrong.text()
    assert export.isVisible()  # with all that was chosen
    type_into(export.output, str(Path.cwd() / "counts.pdf"))
    assert not export.wrong.isVisible()
    press(export.go)
    qtbot.waitUntil(lambda: "Saved" in window.workbench.text.text(), timeout=LONG)


def test_figure_and_caption_go_to_the_clipboard(qtbot: QtBot, window: MainWindow) -> None:
    export = opened(qtbot, window)
    choose(export.figure, "counts")
    page = shown(qtbot, export)
    QTest.keyClick(export, Qt.Key.Key_Y, ALT)
    qtbot.waitUntil(lambda: export.told.text().startswith("Copied"), timeout=LONG)
    data = QGuiApplication.clipboard().mimeData()
    image = QGuiApplication.clipboard().image()
    assert abs(image.width() - page.width / 25.4 * 300) <= 1
    assert "retained" in bytes(data.data("image/svg+xml").data()).decode()
    said = export.caption.text.toPlainText()
    assert said.startswith("Counts of rnn.l0") or "sonnets.h5" in said
    choose(export.caption.kind, "latex")
    assert "\\includegraphics[width=85mm]{sonnets-counts.pdf}" in export.caption.text.toPlainText()
    type_into(export.output, "b.svg")
    assert "\\includesvg[width=85mm]{b.svg}" in export.caption.text.toPlainText()
    press(export.caption.copy)
    assert QGuiApplication.clipboard().text() == figures.caption(page, "latex", "b.svg")


def test_the_last_choices_are_remembered(qtbot: QtBot, window: MainWindow) -> None:
    export = opened(qtbot, window)
    choose(export.figure, "survival")
    choose(export.paper.style_, "double")
    choose(export.paper.length.unit, "in")
    assert export.paper.length.box.value() == pytest.approx(170 / 25.4, abs=0.001)
    assert export.paper.length.millimetres == 170
    choose(export.paper.font_, "serif")
    tick(export.paper.grey)
    choose(export.format.kind_, "png")
    type_into(export.format.dpi, "150")
    tick(export.preview.fit)
    choose(export.caption.kind, "markdown")
    page = shown(qtbot, export)
    assert (page.style.font, page.style.grey, page.style.dark, page.width) == ("serif", True, False, 170)
    assert export.preview.size_.text().startswith(f"6.69 × {page.height / 25.4:.2f} in")
    chosen = export.chosen
    QTest.keyClick(export, Qt.Key.Key_Escape)
    window.close()
    assert load().figure == chosen
    again = ExportDialog(export._wish, (), Path(), window.flows._drawer, load().figure)
    assert again.chosen == chosen
    damaged = ExportDialog(export._wish, (), Path(), window.flows._drawer, {**chosen, "dpi": "many", "style": "vast"})
    assert damaged.chosen == {**chosen, "dpi": 300, "style": "single"}


def test_it_is_used_by_keys_alone_and_fits(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    QTest.keyClick(window, Qt.Key.Key_E, CONTROL)
    export = dialog(qtbot, window, ExportDialog)
    assert isinstance(export, ExportDialog)
    export.activateWindow()  # there may be no window manager that does
    qtbot.waitUntil(export.isActiveWindow)
    hint = export.minimumSizeHint()
    assert (hint.width() <= 1240, hint.height() <= 740) == (True, True)
    for kind in ("pdf", "svg", "png", "mp4"):
        choose(export.format.kind_, kind)
        visible = [
            each.text()
            for cls in (QLabel, QPushButton, QCheckBox)
            for each in export.findChildren(cls)
            if each.isVisible() and "&" in each.text()
        ]
        letters = [text[text.index("&") + 1].lower() for text in visible]
        assert len(letters) == len(set(letters)) >= 14, sorted(letters)
    choose(export.format.kind_, "pdf")
    export.figure.setFocus()
    QTest.keyClick(export, Qt.Key.Key_S, ALT)
    assert export.paper.style_.hasFocus()
    QTest.keyClick(export.paper.style_, Qt.Key.Key_Down)
    assert export.paper.length.millimetres == 170
    QTest.keyClick(export, Qt.Key.Key_U, ALT)
    assert export.stop.hasFocus()
    QTest.keyClick(export, Qt.Key.Key_A, ALT)
    line = export.output.line
    assert line.hasFocus()
    QTest.keyClick(line, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(line, "by-keys.pdf")
    QTest.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.workbench.action.isVisible(), timeout=LONG)
    assert (tmp_path / "by-keys.pdf").exists()


def drop(window: MainWindow, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    how = (Qt.DropAction.CopyAction, data, LEFT_BUTTON, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(50, 50), *how))
    QApplication.sendEvent(window, QDropEvent(QPointF(50, 50), *how))


@pytest.mark.parametrize("kind", ["pdf", "svg", "png", "csv", "npz"])
def test_a_figure_opens_its_recording_as_it_shows_it(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, sonnets: Path, kind: str
) -> None:
    with gruviz.recording.open(sonnets) as run:
        page = figures.gates(
            run,
            sequence=1,
            start=20,
            stop=70,
            order="keep",
            marked=(5, 2),
            quantities=("update", "hidden"),
            thresholds=Thresholds(0.8, 0.2, 0.1),
            reduction="max",
        )
        figures.save(page, tmp_path / f"gates.{kind}")
    with qtbot.waitSignal(window.ready, timeout=LONG):
        drop(window, tmp_path / f"gates.{kind}")
    settle(qtbot, window)
    view = window.state.view
    assert Path(view.pane.recording) == sonnets
    assert (view.pane.sequence, view.start, view.stop, view.pane.order) == (1, 20, 70, "keep")
    assert (view.pane.units, view.thresholds) == ((5, 2), Thresholds(0.8, 0.2, 0.1))
    assert set(view.hidden) == {"reset", "candidate"}


def test_a_figure_whose_recording_is_not_there_or_another_says_so(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    path = make(tmp_path / "mine.h5", (60,))
    with gruviz.recording.open(path) as run:
        figures.save(figures.survival(run, since=7), tmp_path / "a.pdf")
        figures.save_together([figures.counts(run)], tmp_path / "many.pdf")
    path.rename(tmp_path / "moved.h5")
    before = window.state.view
    drop(window, tmp_path / "a.pdf")
    assert "mine.h5 of a.pdf is not where it was" in complaint(qtbot, window)
    make(path, (60,), seed=1)
    drop(window, tmp_path / "a.pdf")
    assert "another recording than the one that a.pdf was drawn from" in complaint(qtbot, window)
    drop(window, tmp_path / "many.pdf")
    assert "holds several figures" in complaint(qtbot, window)
    window.grab().save(str(tmp_path / "photo.png"))
    drop(window, tmp_path / "photo.png")
    assert "does not say how it was drawn" in complaint(qtbot, window)
    assert window.state.view == before
    (tmp_path / "moved.h5").replace(path)
    with qtbot.waitSignal(window.ready, timeout=LONG):
        drop(window, tmp_path / "a.pdf")
    assert window.state.view.reference == 7
    assert "survival" in window.state.view.derived


def test_gradients_of_all_recordings_of_the_window(
    qtbot: QtBot, opened_with: Callable[..., MainWindow], tmp_path: Path
) -> None:
    paths = [make(tmp_path / f"{name}.h5", (60,), seed=seed) for seed, name in enumerate("ab")]
    for path in paths:
        add_gradients(gruviz.recording.open(path)).close()
    window = opened_with(*paths)
    assert len(window.state.view.panes) == 2
    export = opened(qtbot, window)
    choose(export.figure, "gradient")
    assert export.together.isVisible()
    here, other = (pane.recording for pane in window.state.view.panes)
    page = shown(qtbot, export)
    assert (page.provenance.recording, page.provenance.options["beside"]) == (Path(here).name, [Path(other).name])
    tick(export.together)
    assert "beside" not in shown(qtbot, export).provenance.options
    choose(export.figure, "counts")
    assert not export.together.isVisible()
    assert shown(qtbot, export).provenance.recording == Path(here).name
