"""What flows through the cell of one unit around the cursor, so that a small move of it needs no reading."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis import fed_by, parts
from gruviz.cells import Cell
from gruviz.equations import Step
from gruviz.ui.reading._request import Request, Source
from gruviz.ui.reading._rows import BLOCK

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Flow:
    """Consecutive timesteps of one unit."""

    start: int
    unit: int
    cell: Cell
    reset: str
    values: Mapping[str, Floats]
    """All that the cell computes for it, (n,) each."""
    previous: Mapping[str, Floats]
    """Its states before each timestep in processing order, (n,) each."""
    parts: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]
    """Of what is squashed, the part from the input and the part from the old states; empty where it is not known."""
    symbols: tuple[str, ...] | None
    """What was read, where that was tokens."""
    inputs: Floats | None
    """What was read, (n, I), where that was numbers."""
    below: tuple[str, ...]
    """The layers whose hidden states are read, instead of those."""
    projection: int | None
    """To how many numbers the hidden state of the layer is projected, or None."""

    def __contains__(self, timestep: int) -> bool:
        return self.start <= timestep < self.start + len(next(iter(self.values.values())))

    def at(self, timestep: int) -> Step:
        """The numbers of one of them."""
        row = timestep - self.start
        split = {name: (float(given[row]), float(old[row])) for name, (given, old) in self.parts.items()}
        return Step(
            self.cell,
            {name: float(values[row]) for name, values in self.values.items()},
            {name: float(values[row]) for name, values in self.previous.items()},
            {name: both for name, both in split.items() if all(map(math.isfinite, both))},
            self.reset,
        )


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
        below = fed_by(source.recording, layer)
        return Flow(
            start=start,
            unit=self.unit,
            cell=layer.cell,
            reset=layer.reset,
            values={name: layer[name][rows, self.unit] for name in layer.cell.names},
            previous={
                name: layer.previous(name, self.sequence, start, stop)[:, self.unit] for name in layer.cell.states
            },
            parts=parts(source.recording, layer, self.sequence, start, stop, self.unit),
            symbols=None if below else layer.tape.symbols(rows),
            inputs=None if below else layer.tape.values(rows),
            below=tuple(each.name for each in below),
            projection=layer.projection,
        )
