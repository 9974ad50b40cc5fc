"""Numbers of the units of a recorded layer, by which they are ordered and filtered: gathered in bounded pieces."""

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis._saturation import Histogram
from gruviz.analysis._timescales import Keeps, autocovariance, correlation_of, falls_below
from gruviz.cells import CLASSES, Cell, Thresholds
from gruviz.errors import GruvizError
from gruviz.recording import Layer, classify
from gruviz.recording.schema import CHUNK_UNITS

Floats = NDArray[np.float64]
Rows = tuple[int, int]
"""Rows of a tape, half-open."""
T = TypeVar("T")
Gathering = Generator[float, None, T]
"""Yields after every piece which fraction is done, and returns what was asked for."""

NUMBERS: Mapping[str, str] = {
    "unit": "its number",
    "keep": "its mean keep",
    "tau": "its timescale −1 / mean(ln keep), in timesteps",
    "tau_mean": "its timescale −1 / ln(mean keep), in timesteps",
    "halflife": "in timesteps, after tau",
    "acf": "the autocorrelation timescale of its state, in timesteps",
    "peak": "the timestep at which its state is largest in magnitude",
    "retained": "the fraction of timesteps at which it is retained",
    "mixed": "the fraction at which it is mixed",
    "overwritten": "the fraction at which it is overwritten",
    "rewritten": "the fraction at which it is rewritten alike",
    "left": "the fraction at which its keep is below 0.1",
    "right": "the fraction at which its keep is above 0.9",
}
"""What there is of each unit over a sequence, with what it is."""
_OF_STATE = ("unit", "acf", "peak")
"""What a cell without a keep has too."""
_OF_KEEP = frozenset({"keep", "tau", "tau_mean", "halflife", "left", "right"})
_SHARES = dict(zip(("retained", "mixed", "overwritten", "rewritten"), range(len(CLASSES)), strict=True))

_VALUES = 2**18
"""That are gone through at a time: about a hundredth of a second."""
_STRETCH, _STRETCHES = 2**14, 8
"""Autocorrelations come from so many timesteps at a stretch, and from so many stretches."""
_READ, _UNITS = CHUNK_UNITS, 16
"""Units whose states are read at a time, and of which the autocorrelations are worked out at a time."""


def numbers_of(cell: Cell) -> tuple[str, ...]:
    """The names of `NUMBERS` that the units of a cell have."""
    return tuple(NUMBERS) if cell.keep else _OF_STATE


def together(cell: Cell, names: Collection[str]) -> list[tuple[str, ...]]:
    """Names of numbers with those beside each that cost nothing more, to be gathered one after the other."""
    there, wanted = numbers_of(cell), set(names) - {"unit"}
    if unknown := wanted - set(there):
        return [tuple(sorted(unknown))]  # which `numbers` refuses
    of_keep = wanted & _OF_KEEP
    parts: list[tuple[str, ...]] = [("keep",)] if of_keep == {"keep"} else []
    if of_keep - {"keep"}:
        parts.append(tuple(name for name in there if name in _OF_KEEP))
    parts += [(name,) for name in ("peak", "acf") if name in wanted]
    return [*parts, tuple(_SHARES)] if wanted & set(_SHARES) else parts


def numbers(
    layer: Layer, sequence: int, names: Collection[str], thresholds: Thresholds | None = None
) -> Gathering[dict[str, Floats]]:
    """Gather numbers of the units over a whole sequence. Nothing is read that these names do not need.

    Args:
        layer: a recorded layer.
        sequence: the index of the sequence.
        names: some of `numbers_of(layer.cell)`.
        thresholds: where `retained` and so on begin; the usual ones without.

    Returns:
        By name, (H,).

    Raises:
        GruvizError: there is no such number of the units of this cell.
    """
    there = numbers_of(layer.cell)
    for name in sorted(set(names) - set(there)):
        why = f"a plain {layer.cell.title} has no keep, and so no" if name in NUMBERS else "there is no number"
        raise GruvizError(f"{why} {name if len(name) <= 40 else name[:39] + '…'}: write {', '.join(there)}")
    wanted, info = frozenset(names), layer.tape.sequences[sequence]
    whole = [(info.rows.start, info.rows.stop)]
    found: dict[str, Floats] = {"unit": np.arange(layer.size, dtype=np.float64)}
    if wanted & _OF_KEEP == {"keep"} and (factors := layer.factors(str(layer.cell.keep))):
        found["keep"] = _mean_keep(layer, sequence, factors[-1])
    elif wanted & _OF_KEEP:
        keeps, histogram = yield from gather_keep(layer, whole)
        times, sides = keeps.timescales(), histogram.saturation()
        found |= {"keep": keeps.mean, "tau": times.of_log, "tau_mean": times.of_mean, "halflife": times.halflife}
        found |= {"left": sides.left, "right": sides.right}
    if "peak" in wanted:
        found["peak"] = yield from _peak(layer, whole[0])
    if "acf" in wanted:
        found["acf"] = yield from gather_autocorrelation_time(layer, whole)
    if wanted & set(_SHARES):
        shares = yield from _classes(layer, sequence, thresholds or Thresholds())
        found |= {name: shares[:, place] for name, place in _SHARES.items()}
    return {name: found[name] for name in there if name in wanted}


