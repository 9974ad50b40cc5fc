"""What is under the pointer, exactly, however coarse the picture."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gruviz.ui.reading._inputs import missing_in
from gruviz.ui.reading._request import Request, Source


@dataclass(frozen=True)
class Point:
    """One timestep, and one unit at it."""

    timestep: int
    symbol: str | None
    inputs: tuple[float, ...]
    """What was fed, where it was numbers."""
    missing: tuple[bool, ...]
    """Which of those were missing and filled in."""
    unit: int | None
    values: Mapping[str, float]
    """Of that unit, by quantity."""


@dataclass(frozen=True)
class PointRequest(Request):
    """A timestep, and some quantities of a unit."""

    timestep: int
    unit: int | None = None
    quantities: tuple[str, ...] = ()

    def read(self, source: Source) -> Point:
        """Read it."""
        layer, info = self._layer(source), self._sequence(source)
        row = info.offset + self.timestep
        rows = slice(row, row + 1)
        symbols, inputs = layer.tape.symbols(rows), layer.tape.values(rows)
        return Point(
            self.timestep,
            symbols[0] if symbols else None,
            () if inputs is None else tuple(map(float, inputs[0])),
            ()
            if inputs is None
            else tuple(map(bool, np.broadcast_to(missing_in(layer.tape, rows)[0], inputs[0].shape))),
            self.unit,
            {name: float(layer[name][row, self.unit]) for name in self.quantities},
        )
