"""`.npz` archives of NumPy: arrays by name, none of them pickled."""

import zipfile
from pathlib import Path

import numpy as np
import torch

from gruviz.errors import GruvizError

from ._tensors import Tensors

SWELLS = 1000
"""How many times as much a compressed archive may unpack to as it is long; deflate reaches 1,032."""
LARGEST = 1 << 33
"""Bytes that a compressed archive may unpack to."""


def read_npz(path: Path) -> Tensors:
    """Return the arrays of floats. Raises GruvizError where an array is pickled, or there is none."""
    with zipfile.ZipFile(path) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > min(SWELLS * path.stat().st_size, max(LARGEST, 2 * path.stat().st_size)):
        raise GruvizError(f"{path} unpacks to {size:,} bytes, more than gruviz takes: save it with numpy.savez")
    arrays = {}
    try:
        with np.load(path, allow_pickle=False) as archive:
            for name in archive.files:
                arrays[name] = archive[name]
    except ValueError as error:
        if "allow_pickle" in str(error):
            raise GruvizError(
                f"{name} in {path} is an array of Python objects, which could run code and is not loaded: "
                "save each array by itself with numpy.savez(file, name=array)"
            ) from error
        raise GruvizError(f"{path} is damaged ({error}): copy it again") from error
    except (OSError, EOFError, KeyError, MemoryError, zipfile.BadZipFile, OverflowError) as error:
        raise GruvizError(f"{path} is damaged ({error}): copy it again") from error
    tensors = {
        name: torch.from_numpy(np.ascontiguousarray(array, array.dtype.newbyteorder("=")))
        for name, array in arrays.items()
        if isinstance(array, np.ndarray) and array.dtype.kind == "f" and array.dtype.itemsize <= 8
    }
    return Tensors(tensors, max(size, path.stat().st_size), "NumPy archive")
