"""Gradients over time, in columns of the screen: of the loss, of single steps, and from one timestep to the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis import Between, Fixed, acting, between, set_out, vanishing
from gruviz.recording import Layer
from gruviz.recording.gradient import NONE
from gruviz.ui.reading._columns import Columns, columns_for
from gruviz.ui.reading._request import Request, Source

Floats = NDArray[np.float64]
What = Literal["gradient", "steps", "paths"]
FIELDS: Mapping[What, tuple[str, ...]] = {
    "gradient": ("norm_hidden", "norm_cell", "norm_input"),
    "steps": ("step_norm", "growth", "step_radius"),
}
"""What is drawn of the recording as it is."""
_PLAIN = frozenset({"step_norm", "step_radius"})
"""Not stored as powers of ten."""
_PIECE = 2**18
"""Timesteps that are reduced at a time."""
_DEEPEST = -6.0
"""Below this power of ten survival is as good as none, and takes no part in the scale."""
_VALUES = 2**21
"""Of what goes from one timestep to others, that are held at most."""


@dataclass(frozen=True)
class Course:
    """log10 of something over time, from the least to the greatest of each column: NaN where nothing is known."""

    low: Floats
    """(columns,)"""
    high: Floats
    """(columns,)"""


@dataclass(frozen=True)
class Gradients:
    """What is drawn."""

    columns: Columns
    courses: Mapping[str, Course]
    """By name: of the fields of the recording; `total` and `direct`, and of one unit `unit total` and `unit direct`."""
    scale: tuple[float, float]
    """The least and the greatest that is known of the whole sequence, in log10."""
    marks: NDArray[np.int8]
    """(columns,): -1 where a gradient has vanished, 1 where it has exploded, else 0."""
    against: float = 0.0
    """log10 of what that is held against."""
    fixed: int | None = None
    """The timestep that stands still: of paths, s or t; else that of the loss, which may be `SUM`. None for none."""
    since: bool = False
    """Of paths, whether that is s."""
    unit: int | None = None
    """Whose paths are drawn beside those of all."""
    between: Between | None = None
    """Of paths, timestep by timestep."""


@dataclass(frozen=True)
class GradientsRequest(Request):
    """One kind of them from `start` up to `stop`, for a panel `width` pixels wide."""

    what: What
    start: int
    stop: int
    width: int
    reference: int | None = None
    """The marked timestep: paths are those from there, if it was followed; else those to the one that was reached."""
    unit: int | None = None
    """Whose paths are wanted too."""

    def read(self, source: Source) -> Gradients | None:
        """Read them. None where nothing of the kind was computed for the sequence."""
        if self.what == "paths":
            return self._paths(source)
        layer = self._layer(source)
        gradient = layer.gradient
        names = [name for name in FIELDS[self.what] if gradient is not None and name in gradient]
        if not names or gradient is None:
            return None
        columns = columns_for(self.start, self.stop, self.width)
        key = "gradient scale", self.what, layer.name, self.sequence
        scale, against, acts = source.once(key, lambda: _scale(layer, self.sequence, names))
        courses = {name: _course(layer, name, columns, self.sequence, acts) for name in names}
        if np.isnan(scale[0]):
            return None
        marks, fixed = np.zeros(len(courses[names[0]].low), np.int8), None
        if self.what == "gradient":
            at = gradient.loss(self.sequence)
            fixed = None if at == NONE else at
            marks = _marks(courses[names[0]], against)
        return Gradients(columns, courses, scale, marks, against, fixed)

    def _paths(self, source: Source) -> Gradients | None:
        found = path(source, self._layer(source), self.sequence, "since")
        if found is None or found.fixed != self.reference:
            found = path(source, self._layer(source), self.sequence, "reached")
        if found is None:
            return None
        columns, length = columns_for(self.start, self.stop, self.width), self._sequence(source).length
        lines = {"total": found.total, "direct": found.direct}
        unit = self.unit if found.unit_total is not None else None
        if unit is not None and found.unit_total is not None:
            lines["unit total"] = found.unit_total[:, unit]
            if found.unit_direct is not None:
                lines["unit direct"] = found.unit_direct[:, unit]
        courses = {
            name: _reduced(_within(values, found.start, columns, length), columns.step)
            for name, values in lines.items()
            if not np.isnan(values).all()
        }
        both = np.concatenate([found.total, np.maximum(found.direct, _DEEPEST)])
        scale = _ends(both[np.isfinite(both)])
        marks = _marks(courses["total"], 0.0)
        return Gradients(columns, courses, scale, marks, 0.0, found.fixed, found.since, unit, found)


def path(source: Source, layer: Layer, sequence: int, fixed: Fixed) -> Between | None:
    """What goes to or from the timestep that was followed in a sequence; that of the last one asked for is kept."""
    kept = source.known.get(("between", fixed))
    if kept is None or kept[0] != (layer.name, sequence):
        most = max(1, _VALUES // layer.size)
        kept = source.known["between", fixed] = (layer.name, sequence), between(layer, sequence, fixed, most)
    found: Between | None = kept[1]
    return found


def _course(layer: Layer, name: str, columns: Columns, sequence: int, acts: slice) -> Course:
    """A field in columns, read in pieces; nothing of timesteps that do not act on the loss."""
    info, gradient = layer.tape.sequences[sequence], layer.gradient
    assert gradient is not None
    stop, piece = min(columns.stop, info.length), max(_PIECE // columns.step, 1) * columns.step
    parts = []
    for first in range(columns.start, stop, piece):
        rows = slice(info.offset + first, info.offset + min(first + piece, stop))
        values = _powers(name, gradient.read(name, rows))
        values[: max(acts.start - first, 0)] = np.nan
        values[max(acts.stop - first, 0) :] = np.nan
        parts.append(_reduced(values, columns.step))
    return Course(np.concatenate([part.low for part in parts]), np.concatenate([part.high for part in parts]))


def _powers(name: str, values: NDArray[np.floating]) -> Floats:
    """In log10."""
    found: Floats = values.astype(np.float64)
    if name in _PLAIN:
        with np.errstate(divide="ignore"):
            found = np.log10(found)
    return found


def _reduced(values: Floats, step: int) -> Course:
    """The least and the greatest of every `step` timesteps; of what is not a number, nothing."""
    if step == 1:
        return Course(values, values)
    firsts = np.arange(0, len(values), step)
    return Course(np.fmin.reduceat(values, firsts), np.fmax.reduceat(values, firsts))


def _within(values: Floats, start: int, columns: Columns, length: int) -> Floats:
    """Values that begin at timestep `start`, over all timesteps of some columns."""
    spread = np.full(min(columns.stop, length) - columns.start, np.nan)
    first, last = max(start, columns.start), min(start + len(values), columns.start + len(spread))
    if last > first:
        spread[first - columns.start : last - columns.start] = values[first - start : last - start]
    return spread


def _scale(layer: Layer, sequence: int, names: list[str]) -> tuple[tuple[float, float], float, slice]:
    """The scale of a whole sequence, what its gradients are held against, and the timesteps that act on the loss."""
    gradient, info = layer.gradient, layer.tape.sequences[sequence]
    assert gradient is not None
    low, high, against, acts = np.inf, -np.inf, 0.0, slice(0, info.length)
    for name in names:
        values = _powers(name, gradient.read(name, info.rows))
        if name == "norm_hidden" and gradient.loss(sequence) != NONE:
            against, acts = set_out(values, gradient.loss(sequence)), acting(values, layer.backward)
        known = values[np.isfinite(values)]
        low, high = min(low, float(known.min(initial=np.inf))), max(high, float(known.max(initial=-np.inf)))
    return _ends(np.array([low, high])) if low <= high else (float("nan"), float("nan")), against, acts


def _ends(values: Floats) -> tuple[float, float]:
    """The least and the greatest, with a whole power of ten between them at least."""
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
    middle = (low + high) / 2
    return min(low, middle - 0.5), max(high, middle + 0.5)


def _marks(course: Course, against: float) -> NDArray[np.int8]:
    """Where it has exploded somewhere in a column, or else has vanished somewhere."""
    exploded, vanished = vanishing(course.high, against) > 0, vanishing(course.low, against) < 0
    found: NDArray[np.int8] = np.where(exploded, 1, np.where(vanished, -1, 0)).astype(np.int8)
    return found
