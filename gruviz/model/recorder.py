"""`gruviz.record` and `gruviz.Recorder`: gates from anybody's network, by running it."""

import inspect
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn

from gruviz import recording
from gruviz.cells import Thresholds
from gruviz.errors import GruvizError
from gruviz.model._call import Call
from gruviz.model._modules import check_recordable, recurrent_weights, unwrapped
from gruviz.model._passes import Passes
from gruviz.model.checkpoint import fingerprint
from gruviz.model.intercept import Intercept, around_forward
from gruviz.recording.schema import NO_CHECKPOINT

__all__ = ["Recorder", "record", "recurrent_weights"]


class Recorder:
    """Records every forward pass that `model` makes while it is entered, in anybody's own loop.

        with gruviz.Recorder(model, "run.h5") as rec:
            model(batch)
        rec.recording.layers["rnn.l0"]["update"]

    Gates are replayed from the states that the model itself gives out, never computed in a step loop; the largest
    difference that the replay leaves is stored with every sequence as its residual.

    A cell in a loop over timesteps, or a layer that is called with one timestep at a time, gives one sequence: a step
    that begins with the state that the one before ended with goes on, and so it does where the model changed the state
    in between (dropout, a mask), which `Layer.altered` of the recording tells. A zero state begins a sequence, and so
    does the state once more that the one before began with. Where each forward pass of the model is a single step,
    passes that follow each other make one sequence too, as long as the weights do not change; there each sequence of
    the batch has to go on exactly or from zero, unless the model is itself a cell.
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
            model: any module that holds `nn.GRU`, `nn.LSTM` or `nn.RNN` layers or cells of theirs, or is one.
                Compiled modules run as they are written while they are recorded; wrappers have no part in the names
                of layers.
            path: the recording; None keeps it in memory.
            every: record each `every`-th training pass, and no others. Without it every pass is recorded. A training
                pass is one in training mode with gradients on; its number is kept as `checkpoint`, with the weights
                that it ran with. All others have the checkpoint -1, with the weights of the first of them.
            lengths: (B,) for padded batches: what lies behind is not recorded. Packed sequences bring their own.
            names: (B,) of the sequences of a batch.
            vocabulary: the symbols that tokens stand for.
            columns: the names of numeric inputs.
            dtype: float32, or float16 to halve the file.
            thresholds: that units are counted at.

        Raises:
            GruvizError: the model holds no recurrent layer, or `every` is no positive number.
        """
        check_recordable(model)
        if every is not None and every < 1:
            raise GruvizError(f"every={every}: give a positive number of training passes")
        self.model = model
        self._root = unwrapped(model)
        self.path = None if path is None else Path(path)
        self._every = every
        self._lengths = None if lengths is None else _whole_numbers(lengths)
        self._names = names
        self._options = {"vocabulary": vocabulary, "columns": columns}
        self._storage: dict[str, Any] = {"dtype": dtype, "thresholds": thresholds}
        self.passes = 0
        """Forward passes that were recorded."""
        self._training_passes = 0
        self._checkpoints: set[int] = set()
        self._running = False
        self._left = ExitStack()
        self._calls: list[Call] = []
        self._recording: recording.Recording | None = None

    @property
    def recording(self) -> recording.Recording:
        """What was recorded, once the block is left."""
        if self._recording is None:
            raise GruvizError("the recording is there when the `with` block of the Recorder is left")
        return self._recording

    def __enter__(self) -> "Recorder":
        about = {"source": "python", "class": type(self._root).__name__, "convention": "pytorch"}
        self._writer = recording.Writer(self.path, model=about, **self._storage)
        self._passes = Passes(self._writer, **self._options)  # type: ignore[arg-type]
        self._intercept = Intercept(self._root, self._on_call)
        if "torch._dynamo" in sys.modules:  # else nothing can have been compiled, and importing it takes a second
            self._left.enter_context(torch.compiler.set_stance("force_eager"))
        self._left.enter_context(self._intercept.watching())
        self._left.enter_context(around_forward(self._root, self._pass))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.close()
        with torch.no_grad():
            self._passes.finish()
        self._writer.close(complete=kind is None)
        if error is not None and self.passes:
            error.add_note(f"gruviz kept what was recorded until then: {self._writer.path or 'in memory'}")
        if self._writer.path is None:
            if self._writer.file:  # closed where nothing was recorded
                self._recording = recording.Recording(self._writer.file, None)
        elif self._writer.path.exists():
            self._recording = recording.open(self._writer.path)
        if kind is None:
            self._warn()

    def _warn(self) -> None:
        """Say what somebody who does not look at the recording would not see."""
        if not self.passes:
            warnings.warn("nothing was recorded: no forward pass of the model was due, or none ran", stacklevel=3)
        for layer in self._recording.layers.values() if self._recording else ():
            if not layer.trusted:
                warnings.warn(
                    f"{layer.name} has a residual of {layer.residual:.1e}, more than {layer.dtype} explains: "
                    "do not trust these gates",
                    stacklevel=3,
                )

    def _pass(self, forward: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """What is done around the forward pass of the model; one within another is part of it."""
        if self._running:
            return forward(*args, **kwargs)
        training = self._root.training and torch.is_grad_enabled()
        self._training_passes += training
        step = self._training_passes if training else NO_CHECKPOINT
        if self._every is not None and not (training and self._training_passes % self._every == 0):
            with torch.no_grad():
                self._passes.finish()  # what comes after a gap does not go on
            return forward(*args, **kwargs)
        self._running = True
        try:
            with self._intercept:
                return forward(*args, **kwargs)
        finally:
            self._running = False
            calls, self._calls = self._calls, []
            if calls:
                self._write(calls, (*args, *kwargs.values()), step)

    def _on_call(self, call: Call) -> None:
        if call.steps:
            self._calls.append(call)

    @torch.no_grad()
    def _write(self, calls: list[Call], given: tuple[Any, ...], step: int) -> None:
        self.passes += 1
        if self._passes.write(calls, given, lengths=self._lengths, names=self._names, checkpoint=step):
            if step not in self._checkpoints:
                self._writer.add_checkpoint(step, weights=recurrent_weights(self._root), sha256=fingerprint(self._root))
                self._checkpoints.add(step)
            self._writer.flush()


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
        model: any module that holds `nn.GRU`, `nn.LSTM` or `nn.RNN` layers or cells of theirs, or is one.
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
