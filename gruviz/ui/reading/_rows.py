"""What the units hold around the cursor, and what went in, exactly, so that a small move of it needs no reading."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.recording import Layer
from gruviz.ui.reading._inputs import missing_in
from gruviz.ui.reading._request import Request, Source
from gruviz.ui.reading._tiles import Strip

Floats = NDArray[np.float32]
BLOCK = 256
"""Timesteps in a block."""


@dataclass(frozen=True)
class Rows:
    """Consecutive timesteps of a layer and of what went in."""

    start: int
    values: Mapping[str, Floats]
    """The keep of the cell, where it has one, and the state that it acts on, (n, H)."""
    previous: Floats
    """The state that the keep acts on, before each timestep in processing order, (n, H)."""
    symbols: tuple[str, ...] | None
    inputs: Floats | None
    """(n, I), or None where the input was not numbers."""
    missing: NDArray[np.bool_]
    """Which of those were missing and filled in, (n, I), or (n, 1) for all of a row alike."""

    def __len__(self) -> int:
        return len(self.previous)

    def __contains__(self, timestep: int) -> bool:
        return self.start <= timestep < self.start + len(self)


@dataclass(frozen=True)
class RowsRequest(Request):
    """The timesteps of the block with this number."""

    block: int

    def read(self, source: Source) -> Rows:
        """Read them, out of the tiles that pictures and compositions are made from: most are there already."""
        layer, info = self._layer(source), self._sequence(source)
        start = self.block * BLOCK
        stop = min(start + BLOCK, info.length)
        rows = slice(info.offset + start, info.offset + stop)
        names = [name for name in (layer.cell.keep, layer.cell.state) if name is not None]
        values = {
            name: source.tiles.blocks(Strip(layer, self.sequence, name, 1, "mean"), start, stop) for name in names
        }
        return Rows(
            start=start,
            values=values,
            previous=self._previous(layer, values[layer.cell.state], start, stop),
            symbols=layer.tape.symbols(rows),
            inputs=layer.tape.values(rows),
            missing=missing_in(layer.tape, rows),
        )

    def _previous(self, layer: Layer, states: Floats, start: int, stop: int) -> Floats:
        """As `Layer.previous` gives it; where nobody altered a state, all but one are among those of these rows."""
        state = layer.cell.state
        if stop == start or len(layer.altered):
            return layer.previous(state, self.sequence, start, stop)
        if layer.backward:
            return np.concatenate([states[1:], layer.previous(state, self.sequence, stop - 1, stop)])
        return np.concatenate([layer.previous(state, self.sequence, start, start + 1), states[:-1]])
