"""All public functions take lists and quantities of a recording, and refuse in one line what does not fit."""

from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gruviz
from gruviz import analysis
from gruviz.analysis import (
    Following,
    Histogram,
    Keeps,
    acting,
    autocorrelation,
    autocorrelation_time,
    by_number,
    carried,
    change,
    classify,
    composition,
    contribution,
    correlation,
    count,
    fading,
    horizon,
    is_binary,
    order,
    paths,
    roc_area,
    saturation,
    set_out,
    survival,
    thresholds,
    through_reset,
    timescales,
    vanishing,
    written,
)
from gruviz.cells import GRU
from gruviz.recording import Block, Writer

T, H = 12, 4
RNG = np.random.default_rng(0)
KEEP, STATE = RNG.random((T, H)), RNG.uniform(-1, 1, (T, H))
WEIGHTS = composition(KEEP, 6)


@dataclass(frozen=True)
class Called:
    """A function, and arguments that it takes."""

    function: Callable[..., Any]
    arguments: dict[str, Any]
    fractions: tuple[str, ...] = ()
    """Arguments that have to lie between 0 and 1."""
    apart: tuple[str, ...] = ()
    """Arguments that need not have as many units, or timesteps, as others."""

    def __call__(self, **changed: Any) -> Any:
        return self.function(**(self.arguments | changed))


def added(kind: Callable[[], Any], found: Callable[[Any], Any]) -> Callable[..., Any]:
    def function(**arguments: Any) -> Any:
        gathered = kind()
        gathered.add(**arguments)
        return found(gathered)

    return function


CALLS = {
    "acting": Called(lambda norms: acting(norms).stop, {"norms": STATE[:, 0]}),
    "autocorrelation": Called(autocorrelation, {"values": STATE}),
    "autocorrelation_time": Called(autocorrelation_time, {"values": STATE}),
    "by_number": Called(lambda values: by_number(values, "keep"), {"values": KEEP[0]}),
    "carried": Called(carried, {"keep": KEEP, "previous": STATE}),
    "change": Called(change, {"state": STATE, "previous": -STATE}),
    "classify": Called(classify, {"keep": KEEP, "state": STATE, "previous": -STATE}, ("keep",)),
    "composition": Called(
        lambda keep, write: composition(keep, 6, write), {"keep": KEEP, "write": KEEP}, ("keep", "write")
    ),
    "contribution": Called(
        contribution, {"weights": WEIGHTS, "candidate": STATE, "initial": STATE[0]}, apart=("weights", "candidate")
    ),
    "correlation": Called(correlation, {"values": STATE, "label": KEEP[:, 0]}),
    "count": Called(count, {"keep": KEEP, "state": STATE, "previous": -STATE}, ("keep",)),
    "fading": Called(fading, {"keep": KEEP, "standing": KEEP[0]}, apart=("keep",)),
    "horizon": Called(horizon, {"survived": np.cumprod(KEEP, axis=0)}),
    "is_binary": Called(is_binary, {"label": KEEP[:, 0]}),
    "order": Called(lambda keep, state: order(keep, "peak", state), {"keep": KEEP, "state": STATE}, ("keep",)),
    "paths": Called(paths, {"keep": KEEP, "reach": STATE[:, 0], "column": KEEP, "diagonal": STATE}, ("keep",)),
    "roc_area": Called(roc_area, {"values": STATE, "label": (KEEP[:, 0] > 0.5).astype(float)}),
    "saturation": Called(saturation, {"gate": KEEP}, ("gate",)),
    "set_out": Called(lambda norms: set_out(norms, 3), {"norms": STATE[:, 0]}),
    "survival": Called(lambda keep: survival(keep, 3), {"keep": KEEP}, ("keep",)),
    "thresholds": Called(lambda values: thresholds("x", values), {"values": KEEP[:, 0]}),
    "through_reset": Called(
        through_reset,
        {"reset": KEEP, "previous": STATE, "weight": STATE[:H], "bias": STATE[0]},
        apart=("weight",),
    ),
    "timescales": Called(timescales, {"keep": KEEP}, ("keep",)),
    "vanishing": Called(vanishing, {"norms": 4 * STATE[:, 0]}),
    "written": Called(written, {"write": KEEP, "candidate": STATE}),
    "Following.add": Called(
        added(lambda: Following(H, H), lambda gathered: gathered.correlation), {"values": STATE, "labels": KEEP}
    ),
    "Histogram.add": Called(added(lambda: Histogram(H), Histogram.saturation), {"gate": KEEP}),
    "Keeps.add": Called(added(lambda: Keeps(H, T), Keeps.timescales), {"keep": KEEP}),
}
ARGUMENTS = [(name, argument) for name, called in CALLS.items() for argument in called.arguments]
OF_RECORDINGS = {
    "added", "candidate_weights", "derived", "fed_by", "finish", "gather_autocorrelation_time", "gather_histogram",
    "gather_keep", "levels", "numbers", "numbers_of", "parts", "paths_to_reached", "steps", "together", "walk_back",
    "work_out", "between", "in_words", "raised", "above", "marked", "broken", "filled", "check_sides",
    "gather_over_training", "along", "logarithmic", "binned", "step_at",
}  # fmt: skip
"""Functions that are given a layer, a cell or single numbers; `broken` and `filled`: lines that were counted before;
`along`, `logarithmic` and `binned`: the steps of a training."""


