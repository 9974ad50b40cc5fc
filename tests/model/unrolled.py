"""Networks unrolled step by step under autograd, every state a node of its own: what gradients are held against."""

import torch
from torch import Tensor


def gru(x: Tensor, h: Tensor, w: dict[str, Tensor], reset: str) -> Tensor:
    a, b = w["W_ih"] @ x + w["b_ih"], w["W_hh"] @ h + w["b_hh"]
    H = len(h)
    r, z = torch.sigmoid(a[:H] + b[:H]), torch.sigmoid(a[H : 2 * H] + b[H : 2 * H])
    if reset == "after":
        n = torch.tanh(a[2 * H :] + r * b[2 * H :])
    else:
        n = torch.tanh(a[2 * H :] + w["W_hh"][2 * H :] @ (r * h) + w["b_hh"][2 * H :])
    return (1 - z) * n + z * h


def lstm(x: Tensor, h: Tensor, c: Tensor, w: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    i, f, g, o = (w["W_ih"] @ x + w["b_ih"] + w["W_hh"] @ h + w["b_hh"]).chunk(4)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    c = kept(c)
    return torch.sigmoid(o) * torch.tanh(c), c


def kept(state: Tensor) -> Tensor:
    state = state * 1  # a node of its own
    if state.requires_grad:
        state.retain_grad()
    return state


def layer_weights(model, number: int, backward: bool) -> dict[str, Tensor]:
    end = f"l{number}{'_reverse' if backward else ''}"
    short = {"W_ih": "weight_ih", "W_hh": "weight_hh", "b_ih": "bias_ih", "b_hh": "bias_hh"}
    zero = torch.zeros(len(getattr(model.rnn, f"weight_hh_{end}")))
    return {name: getattr(model.rnn, f"{long}_{end}", zero).detach().double() for name, long in short.items()}


def states(model, features: Tensor):
    """The states of every layer, by its name and theirs, each a list over time; and the top's, (T, D·H)."""
    a = model.architecture
    x = [kept(row) for row in features.double().requires_grad_()]
    found = {"input": {"hidden": x}}
    for number in range(a.layers):
        outputs = []
        for backward in (False, True) if a.bidirectional else (a.backward,):
            w = layer_weights(model, number, backward and a.bidirectional)
            h = c = torch.zeros(a.hidden, dtype=torch.float64)
            hs, cs = [], []
            for row in reversed(x) if backward else x:
                if a.cell == "gru":
                    h = gru(row, h, w, a.reset)
                elif a.cell == "lstm":
                    h, c = lstm(row, h, c, w)
                    cs.append(c)
                else:
                    total = w["W_ih"] @ row + w["b_ih"] + w["W_hh"] @ h + w["b_hh"]
                    h = torch.relu(total) if a.nonlinearity == "relu" else torch.tanh(total)
                h = kept(h)
                hs.append(h)
            if backward:
                hs, cs = hs[::-1], cs[::-1]
            found[f"rnn.l{number}{'_reverse' if backward else ''}"] = {"hidden": hs, "cell": cs}
            outputs.append(hs)
        x = [torch.cat(rows) for rows in zip(*outputs, strict=True)]
    return found, torch.stack(x)
