"""All that is known of the gradient at one timestep; and which inputs the output there depends on."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis import Between, Fixed, Pair, set_out, vanishing
from gruviz.recording import Layer
from gruviz.recording.gradient import NONE, Gradient
from gruviz.ui.reading._gradients import path
from gruviz.ui.reading._request import Request, Source

_FIXED: tuple[Fixed, Fixed] = ("since", "reached")
_LISTED = 50
"""Units that are listed."""


@dataclass(frozen=True)
class Share:
    """One unit of timestep s."""

    unit: int
    direct: float
    """log10 of its survival until t; NaN of a cell without a keep."""
    total: float
    """log10 of the norm of dh_t/dh_s,i: how all units of t depend on it."""


@dataclass(frozen=True)
class GradientAt:
    """What is known; NaN where something is not."""

    timestep: int
    known: tuple[str, ...]
    """What the recording holds for the sequence, of the fields of `gruviz.recording.gradient`; empty for nothing."""
    norms: Mapping[str, float]
    """log10 of `norm_hidden` and the others, by name."""
    loss: int | None
    """The timestep that the loss was taken at, or `SUM`; None for no loss."""
    error: str
    """What the loss is."""
    against: float
    """log10 of what the norm is held against; see `set_out`."""
    mark: int
    """-1 where the gradient has vanished, 1 where it has exploded."""
    step_norm: float
    growth: float
    """log10."""
    mean_growth: float
    """log10, over the whole sequence."""
    radius: tuple[int, float] | None
    """The nearest timestep at which it was taken, and the spectral radius there."""
    since: int | None
    """The timestep that was followed on."""
    reached: int | None
    """The timestep that was followed back."""
    pair: Pair | None
    """The marked timestep and this one, or this one and the one that was followed back; None where it is not known."""
    shares: tuple[Share, ...]
    """The units of s by how much the state of t depends on them, most first."""


@dataclass(frozen=True)
class GradientAtRequest(Request):
    """A timestep, and the marked one."""

    timestep: int
    reference: int | None

    def read(self, source: Source) -> GradientAt:
        """Gather it."""
        layer, info = self._layer(source), self._sequence(source)
        gradient, row, nan = layer.gradient, info.offset + self.timestep, float("nan")

        def value(name: str) -> float:
            held = gradient is not None and name in gradient
            return float(gradient.read(name, slice(row, row + 1))[0]) if held and gradient is not None else nan

        known, against, mean_growth, radii = source.once(
            ("gradient of", layer.name, self.sequence), lambda: _of_sequence(layer, self.sequence)
        )
        loss = None if gradient is None or "norm_hidden" not in known else gradient.loss(self.sequence)
        norm = value("norm_hidden")
        since, reached = (path(source, layer, self.sequence, fixed) for fixed in _FIXED)
        which = _pair(since, reached, self.reference, self.timestep)
        nearest = int(np.abs(radii - self.timestep).argmin()) if len(radii) else None
        radius = None
        if nearest is not None and gradient is not None:
            at = int(radii[nearest])
            radius = at, float(gradient.read("step_radius", slice(info.offset + at, info.offset + at + 1))[0])
        return GradientAt(
            timestep=self.timestep,
            known=known,
            norms={name: value(name) for name in ("norm_hidden", "norm_cell", "norm_input")},
            loss=loss,
            error="" if gradient is None else gradient.error,
            against=against,
            mark=int(vanishing(np.array([norm]), against)[0]),
            step_norm=value("step_norm"),
            growth=value("growth"),
            mean_growth=mean_growth,
            radius=radius,
            since=None if since is None else since.fixed,
            reached=None if reached is None else reached.fixed,
            pair=None if which is None else which[0].pair(which[1]),
            shares=() if which is None else _shares(*which),
        )


@dataclass(frozen=True)
class PairRequest(Request):
    """What goes from the marked timestep to another one, or from that to the one that was followed back."""

    timestep: int
    reference: int | None

    def read(self, source: Source) -> Pair | None:
        """None where it was not computed."""
        layer = self._layer(source)
        since, reached = (path(source, layer, self.sequence, fixed) for fixed in _FIXED)
        which = _pair(since, reached, self.reference, self.timestep)
        return None if which is None else which[0].pair(which[1])


def _pair(
    since: Between | None, reached: Between | None, reference: int | None, timestep: int
) -> tuple[Between, int] | None:
    """What holds the pair in question, and the timestep in it that does not stand still."""
    if reference is None:
        return (reached, timestep) if reached is not None and reached.knows(timestep) else None
    if since is not None and since.fixed == reference and since.knows(timestep):
        return since, timestep
    if reached is not None and reached.fixed == timestep and reached.knows(reference):
        return reached, reference
    return None


def _shares(found: Between, other: int) -> tuple[Share, ...]:
    if found.unit_total is None:
        return ()
    place = other - found.start
    total = found.unit_total[place]
    direct = np.full(len(total), np.nan) if found.unit_direct is None else found.unit_direct[place]
    most = np.argsort(-total, kind="stable")[:_LISTED]
    return tuple(Share(int(unit), float(direct[unit]), float(total[unit])) for unit in most)


Known = tuple[tuple[str, ...], float, float, NDArray[np.intp]]


def _of_sequence(layer: Layer, sequence: int) -> Known:
    """What there is for a sequence; what norms are held against; mean growth; the timesteps that have a radius."""
    gradient, rows = layer.gradient, layer.slice(sequence)
    nan, none = float("nan"), np.empty(0, np.intp)
    if gradient is None:
        return (), nan, nan, none
    known = tuple(name for name in gradient.names if _is_known(gradient, name, rows, sequence))
    against = set_out(gradient.read("norm_hidden", rows), gradient.loss(sequence)) if "norm_hidden" in known else nan
    growth = gradient.read("growth", rows) if "growth" in known else np.empty(0)
    radii = np.flatnonzero(np.isfinite(gradient.read("step_radius", rows))) if "step_radius" in known else none
    return known, against, float(growth.mean()) if len(growth) else nan, radii


def _is_known(gradient: Gradient, name: str, rows: slice, sequence: int) -> bool:
    """Whether there is anything of a field for a sequence: those of one number a timestep are looked through."""
    if name.startswith("norm_") or name.startswith("direction_"):
        return gradient.loss(sequence) != NONE
    if name.startswith("spread_"):
        return gradient.since(sequence) != NONE
    if name.startswith(("reach_", "column_", "diagonal_")):
        return gradient.reached(sequence) != NONE
    one = gradient.read(name, rows, slice(0, 1))
    return bool(np.isfinite(one).any())


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
        tape, info = self._tape(source), self._sequence(source)
        held = (each for each in source.recording.layers.values() if each.tape is tape)
        layer = next((each for each in held if each.gradient is not None and "connectivity" in each.gradient), None)
        if layer is None or layer.gradient is None:
            return None
        row = info.offset + self.timestep
        powers = layer.gradient.read("connectivity", slice(row, row + 1))[0].astype(np.float64)
        powers = powers[~np.isnan(powers)]
        if not len(powers):
            return None
        with np.errstate(invalid="ignore"):
            weights = np.nan_to_num(10.0 ** (powers - powers.max()))
        if layer.backward:  # its lags lie ahead
            return Sensitivity(self.timestep, self.timestep, weights)
        return Sensitivity(self.timestep, self.timestep - len(weights) + 1, weights[::-1])
