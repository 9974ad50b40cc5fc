"""The cell, drawn."""

from pathlib import Path

import numpy as np
import pytest

from gruviz.cell_drawing import drawing
from gruviz.cells import GRU, LSTM, RNN, variant
from gruviz.cli import main
from gruviz.equations import Step, equations, number, numbers
from gruviz.errors import GruvizError
from gruviz.figures import Page, cell, redraw
from gruviz.figures._cell_shapes import mathtext
from gruviz.recording import open as open_recording
from gruviz.view import Pane, View

from .made import TEXT, assert_legible, content, initial, make, previous, small_print, texts, write

DEMO = Path(__file__).parents[2] / "assets" / "demo.h5"
KINDS = [
    (GRU, {}),
    (GRU, {"reset": "before"}),
    (LSTM, {}),
    (RNN, {}),
    (RNN, {"nonlinearity": "relu"}),
]


def recorded(tmp_path: Path, kind, attributes: dict[str, str]):
    values = content(kind, 60, 5)
    if attributes.get("nonlinearity") == "relu":
        values["hidden"] = np.abs(values["hidden"])
    return write(tmp_path / "run.h5", kind, values, **attributes), values


def width_of(page: Page, gid: str) -> list[float]:
    """How wide the streams of a colour are, in parts of the channel of the state, which is full."""
    found = [patch for axes in page.axes for patch in axes.patches if patch.get_gid() == f"stream-{gid}"]
    (full, *_) = (patch for axes in page.axes for patch in axes.patches if patch.get_gid() == "stream-state")
    return [patch.get_linewidth() / full.get_linewidth() for patch in found]


@pytest.mark.parametrize("width", [85, 170])
@pytest.mark.parametrize(("kind", "attributes"), KINDS)
def test_a_textbook_has_all_symbols_and_equations(tmp_path: Path, kind, attributes, width: float) -> None:
    run, _ = recorded(tmp_path, kind, attributes)
    with run:
        page = cell(run, width=width)
        assert_legible(page)
        layer = run.layers["rnn.l0"]
        shape = drawing(layer.cell, reset=layer.reset)
        lines = equations(layer.cell, reset=layer.reset)
    written = texts(page)
    for label in shape.labels:
        assert not label.symbol or mathtext(label.symbol) in written
    for node in shape.nodes:
        assert mathtext(node.text) in written
    for equation in lines:
        assert all(mathtext(term.tex) in written for term in (equation.left, *equation.symbols))
    assert "input" in written  # the key
    assert "sequence" not in small_print(page)
    assert "Residual" not in small_print(page)
    assert "--no-numbers" in page.provenance.command
    assert ("relu" in "".join(written)) == ("nonlinearity" in attributes)
    assert ("reset before the product" in small_print(page)) == ("reset" in attributes)


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize(("kind", "attributes"), KINDS)
def test_numbers_are_those_of_the_unit_at_the_timestep(tmp_path: Path, kind, attributes, backward: bool) -> None:
    run, values = recorded(tmp_path, kind, attributes | ({"direction": "backward"} if backward else {}))
    with run:
        page = cell(run, at=17, units=[3])
        assert_legible(page)
    start = initial(kind, 5)
    before = {state: float(previous(values[state], start[state], backward)[17, 3]) for state in kind.states}
    here = {name: float(each[17, 3]) for name, each in values.items()}
    made = variant(kind, attributes.get("reset", "after"), attributes.get("nonlinearity", "tanh"))
    step = Step(made, here, before, {}, attributes.get("reset", "after"))
    written = texts(page)
    for state, value in before.items():
        assert mathtext(number(value)) in written, state
    for terms in numbers(step).values():
        assert all(mathtext(term.tex) in written for term in terms)
    assert f"{kind.title}, unit 3 at t = 17" in written
    assert "timestep 17." in small_print(page)
    if kind is GRU:
        assert width_of(page, "retained") == pytest.approx([here["update"]] * 2)
        assert width_of(page, "overwritten") == pytest.approx([1 - here["update"]] * 2)
    elif kind is LSTM:
        assert width_of(page, "retained") == pytest.approx([here["forget"], here["forget"] / 2])
        assert width_of(page, "output") == pytest.approx([here["output"]])
    assert ("t{+}1" in "".join(written)) == backward


def test_what_went_in_and_both_parts_stand_there_where_the_recording_has_them() -> None:
    with open_recording(DEMO) as run:
        page = cell(run, at=3, units=[7])
        read = run.layers["rnn.l0"].tape.symbols(slice(3, 4))
    assert ("space" if read == (" ",) else f"‘{read[0]}’") in texts(page)
    assert any("+" in text and r"\tanh" in text and "W" not in text for text in texts(page))  # parts of the candidate
    assert "begins at the initial state" not in texts(page)


@pytest.mark.parametrize(("kind", "attributes"), KINDS)
def test_numbers_of_shut_and_open_gates_have_room(tmp_path: Path, kind, attributes) -> None:
    values = content(kind, 60, 4)
    for unit, (low, high) in enumerate(((3.456e-5, 1 - 3e-6), (0.007443, 0.9999), (1.234e-3, 1.0), (0.0, 0.0384))):
        for quantity in kind.quantities:
            values[quantity.name][:30, unit] = low if quantity.fraction else -low
            values[quantity.name][30:, unit] = high
    with write(tmp_path / "run.h5", kind, values, **attributes) as run:
        for unit in range(4):
            for at in (20, 40):
                assert_legible(cell(run, units=(unit,), at=at))


def test_the_first_timestep_begins_at_the_initial_state(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:1],), units=1)
    with run:
        page = cell(run, at=0)
        assert_legible(page)
        assert "begins at the initial state" in texts(page)


def test_what_is_left_open_the_view_decides(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],))
    with run:
        view = View(length=120, start=10, stop=60, cursor=40, panes=(Pane(layer="rnn.l0", units=(3, 5)),))
        assert "GRU, unit 5 at t = 40" in texts(cell(run, view))
        assert "GRU" in texts(cell(run, view, numbers=False))
        assert "GRU" in texts(cell(run, View(length=120, stop=120, panes=(Pane(layer="rnn.l0"),))))
        assert "GRU, unit 0 at t = 9" in texts(cell(run, at=9))
        assert "GRU, unit 0 at t = 0" in texts(cell(run, numbers=True))


@pytest.mark.parametrize(("options", "message"), [
    ({"units": (1, 2)}, "the numbers of 1 unit, not 2: choose one"),
    ({"at": 300}, "there is no timestep 300 in a sequence of 300"),
    ({"width": 60}, "at least 80 mm"),
])  # fmt: skip
def test_what_cannot_be_drawn(tmp_path: Path, options, message: str) -> None:
    run, _ = make(tmp_path / "run.h5")
    with run, pytest.raises(GruvizError, match=message):
        cell(run, **options)


@pytest.mark.parametrize("name", ["demo", "demo-lstm", "demo-rnn"])
def test_the_diagram_of_each_cell_needs_no_recording_of_ones_own(tmp_path: Path, name: str) -> None:
    path = tmp_path / "cell.pdf"
    assert main(["export", name, "cell", "--no-numbers", "-o", str(path)]) == 0
    page = redraw(path).page
    assert_legible(page)
    assert "demo" not in " ".join(texts(page))
    assert {"input", "new hidden state"} <= set(texts(page))
