"""What a recording lacks and a screen needs, made later: kept in a file of the user's cache, never in the recording.

Recordings of other programs may have no pyramid and no counts, and one whose writer was killed has no upper levels.
"""

import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np
import platformdirs
from numpy.typing import NDArray

from gruviz.cells import CLASSES, Thresholds
from gruviz.errors import GruvizError
from gruviz.recording import schema
from gruviz.recording._column import Column
from gruviz.recording._disk import Disk
from gruviz.recording._levels import Levels
from gruviz.recording.classes import count
from gruviz.recording.pyramid import FirstLevel, factors

if TYPE_CHECKING:
    from gruviz.recording.layer import Layer
    from gruviz.recording.reader import Recording
    from gruviz.recording.tape import SequenceInfo

FORMAT = "gruviz-levels"
COUNTS = "counts"
LONG = schema.FACTOR * schema.ENOUGH
"""Timesteps from which on a sequence is not read as a whole to be drawn."""
MOST = 4 * 2**30
"""Bytes that the folder may hold; beyond, what was not used for longest goes."""
_PIECE = 2**18
"""Values that are read at a time, so that whoever else reads does not wait long."""
_STALE = 24 * 3600
"""Seconds after which a file that nobody finished goes."""

Going = Callable[[float], bool]
"""Told which part is done, from 0 to 1; answers whether to go on."""


@dataclass(frozen=True)
class Lack:
    """What a layer lacks."""

    layer: str
    levels: tuple[str, ...]
    """Quantities without all levels that their length calls for; `counts` among them."""
    counts: bool
    """Units in each class."""


def lacking(recording: "Recording") -> tuple[Lack, ...]:
    """What is neither in the recording nor was made later, of its layers with long sequences."""
    found = []
    for layer in recording.layers.values():
        longest = max((info.length for info in layer.tape.sequences), default=0)
        if recording.path is None or longest < LONG:
            continue
        wanted = set(factors(longest))
        names = (*layer.quantities, *([COUNTS] if layer.cell.keep else []))
        counts = layer.cell.keep is not None and layer.thresholds is None
        levels = tuple(n for n in names if not wanted <= set(layer.factors(n)) or (n == COUNTS and counts))
        if levels:
            found.append(Lack(layer.name, levels, counts))
    return tuple(found)


def complement(recording: "Recording", going: Going) -> bool:
    """Make what a recording lacks, in pieces. It is found when the recording is opened again.

    Returns:
        Whether it was made: False where `going` ended it.

    Raises:
        GruvizError: the recording cannot be read, or the cache cannot be written.
    """
    place = _place(recording)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.parent, prefix="making-", suffix=".h5")
        os.close(handle)
        disk = Disk(Path(name))
    except OSError as error:
        raise GruvizError(f"cannot keep an overview in {place.parent}: {os.strerror(error.errno or 0)}") from error
    try:
        done = _fill(recording, disk, going)
        disk.close()
        if disk.error is not None:
            raise GruvizError(f"cannot keep an overview in {place.parent}: {disk.error}") from disk.error
        if done:
            Path(name).replace(place)
            _tidy(place)
        return done
    finally:
        disk.close()
        Path(name).unlink(missing_ok=True)


class Later:
    """What was made later for a recording, opened when it is asked for."""

    def __init__(self, recording: "Recording") -> None:
        self._place = None if recording.path is None else _place(recording)

    def get(self, name: str) -> object:
        """A group or a dataset by its path; None where it was not made, or cannot be read."""
        return None if self._file is None else self._file.get(name)

    @cached_property
    def _file(self) -> h5py.File | None:
        if self._place is None or not self._place.is_file():
            return None
        try:
            file = h5py.File(self._place, "r")
            os.utime(self._place)  # it is in use
        except OSError:
            return None
        ours = file.attrs.get("format") == FORMAT and file.attrs.get("of") == self._place.stem
        return file if ours else None

    def close(self) -> None:
        """Close it, if it was opened."""
        if (file := self.__dict__.get("_file")) is not None:
            file.close()


def folder() -> Path:
    """Where it is kept: `GRUVIZ_CACHE_DIR`, or the system's place for such files."""
    given = os.environ.get("GRUVIZ_CACHE_DIR")
    return Path(given) if given else Path(platformdirs.user_cache_dir("gruviz", appauthor=False))


