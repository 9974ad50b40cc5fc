"""Where a figure comes from, as each format holds it."""

import json
import os
import shlex
from pathlib import Path
from typing import Any

from gruviz.figures._page import Page
from gruviz.figures._whole import whole
from gruviz.figures._words import words

Facts = dict[str, Any]
FPS = 20.0
"""Frames a second, unless others are asked for."""


def told(
    figure: Page, path: Path, *, dpi: int | None = None, outlines: bool = False, fps: float | None = None
) -> Facts:
    """All that is known of a figure that goes to `path`; no date, so that the same figure is the same file.

    Args:
        figure: that figure.
        path: its file.
        dpi: pixels per inch, where it has some.
        outlines: its letters are shapes.
        fps: frames a second of a film; without, it is none.
    """
    source = figure.provenance
    own: Facts = {"dpi": dpi} if dpi not in (None, 300 if fps is None else None) else {}
    own |= {"outlines": True} if outlines else {}
    own |= {"fps": fps} if fps not in (None, FPS) else {}
    return {
        "figure": source.name,
        "recording": source.recording,
        **source.facts,
        **({"path": _relative(source.path, path)} if source.path else {}),
        "options": source.options,
        **({"saved": own} if own else {}),
        "command": command(figure, path, own),
    }


def command(figure: Page, path: Path, own: Facts | None = None) -> str:
    """The command line that draws `figure` again into a file of the same name."""
    recording, *options = figure.provenance.command
    said = ["gruviz", "export", recording, figure.provenance.name, "-o", path.name]
    return shlex.join([*said, *options, *words(own or {})])


def in_words(figure: Page, kind: str, facts: Facts) -> dict[str, str | None]:
    """The same in the entries of a format of pictures."""
    title, maker, everything = figure.provenance.title, f"gruviz {facts['gruviz']}", as_json(facts)
    if kind == "pdf":
        return {"Title": title, "Creator": maker, "Subject": everything, "CreationDate": None}
    if kind == "svg":
        return {"Title": title, "Creator": maker, "Description": everything, "Date": None}
    return {"Title": title, "Software": maker, "Description": everything}


def as_json(facts: Facts, indent: int | None = None) -> str:
    """One object."""
    return json.dumps(facts, ensure_ascii=False, indent=indent)


def save_sidecar(path: Path, facts: Facts) -> None:
    """Write the metadata of the figure at `path` to a file beside it. Raises GruvizError where that is impossible."""
    with whole(path.with_name(f"{path.name}.json")) as partial:
        partial.write_text(as_json(facts, indent=2) + "\n", encoding="utf-8")


def _relative(recording: Path, figure: Path) -> str:
    """Where the recording lies, seen from the figure: a path that says little of whose machine it was made on."""
    try:
        return Path(os.path.relpath(recording.resolve(), figure.resolve().parent)).as_posix()
    except ValueError:  # on another drive
        return recording.resolve().as_posix()
