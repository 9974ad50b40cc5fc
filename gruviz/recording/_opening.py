"""Opening an HDF5 file for reading, whoever else has it open."""

from pathlib import Path

import h5py


def open_to_read(path: Path) -> h5py.File:
    """Open it as others do, so that they can while it is open here; without a lock where it is being written.

    Raises OSError where it is no HDF5 file, or is damaged.
    """
    try:
        return h5py.File(path, "r")
    except OSError:
        return h5py.File(path, "r", locking=False)


def is_other_hdf5(path: Path) -> bool:
    """Whether it is a whole HDF5 file of another program, as a model of Keras: no recording, nor half of one."""
    try:
        with open_to_read(path) as file:
            return "format" not in file.attrs
    except OSError:
        return False