def _place(recording: "Recording") -> Path:
    """By what is in it, where the recording says so; else by which file it is."""
    assert recording.path is not None
    stamp = recording.stamp
    size, modified = (stamp.size, stamp.modified) if stamp else (0, 0)
    known = (recording.uuid, recording.digest, size)
    if not recording.digest:
        known = (str(recording.path.resolve()), str(modified), size)
    return folder() / f"{hashlib.sha256(repr(known).encode()).hexdigest()[:32]}.h5"


def _fill(recording: "Recording", disk: Disk, going: Going) -> bool:
    lacks = lacking(recording)
    total = sum(len(recording.layers[each.layer].tape) * len(each.levels) for each in lacks)
    done = 0
    with h5py.File(disk, "w") as file:
        file.attrs.update({"format": FORMAT, "version": 1, "of": _place(recording).stem})
        for lack in lacks:
            layer, group = recording.layers[lack.layer], file.create_group(f"layers/{lack.layer}")
            for name in lack.levels:
                if name != COUNTS:
                    work = _make_levels(layer, group, name)
                elif lack.counts:
                    work = _make_counts(layer, group)
                else:
                    work = _make_levels_of_counts(layer, group)
                for rows in work:
                    done += rows
                    if not going(done / max(total, 1)):
                        return False
    return True


def _make_levels(layer: "Layer", group: h5py.Group, quantity: str) -> Iterator[int]:
    values = layer[quantity]
    dtype = np.dtype(np.float16 if values.scale == "logit" else np.float32)
    levels = Levels(group, quantity, layer.size, dtype, values.scale)
    return _reduce(layer, levels, layer.size, lambda info, rows: values[rows])


def _make_levels_of_counts(layer: "Layer", group: h5py.Group) -> Iterator[int]:
    levels = Levels(group, COUNTS, len(CLASSES), np.dtype(np.float32), "linear")
    return _reduce(layer, levels, len(CLASSES), lambda info, rows: layer.counts(rows).astype(np.float32))


def _make_counts(layer: "Layer", group: h5py.Group) -> Iterator[int]:
    """At the thresholds that hold where nobody has chosen others."""
    cell, limits = layer.cell, Thresholds()
    assert cell.keep is not None
    keep, state = cell.keep, cell.state
    counts = Column(group, COUNTS, len(CLASSES), np.uint16 if layer.size < 2**16 else np.uint32, digested=False)
    counts.dataset.attrs.update({"retained": limits.retained, "overwritten": limits.overwritten, "moved": limits.moved})

    def read(info: "SequenceInfo", rows: slice) -> NDArray[np.float32]:
        previous = layer.previous(state, info.index, rows.start - info.offset, rows.stop - info.offset)
        made = count(layer[keep][rows], layer[state][rows], previous, limits)
        counts.append(made)
        return made.astype(np.float32)

    yield from _reduce(layer, Levels(group, COUNTS, len(CLASSES), np.dtype(np.float32), "linear"), len(CLASSES), read)
    counts.flush()


def _reduce(
    layer: "Layer", levels: Levels, width: int, read: Callable[["SequenceInfo", slice], NDArray[np.float32]]
) -> Iterator[int]:
    """Make all levels of what `read` gives, (n, width) for some rows; yields how many rows have been read more."""
    first, sequences = FirstLevel(width), layer.tape.sequences
    for info in sequences:
        for rows in _pieces(layer, info.rows):
            levels.append(schema.FACTOR, first.push(read(info, rows)))
            yield rows.stop - rows.start
        levels.append(schema.FACTOR, first.finish())
    lengths = [info.length for info in sequences]
    for factor in factors(max(lengths, default=0))[1:]:
        for _ in levels.raise_to(factor, lengths):
            yield 0
    levels.flush()


def _pieces(layer: "Layer", rows: slice) -> Iterator[slice]:
    many = max(schema.CHUNK_ROWS, _PIECE // layer.size // schema.CHUNK_ROWS * schema.CHUNK_ROWS)
    for start in range(rows.start, rows.stop, many):
        yield slice(start, min(start + many, rows.stop))


def _tidy(kept: Path) -> None:
    """Remove what was not used for longest, until the folder holds no more than it may; and what was left half made."""
    with suppress(OSError):  # others tidy up too
        found = [(path.stat().st_mtime, path.stat().st_size, path) for path in kept.parent.glob("*.h5") if path != kept]
        room = MOST - kept.stat().st_size
        for modified, size, path in sorted(found, reverse=True):
            if path.name.startswith("making-"):
                if time.time() - modified > _STALE:
                    path.unlink()
                continue
            room -= size
            if room < 0:
                path.unlink()
