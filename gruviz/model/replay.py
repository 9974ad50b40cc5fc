"""Gates without a loop: once a fused kernel has given h_1..h_T, every h_(t-1) is known, and so is every gate.

Two matrix products over all timesteps at once give what the kernel computed and did not return. The equations are
those of PyTorch's `nn.GRU` (Cho et al. 2014, arXiv:1406.1078, with the reset after the product; on request before it,
as in that paper), `nn.LSTM` (Hochreiter and Schmidhuber 1997, forget gate of Gers et al. 2000, projection of Sak et al.
2014, arXiv:1402.1128) and `nn.RNN` (Elman 1990). They stand here and nowhere else, save for `reset_before`, the one
kernel that PyTorch lacks.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Weights:
    """Of one layer in one direction, rows in PyTorch's order of gates."""

    W_ih: Tensor
    """(G·H, I), G gates: 3 for a GRU, 4 for an LSTM, 1 for a plain RNN."""
    W_hh: Tensor
    """(G·H, H), or (4·H, P) for an LSTM that projects its hidden state to P numbers."""
    b_ih: Tensor | None
    """(G·H,)"""
    b_hh: Tensor | None
    """(G·H,) b_hn stays apart from b_in: the reset gate multiplies it."""
    W_hr: Tensor | None = None
    """(P, H), the projection of an LSTM that has one."""

    @property
    def tensors(self) -> tuple[Tensor | None, ...]:
        """All of them, in order."""
        return self.W_ih, self.W_hh, self.b_ih, self.b_hh, self.W_hr

    def to(self, device: torch.device, dtype: torch.dtype, through: torch.dtype) -> "Weights":
        """The same weights elsewhere and in another dtype, rounded to what `through` holds on the way."""
        return Weights(*(None if w is None else w.detach().to(device, through).to(dtype) for w in self.tensors))  # type: ignore[arg-type]

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
    """|what the replay makes of its own gates - what the model gave out|, the largest of all units, (...)."""
    projected: Tensor | None = None
    """What a projected LSTM gave out, (..., P)."""


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
    return Replay(values, h_prev, _largest(rebuilt - h))


def replay_lstm(
    x: Tensor, h: Tensor, h_prev: Tensor, c_0: Tensor, weights: Weights, ends: Tensor | None = None
) -> Replay:
    """All gates of an LSTM whose cell states are not given out: they come from an elementwise scan over time.

    Args:
        x: (T, B, I), the layer's input, in the sequence's own time order.
        h: (T, B, H), the hidden states that the model gave out; (T, B, P) where it projects them.
        h_prev: the hidden states one timestep earlier, in processing order.
        c_0: (B, H), the cell state that the processing starts from.
        weights: of the layer.
        ends: (B,), for a layer that reads backward: the timestep at which each sequence of the batch begins to be read.
    """
    i, f, g, o = _lstm_gates(x, h_prev, weights)
    if ends is None:
        c = scan(f, i * g, c_0)
        c_prev = torch.cat([c_0[None], c[:-1]])
    else:
        # What begins at t has forgotten whatever the padding behind it left, and keeps c_0 by its forget gate.
        begins = (ends == torch.arange(len(x), device=x.device)[:, None])[..., None]  # (T, B, 1)
        kept, written = torch.where(begins, 0, f), torch.where(begins, f * c_0 + i * g, i * g)
        c = scan(kept.flip(0), written.flip(0), c_0).flip(0)
        c_prev = torch.where(begins, c_0, torch.cat([c[1:], c_0[None]]))
    return _lstm(i, f, g, o, c, c_prev, h, weights)


def replay_lstm_steps(x: Tensor, h: Tensor, h_prev: Tensor, c: Tensor, c_prev: Tensor, weights: Weights) -> Replay:
    """All gates of an LSTM that gave out its cell states too, because it was called once for each timestep.

    Args:
        x: (..., I), the layer's input.
        h: (..., H), the hidden states that the model gave out; (..., P) where it projects them.
        h_prev: the hidden states that each step got.
        c: (..., H), the cell states that the model gave out.
        c_prev: (..., H), the cell states that each step got.
        weights: of the layer.
    """
    i, f, g, o = _lstm_gates(x, h_prev, weights)
    replay = _lstm(i, f, g, o, c, c_prev, h, weights)
    replay.difference.copy_(torch.maximum(replay.difference, relative(torch.addcmul(i * g, f, c_prev), c)))
    return replay


def replay_rnn(x: Tensor, h: Tensor, h_prev: Tensor, weights: Weights, nonlinearity: str = "tanh") -> Replay:
    """A plain RNN has no gates: its states are all there is, and the residual.

    Takes what `replay_gru` takes, and `tanh` or `relu`.
    """
    from_x, from_h = weights.project(x, h_prev)
    rebuilt = torch.relu(from_x + from_h) if nonlinearity == "relu" else torch.tanh(from_x + from_h)
    return Replay({"hidden": h}, None, _largest(rebuilt - h))


def scan(f: Tensor, w: Tensor, c_0: Tensor) -> Tensor:
    """c_t = f_t c_(t-1) + w_t over time, (T, B, H) each, from c_0 (B, H): in about 3 √T steps instead of T.

    Time is cut into about √T pieces. All pieces are scanned at once, each as if it began with zero; then the state that
    each is entered with is found, from piece to piece; and what is kept of it is added. This is the blocked
    scan of a first-order recurrence of Blelloch 1990, "Prefix sums and their applications".
    """
    steps = len(f)
    length = math.isqrt(steps - 1) + 1
    rest = -steps % length
    if rest:
        f, w = (torch.cat([values, values.new_zeros(rest, *values.shape[1:])]) for values in (f, w))
    f, c = f.view(-1, length, *f.shape[1:]), w.reshape(-1, length, *w.shape[1:]).clone()  # (pieces, length, B, H)
    for t in range(1, length):
        c[:, t].addcmul_(f[:, t], c[:, t - 1])
    kept = f.cumprod(1)
    entered = [c_0]
    for piece in range(len(c) - 1):
        entered.append(torch.addcmul(c[piece, -1], kept[piece, -1], entered[-1]))
    c.addcmul_(kept, torch.stack(entered)[:, None])
    return c.flatten(0, 1)[:steps]


def relative(found: Tensor, given: Tensor) -> Tensor:
    """The largest difference of cell states over all units, (...): relative to those beyond 1, for c has no bound."""
    return _largest((found - given) / given.abs().clamp(min=1))


def _lstm_gates(x: Tensor, h_prev: Tensor, weights: Weights) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    from_x, from_h = weights.project(x, h_prev)
    i, f, g, o = from_x.add_(from_h).chunk(4, dim=-1)
    return torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)


def _lstm(i: Tensor, f: Tensor, g: Tensor, o: Tensor, c: Tensor, c_prev: Tensor, h: Tensor, weights: Weights) -> Replay:
    shown = o * torch.tanh(c)
    values = {"forget": f, "input": i, "candidate": g, "output": o, "cell": c, "hidden": h}
    if weights.W_hr is None:
        return Replay(values, c_prev, _largest(shown - h))
    values["hidden"] = shown  # unit for unit beside its gates; what is given out mixes the units
    return Replay(values, c_prev, _largest(torch.nn.functional.linear(shown, weights.W_hr) - h), h)


def _largest(difference: Tensor) -> Tensor:
    return difference.abs().amax(-1)
