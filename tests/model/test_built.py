"""What readers find, built and run: held against step-by-step NumPy in float64, whole and in chunks."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from gruviz.cells import CELLS
from gruviz.errors import GruvizError
from gruviz.model import checkpoint
from gruviz.model._built import build_module
from gruviz.model.answers import Answers
from gruviz.model.formats import Direction, RecurrentModule
from gruviz.model.run import record_sequences
from gruviz.sequences import Sequence

from .stepwise import STEP, gru_before_step

INPUTS, H, T = 3, 5, 23
STEPS = {**STEP, "before": gru_before_step}
KINDS = ["gru", "before", "lstm", "rnn"]
TURNS = {"forward": (False,), "backward": (True,), "both": (False, True)}


def module(kind, turns="forward", layers=1, initial=True, dtype=np.float64, seed=0, **more):
    """A module with weights that differ in every block."""
    cell = "gru" if kind == "before" else kind
    draw, gates = np.random.default_rng(seed), len(CELLS[cell].rows)

    def numbers(*shape):
        return draw.normal(0, 0.6, shape).astype(dtype)

    def direction(inputs, backward):
        states = {state: numbers(H) for state in CELLS[cell].states} if initial else {}
        arrays = numbers(gates * H, inputs), numbers(gates * H, H), numbers(gates * H), numbers(gates * H)
        return Direction(*arrays, initial=states, backward=backward)

    widths = [INPUTS] + [H * len(TURNS[turns])] * (layers - 1)
    made = tuple(tuple(direction(width, backward) for backward in TURNS[turns]) for width in widths)
    reset = "before" if kind == "before" else "after"
    return RecurrentModule("net.rnn", cell, made, "pytorch", reset=reset, **more)


def stepwise(found, x):
    """What the layers of a module do, each direction by its quantities (T, H)."""
    kind = "before" if found.reset == "before" else found.cell
    layers = []
    for layer in found.layers:
        done = []
        for direction in layer:
            state = {name: direction.initial.get(name, np.zeros(H)) for name in CELLS[found.cell].states}
            zeros = np.zeros(len(direction.W_ih))
            biases = {name: zeros if (b := getattr(direction, name)) is None else b for name in ("b_ih", "b_hh")}
            steps = []
            for now in x[::-1] if direction.backward else x:
                state = STEPS[kind](now, state, {"W_ih": direction.W_ih, "W_hh": direction.W_hh, **biases})
                steps.append(state)
            values = {name: np.array([step[name] for step in steps]) for name in state}
            done.append({name: value[::-1] if direction.backward else value for name, value in values.items()})
        layers.append(done)
        x = np.concatenate([values["hidden"] for values in done], axis=1)
    return layers


def loaded(found):
    model = build_module(found)
    return checkpoint.Loaded(
        model, None, (), None, None, {}, {}, checkpoint.fingerprint(model), "test", found.convention, ()
    )


def noise(steps=T, seed=1):
    return np.random.default_rng(seed).standard_normal((steps, INPUTS)).astype(np.float32)


@pytest.mark.parametrize("turns", TURNS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_module_in_float64_is_numpy_within_1e_12(kind, turns):
    found = module(kind, turns, layers=2)
    x = noise().astype(np.float64)
    model = build_module(found)
    assert model.architecture.dtype == "float64"
    outputs, _ = model(torch.from_numpy(x)[None])
    expected = np.concatenate([values["hidden"] for values in stepwise(found, x)[-1]], axis=1)
    np.testing.assert_allclose(outputs[0].detach().numpy(), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("chunk", [T, 7])
@pytest.mark.parametrize("turns", TURNS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_recorded_is_what_numpy_gives_step_by_step(kind, turns, chunk):
    found = module(kind, turns, layers=2)
    x = noise()
    run = record_sequences(loaded(found), [Sequence("noise", values=x, columns=tuple("abc"))], None, chunk=chunk)
    expected = stepwise(found, x.astype(np.float64))
    for k, layer in enumerate(expected):
        for backward, values in zip(TURNS[turns], layer, strict=True):
            mine = run.layers[f"net.rnn.l{k}{'_reverse' if backward else ''}"]
            assert mine.backward is backward
            assert mine.reset == found.reset
            for quantity in mine.quantities:
                np.testing.assert_allclose(mine[quantity][:], values[quantity], atol=1e-6)
            for state in mine.cell.states:
                learned = found.layers[k][backward if turns == "both" else 0].initial[state]
                np.testing.assert_allclose(mine.initial(0, state), learned, atol=1e-7)
            assert mine.residual <= 1e-5
            assert mine.dtype == "float64"


@pytest.mark.parametrize("kind", KINDS)
def test_reference_outputs_prove_a_model_in_float64(kind):
    found, x = module(kind), noise()
    expected = stepwise(found, x.astype(np.float64))[0][0]["hidden"]
    sequence = Sequence("noise", values=x, columns=tuple("abc"))
    run = record_sequences(loaded(found), [sequence], None, expect=expected, chunk=7)
    words = run.model["proof"]
    assert words.startswith("proved against reference outputs: they differ by ")
    assert float(words.split("differ by ")[1].split(" ")[0]) <= 1e-12
    assert record_sequences(loaded(found), [sequence], None).model["proof"] == "not proved against reference outputs"
    for wrong in (expected[:, ::-1], expected + 1e-4, np.zeros_like(expected)):
        with pytest.raises(GruvizError, match="differ from the expected ones"):
            record_sequences(loaded(found), [sequence], None, expect=wrong)
    for wrong, word in ((expected[0], "shape"), (expected[1:], "shape"), (np.full_like(expected, np.nan), "finite")):
        with pytest.raises(GruvizError, match=word):
            record_sequences(loaded(found), [sequence], None, expect=wrong)


def test_the_formula_of_the_candidate_is_the_one_of_its_reset():
    for kind, part in (("gru", "r (W_hn h′ + b_hn)"), ("before", "W_hn (r h′) + b_hn")):
        run = record_sequences(loaded(module(kind)), [Sequence("n", values=noise(), columns=tuple("abc"))], None)
        assert part in run.layers["net.rnn.l0"].cell["candidate"].formula


def test_the_two_places_of_the_reset_are_not_one():
    after, before = (build_module(module(kind)) for kind in ("gru", "before"))
    x = torch.from_numpy(noise().astype(np.float64))[None]
    assert (after(x)[0] - before(x)[0]).abs().max() > 0.05


def test_a_relu_is_a_relu():
    found = Answers(nonlinearity="relu").apply(module("rnn", initial=False))
    x = noise()
    run = record_sequences(loaded(found), [Sequence("noise", values=x, columns=tuple("abc"))], None)
    layer, h = found.layers[0][0], np.zeros(H)
    for t in range(T):
        h = np.maximum(layer.W_ih @ x[t] + layer.b_ih + layer.W_hh @ h + layer.b_hh, 0)
        np.testing.assert_allclose(run.layers["net.rnn.l0"]["hidden"][t], h, rtol=1e-5)
    assert "relu" in run.layers["net.rnn.l0"].cell["hidden"].formula


def test_an_update_gate_that_writes_is_turned_into_one_that_keeps():
    """Chung et al. 2014: h_t = (1 - z) h' + z n, computed here with the weights as they stand in the file."""
    theirs = module("gru", initial=False)
    found = Answers(update_gate="write").apply(theirs)
    assert found.convention == "chung"
    assert any("negated" in note for note in found.notes)
    x = noise()
    run = record_sequences(loaded(found), [Sequence("noise", values=x, columns=tuple("abc"))], None)
    mine, w, h = run.layers["net.rnn.l0"], theirs.layers[0][0], np.zeros(H)
    assert mine.convention == "chung"
    for t in range(T):
        step = STEP["gru"](
            x[t].astype(float), {"hidden": h}, {k: getattr(w, k) for k in ("W_ih", "W_hh", "b_ih", "b_hh")}
        )
        z, n = step["update"], step["candidate"]
        h = (1 - z) * h + z * n
        np.testing.assert_allclose(mine["update"][t], 1 - z, atol=1e-6)
        np.testing.assert_allclose(mine["hidden"][t], h, atol=1e-6)


