"""Networks that are wrapped, compiled, parametrised, shared or half precise, and what cannot be recorded."""

import copy
import warnings

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations
from torch.nn.utils.rnn import pack_padded_sequence

import gruviz
from gruviz.errors import GruvizError
from gruviz.model import _call

from .stepwise import sigmoid

B, T, X, H, P = 3, 9, 4, 6, 3


class Tagger(nn.Module):
    def __init__(self, rnn=None):
        super().__init__()
        torch.manual_seed(0)
        self.rnn = nn.GRU(X, H, 2, batch_first=True) if rnn is None else rnn
        self.head = nn.Linear(H, 2)

    def forward(self, x):
        return self.head(self.rnn(x)[0])


def same(run, other):
    assert list(run.layers) == list(other.layers)
    for name, layer in run.layers.items():
        assert layer.residual <= 1e-5
        for quantity in layer.quantities:
            np.testing.assert_allclose(layer[quantity][:], other.layers[name][quantity][:], atol=1e-6)


class Twice(nn.Module):
    """A compiled network of its own that its author calls by a function."""

    def __init__(self, rnn):
        super().__init__()
        self.rnn = rnn

    def forward(self, x):
        return self.rnn(x)


def compiled(model, how):
    if how == "function":
        return torch.compile(model, backend="eager")
    if how == "in place":
        model.compile(backend="eager")
    elif how == "submodule":
        model.rnn = torch.compile(model.rnn, backend="eager")
    elif how == "data parallel":
        return nn.DataParallel(model)
    elif how == "both":
        return nn.DataParallel(torch.compile(model, backend="eager"))
    return model


@pytest.mark.parametrize("how", ["function", "in place", "submodule", "data parallel", "both"])
def test_a_wrapper_changes_neither_names_nor_gates(how, tmp_path):
    model, x = Tagger().eval(), torch.randn(B, T, X)
    plain = gruviz.record(model, x)
    wrapped = compiled(copy.deepcopy(model), how)
    with torch.no_grad():
        before = wrapped(x)  # compiled before it is recorded
    run = gruviz.record(wrapped, x, path=tmp_path / "run.h5")
    same(run, plain)
    assert torch.allclose(run.output, before, atol=1e-6)
    assert list(run.weights()) == list(plain.weights())
    assert run.model["class"] == "Tagger"
    with torch.no_grad():
        assert torch.allclose(wrapped(x), before, atol=1e-6), "it runs as before"


def test_a_cell_in_a_compiled_loop_is_seen_at_every_step():
    class Loop(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = nn.GRUCell(X, H)

        def forward(self, x):
            state = None
            for t in range(x.shape[1]):
                state = self.cell(x[:, t], state)
            return state

    model = torch.compile(Loop(), backend="eager")
    x = torch.randn(B, T, X)
    with torch.no_grad():
        model(x)
    run = gruviz.record(model, x)
    assert [s.length for s in run.layers["cell"].tape.sequences] == [T] * B


@pytest.mark.parametrize("kind", ["weight norm", "spectral norm", "old weight norm", "cell"])
def test_weights_that_are_computed_from_others(kind):
    torch.manual_seed(0)
    if kind == "cell":
        rnn = parametrizations.weight_norm(nn.GRUCell(X, H), "weight_hh")
        with torch.no_grad():
            rnn.parametrizations.weight_hh.original0.mul_(3)

        class Loop(nn.Module):
            def __init__(self):
                super().__init__()
                self.rnn = rnn

            def forward(self, x):
                state = None
                for row in x.unbind(1):
                    state = self.rnn(row, state)
                return state

        model, name = Loop(), "weight_hh"
    else:
        rnn, name = nn.GRU(X, H, batch_first=True), "weight_hh_l0"
        if kind == "weight norm":
            parametrizations.weight_norm(rnn, name)
        elif kind == "spectral norm":
            parametrizations.spectral_norm(rnn, name).eval()
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)
                torch.nn.utils.weight_norm(rnn, name)
        model = Twice(rnn)
    run = gruviz.record(model, torch.randn(B, T, X))
    (layer,) = run.layers.values()
    assert layer.residual <= 1e-5
    assert [s.length for s in layer.tape.sequences] == [T] * B
    np.testing.assert_allclose(run.weights()[f"rnn.{name}"], getattr(rnn, name).detach().numpy(), atol=1e-6)


