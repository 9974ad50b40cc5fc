"""Jacobians of a step are those of finite differences, and products of many of them those of autograd."""

import numpy as np
import pytest
import torch

from gruviz.errors import GruvizError
from gruviz.model import checkpoint
from gruviz.model.chain import Link
from gruviz.model.connectivity import Outputs, connectivity
from gruviz.model.jacobians import exponents, growth, reach, spread, step_norms, step_radius
from gruviz.model.network import Architecture, build
from gruviz.model.run import record_sequences
from gruviz.sequences import Sequence, Vocabulary
from gruviz.slopes import GRUSlope, LSTMSlope, ResetBeforeSlope, RNNSlope

from . import unrolled
from .test_gradients import NETWORKS, SYMBOLS, H, T, collected, letters, rnn_of, text_model

STEPS = {
    "gru": lambda x, s, w: unrolled.gru(x, s, w, "after"),
    "gru, reset before": lambda x, s, w: unrolled.gru(x, s, w, "before"),
    "lstm": lambda x, s, w: torch.cat(unrolled.lstm(x, *s.chunk(2), w)),
    "rnn": lambda x, s, w: torch.tanh(total(x, s, w)),
    "rnn, relu": lambda x, s, w: torch.relu(total(x, s, w)),
}


def total(x, s, w):
    return w["W_ih"] @ x + w["b_ih"] + w["W_hh"] @ s + w["b_hh"]


def some_weights(kind, generator):
    rows = {"g": 3, "l": 4, "r": 1}[kind[0]] * H
    shapes = {"W_ih": (rows, 4), "W_hh": (rows, H), "b_ih": (rows,), "b_hh": (rows,)}
    return {name: torch.randn(shape, generator=generator, dtype=torch.float64) for name, shape in shapes.items()}


def gates(kind, x, s, w):
    """What a recording would hold of a step, in float64."""
    if kind == "rnn" or kind == "rnn, relu":
        return {"hidden": STEPS[kind](x, s, w)[None]}
    a, b = w["W_ih"] @ x + w["b_ih"], w["W_hh"] @ s[:H] + w["b_hh"]
    if kind == "lstm":
        i, f, g, o = (a + b).chunk(4)
        h, c = STEPS[kind](x, s, w).chunk(2)
        values = {"input": i.sigmoid(), "forget": f.sigmoid(), "candidate": g.tanh(), "output": o.sigmoid()}
        return {name: value[None] for name, value in (values | {"cell": c, "hidden": h}).items()}
    r, z = (a + b)[: 2 * H].sigmoid().chunk(2)
    h = STEPS[kind](x, s, w)
    return {"reset": r[None], "update": z[None], "candidate": ((h - z * s) / (1 - z))[None], "hidden": h[None]}


def slope_of(kind, x, s, w):
    values = gates(kind, x, s, w)
    if kind == "gru":
        return GRUSlope.at(values, s[None], w["W_hh"], w["b_hh"][2 * H :])
    if kind == "gru, reset before":
        return ResetBeforeSlope.at(values, s[None], w["W_hh"])
    if kind == "lstm":
        return LSTMSlope.at(values, s[None, H:], w["W_hh"])
    return RNNSlope.at(values, w["W_hh"], "relu" if "relu" in kind else "tanh")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", STEPS)
def test_a_step_is_as_finite_differences_have_it(kind, seed):
    generator = torch.Generator().manual_seed(seed)
    w = some_weights(kind, generator)
    x = torch.randn(4, generator=generator, dtype=torch.float64)
    s = torch.randn(2 * H if kind == "lstm" else H, generator=generator, dtype=torch.float64)
    slope = slope_of(kind, x, s, w)
    apart = 1e-5 * torch.eye(len(s), dtype=torch.float64)
    columns = [(STEPS[kind](x, s + e, w) - STEPS[kind](x, s - e, w)) / 2e-5 for e in apart]
    apart = 1e-5 * torch.eye(4, dtype=torch.float64)
    from_x = [(STEPS[kind](x + e, s, w) - STEPS[kind](x - e, s, w)) / 2e-5 for e in apart]
    exact = torch.stack(columns, 1).numpy()
    np.testing.assert_allclose(slope.matrix()[0], exact, atol=1e-6)
    v = torch.randn(5, len(s), generator=generator, dtype=torch.float64)
    np.testing.assert_allclose(slope[0].forth(v), v.numpy() @ exact.T, atol=1e-6)
    before, to_sums = slope[0].back(v)
    np.testing.assert_allclose(before, v.numpy() @ exact, atol=1e-6)
    np.testing.assert_allclose(slope[0].gradient(v), before)
    np.testing.assert_allclose(to_sums @ w["W_ih"], v @ torch.stack(from_x, 1), atol=1e-6)


