"""What a step does to a change of the state at one timestep, and what becomes of a change from one timestep to another.

The Jacobian of a step is J_t = ds_t/ds_(t-1); s is h, and of an LSTM h and c side by side. Its spectral radius, the
largest absolute value of an eigenvalue, is what Pascanu, Mikolov and Bengio 2013 (arXiv:1211.5063, section 2.1) bound
vanishing and exploding by. A state acts on a later one by the product dh_t/dh_s = J_t ... J_(s+1) (equation 5 there).
"""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis._between import Pair
from gruviz.analysis._paths import hold
from gruviz.errors import GruvizError
from gruviz.slopes import Slope
from gruviz.unrolled import Unrolled

Floats = NDArray[np.float64]
_LOG10_2 = math.log10(2)
_FAR = 30
"""A row whose largest number is beyond 2^±30 is scaled anew."""


@dataclass(frozen=True)
class StepAt:
    """What one step does to changes of the state before it."""

    timestep: int
    norm: float
    """The spectral norm of J: what a change grows by at most."""
    radius: float
    """The spectral radius of J: the largest absolute value of an eigenvalue."""


def step_at(unrolled: Unrolled, t: int) -> StepAt:
    """Take the Jacobian of the step to timestep `t`, counted in the sequence's own time order.

    It is put together from the recorded gates and states and the recurrent weights, in float64.

    Raises:
        GruvizError: something recorded there is not finite, or there is no such timestep.
    """
    if not 0 <= t < unrolled.length:
        raise GruvizError(f"there is no timestep {t}: give 0 to {unrolled.length - 1}")
    J: Floats = unrolled.slopes(t, t + 1).matrix()[0]
    if not np.isfinite(J).all():
        raise GruvizError(f"what {unrolled.layer.name} computed at t = {t:,} is not finite: its Jacobian has no norm")
    return StepAt(t, _spectral_norm(J), float(np.abs(np.linalg.eigvals(J)).max()))


@dataclass(frozen=True)
class Dependence:
    """How a state of timestep t depends on that of s: M = dh_t/dh_s, or dc_t/dc_s, all ways counted."""

    total: float
    """log10 of the spectral norm of M."""
    units: Floats
    """(H,), log10 of the norm of each column of M: how all units of t depend on unit i of s."""
    itself: Floats
    """(H,), log10 of the absolute diagonal of M: how each unit depends on itself."""
    signs: Floats
    """(H,), -1, 0 or 1: the sign of that."""