def test_flat_weights_that_somebody_replaced_are_those_that_ran():
    """As dropout of recurrent weights does it: anew for each forward pass."""

    class Dropped(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = nn.LSTM(X, H, batch_first=True)

        def forward(self, x):
            kept = self.rnn.weight_hh_l0
            self.rnn._flat_weights = [nn.functional.dropout(w, 0.5) if w is kept else w for w in self.rnn._flat_weights]
            return self.rnn(x)

    run = gruviz.record(Dropped(), torch.randn(B, T, X))
    assert run.layers["rnn.l0"].residual <= 1e-5
    assert run.layers["rnn.l0"].initial(0).any() == False  # noqa: E712


def test_a_module_under_two_names_has_the_first_and_tied_weights_belong_to_who_runs():
    class Shared(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.GRU(X, H, batch_first=True)
            self.again = self.first
            self.tied = nn.GRU(X, H, batch_first=True)
            self.tied.weight_hh_l0 = self.first.weight_hh_l0
            self.tied.weight_ih_l0 = self.first.weight_ih_l0

        def forward(self, x, y):
            return self.first(x)[0], self.again(y)[0], self.tied(x[:, :5])[0]

    x, y = torch.randn(B, T, X), torch.randn(B, 5, X)
    run = gruviz.record(Shared(), x, y)
    assert set(run.layers) == {"first.l0", "tied.l0"}
    assert {name.partition(".")[0] for name in run.weights()} == {"first", "tied"}
    assert [s.length for s in run.layers["first.l0"].tape.sequences] == [T] * B + [5] * B
    assert [s.length for s in run.layers["tied.l0"].tape.sequences] == [5] * B
    assert max(layer.residual for layer in run.layers.values()) <= 1e-5
    tape = run.layers["first.l0"].tape
    np.testing.assert_array_equal(tape.values(tape.sequences[B + 1].rows), y[1].numpy())


def test_a_kernel_called_by_hand_belongs_to_whose_weights_it_has():
    class ByHand(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn, self.cell = nn.GRU(X, H, batch_first=True), nn.GRUCell(X, H)

        def forward(self, x):
            h = torch.zeros(1, len(x), H)
            torch.gru(x, h, self.rnn._flat_weights, True, 1, 0.0, False, False, True)
            cell = self.cell
            return torch.gru_cell(x[:, 0], h[0], cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh)

    run = gruviz.record(ByHand(), torch.randn(B, T, X))
    assert set(run.layers) == {"rnn.l0", "cell"}
    assert max(layer.residual for layer in run.layers.values()) <= 1e-5


def test_unbatched_input():
    for kind in (nn.GRU, nn.LSTM, nn.RNN):
        for batch_first in (True, False):
            module, x = kind(X, H, batch_first=batch_first, bidirectional=True), torch.randn(T, X)
            run = gruviz.record(module, x)
            batched = gruviz.record(module, x[None] if batch_first else x[:, None])
            same(run, batched)
            np.testing.assert_array_equal(run.tapes["main"].values(slice(0, T)), x.numpy())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM, nn.RNN])
def test_half_precision_and_autocast_are_recorded_as_what_they_ran_in(kind, dtype):
    limit, name = {torch.float16: 5e-3, torch.bfloat16: 3e-2}[dtype], str(dtype).removeprefix("torch.")
    torch.manual_seed(0)
    module, x = kind(X, H, 2, batch_first=True).eval(), torch.randn(B, 40, X)
    plain = gruviz.record(module, x)
    halved = gruviz.record(copy.deepcopy(module).to(dtype), x.to(dtype))
    with torch.autocast("cpu", dtype):
        cast = gruviz.record(module, x)
    for run in (halved, cast):
        for layer in run.layers.values():
            assert layer.dtype == name
            assert 0 < layer.residual <= limit
            assert layer.trusted
            for quantity in layer.quantities:
                np.testing.assert_allclose(layer[quantity][:], plain.layers[layer.name][quantity][:], atol=0.1)
    assert plain.layers["l0"].dtype == "float32"


def test_inference_mode():
    for model in (nn.LSTM(X, H, batch_first=True), nn.GRU(X, H, batch_first=True), nn.GRUCell(X, H)):
        x = torch.randn(B, X) if isinstance(model, nn.GRUCell) else torch.randn(B, T, X)
        with torch.inference_mode():
            run = gruviz.record(model, x)
        assert max(layer.residual for layer in run.layers.values()) <= 1e-5


def projected_reference(module, x, h, c, suffix):
    """A projected LSTM step by step in float64: Sak et al. 2014, equations 7 to 12 without the output layer."""
    w = {name: tensor.double().numpy() for name, tensor in module.state_dict().items()}
    zero = np.zeros(4 * H)
    rows = []
    for row in x[::-1] if "reverse" in suffix else x:
        a = w[f"weight_ih{suffix}"] @ row + w[f"weight_hh{suffix}"] @ h
        a = a + w.get(f"bias_ih{suffix}", zero) + w.get(f"bias_hh{suffix}", zero)
        i, f, g, o = np.split(a, 4)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        c = f * c + i * g
        m = o * np.tanh(c)
        h = w[f"weight_hr{suffix}"] @ m
        rows.append({"input": i, "forget": f, "candidate": g, "output": o, "cell": c, "hidden": m, "projected": h})
    rows = rows[::-1] if "reverse" in suffix else rows
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize("storage", ["float32", "float16"])
def test_a_projected_lstm(bias, begun, storage, tmp_path):
    torch.manual_seed(0)
    module = nn.LSTM(X, H, 2, proj_size=P, bidirectional=True, bias=bias, batch_first=True)
    x = torch.randn(B, T, X)
    state = (torch.randn(4, B, P), torch.randn(4, B, H)) if begun else (torch.zeros(4, B, P), torch.zeros(4, B, H))
    run = gruviz.record(module, x, state if begun else None, path=tmp_path / "run.h5", dtype=storage)
    assert torch.equal(run.output[0], module(x, state)[0])
    tolerance = 1e-5 if storage == "float32" else 2e-3
    for number in range(B):
        below = x[number].double().numpy()
        for level in range(2):
            given = []
            for direction, reverse in enumerate(("", "_reverse")):
                row = 2 * level + direction
                h, c = state[0][row, number].double().numpy(), state[1][row, number].double().numpy()
                values = projected_reference(module, below, h, c, f"_l{level}{reverse}")
                layer = run.layers[f"l{level}{reverse}"]
                rows = layer.slice(number)
                projected = values.pop("projected")
                assert layer.projection == P
                assert layer["hidden"].shape == (B * T, H)
                for name, array in values.items():
                    np.testing.assert_allclose(layer[name][rows], array, atol=tolerance)
                np.testing.assert_allclose(layer.projected[rows], projected, atol=tolerance)
                np.testing.assert_array_equal(layer.initial(number, "projected"), h.astype(np.float32))
                np.testing.assert_array_equal(layer.initial(number, "cell"), c.astype(np.float32))
                assert np.isnan(layer.initial(number)).all() == begun
                assert layer.residual <= 1e-5
                given.append(projected)
            below = np.concatenate(given, axis=1)
    assert gruviz.record(nn.LSTM(X, H), torch.randn(T, X)).layers["l0"].projected is None


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize("mistake", ["projection dropped", "initial cell state dropped", "final cell state not held"])
def test_the_residual_of_an_lstm_notices(mistake, monkeypatch):
    """Also what only c_n can tell: an output gate that is shut hides the cell state."""
    torch.manual_seed(0)
    module = nn.LSTM(X, H, proj_size=P, batch_first=True)
    if mistake == "final cell state not held":
        with torch.no_grad():
            module.bias_ih_l0[3 * H :] = -40
    original = _call.LayerRun.replay

    def replay(run, *args):
        if mistake == "projection dropped":
            run.weights = type(run.weights)(*run.weights.tensors[:4], torch.zeros_like(run.weights.W_hr))
        else:
            run.initial["cell"] = torch.zeros_like(run.initial["cell"])
        return original(run, *args)

    state = torch.randn(1, B, P), torch.randn(1, B, H)
    assert gruviz.record(module, torch.randn(B, T, X), state).layers["l0"].trusted
    monkeypatch.setattr(_call.LayerRun, "replay", replay)
    assert not gruviz.record(module, torch.randn(B, T, X), state).layers["l0"].trusted


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("lengths", [None, [9000]])
def test_a_long_lstm_is_replayed_in_pieces_without_a_seam(bidirectional, lengths, monkeypatch):
    from gruviz.model import _pieces

    torch.manual_seed(0)
    module = nn.LSTM(X, H, batch_first=True, bidirectional=bidirectional)
    x = torch.randn(1, 10_000, X)
    with monkeypatch.context() as patch:
        patch.setattr(_pieces, "ROWS", 20_000)
        whole = gruviz.record(module, x, lengths=lengths)
    longest = []
    original = _call.LayerRun.replay

    def replay(run, processed, start, stop, entered=None):
        longest.append(stop - start)
        return original(run, processed, start, stop, entered)

    monkeypatch.setattr(_call.LayerRun, "replay", replay)
    run = gruviz.record(module, x, lengths=lengths)
    assert max(longest) == _pieces.ROWS
    for name, layer in run.layers.items():
        other = whole.layers[name]
        assert layer.residual <= 1e-5
        for quantity in layer.quantities:
            np.testing.assert_allclose(layer[quantity][:], other[quantity][:], atol=2e-6)
        for state in ("hidden", "cell"):
            np.testing.assert_allclose(layer.initial(0, state), other.initial(0, state), atol=2e-6)
            assert layer.initial(0, state).any() == (layer.backward and lengths is not None)


def test_packed_lstms_of_unequal_lengths_are_held_against_their_final_cell_states():
    torch.manual_seed(0)
    module = nn.LSTM(X, H, bidirectional=True, batch_first=True)
    packed = pack_padded_sequence(torch.randn(3, T, X), torch.tensor([4, 9, 1]), batch_first=True, enforce_sorted=False)
    run = gruviz.record(module, packed)
    assert max(layer.residual for layer in run.layers.values()) <= 1e-5


def test_a_model_that_trains_is_stored_as_a_training_step_only_where_it_learns():
    model, x = Tagger().train(), torch.randn(B, T, X)
    assert {s.checkpoint for s in gruviz.record(model, x).tapes["main"].sequences} == {-1}
    with gruviz.Recorder(model) as recorder:
        model(x).sum().backward()
        with torch.no_grad():
            model(x)
        model(x)
        model.eval()(x)
    assert [s.checkpoint for s in recorder.recording.tapes["main"].sequences[::B]] == [1, -1, 2, -1]
    assert list(recorder.recording.checkpoints) == [-1, 1, 2]


def test_what_cannot_be_recorded_says_what_to_do():
    with pytest.raises(GruvizError, match=r"and no cell of theirs"):
        gruviz.record(nn.Linear(2, 2), torch.zeros(1, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scripted = torch.jit.script(nn.GRU(X, H))
    with pytest.raises(GruvizError, match=r"record the nn.Module that it was made from"):
        gruviz.record(scripted, torch.zeros(1, X))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        quantised = torch.ao.quantization.quantize_dynamic(Tagger(), {nn.GRU})
    with pytest.raises(GruvizError, match="before it is quantised"):
        gruviz.record(quantised, torch.zeros(1, T, X))
    parallel = nn.DataParallel(nn.GRU(X, H))
    parallel.device_ids = [0, 1]
    with pytest.raises(GruvizError, match=r"record its \.module"):
        gruviz.record(parallel, torch.zeros(1, X))
