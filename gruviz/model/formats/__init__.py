"""Model files of others: what they hold as plain arrays. Nothing in a file is ever run.

A reader is a module with `read(path: Path) -> Found`, imported when a file of its kind is first read.
"""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

from gruviz.errors import GruvizError

from ._found import Direction, Floats, Found, RecurrentModule, check

__all__ = ["Direction", "Floats", "Found", "RecurrentModule", "read"]

_HDF5 = b"\x89HDF\r\n\x1a\n"
_SUFFIXES = {".onnx": "_onnx", ".keras": "_keras"}


def read(path: Path) -> Found:
    """Return the recurrent modules of a file. Its name's ending, or else its first bytes, say which reader reads it.

    Raises GruvizError where there is no such file, where it is no model, and where it has no recurrent module at all.
    A module whose shapes or values cannot be trusted is among the refused ones.
    """
    found: Found = import_module(f"{__name__}.{_reader(path)}").read(path)
    refused, good = dict(found.refused), []
    for module in found.modules:
        try:
            check(module)
            good.append(module)
        except GruvizError as error:
            refused[module.path] = str(error)
    return replace(found, modules=tuple(good), refused=refused)


def _reader(path: Path) -> str:
    if path.suffix.lower() in _SUFFIXES:
        return _SUFFIXES[path.suffix.lower()]
    with path.open("rb") as file:
        head = file.read(len(_HDF5))
    if head == _HDF5:
        return "_keras"
    raise GruvizError(f"{path} is not a model file that gruviz reads")
