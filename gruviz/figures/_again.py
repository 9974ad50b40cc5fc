"""A figure drawn once more from what one of its files says of itself."""

import os
import shlex
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gruviz._assets import DEMOS, asset
from gruviz.cells import Thresholds
from gruviz.comparison import read as read_comparison
from gruviz.errors import GruvizError
from gruviz.figures._comparison import comparison
from gruviz.figures._film import FILMS, Watch, film
from gruviz.figures._metadata import FPS, Facts
from gruviz.figures._page import Page
from gruviz.figures._read import read
from gruviz.figures._registry import draw
from gruviz.figures.names import OF_FOLDERS
from gruviz.recording import Recording
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
    """Draw a figure again from the metadata of a file that gruviz saved, or of a sidecar; of a film its first picture.

    Args:
        path: the file: a PDF, SVG, PNG, CSV, NPZ, MP4 or GIF.
        recording: where its recording lies; without it is looked for where it lay, and beside the file.

    Raises:
        GruvizError: the file says nothing of how it was drawn; its recording is not found, or is another one.
    """
    path, facts, found = _located(path, recording)
    with _said_damaged(path):
        if facts["figure"] in OF_FOLDERS:
            page = _of_folder(facts, found, path.name)
        else:
            with _opened(facts, found, path.name) as (run, options):
                page = draw(run, facts["figure"], **options)
    saved, dpi = _saved(facts), _saved(facts).get("dpi")
    notes: tuple[str, ...] = ()
    if facts.get("gruviz") != page.provenance.facts["gruviz"]:
        notes = (f"{path.name} was drawn by gruviz {facts.get('gruviz')}: this one may look otherwise",)
    return Redrawn(page, dpi if isinstance(dpi, int) else 300, saved.get("outlines") is True, notes)


def film_again(
    path: str | os.PathLike[str],
    output: str | os.PathLike[str],
    recording: str | os.PathLike[str] | None = None,
    *,
    fps: float | None = None,
    dpi: int | None = None,
    sidecar: bool = False,
    on_progress: Watch | None = None,
) -> bool:
    """Write a film of what a figure or a film that gruviz saved shows.

    Args:
        path: as for `redraw`.
        output: where to: an MP4 or a GIF.
        recording: as for `redraw`.
        fps: as for `film`; without, those of the film.
        dpi: likewise.
        sidecar: as for `film`.
        on_progress: as for `film`.

    Returns:
        Whether it was finished. If not, there is no file.

    Raises:
        GruvizError: as `redraw` and `film` do.
    """
    path, facts, found = _located(path, recording)
    saved = _saved(facts)
    if path.suffix.lower().removeprefix(".") not in FILMS:
        saved = {}
    rate, fine = saved.get("fps"), saved.get("dpi")
    with _said_damaged(path):
        if facts["figure"] in OF_FOLDERS:
            raise GruvizError(f"the figure {facts['figure']} does not change with time: there is no film of it")
        with _opened(facts, found, path.name) as (run, options):
            return film(
                run,
                facts["figure"],
                output,
                fps=fps or (float(rate) if isinstance(rate, int | float) else FPS),
                dpi=dpi or (fine if isinstance(fine, int) else None),
                sidecar=sidecar,
                on_progress=on_progress,
                **options,
            )


def _located(path: str | os.PathLike[str], recording: str | os.PathLike[str] | None) -> tuple[Path, Facts, Path]:
    """A figure's file, what it says of itself, and where its recording lies."""
    path = Path(path)
    facts = read(path)
    found = located(facts, path) if recording is None else Path(recording)
    if found is None:
        name = facts["recording"]
        how = f"--recording {shlex.quote(name)}"
        raise GruvizError(f"the recording {name} of {path.name} is not where it was: say where with {how}")
    return path, facts, found


@contextmanager
def _said_damaged(path: Path) -> Iterator[None]:
    """What does not fit a figure's function is the file's fault."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise GruvizError(f"what {path.name} says of how it was drawn is damaged: {error}") from error


def _saved(facts: Facts) -> dict[str, Any]:
    said = facts.get("saved")
    return said if isinstance(said, dict) else {}


@contextmanager
def _opened(facts: Facts, found: Path, name: str) -> Iterator[tuple[Recording, dict[str, Any]]]:
    """The open recording of a figure, and what its function was called with."""
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
        yield run, options


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
