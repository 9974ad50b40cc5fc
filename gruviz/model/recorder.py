"""`gruviz.record` and `gruviz.Recorder`: gates from anybody's network, by running it."""

import inspect
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn

from gruviz import recording
from gruviz.cells import Thresholds
from gruviz.errors import GruvizError
from gruviz.model._passes import Passes
from gruviz.model.checkpoint import fingerprint
from gruviz.model.intercept import Call, Intercept, escaped, recurrent_modules
from gruviz.recording.schema import NO_CHECKPOINT


class Recorder:
    """Records every forward pass that `model` makes while it is entered, in anybody's own loop.

        with gruviz.Recorder(model, "run.h5") as rec:
            model(batch)
        rec.recording.layers["rnn.l0"]["update"]

    Gates are replayed from the states that the model itself gives out, never computed in a step loop; the largest
    difference that the replay leaves is stored with every sequence as its residual.
    """

    def __init__(
        self,
        model: nn.Module,
        path: str | os.PathLike[str] | None = None,
        *,
        every: int | None = None,
        lengths: Sequence[int] | Tensor | None = None,
        names: Sequence[str] | None = None,
        vocabulary: Sequence[str] | None = None,
        columns: Sequence[str] = (),
        dtype: str = "float32",
        thresholds: Thresholds | None = None,
    ) -> None:
        """Prepare to record; nothing is opened before it is entered.

        Args:
            model: any module that holds `nn.GRU`, `nn.LSTM` or `nn.RNN` layers, or is one.
            path: the recording; None keeps it in memory.
            every: record each `every`-th forward pass in training mode, and no others; the number of the pass is kept
                as `checkpoint`. Without it every pass is recorded.
            lengths: (B,) for padded batches: what lies behind is not recorded. Packed sequences bring their own.
            names: (B,) of the sequences of a batch.
            vocabulary: the symbols that tokens stand for.
            columns: the names of numeric inputs.
            dtype: float32, or float16 to halve the file.
            thresholds: that units are counted at.

        Raises:
            GruvizError: the model holds no recurrent layer, or `every` is no positive number.
        """
        if not any(True for _ in recurrent_modules(model)):
            raise GruvizError(
                f"{type(model).__name__} holds no nn.GRU, nn.LSTM or nn.RNN: there are no gates to record"
            )
        projected = [name or type(module).__name__ for name, module in recurrent_modules(model) if module.proj_size]
        if projected:
            raise GruvizError(f"{projected[0]} is a projected LSTM (proj_size), which cannot be recorded yet")
        if every is not None and every < 1:
            raise GruvizError(f"every={every}: give a positive number of training passes")
        self.model = model
        self.path = None if path is None else Path(path)
        self._every = every
        self._lengths = None if lengths is None else _whole_numbers(lengths)
        self._names = names
        self._options = {"vocabulary": vocabulary, "columns": columns}
        self._storage: dict[str, Any] = {"dtype": dtype, "thresholds": thresholds}
        self.passes = 0
        """Forward passes that were recorded."""
        self._training_passes = 0
        self._depth = 0
        self._calls: list[Call] = []
        self._given: tuple[Any, ...] = ()
        self._recording: recording.Recording | None = None

    @property
    def recording(self) -> recording.Recording:
        """What was recorded, once the block is left."""
        if self._recording is None:
            raise GruvizError("the recording is there when the `with` block of the Recorder is left")
        return self._recording

    def __enter__(self) -> "Recorder":
        about = {"source": "python", "class": type(self.model).__name__, "convention": "pytorch"}
        self._writer = recording.Writer(self.path, model=about, **self._storage)
        self._passes = Passes(self._writer, **self._options)  # type: ignore[arg-type]
        self._intercept = Intercept(self.model, self._on_call)
        self._intercept.active = False
        self._intercept.__enter__()
        self._forward_before = vars(self.model).get("forward")
        forward = self.model.forward

        def recorded_forward(*args: Any, **kwargs: Any) -> Any:
            self._begin(args, kwargs)
            try:
                return forward(*args, **kwargs)
            finally:
                self._end()

        self.model.forward = recorded_forward  # not a hook: those do not see a direct call of forward()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del self.model.forward
        if self._forward_before is not None:
            self.model.forward = self._forward_before
        self._intercept.__exit__(kind, error, trace)
        self._writer.close(complete=kind is None)
        if error is not None and self.passes:
            error.add_note(f"gruviz kept what was recorded until then: {self._writer.path or 'in memory'}")
        if self._writer.path is None:
            if self._writer.file:  # closed where nothing was recorded
                self._recording = recording.Recording(self._writer.file, None)
        elif self._writer.path.exists():
            self._recording = recording.open(self._writer.path)

    def _begin(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._depth += 1
        if self._depth > 1:
            return
        self._training_passes += self.model.training
        due = self._every is None or (self.model.training and self._training_passes % self._every == 0)
        self._intercept.active = due
        self._given = (*args, *kwargs.values())

    def _end(self) -> None:
        self._depth -= 1
        if self._depth > 0:
            return
        calls, self._calls, given, self._given = self._calls, [], self._given, ()
        self._intercept.active = False
        if calls:
            self._write(calls, given)

    def _on_call(self, call: Call) -> None:
        if call.x.shape[0]:
            self._calls.append(call)

    @torch.no_grad()
    def _write(self, calls: list[Call], given: tuple[Any, ...]) -> None:
        step = self._training_passes if self.model.training else NO_CHECKPOINT
        self._writer.add_checkpoint(step, weights=recurrent_weights(self.model), sha256=fingerprint(self.model))
        self._passes.write(calls, given, lengths=self._lengths, names=self._names, checkpoint=step)
        self._writer.flush()
        self.passes += 1


def record(
    model: nn.Module,
    *args: Any,
    path: str | os.PathLike[str] | None = None,
    lengths: Sequence[int] | Tensor | None = None,
    names: Sequence[str] | None = None,
    vocabulary: Sequence[str] | None = None,
    columns: Sequence[str] = (),
    dtype: str = "float32",
    thresholds: Thresholds | None = None,
    **kwargs: Any,
) -> recording.Recording:
    """Run `model(*args, **kwargs)` once, without gradients, and record all that its recurrent layers did.

    The model's mode is left as it is: call `model.eval()` first unless dropout is what you want to see.

    Args:
        model: any module that holds `nn.GRU`, `nn.LSTM` or `nn.RNN` layers, or is one.
        args: what the model is called with.
        path: the recording; None keeps it in memory.
        lengths: (B,) for padded batches: what lies behind is not recorded. Handed on to a model that takes it.
        names: (B,) of the sequences.
        vocabulary: the symbols that tokens stand for.
        columns: the names of numeric inputs.
        dtype: float32, or float16 to halve the file.
        thresholds: that units are counted at.
        kwargs: what the model is called with.

    Returns:
        The recording, open; `output` is what the model returned.

    Raises:
        GruvizError: the model holds no recurrent layer, or ran none; or the file cannot be written.
    """
    if lengths is not None and "lengths" in inspect.signature(model.forward).parameters:
        kwargs["lengths"] = lengths
    recorder = Recorder(
        model,
        path,
        lengths=lengths,
        names=names,
        vocabulary=vocabulary,
        columns=columns,
        dtype=dtype,
        thresholds=thresholds,
    )
    with torch.no_grad(), recorder:
        output = model(*args, **kwargs)
        if not recorder.passes:
            raise GruvizError(
                f"{type(model).__name__} ran no recurrent layer on this input: there is nothing to record"
            )
    run = recorder.recording
    run.output = output
    return run


def _whole_numbers(lengths: Sequence[int] | Tensor) -> Tensor:
    found = torch.as_tensor(lengths).cpu()
    if found.is_floating_point() or found.dtype == torch.bool or found.dim() != 1 or not len(found):
        raise GruvizError(f"lengths={lengths}: give one whole number for each sequence of the batch")
    return found.to(torch.int64)


def recurrent_weights(model: nn.Module) -> dict[str, Any]:
    """Weights of the recurrent layers by their full names, as float32 arrays: the views of a cell need no others."""
    return {
        f"{escaped(path)}.{name}" if path else name: parameter.detach().float().cpu().numpy()
        for path, module in recurrent_modules(model)
        for name, parameter in module.named_parameters(recurse=False)
    }
