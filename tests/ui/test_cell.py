"""The cell at the right side: its numbers are the recording's, its formulas fit, and it follows mouse and keys."""

import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from torch import nn

import gruviz
from gruviz import palette
from gruviz.cell_drawing import TEXT, drawing
from gruviz.cells import CELLS, variant
from gruviz.equations import Step, numbers
from gruviz.ui.cell_lines import fitting, lines_for, terms_width
from gruviz.ui.cell_scene import number_size, symbol_size
from gruviz.ui.panels import CellPanel, HeatmapPanel
from gruviz.ui.typeset import typeset
from gruviz.ui.window import MainWindow

from .hand import LEFT_BUTTON, assert_all_agree, at, click, key, settle
from .recordings import make
from .test_display import ask_for_menu

Open = Callable[[Path], MainWindow]
Steps = Callable[..., Iterator[Step]]
ALT = Qt.KeyboardModifier.AltModifier


def cell_of(qtbot: QtBot, window: MainWindow) -> CellPanel:
    key(window, Qt.Key.Key_2, ALT)
    settle(qtbot, window)
    assert isinstance(window.side.shown, CellPanel)
    return window.side.shown


def choose_unit(qtbot: QtBot, window: MainWindow, row: int) -> int:
    """By a click in the list."""
    place = QPoint(100, row * 20 + 10 - window.units.verticalScrollBar().value())
    unit = window.units.unit_at(place.y())
    QTest.mouseClick(window.units.viewport(), LEFT_BUTTON, Qt.KeyboardModifier.NoModifier, place)
    settle(qtbot, window)
    assert unit is not None
    return unit


def numbers_in(line: str) -> list[float]:
    return [float(each) for each in re.findall(r"-?\d+\.\d+", line)]


def colours(picture: QImage) -> set[str]:
    return {
        picture.pixelColor(x, y).name() for x, y in itertools.product(range(picture.width()), range(picture.height()))
    }


@pytest.mark.parametrize("cell", list(CELLS))
def test_the_numbers_follow_mouse_and_keys(qtbot: QtBot, opened: Open, tmp_path: Path, cell: str) -> None:
    window = opened(make(tmp_path / "run.h5", (600,), cell=cell))
    panel = cell_of(qtbot, window)
    assert panel.unit is None
    assert panel.step is None
    nothing = panel.grab().toImage()
    unit = choose_unit(qtbot, window, 3)
    assert panel.unit == unit
    assert_all_agree(qtbot, window)
    shown = panel.grab().toImage()
    assert shown != nothing
    for which in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_End, Qt.Key.Key_Left):
        key(window, which)
        assert_all_agree(qtbot, window)
        assert panel.grab().toImage() != shown
        shown = panel.grab().toImage()
    click(window, at(window, HeatmapPanel, 300.5))
    assert_all_agree(qtbot, window)
    key(window, Qt.Key.Key_Escape)
    settle(qtbot, window)
    assert panel.step is None
    assert panel.grab().toImage() == nothing


