"""Writing a recording: tapes and layers that grow block by block, in a file that bears its name only when complete."""

import hashlib
import json
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from gruviz.cells import CLASSES, Cell, Thresholds
from gruviz.errors import GruvizError
from gruviz.recording import schema
from gruviz.recording._column import Column
from gruviz.recording._disk import Disk
from gruviz.recording.classes import count
from gruviz.recording.encoding import decode, encode, scale
from gruviz.recording.pyramid import FirstLevel, Reduced, concatenate, factors, reduce_blocks

Floats = NDArray[np.float32]
_PIECE = 16384
"""Blocks of the pyramid that are reduced at a time when its upper levels are made."""


@dataclass(frozen=True)
class Block:
    """Some consecutive timesteps of one layer."""

    values: Mapping[str, Floats]
    """Every quantity of the cell, (n, H)."""
    previous: Floats | None = None
    """The state that the keep acts on, before each of these timesteps in processing order, (n, H). None for an RNN."""


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
        self._tapes: dict[str, _Tape] = {}
        self._layers: dict[str, _Layer] = {}
        description = json.dumps(dict(model or {}))
        self._open = True
        self._flushed = False
        self._disk = _create(self.path)
        with self._saying_what_failed():
            self.file = h5py.File(self._disk, "w") if self._disk else _in_memory()
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
        self._tapes[name] = _Tape(group, vocabulary, tuple(columns))

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
    ) -> None:
        """Add a layer whose timesteps lie on `tape`.

        Args:
            name: `<module path>.l<k>`, with `_reverse` for the backward direction.
            tape: a tape that was added before.
            cell: what kind of cell it is.
            size: its hidden units, H.
            direction: `forward`, or `backward` for a layer that reads each sequence from its end.
            convention: what the update gate meant in the model's source; what is stored is always the keep.
            dtype: what the layer ran in, which is what its residual is judged by.
            backend: device and precision, as told to the user.
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
            }
        )
        self._layers[name] = _Layer(group, self._tapes[tape], cell, size, self.dtype, self.thresholds)

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
            outputs: by name, (n,) or (n, O): `values`, `targets`, `probability`.
            labels: by name, (n,).
        """
        lengths = {len(block.values[name]) for block in layers.values() for name in block.values}
        if len(lengths) != 1:
            raise ValueError(f"blocks of one append must be equally long, not {sorted(lengths)}")
        with self._saying_what_failed():
            self._tapes[tape].append(lengths.pop(), tokens, values, outputs or {}, labels or {})
            for layer in self._on(tape):
                layer.append(layers[layer.name])

    def end(self, tape: str, residuals: Mapping[str, float]) -> None:
        """End the sequence, with the largest per-step residual of each layer."""
        with self._saying_what_failed():
            self._tapes[tape].end()
            for layer in self._on(tape):
                layer.end(residuals[layer.name])

    def flush(self) -> None:
        """Write everything that is held back, so that it survives the end of this process and can be read by others."""
        with self._saying_what_failed():
            for part in self._parts():
                part.flush()
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
                self.end(name, {layer.name: float("nan") for layer in self._on(name)})
        self.flush()
        with self._saying_what_failed():
            for layer in self._layers.values():
                layer.finish()
            self.file.attrs["digest"] = self._digest()
            self.file.attrs["complete"] = complete
            self.file.flush()
        if self.path is not None:
            with self._saying_what_failed():
                self._close_file()
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

    def _on(self, tape: str) -> list["_Layer"]:
        return [layer for layer in self._layers.values() if layer.tape is self._tapes[tape]]

    def _parts(self) -> list["_Tape | _Layer"]:
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
        self._close_file()
        if self.path is not None and not self._flushed:
            _partial(self.path).unlink(missing_ok=True)

    def _close_file(self) -> None:
        if hasattr(self, "file"):
            self.file.close()
        if self._disk is not None:
            self._disk.close()


