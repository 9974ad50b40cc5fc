"""Labels that are brought along: written into a recording that is there already, beside what it recorded."""

import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from gruviz.errors import GruvizError
from gruviz.recording.reader import open as open_recording


def add_label(path: str | os.PathLike[str], name: str, values: NDArray[Any], tape: str = "main") -> None:
    """Write a label to a recording, in place of one of the same name.

    The recording's digest is of what was recorded, and stays as it is.

    Args:
        path: the recording; it must be complete, and nobody may have it open.
        name: what the label is called.
        values: for each timestep of the tape a number, or True or False; NaN where the label says nothing, (N,).
        tape: on which tape.

    Raises:
        GruvizError: there is no such recording or tape, the values do not fit, or the file cannot be written.
    """
    data = np.asarray(values)
    if not name or "/" in name or name == ".":
        raise GruvizError(f"a label needs a name without a slash, not {name!r}")
    if data.ndim != 1 or data.dtype.kind not in "fiub":
        raise GruvizError(f"label {name} needs one number for each timestep, not an array {data.shape} of {data.dtype}")
    with open_recording(path) as recording:
        if tape not in recording.tapes:
            raise GruvizError(f"{recording.name} has no tape {tape}, only {', '.join(recording.tapes)}")
        if not recording.complete:
            raise GruvizError(f"{recording.name} is not complete: record it to its end, then add labels")
        if len(data) != len(recording.tapes[tape]):
            raise GruvizError(f"label {name} has {len(data)} values, tape {tape} has {len(recording.tapes[tape])}")
    try:
        with h5py.File(Path(path), "r+") as file:
            labels = file.require_group(f"tapes/{tape}/labels")
            if name in labels:
                del labels[name]
            labels.create_dataset(name, data=data, chunks=(min(max(len(data), 1), 2**14),), fletcher32=True)
    except OSError as error:
        raise GruvizError(f"cannot write {path}: it is open elsewhere or write-protected; close it there") from error
