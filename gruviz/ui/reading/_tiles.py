"""What was read is kept in tiles, so that a picture that moves needs few new ones."""

import time
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.cells import CLASSES
from gruviz.recording import Layer
from gruviz.view import Reduction

Floats = NDArray[np.float32]
COUNTS = "counts"
"""Stands for a quantity: the units in each class."""
TILE = 256
"""Blocks in a tile."""
BUDGET = 96 * 2**20
"""Bytes that are kept."""
_START = 2e7
"""Values a second that are believed to come from the disk until that is measured."""


@dataclass(frozen=True)
class Strip:
    """Blocks of a quantity, or of the counts, of a sequence: timesteps where `factor` is 1, else of the pyramid."""

    layer: Layer
    sequence: int
    quantity: str
    factor: int
    reduction: Reduction

    @property
    def length(self) -> int:
        """Blocks in the sequence."""
        return -(-self.layer.tape.sequences[self.sequence].length // self.factor)

    @property
    def width(self) -> int:
        """Values in a block."""
        return len(CLASSES) if self.quantity == COUNTS else self.layer.size

    def key(self, tile: int) -> Hashable:
        """What a tile of it is kept under."""
        same = "mean" if self.factor == 1 else self.reduction
        return self.layer.name, self.sequence, self.quantity, self.factor, same, tile

    def read(self, tile: int) -> Floats:
        """Read a tile from the file."""
        start, stop = tile * TILE, min((tile + 1) * TILE, self.length)
        if self.factor == 1:
            offset = self.layer.tape.sequences[self.sequence].offset
            rows = slice(offset + start, offset + stop)
            if self.quantity == COUNTS:
                return self.layer.counts(rows).astype(np.float32)
            return self.layer[self.quantity][rows]
        return self.layer.statistic(self.quantity, self.sequence, self.factor, self.reduction, start, stop)


class Tiles:
    """The tiles that were used last, up to `BUDGET` bytes of them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Floats] = OrderedDict()
        self.held = 0
        """Bytes."""
        self._rate = _START

    def blocks(self, strip: Strip, start: int, stop: int) -> Floats:
        """Blocks from `start` up to `stop`, as many as there are, (n, H)."""
        stop = min(stop, strip.length)
        if start >= stop:
            return np.empty((0, strip.width), np.float32)
        parts = []
        for tile in _tiles(start, stop):
            part = self._get(strip, tile)
            parts.append(part[max(start - tile * TILE, 0) : stop - tile * TILE])
        return np.concatenate(parts) if len(parts) != 1 else parts[0]

    def seconds(self, strip: Strip, start: int, stop: int) -> float:
        """How long reading what is missing of these blocks will take, at the rate of the last reads."""
        missing = sum(strip.key(tile) not in self._kept for tile in _tiles(start, min(stop, strip.length)))
        return missing * TILE * strip.width / self._rate

    def _get(self, strip: Strip, tile: int) -> Floats:
        key = strip.key(tile)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        began = time.perf_counter()
        values = strip.read(tile)
        self._rate += (values.size / max(time.perf_counter() - began, 1e-6) - self._rate) / 4
        self._kept[key] = values
        self.held += values.nbytes
        while self.held > BUDGET and len(self._kept) > 1:
            _, old = self._kept.popitem(last=False)
            self.held -= old.nbytes
        return values


def _tiles(start: int, stop: int) -> Iterator[int]:
    return iter(range(start // TILE, -(-stop // TILE)))
