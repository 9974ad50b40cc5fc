"""Loops over timesteps whose batch shrinks, sequences being sorted by length: one sequence for each of the batch."""

import numpy as np
import pytest
import torch
from torch import nn

import gruviz

from .loops import CELLS, B, H, T, X, agrees, expected, hidden, item, made, started
from .stepwise import unroll

LENGTHS = [6, 4, 3]


def first(state, batch):
    return tuple(part[:batch] for part in state) if isinstance(state, tuple) else state[:batch]


class Captioner(nn.Module):
    """The usual decoder: at each timestep only what has not ended yet."""

    def __init__(self, kind="gru", between=None, initial=None):
        super().__init__()
        self.cell, self.between, self.initial = made(kind), between, initial

    def forward(self, x, state=None, lengths=LENGTHS):
        if state is None:
            state = self.initial
        for t in range(max(lengths)):
            batch = sum(length > t for length in lengths)
            if state is not None:
                state = first(state, batch)
            if t and self.between is not None:
                state = self.between(state)
            state = self.cell(x[:batch, t], state)
        return state


def told(tape):
    return [(s.item, s.length) for s in tape.sequences]


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("kind", CELLS)
def test_a_captioning_loop_is_one_sequence_for_each_item_of_the_batch(kind, begun, tmp_path):
    model, x, state = Captioner(kind), torch.randn(B, 6, X), started(kind) if begun else None
    run = gruviz.record(model, x, state, path=tmp_path / "run.h5", names=["a", "b", "c"])
    layer = run.layers["cell"]
    assert told(run.tapes["main"]) == list(enumerate(LENGTHS))
    assert [s.name for s in layer.tape.sequences] == ["a", "b", "c"]
    assert len(layer["hidden"]) == sum(LENGTHS), "padding is not recorded"
    assert layer.residual <= 1e-5
    assert not len(layer.altered)
    for number, length in enumerate(LENGTHS):
        values, _ = expected(kind, model.cell, x[number, :length], item(state, number))
        assert agrees(layer, number, values)
        np.testing.assert_array_equal(layer.tape.values(layer.slice(number)), x[number, :length].numpy())
        began = hidden(state)[number].numpy() if begun else np.zeros(H)
        np.testing.assert_array_equal(layer.initial(number), began)


@pytest.mark.parametrize("kind", ["gru", "lstm"])
def test_the_states_of_sequences_that_have_ended_are_told_to_nobody_else(kind):
    """Padding would show in the states that a step got, and in where they were changed."""
    half = {
        "gru": lambda state: state * 0.5,
        "lstm": lambda state: (state[0] * 0.5, state[1]),
    }[kind]
    model, x, state = Captioner(kind, half), torch.randn(B, 6, X), started(kind)
    layer = gruviz.record(model, x, state).layers["cell"]
    assert told(layer.tape) == list(enumerate(LENGTHS))
    assert layer.residual <= 1e-5
    starts = np.cumsum([0, *LENGTHS])[:-1]
    assert sorted(set(range(sum(LENGTHS))) - set(layer.altered.tolist())) == starts.tolist()
    for number, length in enumerate(LENGTHS):
        values, got = expected(
            kind,
            model.cell,
            x[number, :length],
            item(state, number),
            lambda now, t: now | {"hidden": now["hidden"] / 2},
        )
        assert agrees(layer, number, values)
        for name, array in got.items():
            np.testing.assert_allclose(layer.previous(name, number, 0, length), array, atol=1e-5)


def test_lengths_that_the_model_takes_are_those_that_are_recorded():
    x = torch.randn(B, 6, X)
    run = gruviz.record(Captioner("lstm"), x, lengths=LENGTHS)
    assert told(run.tapes["main"]) == list(enumerate(LENGTHS))
    run = gruviz.record(Captioner("gru"), x, lengths=[6, 6, 2])
    assert told(run.tapes["main"]) == [(0, 6), (1, 6), (2, 2)]


def test_the_input_is_told_from_another_argument_of_its_shape():
    class Noisy(Captioner):
        def forward(self, noise, x):
            return super().forward(x)

    model, noise, x = Noisy(), torch.randn(B, 6, X), torch.randn(B, 6, X)
    tape = gruviz.record(model, noise, x).tapes["main"]
    for number, length in enumerate(LENGTHS):
        np.testing.assert_array_equal(tape.values(tape.sequences[number].rows), x[number, :length].numpy())


def test_tokens_and_a_second_cell_keep_step():
    class Two(nn.Module):
        """Attention's cell and a language model's, tokens in."""

        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.embed, self.low, self.high = nn.Embedding(9, X), made("lstm"), made("gru", 1, inputs=H)

        def forward(self, captions, whole):
            vectors = self.embed(captions)
            low = high = None
            for t in range(6):
                batch = sum(length > t for length in LENGTHS)
                x = vectors[:batch, t] if whole else self.embed(captions[:batch, t])
                low = self.low(x, None if low is None else first(low, batch))
                high = self.high(low[0], None if high is None else high[:batch])
            return high

    captions = torch.randint(0, 9, (B, 6))
    for whole in (False, True):
        run = gruviz.record(Two(), captions, whole, vocabulary="abcdefghi")
        assert list(run.tapes) == ["main"]
        tape = run.tapes["main"]
        assert told(tape) == list(enumerate(LENGTHS))
        for number, length in enumerate(LENGTHS):
            np.testing.assert_array_equal(tape.tokens(tape.sequences[number].rows), captions[number, :length])
        assert max(layer.residual for layer in run.layers.values()) <= 1e-5


