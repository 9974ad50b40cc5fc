"""Opening an HDF5 file for reading, whoever else has it open."""

import io
import os
from pathlib import Path

import h5py


def open_to_read(path: Path) -> h5py.File:
    """Open it as others do, so that they can while it is open here; without a lock where it is being written.

    A recording that is not complete may grow, so it is opened apart: HDF5 takes a file that is opened twice in one
    process for one and the same, and would show of the second only what it knew of the first. No lock is held on it,
    which would keep its writer from beginning again.

    Raises OSError where it is no HDF5 file, or is damaged.
    """
    try:
        file = h5py.File(path, "r")
    except OSError:
        file = h5py.File(path, "r", locking=False)
    try:
        if not ("format" in file.attrs and not file.attrs.get("complete", False)):
            return file
    except BaseException:
        file.close()
        raise
    file.close()
    return h5py.File(_Apart(path), "r")


class _Apart(io.FileIO):
    """A file as the binary object that h5py reads from."""

    def __init__(self, path: Path) -> None:
        super().__init__(os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0)), "r")

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer, with zeros behind the file's end: what is there by chance must not pass for data."""
        target, have = memoryview(buffer).cast("B"), 0
        while have < len(target) and (count := super().readinto(target[have:])):
            have += count
        target[have:] = bytes(len(target) - have)
        return len(target)

    def __del__(self) -> None:
        self.close()  # HDF5 lets go of it without closing it
