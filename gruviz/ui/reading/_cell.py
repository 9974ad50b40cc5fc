"""What flows through the cell of one unit around the cursor, so that a small move of it needs no reading."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.ui.reading._request import Request, Source
from gruviz.ui.reading._rows import BLOCK

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Flow:
    """Consecutive timesteps of one unit."""

    start: int
    unit: int
    values: Mapping[str, Floats]
    """All that the cell computes for it, (n,) each."""
    previous: Mapping[str, Floats]
    """Its states before each timestep in processing order, (n,) each."""

    def __contains__(self, timestep: int) -> bool:
        return self.start <= timestep < self.start + len(next(iter(self.values.values())))


@dataclass(frozen=True)
class CellRequest(Request):
    """The timesteps of the block with this number, for one unit."""

    block: int
    unit: int

    def read(self, source: Source) -> Flow:
        """Read them."""
        layer, info = self._layer(source), self._sequence(source)
        start = self.block * BLOCK
        stop = min(start + BLOCK, info.length)
        rows = slice(info.offset + start, info.offset + stop)
        return Flow(
            start=start,
            unit=self.unit,
            values={name: layer[name][rows, self.unit] for name in layer.cell.names},
            previous={
                name: layer.previous(name, self.sequence, start, stop)[:, self.unit] for name in layer.cell.states
            },
        )
