"""What is under the pointer, exactly, however coarse the picture."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from gruviz.analysis import SURVIVAL
from gruviz.recording import Layer
from gruviz.ui.reading._counterpart import Counterpart
from gruviz.ui.reading._derived import worked_out
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
    others: Mapping[str, float] = field(default_factory=dict)
    """The same of the recording from which this one is subtracted; empty where none is."""


@dataclass(frozen=True)
class PointRequest(Request):
    """A timestep, and some quantities of a unit."""

    timestep: int
    unit: int | None = None
    quantities: tuple[str, ...] = ()
    """Recorded ones, or those of `analysis.derived`."""
    since: int | None = None
    """The marked timestep, where survival is among them."""
    counterpart: Counterpart | None = None
    """What the quantities are held against."""

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
            {name: self._value(source, layer, name) for name in self.quantities},
            {} if self.counterpart is None else self._others(source, self.counterpart),
        )

    def _others(self, source: Source, counterpart: Counterpart) -> dict[str, float]:
        _, layer = counterpart.read(source)
        row = layer.tape.sequences[counterpart.sequence].offset + self.timestep
        return {name: float(layer[name][row, self.unit]) for name in self.quantities}

    def _value(self, source: Source, layer: Layer, name: str) -> float:
        info, here = layer.tape.sequences[self.sequence], self.timestep
        if name in layer.quantities:
            return float(layer[name][info.offset + here, self.unit])
        if name != SURVIVAL:
            return float(worked_out(source, layer, self.sequence, name, here, here + 1)[0, self.unit])
        fade = source.known.get("fade")  # which the picture under the pointer is drawn from
        if fade is None or self.unit is None or fade.subject != (self.layer, self.sequence, self.since):
            return float("nan")
        return float(fade.at(fade.processed(here), self.unit))
