"""Files and folders on disk into sequences, by what their names end with."""

import os
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path

from gruviz.errors import GruvizError

from ._array import list_npz, read_npy, read_npz
from ._hdf5 import is_a_recording, list_hdf5, read_hdf5
from ._reading import Reading
from ._sequence import Sequence
from ._sound import read_sound
from ._table import read_table
from ._text import read_text

TEXTS = (".txt", ".text", ".md")
TABLES = (".csv", ".tsv")
HDF5 = (".h5", ".hdf5")
SEVERAL = (".npz", *HDF5)
"""What may hold several arrays."""
ARRAYS = (".npy", *SEVERAL)
SOUNDS = (".wav", ".wave")
SUFFIXES = (*TEXTS, *TABLES, *ARRAYS, *SOUNDS)
NAMED_AT_MOST = 5

_PART = re.compile(r"(.+\.(?:npz|h5|hdf5)):(.+)", re.IGNORECASE | re.DOTALL)
"""A file of several arrays, and the name of one."""
_ONE: Mapping[str, Callable[[Path, Reading], list[Sequence]]] = {
    **dict.fromkeys(TABLES, read_table),
    **dict.fromkeys(SOUNDS, read_sound),
    ".npy": read_npy,
}
_SEVERAL: Mapping[str, Callable[[Path, str | None, Reading], list[Sequence]]] = {
    ".npz": read_npz,
    **dict.fromkeys(HDF5, read_hdf5),
}
_AS_IS = Reading()


def read(path: str | os.PathLike[str], how: Reading = _AS_IS) -> Sequence:
    """Read the only sequence of a file; see `read_all`. Raises GruvizError where there are several."""
    sequences = read_all(path, how)
    if len(sequences) > 1:
        raise GruvizError(f"{path} holds {len(sequences):,} sequences where one is needed: name a file with one")
    return sequences[0]


def read_all(path: str | os.PathLike[str], how: Reading = _AS_IS) -> list[Sequence]:
    """Read the sequences of a file; one whose name ends in nothing known is read as text.

    Text (.txt, .md): UTF-8, with or without a byte order mark; Windows line ends become newlines.
    Tables (.csv, .tsv): the columns that `how` names; without, the numeric ones, less a time axis in the first and
    columns of words. Missing values (empty, NA, NaN, null or a lone point) are filled by linear interpolation over the
    rows and marked in `missing`.
    Arrays (.npy, .npz, .h5, .hdf5): numbers (T,) or (T, I) are a sequence, (B, T, I) are B; one-dimensional integers
    are tokens. NaN is missing; rows of NaN alone at the end of one of B sequences are no part of it. `FILE.npz:NAME`
    and `FILE.h5:/PATH` choose where a file holds several.
    Sounds (.wav): samples in [-1, 1], a column a channel, or log-mel frames where `how` asks for them.

    Raises GruvizError where there is no such file or it cannot be read as one of these.
    """
    path, part = _parted(path)
    if path.is_dir():
        raise GruvizError(f"{path} is a folder: name a file in it")
    if not path.exists():
        raise GruvizError(f"there is no file {path}: check its name and folder")
    if not path.is_file():
        raise GruvizError(f"{path} is not an ordinary file: copy what it gives into one")
    ends = path.suffix.lower()
    try:
        if path.stat().st_size == 0:
            raise GruvizError(f"{path} is empty: there is no sequence in it")
        if ends in _SEVERAL:
            return _SEVERAL[ends](path, part, how)
        return _ONE[ends](path, how) if ends in _ONE else read_text(path)
    except OSError as error:
        raise GruvizError(f"cannot read {path}: {error.strerror or error}") from error


def read_folder(
    path: str | os.PathLike[str], how: Reading = _AS_IS, suffixes: Collection[str] = SUFFIXES
) -> tuple[list[Sequence], str]:
    """Read all files of a folder whose names end in one of `suffixes`, in natural order, and say what was left out.

    Recordings and files within folders are left out too. Raises GruvizError where a file cannot be read, or none is to
    be.
    """
    path = Path(path)
    sequences: list[Sequence] = []
    others = []
    try:
        files = sorted((each for each in path.iterdir() if not each.name.startswith(".")), key=_natural)
    except OSError as error:
        raise GruvizError(f"cannot read the folder {path}: {error.strerror or error}") from error
    for file in files:
        ends = file.suffix.lower()
        if not file.is_file() or ends not in suffixes or (ends in HDF5 and is_a_recording(file)):
            others.append(file.name)
        else:
            sequences += read_all(file, how)
    if not sequences:
        raise GruvizError(f"{path} has no file that can be read here: put {', '.join(suffixes)} files into it")
    if not others:
        return sequences, ""
    more = f" and {len(others) - NAMED_AT_MOST} more" if len(others) > NAMED_AT_MOST else ""
    return sequences, f"left out of {path.name}, as not to be read here: {', '.join(others[:NAMED_AT_MOST])}{more}"


def list_arrays(path: str | os.PathLike[str]) -> dict[str, tuple[int, ...]]:
    """The shapes of the arrays that can be read from a file of several, by name. Raises GruvizError."""
    path = Path(path)
    try:
        return dict(list_npz(path) if path.suffix.lower() == ".npz" else list_hdf5(path))
    except OSError as error:
        raise GruvizError(f"cannot read {path}: {error.strerror or error}") from error


def distinct(sequences: list[Sequence]) -> list[Sequence]:
    """The same sequences; of several with one name each but the first has a number after it."""
    taken: dict[str, int] = {}
    named = []
    for sequence in sequences:
        taken[sequence.name] = taken.get(sequence.name, 0) + 1
        count = taken[sequence.name]
        named.append(sequence if count == 1 else replace(sequence, name=f"{sequence.name} ({count})"))
    return named


def suffix(source: str | os.PathLike[str]) -> str:
    """What the name of a file ends with, in lower case, be it with the name of an array after it."""
    return _parted(source)[0].suffix.lower()


def is_file(source: str | os.PathLike[str]) -> bool:
    """Whether there is such a file, be it with the name of an array after it."""
    return _parted(source)[0].is_file()


def _parted(source: str | os.PathLike[str]) -> tuple[Path, str | None]:
    """The file, and the name of an array in it where one is given."""
    path = Path(source)
    found = _PART.fullmatch(os.fspath(source))
    return (path, None) if found is None or path.exists() else (Path(found[1]), found[2])


def _natural(path: Path) -> list[tuple[int, str]]:
    """So that 2 comes before 10."""
    parts = re.split(r"(\d+)", path.name.casefold())
    return [(int(part), "") if place % 2 else (0, part) for place, part in enumerate(parts)]
