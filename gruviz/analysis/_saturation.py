"""How often a gate is all but shut, or all but open."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gruviz.analysis._arrays import array, fractions

Floats = NDArray[np.float64]
SHUT, OPEN = 0.1, 0.9
"""The thresholds of Karpathy et al. 2015."""
_STEPS = 100
"""Thresholds stand at hundredths."""
_HUNDREDTHS = (np.arange(_STEPS + 1) / _STEPS).astype(np.float32)


@dataclass(frozen=True)
class Saturation:
    """Fractions of time, one value for each of H units; NaN where nothing is known."""

    left: Floats
    """(H,): how often the gate is below the lower threshold."""
    right: Floats
    """(H,): how often it is above the upper one."""


class Histogram:
    """How often a gate has which value, gathered piece by piece: its saturation at any thresholds follows.

    Bin 2 i counts what is i hundredths exactly, bin 2 i + 1 what lies between that and the next: so that thresholds of
    whole hundredths, to the precision of a float32, count exactly.
    """

    def __init__(self, units: int) -> None:
        self._counts = np.zeros((units, 2 * _STEPS + 1), np.int64)

    def add(self, gate: ArrayLike) -> None:
        """Add timesteps: (n, H) values between 0 and 1, NaN for what is missing."""
        units, bins = self._counts.shape
        gate = np.clip(array("gate", gate, "n", "H").astype(np.float32, copy=False), 0, 1)
        known = ~np.isnan(gate)
        nearest = np.rint(np.where(known, gate, 0) * _STEPS).astype(np.intp)
        edge = _HUNDREDTHS[nearest]
        places = 2 * nearest + (gate > edge) - (gate < edge) + np.arange(units) * bins
        chosen = places.ravel() if known.all() else places[known]
        self._counts += np.bincount(chosen, minlength=units * bins).reshape(units, bins)

    def pooled(self, units: NDArray[np.intp] | None = None) -> "Histogram":
        """The same of some units together, or of all, as of a single one."""
        together = Histogram(1)
        counts = self._counts if units is None else self._counts[units]
        together._counts = counts.sum(axis=0, keepdims=True)
        return together

    def saturation(self, low: float = SHUT, high: float = OPEN) -> Saturation:
        """The saturation at two thresholds, which are rounded to hundredths.

        Raises:
            ValueError: they are no fractions, or stand in the wrong order.
        """
        check_sides(low, high)
        first, last = (2 * round(each * _STEPS) for each in (low, high))
        total = self._counts.sum(axis=1)
        share = np.divide(1.0, total, out=np.full(len(total), np.nan), where=total > 0)
        return Saturation(self._counts[:, :first].sum(axis=1) * share, self._counts[:, last + 1 :].sum(axis=1) * share)


def check_sides(low: float, high: float) -> None:
    """Check two thresholds of saturation.

    Raises:
        ValueError: they are no fractions, or stand in the wrong order.
    """
    if not 0 <= low <= high <= 1:
        raise ValueError(
            f"a gate cannot be left-saturated below {low:g} and right-saturated above {high:g}: "
            "give two numbers from 0 to 1, the lower one first"
        )


def saturation(gate: ArrayLike, low: float = SHUT, high: float = OPEN) -> Saturation:
    """The fractions of time that a gate of each unit is left-saturated, below `low`, and right-saturated, above `high`.

    Karpathy, Johnson and Fei-Fei 2015, Visualizing and understanding recurrent networks (arXiv:1506.02078), Figure 2:
    a unit at the far right of a keep's scatter keeps for long, one at its far left of the reset's reads no old state.

    Args:
        gate: (T, H), between 0 and 1; NaN where it is missing.
        low: the lower threshold.
        high: the upper threshold.

    Raises:
        ValueError: `gate` has other axes, or is no fraction; or the thresholds stand in the wrong order.
    """
    check_sides(low, high)
    gate = fractions("gate", gate, "T", "H")
    known = np.count_nonzero(~np.isnan(gate), axis=0)
    share = np.divide(1.0, known, out=np.full(len(known), np.nan), where=known > 0)
    return Saturation(np.count_nonzero(gate < low, axis=0) * share, np.count_nonzero(gate > high, axis=0) * share)
