"""A layer that is being written: its quantities with their pyramids, the counts of its classes, and where it began."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from gruviz.cells import CLASSES, Cell, Thresholds
from gruviz.recording import schema
from gruviz.recording._column import Column
from gruviz.recording._growing_tape import GrowingTape
from gruviz.recording.classes import count
from gruviz.recording.encoding import decode, encode, scale
from gruviz.recording.pyramid import FirstLevel, Reduced, concatenate, factors, reduce_blocks

Floats = NDArray[np.float32]
_PIECE = 16384
"""Blocks of the pyramid that are reduced at a time when its upper levels are made."""


@dataclass(frozen=True)
class Altered:
    """Timesteps of a block before which the caller changed the state that the one before gave out."""

    rows: NDArray[np.integer]
    """(k,), counted from the start of the block, ascending."""
    states: Mapping[str, Floats]
    """What each of them got, (k, H), by name of the state."""


@dataclass(frozen=True)
class Block:
    """Some consecutive timesteps of one layer."""

    values: Mapping[str, Floats]
    """Every quantity of the cell, (n, H)."""
    previous: Floats | None = None
    """The state that the keep acts on, before each of these timesteps in processing order, (n, H). None for an RNN."""
    residual: float = math.nan
    """The largest difference, in any step and unit, between model and replay; NaN where it was not measured."""
    projected: Floats | None = None
    """What a projected LSTM gave out, (n, P)."""
    altered: Altered | None = None
    """Where the caller changed the state between two timesteps."""


@dataclass
class _Stored:
    """One quantity of a layer, or its counts: the rows, and their pyramid."""

    group: h5py.Group
    name: str
    scale: str
    column: Column
    dtype: np.dtype[Any]
    """Of the pyramid."""
    levels: dict[int, dict[str, Column]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.width = self.column.dataset.shape[1]
        self._first = FirstLevel(self.width)

    def append(self, values: Floats) -> None:
        self.column.append(encode(values, self.scale, self.column.dataset.dtype))
        self.append_blocks(schema.FACTOR, self._first.push(values))

    def end(self) -> None:
        self.append_blocks(schema.FACTOR, self._first.finish())

    def append_blocks(self, factor: int, reduced: Reduced) -> None:
        if factor not in self.levels:
            group = self.group.create_group(f"pyramid/{self.name}/{factor}")
            self.levels[factor] = {
                s: Column(group, s, self.width, self.dtype, chunk_rows=schema.SMALL_CHUNK_ROWS, digested=False)
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


class GrowingLayer:
    """One layer, whose timesteps lie on a tape that grows with it."""

    residual = math.nan
    """The worst of the sequence that is running, so far."""

    def __init__(
        self,
        group: h5py.Group,
        tape: GrowingTape,
        cell: Cell,
        size: int,
        dtype: np.dtype[Any],
        thresholds: Thresholds,
        projection: int | None = None,
    ) -> None:
        self.name = str(group.name).removeprefix("/layers/")
        self.tape = tape
        self._group = group
        self._cell = cell
        self._size = size
        self._thresholds = thresholds
        self._stored: dict[str, _Stored] = {}
        for quantity in cell.quantities:
            how = scale(quantity, dtype)
            column = Column(group, quantity.name, size, dtype)
            column.dataset.attrs["scale"] = how
            self._stored[quantity.name] = _Stored(group, quantity.name, how, column, dtype)
        self._initial = {
            state: Column(group, _initial_name(state), size, np.float32, chunk_rows=schema.SMALL_CHUNK_ROWS)
            for state in cell.states
        }
        self._projected: Column | None = None
        if projection is not None:
            self._projected = Column(group, "projected", projection, dtype)
            self._initial["projected"] = Column(
                group, _initial_name("projected"), projection, np.float32, chunk_rows=schema.SMALL_CHUNK_ROWS
            )
        self._altered: dict[str, Column] = {}
        self._residual = Column(group, "residual", None, np.float32)
        self._counts: _Stored | None = None
        if cell.keep:
            counts = Column(group, "counts", len(CLASSES), np.uint16 if size < 2**16 else np.uint32)
            self._counts = _Stored(group, "counts", "linear", counts, np.dtype(np.float32))
            counts.dataset.attrs.update(
                {
                    "classes": list(CLASSES),
                    "retained": thresholds.retained,
                    "overwritten": thresholds.overwritten,
                    "moved": thresholds.moved,
                }
            )

    def begin(self, initial: Mapping[str, Floats]) -> None:
        self.residual = math.nan
        for state, column in self._initial.items():
            column.append(np.asarray(initial[state], np.float32)[None])

    def append(self, block: Block) -> None:
        self.residual = max((value for value in (self.residual, block.residual) if value == value), default=math.nan)
        if block.altered is not None and len(block.altered.rows):
            self._alter(block.altered)
        if self._projected is not None:
            if block.projected is None:
                raise ValueError("a projected layer needs what it gave out")
            self._projected.append(block.projected)
        for name, stored in self._stored.items():
            stored.append(block.values[name])
        if self._counts is not None and self._cell.keep is not None:
            if block.previous is None:
                raise ValueError("a layer with a keep needs its previous states")
            keep, state = block.values[self._cell.keep], block.values[self._cell.state]
            counts = count(keep, state, block.previous, self._thresholds)
            self._counts.append(counts.astype(np.float32))

    def _alter(self, altered: Altered) -> None:
        if not self._altered:
            group = self._group.create_group("altered")
            self._altered = {name: Column(group, name, self._size, np.float32) for name in altered.states}
            self._altered["row"] = Column(group, "row", None, np.int64)
        for name, states in altered.states.items():
            self._altered[name].append(states)
        self._altered["row"].append(len(self._stored[self._cell.state].column) + altered.rows)

    def end(self, residual: float) -> None:
        for stored in self._all():
            stored.end()
        self._residual.append(np.array([residual], np.float32))

    def flush(self) -> None:
        for stored in self._all():
            stored.flush()
        projected = [self._projected] if self._projected else []
        for column in (*self._initial.values(), self._residual, *projected, *self._altered.values()):
            column.flush()

    def columns(self) -> list[Column]:
        projected = [] if self._projected is None else [self._projected]
        return [*(stored.column for stored in self._stored.values()), *projected]

    def content(self) -> list[Column]:
        return [*self.columns(), *self._initial.values(), *self._altered.values()]

    def finish(self) -> None:
        """Make the upper levels of the pyramid, each from the one below."""
        lengths = self.tape.lengths
        for stored in self._all():
            for factor in factors(max(lengths, default=0))[1:]:
                below = factor // schema.STEP
                for start, group in _grouped(lengths, below):
                    self._raise_level(stored, below, start, group)
                stored.flush()

    def _all(self) -> list[_Stored]:
        return [*self._stored.values(), *([self._counts] if self._counts else [])]

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
        stored.append_blocks(below * schema.STEP, concatenate(made, stored.width))


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
