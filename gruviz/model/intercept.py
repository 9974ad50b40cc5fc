"""Seeing every call of a recurrent kernel, whichever way it is made, and what flowed through each of its layers.

A `TorchFunctionMode` sees `torch.gru`, `torch.lstm`, `torch.rnn_tanh` and `torch.rnn_relu` with packed input, keyword
states and direct calls of `.forward()`, some of which forward hooks miss. A fused call over several layers hides the
states between them: it is run layer by layer instead, each fused, which gives the same output.
"""

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence
from torch.overrides import TorchFunctionMode

from gruviz.cells import CELLS, Cell
from gruviz.model.replay import Replay, Weights, replay_gru, replay_lstm, replay_rnn

_KERNELS = {"gru": "gru", "gru_reset_before": "gru", "lstm": "lstm", "rnn_tanh": "rnn", "rnn_relu": "rnn"}


@dataclass
class LayerRun:
    """What flowed through one layer, in one direction, in one call. Time first: x is (T, B, I), hidden (T, B, H).

    The batch is in the caller's order, also where packing sorted it.
    """

    name: str
    """As in a recording: `<module path>.l<k>`, with `_reverse` for the backward direction."""
    cell: Cell
    backward: bool
    x: Tensor
    hidden: Tensor
    initial: dict[str, Tensor]
    """The states that each sequence started from, (B, H) by name of the state."""
    final: dict[str, Tensor]
    """The states that the kernel ended with."""
    weights: Weights
    nonlinearity: str = "tanh"
    reset: str = "after"
    """Of a GRU: whether the reset gate acts after the product with W_hn, or before it."""

    @property
    def size(self) -> int:
        """Hidden units."""
        return self.hidden.shape[2]

    def previous(self, lengths: Tensor, start: int, stop: int) -> Tensor:
        """The hidden state before each timestep from `start` up to `stop`, in processing order, (n, B, H).

        `lengths` (B,) are the timesteps that the kernel processed of each sequence: where a backward layer began.
        """
        h_0 = self.initial["hidden"]
        if not self.backward:
            head = h_0 if start == 0 else self.hidden[start - 1]
            return torch.cat([head[None], self.hidden[start : stop - 1]])
        after = self.hidden[start + 1 : stop + 1]
        if stop == len(self.hidden):
            after = torch.cat([after, h_0[None]])
        steps = torch.arange(start, stop, device=after.device)[:, None, None]
        return torch.where(steps == lengths.to(after.device)[None, :, None] - 1, h_0[None], after)

    def replay(self, lengths: Tensor, start: int, stop: int) -> Replay:
        """Every quantity at timesteps `start` up to `stop`, (n, B, H), computed in float32 at least.

        An LSTM is replayed whole, because its cell state is a scan over all of time.
        """
        dtype = torch.promote_types(self.hidden.dtype, torch.float32)
        weights = self.weights.to(self.hidden.device, dtype)
        x, h = self.x[start:stop].to(dtype), self.hidden[start:stop].to(dtype)
        h_prev = self.previous(lengths, start, stop).to(dtype)
        if self.cell.name == "gru":
            return replay_gru(x, h, h_prev, weights, self.reset)
        if self.cell.name == "rnn":
            return replay_rnn(x, h, h_prev, weights, self.nonlinearity)
        ends = lengths.to(h.device) - 1 if self.backward else None
        return replay_lstm(x, h, h_prev, self.initial["cell"].to(dtype), weights, ends)

    def select(self, items: slice | Tensor) -> "LayerRun":
        """The same for some sequences of the batch, or for all of them in another order."""
        states = ({name: state[items] for name, state in which.items()} for which in (self.initial, self.final))
        initial, final = states
        return replace(self, x=self.x[:, items], hidden=self.hidden[:, items], initial=initial, final=final)


@dataclass
class Call:
    """One call of a recurrent kernel."""

    module: str
    """Path of the module that made it; empty for the root itself."""
    layers: list[LayerRun]
    """In the order in which they ran."""
    lengths: Tensor
    """Timesteps that the kernel processed of each sequence, (B,) int64 on the CPU."""
    batch_first: bool | None
    """How its input was laid out; None for a packed one."""

    @property
    def x(self) -> Tensor:
        """What went into the first layer, (T, B, I)."""
        return self.layers[0].x


