"""What can be fed to a network: text, tables, arrays and sounds, each read into `Sequence`s, and vocabularies."""

from ._read import (
    ARRAYS,
    HDF5,
    SEVERAL,
    SOUNDS,
    SUFFIXES,
    TABLES,
    TEXTS,
    distinct,
    is_file,
    list_arrays,
    read,
    read_all,
    read_folder,
    suffix,
)
from ._reading import LEAST_BANDS, MOST_BANDS, Reading
from ._sequence import Sequence
from ._vocabulary import Vocabulary

__all__ = [
    "ARRAYS",
    "HDF5",
    "LEAST_BANDS",
    "MOST_BANDS",
    "SEVERAL",
    "SOUNDS",
    "SUFFIXES",
    "TABLES",
    "TEXTS",
    "Reading",
    "Sequence",
    "Vocabulary",
    "distinct",
    "is_file",
    "list_arrays",
    "read",
    "read_all",
    "read_folder",
    "suffix",
]