def link_of(tmp_path, network, length=T, layer=0):
    loaded = text_model(tmp_path, **NETWORKS[network])
    text = letters(length)
    run = record_sequences(loaded, [Sequence("other", text="abc"), Sequence("text", text=text)], None, device="cpu")
    return loaded, text, Link(run, list(run.layers.values())[layer], 1)


def direct(link):
    """The Jacobian of every step, in processing order."""
    J = link.slopes(0, link.length).matrix().numpy()
    return J[::-1] if link.layer.backward else J


CHAINS = ["gru", "gru, reset before", "lstm", "rnn", "rnn, relu", "gru, backward"]


@pytest.mark.parametrize("network", CHAINS)
def test_norms_and_radii_of_the_steps(tmp_path, network):
    _, _, link = link_of(tmp_path, network)
    J = link.slopes(0, link.length).matrix().numpy()
    found = collected(step_norms(link))[link.layer.name, "step_norm"]
    np.testing.assert_allclose(found, np.linalg.norm(J, 2, axis=(1, 2)), rtol=1e-3)
    for t in (0, 17):
        assert step_radius(link, t) == pytest.approx(np.abs(np.linalg.eigvals(J[t])).max())


@pytest.mark.parametrize("network", CHAINS)
def test_growth_is_that_of_the_direct_product_too(tmp_path, monkeypatch, network):
    _, _, link = link_of(tmp_path, network)
    steps = collected(growth(link))[link.layer.name, "growth"]
    start = torch.linalg.qr(torch.randn(link.slopes(0, 1).size, 1, dtype=torch.float64, generator=seeded()))[0].numpy()
    for J in direct(link):
        start = J @ start
    assert steps.sum() == pytest.approx(np.log10(np.linalg.norm(start)), rel=1e-6)
    monkeypatch.setattr("gruviz.unrolled.VALUES", 100)
    np.testing.assert_allclose(collected(growth(link))[link.layer.name, "growth"], steps, rtol=1e-9)


def seeded():
    return torch.Generator().manual_seed(0)


def test_all_exponents_add_up_to_the_determinants(tmp_path):
    _, _, link = link_of(tmp_path, "gru")
    found = exponents(link, H)
    volume = np.log10(np.abs(np.linalg.det(direct(link)))).sum() / T
    assert found.sum() == pytest.approx(volume, rel=1e-6)
    assert found[0] > found[-1]
    np.testing.assert_allclose(exponents(link, 3), found[:3], atol=0.3)


def test_nothing_overflows(tmp_path):
    loaded = rnn_of([[0.0, 20.0], [20.0, 0.0]], "relu", tmp_path, initial=True)
    with torch.no_grad():
        loaded.model.rnn.bias_ih_l0.fill_(-19.0)
        loaded.model.rnn.weight_ih_l0.zero_()
        loaded.model.initial_hidden.fill_(1.0)
    values = Sequence("zeros", values=np.zeros((500, 1), np.float32), columns=("x",))
    run = record_sequences(loaded, [values], None, device="cpu")
    link = Link(run, run.layers["rnn.l0"], 0)
    assert exponents(link, 2) == pytest.approx(np.log10([20, 20]))
    norms = collected(reach(link, 499, 10**6))["rnn.l0", "reach_hidden"]
    np.testing.assert_allclose(norms, np.arange(499, -1, -1) * np.log10(20))


