"""Reading a recording. Nothing is read before it is asked for, and torch is never needed."""

import builtins
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, overload

import h5py
import numpy as np
from numpy.typing import NDArray

from gruviz.cells import CELLS, CLASSES, Cell, Thresholds, variant
from gruviz.errors import GruvizError
from gruviz.recording import schema
from gruviz.recording._later import LONG, Later
from gruviz.recording._opening import open_to_read
from gruviz.recording._reading import first_line
from gruviz.recording._reading import reading as _reading
from gruviz.recording.encoding import decode
from gruviz.recording.gradient import Gradient
from gruviz.recording.pyramid import Reduced, factors
from gruviz.recording.validation import validate

Floats = NDArray[np.float32]
_PIECE = 16384
"""Rows that are gone through at a time."""
_ENOUGH = 2**22
"""Values among which the greatest and the least are looked for, where there is no pyramid."""


@dataclass(frozen=True)
class SequenceInfo:
    """One sequence on a tape."""

    index: int
    name: str
    offset: int
    """Its first row on the tape."""
    length: int
    """Its timesteps."""
    pass_: int
    """The forward pass of the model that it comes from."""
    item: int
    """Its place in that pass's batch."""
    checkpoint: int
    """The training step of the model, or -1."""

    @property
    def rows(self) -> slice:
        """Its rows on the tape."""
        return slice(self.offset, self.offset + self.length)


class Tape:
    """A time axis on which sequences lie end to end."""

    def __init__(self, name: str, group: h5py.Group, rows: int) -> None:
        self.name = name
        self._group = group
        self._rows = rows
        self._blocks: dict[int, NDArray[np.int64]] = {}
        self._opened: dict[str, h5py.Dataset] = {}
        """What was read once stays open, and with it the chunks that HDF5 keeps of it."""
        table = group["sequences"]
        fields = [table[field][:] for field in ("offset", "length", "pass", "item", "checkpoint")]
        self.sequences = tuple(
            SequenceInfo(i, _text(title), int(offset), min(int(length), rows - int(offset)), *map(int, others))
            for i, (title, offset, length, *others) in enumerate(zip(table["name"][:], *fields, strict=True))
            if offset <= rows
        )
        """The sequences, in order; the last as far as all layers have its timesteps."""
        ends = [0, *(info.offset + info.length for info in self.sequences)]
        if any(info.offset != end or info.length < 0 for info, end in zip(self.sequences, ends, strict=False)):
            raise ValueError(f"the sequences of tape {name} do not lie end to end")

    def __len__(self) -> int:
        return self._rows

    def blocks_before(self, sequence: int, factor: int) -> int:
        """Blocks of `factor` timesteps that the sequences before this one have."""
        if factor not in self._blocks:
            self._blocks[factor] = np.cumsum([0, *(schema.blocks(info.length, factor) for info in self.sequences)])
        return int(self._blocks[factor][sequence])

    @property
    def rate(self) -> float | None:
        """Timesteps per `unit` of time, or None where time has none."""
        rate = self._group.attrs.get("rate")
        return None if rate is None else float(rate)

    @property
    def unit(self) -> str | None:
        """The unit of time, or None."""
        unit = self._group.attrs.get("unit")
        return None if unit is None else _text(unit)

    @cached_property
    def vocabulary(self) -> tuple[str, ...] | None:
        """The symbols that the tokens stand for, or None."""
        stored = self._group.get("inputs/vocabulary")
        if (
            not isinstance(stored, h5py.Dataset) and "inputs/token" in self._group
        ):  # as they were kept before words were read
            stored = self._group["inputs/token"].attrs.get("vocabulary")
        return None if stored is None else tuple(_text(symbol) for symbol in stored[:])

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns of `values`; their numbers where they have none."""
        values = self._group.get("inputs/values")
        if values is None:
            return ()
        stored = values.attrs.get("columns")
        return tuple(map(str, range(values.shape[1]))) if stored is None else tuple(_text(name) for name in stored)

    def tokens(self, rows: slice) -> NDArray[np.int32] | None:
        """The tokens of some rows, (n,), or None where the input was not tokens."""
        return self._read("inputs/token", rows) if self._has("inputs/token") else None

    def values(self, rows: slice) -> Floats | None:
        """The numeric input of some rows, (n, I), or None where the input was not numbers."""
        return self._read("inputs/values", rows) if self._has("inputs/values") else None

    def symbols(self, rows: slice) -> tuple[str, ...] | None:
        """The symbols of some rows, or None where there is no vocabulary. A token outside it reads as its number."""
        tokens = self.tokens(rows)
        return None if tokens is None else self.named(tokens)

    def named(self, tokens: NDArray[np.integer]) -> tuple[str, ...]:
        """The symbols that tokens stand for. One outside the vocabulary reads as its number."""
        vocabulary = self.vocabulary
        if vocabulary is None:
            return tuple(map(str, tokens.tolist()))
        return tuple(vocabulary[t] if 0 <= t < len(vocabulary) else f"<{t}>" for t in tokens.tolist())

    @property
    def outputs(self) -> tuple[str, ...]:
        """Which outputs of the model are stored: `values`, `targets`, `probability`; `wanted` by a made-up task."""
        return tuple(self._group.get("outputs", {}))

    def output(self, name: str, rows: slice) -> NDArray[Any]:
        """One output of some rows, (n,) or (n, O)."""
        return self._read(f"outputs/{name}", rows)

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of its labels."""
        return tuple(self._group.get("labels", {}))

    def label(self, name: str, rows: slice) -> NDArray[Any]:
        """One label of some rows, (n,)."""
        return self._read(f"labels/{name}", rows)

    def _has(self, name: str) -> bool:
        return name in self._opened or name in self._group

    def _read(self, name: str, rows: slice) -> NDArray[Any]:
        if name not in self._opened:
            self._opened[name] = self._group[name]
        return _reading(self._opened[name], rows)


