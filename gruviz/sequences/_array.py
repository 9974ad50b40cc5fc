"""NumPy arrays."""

from pathlib import Path

import numpy as np

from gruviz.errors import GruvizError

from ._missing import fill
from ._sequence import Sequence

WANTED = "save numbers of shape (T,) or (T, columns) with numpy.save"
LARGEST_TOKEN = 2**31 - 1


def read_array(path: Path) -> Sequence:
    """Read an array: floats (T,) or (T, I), or tokens as integers (T,). Raises GruvizError and OSError."""
    try:
        # Mapped, not read: a header that promises more than the file holds fails here and takes no memory.
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError:
        raise
    except Exception as error:  # whatever a made-up header brings forth, it is the file's fault
        if "Python objects" in str(error):
            raise GruvizError(f"{path} holds Python objects, which are not loaded: {WANTED}") from error
        raise GruvizError(f"{path} is not a whole NumPy array: {WANTED}") from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise GruvizError(f"{path} holds several arrays: {WANTED}")
    if array.dtype.kind not in "biuf":
        raise GruvizError(f"{path} holds values of type {array.dtype}, not real numbers: {WANTED}")
    if array.ndim not in (1, 2):
        raise GruvizError(f"{path} has the shape {array.shape}: {WANTED}")
    if array.size == 0:
        raise GruvizError(f"{path} is empty, its shape is {array.shape}: there is no sequence in it")

    if array.ndim == 1 and array.dtype.kind in "iu":
        if not 0 <= int(array.min()) <= int(array.max()) <= LARGEST_TOKEN:
            raise GruvizError(
                f"{path} holds integers outside of 0 to {LARGEST_TOKEN:,}, which cannot be tokens: "
                "save measured values as floats"
            )
        return Sequence(path.stem, tokens=np.array(array, np.int32))

    table = array[:, None] if array.ndim == 1 else array
    columns = tuple(f"column {number + 1}" for number in range(table.shape[1])) if array.ndim == 2 else ("value",)
    values = np.empty(table.shape, np.float32)
    missing = np.zeros(table.shape, np.bool_)
    notes = []
    for number, column in enumerate(columns):
        values[:, number], missing[:, number], note = fill(path, column, np.array(table[:, number], np.float64))
        if note:
            notes.append(note)
    return Sequence(
        path.stem,
        values=values,
        columns=columns,
        missing=missing if missing.any() else None,
        notes=tuple(notes),
    )
