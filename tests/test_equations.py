"""Printed arithmetic adds up, as printed, to three digits."""

import math
import re
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.mathtext import MathTextParser
from torch import nn

import gruviz
from gruviz._assets import asset
from gruviz.arithmetic import number
from gruviz.cell_drawing import drawing
from gruviz.cells import GRU, LSTM, RNN, Cell, variant
from gruviz.equations import Step, Term, equations, in_words, numbers, unsquashed

Steps = Callable[..., Iterator[Step]]

PART = st.floats(-12, 12)
STATE = st.floats(-1, 1)


def sigma(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def relu(value: float) -> float:
    return max(value, 0.0)


def as_printed(terms: tuple[Term, ...]) -> str:
    """The printed numbers as an expression of Python."""
    line = " ".join(term.tex for term in terms)
    line = re.sub(r"([\d.]+) \\cdot 10\^\{(-?\d+)\}", r"\1e\2", line)
    line = re.sub(r"\\mathrm\{(\w+)\}", r"\1", line).replace(r"\times", "*")
    return re.sub(r"\\(\w+)", r"\1", line)


def worked_out(line: str) -> float:
    """What printed numbers come to."""
    return float(eval(line, {"sigma": sigma, "tanh": math.tanh, "relu": relu}))


def third_digit(value: float) -> float:
    """One unit of it."""
    return 10.0 ** (math.floor(math.log10(abs(value))) - 2) if value else 0.0


def assert_adds_up(terms: tuple[Term, ...]) -> bool:
    """To a unit of the third digit of the largest term; returns whether also to the third digit of what is printed."""
    *left, result = terms
    if re.search(r"[<>]|\\leq", line := as_printed(tuple(left))):  # it is only told that it lies beyond
        return True
    expected = worked_out(as_printed((result,)))
    inner = re.sub(r"^(sigma|tanh|relu)\(", "(", line)
    added = re.split(r" [+-] ", inner[1:-1] if inner != line else inner)
    largest = max(map(abs, (*map(worked_out, added), expected)))
    found = worked_out(line)
    assert abs(found - expected) <= 1.001 * third_digit(largest), line
    return number(found) == result.tex


def gru(update: float, reset: float, given: float, recurrent: float, old: float) -> Step:
    candidate = math.tanh(given + reset * recurrent)
    values = {"update": update, "reset": reset, "candidate": candidate}
    values["hidden"] = update * old + (1 - update) * candidate
    split = {name: (unsquashed(values[name], r"\sigma") - 0.7, 0.7) for name in ("update", "reset")}
    return Step(GRU, values, {"hidden": old}, split | {"candidate": (given, recurrent)})


@given(st.floats(0.0005, 0.9995), st.floats(0.0005, 0.9995), st.floats(-3, 3), PART, STATE)
def test_a_gru_adds_up(update: float, reset: float, given: float, recurrent: float, old: float) -> None:
    step = gru(update, reset, given, recurrent, old)
    put_in = numbers(step)
    assert list(put_in) == [equation.quantity for equation in equations(GRU)]
    for terms in put_in.values():
        assert_adds_up(terms)
    for name in ("reset", "update"):  # the sums are of what is printed
        assert as_printed(put_in[name][:-1]).startswith("sigma(")
    keep, *_, result = put_in["hidden"]
    written = put_in["hidden"][2]
    assert sum(worked_out(as_printed((each,))) for each in (keep, written)) == pytest.approx(1, abs=1e-12)
    assert result.tex == number(step.values["hidden"])


@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM, nn.RNN])
@pytest.mark.parametrize("size", [1e-3, 1.0, 30.0])
def test_recordings_add_up(steps: Steps, kind: type[nn.RNNBase], size: float) -> None:
    """Of states near 0, of usual ones and of saturated ones."""
    torch.manual_seed(3)
    with gruviz.record(kind(3, 16, 2, batch_first=True), size * torch.randn(2, 40, 3)) as run:
        lines = [terms for step in steps(run, 4) for terms in numbers(step).values()]
    assert np.mean([assert_adds_up(terms) for terms in lines]) > 0.97


def test_the_demo_adds_up(steps: Steps) -> None:
    with gruviz.open(asset("demo.h5")) as run:
        lines = [terms for step in steps(run, 5, 300) for terms in numbers(step).values()]
    assert np.mean([assert_adds_up(terms) for terms in lines]) > 0.97


@given(*[st.floats(0.0005, 0.9995)] * 3, st.floats(-3, 3), st.floats(-20, 20))
def test_an_lstm_adds_up(keep: float, write: float, out: float, total: float, old: float) -> None:
    values = {"forget": keep, "input": write, "output": out, "candidate": math.tanh(total)}
    values["cell"] = keep * old + write * values["candidate"]
    values["hidden"] = out * math.tanh(values["cell"])
    step = Step(LSTM, values, {"cell": old, "hidden": 0.1}, {"candidate": (total - 1, 1.0)})
    for terms in numbers(step).values():
        assert_adds_up(terms)


@given(st.floats(-3, 3), PART, st.booleans())
def test_a_plain_rnn_adds_up(given: float, recurrent: float, cut: bool) -> None:
    squash = relu if cut else math.tanh
    cell = variant(RNN, nonlinearity="relu") if cut else RNN
    step = Step(cell, {"hidden": squash(given + recurrent)}, {"hidden": 0.5}, {"hidden": (given, recurrent)})
    (terms,) = numbers(step).values()
    assert_adds_up(terms)
    assert ("relu" in as_printed(terms)) == cut


