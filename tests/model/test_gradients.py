"""Gradients through time are autograd's on the same network unrolled, for every cell, through every layer."""

import numpy as np
import pytest
import torch

from gruviz.model import checkpoint
from gruviz.model.gradients import gradients, loss_of
from gruviz.model.network import Architecture, build
from gruviz.model.run import record_sequences
from gruviz.recording.gradient import SUM
from gruviz.sequences import Sequence, Vocabulary

from . import unrolled

SYMBOLS = tuple("abcdef")
T, H = 40, 7

NETWORKS = {
    "gru": {"cell": "gru"},
    "gru, reset before": {"cell": "gru", "reset": "before"},
    "lstm": {"cell": "lstm"},
    "rnn": {"cell": "rnn"},
    "rnn, relu": {"cell": "rnn", "nonlinearity": "relu"},
    "gru, two layers": {"cell": "gru", "layers": 2},
    "lstm, two layers": {"cell": "lstm", "layers": 2},
    "rnn, two layers": {"cell": "rnn", "layers": 2},
    "gru, bidirectional": {"cell": "gru", "bidirectional": True},
    "gru, bidirectional, two layers": {"cell": "gru", "bidirectional": True, "layers": 2},
    "lstm, bidirectional, two layers": {"cell": "lstm", "bidirectional": True, "layers": 2},
    "gru, backward": {"cell": "gru", "backward": True},
    "gru, without biases": {"cell": "gru", "bias": False},
}


def text_model(tmp_path, **options):
    size = len(SYMBOLS)
    model = build(Architecture(inputs=size, hidden=H, outputs=size, embedding=5, **options), seed=1)
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(1.5)
    path = tmp_path / "model.safetensors"
    checkpoint.save(path, model, vocabulary=Vocabulary(SYMBOLS), task={"name": "char"}, training={})
    return checkpoint.load(path)


def letters(length=T, seed=0):
    return "".join(np.random.default_rng(seed).choice(list(SYMBOLS), length))


def collected(pieces):
    """By layer and name, everything in the order of time."""
    found = {}
    for piece in pieces:
        for name, values in piece.values.items():
            found.setdefault((piece.layer, name), []).append((piece.start, values))
    return {key: np.concatenate([v for _, v in sorted(parts, key=lambda p: p[0])]) for key, parts in found.items()}


def by_autograd(model, text, at):
    tokens = torch.from_numpy(Vocabulary(SYMBOLS).encode(text).astype(np.int64))
    found, top = unrolled.states(model, model.embedding.weight.detach()[tokens])
    logits = top @ model.readout.weight.double().T + model.readout.bias.double()
    losses = torch.nn.functional.cross_entropy(logits[:-1], tokens[1:], reduction="none")
    (losses.sum() if at == "sum" else losses[at]).backward()
    return found


def grads(states):
    return np.stack([np.zeros(len(s)) if s.grad is None else s.grad.numpy() for s in states])


def assert_alike(found, expected, tolerance=1e-5):
    for layer, states in expected.items():
        for state, nodes in states.items():
            if not nodes:
                continue
            exact = grads(nodes)
            norms = np.linalg.norm(exact, axis=1)
            first = next(iter(found))[0] if layer == "input" else layer
            if layer == "input":
                (norm,) = (values for (_, name), values in found.items() if name == "norm_input")
            else:
                norm = found[first, f"norm_{state}"]
            np.testing.assert_allclose(10**norm, norms, rtol=tolerance, atol=1e-300)
            if layer != "input":
                direction = found[layer, f"direction_{state}"]
                np.testing.assert_allclose(direction * norms[:, None], exact, atol=tolerance * norms.max())


@pytest.mark.parametrize("at", ["sum", 30])
@pytest.mark.parametrize("network", NETWORKS)
def test_they_are_autograds(tmp_path, network, at):
    loaded, text = text_model(tmp_path, **NETWORKS[network]), letters()
    run = record_sequences(loaded, [Sequence("other", text="abc"), Sequence("text", text=text)], None, device="cpu")
    loss = loss_of(run, at, sequence=1)
    assert (loss.kind, loss.at) == ("cross entropy", SUM if at == "sum" else at)
    expected = by_autograd(loaded.model, text, at)
    if loaded.model.architecture.backward:
        assert list(run.layers) == ["rnn.l0_reverse"]
    assert_alike(collected(gradients(run, loss, sequence=1)), expected)


