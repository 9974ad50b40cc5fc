"""Where a figure comes from, as each format holds it, and as it is read back from a file that may be anybody's."""

import json
import os
import re
import shlex
import zipfile
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from gruviz.errors import GruvizError
from gruviz.figures._page import Page
from gruviz.figures._words import words

Facts = dict[str, Any]
_LARGEST = 2**28
"""Bytes of a file that are looked through."""
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def told(figure: Page, path: Path, *, dpi: int | None = None, outlines: bool = False) -> Facts:
    """All that is known of a figure that goes to `path`; no date, so that the same figure is the same file."""
    source = figure.provenance
    own: Facts = {"dpi": dpi} if dpi not in (None, 300) else {}
    own |= {"outlines": True} if outlines else {}
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


def sidecar_of(path: Path) -> Path:
    """The file that holds the metadata beside a figure."""
    return path.with_name(f"{path.name}.json")


def read(path: str | os.PathLike[str]) -> Facts:
    """What a file that gruviz saved says of itself: a figure, its numbers, or a sidecar.

    Raises:
        GruvizError: it cannot be read, or says nothing of that kind.
    """
    path = Path(path)
    try:
        if path.stat().st_size > _LARGEST:
            raise GruvizError(f"{path.name} is larger than any figure: give one that gruviz saved")
        found = json.loads(_text(path))
    except (ValueError, LookupError, RecursionError, UnidentifiedImageError, zipfile.BadZipFile):
        found = None
    except OSError as error:
        raise GruvizError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error
    if isinstance(found, dict) and "figures" in found:
        raise GruvizError(f"{path.name} holds several figures: give the file of one")
    if not isinstance(found, dict) or not {"figure", "options", "recording"} <= found.keys():
        raise GruvizError(
            f"{path.name} does not say how it was drawn: gruviz did not save it, or another program wrote it anew"
        )
    if not isinstance(found["options"], dict) or not isinstance(found["figure"], str):
        raise GruvizError(f"what {path.name} says of how it was drawn is damaged: give the file as gruviz saved it")
    return found


def _text(path: Path) -> str:
    """The JSON in a file; ValueError or LookupError where there is none."""
    kind = path.suffix.lower()
    if kind == ".png":
        with Image.open(path, formats=("PNG",)) as picture:
            picture.load()  # what stands behind the pixels too
            return str(picture.info["Description"])
    if kind == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            return str(arrays["provenance"])
    if kind == ".csv":
        with path.open(encoding="utf-8") as file:
            for line in file:
                if not line.startswith("#"):
                    break
                if line.startswith("# provenance: "):
                    return line.removeprefix("# provenance: ")
        raise ValueError(path)
    data = path.read_bytes()
    if kind == ".pdf":
        return _pdf_string(data, data.index(b"/Subject (") + len(b"/Subject ("))
    if kind == ".svg":
        found = re.search(rb"<dc:description>(.*?)</dc:description>", data, re.DOTALL)
        return unescape(found[1].decode()) if found else ""
    return data.decode()


def _pdf_string(data: bytes, at: int) -> str:
    """A literal string of a PDF (ISO 32000-1, 7.3.4.2), from behind its opening parenthesis."""
    made, depth = bytearray(), 1
    while True:
        byte = data[at : at + 1]
        at += 1
        if not byte:
            raise ValueError("not closed")
        if byte == b"\\":
            octal = re.match(rb"[0-7]{1,3}", data[at : at + 3])
            escaped = octal[0] if octal else data[at : at + 1]
            made += bytes([int(escaped, 8) % 256]) if octal else _ESCAPES.get(escaped, escaped)
            at += len(escaped)
            continue
        depth += (byte == b"(") - (byte == b")")
        if not depth:
            break
        made += byte
    return made[2:].decode("utf-16-be") if made[:2] == b"\xfe\xff" else made.decode("latin-1")


def _relative(recording: Path, figure: Path) -> str:
    """Where the recording lies, seen from the figure: a path that says little of whose machine it was made on."""
    try:
        return Path(os.path.relpath(recording.resolve(), figure.resolve().parent)).as_posix()
    except ValueError:  # on another drive
        return recording.resolve().as_posix()
