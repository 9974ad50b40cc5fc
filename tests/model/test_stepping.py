"""Models of which each forward pass is a single step, in a loop that its author wrote elsewhere."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn

import gruviz

from .loops import CELLS, B, H, T, X, agrees, expected, made


@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_that_is_the_model_itself_in_the_users_own_loop(kind, tmp_path):
    cell, x = made(kind), torch.randn(2, T, B, X)
    with gruviz.Recorder(cell, tmp_path / "run.h5", names=["a", "b", "c"]) as recorder, torch.no_grad():
        given = torch.empty(B, X)
        for sequence in x:
            state = None
            for row in sequence:
                state = cell(given.copy_(row), state)
                if kind == "gru":
                    state = state * 0.9
    assert recorder.passes == 2 * T
    run = recorder.recording
    (name,) = run.layers
    assert name == f"{kind}cell"
    layer = run.layers[name]
    assert [(s.name, s.pass_, s.item, s.length) for s in layer.tape.sequences] == [
        (name, number * T, place, T) for number in (0, 1) for place, name in enumerate("abc")
    ]
    between = (lambda now, t: {"hidden": now["hidden"] * 0.9}) if kind == "gru" else None
    for number, place in itertools.product(range(2), range(B)):
        values, _ = expected(kind, cell, x[number, :, place], between=between)
        assert agrees(layer, number * B + place, values)
        np.testing.assert_array_equal(layer.tape.values(layer.slice(number * B + place)), x[number, :, place].numpy())
    assert layer.residual <= 1e-5
    assert list(run.checkpoints) == [-1]


class Policy(nn.Module):
    """One step a call, tokens in: what is called in a loop that its author wrote elsewhere."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.embed = nn.Embedding(7, X)
        self.core = nn.GRU(X, H)
        self.head = nn.Linear(H, 7)

    def forward(self, token, state):
        output, state = self.core(self.embed(token)[None], state)
        return self.head(output[0]), state


def test_a_model_that_takes_one_step_a_call_is_one_sequence_until_an_episode_ends():
    policy, tokens = Policy(), torch.randint(0, 7, (T, B))
    done = torch.zeros(T, B)
    done[4, 1] = 1  # one environment begins anew
    given = torch.empty(B, dtype=torch.int64)
    with gruviz.Recorder(policy) as recorder, torch.no_grad():
        for _ in range(2):
            state = torch.zeros(1, B, H)
            for t in range(T):
                state = state * (1 - done[t])[None, :, None]
                _, state = policy(given.copy_(tokens[t]), state)
    run = recorder.recording
    layer = run.layers["core.l0"]
    assert [(s.length, s.item) for s in layer.tape.sequences] == [(T, number) for number in range(B)] * 2
    assert layer.altered.tolist() == [T + 4, T * (B + 1) + 4]
    np.testing.assert_array_equal(layer.previous("hidden", 1, 4, 5), np.zeros((1, H)))
    np.testing.assert_array_equal(layer.tape.tokens(layer.slice(2)), tokens[:, 2])
    assert layer.residual <= 1e-5
    with gruviz.Recorder(policy) as recorder, torch.no_grad():  # steps that have nothing to do with each other
        for t in range(3):
            policy(tokens[t], torch.randn(1, B, H))
    assert [s.length for s in recorder.recording.tapes["main"].sequences] == [1] * 3 * B


def test_steps_held_back_are_replayed_with_the_weights_that_they_ran_with():
    """Truncated backpropagation by hand: the weights change while the state is carried on."""
    policy, tokens = Policy(), torch.randint(0, 7, (6, B))
    optimizer = torch.optim.SGD(policy.parameters(), 0.5)
    with gruviz.Recorder(policy) as recorder:
        state = torch.zeros(1, B, H)
        for t in range(6):
            logits, state = policy(tokens[t], state.detach())
            if t % 3 == 2:
                optimizer.zero_grad()
                logits.square().sum().backward()
                optimizer.step()
    run = recorder.recording
    assert [(s.length, s.checkpoint) for s in run.tapes["main"].sequences] == [(3, 1)] * B + [(3, 4)] * B
    assert run.layers["core.l0"].residual <= 1e-5
    assert run.checkpoints[1]["sha256"] != run.checkpoints[4]["sha256"]
    np.testing.assert_array_equal(run.layers["core.l0"].initial(B), run.layers["core.l0"]["hidden"][2])


def test_every_nth_call_of_a_stepping_model_does_not_go_on_over_the_gap():
    policy, tokens = Policy(), torch.randint(0, 7, (6, B))
    with gruviz.Recorder(policy, every=2) as recorder:
        state = torch.zeros(1, B, H)
        for t in range(6):
            _, state = policy(tokens[t], state)
    sequences = recorder.recording.tapes["main"].sequences
    assert [(s.length, s.checkpoint) for s in sequences] == [(1, step) for step in (2, 4, 6) for _ in range(B)]

    cell, state = made().train(), None  # whose state may change in between, but not by a step
    with gruviz.Recorder(cell, every=2) as recorder:
        for _ in range(6):
            state = cell(torch.randn(B, X), state)
    assert [s.length for s in recorder.recording.tapes["main"].sequences] == [1] * 3 * B


def test_an_interrupted_loop_keeps_its_steps(tmp_path):
    cell = made()

    def loop():
        with gruviz.Recorder(cell, tmp_path / "run.h5"):
            state = None
            for _ in range(5):
                state = cell(torch.randn(1, X), state)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        loop()
    with gruviz.open(tmp_path / "run.h5") as run:
        assert [s.length for s in run.tapes["main"].sequences] == [5]


def test_what_a_model_does_while_it_learns_does_not_go_on_when_it_is_tried_out():
    policy, tokens = Policy(), torch.randint(0, 7, (6, B))
    with gruviz.Recorder(policy) as recorder:
        state = torch.zeros(1, B, H)
        for t in range(6):
            with torch.set_grad_enabled(t < 4):
                _, state = policy(tokens[t], state)
    sequences = recorder.recording.tapes["main"].sequences
    assert [(s.length, s.checkpoint) for s in sequences] == [(4, 1)] * B + [(2, -1)] * B
