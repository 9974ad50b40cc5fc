"""Opening an HDF5 file for reading, whoever else has it open."""

import io
import os
import threading
import weakref
from pathlib import Path
from typing import Any

import h5py

_CHUNKS = 2**22
"""Bytes of chunks that HDF5 keeps of each open dataset: two rows of chunks of 512 units in float32."""
_lock = threading.Lock()
_growing: list[tuple[tuple[int, int], "weakref.ref[Any]"]] = []
"""The recordings that were not complete when this process opened them: which file each is."""


def open_to_read(path: Path) -> h5py.File:
    """Open it as others do, so that they can while it is open here; without a lock where it is being written.

    HDF5 takes a file that is opened twice in one process by the same driver for one and the same, and would show of one
    that has grown since only what it knew already: it is opened by another driver then. A recording that is not
    complete is not locked either: that would keep its writer from beginning again.

    Raises OSError where it is no HDF5 file, or is damaged.
    """
    with _lock:
        found = path.stat()
        which = found.st_dev, found.st_ino
        _growing[:] = [entry for entry in _growing if entry[1]()]
        taken = {file.driver for each, known in _growing if each == which and (file := known())}
        driver = next((each for each in ("sec2", "stdio") if each not in taken), "")
        file = _open(path, driver)
        if "format" in file.attrs and not file.attrs.get("complete", False):
            if driver:
                file.close()
                file = h5py.File(path, "r", driver=driver, locking=False, rdcc_nbytes=_CHUNKS)
            _growing.append((which, weakref.ref(file)))
        return file


def is_other_hdf5(path: Path) -> bool:
    """Whether it is a whole HDF5 file of another program, as a model of Keras: no recording, nor half of one."""
    try:
        with open_to_read(path) as file:
            return "format" not in file.attrs
    except OSError:
        return False


def _open(path: Path, driver: str) -> h5py.File:
    if not driver:
        return h5py.File(_Apart(path), "r")
    try:
        return h5py.File(path, "r", driver=driver, rdcc_nbytes=_CHUNKS)
    except OSError:
        return h5py.File(path, "r", driver=driver, locking=False, rdcc_nbytes=_CHUNKS)


class _Apart(io.FileIO):
    """A file as the binary object that h5py reads from: slower than HDF5's own drivers, and never shared."""

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
