"""NumPy arrays: one in a .npy, several in an .npz."""

import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from gruviz.errors import GruvizError

from ._bounded import check_size
from ._columns import pick
from ._missing import fill
from ._reading import Reading
from ._sequence import Sequence

WANTED = "save numbers of shape (T,), (T, columns) or (sequences, T, columns) with numpy.save"
LARGEST_TOKEN = 2**31 - 1
NUMBERS = "biuf"
LISTED_AT_MOST = 12

Shapes = Mapping[str, tuple[int, ...]]


def read_npy(path: Path, how: Reading) -> list[Sequence]:
    """Read the array of a .npy file. Raises GruvizError and OSError."""
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
        raise GruvizError(f"{path} holds several arrays: rename it to end in .npz")
    return sequences_of(path, path.stem, array, how)


def read_npz(path: Path, name: str | None, how: Reading) -> list[Sequence]:
    """Read the array of an .npz file that is named, or the only suitable one. Raises GruvizError and OSError."""
    try:
        with zipfile.ZipFile(path) as archive:
            shapes, others = _shapes(archive)
            chosen = choose(path, shapes, others, name)
            with archive.open(f"{chosen}.npy") as member:
                array = npy.read_array(member, allow_pickle=False)
    except (GruvizError, OSError):
        raise
    except Exception as error:  # a damaged archive, an encrypted one, a header that lies
        raise GruvizError(f"{path} is not a whole NumPy archive: save it again with numpy.savez") from error
    return sequences_of(f"{path}:{chosen}", path.stem if len(shapes) == 1 else f"{path.stem}:{chosen}", array, how)


def list_npz(path: Path) -> Shapes:
    """The arrays of an .npz file that can be read, by name. Raises GruvizError and OSError."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _shapes(archive)[0]
    except zipfile.BadZipFile as error:
        raise GruvizError(f"{path} is not a whole NumPy archive: save it again with numpy.savez") from error


def _shapes(archive: zipfile.ZipFile) -> tuple[dict[str, tuple[int, ...]], list[str]]:
    """The shapes of the arrays that can be read, by name, and the names of what else there is."""
    shapes, others = {}, []
    for info in archive.infolist():
        name = info.filename.removesuffix(".npy")
        if name == info.filename:
            others.append(name)
            continue
        with archive.open(info) as member:
            version = npy.read_magic(member)
            header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
            shape, _, dtype = header(member)
            size = int(np.prod(shape, dtype=object)) * dtype.itemsize
            if not suitable(shape, dtype):
                others.append(name)
                continue
            if size != info.file_size - member.tell():
                raise GruvizError(f"{archive.filename} is damaged: its array {name} is not as long as it says")
        check_size(f"{archive.filename}:{name}", size, info.compress_size)
        shapes[name] = tuple(shape)
    return shapes, others


def suitable(shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> bool:
    """Whether an array can hold sequences."""
    return dtype.kind in NUMBERS and 1 <= len(shape) <= 3 and 0 not in shape


def choose(path: Path, shapes: Shapes, others: list[str], name: str | None) -> str:
    """The array of that name, or the only one. Raises GruvizError, with those that there are, for none or several."""
    listed = ", ".join(f"{each} {shape}" for each, shape in list(shapes.items())[:LISTED_AT_MOST])
    listed += ", …" * (len(shapes) > LISTED_AT_MOST)
    if not shapes:
        there = f" (there are {', '.join(others[:LISTED_AT_MOST])})" if others else ""
        raise GruvizError(f"{path} holds no array of numbers with one, two or three dimensions{there}")
    if name is None:
        if len(shapes) > 1:
            raise GruvizError(f"{path} holds several arrays, {listed}: name one, as in {path}:{next(iter(shapes))}")
        return next(iter(shapes))
    if name not in shapes:
        what = "is not one that can be read as sequences" if name in others else "is not in it"
        raise GruvizError(f"{name} {what}: {path} holds {listed}")
    return name


def sequences_of(path: Path | str, name: str, array: NDArray[np.generic], how: Reading) -> list[Sequence]:
    """An array as sequences: (T,) or (T, I) as one, (B, T, I) as B. Raises GruvizError."""
    if array.dtype.kind not in NUMBERS:
        raise GruvizError(f"{path} holds values of type {array.dtype}, not real numbers: {WANTED}")
    if array.ndim not in (1, 2, 3):
        raise GruvizError(f"{path} has the shape {array.shape}: {WANTED}")
    if array.size == 0:
        raise GruvizError(f"{path} is empty, its shape is {array.shape}: there is no sequence in it")
    if array.ndim == 1 and array.dtype.kind in "iu" and not how.columns:
        return [_tokens(path, name, array, how)]
    names = [f"column {number + 1}" for number in range(array.shape[-1])] if array.ndim > 1 else ["value"]
    places = pick(path, names, how.columns) if how.columns else list(range(len(names)))
    columns = tuple(names[place] for place in places)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim == 2:
        return [numbers(path, name, array, places, columns, how)]
    return [_item(f"{path}[{i}]", f"{name}[{i}]", table, places, columns, how) for i, table in enumerate(array)]


def _tokens(path: Path | str, name: str, array: NDArray[np.generic], how: Reading) -> Sequence:
    if not 0 <= int(array.min()) <= int(array.max()) <= LARGEST_TOKEN:
        raise GruvizError(
            f"{path} holds integers outside of 0 to {LARGEST_TOKEN:,}, which cannot be tokens: "
            "save measured values as floats"
        )
    return Sequence(name, tokens=np.array(array, np.int32), rate=how.rate)


def _item(
    path: str, name: str, table: NDArray[np.generic], places: list[int], columns: tuple[str, ...], how: Reading
) -> Sequence:
    """One of several sequences, which are filled up with rows of NaN where they are shorter than the longest."""
    length = len(table)
    if table.dtype.kind == "f":
        there = np.flatnonzero(~np.isnan(table).all(axis=1))
        length = int(there[-1]) + 1 if len(there) else length
    sequence = numbers(path, name, table[:length], places, columns, how)
    if length == len(table):
        return sequence
    return replace(sequence, notes=("shorter sequences were taken to end at their last number", *sequence.notes))


def numbers(
    path: Path | str,
    name: str,
    table: NDArray[np.generic],
    places: list[int],
    columns: tuple[str, ...],
    how: Reading,
) -> Sequence:
    """The columns of a table (T, I) at these places."""
    values = np.empty((len(table), len(places)), np.float32)
    missing = np.zeros(values.shape, np.bool_)
    notes = []
    for number, (place, column) in enumerate(zip(places, columns, strict=True)):
        values[:, number], missing[:, number], note = fill(path, column, np.array(table[:, place], np.float64))
        if note:
            notes.append(note)
    return Sequence(
        name,
        values=values,
        columns=columns,
        missing=missing if missing.any() else None,
        rate=how.rate,
        notes=tuple(notes),
    )
