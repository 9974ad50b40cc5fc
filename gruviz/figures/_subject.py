"""What a figure is to show: a view and the arguments that override it, held against what the recording has."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gruviz.analysis import Expression, by_number, finish, numbers
from gruviz.analysis import order as ordered
from gruviz.cells import Quantity, Thresholds
from gruviz.errors import GruvizError
from gruviz.figures._columns import fit, heatmap
from gruviz.figures._page import RESOLUTION
from gruviz.figures._progress import reading
from gruviz.figures._style import Style
from gruviz.figures._wanted import Wanted
from gruviz.recording import Layer, Recording, SequenceInfo
from gruviz.view import Order, Reduction, View

_COLUMNS_TO_ORDER_BY = 1024


@dataclass(frozen=True)
class Subject:
    """A range of a sequence in a layer, and its hidden units in the order in which they stand."""

    run: Recording
    layer: Layer
    sequence: SequenceInfo
    start: int
    stop: int
    units: NDArray[np.intp]
    """The units that are shown, as rows from top to bottom."""
    order: Order | None
    """What all the units are ordered by; None where units were chosen."""
    marked: tuple[int, ...]
    """The units that are marked, such as those selected in the view."""
    thresholds: Thresholds
    reduction: Reduction
    style: Style
    where: str = ""
    """The condition by which the units were chosen; empty where they were named, or nothing but a range of rows is."""
    sorting: Order = "index"
    """What those are ordered by of which the condition is true."""

    def only(self, units: ArrayLike) -> "Subject":
        """The same of some units, as if they had been named."""
        return replace(self, units=np.asarray(units, np.intp), order=None, where="")

    @property
    def choice(self) -> dict[str, Any]:
        """What has to be asked for to have these units in this order, as plain values."""
        if self.where:
            return {"units": self.where, **({"order": self.sorting} if self.sorting != "index" else {})}
        if self.order is None:
            return {"units": self.units.tolist()}
        return {"order": self.order} if self.order != "index" else {}

    @property
    def width(self) -> float:
        """Of the page as it is laid out, in millimetres."""
        return self.style.layout

    @property
    def resolution(self) -> float:
        """Pixels of a heatmap to an inch of the layout, at most."""
        return RESOLUTION * self.style.zoom

    @property
    def everything(self) -> bool:
        """Whether all units are shown."""
        return len(self.units) == self.layer.size


def subject(run: Recording, view: View | None, wanted: Wanted) -> Subject:
    """Find what is meant. What is wanted overrides the view; without either it is the whole of the first sequence.

    Raises:
        GruvizError: the recording does not have it, with what it has; or there is no such style.
        TypeError: something is wanted that no figure knows.
    """
    if unknown := wanted.keys() - Wanted.__annotations__.keys():
        raise TypeError(f"a figure has no option {min(unknown)}: give one of {', '.join(Wanted.__annotations__)}")
    style = Style.of(wanted.get("style"), wanted.get("width"))
    layer, sequence, units = wanted.get("layer"), wanted.get("sequence"), wanted.get("units")
    start, stop, order = wanted.get("start"), wanted.get("stop"), wanted.get("order")
    pane = view.pane if view else None
    found = _layer(run, layer if layer is not None else (pane.layer if pane else "") or None)
    info = _sequence(found, sequence if sequence is not None else pane.sequence if pane else 0)
    same = view is not None and pane is not None and info.index == pane.sequence and view.span > 0
    ends = (view.start, view.stop) if view and same else (0, info.length)
    begin, end = (ends[0] if start is None else start), (ends[1] if stop is None else stop)
    if not 0 <= begin < end <= info.length:
        raise GruvizError(
            f"there is no range {begin}:{end} in sequence {info.index} ({info.name}): "
            f"it has {info.length:,} timesteps, so any range from 0:1 to 0:{info.length}"
        )
    rows = pane.rows if pane and units is None else None
    # Units stand as in the window: in the order, and by the filter, of the checkpoint at which those were chosen.
    anchored = same and pane is not None and pane.anchor is not None and order is None and units is None
    anchor = _sequence(found, pane.anchor) if anchored and pane is not None and pane.anchor is not None else info
    limits = wanted.get("thresholds") or (view.thresholds if view else found.thresholds) or Thresholds()
    where = units if isinstance(units, str) else pane.filter if pane and units is None else ""
    by: Order | None = None
    sorting: Order = "index"
    if units is not None and not isinstance(units, str):
        shown = _units(found, units)
    else:
        sorting = by = order or (pane.order if pane else "index")
        shown = _ordered(found, anchor, by)
        by = by if by == "index" or not anchored else None  # else no words say which order it is
    if where:
        shown = shown[_true_of(found, anchor, where, limits)[shown]]
        by = by if len(shown) == found.size else None
    if rows is not None:
        shown = shown[max(rows[0], 0) : rows[1]]
        if not len(shown):
            raise GruvizError(f"no units in rows {rows[0]}:{rows[1]}: layer {found.name} has {found.size}")
        by = by if len(shown) == found.size else None
    return Subject(
        run,
        found,
        info,
        begin,
        end,
        shown,
        by,
        tuple(wanted.get("marked") or (pane.units if pane else ())),
        limits,
        wanted.get("reduction") or (view.reduction if view else "mean"),
        style,
        "" if anchored or rows is not None else where,
        sorting,
    )


def whole(shown: Subject) -> Subject:
    """All units in their order: for a figure that shows none one by one."""
    return replace(shown.only(np.arange(shown.layer.size)), order="index", marked=())


def without_choice(wanted: Wanted, figure: str) -> None:
    """Raises GruvizError where quantities are wanted of a figure that has no choice of them."""
    if wanted.get("quantities") is not None:
        raise GruvizError(f"the figure {figure} has no choice of quantities: leave them out")


def chosen(layer: Layer, names: Sequence[str]) -> tuple[Quantity, ...]:
    """The quantities of these names. Raises GruvizError where the layer has none of that name, or none is named."""
    unknown = [name for name in names if name not in layer.cell.names]
    if unknown or not names:
        what = f"no quantity {unknown[0]}" if unknown else "nothing chosen"
        raise GruvizError(f"{what}: layer {layer.name} has {', '.join(layer.cell.names)}")
    return tuple(layer.cell[name] for name in names)


def _layer(run: Recording, name: str | None) -> Layer:
    if not run.layers:
        raise GruvizError(f"{run.name} has no layers: record a model that has a GRU, LSTM or RNN")
    if name is None:
        return next(iter(run.layers.values()))
    if name not in run.layers:
        raise GruvizError(f"{run.name} has no layer {name}: choose one of {', '.join(run.layers)}")
    return run.layers[name]


def _sequence(layer: Layer, index: int) -> SequenceInfo:
    sequences = layer.tape.sequences
    if not sequences:
        raise GruvizError(f"layer {layer.name} has no sequences: record something first")
    if not 0 <= index < len(sequences):
        numbers = "only 0" if len(sequences) == 1 else f"0 to {len(sequences) - 1}"
        raise GruvizError(f"there is no sequence {index}: layer {layer.name} has {numbers}")
    return sequences[index]


def _units(layer: Layer, units: Sequence[int]) -> NDArray[np.intp]:
    if not len(units):
        raise GruvizError(f"no units are chosen: layer {layer.name} has 0 to {layer.size - 1}")
    for unit in units:
        if not 0 <= unit < layer.size:
            raise GruvizError(f"there is no unit {unit}: layer {layer.name} has 0 to {layer.size - 1}")
    if len(set(units)) < len(units):
        raise GruvizError("a unit is chosen twice: give each once")
    return np.asarray(units, np.intp)


def _true_of(layer: Layer, info: SequenceInfo, where: str, thresholds: Thresholds) -> NDArray[np.bool_]:
    """The units of which a condition is true over the whole sequence, (H,)."""
    condition = Expression(where)
    kept = condition.holds(
        finish(numbers(layer, info.index, condition.names | {"unit"}, thresholds), reading(info.length))
    )
    if not kept.any():
        raise GruvizError(f"no unit of layer {layer.name} fulfils {condition.text}: ask for less")
    return kept


def _ordered(layer: Layer, info: SequenceInfo, by: Order) -> NDArray[np.intp]:
    """By the whole sequence, so that the order does not change with the range."""
    if by == "index":
        return np.arange(layer.size)
    if by in ("timescale", "peak"):
        name = "peak" if by == "peak" else "tau" if layer.cell.keep else "acf"
        return by_number(finish(numbers(layer, info.index, [name]), reading(info.length))[name], by)
    whole = fit(layer, 0, info.length, _COLUMNS_TO_ORDER_BY)
    return ordered(heatmap(layer, layer.cell.keep or layer.cell.state, info.index, whole), by)
