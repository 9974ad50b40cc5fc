"""Which inputs the output at a timestep depends on, and how much."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.recording import Layer
from gruviz.ui.reading._request import Request, Source


@dataclass(frozen=True)
class Sensitivity:
    """How much the output at a timestep depends on the input at each, in parts of the largest."""

    timestep: int
    start: int
    """The first timestep that is told of."""
    weights: NDArray[np.float64]
    """(n,), of consecutive timesteps from `start` on: from 0 to 1."""

    def of(self, start: int, stop: int) -> NDArray[np.float64]:
        """Those of the timesteps from `start` up to `stop`, (n,); 0 of those that it is not told of."""
        found = np.zeros(max(stop - start, 0))
        first, last = max(start, self.start), min(stop, self.start + len(self.weights))
        if last > first:
            found[first - start : last - start] = self.weights[first - self.start : last - self.start]
        return found


@dataclass(frozen=True)
class SensitivityRequest(Request):
    """The output of a timestep, through all layers of the tape."""

    timestep: int

    def read(self, source: Source) -> Sensitivity | None:
        """None where it was not computed."""
        layer = source.once(("sensitive", self.layer), lambda: self._sensitive(source))
        if layer is None or layer.gradient is None:
            return None
        row = self._sequence(source).offset + self.timestep
        powers = layer.gradient.read("connectivity", slice(row, row + 1))[0].astype(np.float64)
        powers = powers[~np.isnan(powers)]
        if not len(powers):
            return None
        with np.errstate(invalid="ignore"):
            weights = np.nan_to_num(10.0 ** (powers - powers.max()))
        if layer.backward:  # its lags lie ahead
            return Sensitivity(self.timestep, self.timestep, weights)
        return Sensitivity(self.timestep, self.timestep - len(weights) + 1, weights[::-1])

    def _sensitive(self, source: Source) -> Layer | None:
        """The layer that holds it: the first of the tape."""
        held = (each for each in source.recording.layers.values() if each.tape is self._tape(source))
        return next((each for each in held if each.gradient is not None and "connectivity" in each.gradient), None)
