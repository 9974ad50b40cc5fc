"""Cells called in a loop, and layers called one timestep at a time: sequences, their true states, and residuals."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn

import gruviz
from gruviz.model import _call, replay

from .loops import CELLS, B, H, Loop, T, X, agrees, expected, hidden, item, made, started

FUSED = {"gru": nn.GRU, "lstm": nn.LSTM, "rnn": nn.RNN}


@pytest.mark.parametrize(
    ("kind", "bias", "begun", "batch_first"),
    [
        *itertools.product(CELLS, [True], [False, True], [True]),
        ("gru", False, True, False),
        ("lstm", False, False, False),
    ],
)
def test_a_cell_in_a_loop_is_one_sequence_with_every_quantity(kind, bias, begun, batch_first, tmp_path):
    model = Loop(kind, bias=bias, batch_first=batch_first)
    x, state = torch.randn(B, T, X), started(kind) if begun else None
    given = x if batch_first else x.transpose(0, 1)
    run = gruviz.record(model, given, state, path=tmp_path / "run.h5")
    assert torch.equal(run.output, model(given, state))
    assert list(run.layers) == ["cell"]
    layer = run.layers["cell"]
    assert [s.length for s in layer.tape.sequences] == [T] * B
    assert layer.residual <= 1e-5
    assert not len(layer.altered)
    for number in range(B):
        values, _ = expected(kind, model.cell, x[number], item(state, number))
        assert agrees(layer, number, values)
        np.testing.assert_array_equal(layer.tape.values(layer.slice(number)), x[number].numpy())
    if begun:
        np.testing.assert_array_equal(layer.initial(1), hidden(state)[1].numpy())
    assert set(run.weights()) == {f"cell.{name}" for name, _ in model.cell.named_parameters()}


def test_unbatched_input_and_a_relu_cell():
    model = Loop("gru")
    x = torch.randn(T, X)
    model.dim = 0
    run = gruviz.record(model, x)
    assert agrees(run.layers["cell"], 0, expected("gru", model.cell, x)[0])
    np.testing.assert_array_equal(run.tapes["main"].values(slice(0, T)), x.numpy())
    relu = Loop("rnn", nonlinearity="relu")
    layer = gruviz.record(relu, torch.randn(B, T, X)).layers["cell"]
    assert layer.residual <= 1e-5
    assert layer["hidden"][:].min() == 0
    assert layer["hidden"][:].max() > 0


def test_stacked_cells_share_a_tape_and_an_encoder_and_a_decoder_do_not():
    class Stacked(nn.Module):
        def __init__(self):
            super().__init__()
            self.cells = nn.ModuleList([made("gru"), made("lstm", 1, inputs=H)])

        def forward(self, x):
            first = second = None
            for row in x.unbind(1):
                first = self.cells[0](row, first)
                second = self.cells[1](first, second)
            return second[0]

    run = gruviz.record(Stacked(), torch.randn(B, T, X))
    assert list(run.layers) == ["cells.0", "cells.1"]
    assert list(run.tapes) == ["main"]
    assert max(layer.residual for layer in run.layers.values()) <= 1e-5

    class Translator(nn.Module):
        """As many letters out as in, so that lengths alone would not tell the tapes apart; attention in between."""

        def __init__(self, encoder):
            super().__init__()
            self.encoder, self.decoder = encoder, made("gru", 2, inputs=X + H)
            self.bridge = nn.Linear(H, H)

        def forward(self, source, target):
            if isinstance(self.encoder, nn.GRU):
                memory, state = self.encoder(source)
                state = state[0]
            else:
                state, memory = None, []
                for row in source.unbind(1):
                    state = self.encoder(row, state)
                    memory.append(state)
                memory = torch.stack(memory, 1)
            state = torch.tanh(self.bridge(state))
            for row in target.unbind(1):
                weight = torch.softmax(memory @ state[:, :, None], 1)
                state = self.decoder(torch.cat([row, (weight * memory).sum(1)], 1), state)
            return state

    for encoder in (made("gru", 3), nn.GRU(X, H, batch_first=True)):
        model, source, target = Translator(encoder), torch.randn(B, T, X), torch.randn(B, T, X)
        run = gruviz.record(model, source, target)
        assert set(run.tapes) == {"encoder", "decoder"}
        assert {layer.tape.name for layer in run.layers.values()} == {"encoder", "decoder"}
        for tape in run.tapes.values():
            assert [(s.pass_, s.item, s.length) for s in tape.sequences] == [(0, number, T) for number in range(B)]
        assert max(layer.residual for layer in run.layers.values()) <= 1e-5


def test_a_decoder_that_begins_with_the_encoders_final_state_has_a_tape_of_its_own_though_it_is_as_long():
    class Copier(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder, self.decoder = nn.LSTM(X, H, batch_first=True), nn.LSTM(X, H, batch_first=True)

        def forward(self, x):
            _, state = self.encoder(x)
            return self.decoder(torch.zeros_like(x), state)[0]

    assert set(gruviz.record(Copier(), torch.randn(B, T, X)).tapes) == {"encoder", "decoder"}


BATCH = torch.tensor([4, 9, 2])


def masked(state, t):
    return state * (t < BATCH)[:, None]


def dropped(state, t):
    mask = (torch.rand(B, H, generator=torch.Generator().manual_seed(t)) < 0.7) / 0.7
    return tuple(part * mask for part in state) if isinstance(state, tuple) else state * mask


def normalised(state, t):
    return torch.nn.functional.layer_norm(state, (H,))


@pytest.mark.parametrize(
    ("kind", "between"), [("gru", masked), ("gru", dropped), ("gru", normalised), ("lstm", dropped)]
)
def test_a_state_that_is_changed_between_two_steps_does_not_end_the_sequence_and_is_kept(kind, between, tmp_path):
    model = Loop(kind, between)
    x, state = torch.randn(B, T, X), started(kind)
    run = gruviz.record(model, x, state, path=tmp_path / "run.h5")
    layer = run.layers["cell"]
    assert [s.length for s in layer.tape.sequences] == [T] * B
    assert layer.residual <= 1e-5
    for number in range(B):

        def between_one(now, t, number=number):
            """The same change, of one sequence of the batch."""
            parts = {name: torch.zeros(B, H, dtype=torch.float64) for name in now}
            for name, values in now.items():
                parts[name][number] = torch.from_numpy(values)
            given = (parts["hidden"], parts["cell"]) if kind == "lstm" else parts["hidden"]
            changed = between(given, t)
            changed = changed if isinstance(changed, tuple) else (changed,)
            return {name: part[number].numpy() for name, part in zip(now, changed, strict=True)}

        values, got = expected(kind, model.cell, x[number], item(state, number), between_one)
        assert agrees(layer, number, values)
        for start, stop in ((0, T), (2, 7), (5, T)):
            for name, array in got.items():
                np.testing.assert_allclose(layer.previous(name, number, start, stop), array[start:stop], atol=1e-5)
    if between is masked:
        rows = [
            row for number, length in enumerate(BATCH.tolist()) for row in range(T * number + length, T * number + T)
        ]
        assert layer.altered.tolist() == rows


def test_equal_states_that_are_other_tensors_go_on():
    for between in (lambda s, t: s.detach(), lambda s, t: s.clone(), lambda s, t: s.double().float()):
        model = Loop("gru", between)
        layer = gruviz.record(model, torch.randn(B, T, X)).layers["cell"]
        assert [s.length for s in layer.tape.sequences] == [T] * B
        assert not len(layer.altered)


def test_a_state_that_is_changed_in_place_is_recorded_as_each_step_got_it():
    class InPlace(Loop):
        def forward(self, x):
            state = torch.zeros(B, H)
            for row in x.unbind(1):
                state = self.cell(row, state)
                state[0] *= 0.5
            return state

    model, x = InPlace(), torch.randn(B, T, X)
    layer = gruviz.record(model, x).layers["cell"]
    values, _ = expected("gru", model.cell, x[0], between=lambda now, t: {"hidden": now["hidden"] * 0.5})
    assert agrees(layer, 0, values)
    assert layer.altered.tolist() == list(range(1, T))
    assert layer.residual <= 1e-5

    class OneBuffer(Loop):
        def forward(self, x, state):
            for row in x.unbind(1):
                state.copy_(self.cell(row, state))
            return state

    state = started("gru")
    values, _ = expected("gru", model.cell, x[0], state[0].clone())
    with torch.no_grad():
        layer = gruviz.record(OneBuffer(), x, state).layers["cell"]
    assert agrees(layer, 0, values)
    assert not len(layer.altered)
    assert layer.residual <= 1e-5


def test_a_sequence_begins_at_zero_and_at_a_learned_state():
    class Twice(nn.Module):
        """Two sentences in one forward pass, each from the learned state, or from none."""

        def __init__(self, learned):
            super().__init__()
            self.cell = made()
            self.start = nn.Parameter(torch.randn(1, H)) if learned else None

        def forward(self, *sentences):
            for x in sentences:
                state = None if self.start is None else self.start.expand(len(x), H)
                for row in x.unbind(1):
                    state = self.cell(row, state)
            return state

    for learned in (True, False):
        run = gruviz.record(Twice(learned), torch.randn(B, 5, X), torch.randn(B, 7, X), torch.randn(2, 3, X))
        assert [s.length for s in run.tapes["main"].sequences] == [*[5] * B, *[7] * B, *[3] * 2]
        assert run.layers["cell"].residual <= 1e-5

    class FromThereAndFromZero(Loop):
        def forward(self, x, state):
            super().forward(x, state)
            return super().forward(x)

    run = gruviz.record(FromThereAndFromZero(), torch.randn(B, T, X), started("gru"))
    assert [s.length for s in run.tapes["main"].sequences] == [T] * 2 * B


@pytest.mark.parametrize("kind", FUSED)
def test_a_layer_called_with_one_timestep_at_a_time_is_one_sequence(kind):
    class Stepper(nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.rnn = FUSED[kind](X, H, 2, batch_first=True)

        def forward(self, x, change=1.0):
            state = None
            for t in range(x.shape[1]):
                output, state = self.rnn(x[:, t : t + 1], state)
                state = tuple(part * change for part in state) if kind == "lstm" else state * change
            return output

    model, x = Stepper().eval(), torch.randn(B, T, X)
    whole = gruviz.record(model.rnn, x)
    run = gruviz.record(model, x)
    for number in (0, 1):
        layer = run.layers[f"rnn.l{number}"]
        assert [s.length for s in layer.tape.sequences] == [T] * B
        for name in layer.quantities:
            np.testing.assert_allclose(layer[name][:], whole.layers[f"l{number}"][name][:], atol=1e-5)
    changed = gruviz.record(model, x, change=0.5)
    for layer in changed.layers.values():
        assert [s.length for s in layer.tape.sequences] == [T] * B
        assert len(layer.altered) == B * (T - 1)
        assert layer.residual <= 1e-5


def test_a_prompt_read_whole_and_then_step_by_step_is_one_sequence():
    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = nn.LSTM(X, H, batch_first=True)

        def forward(self, prompt, steps):
            output, state = self.rnn(prompt)
            for _ in range(steps):
                output, state = self.rnn(output[:, -1:, :X], state)
            return output

    run = gruviz.record(Generator(), torch.randn(1, T, X), 5)
    assert [s.length for s in run.tapes["main"].sequences] == [T + 5]
    assert run.layers["rnn.l0"].residual <= 1e-5


class Speller(nn.Module):
    """Letters in, letters out, greedily: what the decoder reads is in no argument."""

    def __init__(self, teacher=False):
        super().__init__()
        torch.manual_seed(0)
        self.teacher = teacher
        self.embed_in, self.embed_out, self.dropout = nn.Embedding(9, X), nn.Embedding(9, X), nn.Dropout(0.3)
        self.encoder, self.decoder = nn.GRU(X, H, batch_first=True), nn.GRUCell(X + H, H)
        self.head = nn.Linear(H, 9)

    def forward(self, letters, target):
        memory, state = self.encoder(self.dropout(self.embed_in(letters)))
        context, state, written = memory.mean(1), state[0], []
        token = torch.zeros(len(letters), dtype=torch.int64)
        for t in range(T):
            written.append(token)
            state = self.decoder(torch.cat([context, self.dropout(self.embed_out(token))], 1), state)
            token = target[:, t] if self.teacher else self.head(state).argmax(1)
        return torch.stack(written, 1)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("teacher", [False, True])
def test_a_decoders_tokens_are_those_that_it_looked_up(teacher, training):
    model, letters = Speller(teacher).train(training), torch.randint(0, 9, (B, T))
    run = gruviz.record(model, letters, torch.randint(0, 9, (B, T)), vocabulary="abcdefghi")
    for name, tokens in (("encoder", letters), ("decoder", run.output)):
        tape = run.tapes[name]
        for number in range(B):
            np.testing.assert_array_equal(tape.tokens(tape.sequences[number].rows), tokens[number])
            symbols = tape.symbols(tape.sequences[number].rows)
            assert symbols == tuple("abcdefghi"[token] for token in tokens[number])


def test_cells_run_in_half_precision_and_under_autocast_and_say_so():
    for kind, dtype in itertools.product(CELLS, (torch.bfloat16, torch.float16)):
        layer = gruviz.record(Loop(kind).to(dtype), torch.randn(B, T, X, dtype=dtype)).layers["cell"]
        assert layer.dtype == str(dtype).removeprefix("torch.")
        assert 0 < layer.residual <= {torch.bfloat16: 3e-2, torch.float16: 5e-3}[dtype]
        with torch.autocast("cpu", dtype):
            layer = gruviz.record(Loop(kind), torch.randn(B, T, X)).layers["cell"]
        assert layer.dtype == str(dtype).removeprefix("torch.")
        assert [s.length for s in layer.tape.sequences] == [T] * B
        assert 0 < layer.residual <= {torch.bfloat16: 3e-2, torch.float16: 5e-3}[dtype]


@pytest.mark.parametrize("mistake", ["r and z swapped", "initial state dropped", "state taken from the step before"])
def test_the_comparison_would_notice(mistake, monkeypatch):
    model, x, state = Loop("gru", masked), torch.randn(B, T, X), started("gru")
    if mistake == "r and z swapped":
        original = replay.replay_gru

        def swapped(*args):
            found = original(*args)
            found.values["reset"], found.values["update"] = found.values["update"], found.values["reset"]
            return found

        monkeypatch.setattr(_call, "replay_gru", swapped)
    else:
        original_previous = _call.LayerRun.previous

        def previous(run, lengths, start, stop):
            if mistake == "initial state dropped":
                run.before["hidden"][0] = 0
            else:
                run.before = None
            return original_previous(run, lengths, start, stop)

        monkeypatch.setattr(_call.LayerRun, "previous", previous)
        monkeypatch.setattr(_call.LayerRun, "altered_at", lambda run, start, stop: torch.zeros(B, stop - start).T > 0)
    layer = gruviz.record(model, x, state).layers["cell"]
    values = [expected("gru", model.cell, x[number, :3], state[number])[0] for number in range(B)]
    right = all(
        np.allclose(layer[name][layer.slice(number)][:3], values[number][name], atol=1e-5)
        for number, name in itertools.product(range(B), layer.quantities)
    )
    assert not (right and layer.trusted)
    if mistake != "r and z swapped":
        assert not layer.trusted, "the residual notices it by itself"


def test_the_residual_of_an_lstm_cell_notices_a_wrong_cell_state(monkeypatch):
    model, x, state = Loop("lstm"), torch.randn(B, T, X), started("lstm")
    assert gruviz.record(model, x, state).layers["cell"].trusted
    original = _call.LayerRun.replay

    def replay(run, *args):
        run.before["cell"][3] = 0
        return original(run, *args)

    monkeypatch.setattr(_call.LayerRun, "replay", replay)
    assert not gruviz.record(model, x, state).layers["cell"].trusted