def gather_keep(layer: Layer, stretches: Sequence[Rows]) -> Gathering[tuple[Keeps, Histogram]]:
    """Gather what timescales and the saturation of the keep are worked out from."""
    assert layer.cell.keep is not None
    keeps, histogram = Keeps(layer.size, _length(stretches)), Histogram(layer.size)
    for values, done in _pieces(layer, layer.cell.keep, stretches):
        keeps.add(values)
        histogram.add(values)
        yield done
    return keeps, histogram


def gather_histogram(layer: Layer, gate: str, stretches: Sequence[Rows]) -> Gathering[Histogram]:
    """Gather what the saturation of a gate is worked out from."""
    histogram = Histogram(layer.size)
    for values, done in _pieces(layer, gate, stretches):
        histogram.add(values)
        yield done
    return histogram


def gather_autocorrelation_time(layer: Layer, stretches: Sequence[Rows]) -> Gathering[Floats]:
    """Gather the autocorrelation timescales (H,) of the state that the keep acts on.

    Of long stretches, 8 parts of 16,384 timesteps are taken, evenly apart, each around its own mean: what takes much
    longer than a tenth of that comes out too short. Of many, the longest.
    """
    parts = _parts(stretches)
    longest = max((stop - start for start, stop in parts), default=0)
    found = np.full(layer.size, np.nan)
    for first in range(0, layer.size, _READ):
        last = min(first + _READ, layer.size)
        covariance = np.zeros((longest, last - first))
        for start, stop in parts:
            values = layer[layer.cell.state][start:stop, first:last]
            yield first / layer.size
            for some in range(0, last - first, _UNITS):
                units = slice(some, some + _UNITS)
                covariance[: stop - start, units] += autocovariance(values[:, units])
                yield first / layer.size
        found[first:last] = falls_below(correlation_of(covariance))
    return found


def _parts(stretches: Sequence[Rows]) -> list[Rows]:
    """What autocorrelations are taken from."""
    parts: list[Rows] = []
    for start, stop in sorted(stretches, key=lambda rows: rows[0] - rows[1]):
        room = _STRETCHES - len(parts)
        many = min(room, -(-(stop - start) // _STRETCH))
        size = min(_STRETCH, stop - start)
        starts = np.linspace(start, stop - size, many).astype(int).tolist()
        parts += [(first, first + size) for first in starts]
    return parts


def _mean_keep(layer: Layer, sequence: int, factor: int) -> Floats:
    """From a level of the pyramid: the means of blocks, each with as much weight as it has timesteps."""
    length = layer.tape.sequences[sequence].length
    means = layer.statistic(str(layer.cell.keep), sequence, factor, "mean", 0, -(-length // factor))
    sizes = np.minimum(factor, length - factor * np.arange(len(means)))
    known = np.isfinite(means)
    total = (known * sizes[:, None]).sum(axis=0)
    summed = (np.where(known, means, 0) * sizes[:, None]).sum(axis=0, dtype=np.float64)
    mean: Floats = np.divide(summed, total, out=np.full(layer.size, np.nan), where=total > 0)
    return mean


def _peak(layer: Layer, rows: Rows) -> Gathering[Floats]:
    """The first timestep at which the state is largest in magnitude; NaN where none is known."""
    largest, peak, seen = np.full(layer.size, -np.inf), np.full(layer.size, np.nan), 0
    for values, done in _pieces(layer, layer.cell.state, [rows]):
        size = np.nan_to_num(np.abs(values), nan=-np.inf, posinf=np.inf)
        place = size.argmax(axis=0)
        most = size[place, np.arange(layer.size)]
        higher = most > largest
        largest[higher], peak[higher] = most[higher], seen + place[higher]
        seen += len(values)
        yield done
    return peak


def _classes(layer: Layer, sequence: int, thresholds: Thresholds) -> Gathering[Floats]:
    """The fraction of timesteps in each class, (H, 4)."""
    assert layer.cell.keep is not None
    info, state = layer.tape.sequences[sequence], layer.cell.state
    total = np.zeros((layer.size, len(CLASSES)))
    for values, done in _pieces(layer, layer.cell.keep, [(info.rows.start, info.rows.stop)]):
        stop = round(done * info.length)
        start = stop - len(values)
        here = layer[state][info.offset + start : info.offset + stop]
        classes = classify(values, here, layer.previous(state, sequence, start, stop), thresholds)
        total += np.stack([np.count_nonzero(classes == each, axis=0) for each in range(len(CLASSES))], axis=1)
        yield done
    return total / max(info.length, 1)


def _pieces(layer: Layer, quantity: str, stretches: Sequence[Rows]) -> Generator[tuple[NDArray[np.float32], float]]:
    """The values of a quantity, some timesteps at a time, and which fraction they complete."""
    size, total, seen = max(1, _VALUES // layer.size), _length(stretches), 0
    for start, stop in stretches:
        for first in range(start, stop, size):
            values = layer[quantity][first : min(first + size, stop)]
            seen += len(values)
            yield values, seen / total


def _length(stretches: Sequence[Rows]) -> int:
    return sum(stop - start for start, stop in stretches)


def finish(gathering: Gathering[T], watch: Callable[[float], None] = lambda done: None) -> T:
    """Gather it to the end, and tell `watch` which fraction is done."""
    while True:
        try:
            watch(next(gathering))
        except StopIteration as stop:
            found: T = stop.value
            return found
