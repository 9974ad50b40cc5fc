"""A view as values that a file can hold, and back."""

import math
from collections.abc import Collection
from dataclasses import asdict
from itertools import pairwise
from typing import Any, get_args

from gruviz.cells import Thresholds
from gruviz.view._view import (
    MOST_PANES,
    QUANTITIES,
    VERSION,
    Derived,
    Extent,
    Order,
    Pane,
    Reduction,
    Shading,
    Tab,
    View,
    Whose,
)


def to_plain(view: View) -> dict[str, Any]:
    """A view as values that JSON can hold."""
    return asdict(view)


def from_plain(stored: object) -> View:
    """The view that `to_plain` made these of. Names of quantities that nobody knows are left out.

    Raises:
        ValueError: they are no view, or one of another version.
    """
    try:
        given: dict[str, Any] = dict(stored)  # type: ignore[call-overload]
        if given["version"] != VERSION:
            raise ValueError(f"a view of version {given['version']} cannot be read, only {VERSION}")
        panes = tuple(
            Pane(**{**pane, "units": tuple(map(int, pane["units"])), "rows": _pair(pane["rows"])})
            for pane in map(dict, given["panes"])
        )
        view = View(
            length=int(given["length"]),
            cursor=int(given["cursor"]),
            start=int(given["start"]),
            stop=int(given["stop"]),
            reference=None if given["reference"] is None else int(given["reference"]),
            selection=_pair(given["selection"]),
            speed=float(given["speed"]),
            loop=bool(given["loop"]),
            follow=bool(given.get("follow", True)),
            thresholds=Thresholds(**{name: float(value) for name, value in dict(given["thresholds"]).items()}),
            reduction=_one_of(given["reduction"], get_args(Reduction)),
            hidden=_known(given["hidden"], QUANTITIES),
            aside=_known(given.get("aside", View.aside), QUANTITIES),
            derived=_known(given.get("derived", ()), get_args(Derived)),
            differences=_known(given.get("differences", ()), QUANTITIES),
            find=str(given.get("find", "")),
            whose=_one_of(given.get("whose", "selected"), get_args(Whose)),
            shaded=bool(given.get("shaded", False)),
            shading=_one_of(given.get("shading", "weight"), get_args(Shading)),
            tab=_one_of(given.get("tab", "prediction"), get_args(Tab)),
            extent=_one_of(given.get("extent", "sequence"), get_args(Extent)),
            sides=_sides(given.get("sides", (0.1, 0.9))),
            page=bool(given.get("page", False)),
            colour=str(given.get("colour", given.get("shade", ""))),  # as it was called once
            label=str(given.get("label", "")),
            marked=_ranges(given.get("marked", ()), int(given["length"])),
            panes=panes,
            focus=int(given.get("focus", 0)),
        )
        for pane in panes:
            _one_of(pane.order, get_args(Order))
            if not isinstance(pane.layer, str) or not isinstance(pane.sequence, int):
                raise ValueError("a pane shows a layer by its name and a sequence by its number")
            if pane.anchor is not None and not isinstance(pane.anchor, int):
                raise ValueError("a pane is ordered by a sequence by its number")
            if not isinstance(pane.filter, str):
                raise ValueError("a pane shows the units of which a text is true")
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"this is no view ({type(error).__name__}: {error})") from error
    inside = 0 <= view.cursor < max(view.length, 1) and 0 <= view.start <= view.stop <= view.length
    if not inside:
        raise ValueError("this is no view: its times lie outside its sequence")
    if not 0 <= view.focus < len(panes) <= MOST_PANES:
        raise ValueError("this is no view: it has no pane that is in focus, or too many")
    if not 0 < view.speed < math.inf:
        raise ValueError(f"this is no view: nothing plays at {view.speed:g} timesteps a second")
    return view


def _known(names: Any, allowed: Collection[str]) -> tuple[str, ...]:
    """Those of some names that are known, each once: another version may have had others."""
    return tuple(name for name in dict.fromkeys(map(str, names)) if name in allowed)


def _pair(value: Any) -> tuple[int, int] | None:
    if value is None:
        return None
    first, second = value
    return int(first), int(second)


def _sides(value: Any) -> tuple[float, float]:
    low, high = (round(float(each) * 100) for each in value)
    if not 0 <= low <= high <= 100:
        raise ValueError("a gate is saturated below and above two numbers between 0 and 1")
    return low / 100, high / 100


def _ranges(value: Any, length: int) -> tuple[tuple[int, int], ...]:
    ranges = tuple((int(first), int(last)) for first, last in value)
    edges = [edge for part in ranges for edge in part]
    if any(a >= b for a, b in pairwise(edges)) or (edges and not 0 <= edges[0] <= edges[-1] <= length):
        raise ValueError("this is no view: its marks lie outside its sequence")
    return ranges


def _one_of(value: Any, allowed: tuple[Any, ...]) -> Any:
    if value not in allowed:
        raise ValueError(f"{value!r} is none of {', '.join(allowed)}")
    return value