def test_missing_biases_embeddings_and_readouts_are_built_as_they_are():
    embedding = np.random.default_rng(2).normal(size=(9, INPUTS))
    weight = np.random.default_rng(3).normal(size=(4, H))
    bare = module("gru", initial=False, dtype=np.float32)
    first = bare.layers[0][0]
    one_bias = Direction(first.W_ih, first.W_hh, first.b_ih)
    found = RecurrentModule("rnn", "gru", ((one_bias,),), "keras", embedding=embedding, readout=(weight, None))
    tokens = torch.tensor([[3, 1, 8, 0]])
    model = build_module(found)
    expected = stepwise(found, embedding[[3, 1, 8, 0]])[0][0]["hidden"] @ weight.T
    np.testing.assert_allclose(model(tokens)[0][0].detach().numpy(), expected, atol=1e-6)
    assert model.architecture.inputs == 9
    without = RecurrentModule("rnn", "gru", ((Direction(first.W_ih, first.W_hh),),), "keras")
    assert not build_module(without).architecture.bias


def test_answers_that_do_not_fit_are_refused():
    for answers, kind, word in (
        (Answers(update_gate="write"), "lstm", "no GRU"),
        (Answers(reset="before"), "rnn", "no GRU"),
        (Answers(nonlinearity="relu"), "gru", "no plain RNN"),
        (Answers(reads="tokens"), "gru", "no embedding"),
    ):
        with pytest.raises(GruvizError, match=word):
            answers.apply(module(kind))
    with pytest.raises(GruvizError, match="keep or write"):
        Answers(update_gate="both")
    given = Answers(update_gate="write", reset="before")
    assert Answers.from_json(given.to_json()) == given
    assert Answers.from_json({"update_gate": "both"}) == Answers.from_json([]) == Answers()


@pytest.mark.parametrize("convention", ["onnx", "keras"])
def test_answers_that_contradict_the_file_are_refused(convention):
    gru = replace(module("gru"), convention=convention, reset="before")
    with pytest.raises(GruvizError, match=r"the reset of net\.rnn is 'before', not 'after'"):
        Answers(reset="after").apply(gru)
    with pytest.raises(GruvizError, match=r"the update gate of net\.rnn is 'keep', not 'write'"):
        Answers(update_gate="write").apply(gru)
    assert Answers(update_gate="keep", reset="before").apply(gru).reset == "before"
    assert Answers(reset="after").apply(replace(gru, assumed=("reset",))).reset == "after"
    rnn = replace(module("rnn"), convention=convention, nonlinearity="relu")
    with pytest.raises(GruvizError, match=r"the nonlinearity of net\.rnn is 'relu', not 'tanh'"):
        Answers(nonlinearity="tanh").apply(rnn)
    assert Answers(nonlinearity="relu").apply(rnn).nonlinearity == "relu"
