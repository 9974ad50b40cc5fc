"""Saving a figure: PDF, SVG or PNG, whole or not at all, with its provenance inside, and the same bytes every time."""

import json
import os
import shlex
from pathlib import Path

from gruviz.errors import GruvizError
from gruviz.figures._page import Page

FORMATS = ("pdf", "svg", "png")


def save(figure: Page, path: str | os.PathLike[str], *, dpi: int = 300) -> Path:
    """Write a figure to `path`; the suffix decides the format: .pdf, .svg or .png.

    Fonts are embedded in PDF, and text stays text in SVG. The metadata holds where the figure comes from and the
    command that draws it again.

    Args:
        figure: what a function of `gruviz.figures` gave.
        path: where to; a file that is there is replaced once the new one is complete.
        dpi: pixels per inch of a PNG.

    Returns:
        The path.

    Raises:
        GruvizError: the suffix is none of the three, or the file cannot be written.
    """
    path = Path(path)
    if not 30 <= dpi <= 2400:
        raise GruvizError(f"{dpi} dots per inch: give 30 to 2400")
    kind = path.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise GruvizError(f"cannot save a figure as {path.name}: end its name in .pdf, .svg or .png")
    if path.is_dir():
        raise GruvizError(f"{path} is a folder: give the name of a file to save the figure to")
    if not path.parent.is_dir():
        raise GruvizError(f"the folder {path.parent} does not exist: make it, or save to another")
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with partial.open("wb") as file:
            figure.render(file, kind, dpi, _metadata(figure, kind, path))
        partial.replace(path)
    except OSError as error:
        raise GruvizError(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from error
    finally:
        partial.unlink(missing_ok=True)
    return path


def command(figure: Page, path: Path) -> str:
    """The command line that draws `figure` again into a file of the same name."""
    recording, *options = figure.provenance.command
    return shlex.join(["gruviz", "export", recording, figure.provenance.name, "-o", path.name, *options])


def _metadata(figure: Page, kind: str, path: Path) -> dict[str, str | None]:
    """The same facts in the words of each format. No date, so that the same figure is the same file."""
    told = json.dumps({**figure.provenance.facts, "command": command(figure, path)}, ensure_ascii=False)
    title, maker = figure.provenance.title, f"gruviz {figure.provenance.facts['gruviz']}"
    if kind == "pdf":
        return {"Title": title, "Creator": maker, "Subject": told, "CreationDate": None}
    if kind == "svg":
        return {"Title": title, "Creator": maker, "Description": told, "Date": None}
    return {"Title": title, "Software": maker, "Description": told}