class Values:
    """One quantity of a layer, (N, H), read when it is indexed: `values[rows]`, `values[rows, units]`, as float32."""

    def __init__(self, dataset: h5py.Dataset, rows: int) -> None:
        self._dataset = dataset
        self.scale = _text(dataset.attrs.get("scale", "linear"))
        """How they are stored: `linear`, or `logit`."""
        self.shape: tuple[int, int] = (rows, dataset.shape[1])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Floats:
        return decode(_reading(self._dataset, index), self.scale)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self[: len(self)], dtype)


class Opened:
    """The datasets that were read last stay open, and with each of them the chunks that HDF5 keeps of it."""

    MOST = 24

    def __init__(self) -> None:
        self._values: dict[tuple[int, str], Values] = {}

    def values(self, group: h5py.Group, name: str, rows: int) -> Values:
        """Those of a dataset in a group that stays open."""
        key = group.id.id, name
        found = self._values.pop(key, None) or Values(group[name], rows)
        self._values[key] = found  # the newest is the last
        while len(self._values) > self.MOST:
            self._values.pop(next(iter(self._values)), None)
        return found


class Layer:
    """One layer, in one direction."""

    def __init__(self, name: str, group: h5py.Group, tape: Tape, later: Later, opened: Opened) -> None:
        self.name = name
        self.tape = tape
        self._opened = opened
        self._later = later
        """What was made later for the recording, where it lacks something."""
        self.reset = _text(group.attrs.get("reset", "after"))
        """Of a GRU: whether the reset gate acts `after` the product with W_hn, or `before` it."""
        self.nonlinearity = _text(group.attrs.get("nonlinearity", "tanh"))
        """Of a plain RNN: `tanh` or `relu`."""
        self.cell: Cell = variant(CELLS[_text(group.attrs["cell"])], self.reset, self.nonlinearity)
        self.size = int(group.attrs["size"])
        self.direction = _text(group.attrs.get("direction", "forward"))
        self.convention = _text(group.attrs.get("convention", "pytorch"))
        """What the update gate meant in the model's source. What is stored is the keep."""
        self.dtype = _text(group.attrs.get("dtype", "float32"))
        """What it ran in."""
        self.backend = _text(group.attrs.get("backend", ""))
        projection = group.attrs.get("projection")
        self.projection = None if projection is None else int(projection)
        """To how many numbers an LSTM projects its hidden state, P, or None."""
        self._group = group
        self._levels: dict[str, dict[int, h5py.Group]] = {}

    @property
    def quantities(self) -> tuple[str, ...]:
        """The names of what is recorded."""
        return self.cell.names

    def __getitem__(self, quantity: str) -> Values:
        """The values of one quantity. Raises KeyError with the names that there are."""
        if quantity not in self.quantities:
            raise KeyError(f"layer {self.name} has {', '.join(self.quantities)}, not {quantity}")
        return self._opened.values(self._group, quantity, len(self.tape))

    @property
    def projected(self) -> Values | None:
        """What a projected LSTM gave out, (N, P), or None. Its `hidden` is o tanh(c), before the projection."""
        return None if self.projection is None else Values(self._group["projected"], len(self.tape))

    def slice(self, sequence: int) -> "builtins.slice[int, int, None]":
        """The rows of the sequence with this index."""
        return self.tape.sequences[sequence].rows

    @property
    def backward(self) -> bool:
        """Whether it reads each sequence from its end."""
        return self.direction == "backward"

    def processing(self, quantity: str, sequence: int, start: int = 0, stop: int | None = None) -> Floats:
        """One quantity of a sequence in the order in which the layer computed it, (T, H).

        Args:
            quantity: which.
            sequence: its index.
            start: the first timestep, counted in that order.
            stop: one past the last; None for all that follow.
        """
        rows = self.slice(sequence)
        stop = rows.stop - rows.start if stop is None else min(stop, rows.stop - rows.start)
        if self.backward:
            return self[quantity][rows.stop - stop : rows.stop - start][::-1]
        return self[quantity][rows.start + start : rows.start + stop]

    def initial(self, sequence: int, state: str = "hidden") -> Floats:
        """The state that a sequence started from, (H,); `projected` (P,). NaN where it is not known: a projected
        LSTM's `hidden` that is not zero.
        """
        name = "initial" if state == "hidden" else f"initial_{state}"
        return _reading(self._group[name], sequence)

    def previous(self, state: str, sequence: int, start: int, stop: int) -> Floats:
        """A state before each timestep from `start` up to `stop` of a sequence, in processing order, (n, H).

        It is the one after the timestep before, save where the caller changed it in between: see `altered`.
        """
        info = self.tape.sequences[sequence]
        shift = 1 if self.backward else -1
        first, last = max(start + shift, 0), min(stop + shift, info.length)
        values = self[state][info.offset + first : info.offset + last]
        if self.backward:
            if stop < info.length:
                return values
            return np.concatenate([values, self.initial(sequence, state)[None]])[-(stop - start) or 1 :]
        if start == 0:
            values = np.concatenate([self.initial(sequence, state)[None], values])[: stop - start]
        rows = self.altered
        if not len(rows):
            return values
        first, last = np.searchsorted(rows, (info.offset + start, info.offset + stop)).tolist()
        if first < last and state in self._group["altered"]:
            got = _reading(self._group[f"altered/{state}"], slice(first, last))
            values[rows[first:last] - info.offset - start] = got
        return values

    @property
    def altered(self) -> NDArray[np.int64]:
        """The rows before which the caller changed the state that the row before gave out, (K,) ascending.

        A loop over the steps of a cell may do so, by dropout or a mask: such a row got another state.
        """
        group = self._group.get("altered")
        if group is None:
            return np.empty(0, np.int64)
        written = min(len(group[name]) for name in group)  # a file that is still being written may be uneven
        rows: NDArray[np.int64] = _reading(group["row"], slice(written))
        return rows

    @property
    def residuals(self) -> Floats:
        """For each sequence the largest difference, in any step and unit, between model and replay, (S,).

        NaN for one that has not ended.
        """
        known: Floats = _reading(self._group["residual"], slice(len(self.tape.sequences)))
        return np.pad(known, (0, len(self.tape.sequences) - len(known)), constant_values=np.nan)

    @property
    def ended(self) -> int:
        """How many of its sequences have ended: those whose residual is known."""
        return min(len(self._group["residual"]), len(self.tape.sequences))

    @property
    def residual(self) -> float:
        """The worst of its sequences; NaN while none has ended."""
        residuals = self.residuals
        return float(np.nanmax(residuals)) if np.isfinite(residuals).any() else float("nan")

    @property
    def trusted(self) -> bool:
        """Whether the residual is within what the dtype that the layer ran in explains."""
        return self.residual <= schema.TOLERANCE.get(self.dtype, 1e-5)

    @property
    def thresholds(self) -> Thresholds | None:
        """Those that `counts` was counted at, or None for a cell without a keep."""
        if self._counts is None:
            return None
        attributes = self._counts.attrs
        return Thresholds(*(float(attributes[name]) for name in ("retained", "overwritten", "moved")))

    def counts(self, rows: builtins.slice) -> NDArray[np.int64]:
        """Units in each class of `cells.CLASSES` at some rows, (n, 4). Raises KeyError for a cell without a keep."""
        if self._counts is None:
            raise KeyError(f"layer {self.name} has no counts")
        data: NDArray[np.int64] = _reading(self._counts, rows).astype(np.int64)
        return data

    @cached_property
    def _counts(self) -> h5py.Dataset | None:
        if "counts" in self._group or self.cell.keep is None:
            return self._group.get("counts")
        made = self._made_later("counts")
        return made if isinstance(made, h5py.Dataset) and made.shape == (len(self.tape), len(CLASSES)) else None

    def _made_later(self, name: str) -> Any:
        """What was made later under this name, if anything: only long sequences need it."""
        if max((info.length for info in self.tape.sequences), default=0) < LONG:
            return None
        return self._later.get(f"layers/{self.name}/{name}")

    @property
    def gradient(self) -> Gradient | None:
        """The gradients that were computed for it, by `gruviz gradient`; None where none were."""
        group = self._group.get("gradient")
        return Gradient(group, len(self.tape)) if isinstance(group, h5py.Group) else None

    def factors(self, quantity: str) -> tuple[int, ...]:
        """The levels of the pyramid that are there, finest first; `counts` may have one as well.

        While a sequence grows, its last block is not there yet.
        """
        return tuple(self._levels_of(quantity))

    def _levels_of(self, quantity: str) -> dict[int, h5py.Group]:
        """By factor, ascending."""
        if quantity not in self._levels:
            width = len(CLASSES) if quantity == "counts" else self.size
            lengths = [info.length for info in self.tape.sequences]
            found = _levels(self._group.get(f"pyramid/{quantity}"), lengths, width)
            if not set(factors(max(lengths, default=0))) <= set(found):
                found |= _levels(self._made_later(f"pyramid/{quantity}"), lengths, width)
            self._levels[quantity] = dict(sorted(found.items()))
        return self._levels[quantity]

    def blocks(self, quantity: str, sequence: int, factor: int, start: int, stop: int) -> Reduced:
        """Blocks `start` up to `stop` of a sequence, of `factor` timesteps each; the last one may hold fewer.

        Args:
            quantity: which, or `counts`.
            sequence: its index.
            factor: a level that is there.
            start: the first block, counted from the sequence's start.
            stop: one past the last.
        """
        return Reduced(*(self.statistic(quantity, sequence, factor, name, start, stop) for name in schema.STATISTICS))

    def statistic(
        self, quantity: str, sequence: int, factor: int, name: str, start: int, stop: int, units: Any = ...
    ) -> Floats:
        """One of `mean`, `min` and `max` of those blocks, (n, H), or of some units: an index as numpy takes it."""
        offset = self.tape.blocks_before(sequence, factor)
        stop = min(stop, schema.blocks(self.tape.sequences[sequence].length, factor))
        level = self._levels_of(quantity)[factor]
        values = self._opened.values(level, name, self.tape.blocks_before(len(self.tape.sequences), factor))
        return values[offset + start : offset + stop, units]

    def extremes(self, quantity: str) -> tuple[float, float]:
        """The least and the greatest finite value on the tape; NaN where there is none.

        Read from the coarsest level of the pyramid, where there is one; else, of a long tape, from a part of its rows.
        """
        parts = [self[quantity]]
        if levels := self._levels_of(quantity):
            level = levels[max(levels)]
            parts = [Values(level[name], len(level[name])) for name in ("min", "max")]
        low, high = np.inf, -np.inf
        for values in parts:
            many = max(1, min(_PIECE, _ENOUGH // self.size))
            apart = 1 if levels else max(1, len(values) * self.size // _ENOUGH)
            for start in range(0, len(values), many * apart):
                piece = values[start : start + many]
                finite = piece[np.isfinite(piece)]
                low = min(low, float(finite.min(initial=np.inf)))
                high = max(high, float(finite.max(initial=-np.inf)))
        return (low, high) if low <= high else (float("nan"), float("nan"))

    def __repr__(self) -> str:
        return f"<Layer {self.name}: {self.cell.title} {self.size}, {len(self.tape)} timesteps>"


@dataclass(frozen=True)
class Stamp:
    """By which a file that has changed is told from one that has not."""

    inode: int
    size: int
    modified: int
    """Nanoseconds since 1970."""


def stamp_of(path: Path) -> Stamp | None:
    """How a file is now; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return Stamp(found.st_ino, found.st_size, found.st_mtime_ns)


class Recording:
    """An open recording. Close it, or use it as a context manager."""

    def __init__(self, file: h5py.File, path: Path | None, stamp: "Stamp | None" = None) -> None:
        self.path = path
        self.stamp = stamp
        """How its file was when it was opened."""
        self._file = file
        attributes = file.attrs
        self.uuid = _text(attributes.get("uuid", ""))
        self.created = _text(attributes.get("created", ""))
        self.written_by = _text(attributes.get("gruviz", ""))
        """The version of gruviz that wrote it."""
        self.complete = bool(attributes.get("complete", False))
        self.digest = _text(attributes.get("digest", ""))
        self._later, opened = Later(self), Opened()
        self.model: dict[str, Any] = dict(json.loads(_text(file["model"].attrs.get("description", "{}"))))
        """What is known of the model."""
        groups: dict[str, list[h5py.Group]] = {}
        for layer in file["layers"].values():
            groups.setdefault(_text(layer.attrs["tape"]), []).append(layer)
        self.tapes: Mapping[str, Tape] = {
            name: Tape(name, group, _shared_rows(groups.get(name, []))) for name, group in file["tapes"].items()
        }
        self.layers: Mapping[str, Layer] = {
            name: Layer(name, group, self.tapes[_text(group.attrs["tape"])], self._later, opened)
            for name, group in _in_order(file["layers"])
        }
        self.output: Any = None
        """What the model returned, where `gruviz.record` made this recording."""

    @property
    def name(self) -> str:
        """The file's name, or `in memory`."""
        return self.path.name if self.path else "in memory"

    @property
    def checkpoints(self) -> Mapping[int, Mapping[str, str]]:
        """By training step, -1 for a model that was not in training: `sha256` of the weights, and `metric`."""
        groups = self._file.get("checkpoints", {})
        return {
            int(step): {key: _text(value) for key, value in group.attrs.items()}
            for step, group in sorted(groups.items(), key=lambda entry: int(entry[0]))
        }

    def weights(self, step: int = schema.NO_CHECKPOINT) -> dict[str, NDArray[Any]]:
        """Weights of a checkpoint by parameter name; empty where they were left out."""
        group = self._file.get(f"checkpoints/{step}/weights", {})
        return {name: _reading(group[name], ()) for name in group}

    def weight(self, name: str, rows: slice, step: int = schema.NO_CHECKPOINT) -> NDArray[Any] | None:
        """Rows of one weight of a checkpoint, as many as are there; None where there is no weight of that name."""
        stored = self._file.get(f"checkpoints/{step}/weights/{name}")
        return _reading(stored, rows) if isinstance(stored, h5py.Dataset) and stored.ndim else None

    def close(self) -> None:
        """Close the file. A recording in memory is gone with it."""
        self._file.close()
        self._later.close()

    def __enter__(self) -> "Recording":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Recording {self.name}: {', '.join(map(repr, self.layers.values()))}>"


def open(path: str | os.PathLike[str]) -> Recording:
    """Open a recording for reading.

    Raises:
        GruvizError: there is no such file, or it is not a recording, or it is one that is refused.
    """
    path = Path(path)
    if path.is_dir():
        raise GruvizError(f"{path} is a folder: give the name of a recording in it")
    if not path.exists():
        raise GruvizError(f"{path} does not exist: check the name")
    try:
        if not h5py.is_hdf5(path):
            raise GruvizError(f"{path} is not a gruviz recording: those are HDF5 files, made by gruviz record")
        stamp = stamp_of(path)  # before it is opened: a change while it is read counts as one
        file = open_to_read(path)
    except OSError as error:
        raise GruvizError(
            f"cannot read {path}: it is damaged, or still being written; copy or record it again ({first_line(error)})"
        ) from error
    try:
        validate(file, path)
        return Recording(file, path, stamp)
    except GruvizError:
        file.close()
        raise
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        file.close()
        raise GruvizError(f"{path} is damaged: {first_line(error)}") from error


def _shared_rows(layers: Sequence[h5py.Group]) -> int:
    """Rows that every quantity of every layer of a tape has: a file that is still being written may be uneven."""
    return min((len(layer[name]) for layer in layers for name in CELLS[_text(layer.attrs["cell"])].names), default=0)


def _levels(pyramid: object, lengths: Sequence[int], units: int) -> dict[int, h5py.Group]:
    """The levels that have all blocks of all sequences, but perhaps for the last block of the last one."""
    found = {}
    for factor, level in pyramid.items() if isinstance(pyramid, h5py.Group) else ():
        needed = sum(schema.blocks(length, int(factor)) for length in lengths)
        parts = [level.get(name) for name in schema.STATISTICS]
        if all(part is not None and part.shape[1:] == (units,) and len(part) >= needed - 1 for part in parts):
            found[int(factor)] = level
    return found


def _in_order(layers: h5py.Group) -> Iterator[tuple[str, h5py.Group]]:
    """Layers as they were added, which is how the model ran them; by name where a file does not say."""

    def key(name: str) -> tuple[int, str, int, str]:
        added = int(layers[name].attrs.get("number", 0))
        path, _, last = name.rpartition(".")
        number = last.removesuffix("_reverse").removeprefix("l")  # l2 before l10, a direction and its reverse together
        return (added, path, int(number), last) if number.isdecimal() else (added, name, -1, "")

    for name in sorted(layers, key=key):
        yield name, layers[name]


@overload
def _text(value: bytes) -> str: ...
@overload
def _text(value: Any) -> str: ...
def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
