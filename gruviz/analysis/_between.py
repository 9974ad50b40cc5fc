"""Two timesteps and what goes from one to the other: on the direct path, which is survival, and on all paths together.

Of the matrix M = dh_t/dh_s a recording holds the spectral norm, for one s and every t after it, or for one t and every
s before it. The direct path alone would make it diag(S), S(s→t) = k_(s+1) ... k_t, whose norm is the largest survival
of any unit. Where the two are apart, survival does not say what becomes of a state, and the words here say so. Of an
LSTM it is dc_t/dc_s, the state that its forget gate keeps; a plain RNN has no direct path.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis._paths import hold, surviving
from gruviz.recording import Layer
from gruviz.recording.gradient import NONE, Gradient

APART = 0.1
"""From here on the direct path and all paths are said to disagree; see `paths` for the measure."""
_DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_FINE, _COARSE = -3, 4
"""Powers of ten from which and up to which numbers are written out."""

Floats = NDArray[np.float64]
Fixed = Literal["since", "reached"]


@dataclass(frozen=True)
class Pair:
    """Timestep s, a later one t, and how the state of t depends on that of s."""

    s: int
    t: int
    total: float
    """log10 of the spectral norm of dh_t/dh_s."""
    direct: float
    """log10 of the largest survival S(s→t) of any unit; NaN of a cell without a keep."""
    apart: float
    """How far the direct path is from all of them, as in `paths`; by their norms alone where no units are stored."""

    @property
    def disagrees(self) -> bool:
        """Whether survival does not say what becomes of the state."""
        return self.apart > APART

    @property
    def brief(self) -> str:
        """The two numbers, and whether they agree; empty where `words` are."""
        if not self.words:
            return ""
        left, came = in_words(self.direct), in_words(self.total)
        apart = " disagree" if self.disagrees else ""  # first: in a narrow window the end is cut off
        return f"s = {self.s:,}, t = {self.t:,}{apart}: {left} survives, {came} arrives"

    @property
    def words(self) -> str:
        """What to make of the two, in a sentence; empty of a cell without a direct path, and of a timestep itself."""
        if np.isnan(self.direct) or self.s == self.t:
            return ""
        left, came = in_words(self.direct), in_words(self.total)
        if not self.disagrees:
            return (
                f"Survival says {left} is left on the direct path, and the gradient that arrives is {came}: they agree."
            )
        if abs(self.total - self.direct) < np.log10(1 + APART):
            why = "as much, but through other units: gates and candidate read the old state again."
        elif self.total > self.direct:
            why = "gates and candidate read the old state again."
        else:
            why = "what gates and candidate read of the old state works against it."
        return f"Survival says {left} is left on the direct path, the gradient that arrives is {came}: {why}"


@dataclass(frozen=True)
class Between:
    """One timestep that stands still and n others, in the sequence's own time order."""

    fixed: int
    """The timestep that stands still."""
    since: bool
    """Whether it is s, and the others are later in processing order; else it is t."""
    start: int
    """The first of the others; it is among them itself."""
    total: Floats
    """(n,), as in `Pair`."""
    direct: Floats
    """(n,)."""
    apart: Floats
    """(n,)."""
    unit_total: Floats | None
    """(n, H), log10 of the norm of dh_t/dh_s,i: how all units depend on unit i; None where no units are stored."""
    unit_direct: Floats | None
    """(n, H), log10 of S(s→t) of each unit; None of a cell without a keep."""

    def knows(self, timestep: int) -> bool:
        """Whether it was followed so far."""
        return self.start <= timestep < self.start + len(self.total)

    def pair(self, other: int) -> Pair:
        """The one that stands still, and one of the others."""
        place = other - self.start
        s, t = (self.fixed, other) if self.since else (other, self.fixed)
        return Pair(s, t, float(self.total[place]), float(self.direct[place]), float(self.apart[place]))


def between(layer: Layer, sequence: int, fixed: Fixed, most: int | None = None) -> Between | None:
    """What a recording holds for the timestep that was followed on, `since`, or back, `reached`; None for nothing.

    Args:
        layer: of the recording.
        sequence: its index.
        fixed: which of the two.
        most: timesteps at most, the nearest; None for all that were followed.
    """
    gradient, cell = layer.gradient, layer.cell
    since = fixed == "since"
    name = f"{'spread' if since else 'reach'}_{cell.state}"
    if gradient is None or name not in gradient:
        return None
    at = gradient.since(sequence) if since else gradient.reached(sequence)
    if at == NONE:
        return None
    offset = layer.tape.sequences[sequence].offset
    rows = _known(gradient, name, layer, sequence)
    if most is not None:
        rows = slice(max(rows.start, offset + at - most + 1), min(rows.stop, offset + at + most))
    turn = -1 if layer.backward else 1
    total = gradient.read(name, rows)
    direct = np.full(len(total), np.nan)
    apart, unit_total, unit_direct = direct.copy(), None, None
    if cell.keep is not None:
        unit_direct = surviving(layer[cell.keep][rows][::turn], since)[::turn]
        direct = unit_direct.max(axis=1)
        with np.errstate(invalid="ignore"):
            apart = 1 - 10.0 ** -np.abs(np.nan_to_num(total - direct, nan=0.0, posinf=400.0, neginf=400.0))
    units = [f"{'spread_' if since else ''}{part}_{cell.state}" for part in ("column", "diagonal")]
    if set(units) <= set(gradient.names):
        column, diagonal = (gradient.read(each, rows) for each in units)
        with np.errstate(divide="ignore"):
            unit_total = np.log10(column.astype(np.float64)) + total[:, None]
        if unit_direct is not None:
            with_units = hold(unit_direct, total, column, diagonal).apart
            apart = np.where(np.isnan(unit_total).any(axis=1), apart, with_units)
    return Between(at, since, rows.start - offset, total, direct, apart, unit_total, unit_direct)


def in_words(log10: float) -> str:
    """10 to this power, as it is written: three digits, and a power of ten where it is very small or large."""
    if np.isnan(log10):
        return "–"
    if np.isneginf(log10):
        return "0"
    power = int(np.floor(log10))
    if _FINE <= power < _COARSE:
        return f"{float(f'{10.0**log10:.3g}'):,g}"
    digits = f"{10.0 ** (log10 - power):.2f}"
    if digits == "10.00":
        digits, power = "1.00", power + 1
    return f"{digits}\u00a0×\u00a0{raised(power)}"


def raised(power: int) -> str:
    """A whole power of ten, as it is written."""
    digits = "".join(_DIGITS[int(digit)] for digit in str(abs(power)))
    return f"10{'⁻' if power < 0 else ''}{digits}" if power else "1"


def _known(gradient: Gradient, name: str, layer: Layer, sequence: int) -> slice:
    """The rows of which it is known."""
    info = layer.tape.sequences[sequence]
    known = np.flatnonzero(~np.isnan(gradient.read(name, info.rows)))
    first, last = (int(known[0]), int(known[-1])) if len(known) else (0, -1)
    return slice(info.offset + first, info.offset + last + 1)
