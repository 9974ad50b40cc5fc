"""Gates without a loop: once a fused kernel has given h_1..h_T, every h_(t-1) is known, and so is every gate.

Two matrix products over all timesteps at once give what the kernel computed and did not return. The equations are
those of PyTorch's `nn.GRU` (Cho et al. 2014, arXiv:1406.1078, with the reset after the product; on request before it,
as in that paper), `nn.LSTM` (Hochreiter and Schmidhuber 1997, forget gate of Gers et al. 2000) and `nn.RNN` (Elman
1990). They stand here and nowhere else, save for `reset_before`, the one kernel that PyTorch lacks.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Weights:
    """Of one layer in one direction, rows in PyTorch's order of gates."""

    W_ih: Tensor
    """(G·H, I), G gates: 3 for a GRU, 4 for an LSTM, 1 for a plain RNN."""
    W_hh: Tensor
    """(G·H, H)"""
    b_ih: Tensor | None
    """(G·H,)"""
    b_hh: Tensor | None
    """(G·H,) b_hn stays apart from b_in: the reset gate multiplies it."""

    def to(self, device: torch.device, dtype: torch.dtype) -> "Weights":
        """The same weights, elsewhere or in another dtype."""
        biases = (None if b is None else b.detach().to(device, dtype) for b in (self.b_ih, self.b_hh))
        return Weights(self.W_ih.detach().to(device, dtype), self.W_hh.detach().to(device, dtype), *biases)

    def project(self, x: Tensor, h_prev: Tensor) -> tuple[Tensor, Tensor]:
        """W_ih x + b_ih and W_hh h + b_hh, (..., G·H) each."""
        return torch.nn.functional.linear(x, self.W_ih, self.b_ih), torch.nn.functional.linear(
            h_prev, self.W_hh, self.b_hh
        )


@dataclass(frozen=True)
class Replay:
    """What one layer did at some timesteps."""

    values: dict[str, Tensor]
    """Every quantity of the cell, by name as in `gruviz.cells`, (..., H)."""
    previous: Tensor | None
    """The state that the keep acts on, before each timestep, (..., H)."""
    difference: Tensor
    """|what the replay makes of its own gates - what the model gave out|, (..., H): the residual before its maximum."""


def replay_gru(x: Tensor, h: Tensor, h_prev: Tensor, weights: Weights, reset: str = "after") -> Replay:
    """All gates of a GRU.

    Args:
        x: (..., I), the layer's input.
        h: (..., H), the hidden states that the model gave out.
        h_prev: (..., H), the hidden states one timestep earlier, in processing order.
        weights: of the layer.
        reset: whether the reset gate acts `after` the product with W_hn, or `before` it, on the states themselves.
    """
    from_x, from_h = weights.project(x, h_prev)
    x_r, x_z, x_n = from_x.chunk(3, dim=-1)
    h_r, h_z, h_n = from_h.chunk(3, dim=-1)
    r = torch.sigmoid(x_r + h_r)
    z = torch.sigmoid(x_z + h_z)
    if reset == "before":
        _, _, W_hn = weights.W_hh.chunk(3)
        b_hn = None if weights.b_hh is None else weights.b_hh.chunk(3)[2]
        n = torch.tanh(x_n + torch.nn.functional.linear(r * h_prev, W_hn, b_hn))
    else:
        n = torch.tanh(x_n + r * h_n)
    rebuilt = n + z * (h_prev - n)  # (1 - z) n + z h'
    values = {"update": z, "reset": r, "candidate": n, "hidden": h}
    return Replay(values, h_prev, (rebuilt - h).abs())


def replay_lstm(
    x: Tensor, h: Tensor, h_prev: Tensor, c_0: Tensor, weights: Weights, ends: Tensor | None = None
) -> Replay:
    """All gates of an LSTM. Its cell states are not given out: they come from an elementwise scan over time.

    Args:
        x: (T, B, I), the layer's input, in the sequence's own time order.
        h: (T, B, H), the hidden states that the model gave out.
        h_prev: (T, B, H), the hidden states one timestep earlier, in processing order.
        c_0: (B, H), the cell state that the processing starts from.
        weights: of the layer.
        ends: (B,), for a layer that reads backward: the timestep at which each sequence of the batch begins to be read.
    """
    from_x, from_h = weights.project(x, h_prev)
    i, f, g, o = (from_x + from_h).chunk(4, dim=-1)
    i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
    written = i * g
    c, c_prev = torch.empty_like(h), torch.empty_like(h)
    state = c_0
    for t in range(len(h)) if ends is None else range(len(h) - 1, -1, -1):
        if ends is not None:
            state = torch.where((ends == t)[:, None], c_0, state)
        c_prev[t] = state
        state = torch.addcmul(written[t], f[t], state)  # c = f c' + i g
        c[t] = state
    values = {"forget": f, "input": i, "candidate": g, "output": o, "cell": c, "hidden": h}
    return Replay(values, c_prev, (o * torch.tanh(c) - h).abs())


def replay_rnn(x: Tensor, h: Tensor, h_prev: Tensor, weights: Weights, nonlinearity: str = "tanh") -> Replay:
    """A plain RNN has no gates: its states are all there is, and the residual.

    Takes what `replay_gru` takes, and `tanh` or `relu`.
    """
    from_x, from_h = weights.project(x, h_prev)
    rebuilt = torch.relu(from_x + from_h) if nonlinearity == "relu" else torch.tanh(from_x + from_h)
    return Replay({"hidden": h}, None, (rebuilt - h).abs())
