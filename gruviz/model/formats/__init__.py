"""Model files of others: what they hold as plain arrays. Nothing in a file is ever run.

Each reader is a module with `read(path: Path) -> Found`, imported when a file of its kind is first read. Which of them
reads a file, its first bytes say, the entries of a zip file, or for ONNX, which has no mark, the ending of its name.
"""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

from gruviz.errors import GruvizError

from ._found import Direction, Floats, Found, RecurrentModule, Translation, check
from ._kind import SUFFIXES, reader_of
from ._names import NameMap

__all__ = ["SUFFIXES", "Direction", "Floats", "Found", "NameMap", "RecurrentModule", "Translation", "read"]


def read(path: Path, names: NameMap | None = None) -> Found:
    """Return the recurrent modules of a file; with the names that `names` gives to its arrays.

    Raises GruvizError where there is no such file, and where it is no model. A module whose shapes or values cannot be
    trusted is among the refused ones.
    """
    reader = reader_of(path)
    if reader == "_state_dict":
        from . import _state_dict

        found = _state_dict.read(path, names)
    elif names is not None:
        raise GruvizError(f"{path} names its layers itself: a map of names is for files of arrays")
    else:
        found = import_module(f"{__name__}.{reader}").read(path)
    refused, good = dict(found.refused), []
    for module in found.modules:
        try:
            check(module)
            good.append(module)
        except GruvizError as error:
            refused[module.path] = str(error)
    return replace(found, modules=tuple(good), refused=refused)
