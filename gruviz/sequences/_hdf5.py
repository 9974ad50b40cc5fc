"""Datasets of an HDF5 file that is the user's own. Recordings, which are HDF5 too, are none of this room's business."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gruviz.errors import GruvizError

from ._array import Shapes, choose, sequences_of, suitable
from ._bounded import check_size
from ._reading import Reading
from ._sequence import Sequence

if TYPE_CHECKING:
    import h5py

MOST_OBJECTS = 10_000


def read_hdf5(path: Path, name: str | None, how: Reading) -> list[Sequence]:
    """Read one dataset: the one of that path in the file, or the only suitable one. Raises GruvizError and OSError."""
    with _opened(path) as file:
        if name is None and is_recording(file):
            raise GruvizError(f"{path} is a recording of what a network did: open it with gruviz {path}")
        shapes, others = _shapes(file, path)
        chosen = choose(path, shapes, others, "/" + name.strip("/") if name else None)
        dataset = file[chosen]
        check_size(f"{path}:{chosen}", dataset.nbytes, dataset.id.get_storage_size())
        try:
            array = dataset[()]
        except OSError as error:
            raise GruvizError(f"{path}:{chosen} cannot be read: {str(error).splitlines()[0]}") from error
    stem = path.stem if len(shapes) == 1 else f"{path.stem}:{chosen.removeprefix('/')}"
    return sequences_of(f"{path}:{chosen}", stem, array, how)


def list_hdf5(path: Path) -> Shapes:
    """The datasets that can be read, by their path in the file. Raises GruvizError and OSError."""
    with _opened(path) as file:
        return _shapes(file, path)[0]


def is_a_recording(path: Path) -> bool:
    """Whether a file is a recording. Raises GruvizError where it is no HDF5 file, and OSError."""
    with _opened(path) as file:
        return is_recording(file)


def is_recording(file: "h5py.File") -> bool:
    """Whether an open file is a recording."""
    return str(file.attrs.get("format")) == "gruviz-recording"


@contextmanager
def _opened(path: Path) -> "Iterator[h5py.File]":
    import h5py

    try:
        file = h5py.File(path, "r", locking=False)  # others may be writing it
    except OSError as error:
        if error.errno is not None:
            raise
        raise GruvizError(f"{path} is not a whole HDF5 file ({str(error).splitlines()[0]}): copy it again") from error
    with file:
        yield file


def _shapes(file: "h5py.File", path: Path) -> tuple[dict[str, tuple[int, ...]], list[str]]:
    """The shapes of the datasets that can be read, by path, and the paths of what else there is.

    Links to other places are not followed, and what keeps its data in other files is not read: either could reach any
    file of this computer.
    """
    import h5py

    shapes: dict[str, tuple[int, ...]] = {}
    others: list[str] = []
    seen = set()
    groups = [("", file)]
    while groups:
        where, group = groups.pop()
        info = h5py.h5o.get_info(group.id)
        if (info.fileno, info.addr) in seen:  # hard links can make a circle
            continue
        seen.add((info.fileno, info.addr))
        for name in group:
            full = f"{where}/{name}"
            if len(shapes) + len(others) + len(groups) > MOST_OBJECTS:
                raise GruvizError(f"{path} holds more than {MOST_OBJECTS:,} objects: copy the one to be read")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                others.append(full)
                continue
            child = group[name]
            if isinstance(child, h5py.Group):
                groups.append((full, child))
            elif (
                isinstance(child, h5py.Dataset)
                and not (child.is_virtual or child.external)
                and child.shape is not None
                and suitable(child.shape, child.dtype)
            ):
                shapes[full] = child.shape
            else:
                others.append(full)
    return shapes, others
