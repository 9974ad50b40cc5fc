"""A fused call over several layers, made as one fused call for each, so that the states between them are seen."""

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from gruviz.cells import CELLS, Cell
from gruviz.model._call import LayerRun
from gruviz.model._modules import layer_name
from gruviz.model.replay import Weights

KERNELS = {"gru": "gru", "gru_reset_before": "gru", "lstm": "lstm", "rnn_tanh": "rnn", "rnn_relu": "rnn"}
"""The fused kernels by name, and the cell that each computes."""


@dataclass
class LayerByLayer:
    """The arguments of one fused call that concern all of its layers alike."""

    function: Callable[..., Any]
    kernel: str
    module: str
    batch_sizes: Tensor | None
    bias: bool
    bidirectional: bool
    batch_first: bool

    def __call__(
        self, x: Tensor, hx: Any, parameters: Sequence[Tensor], layers: int, dropout: float, training: bool
    ) -> tuple[Tensor, list[Tensor], list[LayerRun]]:
        """Make the calls; give the output, the final states, and what flowed in every layer and direction."""
        cell = CELLS[KERNELS[self.kernel]]
        states = tuple(hx) if cell.name == "lstm" else (hx,)  # (layers · directions, B, H) each
        directions = 2 if self.bidirectional else 1
        each = len(parameters) // (layers * directions)
        final: list[list[Tensor]] = []
        runs: list[LayerRun] = []
        for k in range(layers):
            rows = slice(k * directions, (k + 1) * directions)
            first = [state[rows] for state in states]
            weights = parameters[rows.start * each : rows.stop * each]
            output, *last = self._fused(x, first, weights, training)
            final.append(last)
            runs += self._runs(cell, k, x, output, first, last, weights, each)
            inner = dropout and training and k < layers - 1
            x = torch.nn.functional.dropout(output, dropout, True) if inner else output
        return output, [torch.cat(parts) if layers > 1 else parts[0] for parts in zip(*final, strict=True)], runs

    def _fused(self, x: Tensor, hx: list[Tensor], weights: Sequence[Tensor], training: bool) -> Any:
        state = tuple(hx) if len(hx) > 1 else hx[0]
        with warnings.catch_warnings():
            # cuDNN packs the weights of all layers into one buffer; those of one layer are not one, and it says so.
            warnings.filterwarnings("ignore", message="RNN module weights are not part of single contiguous")
            if self.batch_sizes is None:
                options = (self.bias, 1, 0.0, training, self.bidirectional, self.batch_first)
                return self.function(x, state, weights, *options)
            return self.function(x, self.batch_sizes, state, weights, self.bias, 1, 0.0, training, self.bidirectional)

    def _runs(
        self,
        cell: Cell,
        number: int,
        x: Tensor,
        output: Tensor,
        first: list[Tensor],
        last: list[Tensor],
        weights: Sequence[Tensor],
        each: int,
    ) -> Iterable[LayerRun]:
        x, output = copied(self._time_first(x)), copied(self._time_first(output))
        for direction, hidden in enumerate(output.chunk(2 if self.bidirectional else 1, dim=2)):
            W_ih, W_hh, *others = weights[direction * each : (direction + 1) * each]
            b_ih, b_hh = others[:2] if self.bias else (None, None)
            W_hr = others[-1] if each % 2 else None
            yield LayerRun(
                name=layer_name(self.module, number, direction == 1),
                cell=cell,
                backward=direction == 1,
                x=x,
                hidden=hidden,
                initial={name: copied(s[direction]) for name, s in zip(("hidden", "cell"), first, strict=False)},
                final={name: copied(s[direction]) for name, s in zip(("hidden", "cell"), last, strict=False)},
                weights=Weights(W_ih, W_hh, b_ih, b_hh, W_hr),
                ran=ran_in(output),
                nonlinearity="relu" if self.kernel == "rnn_relu" else "tanh",
                reset="before" if self.kernel == "gru_reset_before" else "after",
            )

    def _time_first(self, data: Tensor) -> Tensor:
        if self.batch_sizes is not None:
            packed = PackedSequence(data, self.batch_sizes)
            return pad_packed_sequence(packed)[0]
        return data.transpose(0, 1) if self.batch_first else data


def copied(data: Tensor) -> Tensor:
    """A copy: what the caller does to a tensor in place must not reach the recording."""
    return data.detach().clone()


def ran_in(output: Tensor) -> torch.dtype:
    """The dtype of the matrix products behind an output.

    Under autocast a GRU on the CPU, and a GRU's or LSTM's cell anywhere, gives out float32 although its products are in
    bfloat16 or float16. Autocast leaves float64 alone.
    """
    device = output.device.type
    if torch.is_autocast_enabled(device) and output.dtype != torch.float64:
        return torch.get_autocast_dtype(device)
    return output.dtype


def lengths_of(batch_sizes: Tensor) -> Tensor:
    """Lengths, longest first, of the sequences whose numbers at each timestep are `batch_sizes`."""
    return (batch_sizes[:, None] > torch.arange(int(batch_sizes[0]), device="cpu")[None]).sum(0)
