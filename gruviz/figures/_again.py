"""A figure drawn once more from what one of its files says of itself."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gruviz.cells import Thresholds
from gruviz.errors import GruvizError
from gruviz.figures._metadata import Facts, read
from gruviz.figures._page import Page
from gruviz.figures._registry import draw
from gruviz.recording import open as open_recording


@dataclass(frozen=True)
class Redrawn:
    """A figure, and how the file was saved that it was found in."""

    page: Page
    dpi: int
    outlines: bool
    notes: tuple[str, ...]
    """Why it may look otherwise."""


def redraw(path: str | os.PathLike[str], recording: str | os.PathLike[str] | None = None) -> Redrawn:
    """Draw a figure again from the metadata of a PDF, SVG, PNG, CSV or NPZ that gruviz saved, or of a sidecar.

    Args:
        path: the file.
        recording: where its recording lies; without it is looked for where it lay, and beside the file.

    Raises:
        GruvizError: the file says nothing of how it was drawn; its recording is not found, or is another one.
    """
    path = Path(path)
    facts = read(path)
    found = _find(facts, path, recording)
    with open_recording(found) as run:
        for fact, of in (("uuid", run.uuid), ("digest", run.digest)):
            if facts.get(fact) != of:
                raise GruvizError(
                    f"{found} is not the recording that {path.name} was drawn from: its {fact} is {of or 'missing'}, "
                    f"not {facts.get(fact) or 'missing'}: say where that one lies with --recording"
                )
        try:
            page = draw(run, facts["figure"], **_options(facts["options"]))
        except (TypeError, ValueError) as error:
            raise GruvizError(f"what {path.name} says of how it was drawn is damaged: {error}") from error
    said = facts.get("saved")
    saved = said if isinstance(said, dict) else {}
    notes: tuple[str, ...] = ()
    if facts.get("gruviz") != page.provenance.facts["gruviz"]:
        notes = (f"{path.name} was drawn by gruviz {facts.get('gruviz')}: this one may look otherwise",)
    dpi = saved.get("dpi")
    return Redrawn(page, dpi if isinstance(dpi, int) else 300, saved.get("outlines") is True, notes)


def _find(facts: Facts, path: Path, recording: str | os.PathLike[str] | None) -> Path:
    if recording is not None:
        return Path(recording)
    name = str(facts["recording"])
    places = [path.parent / str(facts["path"])] if "path" in facts else []
    for place in (*places, path.parent / name, Path(name)):
        if place.is_file():
            return place
    raise GruvizError(f"the recording {name} of {path.name} is not where it was: say where with --recording {name}")


def _options(plain: dict[str, Any]) -> dict[str, Any]:
    """What a function takes, from plain values."""
    options = dict(plain)
    if "thresholds" in options:
        options["thresholds"] = Thresholds(*options["thresholds"])
    return options
