"""A figure drawn once more from what one of its files says of itself."""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from gruviz._assets import DEMOS, asset
from gruviz.cells import Thresholds
from gruviz.comparison import read as read_comparison
from gruviz.errors import GruvizError
from gruviz.figures._comparison import comparison
from gruviz.figures._metadata import Facts, read
from gruviz.figures._page import Page
from gruviz.figures._registry import draw
from gruviz.figures.names import OF_FOLDERS
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
    found = located(facts, path) if recording is None else Path(recording)
    if found is None:
        name = facts["recording"]
        raise GruvizError(f"the recording {name} of {path.name} is not where it was: say where with --recording {name}")
    try:
        page = (_of_folder if facts["figure"] in OF_FOLDERS else _of_recording)(facts, found, path.name)
    except (TypeError, ValueError) as error:
        raise GruvizError(f"what {path.name} says of how it was drawn is damaged: {error}") from error
    said = facts.get("saved")
    saved = said if isinstance(said, dict) else {}
    notes: tuple[str, ...] = ()
    if facts.get("gruviz") != page.provenance.facts["gruviz"]:
        notes = (f"{path.name} was drawn by gruviz {facts.get('gruviz')}: this one may look otherwise",)
    dpi = saved.get("dpi")
    return Redrawn(page, dpi if isinstance(dpi, int) else 300, saved.get("outlines") is True, notes)


def _of_recording(facts: Facts, found: Path, name: str) -> Page:
    options = dict(facts["options"])
    if "thresholds" in options:
        options["thresholds"] = Thresholds(*options["thresholds"])
    with ExitStack() as stack:
        run = stack.enter_context(open_recording(found))
        _hold_against(facts, found, name, uuid=run.uuid, digest=run.digest)
        if "beside" in options:  # others lie where this one does
            beside = [found.parent / Path(str(other)).name for other in options["beside"]]
            options["beside"] = [stack.enter_context(open_recording(other)) for other in beside]
            uuids = {"uuids beside": ",".join(other.uuid for other in options["beside"])}
            _hold_against(facts, ", ".join(map(str, beside)), name, **uuids)
        return draw(run, facts["figure"], **options)


def _of_folder(facts: Facts, found: Path, name: str) -> Page:
    page = comparison(read_comparison(found), folder=found, **facts["options"])
    _hold_against(facts, found, name, digest=page.provenance.facts["digest"])
    return page


def _hold_against(facts: Facts, found: Path | str, name: str, **own: str) -> None:
    """Raises GruvizError where what was found is something else than what a figure was drawn from."""
    for fact, of in own.items():
        if facts.get(fact) != of:
            raise GruvizError(
                f"{found} is not what {name} was drawn from: its {fact} is {of or 'missing'}, "
                f"not {facts.get(fact) or 'missing'}: say where that lies with --recording"
            )


def located(facts: Facts, path: Path) -> Path | None:
    """Where the recording of a figure lies: where it lay, or beside the figure; a demo that comes along; or nowhere."""
    name, lay = str(facts["recording"]), str(facts.get("path", ""))
    remote = lay.startswith(
        ("//", "\\\\")
    )  # asked for by a file of somebody's, another computer would be told who asks
    places = [path.parent / lay] if lay and not remote else []
    for place in (*places, path.parent / name, Path(name)):
        if place.exists():
            return place
    return asset(name) if name in DEMOS else None
