"""A GRU whose reset gate acts before the product with W_hn, which no fused kernel of PyTorch computes.

Cho et al. 2014 (arXiv:1406.1078v3, equations 5 to 8), Keras with `reset_after=False`, ONNX with
`linear_before_reset=0`: n = tanh(W_in x + b_in + W_hn (r * h) + b_hn). Here z is the keep, as everywhere in gruviz:
h_t = (1 - z) n + z h_(t-1).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import linear
from torch.nn.utils.rnn import PackedSequence
from torch.overrides import handle_torch_function, has_torch_function

from gruviz.errors import GruvizError


def gru_reset_before(
    x: Tensor,
    hx: Tensor,
    weights: Sequence[Tensor],
    bias: bool,
    layers: int,
    dropout: float,
    training: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, Tensor]:
    """Take and give what `torch.gru` does, and be seen by a `TorchFunctionMode` as that is.

    Args:
        x: (B, T, I), or (T, B, I) unless `batch_first`.
        hx: (L*D, B, H).
        weights: for each layer and direction W_ih (3H, I), W_hh (3H, H), and b_ih and b_hh (3H,) with `bias`.
        bias: whether there are biases.
        layers: L.
        dropout: the share of values that are zeroed between layers, in training.
        training: whether it is trained.
        bidirectional: whether every second set of weights reads from the end.
        batch_first: how x is laid out.

    Returns:
        The hidden states, laid out as x is, (..., D*H); and the last ones (L*D, B, H).
    """
    if has_torch_function((x, hx, *weights)):
        options = (bias, layers, dropout, training, bidirectional, batch_first)
        seen: tuple[Tensor, Tensor] = handle_torch_function(
            gru_reset_before, (x, hx, *weights), x, hx, weights, *options
        )
        return seen
    directions, each = 2 if bidirectional else 1, 4 if bias else 2
    x = x.transpose(0, 1) if batch_first else x
    last = []
    for layer in range(layers):
        outputs = []
        for number in range(layer * directions, (layer + 1) * directions):
            backward = number > layer * directions
            W_ih, W_hh, *biases = weights[number * each : (number + 1) * each]
            hidden = _one_direction(x.flip(0) if backward else x, hx[number], W_ih, W_hh, biases)
            last.append(hidden[-1])
            outputs.append(hidden.flip(0) if backward else hidden)
        x = torch.cat(outputs, dim=2)
        if layer < layers - 1:
            x = nn.functional.dropout(x, dropout, training)
    return x.transpose(0, 1) if batch_first else x, torch.stack(last)


def _one_direction(x: Tensor, h: Tensor, W_ih: Tensor, W_hh: Tensor, biases: Sequence[Tensor]) -> Tensor:
    """The hidden states (T, B, H) after each timestep of x (T, B, I), from h (B, H) on."""
    b_ih, b_hh = biases or (None, None)
    size = h.shape[1]
    W_rz, W_n = W_hh[: 2 * size], W_hh[2 * size :]
    b_rz, b_n = (None, None) if b_hh is None else (b_hh[: 2 * size], b_hh[2 * size :])
    states = []
    for from_x in linear(x, W_ih, b_ih):
        r, z = torch.sigmoid(from_x[:, : 2 * size] + linear(h, W_rz, b_rz)).chunk(2, dim=1)
        n = torch.tanh(from_x[:, 2 * size :] + linear(r * h, W_n, b_n))
        h = n + z * (h - n)
        states.append(h)
    return torch.stack(states)


class ResetBeforeGRU(nn.GRU):
    """Made, named and called like `nn.GRU`, for batches that are not packed."""

    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Read (B, T, I), or (T, B, I) unless `batch_first`; `hx` is (L*D, B, H), zero where None."""
        if isinstance(input, PackedSequence) or input.dim() != 3:
            raise GruvizError("a GRU with the reset before the product reads batches of equally long sequences")
        batch = input.shape[0 if self.batch_first else 1]
        if hx is None:
            directions = 2 if self.bidirectional else 1
            hx = input.new_zeros(self.num_layers * directions, batch, self.hidden_size)
        options = (self.bias, self.num_layers, self.dropout, self.training, self.bidirectional, self.batch_first)
        weights = [weight for weight in self._flat_weights if weight is not None]
        return gru_reset_before(input, hx, weights, *options)
