"""Reading from a dataset whose checksums may not fit, and text as HDF5 gives it."""

from typing import Any

import h5py
from numpy.typing import NDArray

from gruviz.errors import GruvizError


def reading(dataset: h5py.Dataset, index: Any) -> NDArray[Any]:
    """What it holds there. Raises GruvizError where the file is damaged there."""
    try:
        data: NDArray[Any] = dataset[index]
    except OSError as error:
        raise GruvizError(
            f"cannot read {dataset.name}: the file is damaged there, its checksum does not fit ({first_line(error)})"
        ) from error
    return data


def first_line(error: Exception) -> str:
    """The first line of what an error says."""
    return (str(error).splitlines() or ["no reason given"])[0]


def text(value: object) -> str:
    """An attribute, or an entry of a table, as text: HDF5 gives it as bytes or as a string."""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
