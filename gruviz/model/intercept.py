"""Seeing every call of a recurrent kernel, whichever way it is made, and what flowed through each of its layers.

A `TorchFunctionMode` sees `torch.gru`, `torch.lstm`, `torch.rnn_tanh` and `torch.rnn_relu` with packed input, keyword
states and direct calls of `.forward()`, some of which forward hooks miss, and the cells' kernels (`torch.gru_cell` and
so on) at every step. A fused call over several layers is run layer by layer instead, which gives the same output.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence
from torch.overrides import TorchFunctionMode

from gruviz.cells import CELLS
from gruviz.model._call import Call, LayerRun
from gruviz.model._embedded import Embedded
from gruviz.model._layer_by_layer import KERNELS, LayerByLayer, copied, lengths_of, ran_in
from gruviz.model._modules import cell_name, escaped, layer_name, recurrent_modules
from gruviz.model.replay import Weights

__all__ = ["Call", "Intercept", "LayerRun", "around_forward", "escaped", "layer_name", "recurrent_modules"]

_CELL_KERNELS = {"gru_cell": "gru", "lstm_cell": "lstm", "rnn_tanh_cell": "rnn", "rnn_relu_cell": "rnn"}


class Intercept(TorchFunctionMode):
    """While entered, hands every call of a recurrent kernel that a module of `model` makes to `on_call`.

    It can be entered again and again; `watching` spares it some work each time.
    """

    def __init__(self, model: nn.Module, on_call: Callable[[Call], None]) -> None:
        super().__init__()
        self._modules = {escaped(path): module for path, module in recurrent_modules(model)}
        self._on_call = on_call
        self._left = ExitStack()
        self._inside: list[str] = []
        self._watches = False
        self._packed: tuple[int, Tensor] | None = None
        self._weights: dict[str, tuple[Any, Weights]] = {}
        self._number = 0
        self._embedded = Embedded()

    def __enter__(self) -> "Intercept":
        self._left.enter_context(self.watching())
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        self._left.close()
        self._embedded.forget()

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kernel = getattr(function, "__name__", "")
        if kernel == "embedding":
            vectors = function(*args, **(kwargs or {}))
            self._embedded.note(args, vectors)
            return vectors
        if not kwargs:
            if kernel in _CELL_KERNELS:
                return self._cell(function, kernel, *args)
            if kernel in KERNELS:
                return self._fused(function, kernel, args)
        return function(*args, **(kwargs or {}))

    def _fused(self, function: Callable[..., Any], kernel: str, args: Sequence[Any]) -> Any:
        packed = isinstance(args[1], Tensor) and args[1].dtype == torch.int64
        x, batch_sizes, hx, parameters, bias, layers, dropout, training, bidirectional, *rest = (
            args if packed else (args[0], None, *args[1:])
        )
        module = self._owner(parameters[0])
        if module is None:
            return function(*args)
        batch_first = bool(rest[0]) if rest else False
        run = LayerByLayer(function, kernel, module, batch_sizes, bool(bias), bool(bidirectional), batch_first)
        output, final, runs = run(x, hx, parameters, int(layers), float(dropout), bool(training))
        steps, batch = runs[0].x.shape[:2]
        lengths = lengths_of(batch_sizes) if packed else torch.full((batch,), steps, device="cpu")
        if packed and self._packed and self._packed[0] == id(x):
            place = self._packed[1]
            runs, lengths = [run.select(place) for run in runs], lengths[place.cpu()]
        if steps == 1:
            for layer in runs:
                layer.weights = self._kept(layer.name, layer.weights)
        tokens = None if packed else self._embedded.tokens(x)
        if tokens is not None and batch_first:
            tokens = tokens.transpose(0, 1)
        self._tell(Call(module, runs, lengths, None if packed else batch_first, packed, tokens))
        return (output, *final)

    def _cell(
        self,
        function: Callable[..., Any],
        kernel: str,
        x: Tensor,
        hx: Any,
        W_ih: Tensor,
        W_hh: Tensor,
        b_ih: Tensor | None = None,
        b_hh: Tensor | None = None,
    ) -> Any:
        module = self._owner(W_ih)
        if module is None:
            return function(x, hx, W_ih, W_hh, b_ih, b_hh)
        cell = CELLS[_CELL_KERNELS[kernel]]
        began = tuple(map(copied, hx if cell.name == "lstm" else (hx,)))
        inputs = copied(x)
        ended = function(x, hx, W_ih, W_hh, b_ih, b_hh)
        final = tuple(map(copied, ended if cell.name == "lstm" else (ended,)))
        name = cell_name(module, cell.name)
        run = LayerRun(
            name=name,
            cell=cell,
            backward=False,
            x=inputs[None],
            hidden=final[0][None],
            initial=dict(zip(("hidden", "cell"), began, strict=False)),
            final=dict(zip(("hidden", "cell"), final, strict=False)),
            weights=self._kept(name, Weights(W_ih, W_hh, b_ih, b_hh)),
            ran=ran_in(final[0]),
            nonlinearity="relu" if kernel == "rnn_relu_cell" else "tanh",
        )
        lengths, tokens = torch.ones(len(inputs), dtype=torch.int64, device="cpu"), self._embedded.tokens(inputs)
        self._tell(Call(module, [run], lengths, None, tokens=None if tokens is None else tokens[None]))
        return ended

    def _tell(self, call: Call) -> None:
        call.span = (self._number, self._number)
        self._number += 1
        self._on_call(call)

    def _owner(self, weight: Tensor) -> str | None:
        """The path of the module that makes a call: the innermost that runs, else the one whose weights it has.

        Weights alone would not do: parametrised ones are made anew at every access, and tied ones have two owners.
        """
        if self._inside:
            return self._inside[-1]
        for path, module in self._modules.items():
            first = module.weight_ih_l0 if isinstance(module, nn.RNNBase) else module.weight_ih
            if first is weight:
                return path
        return None

    def _kept(self, layer: str, weights: Weights) -> Weights:
        """A copy of the weights that a single step used, the same object as long as they do not change.

        Steps are replayed when their sequence has ended, and by then a training may have changed the weights.
        """
        used = [tensor for tensor in weights.tensors if tensor is not None]
        lasting = all(tensor.is_leaf and not tensor.is_inference() for tensor in used)
        state = [(tensor, tensor._version) for tensor in used] if lasting else None
        before, kept = self._weights.get(layer, (None, None))
        if kept is not None:
            # Tensors are held, not their ids, which a later tensor may have again.
            pairs = zip(state or (), before or (), strict=False)
            unchanged = state and before and all(a is b and m == n for (a, m), (b, n) in pairs)
            if unchanged or _equal(kept, weights):
                self._weights[layer] = state, kept
                return kept
        kept = Weights(*(None if tensor is None else copied(tensor) for tensor in weights.tensors))  # type: ignore[arg-type]
        self._weights[layer] = state, kept
        return kept

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch which modules run, throughout the block."""
        if self._watches:
            yield
            return
        with ExitStack() as stack:
            for path, module in self._modules.items():
                stack.enter_context(around_forward(module, self._noting(path)))
            self._watches = True
            try:
                yield
            finally:
                self._watches = False

    def _noting(self, path: str) -> Callable[..., Any]:
        """What is done around the forward pass of a recurrent module: note that it runs, and what is packed.

        Packing sorts a batch by length, and only the PackedSequence knows from which order.
        """

        def watched(forward: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            x = args[0] if args else kwargs.get("input")
            if isinstance(x, PackedSequence) and x.unsorted_indices is not None:
                self._packed = (id(x.data), x.unsorted_indices)
            self._inside.append(path)
            try:
                return forward(*args, **kwargs)
            finally:
                self._inside.pop()

        return watched


def _equal(some: Weights, others: Weights) -> bool:
    pairs = zip(some.tensors, others.tensors, strict=True)
    return all((a is None) == (b is None) and (a is None or b is None or torch.equal(a, b)) for a, b in pairs)


@contextmanager
def around_forward(module: nn.Module, around: Callable[..., Any]) -> Iterator[None]:
    """Within the block, `module.forward(...)` runs `around(forward, ...)`.

    Not a hook, which does not see a direct call of `forward()`. What somebody else put there comes back in the end.
    """
    before = vars(module).get("forward")
    forward = module.forward

    def replaced(*args: Any, **kwargs: Any) -> Any:
        return around(forward, *args, **kwargs)

    module.forward = replaced
    try:
        yield
    finally:
        del module.forward
        if before is not None:
            module.forward = before
