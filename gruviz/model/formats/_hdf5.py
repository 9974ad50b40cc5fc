"""An HDF5 file that cannot be trusted: looked over before anything is read, and nothing outside it is reached."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from gruviz.errors import GruvizError

from ._found import Floats

_INFLATION, _SMALL = 100, 2**20
"""A dataset may be this many times larger than what the file stores of it, or this many bytes."""
_MOST = 100_000
_DAMAGE = (OSError, RuntimeError, KeyError, ValueError, TypeError, MemoryError)
"""What h5py raises on damaged files, each for another kind of damage."""


@contextmanager
def opened(source: Path | io.BytesIO, path: Path) -> Iterator[tuple[h5py.File, dict[str, h5py.Dataset]]]:
    """Open `source` for reading; yield it and its datasets by name, as in `layers/gru/cell/vars/0`.

    Raises GruvizError, about `path`, for what is no HDF5 file, and for one that reaches out to other files, has groups
    within themselves, or declares much more than it holds.
    """
    damaged = f"{path} is cut off or damaged: copy it again"
    try:
        file = h5py.File(source, "r")
    except _DAMAGE as error:
        raise GruvizError(damaged) from error
    with file:
        try:
            datasets = _datasets(file, path)
        except _DAMAGE as error:
            raise GruvizError(damaged) from error
        yield file, datasets


def attribute(owner: h5py.Group, name: str) -> object:
    """An attribute of a group; None where it is not there. Raises GruvizError where it cannot be read."""
    try:
        return owner.attrs.get(name)
    except _DAMAGE as error:
        raise GruvizError(f"the attribute {name} of {owner.name} cannot be read: the file is damaged") from error


def numbers(dataset: h5py.Dataset) -> Floats:
    """The values of a dataset, as float32 or float64. Raises GruvizError where they are not floats, or not there."""
    if dataset.dtype.kind != "f" or dataset.dtype.itemsize > 8:
        raise GruvizError(f"{dataset.name} has the type {dataset.dtype}, and weights are floats: the file is damaged")
    try:
        values: Floats = dataset.astype(np.float64 if dataset.dtype.itemsize == 8 else np.float32)[()]
    except _DAMAGE as error:
        raise GruvizError(f"{dataset.name} cannot be read: the file is damaged") from error
    return values


def _datasets(file: h5py.File, path: Path) -> dict[str, h5py.Dataset]:
    found: dict[str, h5py.Dataset] = {}
    seen = {h5py.h5o.get_info(file.id).addr}
    waiting: list[h5py.Group] = [file]
    while waiting:
        group = waiting.pop()
        for name in group:
            where = f"{group.name.rstrip('/')}/{name}".lstrip("/")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise GruvizError(f"{path} is refused: {where} is a link to somewhere else")
            child = group[name]
            if isinstance(child, h5py.Dataset):
                _check(child, where, path)
                found[where] = child
            elif isinstance(child, h5py.Group):
                address = h5py.h5o.get_info(child.id).addr
                if address in seen or len(seen) > _MOST:
                    raise GruvizError(f"{path} is refused: its groups are nested without end")
                seen.add(address)
                waiting.append(child)
            if len(found) > _MOST:
                raise GruvizError(f"{path} is refused: it has more than {_MOST:,} datasets")
    return found


def _check(dataset: h5py.Dataset, where: str, path: Path) -> None:
    if dataset.is_virtual or dataset.external:
        raise GruvizError(f"{path} is refused: {where} keeps its values in another file")
    declared, stored = dataset.nbytes, dataset.id.get_storage_size()
    if declared > _SMALL and declared > stored * _INFLATION:
        raise GruvizError(f"{path} is refused: {where} declares {declared:,} bytes and holds {stored:,}")
