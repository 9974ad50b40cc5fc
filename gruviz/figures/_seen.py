"""What a figure's file says was being looked at, as a view: the way back from the report to the recording."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from gruviz.cells import Thresholds
from gruviz.errors import GruvizError
from gruviz.figures._again import located
from gruviz.figures._metadata import Facts
from gruviz.figures._read import read
from gruviz.figures._subject import subject
from gruviz.figures._wanted import Wanted
from gruviz.figures.names import OF_FOLDERS
from gruviz.recording import Recording
from gruviz.recording import open as open_recording
from gruviz.view import Derived, Order, Tab, View, hold, saturate, show_range, showing, toggle_page

_TABS: dict[str, Tab] = {
    "cell": "cell",
    "composition": "memory",
    "timescales": "timescales",
    "saturation": "saturation",
    "gradient": "gradient",
    "paths": "gradient",
}
"""Where the window shows what some figures show."""
_MARKED = ("timeline", "pages", "cell", "paths", "composition")
"""Figures of the units that were selected, or named."""


@dataclass(frozen=True)
class Seen:
    """What a figure is of."""

    recording: Path
    """Its recording, or the folder of a comparison."""
    view: View | None
    """What was being looked at; None for a comparison."""
    note: str = ""
    """Why what is there may look otherwise."""


def seen(path: str | os.PathLike[str]) -> Seen:
    """Find what a PDF, SVG, PNG, CSV or NPZ that gruviz saved, or a sidecar, shows, as a window can show it.

    Args:
        path: the file. Its recording is looked for where it lay, and beside the file.

    Raises:
        GruvizError: the file says nothing of how it was drawn; its recording is not found, is another one by now, or
            does not have what the figure shows.
    """
    path = Path(path)
    facts = read(path)
    found = located(facts, path)
    if found is None:
        raise GruvizError(
            f"the recording {facts['recording']} of {path.name} is not where it was: put it beside {path.name}, "
            "or open it by itself"
        )
    if facts["figure"] in OF_FOLDERS:
        return Seen(found, None)
    try:
        with open_recording(found) as run:
            if run.uuid != facts.get("uuid"):
                raise GruvizError(
                    f"{found.name} is another recording than the one that {path.name} was drawn from: "
                    f"put that one beside {path.name}"
                )
            changed = run.digest != facts.get("digest")
            note = f"{found.name} has changed since {path.name} was drawn: it may look otherwise" if changed else ""
            return Seen(found, _view(run, found, facts), note)
    except (TypeError, ValueError, KeyError) as error:
        raise GruvizError(f"what {path.name} says of how it was drawn is damaged: {error}") from error


def _view(run: Recording, found: Path, facts: Facts) -> View:
    name, options = str(facts["figure"]), dict(facts["options"])
    wanted: Wanted = {}
    for key in ("layer", "sequence", "start", "stop", "units", "marked", "reduction"):
        if key in options:
            wanted[key] = options[key]
    if "thresholds" in options:
        wanted["thresholds"] = Thresholds(*map(float, options["thresholds"]))
    shown = subject(run, None, wanted)
    layer, chosen = shown.layer, options.get("units", [])
    where = chosen if isinstance(chosen, str) else ""
    named = name in _MARKED or (name == "carry" and options.get("lines"))
    units = tuple(map(int, shown.units if where else chosen)) if named else shown.marked
    view = showing(
        View(thresholds=shown.thresholds, reduction=shown.reduction),
        shown.sequence.length,
        recording=str(found.resolve()),
        tape=layer.tape.name,
        sequence=shown.sequence.index,
        layer=layer.name,
        checkpoint=shown.sequence.checkpoint,
        units=tuple(unit for unit in units if 0 <= unit < layer.size),
        order=_order(options.get("order")),
        filter="" if named else where,
    )
    view = show_range(view, shown.start, shown.stop)
    view = replace(view, cursor=_timestep(options.get("at", shown.start), view), tab=_TABS.get(name, view.tab))
    if "since" in options:
        view = hold(view, _timestep(options["since"], view))
    quantities = tuple(map(str, options.get("quantities", ())))
    if name == "gates":
        view = replace(view, hidden=tuple(each for each in layer.cell.names if each not in quantities))
    elif name == "carry":
        view = replace(view, derived=tuple(each for each in quantities if each in get_args(Derived)))
    elif name == "survival":
        view = replace(view, derived=("survival",))
    elif name == "pages":
        view = replace(toggle_page(view), colour=quantities[0])
    elif name == "saturation" and "sides" in options:
        view = saturate(view, *map(float, options["sides"]))
    return view


def _order(name: Any) -> Order:
    """Of the units; by index where another version had one that is not known here."""
    orders: tuple[Order, ...] = get_args(Order)
    return orders[orders.index(name)] if name in orders else orders[0]


def _timestep(value: Any, view: View) -> int:
    """Within the sequence. Raises ValueError."""
    if not 0 <= int(value) < view.length:
        raise ValueError(f"there is no timestep {value}")
    return int(value)
