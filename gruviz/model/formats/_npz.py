"""`.npz` archives of NumPy: arrays by name, none of them pickled."""

import math
import zipfile
from pathlib import Path
from typing import IO

import numpy as np
import torch

from gruviz.errors import GruvizError

from ._tensors import Tensors

ARCHIVE = "NumPy archive"
"""What such a file is called."""
SWELLS = 1000
"""How many times as much as its length a compressed archive may unpack to; deflate reaches 1,032."""
LARGEST = 1 << 33
"""Bytes that a compressed archive may unpack to."""
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_npz(path: Path) -> Tensors:
    """Return the arrays of floats. Raises GruvizError where an array is pickled, or is not what its header says."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            size = sum(entry.file_size for entry in entries)
            if size > max(min(SWELLS // 2 * path.stat().st_size, LARGEST), 2 * path.stat().st_size):
                raise GruvizError(f"{path} unpacks to {size:,} bytes, more than gruviz takes: save it with numpy.savez")
            arrays = {}
            for entry in entries:
                name = entry.filename.removesuffix(".npy")
                with archive.open(entry) as file:
                    if _is_objects(file, entry.file_size):
                        raise GruvizError(
                            f"{name} in {path} is an array of Python objects, which could run code and is not loaded: "
                            "save each array by itself with numpy.savez(file, name=array)"
                        )
                with archive.open(entry) as file:
                    arrays[name] = np.lib.format.read_array(file, allow_pickle=False)
    except (ValueError, OSError, EOFError, KeyError, MemoryError, zipfile.BadZipFile, OverflowError) as error:
        raise GruvizError(f"{path} is damaged ({error}): copy it again") from error
    tensors = {
        name: torch.from_numpy(np.ascontiguousarray(array, array.dtype.newbyteorder("=")))
        for name, array in arrays.items()
        if array.dtype.kind == "f" and array.dtype.itemsize <= 8
    }
    return Tensors(tensors, max(size, path.stat().st_size), ARCHIVE)


def _is_objects(file: IO[bytes], size: int) -> bool:
    """Whether an array of these bytes is one of Python objects.

    Raises ValueError where its header promises another number of bytes than there are.
    """
    version = np.lib.format.read_magic(file)
    if version not in HEADERS:
        raise ValueError(f"an array is in version {version} of its format")
    shape, _, dtype = HEADERS[version](file)
    if not dtype.hasobject and math.prod(shape) * dtype.itemsize != size - file.tell():
        raise ValueError(f"an array of the shape {shape} has {size - file.tell():,} bytes")
    return bool(dtype.hasobject)
