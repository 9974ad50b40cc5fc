"""The numbers that a figure shows, in files that any program reads."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from gruviz.figures._metadata import Facts, as_json
from gruviz.figures._page import Page
from gruviz.figures._plotted import Plotted

_LINES = 2**16
"""That are put together at a time."""


def save_csv(figure: Page, path: Path, facts: Facts) -> None:
    """A long table: a line for each number with its name and its places, below lines that say what they are."""
    axes = list(dict.fromkeys(axis for each in figure.plotted for axis in each.places))
    with path.open("w", encoding="utf-8", newline="") as file:
        for line in (figure.provenance.title, figure.provenance.said):
            file.write(f"# {' '.join(line.split())}\n")
        for each in figure.plotted:
            shape = " x ".join(f"{len(at)} {axis}" for axis, at in each.places.items())
            file.write(f"# {each.name}: {each.about} ({shape})\n")
        file.write(f"# provenance: {as_json(facts)}\n")
        file.write(",".join(["name", *axes, "value"]) + "\n")
        for each in figure.plotted:
            _lines(file, each, axes)


def save_npz(figure: Page, path: Path, facts: Facts) -> None:
    """An array for each of them by its name, its places as `name.timestep`, what it is as `name.about`."""
    arrays: dict[str, Any] = {"provenance": np.array(as_json(facts))}
    for each in figure.plotted:
        arrays[each.name] = each.values
        arrays[f"{each.name}.about"] = np.array(each.about)
        arrays |= {f"{each.name}.{axis}": at for axis, at in each.places.items()}
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def _lines(file: TextIO, shown: Plotted, axes: list[str]) -> None:
    """Its entries, those of the last axis one after another."""
    flat, shape = shown.values.reshape(-1), shown.values.shape
    places = {axis: _words(at) for axis, at in shown.places.items()}
    name = _quoted(shown.name)
    for first in range(0, len(flat), _LINES):
        part = flat[first : first + _LINES]
        at = dict(zip(places, np.unravel_index(np.arange(first, first + len(part)), shape), strict=True))
        columns: list[Iterator[str]] = [
            iter(places[axis][at[axis]].tolist()) if axis in places else iter([""] * len(part)) for axis in axes
        ]
        values = _words(part).tolist()
        file.writelines(f"{','.join((name, *line))}\n" for line in zip(*columns, values, strict=True))


def _words(values: NDArray[Any]) -> NDArray[Any]:
    """As they are written: with as many digits as tell a float apart from its neighbours."""
    if values.dtype.kind == "f":
        digits = {2: "%.5g", 4: "%.9g"}.get(values.dtype.itemsize, "%.17g")
        return np.array([digits % value for value in values.tolist()], object)
    return np.array([_quoted(str(value)) for value in values.tolist()], object)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\n\r') else text