def flat(found: Any) -> Iterator[np.ndarray]:
    if is_dataclass(found) and not isinstance(found, type):
        found = astuple(found)
    if isinstance(found, tuple | list):
        for each in found:
            yield from flat(each)
    else:
        yield np.asarray(found)


def assert_same(found: Any, expected: Any) -> None:
    for one, other in zip(flat(found), flat(expected), strict=True):
        np.testing.assert_array_equal(one, other)


def test_no_function_is_missing_here() -> None:
    functions = {name for name in analysis.__all__ if callable(getattr(analysis, name)) and not name[0].isupper()}
    assert functions == OF_RECORDINGS | {name for name in CALLS if name[0].islower()}


@pytest.mark.parametrize("name", CALLS)
def test_lists_do(name: str) -> None:
    called = CALLS[name]
    assert_same(called(**{each: values.tolist() for each, values in called.arguments.items()}), called())


@pytest.mark.parametrize(("name", "argument"), ARGUMENTS)
def test_an_argument_with_other_axes_is_refused_in_a_line_that_names_it(name: str, argument: str) -> None:
    called = CALLS[name]
    values = called.arguments[argument]
    for wrong in (values[None, None], np.float64(0.5), [[0.5], [0.5, 0.5]], values.astype(str), [None], 1j * values):
        with pytest.raises(ValueError, match=rf"^{argument} .*give \([^\n]*$"):
            called(**{argument: wrong})


@pytest.mark.parametrize(("name", "argument"), [each for each in ARGUMENTS if len(CALLS[each[0]].arguments) > 1])
def test_arguments_that_do_not_go_together_are_refused_in_one_line(name: str, argument: str) -> None:
    called = CALLS[name]
    values = called.arguments[argument]
    fewer = values[..., :-1] if argument in called.apart else values[:-1]
    with pytest.raises(ValueError, match=r"^[a-z]+ has the shape \([^\n]* but [^\n]*$|^a label has one[^\n]*$"):
        called(**{argument: fewer})


@pytest.mark.parametrize(
    ("name", "argument"), [(name, each) for name, called in CALLS.items() for each in called.fractions]
)
@pytest.mark.parametrize("value", [-0.25, 1.25, np.inf])
def test_what_is_no_fraction_is_refused_in_one_line(name: str, argument: str, value: float) -> None:
    values = CALLS[name].arguments[argument].copy()
    values[2, 1] = value
    with pytest.raises(ValueError, match=rf"^{argument} reaches from [^\n]*: give fractions, 0 to 1$"):
        CALLS[name](**{argument: values})
    values[2, 1] = np.nan
    CALLS[name](**{argument: values})  # which is missing


@pytest.mark.parametrize("sides", [(0.9, 0.1), (-0.1, 0.9), (0.1, 1.5), (float("nan"), 0.9)])
def test_thresholds_of_saturation_in_the_wrong_order_are_refused(sides: tuple[float, float]) -> None:
    histogram = Histogram(H)
    histogram.add(KEEP)
    for measure in (lambda: saturation(KEEP, *sides), lambda: histogram.saturation(*sides)):
        with pytest.raises(ValueError, match=r"^a gate cannot be left-saturated below [^\n]*, the lower one first$"):
            measure()


def test_quantities_of_a_recording_do(tmp_path: Path) -> None:
    """They are read when they are needed, and are what their arrays are."""
    path = tmp_path / "run.h5"
    keep, state = KEEP.astype(np.float32), STATE.astype(np.float32)
    with Writer(path) as writer:
        writer.add_tape("main", columns=["x"])
        writer.add_layer("rnn.l0", tape="main", cell=GRU, size=H)
        writer.begin("main", "noise", initial={"rnn.l0": {"hidden": np.zeros(H, np.float32)}})
        previous = np.vstack([np.zeros((1, H), np.float32), state[:-1]])
        block = Block({"update": keep, "reset": keep, "candidate": state, "hidden": state}, previous, 0.0)
        writer.append("main", {"rnn.l0": block}, values=np.zeros((T, 1), np.float32))
        writer.end("main")
    with gruviz.open(path) as run:
        layer = run.layers["rnn.l0"]
        k, h = layer["update"], layer["hidden"]
        assert_same(survival(k, 3), survival(keep, 3))
        assert_same(horizon(k), horizon(keep))
        assert_same(composition(k, 6, k), composition(keep, 6, keep))
        assert_same(contribution(composition(k, 6), h, STATE[0]), contribution(composition(keep, 6), state, STATE[0]))
        assert_same(carried(k, h), carried(keep, state))
        assert_same(written(k, h), written(keep, state))
        assert_same(change(h, k), change(state, keep))
        assert_same(timescales(k), timescales(keep))
        assert_same(autocorrelation_time(h), autocorrelation_time(state))
        assert_same(saturation(k), saturation(keep))
        assert_same(order(k, "peak", h), order(keep, "peak", state))
        assert_same(correlation(h, KEEP[:, 0]), correlation(state, KEEP[:, 0]))
        assert_same(roc_area(h, KEEP[:, 0] > 0.5), roc_area(state, KEEP[:, 0] > 0.5))
        assert_same(through_reset(k, h, STATE[:H]), through_reset(keep, state, STATE[:H]))
        assert_same(classify(k, h, k), classify(keep, state, keep))
        assert_same(count(k, h, k), count(keep, state, keep))