class _Tape:
    def __init__(self, group: h5py.Group, vocabulary: Sequence[str] | None, columns: tuple[str, ...]) -> None:
        self._group = group
        self._vocabulary = vocabulary
        self._columns = columns
        self._rows = 0
        self._table: list[list[Any]] = []  # name, offset, length, pass, item, checkpoint
        self._flushed = 0
        self._data: dict[str, Column] = {}
        self.running = False
        text = h5py.string_dtype()
        sequences = group.create_group("sequences")
        self._fields = [sequences.create_dataset("name", (0,), maxshape=(None,), dtype=text, chunks=(1024,))] + [
            sequences.create_dataset(name, (0,), maxshape=(None,), dtype="i8", chunks=(1024,), fletcher32=True)
            for name in ("offset", "length", "pass", "item", "checkpoint")
        ]

    @property
    def lengths(self) -> list[int]:
        return [row[2] for row in self._table]

    def begin(self, name: str, pass_: int, item: int, checkpoint: int) -> None:
        if self.running:
            raise ValueError("the sequence before has not ended")
        self._table.append([name, self._rows, 0, pass_, item, checkpoint])
        self.running = True

    def append(
        self,
        length: int,
        tokens: NDArray[np.integer] | None,
        values: Floats | None,
        outputs: Mapping[str, NDArray[Any]],
        labels: Mapping[str, NDArray[Any]],
    ) -> None:
        if not self.running:
            raise ValueError("no sequence was begun")
        new = {f"outputs/{name}": array for name, array in outputs.items()}
        new |= {f"labels/{name}": array for name, array in labels.items()}
        if tokens is not None:
            new["inputs/token"] = np.asarray(tokens, np.int32)
        if values is not None:
            new["inputs/values"] = np.asarray(values, np.float32)
        if self._rows and new.keys() != self._data.keys():
            raise ValueError(f"a tape has the same data throughout: {sorted(self._data)}, not {sorted(new)}")
        for name, array in new.items():
            if len(array) != length:
                raise ValueError(f"{name} has {len(array)} timesteps, the layers have {length}")
            if name not in self._data:
                self._data[name] = self._column(name, array)
            self._data[name].append(array)
        self._table[-1][2] += length
        self._rows += length

    def end(self) -> None:
        self.running = False

    def cut(self, rows: int) -> None:
        """Leave the running sequence no more timesteps than there are rows."""
        last = self._table[-1]
        last[2] = min(last[2], rows - last[1])

    def flush(self) -> None:
        for column in self._data.values():
            column.flush()
        new = self._table[self._flushed :]
        for field_number, dataset in enumerate(self._fields):
            dataset.resize(len(self._table), axis=0)
            if new:
                dataset[self._flushed :] = [row[field_number] for row in new]
        self._flushed = len(self._table) - self.running  # a running sequence is written again, with its new length

    def content(self) -> list[Column]:
        return list(self._data.values())

    def _column(self, name: str, array: NDArray[Any]) -> Column:
        column = Column(self._group, name, array.shape[1] if array.ndim == 2 else None, array.dtype)
        if name == "inputs/token" and self._vocabulary is not None:
            column.dataset.attrs.create("vocabulary", list(self._vocabulary), dtype=h5py.string_dtype())
        if name == "inputs/values" and self._columns:
            column.dataset.attrs.create("columns", list(self._columns), dtype=h5py.string_dtype())
        return column


@dataclass
class _Stored:
    """One quantity of a layer: its rows, and its pyramid."""

    group: h5py.Group
    name: str
    scale: str
    column: Column
    levels: dict[int, dict[str, Column]] = field(default_factory=dict)

    def append(self, values: Floats) -> None:
        self.column.append(encode(values, self.scale, self.column.dataset.dtype))

    def append_blocks(self, factor: int, reduced: Reduced) -> None:
        if factor not in self.levels:
            units = reduced.mean.shape[1]
            group = self.group.create_group(f"pyramid/{self.name}/{factor}")
            self.levels[factor] = {
                s: Column(
                    group, s, units, self.column.dataset.dtype, chunk_rows=schema.SMALL_CHUNK_ROWS, digested=False
                )
                for s in schema.STATISTICS
            }
            for column in self.levels[factor].values():
                column.dataset.attrs["scale"] = self.scale
        for statistic, column in self.levels[factor].items():
            column.append(encode(getattr(reduced, statistic), self.scale, column.dataset.dtype))

    def blocks(self, factor: int, rows: slice) -> Reduced:
        columns = self.levels[factor]
        return Reduced(*(decode(columns[s].dataset[rows], self.scale) for s in schema.STATISTICS))

    def flush(self) -> None:
        self.column.flush()
        for level in self.levels.values():
            for column in level.values():
                column.flush()