def by_autograd(loaded, text, layer, state, t):
    """d(state t)/d(every state before), (T, H, H), from the network unrolled."""
    tokens = torch.from_numpy(Vocabulary(SYMBOLS).encode(text).astype(np.int64))
    found, top = unrolled.states(loaded.model, loaded.model.embedding.weight.detach()[tokens])
    nodes = found[layer][state]
    rows = []
    for unit in range(H):
        got = torch.autograd.grad(nodes[t][unit], nodes, retain_graph=True, allow_unused=True)
        rows.append(torch.stack([torch.zeros(H, dtype=torch.float64) if g is None else g for g in got]))
    return torch.stack(rows, 1).numpy(), found, top


@pytest.mark.parametrize("network", [*CHAINS, "lstm, two layers", "gru, bidirectional, two layers"])
@pytest.mark.parametrize("t", [T - 1, 25])
def test_what_a_state_depends_on_is_autograds(tmp_path, monkeypatch, network, t):
    loaded, text, link = link_of(tmp_path, network)
    t = T - 1 - t if link.layer.backward else t
    found = collected(reach(link, t, 10**6))
    assert max(len(piece) for piece in reach(link, t, 20)) == 21
    monkeypatch.setattr("gruviz.model.jacobians._MATRICES", 300)
    pieces = list(reach(link, t, 10**6))
    assert max(map(len, pieces)) <= 6
    name, start = link.layer.name, min(piece.start for piece in pieces)
    for key, values in collected(pieces).items():
        np.testing.assert_allclose(values, found[key], rtol=1e-4, atol=1e-4)
    for state in link.layer.cell.states:
        exact, _, _ = by_autograd(loaded, text, name, state, t)
        exact = exact[start : start + len(found[name, f"reach_{state}"])]
        norms = 10 ** found[name, f"reach_{state}"]
        np.testing.assert_allclose(norms, np.linalg.norm(exact, 2, axis=(1, 2)), rtol=1e-4)
        columns = found[name, f"column_{state}"] * norms[:, None]
        np.testing.assert_allclose(columns, np.linalg.norm(exact, axis=1), rtol=1e-3, atol=1e-4 * norms.max())
        diagonal = found[name, f"diagonal_{state}"] * norms[:, None]
        np.testing.assert_allclose(diagonal, np.diagonal(exact, axis1=1, axis2=2), rtol=1e-3, atol=1e-4 * norms.max())


def what_depends_on(loaded, text, layer, state, s):
    """d(every state)/d(state s), (T, H, H), from the network unrolled."""
    tokens = torch.from_numpy(Vocabulary(SYMBOLS).encode(text).astype(np.int64))
    found, _ = unrolled.states(loaded.model, loaded.model.embedding.weight.detach()[tokens])
    nodes = found[layer][state]
    made = []
    for node in nodes:
        rows = [torch.autograd.grad(x, nodes[s], retain_graph=True, allow_unused=True)[0] for x in node]
        made.append(torch.stack([torch.zeros(H, dtype=torch.float64) if row is None else row for row in rows]))
    return torch.stack(made).numpy()


