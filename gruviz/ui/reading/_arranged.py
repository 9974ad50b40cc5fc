"""Which units stand as rows, and in what order."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis import Expression, by_number, numbers, together
from gruviz.analysis import order as order_of
from gruviz.cells import Thresholds
from gruviz.errors import GruvizError
from gruviz.recording import Layer
from gruviz.ui.reading._columns import columns_for
from gruviz.ui.reading._gathered import TURN, Gathered
from gruviz.ui.reading._request import Request, Source, Unfinished
from gruviz.ui.reading._strips import read_columns, strip_for
from gruviz.view import Order

Units = NDArray[np.intp]
_COMPARED = 2048
"""Columns, means of equal blocks of a longer sequence, by which units are compared."""


@dataclass(frozen=True)
class Arrangement:
    """What was asked for."""

    order: Order = "index"
    filter: str = ""
    thresholds: Thresholds = field(default_factory=Thresholds)
    """Where `retained` and so on of the filter begin."""
    anchor: int | None = None
    """The sequence that both are of; the one that is asked about without."""


@dataclass(frozen=True)
class Arranged:
    """The units on show."""

    units: Units
    """From top to bottom, (R,)."""
    known: bool
    """Else what it depends on is still being gathered, and these are the ones from before."""


@dataclass(frozen=True)
class Kept:
    """The units that a filter keeps."""

    request: "KeptRequest"
    units: NDArray[np.bool_] | None
    """(H,); None while they are not known."""
    done: float
    """Which fraction of what they depend on is gathered."""
    wrong: str = ""
    """Why the filter cannot be applied: then all are kept."""


@dataclass(frozen=True)
class KeptRequest(Request):
    """The units that a filter keeps."""

    filter: str
    thresholds: Thresholds

    def read(self, source: Source) -> Kept | Unfinished:
        """Gather what it depends on, in turns."""
        layer = self._layer(source)
        try:
            kept, done = _kept(source, layer, self.sequence, self.filter, self.thresholds)
        except GruvizError as error:
            return Kept(self, np.ones(layer.size, bool), 1.0, str(error))
        answer = Kept(self, kept, done)
        return Unfinished(answer) if kept is None else answer


def arranged(source: Source, layer: Layer, sequence: int, how: Arrangement) -> Arranged:
    """The units that stand as rows in all heatmaps of a sequence."""
    sequence = sequence if how.anchor is None else how.anchor
    before = ("arranged", layer.name, sequence)
    try:
        kept, _ = _kept(source, layer, sequence, how.filter, how.thresholds)
    except GruvizError:  # which is said where it is typed
        kept = np.ones(layer.size, bool)
    order = None if kept is None else _order(source, layer, sequence, how.order)
    if kept is None or order is None:
        return Arranged(source.known.get(before, np.arange(layer.size)), known=False)
    units: Units = order[kept[order]]
    source.known[before] = units
    return Arranged(units, known=True)


def _kept(
    source: Source, layer: Layer, sequence: int, text: str, thresholds: Thresholds
) -> tuple[NDArray[np.bool_] | None, float]:
    """(H,), or None while it is not known, and which fraction of what it depends on is."""
    if not text:
        return np.ones(layer.size, bool), 1.0
    condition = Expression(text)
    found: dict[str, NDArray[np.float64]] = {"unit": np.arange(layer.size, dtype=np.float64)}
    parts = together(layer.cell, condition.names)
    for place, names in enumerate(parts):
        gathered = _numbers(source, layer, sequence, names, thresholds)
        if not gathered.go_on(TURN / len(parts)):
            return None, (place + gathered.done) / len(parts)
        found |= gathered.value
    return condition.holds(found), 1.0


def _numbers(
    source: Source, layer: Layer, sequence: int, names: tuple[str, ...], thresholds: Thresholds
) -> Gathered[dict[str, NDArray[np.float64]]]:
    """Kept once they are gathered; those that depend on thresholds, at the latest of them."""
    limits = thresholds if "retained" in names else None
    key = ("numbers", layer.name, sequence, names)
    kept = source.known.get(key)
    if kept is None or kept[0] != limits:
        kept = source.known[key] = limits, Gathered(numbers(layer, sequence, names, thresholds))
    gathered: Gathered[dict[str, NDArray[np.float64]]] = kept[1]
    return gathered


def _order(source: Source, layer: Layer, sequence: int, how: Order) -> Units | None:
    """All units in order, by their keep, or by their state where there is none; None while that is not known."""
    if how == "index":
        return np.arange(layer.size)
    if how in ("timescale", "peak"):
        name = "peak" if how == "peak" else "tau" if layer.cell.keep else "acf"
        (names,) = together(layer.cell, [name])
        gathered = _numbers(source, layer, sequence, names, Thresholds())
        return by_number(gathered.value[name], how) if gathered.go_on() else None
    order: Units = source.once(
        ("order", layer.name, sequence, how), lambda: _order_of_columns(source, layer, sequence, how)
    )
    return order


def _order_of_columns(source: Source, layer: Layer, sequence: int, how: Order) -> Units:
    columns = columns_for(0, layer.tape.sequences[sequence].length, _COMPARED)
    strip = strip_for(layer, sequence, layer.cell.keep or layer.cell.state, columns.step, "mean")
    return order_of(read_columns(source, strip, columns), how)