class Onward:
    """A change of each unit at timestep s, carried on from one timestep to the next: dh_t/dh_s for one t after another.

    Every one of them is carried with a power of two of its own, so that none vanishes or overflows, however far it goes
    and however far apart they come. A timestep takes about 2 G·H³ multiplications; of an LSTM twice that, for a change
    of c shows in h.
    """

    def __init__(self, unrolled: Unrolled, s: int) -> None:
        """Begin at timestep `s`, counted in the sequence's own time order. Raises GruvizError where there is none."""
        if not 0 <= s < unrolled.length:
            raise GruvizError(f"there is no timestep {s}: give 0 to {unrolled.length - 1}")
        self.s = self.t = s
        """Where it began, and where it has come to."""
        self._unrolled, self._names, self._turn = unrolled, unrolled.layer.cell.states, _turn(unrolled)
        changes = unrolled.slopes(s, s + 1)[0].changes()
        # Row i is where a change of unit i leads; those of the one state stand below those of the other.
        self._rows: Floats = np.concatenate([changes[name] for name in self._names])
        self._powers = np.zeros(len(self._rows), np.int64)
        self._direct = np.zeros(unrolled.size)
        self._ahead: tuple[int, Slope] | None = None
        """The slopes of some timesteps, from one on."""

    def leads_to(self, t: int) -> bool:
        """Whether the layer reads `t` where this has come to, or later."""
        return 0 <= t < self._unrolled.length and (t - self.t) * self._turn >= 0

    def carry(self, t: int, seconds: float = math.inf) -> bool:
        """Go on towards `t`, one timestep at least, for about so long; whether it has been reached.

        Raises GruvizError where the layer read `t` before the timestep that this has come to.
        """
        if not self.leads_to(t):
            raise GruvizError(f"{self._unrolled.layer.name} did not read timestep {t} after {self.t}")
        until = time.perf_counter() + seconds
        while self.t != t:
            self.t += self._turn
            slope = self._slope(self.t, t)
            self._rows = slope.forth(self._rows)
            self._scale()
            if (keep := getattr(slope, "keep", None)) is not None:
                with np.errstate(divide="ignore"):
                    self._direct += np.log10(keep)
            if time.perf_counter() > until:
                break
        return self.t == t

    @property
    def dependences(self) -> Mapping[str, Dependence]:
        """By name of the state, what that of the timestep reached depends on that of s by."""
        size, found = self._unrolled.size, {}
        for place, name in enumerate(self._names):
            at = slice(place * size, (place + 1) * size)
            rows = self._rows[at, :size] if name == "hidden" else self._rows[at, size:]
            found[name] = _dependence(rows, self._powers[at])
        return found

    @property
    def direct(self) -> Floats | None:
        """log10 of the survival S(s→t) of each unit, (H,), the direct path alone; None of a cell without a keep."""
        return None if self._unrolled.layer.cell.keep is None else self._direct.copy()

    def pair(self) -> Pair:
        """s and the timestep reached: the direct path held against all of them, of the state that the keep is for."""
        found, direct = self.dependences[self._unrolled.layer.cell.state], self.direct
        if direct is None:
            return Pair(self.s, self.t, found.total, float("nan"), float("nan"))
        total = np.array([found.total if np.isfinite(found.total) else 0.0])
        column, diagonal = 10.0 ** (found.units - total), found.signs * 10.0 ** (found.itself - total)
        apart = hold(direct[None], total, column[None], diagonal[None]).apart[0]
        return Pair(self.s, self.t, found.total, float(direct.max()), float(apart))

    def _slope(self, t: int, until: int) -> Slope:
        """Of one timestep, read with those that follow."""
        if self._ahead is None or not 0 <= t - self._ahead[0] < len(self._ahead[1]):
            count = min(abs(until - t) + 1, self._unrolled.many)
            start = t if self._turn == 1 else t - count + 1
            self._ahead = start, self._unrolled.slopes(start, start + count)
        start, slopes = self._ahead
        return slopes[t - start]

    def _scale(self) -> None:
        _, far = np.frexp(np.abs(self._rows).max(axis=1))
        far = np.where(np.abs(far) > _FAR, far, 0)
        if far.any():
            self._rows = np.ldexp(self._rows, -far[:, None])
            self._powers += far


def _turn(unrolled: Unrolled) -> int:
    return -1 if unrolled.layer.backward else 1


def _dependence(rows: Floats, powers: NDArray[np.int64]) -> Dependence:
    """Of the columns of M as rows, each times a power of two."""
    diagonal = rows.diagonal()
    units, itself = (_log10(each, powers) for each in (np.linalg.norm(rows, axis=1), np.abs(diagonal)))
    some = rows.any(axis=1)
    if not some.any():
        return Dependence(-math.inf, units, itself, np.sign(diagonal))
    common = int(powers[some].max())
    below = np.where(some, np.maximum(powers - common, -2000), 0).astype(np.int64)
    norm = np.array([_spectral_norm(np.ldexp(rows, below[:, None]))])
    return Dependence(float(_log10(norm, np.array([common]))[0]), units, itself, np.sign(diagonal))


def _log10(values: Floats, powers: NDArray[np.int64]) -> Floats:
    """log10 of values · 2^powers: minus infinity for zero."""
    with np.errstate(divide="ignore"):
        found: Floats = np.log10(values) + powers * _LOG10_2
    return found


def _spectral_norm(matrix: Floats) -> float:
    """The largest singular value, from the matrix times its transpose: six times as fast as a decomposition of it."""
    if not np.isfinite(matrix).all():
        return float("nan")
    largest = float(np.abs(matrix).max(initial=0.0))
    if not largest:
        return 0.0
    scaled = matrix / largest
    return largest * math.sqrt(max(float(np.linalg.eigvalsh(scaled @ scaled.T)[-1]), 0.0))
