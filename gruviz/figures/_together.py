"""All figures of one view: one after another, and as the pages of one file."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_pdf import PdfPages

from gruviz.errors import GruvizError
from gruviz.figures._metadata import as_json, save_sidecar, told
from gruviz.figures._page import Page, style
from gruviz.figures._progress import Stopped
from gruviz.figures._registry import FIGURES, draw
from gruviz.figures._whole import checked, whole
from gruviz.recording import Recording
from gruviz.view import View


def all_of(
    run: Recording, view: View | None = None, *, on_refusal: Callable[[str], None] | None = None, **options: Any
) -> Iterator[tuple[str, Page]]:
    """Draw every figure that this recording has, one at a time, each with those of the options that it knows.

    Args:
        run: an open recording.
        view: what is being looked at.
        on_refusal: told of each figure that cannot be drawn, and why.
        options: as for `draw`.

    Yields:
        The name of each, and the figure.

    Raises:
        GruvizError: none of them can be drawn.
    """
    drawn, refused = 0, ""
    for name, kind in FIGURES.items():
        known = {key: value for key, value in options.items() if key in (*kind.options, "on_progress")}
        try:
            page = _one(run, name, view, known)
        except Stopped:
            raise
        except GruvizError as error:
            refused = str(error)
            if on_refusal:
                on_refusal(f"no {name}: {error}")
            continue
        drawn += 1
        yield name, page
    if not drawn:
        raise GruvizError(refused or "there are no figures")


def _one(run: Recording, name: str, view: View | None, options: dict[str, Any]) -> Page:
    """Units and quantities are left out where a figure has no use for them."""
    try:
        return draw(run, name, view, **options)
    except Stopped:
        raise
    except GruvizError:
        fewer = {key: value for key, value in options.items() if key not in ("units", "quantities")}
        if len(fewer) == len(options):
            raise
        return draw(run, name, view, **fewer)


def save_together(pages: Sequence[Page], path: str | os.PathLike[str], *, sidecar: bool = False) -> Path:
    """Write figures as the pages of one PDF, each in its own size, with the provenance of all of them inside.

    Args:
        pages: the figures.
        path: where to.
        sidecar: whether the provenance is also written to a file of its own, of the same name and `.json`.

    Raises:
        GruvizError: the path does not end in .pdf, or cannot be written.
    """
    path, _ = checked(path, ("pdf",), "several figures")
    if not pages:
        raise GruvizError("there is no figure to save: draw one")
    facts = {"figures": [told(page, path) for page in pages]}
    about = {
        "Title": f"{pages[0].provenance.recording}: {', '.join(page.provenance.name for page in pages)}",
        "Creator": f"gruviz {pages[0].provenance.facts['gruviz']}",
        "Subject": as_json(facts),
        "CreationDate": None,
    }
    with whole(path) as partial, style(), PdfPages(partial, metadata=about) as file:  # fonts are written at its end
        for page in pages:
            page.render(file, "pdf", 300)
    if sidecar:
        save_sidecar(path, facts)
    return path
