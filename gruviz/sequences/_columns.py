"""Choosing columns by name or number."""

from collections.abc import Sequence
from pathlib import Path

from gruviz.errors import GruvizError

NAMED_AT_MOST = 20


def pick(path: Path | str, names: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Return the places of the columns that are wanted, in that order. Raises GruvizError for one that is not there.

    A number counts from 1.
    """
    places = []
    for one in wanted:
        if one in names:
            place = names.index(one)
        elif one.isascii() and one.isdecimal() and 1 <= int(one) <= len(names):
            place = int(one) - 1
        else:
            listed = ", ".join(names[:NAMED_AT_MOST]) + (", …" if len(names) > NAMED_AT_MOST else "")
            raise GruvizError(f"{path} has no column {one!r}: it has {listed}; or say its number, 1 to {len(names)}")
        if place in places:
            raise GruvizError(f"the column {one!r} is chosen twice: name each once")
        places.append(place)
    return places
