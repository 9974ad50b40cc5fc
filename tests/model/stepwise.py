"""Recurrent networks step by step in float64 NumPy, written from the papers' equations: what gruviz is held against.

Nothing here is shared with `gruviz.model.replay`, on purpose.
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def sigmoid(a: Floats) -> Floats:
    return 1 / (1 + np.exp(-a))


def gru_step(x: Floats, state: dict[str, Floats], w: dict[str, Floats]) -> dict[str, Floats]:
    h = state["hidden"]
    size = len(h)
    gates = [slice(0, size), slice(size, 2 * size), slice(2 * size, 3 * size)]  # reset, update, candidate
    a = [w["W_ih"][rows] @ x + w["b_ih"][rows] for rows in gates]
    b = [w["W_hh"][rows] @ h + w["b_hh"][rows] for rows in gates]
    r = sigmoid(a[0] + b[0])
    z = sigmoid(a[1] + b[1])
    n = np.tanh(a[2] + r * b[2])
    return {"reset": r, "update": z, "candidate": n, "hidden": (1 - z) * n + z * h}


def gru_before_step(x: Floats, state: dict[str, Floats], w: dict[str, Floats]) -> dict[str, Floats]:
    """Cho et al. 2014, version 3, with the meaning of z turned round: the reset acts on the states themselves."""
    h = state["hidden"]
    W_r, W_z, W_n = np.split(w["W_ih"], 3)
    U_r, U_z, U_n = np.split(w["W_hh"], 3)
    b_r, b_z, b_n = np.split(w["b_ih"] + w["b_hh"], 3)
    r = sigmoid(W_r @ x + U_r @ h + b_r)
    z = sigmoid(W_z @ x + U_z @ h + b_z)
    n = np.tanh(W_n @ x + U_n @ (r * h) + b_n)
    return {"reset": r, "update": z, "candidate": n, "hidden": z * h + (1 - z) * n}


def lstm_step(x: Floats, state: dict[str, Floats], w: dict[str, Floats]) -> dict[str, Floats]:
    h, c = state["hidden"], state["cell"]
    a = w["W_ih"] @ x + w["b_ih"] + w["W_hh"] @ h + w["b_hh"]
    i, f, g, o = np.split(a, 4)
    i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
    c = f * c + i * g
    return {"input": i, "forget": f, "candidate": g, "output": o, "cell": c, "hidden": o * np.tanh(c)}


def rnn_step(x: Floats, state: dict[str, Floats], w: dict[str, Floats]) -> dict[str, Floats]:
    return {"hidden": np.tanh(w["W_ih"] @ x + w["b_ih"] + w["W_hh"] @ state["hidden"] + w["b_hh"])}


STEP: dict[str, Callable[..., dict[str, Floats]]] = {"gru": gru_step, "lstm": lstm_step, "rnn": rnn_step}


def weights(module: torch.nn.RNNBase, layer: int, backward: bool) -> dict[str, Floats]:
    suffix = f"_l{layer}{'_reverse' if backward else ''}"
    rows = module.state_dict()[f"weight_hh{suffix}"].shape[0]
    found = {}
    for name, source in (("W_ih", "weight_ih"), ("W_hh", "weight_hh"), ("b_ih", "bias_ih"), ("b_hh", "bias_hh")):
        tensor = module.state_dict().get(source + suffix)
        found[name] = np.zeros(rows) if tensor is None else tensor.double().numpy()
    return found


def unroll(
    kind: str, module: torch.nn.RNNBase, x: Floats, initial: dict[str, Floats]
) -> dict[tuple[int, bool], dict[str, Floats]]:
    """All quantities of every layer and direction for one sequence x (T, I), in the sequence's own time order.

    `initial` has (L·D, H) for each state.
    """
    directions = 2 if module.bidirectional else 1
    found = {}
    for layer in range(module.num_layers):
        outputs = []
        for backward in (False, True)[:directions]:
            w = weights(module, layer, backward)
            state = {name: values[layer * directions + backward] for name, values in initial.items()}
            steps = []
            for row in x[::-1] if backward else x:
                state = STEP[kind](row, state, w)
                steps.append(state)
            if backward:
                steps.reverse()
            found[layer, backward] = {name: np.stack([step[name] for step in steps]) for name in steps[0]}
            outputs.append(found[layer, backward]["hidden"])
        x = np.concatenate(outputs, axis=1)
    return found
