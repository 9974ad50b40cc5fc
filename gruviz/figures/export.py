"""Saving a figure, or the numbers in it: whole or not at all, with its provenance inside, the same bytes every time."""

import os
from pathlib import Path

from gruviz.errors import GruvizError
from gruviz.figures._metadata import in_words, save_sidecar, told
from gruviz.figures._numbers import save_csv, save_npz
from gruviz.figures._page import Page
from gruviz.figures._whole import checked, whole

FORMATS = ("pdf", "svg", "png")
"""Of pictures."""
NUMBERS = ("csv", "npz")
"""Of the numbers that a figure shows."""


def save(
    figure: Page,
    path: str | os.PathLike[str],
    *,
    dpi: int = 300,
    outlines: bool = False,
    sidecar: bool = False,
) -> Path:
    """Write a figure to `path`; the suffix decides the format: .pdf, .svg or .png, or .csv or .npz for its numbers.

    Fonts are embedded in PDF, and text stays text in SVG. The metadata holds where the figure comes from and the
    command that draws it again; `redraw` reads it.

    Args:
        figure: what a function of `gruviz.figures` gave.
        path: where to; a file that is there is replaced once the new one is complete.
        dpi: pixels per inch of a PNG.
        outlines: whether the letters of an SVG are drawn as shapes, which look the same where its fonts are missing.
        sidecar: whether the metadata are also written to a file of their own, of the same name and `.json`.

    Returns:
        The path.

    Raises:
        GruvizError: the suffix is none of these, or the file cannot be written.
    """
    if not 30 <= dpi <= 2400:
        raise GruvizError(f"{dpi} dots per inch: give 30 to 2400")
    path, kind = checked(path, (*FORMATS, *NUMBERS))
    facts = told(figure, path, dpi=dpi if kind == "png" else None, outlines=outlines and kind == "svg")
    with whole(path) as partial:
        if kind == "csv":
            save_csv(figure, partial, facts)
        elif kind == "npz":
            save_npz(figure, partial, facts)
        else:
            with partial.open("wb") as file:
                figure.render(file, kind, dpi, in_words(figure, kind, facts), outlines=outlines)
    if sidecar:
        save_sidecar(path, facts)
    return path