def test_float32_is_as_good_as_its_digits(tmp_path):
    loaded, text = text_model(tmp_path, cell="lstm", layers=2), letters()
    run = record_sequences(loaded, [Sequence("text", text=text)], None, device="cpu")
    found = collected(gradients(run, loss_of(run, "sum", double=False), double=False))
    assert_alike(found, by_autograd(loaded.model, text, "sum"))
    assert found["rnn.l1", "direction_cell"].dtype == np.float32
    exact = collected(gradients(run, loss_of(run)))
    assert not np.array_equal(found["rnn.l0", "norm_cell"], exact["rnn.l0", "norm_cell"])  # it did compute in float32


@pytest.mark.parametrize("network", ["gru, bidirectional, two layers", "lstm, two layers", "gru, backward"])
def test_pieces_and_files_change_nothing(tmp_path, monkeypatch, network):
    loaded, text = text_model(tmp_path, **NETWORKS[network]), letters()
    run = record_sequences(loaded, [Sequence("text", text=text)], None, device="cpu")
    whole = collected(gradients(run, loss_of(run)))
    for name in ("unrolled.VALUES", "model._through._IN_MEMORY"):
        monkeypatch.setattr(f"gruviz.{name}", 100)
    pieces = list(gradients(run, loss_of(run)))
    assert max(len(piece) for piece in pieces if "norm_hidden" in piece.values) < 8
    for key, values in collected(pieces).items():
        np.testing.assert_allclose(values, whole[key], rtol=1e-12, atol=1e-12)


def rnn_of(matrix, nonlinearity, tmp_path, **options):
    """A plain RNN with this W_hh, whose read-out is the sum of its units."""
    size = len(matrix)
    model = build(Architecture("rnn", 1, size, outputs=1, nonlinearity=nonlinearity, **options), seed=0)
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
        model.rnn.weight_hh_l0.copy_(torch.tensor(matrix))
        model.rnn.weight_ih_l0.fill_(1.0)
        model.readout.weight.fill_(1.0)
    path = tmp_path / "rnn.safetensors"
    task = {"name": "series", "source": "x", "trained_on": 1}
    checkpoint.save(path, model, columns=("x",), mean=[0], std=[1], task=task, training={})
    return checkpoint.load(path)


@pytest.mark.parametrize("double", [True, False])
def test_what_vanishes_beyond_what_a_float_holds_is_still_told(tmp_path, double):
    """log10 of the norm falls by 3 a timestep for 2,000 timesteps: 10^-6000 is no number that a float64 holds."""
    loaded = rnn_of([[0.001]], "relu", tmp_path)
    values = np.ones((2001, 1), np.float32)
    run = record_sequences(loaded, [Sequence("ones", values=values, columns=("x",))], None, device="cpu")
    loss = loss_of(run, "last", double=double)
    assert (loss.kind, loss.at) == ("squared error", 1999)
    norms = collected(gradients(run, loss, double=double))["rnn.l0", "norm_hidden"]
    assert np.isneginf(norms[2000])  # after the loss
    np.testing.assert_allclose(np.diff(norms[:2000]), 3, rtol=1e-5)
    h = 1 / (1 - 0.001)
    np.testing.assert_allclose(norms[1999], np.log10(2 * (h - 1)), rtol=1e-3)


def test_what_explodes_beyond_what_a_float_holds_is_still_told(tmp_path):
    """Two units that hold each other at 1, with a weight of 20 and a bias of -19: 20^498 is no number either."""
    loaded = rnn_of([[0.0, 20.0], [20.0, 0.0]], "relu", tmp_path, initial=True)
    with torch.no_grad():
        loaded.model.rnn.bias_ih_l0.fill_(-19.0)
        loaded.model.rnn.weight_ih_l0.zero_()
        loaded.model.initial_hidden.fill_(1.0)
    values = np.zeros((500, 1), np.float32)
    run = record_sequences(loaded, [Sequence("zeros", values=values, columns=("x",))], None, device="cpu")
    assert (run.layers["rnn.l0"]["hidden"][:] == 1).all()
    found = collected(gradients(run, loss_of(run, "last")))
    np.testing.assert_allclose(np.diff(found["rnn.l0", "norm_hidden"][:499]), -np.log10(20), rtol=1e-5)
    np.testing.assert_allclose(found["rnn.l0", "norm_hidden"][498], np.log10(2 * 2 * np.sqrt(2)), rtol=1e-5)
    assert np.isneginf(found["rnn.l0", "norm_input"]).all()  # nothing of the input is read
    np.testing.assert_allclose(found["rnn.l0", "direction_hidden"][:499], np.sqrt(0.5), rtol=1e-5)
