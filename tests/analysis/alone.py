"""What autograd makes of torch's own modules, a layer and a direction at a time: what Jacobians are held against."""

import numpy as np
import torch
from torch import nn

import gruviz
from gruviz.slopes import GRUSlope, LSTMSlope, RNNSlope

H, T = 5, 24
KINDS = {"gru": nn.GRU, "lstm": nn.LSTM, "rnn": nn.RNN}
NAMES = ("l0", "l0_reverse", "l1", "l1_reverse")


def recorded(path, kind):
    """Record a network of two layers, in both directions, that reads 24 rows; return it, and what it read."""
    torch.manual_seed(4)
    model = KINDS[kind](3, H, num_layers=2, bidirectional=True)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.mul_(2.5 if "weight_hh" in name else 1.5)
    x = torch.randn(T, 1, 3)
    gruviz.record(model, x, path=path).close()
    return model, x


class Alone:
    """One layer of a model, in one direction, as a network of its own in float64: what it read, and its states."""

    def __init__(self, model, x, name):
        self.backward = name.endswith("reverse")
        below = x[:, 0].double()
        for number in range(int(name[1])):
            parts = [self._only(model, f"l{number}{end}") for end in ("", "_reverse")]
            forth, back = parts[0](below)[0], parts[1](below.flip(0))[0].flip(0)
            below = torch.cat([forth, back], -1).detach()
        self.read = below.flip(0) if self.backward else below
        self.module = self._only(model, name)
        self.lstm = isinstance(model, nn.LSTM)
        zero = torch.zeros(1, H, dtype=torch.float64)
        self.states = [(zero, zero) if self.lstm else zero]
        for row in self.read:
            self.states.append(self.module(row[None], self.states[-1])[1])

    def _only(self, model, name):
        whole = getattr(model, f"weight_ih_{name}")
        only = type(model)(whole.shape[1], H).double()
        with torch.no_grad():
            for each in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                getattr(only, f"{each}_l0").copy_(getattr(model, f"{each}_{name}"))
        return only

    def place(self, t):
        """Between the order of time and that of processing."""
        return T - 1 - t if self.backward else t

    def step(self, t):
        """ds_t/ds_(t-1), by autograd."""
        at = self.place(t)

        def go(state):
            before = tuple(state[None].chunk(2, -1)) if self.lstm else state[None]
            after = self.module(self.read[at : at + 1], before)[1]
            return torch.cat(after, -1)[0] if self.lstm else after[0]

        before = self.states[at]
        start = torch.cat(before, -1)[0] if self.lstm else before[0]
        return torch.autograd.functional.jacobian(go, start).numpy()

    def product(self, s, t, state):
        """dh_t/dh_s, or dc_t/dc_s, by autograd: a cell state is shown in the hidden state of its own timestep too."""
        first, last = self.place(s), self.place(t)
        if first == last:
            return np.eye(H)
        after = self.states[first + 1]
        if not self.lstm:
            ways = torch.autograd.functional.jacobian(
                lambda h: self.module(self.read[first + 1 : last + 1], h[None])[1][0], after[0]
            )
            return ways.numpy()
        h, c = after
        shown = (h / c.tanh())[0]

        def go(start):
            begin = (start[None], c) if state == "hidden" else ((shown * start.tanh())[None], start[None])
            ends = self.module(self.read[first + 1 : last + 1], begin)[1]
            return ends[0 if state == "hidden" else 1][0]

        return torch.autograd.functional.jacobian(go, h[0] if state == "hidden" else c[0]).numpy()

    def slopes(self, start, stop):
        """In NumPy and float64, from gates that are computed here."""
        places = [self.place(t) for t in range(start, stop)]
        W_ih, W_hh, b_ih, b_hh = (each.detach() for each in self.module.parameters())
        before = [self.states[p][0][0] if self.lstm else self.states[p][0] for p in places]
        h = torch.stack(before)
        a, b = self.read[places] @ W_ih.T + b_ih, h @ W_hh.T + b_hh
        after = [self.states[p + 1] for p in places]
        if isinstance(self.module, nn.RNN):
            return RNNSlope.at({"hidden": _numpy([s[0] for s in after])}, W_hh.numpy(), "tanh")
        if self.lstm:
            i, f, g, o = (a + b).chunk(4, -1)
            gates = {"input": i.sigmoid(), "forget": f.sigmoid(), "candidate": g.tanh(), "output": o.sigmoid()}
            values = {name: gate.detach().numpy() for name, gate in gates.items()}
            values["cell"] = _numpy([c[0] for _, c in after])
            return LSTMSlope.at(values, _numpy([self.states[p][1][0] for p in places]), W_hh.numpy())
        r, z = (a + b)[:, : 2 * H].sigmoid().chunk(2, -1)
        n = (a[:, 2 * H :] + r * b[:, 2 * H :]).tanh()
        values = {name: each.detach().numpy() for name, each in (("reset", r), ("update", z), ("candidate", n))}
        return GRUSlope.at(values, h.detach().numpy(), W_hh.numpy(), b_hh[2 * H :].numpy())


def _numpy(states):
    return torch.stack(list(states)).detach().numpy()
