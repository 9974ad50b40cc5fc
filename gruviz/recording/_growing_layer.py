"""A layer that is being written: its quantities with their pyramids, the counts of its classes, and where it began."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from gruviz.cells import CLASSES, Cell, Quantity, Thresholds
from gruviz.recording import schema
from gruviz.recording._column import Column
from gruviz.recording._growing_tape import GrowingTape
from gruviz.recording._levels import Levels
from gruviz.recording.classes import count
from gruviz.recording.encoding import encode, scale
from gruviz.recording.pyramid import FirstLevel, factors

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Block:
    """Some consecutive timesteps of one layer."""

    values: Mapping[str, Floats]
    """Every quantity of the cell, (n, H)."""
    previous: Floats | None = None
    """The state that the keep acts on, before each of these timesteps in processing order, (n, H). None for an RNN."""
    residual: float = math.nan
    """The largest difference, in any step and unit, between model and replay; NaN where it was not measured."""


class _Stored:
    """One quantity of a layer: its rows, and its pyramid."""

    def __init__(self, group: h5py.Group, quantity: Quantity, units: int, dtype: np.dtype[Any]) -> None:
        self.scale = scale(quantity, dtype)
        self.column = Column(group, quantity.name, units, dtype)
        self.column.dataset.attrs["scale"] = self.scale
        self.levels = Levels(group, quantity.name, units, dtype, self.scale)
        self.first = FirstLevel(units)

    def append(self, values: Floats) -> None:
        self.column.append(encode(values, self.scale, self.column.dataset.dtype))
        self.levels.append(schema.FACTOR, self.first.push(values))

    def end(self) -> None:
        self.levels.append(schema.FACTOR, self.first.finish())

    def flush(self) -> None:
        self.column.flush()
        self.levels.flush()


class GrowingLayer:
    """One layer, whose timesteps lie on a tape that grows with it."""

    residual = math.nan
    """The worst of the sequence that is running, so far."""

    def __init__(
        self, group: h5py.Group, tape: GrowingTape, cell: Cell, size: int, dtype: np.dtype[Any], thresholds: Thresholds
    ) -> None:
        self.name = str(group.name).removeprefix("/layers/")
        self.tape = tape
        self._cell = cell
        self._size = size
        self._thresholds = thresholds
        self._stored = {quantity.name: _Stored(group, quantity, size, dtype) for quantity in cell.quantities}
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
        self.residual = math.nan
        for state, column in self._initial.items():
            column.append(np.asarray(initial[state], np.float32).reshape(1, self._size))

    def append(self, block: Block) -> None:
        self.residual = max((value for value in (self.residual, block.residual) if value == value), default=math.nan)
        for name, stored in self._stored.items():
            stored.append(block.values[name])
        if self._counts is not None and self._cell.keep is not None:
            if block.previous is None:
                raise ValueError("a layer with a keep needs its previous states")
            keep, state = block.values[self._cell.keep], block.values[self._cell.state]
            counts = count(keep, state, block.previous, self._thresholds)
            self._counts.append(counts.astype(self._counts.dataset.dtype))

    def end(self, residual: float) -> None:
        for stored in self._stored.values():
            stored.end()
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
                for _ in stored.levels.raise_to(factor, lengths):
                    pass
            stored.flush()


def _initial_name(state: str) -> str:
    return "initial" if state == "hidden" else f"initial_{state}"