class Intercept(TorchFunctionMode):
    """While entered, hands every call of a recurrent kernel whose weights belong to `model` to `on_call`."""

    def __init__(self, model: nn.Module, on_call: Callable[[Call], None]) -> None:
        super().__init__()
        self._model = model
        self._on_call = on_call
        self.active = True
        """Switched off, calls pass as if nothing were there."""
        self._watched: list[nn.Module] = []
        self._packed: tuple[int, Tensor] | None = None

    def __enter__(self) -> "Intercept":
        for _, module in recurrent_modules(self._model):
            self._watch(module)
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *error: Any) -> None:
        for module in self._watched:
            del module.forward
        self._watched.clear()
        super().__exit__(*error)  # type: ignore[no-untyped-call]

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kernel = getattr(function, "__name__", "")
        if not self.active or kernel not in _KERNELS or kwargs:
            return function(*args, **(kwargs or {}))
        packed = isinstance(args[1], Tensor) and args[1].dtype == torch.int64
        x, batch_sizes, hx, parameters, bias, layers, dropout, training, bidirectional, *rest = (
            args if packed else (args[0], None, *args[1:])
        )
        module = self._owner(parameters)
        if module is None:
            return function(*args)
        batch_first = bool(rest[0]) if rest else False
        run = _LayerByLayer(function, kernel, module, batch_sizes, bool(bias), bool(bidirectional), batch_first)
        output, final, runs = run(x, hx, parameters, int(layers), float(dropout), bool(training))
        lengths = _lengths(batch_sizes) if packed else torch.full((runs[0].x.shape[1],), runs[0].x.shape[0])
        if packed and self._packed and self._packed[0] == id(x):
            place = self._packed[1]
            runs, lengths = [run.select(place) for run in runs], lengths[place.cpu()]
        self._on_call(Call(module, runs, lengths, None if packed else batch_first))
        return (output, *final)

    def _owner(self, parameters: Sequence[Tensor]) -> str | None:
        """The path of the module whose weights these are, by identity."""
        for path, module in recurrent_modules(self._model):
            if module._flat_weights and module._flat_weights[0] is parameters[0]:
                return escaped(path)
        return None

    def _watch(self, module: nn.Module) -> None:
        """Note what is packed: packing sorts a batch by length, and only the PackedSequence knows from which order."""
        if "forward" in vars(module):  # somebody else's; the order is then taken as it comes
            return
        original = module.forward

        def forward(*args: Any, **kwargs: Any) -> Any:
            x = args[0] if args else kwargs.get("input")
            if isinstance(x, PackedSequence) and x.unsorted_indices is not None:
                self._packed = (id(x.data), x.unsorted_indices)
            return original(*args, **kwargs)

        module.forward = forward
        self._watched.append(module)


def recurrent_modules(model: nn.Module) -> Iterable[tuple[str, nn.RNNBase]]:
    """Every `nn.GRU`, `nn.LSTM` and `nn.RNN` in `model`, itself included, with its path."""
    return ((path, module) for path, module in model.named_modules() if isinstance(module, nn.RNNBase))


def escaped(path: str) -> str:
    """The path of a module as a name in HDF5, where a slash would begin a group."""
    return path.replace("/", "_")


def layer_name(module: str, number: int, backward: bool) -> str:
    """`<module path>.l<k>`, with `_reverse` for the backward direction, after PyTorch's own parameter names."""
    return f"{module}.l{number}{'_reverse' if backward else ''}" if module else f"l{number}{'_reverse' * backward}"


@dataclass
class _LayerByLayer:
    """One fused call over several layers, made as one fused call for each."""

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
        cell = CELLS[_KERNELS[self.kernel]]
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
        # Copies: what the caller does to these tensors in place must not reach the recording.
        x, output = self._time_first(x).detach().clone(), self._time_first(output).detach().clone()
        for direction, hidden in enumerate(output.chunk(2 if self.bidirectional else 1, dim=2)):
            mine = [*weights[direction * each : (direction + 1) * each], None, None][:4]
            yield LayerRun(
                name=layer_name(self.module, number, direction == 1),
                cell=cell,
                backward=direction == 1,
                x=x,
                hidden=hidden,
                initial={
                    name: s[direction].detach().clone() for name, s in zip(("hidden", "cell"), first, strict=False)
                },
                final={name: s[direction].detach() for name, s in zip(("hidden", "cell"), last, strict=False)},
                weights=Weights(mine[0], mine[1], mine[2], mine[3]),  # type: ignore[arg-type]
                nonlinearity="relu" if self.kernel == "rnn_relu" else "tanh",
                reset="before" if self.kernel == "gru_reset_before" else "after",
            )

    def _time_first(self, data: Tensor) -> Tensor:
        if self.batch_sizes is not None:
            packed = PackedSequence(data, self.batch_sizes)
            return pad_packed_sequence(packed)[0]
        return data.transpose(0, 1) if self.batch_first else data


def _lengths(batch_sizes: Tensor) -> Tensor:
    """Lengths, longest first, of the sequences whose numbers at each timestep are `batch_sizes`."""
    return (batch_sizes[:, None] > torch.arange(int(batch_sizes[0]))[None]).sum(0)