def test_a_small_move_needs_no_reading(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    window = opened(make(tmp_path / "run.h5", (600,)))
    panel = cell_of(qtbot, window)
    choose_unit(qtbot, window, 0)
    answered: list[str] = []
    window.loader.answered.connect(lambda request, answer: answered.append(request.slot))
    for _ in range(50):
        key(window, Qt.Key.Key_Right)
        assert panel.step is not None
    settle(qtbot, window)
    assert "cell" not in answered


def test_backward_layers_come_from_the_timestep_after(qtbot: QtBot, opened: Open, both_ways: Path) -> None:
    window = opened(both_ways)
    panel = cell_of(qtbot, window)
    choose_unit(qtbot, window, 2)
    for index in range(4):
        window.toolbar.layer.chosen.emit(index)
        for which in (Qt.Key.Key_Home, Qt.Key.Key_Right, Qt.Key.Key_End):
            key(window, which)
            assert_all_agree(qtbot, window)
        name = window.state.view.pane.layer
        assert panel.flow is not None
        assert panel.flow.below == (("rnn.l0", "rnn.l0_reverse") if "l1" in name else ())
        assert panel.given.startswith("h of rnn.l0" if "l1" in name else "‘")
        assert set(panel.flow.parts) == {"update", "reset", "candidate"}


def test_the_printed_parts_are_those_of_the_model(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    torch.manual_seed(3)
    model, given = nn.GRU(2, 6, batch_first=True), torch.randn(1, 40, 2)
    gruviz.record(model, given, path=tmp_path / "run.h5").close()
    window = opened(tmp_path / "run.h5")
    panel = cell_of(qtbot, window)
    unit = choose_unit(qtbot, window, 1)
    click(window, at(window, HeatmapPanel, 25.5))
    settle(qtbot, window)
    cursor = window.state.view.cursor
    model = model.double()
    with torch.no_grad():
        states, _ = model(given.double())
        x, old = given[0, cursor].double(), states[0, cursor - 1]
        new = x @ model.weight_ih_l0.T + model.bias_ih_l0
        past = old @ model.weight_hh_l0.T + model.bias_hh_l0
        r, z = (torch.sigmoid(new + past)[block * 6 + unit] for block in (0, 1))
        n = torch.tanh(new[12 + unit] + r * past[12 + unit])
        h = z * old[unit] + (1 - z) * n
    put_in = {name: " ".join(term.tex for term in terms) for name, terms in numbers(panel.step).items()}
    expected = (new[12 + unit], r, past[12 + unit], n)
    assert numbers_in(put_in["candidate"]) == pytest.approx([float(value) for value in expected], abs=1e-3)
    expected = (z, old[unit], 1 - z, n, h)
    assert numbers_in(put_in["hidden"]) == pytest.approx([float(value) for value in expected], abs=1e-3)
    assert panel.given == "2 numbers"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("cell", list(CELLS))
def test_it_is_drawn_in_the_colours_of_the_palette(
    qtbot: QtBot, opened: Open, tmp_path: Path, cell: str, theme: str
) -> None:
    window = opened(make(tmp_path / "run.h5", (60,), cell=cell))
    window.themes.choose(theme)
    panel = cell_of(qtbot, window)
    choose_unit(qtbot, window, 1)
    found = colours(panel.grab().toImage())
    lines = {"gru": ("update", "reset", "candidate"), "lstm": ("forget", "input", "candidate", "output"), "rnn": ()}
    expected = {palette.LINES[name].lower() for name in lines[cell]} | {palette.OVERWRITTEN.lower()}
    assert expected <= found
    assert window.themes.theme.panel.lower() in found


@pytest.mark.parametrize("scale", [0.9, 1.0, 1.7])
def test_numbers_fit_their_places(qapp: QApplication, scale: float) -> None:
    for cell in (*CELLS.values(), variant(CELLS["gru"], reset="before")):
        for label in drawing(cell, reset="before" if "(r h′)" in str(cell.quantities) else "after").labels:
            room = label.box.width * scale
            if label.symbol:
                room -= typeset(label.symbol, symbol_size(scale)).width
            if label.amount:
                fraction = label.amount in ("update", "reset", "forget", "input", "output", "write")
                rough = ("= " if label.equals else "") + ("0.888" if fraction else "-0.888")
                room -= typeset(rough, number_size(scale)).width + (4 * scale if label.symbol else 0)
            assert room >= -1, (cell.name, label)
            assert label.box.height >= TEXT


def test_every_equation_is_seen_whole(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    for cell in CELLS:
        window = opened(make(tmp_path / f"{cell}.h5", (60,), cell=cell))
        panel = cell_of(qtbot, window)
        choose_unit(qtbot, window, 1)
        for width in (280, 320, 600):
            window.splitter.moveSplitter(window.width() - width, 1)
            settle(qtbot, window)
            panel.grab()
            assert len(panel.scene.layout.equations) == {"gru": 4, "lstm": 6, "rnn": 1}[cell]
            assert panel.scene.bottom <= panel.height()
            assert panel.scene.layout.lines.size >= 11
        window.close()


@pytest.mark.parametrize("width", [264, 304])
def test_numbers_with_many_digits_fit_their_line(qapp: QApplication, steps: Steps, width: int) -> None:
    """What is printed of recordings of all sizes, in a side of 280 and of 320 pixels."""
    smaller = seen = 0
    torch.manual_seed(3)
    for kind, size in itertools.product((nn.GRU, nn.LSTM, nn.RNN), (1e-3, 1.0, 30.0)):
        with gruviz.record(kind(3, 16, batch_first=True), size * torch.randn(1, 100, 3)) as run:
            for step in steps(run, 6):
                lines = lines_for(step.cell, step.reset, width)
                room = width - lines.left - lines.right - 1.6 * lines.size
                for *terms, result in numbers(step).values():
                    assert terms_width(tuple(terms), fitting(tuple(terms), lines.size, room)) <= room
                    assert terms_width((result,), fitting((result,), lines.size, lines.right)) <= lines.right
                    smaller += fitting(tuple(terms), lines.size, room) < 10
                    seen += 1
    assert smaller < 0.05 * seen


def test_where_room_is_short_the_last_equations_stay(qtbot: QtBot, opened: Open, sonnets: Path) -> None:
    window = opened(sonnets)
    panel = cell_of(qtbot, window)
    choose_unit(qtbot, window, 1)
    window.side.moveSplitter(window.side.height() - 240, 1)
    settle(qtbot, window)
    panel.grab()
    seen = [equation.quantity for equation in panel.scene.layout.equations]
    assert 0 < len(seen) < 4
    assert seen == ["reset", "update", "candidate", "hidden"][-len(seen) :]
    assert panel.scene.bottom <= panel.height()


def test_it_says_what_is_special(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    torch.manual_seed(3)
    model = nn.LSTM(2, 6, batch_first=True, proj_size=3)
    gruviz.record(model, torch.randn(1, 40, 2), path=tmp_path / "run.h5").close()
    window = opened(tmp_path / "run.h5")
    panel = cell_of(qtbot, window)
    choose_unit(qtbot, window, 1)
    assert panel.note == "begins at the initial state"
    key(window, Qt.Key.Key_Right)
    assert panel.note == "h goes on as 3 numbers"
    assert np.isfinite(list(panel.step.values.values())).all()
    assert "update gate" not in panel.toolTip()
    assert "forget gate" in panel.toolTip()


def test_it_is_copied_as_a_picture(qtbot: QtBot, opened: Open, sonnets: Path) -> None:
    window = opened(sonnets)
    panel = cell_of(qtbot, window)
    choose_unit(qtbot, window, 1)
    menu = ask_for_menu(panel, QPoint(50, 50))
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert QGuiApplication.clipboard().image().width() == round(panel.width() * panel.devicePixelRatioF())
    assert window.toolbar.readout.text() == "copied the cell"