class _Layer:
    def __init__(
        self, group: h5py.Group, tape: _Tape, cell: Cell, size: int, dtype: np.dtype[Any], thresholds: Thresholds
    ) -> None:
        self.name = str(group.name).removeprefix("/layers/")
        self.tape = tape
        self._cell = cell
        self._size = size
        self._thresholds = thresholds
        self._stored: dict[str, _Stored] = {}
        for quantity in cell.quantities:
            how = scale(quantity, dtype)
            column = Column(group, quantity.name, size, dtype)
            column.dataset.attrs["scale"] = how
            self._stored[quantity.name] = _Stored(group, quantity.name, how, column)
        self._first = {name: FirstLevel(size) for name in cell.names}
        self._initial = {
            state: Column(group, _initial_name(state), size, np.float32, chunk_rows=schema.SMALL_CHUNK_ROWS)
            for state in cell.states
        }
        self._residual = Column(group, "residual", None, np.float32)
        self._counts: Column | None = None
        if cell.keep:
            self._counts = Column(group, "counts", len(CLASSES), np.uint16 if size < 2**16 else np.uint32)
            self._counts.dataset.attrs.update(
                {
                    "classes": list(CLASSES),
                    "retained": thresholds.retained,
                    "overwritten": thresholds.overwritten,
                    "moved": thresholds.moved,
                }
            )

    def begin(self, initial: Mapping[str, Floats]) -> None:
        for state, column in self._initial.items():
            column.append(np.asarray(initial[state], np.float32).reshape(1, self._size))

    def append(self, block: Block) -> None:
        for name, stored in self._stored.items():
            stored.append(block.values[name])
            stored.append_blocks(schema.FACTOR, self._first[name].push(block.values[name]))
        if self._counts is not None and self._cell.keep is not None:
            if block.previous is None:
                raise ValueError("a layer with a keep needs its previous states")
            keep, state = block.values[self._cell.keep], block.values[self._cell.state]
            counts = count(keep, state, block.previous, self._thresholds)
            self._counts.append(counts.astype(self._counts.dataset.dtype))

    def end(self, residual: float) -> None:
        for name, stored in self._stored.items():
            stored.append_blocks(schema.FACTOR, self._first[name].finish())
        self._residual.append(np.array([residual], np.float32))

    def flush(self) -> None:
        for stored in self._stored.values():
            stored.flush()
        for column in (*self._initial.values(), self._residual, *([self._counts] if self._counts else [])):
            column.flush()

    def columns(self) -> list[Column]:
        return [stored.column for stored in self._stored.values()]

    def content(self) -> list[Column]:
        return [*self.columns(), *self._initial.values()]

    def finish(self) -> None:
        """Make the upper levels of the pyramid, each from the one below."""
        lengths = self.tape.lengths
        for stored in self._stored.values():
            for factor in factors(max(lengths, default=0))[1:]:
                below = factor // schema.STEP
                for start, group in _grouped(lengths, below):
                    self._raise_level(stored, below, start, group)
                stored.flush()

    def _raise_level(self, stored: _Stored, below: int, start: int, lengths: list[int]) -> None:
        """Reduce the blocks, from block `start` of level `below` on, of some sequences or of a piece of one."""
        held = [schema.blocks(length, below) for length in lengths]
        blocks = stored.blocks(below, slice(start, start + sum(held)))
        made, at = [], 0
        for length, number in zip(lengths, held, strict=True):
            sizes = np.full(number, below)
            sizes[-1:] = length - below * (number - 1)
            made.append(reduce_blocks(blocks[at : at + number], sizes, schema.STEP))
            at += number
        stored.append_blocks(below * schema.STEP, concatenate(made, self._size))


def _grouped(lengths: Sequence[int], factor: int) -> Iterator[tuple[int, list[int]]]:
    """Walk a level in pieces of bounded size: where a piece starts, and the timesteps of the sequences in it.

    Short sequences are taken together, so that ten thousand of them are a few reads; a long one is cut where blocks of
    the next level end.
    """
    start, group, held = 0, list[int](), 0
    for whole in lengths:
        rest = whole
        while rest > 0:
            piece = min(rest, _PIECE * factor)
            number = schema.blocks(piece, factor)
            if group and held + number > _PIECE:
                yield start, group
                start, group, held = start + held, [], 0
            group.append(piece)
            held += number
            rest -= piece
    if group:
        yield start, group


def _initial_name(state: str) -> str:
    return "initial" if state == "hidden" else f"initial_{state}"


def _partial(path: Path) -> Path:
    return path.with_name(path.name + schema.PARTIAL)


def _create(path: Path | None) -> Disk | None:
    if path is None:
        return None
    if path.is_dir():
        raise GruvizError(f"{path} is a folder: give the name of a file to record to")
    if not path.parent.is_dir():
        raise GruvizError(f"the folder {path.parent} does not exist: make it, or record to another")
    try:
        return Disk(_partial(path))
    except BlockingIOError as error:
        raise GruvizError(f"cannot write {path}: another recording is being written there") from error
    except OSError as error:
        raise GruvizError(f"cannot write {path}: {_reason(error)}") from error


def _in_memory() -> h5py.File:
    return h5py.File(f"gruviz-{uuid.uuid4()}", "w", driver="core", backing_store=False)


def _reason(error: OSError) -> str:
    """What the system said, or at least the first line of what HDF5 said."""
    return os.strerror(error.errno).lower() if error.errno else str(error).splitlines()[0]
