"""Which of the recurrent networks in a model file: listed for a person, and chosen by name."""

import os
from dataclasses import dataclass
from pathlib import Path

from gruviz.errors import GruvizError

from . import formats
from .answers import Answers
from .formats import Found, RecurrentModule
from .formats._npz import ARCHIVE
from .formats._safetensors import read_own


@dataclass(frozen=True)
class Choice:
    """One of the recurrent networks in a file, for a person to choose from."""

    module: str | None
    """What `load` calls it; None for all that the file holds, together."""
    description: str
    """In a line, with its sizes."""
    refused: str = ""
    """Why it cannot be loaded; empty where it can."""
    asks: tuple[str, ...] = ()
    """The fields of `Answers` that the file leaves open: what is then assumed is what is usual."""


def choices(path: str | os.PathLike[str], answers: Answers | None = None) -> tuple[Choice, ...]:
    """List the recurrent networks in a model file; gruviz's own have one. Raises GruvizError where it is no model."""
    path = Path(path)
    if read_own(path) is not None:
        return (Choice(None, "rnn, written by gruviz"),)
    names = (answers or Answers()).map
    found = formats.read(path, None if names is None else formats.NameMap.load(names))
    listed = [Choice(each.path, each.describe(), asks=_open_questions(each, found.source)) for each in found.modules]
    listed += [Choice(name, f"{name}: cannot be loaded", reason) for name, reason in found.refused.items()]
    if found.translation is not None:
        both = f"{found.translation.encoder} and {found.translation.decoder}, an encoder-decoder"
        listed.insert(0, Choice(None, both))
    return tuple(listed)


def _open_questions(module: RecurrentModule, source: str) -> tuple[str, ...]:
    anybodys = module.cell == "gru" and source == ARCHIVE  # arrays, and not those of nn.GRU itself
    asked = {
        "update_gate": anybodys,
        "reset": anybodys,
        "nonlinearity": module.cell == "rnn" and module.nonlinearity is None,
        "reads": module.embedding is not None,
    }
    return tuple(name for name, asks in asked.items() if asks)


def choose(path: Path, found: Found, wanted: str | None) -> RecurrentModule:
    """The module that is wanted, or the only one. Raises GruvizError where there is none such, or a choice."""
    modules = {module.path: module for module in found.modules}
    listed = ", ".join((*modules, *found.refused))
    if wanted is not None and wanted not in modules and wanted not in found.refused:
        raise GruvizError(f"{path} has no recurrent module {wanted!r}: choose one of {listed}")
    if wanted is None and len(modules) + len(found.refused) > 1:
        raise GruvizError(f"{path} has several recurrent modules: choose one with --module NAME out of {listed}")
    if not listed:
        raise GruvizError(f"{path} has no GRU, LSTM or RNN in it: choose a model that has one")
    name = wanted if wanted is not None else next(iter((*modules, *found.refused)))
    if name in found.refused:
        raise GruvizError(f"{path}: {found.refused[name]}")
    return modules[name]
