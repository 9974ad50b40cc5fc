"""A map of names: what the arrays of a file are called in PyTorch's way, and what the file cannot say of itself.

It is a JSON object. `names` gives to names in the file those of PyTorch (`encoder.weight_ih_l0`; `embedding.weight` and
`readout.weight` behind the same `encoder.` stand before and behind it), or null for what is to be left out.
`vocabularies` lists the symbols of a module's tokens; `translation` says which two modules make an encoder-decoder;
`shapes` are what a file must have for a map that gruviz brings along to be taken without being asked for.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from gruviz._assets import asset
from gruviz.errors import GruvizError

from ._found import Translation

LARGEST = 10_000_000
"""Bytes of a map."""


@dataclass(frozen=True)
class NameMap:
    """What a map says."""

    names: Mapping[str, str | None]
    shapes: Mapping[str, tuple[int, ...]]
    vocabularies: Mapping[str, tuple[str, ...]]
    translation: Translation | None

    @classmethod
    def load(cls, path: Path) -> "NameMap":
        """Read one. Raises GruvizError where it is not such a map."""
        try:
            if path.stat().st_size > LARGEST:
                raise GruvizError(f"{path} is too large for a map of names: give a JSON file of a few kilobytes")
            data = json.loads(path.read_text("utf-8"))
        except OSError as error:
            raise GruvizError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error
        except (ValueError, RecursionError) as error:
            raise GruvizError(f"{path} is not JSON ({error}): a map of names is a JSON object") from error
        try:
            return cls._of(data)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise GruvizError(f"{path} is not a map of names: {error}") from error

    @classmethod
    def _of(cls, data: Any) -> "NameMap":
        known = {"about", *(field.name for field in fields(cls))}
        if not isinstance(data, dict) or not data.keys() <= known:
            raise ValueError(
                'it is an object such as {"names": {"NAME IN THE FILE": "rnn.weight_ih_l0"}}, with '
                f"{', '.join(sorted(known))} and no more"
            )
        names = {str(old): new for old, new in data.get("names", {}).items()}
        if not all(new is None or isinstance(new, str) for new in names.values()):
            raise ValueError("`names` gives to each name another one, or null")
        given = [new for new in names.values() if new is not None]
        if len(set(given)) != len(given):
            raise ValueError("`names` gives one name twice")
        vocabularies = {str(module): tuple(symbols) for module, symbols in data.get("vocabularies", {}).items()}
        if not all(isinstance(symbol, str) for symbols in vocabularies.values() for symbol in symbols):
            raise ValueError("`vocabularies` lists symbols, which are strings")
        translation = data.get("translation")
        return cls(
            names=names,
            shapes={str(name): tuple(map(int, shape)) for name, shape in data.get("shapes", {}).items()},
            vocabularies=vocabularies,
            translation=None if translation is None else Translation(**translation),
        )

    def fits(self, shapes: Mapping[str, tuple[int, ...]]) -> bool:
        """Whether a file with arrays of these shapes is the one that the map was made for."""
        return bool(self.shapes) and dict(self.shapes) == dict(shapes)

    def apply(self, names: Mapping[str, object]) -> dict[str, str]:
        """Return `{new: old}` for the arrays of a file. Raises GruvizError for one that is not there."""
        missing = [old for old in self.names if old not in names]
        if missing:
            raise GruvizError(
                f"the map names {missing[0]}, and the file has no such array: {', '.join(list(names)[:6])}"
            )
        renamed = {old: self.names.get(old, old) for old in names}
        kept = {old: new for old, new in renamed.items() if new is not None}
        if twice := [new for new, count in Counter(kept.values()).items() if count > 1]:
            raise GruvizError(f"with the map, two arrays are called {twice[0]}: give null to the one to be left out")
        return {new: old for old, new in kept.items()}


def shipped() -> Iterator[NameMap]:
    """The maps that gruviz brings along."""
    return map(NameMap.load, sorted(asset("maps").glob("*.json")))
