"""What every figure can be asked for, by keyword: the same for all of them, on the command line and in Python."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from gruviz.cells import Thresholds
from gruviz.figures._style import Style
from gruviz.view import Order, Reduction


class Wanted(TypedDict, total=False):
    """What is left out, or None, the view decides; without a view it is the whole first sequence in the first layer."""

    layer: str | None
    """The name of a layer."""
    sequence: int | None
    """The index of a sequence on the layer's tape."""
    start: int | None
    """The first timestep, counted from 0 in the sequence."""
    stop: int | None
    """One past the last."""
    units: Sequence[int] | str | None
    """The hidden units to show, from top to bottom, or a condition such as `tau > 50`."""
    order: Order | None
    """`index`, `keep`, `timescale`, `peak` or `likeness`: what units are ordered by, over the whole sequence."""
    quantities: Sequence[str] | None
    """Names of what to show, where a figure has a choice."""
    thresholds: Thresholds | None
    """Where retained and overwritten begin."""
    reduction: Reduction | None
    """`mean`, `min` or `max`: what stands for more than one timestep, where a range has more than paper can show."""
    marked: Sequence[int] | None
    """The units that are marked beside heatmaps."""
    style: Style | str | Mapping[str, Any] | None
    """How it looks: a `Style`, the name of one, or its plain values; without, a single column of a report."""
    width: float | None
    """In millimetres, instead of that of the style."""
