"""Opening an HDF5 file for reading, whoever else has it open."""

from pathlib import Path

import h5py


def open_to_read(path: Path, beside: h5py.File | None = None) -> h5py.File:
    """Open it as others do, so that they can while it is open here; without a lock where it is being written.

    A recording that is not complete is not locked either: that would keep its writer from beginning again.

    Args:
        path: which file.
        beside: an earlier opening of the same file, which has grown since. HDF5 takes a file that is opened twice in
            one process by the same driver for one and the same, and would show of it only what it knew already.

    Raises:
        OSError: it is no HDF5 file, or is damaged.
    """
    driver = "stdio" if beside is not None and beside.driver == "sec2" else "sec2"
    try:
        file = h5py.File(path, "r", driver=driver)
    except OSError:
        return h5py.File(path, "r", driver=driver, locking=False)
    if "format" not in file.attrs or file.attrs.get("complete", False):
        return file
    file.close()
    return h5py.File(path, "r", driver=driver, locking=False)


def is_other_hdf5(path: Path) -> bool:
    """Whether it is a whole HDF5 file of another program, as a model of Keras: no recording, nor half of one."""
    try:
        with open_to_read(path) as file:
            return "format" not in file.attrs
    except OSError:
        return False
