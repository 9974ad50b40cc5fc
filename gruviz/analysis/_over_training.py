"""How gates saturate and timescales spread while a network learns: one sequence, as each checkpoint read it."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gruviz.analysis._numbers import Gathering, gather_autocorrelation_time, gather_histogram, gather_keep
from gruviz.analysis._saturation import OPEN, SHUT, Histogram
from gruviz.recording import Layer, SequenceInfo

Floats = NDArray[np.float64]
T = TypeVar("T")
QUANTILES = (0.1, 0.5, 0.9)
"""Of the timescales of all units."""


@dataclass(frozen=True, eq=False)
class OverTraining:
    """What the gates and the timescales of a layer were at each of C checkpoints."""

    steps: NDArray[np.int64]
    """(C,) training steps, ascending."""
    gates: Mapping[str, tuple[Histogram, ...]]
    """By quantity, the values of a gate at each checkpoint, of all units and timesteps together."""
    timescales: Floats
    """(C, 3) in timesteps: the `QUANTILES` over the units of -1 / mean(ln k), the direct path; of a cell without a keep
    of the autocorrelation time of its state."""

    def saturation(self, gate: str, low: float = SHUT, high: float = OPEN) -> tuple[Floats, Floats]:
        """The share of all units and timesteps at which a gate is left-saturated, below `low`, and right-saturated,
        above `high`, (C,) each; thresholds are rounded to hundredths.
        """
        found = [histogram.saturation(low, high) for histogram in self.gates[gate]]
        return np.array([each.left[0] for each in found]), np.array([each.right[0] for each in found])


def gather_over_training(
    layer: Layer,
    sequences: Sequence[SequenceInfo],
    span: tuple[int, int] | None = None,
    units: NDArray[np.intp] | None = None,
) -> Gathering[OverTraining]:
    """Gather what the gates and timescales of a layer were at each checkpoint, in pieces of bounded memory.

    Args:
        layer: a recorded layer.
        sequences: one sequence as each checkpoint read it, by training step: `gruviz.recording.over_training`.
        span: these timesteps alone, half-open; without, all of the sequence.
        units: these alone; without, all units.
    """
    cell = layer.cell
    gates = [quantity.name for quantity in cell.quantities if quantity.fraction]
    jobs = len(sequences) * max(len(gates), 1)
    found: dict[str, list[Histogram]] = {gate: [] for gate in gates}
    timescales, done = [], 0
    for info in sequences:
        start, stop = span or (0, info.length)
        rows = [(info.offset + start, info.offset + stop)]
        if cell.keep is None:
            timescales.append((yield from _part(gather_autocorrelation_time(layer, rows), done, jobs)))
            done += 1
        for gate in gates:
            if gate == cell.keep:
                keeps, histogram = yield from _part(gather_keep(layer, rows), done, jobs)
                timescales.append(keeps.timescales().of_log)
            else:
                histogram = yield from _part(gather_histogram(layer, gate, rows), done, jobs)
            found[gate].append(histogram.pooled(units))
            done += 1
    spread = [quantiles(each if units is None else each[units]) for each in timescales]
    return OverTraining(
        np.array([info.checkpoint for info in sequences]),
        {gate: tuple(histograms) for gate, histograms in found.items()},
        np.array(spread).reshape(-1, len(QUANTILES)),
    )


def quantiles(values: Floats) -> Floats:
    """The `QUANTILES` of what is known of some values: the least ones that so large a part does not exceed.

    None is made up between two of them, for timescales may be infinite.
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return np.full(len(QUANTILES), np.nan)
    found: Floats = np.quantile(known, QUANTILES, method="inverted_cdf")
    return found


def logarithmic(steps: ArrayLike) -> bool:
    """Whether checkpoints, ascending, are evener by the logarithm of step + 1 than by the step itself."""
    at = np.asarray(steps, np.float64)
    if len(at) < 3:
        return False
    plain, ratios = np.diff(at), np.diff(np.log1p(at))
    return bool(ratios.std() / ratios.mean() < plain.std() / plain.mean())


def along(steps: ArrayLike, at: ArrayLike) -> Floats:
    """Where training steps lie between the first checkpoint, 0, and the last, 1, on an axis that spreads checkpoints.

    Args:
        steps: (C,) the checkpoints, ascending; the axis is logarithmic in step + 1 where they are.
        at: the training steps.
    """
    ends, scale = np.asarray(steps, np.float64)[[0, -1]], np.log1p if logarithmic(steps) else np.asarray
    low, high = scale(ends)
    places: Floats = (scale(np.asarray(at, np.float64)) - low) / (high - low if high > low else 1.0)
    return places


def binned(places: Floats, values: Floats, bins: int) -> tuple[Floats, Floats]:
    """Means of neighbours: what lies in the same of `bins` equal parts of 0 to 1, as its mean place and mean value.

    Values that are not finite count for nothing. (m,) each, m <= bins; no more points than there were.
    """
    known = np.isfinite(values) & (places >= 0) & (places <= 1)
    places, values = places[known], values[known]
    which = np.minimum((places * bins).astype(np.intp), bins - 1)
    number = np.bincount(which, minlength=bins)
    filled = number > 0
    return tuple(np.bincount(which, each, bins)[filled] / number[filled] for each in (places, values))  # type: ignore[return-value]


def _part(gathering: Gathering[T], done: int, jobs: int) -> Generator[float, None, T]:
    """One gathering among several, as the fraction of all of them."""
    while True:
        try:
            yield (done + next(gathering)) / jobs
        except StopIteration as stop:
            found: T = stop.value
            return found
