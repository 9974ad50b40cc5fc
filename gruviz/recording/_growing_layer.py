"""A layer that is being written: its quantities with their pyramids, the counts of its classes, and where it began."""

import math
from collections.abc import Mapping
from dataclasses import InitVar, dataclass
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from gruviz.cells import CLASSES, Cell, Thresholds
from gruviz.recording import schema
from gruviz.recording._column import Column
from gruviz.recording._growing_tape import GrowingTape
from gruviz.recording._levels import Levels
from gruviz.recording.classes import count
from gruviz.recording.encoding import encode, scale
from gruviz.recording.pyramid import FirstLevel, factors

Floats = NDArray[np.float32]


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
    dtype: InitVar[np.dtype[Any]]
    """Of the pyramid."""

    def __post_init__(self, dtype: np.dtype[Any]) -> None:
        width = self.column.dataset.shape[1]
        self._first = FirstLevel(width)
        self.levels = Levels(self.group, self.name, width, dtype, self.scale)

    def append(self, values: Floats) -> None:
        self.column.append(encode(values, self.scale, self.column.dtype))
        self.levels.append(schema.FACTOR, self._first.push(values))

    def end(self) -> None:
        self.levels.append(schema.FACTOR, self._first.finish())

    def flush(self) -> None:
        self.column.flush()
        self.levels.flush()


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
                for _ in stored.levels.raise_to(factor, lengths):
                    pass
            stored.flush()

    def _all(self) -> list[_Stored]:
        return [*self._stored.values(), *([self._counts] if self._counts else [])]


def _initial_name(state: str) -> str:
    return "initial" if state == "hidden" else f"initial_{state}"
