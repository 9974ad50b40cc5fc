"""What a file says of the figure in it, as it is read back from a file that may be anybody's."""

import json
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from html import unescape
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from gruviz.errors import GruvizError
from gruviz.figures._metadata import Facts
from gruviz.figures._mp4 import comment
from gruviz.figures._pdf import subjects

_LARGEST = 2**28
"""Bytes of a file that are looked through; of a film no more than its boxes are."""
_SAID = 2**24
"""Bytes of what a file says of a figure, at most."""
_FILM = ".mp4"


def read(path: str | os.PathLike[str]) -> Facts:
    """What a file that gruviz saved says of itself: a figure, its numbers, or a sidecar.

    Raises:
        GruvizError: it cannot be read, or says nothing of that kind.
    """
    path = Path(path)
    try:
        if path.stat().st_size > _LARGEST and path.suffix.lower() != _FILM:
            raise GruvizError(f"{path.name} is larger than any figure: give one that gruviz saved")
        found = next(filter(_tells, map(_parsed, _texts(path))), None)
    except (ValueError, LookupError, struct.error, zlib.error, zipfile.BadZipFile, UnidentifiedImageError):
        found = None
    except OSError as error:
        raise GruvizError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error
    if found is None:
        raise GruvizError(
            f"{path.name} does not say how it was drawn: give a file as gruviz saved it, or the .json beside it; "
            "a document that a figure was put into does not say it"
        )
    if "figures" in found:
        raise GruvizError(f"{path.name} holds several figures: give the file of one")
    if not isinstance(found["options"], dict) or not isinstance(found["figure"], str):
        raise GruvizError(f"what {path.name} says of how it was drawn is damaged: give the file as gruviz saved it")
    facts: Facts = found
    return facts


def _tells(found: Any) -> bool:
    return isinstance(found, dict) and ("figures" in found or {"figure", "options", "recording"} <= found.keys())


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _texts(path: Path) -> Iterable[str]:
    """What may be the JSON in a file. Raises ValueError, LookupError, struct.error, zlib.error, or of zipfile."""
    kind = path.suffix.lower()
    with path.open("rb") as file:
        if kind == ".npz":
            return [_of_arrays(file)]
        if kind == ".csv":
            return [_of_table(file)]
        if kind == _FILM:
            return [comment(file, path.stat().st_size)]
        if kind == ".gif":
            with Image.open(file, formats=("GIF",)) as picture:
                return [bytes(picture.info["comment"]).decode()]
        data = file.read()
    if kind == ".pdf":
        return subjects(data)
    if kind == ".png":
        return _of_pixels(data)
    if kind == ".svg":
        found = re.findall(rb"<dc:description\b[^>]*>(.*?)</dc:description>", data, re.DOTALL)
        return [unescape(each.decode()) for each in found]
    return [data.decode()]


def _of_arrays(file: IO[bytes]) -> str:
    with zipfile.ZipFile(file) as archive:
        if archive.getinfo("provenance.npy").file_size > _SAID:
            raise ValueError("this is no text of ours")
        with archive.open("provenance.npy") as array:
            return str(np.lib.format.read_array(array, allow_pickle=False))


def _of_table(file: IO[bytes]) -> str:
    begins = b"# provenance: "
    while (line := file.readline(_SAID)).startswith(b"#"):
        if line.startswith(begins):
            return line.removeprefix(begins).decode()
    raise LookupError("provenance")


def _of_pixels(png: bytes) -> Iterator[str]:
    """The texts of a PNG that are called Description (ISO 15948, 11.3.4), wherever they stand."""
    at = 8
    while at + 12 <= len(png):
        (size,), name = struct.unpack(">I", png[at : at + 4]), png[at + 4 : at + 8]
        held, at = png[at + 8 : at + 8 + size], at + size + 12
        if name in (b"tEXt", b"zTXt", b"iTXt") and held.startswith(b"Description\0"):
            rest = held.removeprefix(b"Description\0")
            if name == b"tEXt":
                yield rest.decode("latin-1")
            elif name == b"zTXt":
                yield zlib.decompressobj().decompress(rest[1:], _SAID).decode("latin-1")
            else:
                packed, text = rest[0], rest[2:].split(b"\0", 2)[2]
                yield (zlib.decompressobj().decompress(text, _SAID) if packed else text).decode()
