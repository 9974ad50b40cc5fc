"""What every figure can be asked for, by keyword: the same for all of them, on the command line and in Python."""

from collections.abc import Sequence
from typing import TypedDict

from gruviz.cells import Thresholds
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
    width: float | None
    """In millimetres: 85, if it is not given, for a single column of a report, 170 for a double one."""
