"""Recordings that are still being written, by this process or another: what is new in them."""

import os
import time
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from gruviz.errors import GruvizError
from gruviz.recording import schema
from gruviz.recording.reader import Recording, open, stamp_of

_RECENT = 3.0
"""Seconds for which a file that was changed counts as one that is being written."""
_TRIES, _PAUSE = 5, 0.1
"""How often the beginning of a file is tried, and the seconds in between."""


def being_written(recording: Recording) -> bool:
    """Whether somebody has it open to write, or, since not every writer locks its file, has just changed it."""
    if recording.path is None or recording.complete or recording.digest:
        return False
    return _is_busy(recording.path)


def _is_busy(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        if fcntl is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            except OSError:  # a file system without locks
                pass
        return time.time() - os.fstat(handle).st_mtime < _RECENT
    finally:
        os.close(handle)


def open_growing(path: Path) -> Recording:
    """Open a recording; one that is just being begun, or written in this moment, is tried again for half a second.

    Raises:
        GruvizError: as `recording.open` does.
    """
    for _ in range(_TRIES - 1):
        try:
            return open(path)
        except GruvizError:
            if not (path.is_file() and _is_busy(path)):
                raise
            time.sleep(_PAUSE)
    return open(path)


def newer(recording: Recording, *, again: bool = False) -> Recording | None:
    """The same recording as its file is now, opened once more; None where it has not changed.

    One that has been completed is found under its final name. The one that is given stays open and as it was.

    Args:
        recording: a recording that was read from a file.
        again: open it even where its file is as it was: something in it could not be read, or was made later.

    Raises:
        GruvizError: the file is gone, cannot be read at this moment, or holds less than before. It may later.
    """
    path = recording.path
    assert path is not None
    if not path.exists() and path.suffix == schema.PARTIAL:
        path = path.with_suffix("")
    if not again and path == recording.path and stamp_of(path) == recording.stamp:
        return None
    found = open(path)
    if found.uuid != recording.uuid:
        found.close()
        raise GruvizError(f"{path} is another recording by now: open it")
    if _is_less(found, recording):
        found.close()
        raise GruvizError(f"{path} holds less than before: it is being written just now")
    return found


def _is_less(now: Recording, before: Recording) -> bool:
    for name, tape in before.tapes.items():
        same = now.tapes.get(name)
        if same is None or len(same) < len(tape) or len(same.sequences) < len(tape.sequences):
            return True
    return False
