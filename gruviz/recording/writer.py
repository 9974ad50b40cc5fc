"""Writing a recording: tapes and layers that grow block by block, in a file that bears its name only when complete."""

import hashlib
import json
import os
import uuid
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from gruviz.cells import Cell, Thresholds
from gruviz.errors import GruvizError
from gruviz.recording import schema
from gruviz.recording._disk import Disk
from gruviz.recording._growing_layer import Block, GrowingLayer
from gruviz.recording._growing_tape import GrowingTape
from gruviz.recording._opening import open_to_read
from gruviz.recording.training import GrowingTraining

Floats = NDArray[np.float32]


class Writer:
    """Writes one recording, to `<path>.part` until `close`, or to memory when `path` is None.

    Add tapes and layers first. Then, for each tape in turn or interleaved: `begin` a sequence, `append` its timesteps
    in blocks of any length, `end` it. Used as a context manager it closes itself; when an exception passes through,
    what was recorded until then is kept and marked as not complete.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None,
        *,
        dtype: str = "float32",
        model: Mapping[str, Any] | None = None,
        thresholds: Thresholds | None = None,
    ) -> None:
        """Open the file.

        Args:
            path: where the recording will stand; an existing file there is replaced at `close`.
            dtype: float32, or float16 to halve the file: gates are then stored as logits.
            model: what is known of the model, JSON-able: architecture, source, vocabulary.
            thresholds: those that the stored counts are counted at.

        Raises:
            GruvizError: the folder does not exist or cannot be written to.
        """
        if dtype not in ("float32", "float16"):
            raise GruvizError(f"a recording is stored in float32 or float16, not in {dtype}")
        self.path = None if path is None else Path(path)
        self.dtype = np.dtype(dtype)
        self.thresholds = thresholds or Thresholds()
        self._tapes: dict[str, GrowingTape] = {}
        self._layers: dict[str, GrowingLayer] = {}
        self._training: GrowingTraining | None = None
        description = json.dumps(dict(model or {}))
        self._open = True
        self._flushed = False
        self._disk = _create(self.path)
        self._files = ExitStack()
        # HDF5 closes at exit what nobody closed, when there is no Python left for it to write through.
        weakref.finalize(self, self._files.close)
        if self._disk is not None:
            self._files.callback(self._disk.close)
        with self._saying_what_failed():
            self.file = h5py.File(self._disk, "w") if self._disk else _in_memory()
            if self._disk is not None:
                self._files.callback(self.file.close)
            self.file.attrs.update(
                {
                    "format": schema.FORMAT,
                    "version": schema.VERSION,
                    "gruviz": installed_version("gruviz"),
                    "uuid": str(uuid.uuid4()),
                    "created": datetime.now(UTC).isoformat(timespec="seconds"),
                    "complete": False,
                }
            )
            for name in ("tapes", "layers", "checkpoints"):
                self.file.create_group(name)
            self.file.create_group("model").attrs["description"] = description

    def describe(self, model: Mapping[str, Any]) -> None:
        """Say anew what is known of the model, JSON-able."""
        with self._saying_what_failed():
            self.file["model"].attrs["description"] = json.dumps(dict(model))

    def add_tape(
        self,
        name: str,
        *,
        vocabulary: Sequence[str] | None = None,
        columns: Sequence[str] = (),
        rate: float | None = None,
        unit: str | None = None,
    ) -> None:
        """Add a time axis.

        Args:
            name: `main` for the only one.
            vocabulary: the symbols that its tokens stand for.
            columns: names of the columns of its numeric input.
            rate: timesteps per `unit`, where time has one.
            unit: of time, `s` for instance.
        """
        group = self.file["tapes"].create_group(name)
        if rate is not None:
            group.attrs["rate"] = rate
        if unit is not None:
            group.attrs["unit"] = unit
        self._tapes[name] = GrowingTape(group, vocabulary, tuple(columns))

    def add_layer(
        self,
        name: str,
        *,
        tape: str,
        cell: Cell,
        size: int,
        direction: str = "forward",
        convention: str = "pytorch",
        dtype: str = "float32",
        backend: str = "",
        projection: int | None = None,
        reset: str = "after",
        nonlinearity: str = "tanh",
    ) -> None:
        """Add a layer whose timesteps lie on `tape`.

        Args:
            name: `<module path>.l<k>`, with `_reverse` for the backward direction; a cell's is `<module path>`.
            tape: a tape that was added before.
            cell: what kind of cell it is.
            size: its hidden units, H.
            direction: `forward`, or `backward` for a layer that reads each sequence from its end.
            convention: what the update gate meant in the model's source; what is stored is always the keep.
            dtype: what the layer ran in, which is what its residual is judged by.
            backend: device and precision, as told to the user.
            projection: to how many numbers an LSTM projects its hidden state, P. Its `hidden` is then o tanh(c), unit
                for unit beside the gates, and what it gives out is `projected`, (N, P); `initial_projected` is (S, P).
            reset: of a GRU: whether the reset gate acts `after` the product with W_hn, or `before` it.
            nonlinearity: of a plain RNN: `tanh` or `relu`.
        """
        group = self.file["layers"].create_group(name)
        group.attrs.update(
            {
                "tape": tape,
                "cell": cell.name,
                "size": size,
                "direction": direction,
                "convention": convention,
                "dtype": dtype,
                "backend": backend,
                "reset": reset,
                "nonlinearity": nonlinearity,
            }
        )
        group.attrs["number"] = len(self._layers)
        if projection is not None:
            group.attrs["projection"] = projection
        self._layers[name] = GrowingLayer(group, self._tapes[tape], cell, size, self.dtype, self.thresholds, projection)

    def add_checkpoint(
        self, step: int, *, weights: Mapping[str, NDArray[Any]], sha256: str, metric: str | None = None
    ) -> None:
        """Store weights by parameter name, their SHA-256, and a metric in words."""
        group = self.file["checkpoints"].require_group(str(step))
        group.attrs["sha256"] = sha256
        if metric:
            group.attrs["metric"] = metric
        if "weights" not in group:
            for name, array in weights.items():
                group.create_dataset(f"weights/{name}", data=array, fletcher32=array.ndim > 0)

    def add_training(self, steps: int) -> None:
        """Add the course of a training of so many steps, which `append_step` follows."""
        with self._saying_what_failed():
            self._training = GrowingTraining(self.file.create_group("training"), steps)

    def append_step(self, step: int, loss: float, gradient_norm: float, metric: float = np.nan) -> None:
        """Append a step of the training: its number from 1, and the metric on held-out data where it was judged."""
        assert self._training is not None
        with self._saying_what_failed():
            self._training.append(step, loss, gradient_norm, metric)

    def judge_by(self, metric: str, baseline_name: str, baseline: float) -> None:
        """Say what the metric of the training is called, and what something plain has."""
        assert self._training is not None
        with self._saying_what_failed():
            self._training.judge_by(metric, baseline_name, baseline)

    def begin(
        self,
        tape: str,
        name: str,
        *,
        initial: Mapping[str, Mapping[str, Floats]],
        pass_: int = 0,
        item: int = 0,
        checkpoint: int = schema.NO_CHECKPOINT,
    ) -> None:
        """Begin a sequence at the end of a tape.

        Args:
            tape: on which tape.
            name: what the user calls the sequence.
            initial: for each layer of the tape, the states it starts from, (H,) by name of the state.
            pass_: the forward pass of the model that it comes from.
            item: its place in that pass's batch.
            checkpoint: the training step of the model, or -1.
        """
        with self._saying_what_failed():
            self._tapes[tape].begin(name, pass_, item, checkpoint)
            for layer in self._on(tape):
                layer.begin(initial[layer.name])

    def append(
        self,
        tape: str,
        layers: Mapping[str, Block],
        *,
        tokens: NDArray[np.integer] | None = None,
        values: Floats | None = None,
        outputs: Mapping[str, NDArray[Any]] | None = None,
        labels: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:
        """Append the next n timesteps to the sequence that was begun: all layers of the tape, and what went in and out.

        Args:
            tape: on which tape.
            layers: a block of n timesteps for each layer of the tape.
            tokens: (n,) indices into the vocabulary, or
            values: (n, I) numeric input.
            outputs: by name, (n,) or (n, O): `values`, `targets`, `probability`, `wanted`.
            labels: by name, (n,).
        """
        lengths = {len(block.values[name]) for block in layers.values() for name in block.values}
        if len(lengths) != 1:
            raise ValueError(f"blocks of one append must be equally long, not {sorted(lengths)}")
        with self._saying_what_failed():
            self._tapes[tape].append(lengths.pop(), tokens, values, outputs or {}, labels or {})
            for layer in self._on(tape):
                layer.append(layers[layer.name])

    def end(self, tape: str, residuals: Mapping[str, float] | None = None) -> None:
        """End the sequence. Its residuals are those of its blocks, unless others are given for each layer."""
        with self._saying_what_failed():
            self._tapes[tape].end()
            for layer in self._on(tape):
                layer.end(layer.residual if residuals is None else residuals[layer.name])

    def flush(self) -> None:
        """Write everything that is held back, so that it survives the end of this process and can be read by others."""
        with self._saying_what_failed():
            for part in self._parts():
                part.flush()
            if self._training is not None:
                self._training.flush()
            self.file.flush()
        if self._disk is not None:
            self._disk.settle()
        self._flushed = True

    def close(self, complete: bool = True) -> None:
        """Finish the pyramid, seal the file with its digest and give it its name. Does nothing the second time.

        A recording that is not complete does not replace a file: it keeps its `.part` name beside it, and `path` says
        so. One that holds nothing is removed.

        Args:
            complete: False marks a recording that was cut short: all that it holds is valid.
        """
        if not self._open:
            return
        if not complete and not any(tape.lengths for tape in self._tapes.values()):
            self._give_up()
            return
        for name, tape in self._tapes.items():
            if tape.running:  # cut short, perhaps within an append: what all have becomes a sequence of its own
                tape.cut(min((len(column) for layer in self._on(name) for column in layer.columns()), default=0))
                self.end(name)
        self.flush()
        with self._saying_what_failed():
            for layer in self._layers.values():
                layer.finish()
            self.file.attrs["digest"] = self._digest()
            self.file.attrs["complete"] = complete
            self.file.flush()
        if self.path is not None:
            with self._saying_what_failed():
                self._files.close()
            with self._saying_what_failed():
                if complete or not self.path.exists():
                    _partial(self.path).replace(self.path)
                else:
                    self.path = _partial(self.path)
        self._open = False

    def __enter__(self) -> "Writer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(complete=kind is None)

    def _on(self, tape: str) -> list[GrowingLayer]:
        return [layer for layer in self._layers.values() if layer.tape is self._tapes[tape]]

    def _parts(self) -> list[GrowingTape | GrowingLayer]:
        return [*self._tapes.values(), *self._layers.values()]

    def _digest(self) -> str:
        columns = [c for part in self._parts() for c in part.content()]
        lines = sorted(f"{column.dataset.name} {column.sha256()}\n" for column in columns)
        lines += [f"/tapes/{name} {tape.lengths}\n" for name, tape in sorted(self._tapes.items())]
        return "sha256:" + hashlib.sha256("".join(lines).encode()).hexdigest()

    @contextmanager
    def _saying_what_failed(self) -> Iterator[None]:
        """Turn the failure of a write into one line. The file is given up: HDF5 cannot go on after one."""
        failure: OSError | None = None
        try:
            yield
        except OSError as error:
            failure = error
        failure = (self._disk.error if self._disk else None) or failure
        if failure is None:
            return
        self._give_up()
        where = self.path or "memory"
        left = f"; what was flushed until then is in {_partial(self.path).name}" if self.path and self._flushed else ""
        raise GruvizError(f"cannot write {where}: {_reason(failure)}{left}") from failure

    def _give_up(self) -> None:
        """Close without finishing; a file that nothing was flushed to cannot be read, and goes."""
        self._open = False
        self._files.close()
        if self.path is None:
            self.file.close()
        elif not self._flushed:
            _partial(self.path).unlink(missing_ok=True)


def _partial(path: Path) -> Path:
    return path.with_name(path.name + schema.PARTIAL)


def _create(path: Path | None) -> Disk | None:
    if path is None:
        return None
    if path.is_dir():
        raise GruvizError(f"{path} is a folder: give the name of a file to record to")
    if path.exists() and not _is_recording(path):
        raise GruvizError(f"{path} is there already and is no recording: it is not replaced, give another name")
    if not path.parent.is_dir():
        raise GruvizError(f"the folder {path.parent} does not exist: make it, or record to another")
    try:
        return Disk(_partial(path))
    except BlockingIOError as error:
        raise GruvizError(f"cannot write {path}: another recording is being written there") from error
    except OSError as error:
        raise GruvizError(f"cannot write {path}: {_reason(error)}") from error


def _is_recording(path: Path) -> bool:
    try:
        with open_to_read(path) as file:
            return "format" in file.attrs
    except OSError:
        return False


def _in_memory() -> h5py.File:
    return h5py.File(f"gruviz-{uuid.uuid4()}", "w", driver="core", backing_store=False)


def _reason(error: OSError) -> str:
    """What the system said, or at least the first line of what HDF5 said."""
    return os.strerror(error.errno).lower() if error.errno else str(error).splitlines()[0]
