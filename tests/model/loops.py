"""Cells in a loop over timesteps, and the same step by step in float64."""

import numpy as np
import torch
from torch import nn

from .stepwise import STEP

CELLS = {"gru": nn.GRUCell, "lstm": nn.LSTMCell, "rnn": nn.RNNCell}
B, T, X, H = 3, 9, 4, 6


def made(kind="gru", seed=0, inputs=X, **options):
    torch.manual_seed(seed)
    return CELLS[kind](inputs, H, **options).eval()


def started(kind, batch=B):
    """A state that is not zero, as a cell takes it."""
    h, c = torch.randn(batch, H), torch.randn(batch, H)
    return (h, c) if kind == "lstm" else h


def hidden(state):
    return state[0] if isinstance(state, tuple) else state


class Loop(nn.Module):
    """A cell in a loop, as people write it; `between` changes the state before each step but the first."""

    def __init__(self, kind="gru", between=None, batch_first=True, **options):
        super().__init__()
        self.cell = made(kind, **options)
        self.between = between
        self.dim = 1 if batch_first else 0

    def forward(self, x, state=None):
        outputs = []
        for t, row in enumerate(x.unbind(self.dim)):
            if t and self.between is not None:
                state = self.between(state, t)
            state = self.cell(row, state)
            outputs.append(hidden(state))
        return torch.stack(outputs, self.dim)


def weights(cell):
    own = {name: tensor.detach().double().numpy() for name, tensor in cell.named_parameters()}
    zero = np.zeros(len(own["weight_ih"]))
    names = {"W_ih": "weight_ih", "W_hh": "weight_hh", "b_ih": "bias_ih", "b_hh": "bias_hh"}
    return {short: own.get(name, zero) for short, name in names.items()}


def expected(kind, cell, x, state=None, between=None):
    """All quantities of one sequence x (T, I) in float64, and what each step got; `between` as in `Loop`."""
    names = ("hidden", "cell") if kind == "lstm" else ("hidden",)
    given = (None,) * len(names) if state is None else state if isinstance(state, tuple) else (state,)
    now = {n: np.zeros(H) if g is None else g.double().numpy() for n, g in zip(names, given, strict=True)}
    w, got, rows = weights(cell), [], []
    for t, row in enumerate(x.double().numpy()):
        if t and between is not None:
            now = between({name: now[name] for name in names}, t)
        got.append({name: now[name] for name in names})
        now = STEP[kind](row, now, w)
        rows.append(now)
    stacked = ({name: np.stack([step[name] for step in steps]) for name in steps[0]} for steps in (rows, got))
    return tuple(stacked)


def agrees(layer, sequence, values):
    rows = layer.slice(sequence)
    return all(np.allclose(layer[name][rows], array, atol=1e-5) for name, array in values.items())


def item(state, number):
    if state is None:
        return None
    return tuple(part[number] for part in state) if isinstance(state, tuple) else state[number]
