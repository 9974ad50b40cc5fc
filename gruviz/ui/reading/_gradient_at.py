"""All that is known of the gradient at one timestep."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis import Between, Fixed, Pair, acting, set_out, vanishing
from gruviz.recording import Layer
from gruviz.recording.gradient import NONE, Gradient
from gruviz.ui.reading._gradients import path
from gruviz.ui.reading._request import Request, Source

_FIXED: tuple[Fixed, Fixed] = ("since", "reached")
_NUMBERS = ("norm_hidden", "norm_cell", "norm_input", "step_norm", "growth")
"""What there is one number of at each timestep."""
_BLOCK = 4096
"""Timesteps that are read together."""
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
    acts: bool
    """Whether the loss comes at this timestep or after it, as the layer reads."""
    mark: int
    """-1 where the gradient has vanished, 1 where it has exploded."""
    step_norm: float
    growth: float
    """log10."""
    mean_growth: float
    """log10, over the whole sequence."""
    span_growth: float
    """log10, of all steps after the marked timestep up to this one."""
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
        layer = self._layer(source)
        kept = source.known.get("gradient of")
        if kept is None or kept[0] != self.subject:
            kept = source.known["gradient of"] = self.subject, _of_sequence(layer, self.sequence)
        of: _OfSequence = kept[1]
        values = self._values(source, layer, of)
        since, reached = (path(source, layer, self.sequence, fixed) for fixed in _FIXED)
        which = _pair(since, reached, self.reference, self.timestep)
        acts = of.acts.start <= self.timestep < of.acts.stop
        nearest = int(np.abs(of.radii[0] - self.timestep).argmin()) if len(of.radii[0]) else None
        return GradientAt(
            timestep=self.timestep,
            known=of.known,
            norms={name: values[name] for name in _NUMBERS if name.startswith("norm_")},
            loss=of.loss,
            error=of.error,
            against=of.against,
            acts=acts,
            mark=int(vanishing([values["norm_hidden"]], of.against)[0]) if acts else 0,
            step_norm=values["step_norm"],
            growth=values["growth"],
            mean_growth=of.growth,
            span_growth=self._span_growth(of, layer.backward),
            radius=None if nearest is None else (int(of.radii[0][nearest]), float(of.radii[1][nearest])),
            since=None if since is None else since.fixed,
            reached=None if reached is None else reached.fixed,
            pair=None if which is None else which[0].pair(which[1]),
            shares=() if which is None else _shares(*which),
        )

    def _span_growth(self, of: "_OfSequence", backward: bool) -> float:
        """From the marked timestep on, in log10; NaN where it comes later, or nothing is marked."""
        s, t = self.reference, self.timestep
        if s is None or not len(of.grown) or (s < t if backward else t < s):
            return float("nan")
        return float(of.grown[t] - of.grown[s])

    def _values(self, source: Source, layer: Layer, of: "_OfSequence") -> dict[str, float]:
        """What the recording holds of the timestep: read with those around it, of which the next will be one."""
        number, place = divmod(self.timestep, _BLOCK)
        block = source.known.get("gradient block")
        if block is None or block[0] != (self.layer, self.sequence, number):
            info, gradient = self._sequence(source), layer.gradient
            first = info.offset + number * _BLOCK
            rows = slice(first, min(first + _BLOCK, info.offset + info.length))
            held = [name for name in _NUMBERS if name in of.known]
            read = {name: gradient.read(name, rows) for name in held} if gradient is not None else {}
            block = source.known["gradient block"] = (self.layer, self.sequence, number), read
        return {name: float(block[1][name][place]) if name in block[1] else float("nan") for name in _NUMBERS}


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
    return listed(total, np.full(len(total), np.nan) if found.unit_direct is None else found.unit_direct[place])


def listed(total: NDArray[np.float64], direct: NDArray[np.float64]) -> tuple[Share, ...]:
    """The units that a later state depends on most, from both for all of them, (H,)."""
    most = np.argsort(-total, kind="stable")[:_LISTED]
    return tuple(Share(int(unit), float(direct[unit]), float(total[unit])) for unit in most)


@dataclass(frozen=True)
class _OfSequence:
    """What holds of all timesteps of a sequence."""

    known: tuple[str, ...]
    loss: int | None
    error: str
    against: float
    acts: slice
    """The timesteps that act on the loss."""
    growth: float
    """Of one timestep, in the mean."""
    grown: NDArray[np.float64]
    """(T,), from the start of the reading up to each timestep; empty where it is not known."""
    radii: tuple[NDArray[np.intp], NDArray[np.float64]]
    """The timesteps that have one, and the spectral radii there."""


def _of_sequence(layer: Layer, sequence: int) -> _OfSequence:
    gradient, rows = layer.gradient, layer.slice(sequence)
    nan, none = float("nan"), (np.empty(0, np.intp), np.empty(0))
    if gradient is None:
        return _OfSequence((), None, "", nan, slice(0, 0), nan, np.empty(0), none)
    known = tuple(name for name in gradient.names if _is_known(gradient, name, rows, sequence))
    against, acts, loss = nan, slice(0, rows.stop - rows.start), None
    if "norm_hidden" in known:
        norms, loss = gradient.read("norm_hidden", rows), gradient.loss(sequence)
        against, acts = set_out(norms, loss), acting(norms, layer.backward)
    turn = -1 if layer.backward else 1
    grown = np.cumsum(gradient.read("growth", rows)[::turn])[::turn] if "growth" in known else np.empty(0)
    growth = float(grown[0 if layer.backward else -1]) / len(grown) if len(grown) else nan
    radii = none
    if "step_radius" in known:
        read = gradient.read("step_radius", rows)
        radii = np.flatnonzero(np.isfinite(read)), read[np.isfinite(read)].astype(np.float64)
    return _OfSequence(known, loss, gradient.error, against, acts, growth, grown, radii)


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
