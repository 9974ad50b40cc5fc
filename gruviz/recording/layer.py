"""A layer of a recording, in one direction."""

import builtins
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from gruviz.cells import CELLS, CLASSES, Cell, Thresholds, variant
from gruviz.recording import schema
from gruviz.recording._later import LONG, Later
from gruviz.recording._reading import reading, text
from gruviz.recording.gradient import Gradient
from gruviz.recording.pyramid import Reduced, factors
from gruviz.recording.tape import Tape
from gruviz.recording.values import Opened, Values

Floats = NDArray[np.float32]
_PIECE = 16384
"""Rows that are gone through at a time."""
_ENOUGH = 2**22
"""Values among which the greatest and the least are looked for, where there is no pyramid."""


class Layer:
    """One layer, in one direction."""

    def __init__(self, name: str, group: h5py.Group, tape: Tape, later: Later, opened: Opened) -> None:
        self.name = name
        self.tape = tape
        self._opened = opened
        self._later = later
        """What was made later for the recording, where it lacks something."""
        self.reset = text(group.attrs.get("reset", "after"))
        """Of a GRU: whether the reset gate acts `after` the product with W_hn, or `before` it."""
        self.nonlinearity = text(group.attrs.get("nonlinearity", "tanh"))
        """Of a plain RNN: `tanh` or `relu`."""
        self.cell: Cell = variant(CELLS[text(group.attrs["cell"])], self.reset, self.nonlinearity)
        self.size = int(group.attrs["size"])
        self.direction = text(group.attrs.get("direction", "forward"))
        self.convention = text(group.attrs.get("convention", "pytorch"))
        """What the update gate meant in the model's source. What is stored is the keep."""
        self.dtype = text(group.attrs.get("dtype", "float32"))
        """What it ran in."""
        self.backend = text(group.attrs.get("backend", ""))
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
        return reading(self._group[name], sequence)

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
            got = reading(self._group[f"altered/{state}"], slice(first, last))
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
        rows: NDArray[np.int64] = reading(group["row"], slice(written))
        return rows

    @property
    def residuals(self) -> Floats:
        """For each sequence the largest difference, in any step and unit, between model and replay, (S,).

        NaN for one that has not ended.
        """
        known: Floats = reading(self._group["residual"], slice(len(self.tape.sequences)))
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
        data: NDArray[np.int64] = reading(self._counts, rows).astype(np.int64)
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
        lows = highs = self[quantity]
        levels = self._levels_of(quantity)
        if levels:
            coarsest = levels[max(levels)]
            lows, highs = (Values(coarsest[name], len(coarsest[name])) for name in ("min", "max"))
        many = max(1, min(_PIECE, _ENOUGH // self.size))
        apart = 1 if levels else max(1, len(lows) * self.size // _ENOUGH)
        low, high = np.inf, -np.inf
        for start in range(0, max(len(lows), len(highs)), many * apart):
            rows = slice(start, start + many)
            least = lows[rows]
            low = min(low, _finite(least).min(initial=np.inf))
            high = max(high, _finite(highs[rows] if levels else least).max(initial=-np.inf))
        return (float(low), float(high)) if low <= high else (float("nan"), float("nan"))

    def __repr__(self) -> str:
        return f"<Layer {self.name}: {self.cell.title} {self.size}, {len(self.tape)} timesteps>"


def _finite(values: Floats) -> Floats:
    """The finite ones; all of them, as they are, where none is to be left out, as that takes no copy."""
    finite = np.isfinite(values)
    return values if finite.all() else values[finite]


def _levels(pyramid: object, lengths: Sequence[int], units: int) -> dict[int, h5py.Group]:
    """The levels that have all blocks of all sequences, but perhaps for the last block of the last one."""
    found = {}
    for factor, level in pyramid.items() if isinstance(pyramid, h5py.Group) else ():
        needed = sum(schema.blocks(length, int(factor)) for length in lengths)
        shapes = [_shape(level, name) for name in schema.STATISTICS]
        if all(shape[1:] == (units,) and shape[0] >= needed - 1 for shape in shapes):
            found[int(factor)] = level
    return found


def _shape(group: h5py.Group, name: str) -> tuple[int, ...]:
    """That of a dataset; empty where there is none. It opens as little as it can, as there are many to look at."""
    if not group.id.links.exists(name.encode()):
        return ()
    shape: tuple[int, ...] = h5py.h5o.open(group.id, name.encode()).shape
    return shape