@pytest.mark.parametrize("network", [*CHAINS, "lstm, two layers", "gru, bidirectional, two layers"])
@pytest.mark.parametrize("s", [0, 14])
def test_what_depends_on_a_state_is_autograds(tmp_path, monkeypatch, network, s):
    loaded, text, link = link_of(tmp_path, network)
    s = T - 1 - s if link.layer.backward else s
    found = collected(spread(link, s, 10**6))
    (few,) = spread(link, s, 9)
    assert len(few) == 10
    monkeypatch.setattr("gruviz.model.jacobians._MATRICES", 300)
    pieces = list(spread(link, s, 10**6))
    assert max(map(len, pieces)) <= 6
    start = min(piece.start for piece in pieces)
    assert start == (0 if link.layer.backward else s)
    assert few.start == (s - 9 if link.layer.backward else s)
    for key, values in collected(pieces).items():
        np.testing.assert_allclose(values, found[key], rtol=1e-4, atol=1e-4)
    name = link.layer.name
    for state in link.layer.cell.states:
        norms = 10 ** found[name, f"spread_{state}"]
        exact = what_depends_on(loaded, text, name, state, s)[start : start + len(norms)]
        np.testing.assert_allclose(norms, np.linalg.norm(exact, 2, axis=(1, 2)), rtol=1e-4)
        columns = found[name, f"spread_column_{state}"] * norms[:, None]
        np.testing.assert_allclose(columns, np.linalg.norm(exact, axis=1), rtol=1e-3, atol=1e-4 * norms.max())
        diagonal = found[name, f"spread_diagonal_{state}"] * norms[:, None]
        np.testing.assert_allclose(diagonal, np.diagonal(exact, axis1=1, axis2=2), rtol=1e-3, atol=1e-4 * norms.max())


LAGS = 12


@pytest.mark.parametrize(
    "network", ["gru", "gru, reset before", "lstm", "rnn", "lstm, two layers", "gru, two layers", "gru, backward"]
)
def test_what_an_output_depends_on_is_autograds(tmp_path, monkeypatch, network):
    loaded, text, link = link_of(tmp_path, network)
    run = link.recording
    tokens = torch.from_numpy(Vocabulary(SYMBOLS).encode(text).astype(np.int64))
    nodes, top = unrolled.states(loaded.model, loaded.model.embedding.weight.detach()[tokens])
    logits = top @ loaded.model.readout.weight.double().T + loaded.model.readout.bias.double()
    found = collected(connectivity(Outputs(run, sequence=1), LAGS))
    monkeypatch.setattr("gruviz.model.connectivity._VALUES", 200)
    in_pieces = collected(connectivity(Outputs(run, sequence=1), LAGS))
    ((key, values),) = found.items()
    assert key == (next(iter(run.layers)), "connectivity")
    np.testing.assert_allclose(in_pieces[key], values, rtol=1e-9)
    expected = np.full((T, LAGS), np.nan)
    for t in range(T):
        got = torch.autograd.grad(logits[t].max(), nodes["input"]["hidden"], retain_graph=True, allow_unused=True)
        for lag in range(LAGS):
            s = t + lag if link.layer.backward else t - lag
            if 0 <= s < T:
                expected[t, lag] = torch.linalg.vector_norm(got[s])
    np.testing.assert_allclose(10**values, expected, rtol=1e-5)


def test_all_numbers_that_come_out_count_and_what_is_passed_on_as_it_is(tmp_path):
    """y_t = x_t + W h_t with one unit: 1 + 1 at no lag, then 0.5 to the power of the lag."""
    model = build(Architecture("rnn", 2, 1, outputs=2, nonlinearity="relu", skip=True), seed=0)
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
        model.rnn.weight_hh_l0.fill_(0.5)
        model.rnn.weight_ih_l0.copy_(torch.tensor([[1.0, 0.0]]))
        model.readout.weight.copy_(torch.tensor([[1.0], [3.0]]))
    path = tmp_path / "model.safetensors"
    checkpoint.save(path, model, columns=("a", "b"), mean=[0, 0], std=[2, 2], task={"name": "series"}, training={})
    sequence = Sequence("ones", values=np.ones((9, 2), np.float32), columns=("a", "b"))
    run = record_sequences(checkpoint.load(path), [sequence], None, device="cpu")
    ((_, found),) = collected(connectivity(Outputs(run), 4)).items()
    at_once = np.linalg.norm([[1 + 1, 0], [3, 1]])
    np.testing.assert_allclose(10 ** found[5], [at_once, *(np.sqrt(10) * 0.5**lag for lag in (1, 2, 3))], rtol=1e-6)


def test_ways_that_go_to_and_fro_are_refused(tmp_path):
    _, _, link = link_of(tmp_path, "gru, bidirectional")
    run = link.recording
    with pytest.raises(GruvizError, match="in both directions"):
        Outputs(run, sequence=1)