def printed(step: Step) -> dict[str, str]:
    return {name: " ".join(term.tex for term in terms) for name, terms in numbers(step).items()}


def test_the_arithmetic_can_be_followed() -> None:
    step = gru(0.912, 0.71, 0.402, -1.31, 0.324)
    assert printed(step)["hidden"].startswith(r"0.912 \times 0.3240 + 0.088 \times (-0.4")
    assert printed(step)["candidate"].startswith(r"\tanh(0.402 + 0.7100 \times (-1.310)) -0.4")


def test_without_weights_the_whole_is_worked_out_from_what_came_of_it() -> None:
    values = {"update": 0.912, "reset": 1.0, "candidate": -1.0, "hidden": 0.2}
    found = printed(Step(GRU, values, {"hidden": 0.3}))
    assert found["update"] == rf"\sigma({math.log(0.912 / 0.088):.3f}) 0.912"
    assert found["reset"] == r"\sigma(> 16) 1.000"
    assert found["candidate"] == r"\tanh(< -9) -1.000"
    relu_cell = variant(RNN, nonlinearity="relu")
    assert printed(Step(relu_cell, {"hidden": 0.0}, {"hidden": 0.3}))["hidden"] == r"\mathrm{relu}(\leq 0) 0.000"
    assert printed(Step(relu_cell, {"hidden": 1.5}, {"hidden": 0.3}))["hidden"] == r"\mathrm{relu}(1.500) 1.50"


def test_where_the_reset_acts_first_its_own_share_is_not_in_the_numbers() -> None:
    values = {"update": 0.5, "reset": 0.25, "candidate": math.tanh(0.9), "hidden": 0.2}
    parts = {"candidate": (0.5, 0.4)}
    before = Step(variant(GRU, reset="before"), values, {"hidden": 0.3}, parts, reset="before")
    assert printed(before)["candidate"] == r"\tanh(0.500 + 0.400) 0.716"


def test_the_gates_are_put_into_words() -> None:
    assert in_words(gru(0.138, 0.001, 0.4, -1.3, 0.3)) == (
        "14 % of its old state is kept, 86 % written anew",
        "0 % of the old states gets past r to the candidate",
    )
    values = {"forget": 1.0, "input": 0.25, "output": 0.5, "candidate": 0.1, "cell": 0.2, "hidden": 0.1}
    assert in_words(Step(LSTM, values, {})) == (
        "100 % of the old cell state is kept, 25 % of g added",
        "50 % of tanh(c) shows in h",
    )
    (words,) = in_words(Step(RNN, {"hidden": 0.1}, {}))
    assert words.startswith("nothing is kept")


def test_what_is_not_a_number_is_said_to_be_unknown() -> None:
    step = Step(GRU, dict.fromkeys(GRU.names, math.nan), {"hidden": math.nan})
    assert in_words(step)[0] == "? of its old state is kept, ? written anew"
    for terms in numbers(step).values():
        assert terms[-1].tex == "?"


@pytest.mark.parametrize("cell", [GRU, LSTM, RNN])
def test_symbols_say_what_cells_say(cell: Cell) -> None:
    """The two ways in which a formula is written are of the same letters, in the same order."""
    spoken = {"σ": r"\sigma", "′": "'", "−": "-"}
    for equation in equations(cell):
        plain = cell[equation.quantity].formula.partition(" = ")[2]
        for sign, tex in spoken.items():
            plain = plain.replace(sign, tex)
        symbols = " ".join(term.tex for term in equation.symbols).replace("_{t-1}", "'").replace("_t", "")
        flat = re.sub(r"[\s{}\\()]", "", symbols)
        assert flat == re.sub(r"[\s{}\\()]", "", plain), equation.quantity


def test_a_figure_can_set_all_of_it() -> None:
    """Every symbol, term and number is one that matplotlib's mathtext reads."""
    parser, seen = MathTextParser("path"), set()
    for cell, reset in ((GRU, "after"), (variant(GRU, reset="before"), "before"), (LSTM, "after"), (RNN, "after")):
        shape = drawing(cell, reset=reset)
        seen |= {node.text for node in shape.nodes} | {label.symbol for label in shape.labels if label.symbol}
        for equation in equations(cell, reset=reset):
            seen |= {term.tex for term in (equation.left, *equation.symbols)}
        for value in (-0.25, 0.0, 1.0, math.nan):
            step = Step(cell, dict.fromkeys(cell.names, value), dict.fromkeys(cell.states, value), {}, reset)
            seen |= {term.tex for terms in numbers(step).values() for term in terms}
    for tex in seen:
        assert parser.parse(f"${tex}$").width > 0, tex


def test_a_backward_layer_comes_from_the_timestep_after() -> None:
    for cell in (GRU, LSTM, RNN):
        line = " ".join(term.tex for each in equations(cell, backward=True) for term in each.symbols)
        assert "t+1" in line
        assert "t-1" not in line


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0.000"),
        (-0.5126, "-0.513"),
        (-0.003471, "-0.00347"),
        (-0.0003471, r"-3.47 \cdot 10^{-4}"),
        (0.99999, "1.000"),
        (1.31, "1.31"),
        (-316.2, "-316"),
        (12345.678, r"1.23 \cdot 10^{4}"),
        (math.inf, r"\infty"),
    ],
)
def test_numbers_have_three_digits(value: float, words: str) -> None:
    assert number(value) == words
    assert number(math.nan) == "?"
