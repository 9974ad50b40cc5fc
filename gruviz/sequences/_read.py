"""A file on disk into a `Sequence`, by what its name ends with."""

import os
from pathlib import Path

from gruviz.errors import GruvizError

from ._array import read_array
from ._sequence import Sequence
from ._table import read_table
from ._text import read_text

READERS = {".csv": read_table, ".tsv": read_table, ".npy": read_array}


def read(path: str | os.PathLike[str]) -> Sequence:
    """Read a text, a table (.csv, .tsv) or an array (.npy); any other file is read as text.

    Text: UTF-8, with or without a byte order mark; Windows line ends become newlines.
    Tables: the numeric columns, without a time axis in the first column and without columns of words. Missing values
    (empty, NA, NaN, null or a lone point) are filled by linear interpolation over the rows and marked in `missing`.
    Arrays: (T,) or (T, I) numbers, NaN where missing; one-dimensional integers are tokens.

    Raises GruvizError where there is no such file or it cannot be read as one of these.
    """
    path = Path(path)
    if path.is_dir():
        raise GruvizError(f"{path} is a folder: name a file in it")
    if not path.exists():
        raise GruvizError(f"there is no file {path}: check its name and folder")
    if not path.is_file():
        raise GruvizError(f"{path} is not an ordinary file: copy what it gives into one")
    try:
        if path.stat().st_size == 0:
            raise GruvizError(f"{path} is empty: there is no sequence in it")
        return READERS.get(path.suffix.lower(), read_text)(path)
    except OSError as error:
        raise GruvizError(f"cannot read {path}: {error.strerror or error}") from error