@pytest.mark.parametrize("kind", ["gru", "lstm"])
def test_a_layer_called_with_fewer_and_fewer_sequences(kind):
    """One timestep at a time, and a prompt of several before."""

    class Stepper(nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.rnn = {"gru": nn.GRU, "lstm": nn.LSTM}[kind](X, H, 2)

        def forward(self, x, state, prompt):
            output, state = self.rnn(x[:prompt], state)
            for t in range(prompt, 6):
                batch = sum(length > t for length in LENGTHS)
                left = tuple(part[:, :batch] for part in state) if kind == "lstm" else state[:, :batch]
                output, state = self.rnn(x[t : t + 1, :batch], left)
            return output

    model, x = Stepper().eval(), torch.randn(6, B, X)
    names = ("hidden", "cell")[: 2 if kind == "lstm" else 1]
    begun = {name: torch.randn(2, B, H) for name in names}
    for prompt in (1, 2):
        run = gruviz.record(model, x, tuple(begun.values()) if kind == "lstm" else begun["hidden"], prompt)
        assert told(run.tapes["main"]) == list(enumerate(LENGTHS))
        for number, length in enumerate(LENGTHS):
            initial = {name: state[:, number].double().numpy() for name, state in begun.items()}
            steps = unroll(kind, model.rnn, x[:length, number].double().numpy(), initial)
            for depth in (0, 1):
                layer = run.layers[f"rnn.l{depth}"]
                assert agrees(layer, number, steps[depth, False])
                assert layer.residual <= 1e-5
                np.testing.assert_array_equal(layer.initial(number), begun["hidden"][depth, number].numpy())


def test_a_decoder_after_an_encoder_has_a_tape_of_its_own():
    class Translator(nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.encoder, self.decoder = nn.GRU(X, H, batch_first=True), Captioner()

        def forward(self, source, target):
            return self.decoder(target, self.encoder(source)[1][0])

    run = gruviz.record(Translator(), torch.randn(B, T, X), torch.randn(B, 6, X))
    assert told(run.tapes["encoder"]) == [(number, T) for number in range(B)]
    assert told(run.tapes["decoder.cell"]) == list(enumerate(LENGTHS))
    decoder = run.layers["decoder.cell"]
    np.testing.assert_array_equal(decoder.initial(2), run.layers["encoder.l0"]["hidden"][3 * T - 1])


def test_a_smaller_batch_that_begins_at_zero_or_at_the_learned_state_is_another_one():
    class Twice(Captioner):
        """A batch of three, all equally long, and then one of two."""

        def forward(self, x):
            learned = self.initial is not None
            super().forward(x, self.initial.expand(B, H) if learned else None, [6] * B)
            return super().forward(x[:2], self.initial.expand(2, H) if learned else None, [5, 2])

    for learned in (nn.Parameter(torch.randn(1, H)), None):
        run = gruviz.record(Twice(initial=learned), torch.randn(B, 6, X))
        assert told(run.tapes["main"]) == [*((number, 6) for number in range(B)), (0, 5), (1, 2)]
        assert not len(run.layers["cell"].altered)


def test_a_batch_that_grows_begins_anew_and_says_so():
    class Beam(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = made()

        def forward(self, x):
            state = self.cell(x[:1, 0])
            return self.cell(x[:, 1], state.expand(B, H))

    with pytest.warns(UserWarning, match="cell: 3 sequences go on from 1, as in a beam search"):
        run = gruviz.record(Beam(), torch.randn(B, 2, X))
    assert told(run.tapes["main"]) == [(0, 1), *((number, 1) for number in range(B))]
    assert run.layers["cell"].residual <= 1e-5


def test_a_cell_that_is_the_model_itself_in_a_loop_whose_batch_shrinks():
    cell, x, state = made(), torch.randn(B, 6, X), None
    with gruviz.Recorder(cell) as recorder, torch.no_grad():
        for t in range(6):
            batch = sum(length > t for length in LENGTHS)
            state = cell(x[:batch, t], None if state is None else state[:batch])
    (layer,) = recorder.recording.layers.values()
    assert told(layer.tape) == list(enumerate(LENGTHS))
    assert layer.residual <= 1e-5
    for number, length in enumerate(LENGTHS):
        assert agrees(layer, number, expected("gru", cell, x[number, :length])[0])
        np.testing.assert_array_equal(layer.tape.values(layer.slice(number)), x[number, :length].numpy())
