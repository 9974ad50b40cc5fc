"""The pyramid of one quantity while it is made: its levels, and each from the one below."""

from collections.abc import Iterator, Sequence
from typing import Any

import h5py
import numpy as np

from gruviz.recording import schema
from gruviz.recording._column import Column
from gruviz.recording.encoding import decode, encode
from gruviz.recording.pyramid import Reduced, concatenate, reduce_blocks

_PIECE = 16384
"""Blocks that are reduced at a time when the upper levels are made, at most."""
_VALUES = 2**19
"""Values that are, about: whoever else reads does not wait long."""


class Levels:
    """The levels of a quantity of `units` units, stored as its rows are: as `dtype`, by `scale`."""

    def __init__(self, group: h5py.Group, quantity: str, units: int, dtype: np.dtype[Any], scale: str) -> None:
        self._group = group
        """Of the layer."""
        self._quantity = quantity
        self._units = units
        self._dtype = dtype
        self._scale = scale
        self._levels: dict[int, dict[str, Column]] = {}

    def append(self, factor: int, reduced: Reduced) -> None:
        """Append blocks to a level, which is begun with its first ones."""
        if factor not in self._levels:
            group = self._group.create_group(f"pyramid/{self._quantity}/{factor}")
            rows = schema.SMALL_CHUNK_ROWS
            self._levels[factor] = {
                s: Column(group, s, self._units, self._dtype, chunk_rows=rows, digested=False)
                for s in schema.STATISTICS
            }
            for column in self._levels[factor].values():
                column.dataset.attrs["scale"] = self._scale
        for statistic, column in self._levels[factor].items():
            column.append(encode(getattr(reduced, statistic), self._scale, column.dtype))

    def flush(self) -> None:
        """Write what is held back."""
        for level in self._levels.values():
            for column in level.values():
                column.flush()

    def raise_to(self, factor: int, lengths: Sequence[int]) -> Iterator[None]:
        """Make a level of all sequences from the one below, which must be complete; yields after each piece."""
        below = factor // schema.STEP
        for column in self._levels[below].values():
            column.flush()
        many = max(schema.STEP, min(_PIECE, _VALUES // self._units // schema.STEP * schema.STEP))
        for start, group in _grouped(lengths, below, many):
            held = [schema.blocks(length, below) for length in group]
            blocks = self._read(below, slice(start, start + sum(held)))
            made, at = [], 0
            for length, number in zip(group, held, strict=True):
                sizes = np.full(number, below)
                sizes[-1:] = length - below * (number - 1)
                made.append(reduce_blocks(blocks[at : at + number], sizes, schema.STEP))
                at += number
            self.append(factor, concatenate(made, self._units))
            yield

    def _read(self, factor: int, rows: slice) -> Reduced:
        columns = self._levels[factor]
        return Reduced(*(decode(columns[s].dataset[rows], self._scale) for s in schema.STATISTICS))


def _grouped(lengths: Sequence[int], factor: int, many: int) -> Iterator[tuple[int, list[int]]]:
    """Walk a level in pieces of `many` blocks: where a piece starts, and the timesteps of the sequences in it.

    Short sequences are taken together, so that ten thousand of them are a few reads; a long one is cut where blocks of
    the next level end.
    """
    start, group, held = 0, list[int](), 0
    for whole in lengths:
        rest = whole
        while rest > 0:
            piece = min(rest, many * factor)
            number = schema.blocks(piece, factor)
            if group and held + number > many:
                yield start, group
                start, group, held = start + held, [], 0
            group.append(piece)
            held += number
            rest -= piece
    if group:
        yield start, group
