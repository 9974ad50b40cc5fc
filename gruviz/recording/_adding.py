"""Adding to a recording what was computed from it: to a copy beside it, which takes its place once all is there.

So the recording is whole at any time, whoever reads it meanwhile, and whatever ends the work.
"""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from gruviz.errors import GruvizError
from gruviz.recording import schema
from gruviz.recording.gradient import FIELDS, NONE
from gruviz.recording.reader import Recording, stamp_of

_LEAST_FREE = 2**26
"""Bytes that are left free on the disk beside the copy: HDF5 does not survive a full one."""
_ROWS = 128
"""Of a chunk with a number for each unit: often one sequence of many is measured, and the others take no room."""


class GradientWriter:
    """Adds gradients to a recording: a context manager that replaces the file at its end, or not at all on an error.

    What was computed before for other sequences stays; of the same sequence it is replaced field by field. The digest
    is of what was recorded, and stays as it is. A reader that has the recording open goes on reading the old file.
    """

    def __init__(self, recording: Recording) -> None:
        """Copy the file. Raises GruvizError where it is not complete, is in memory, or cannot be copied."""
        if recording.path is None:
            raise GruvizError("a recording in memory keeps no gradients: record it to a file")
        if not recording.complete:
            raise GruvizError(f"{recording.name} is not complete: record it to its end, then compute its gradients")
        self._recording, self._path = recording, recording.path
        self._stamp = recording.stamp
        folder = self._path.absolute().parent
        try:
            if shutil.disk_usage(folder).free < self._path.stat().st_size + _LEAST_FREE:
                raise GruvizError(f"{folder} has too little room for a copy of {recording.name}: free some")
            handle, name = tempfile.mkstemp(dir=folder, prefix=f"{self._path.name}.", suffix=schema.PARTIAL)
            os.close(handle)
            self._copy = Path(name)
        except OSError as error:
            raise self._failed(error) from error
        try:
            shutil.copyfile(self._path, self._copy)
            shutil.copymode(self._path, self._copy)
            self._file = h5py.File(self._copy, "r+")
        except OSError as error:
            self._copy.unlink(missing_ok=True)
            raise self._failed(error) from error

    def of_loss(self, layer: str, sequence: int, at: int, error: str) -> None:
        """Say for one sequence what its loss is, before anything of it is written. What was there of another one goes.

        Args:
            layer: of which layer.
            sequence: the sequence's index.
            at: the timestep that it is taken at, or `SUM`.
            error: as `Gradient.error`.

        Raises GruvizError where others were computed from another kind of error.
        """
        group = self._group(layer)
        before = str(group.attrs.get("error", ""))
        others = [int(loss) != NONE for number, loss in enumerate(group["loss"][:]) if number != sequence]
        if before not in ("", error) and any(others):
            raise GruvizError(f"{layer} has gradients of a loss that is a {before}, and this one is a {error}")
        group.attrs["error"] = error
        self._begin("loss", layer, sequence, at)

    def of_reached(self, layer: str, sequence: int, at: int) -> None:
        """Say for one sequence which timestep is reached, before anything of that is written."""
        self._begin("reached", layer, sequence, at)

    def of_since(self, layer: str, sequence: int, at: int) -> None:
        """Say for one sequence which timestep is followed, before anything of that is written."""
        self._begin("since", layer, sequence, at)

    def _begin(self, of: str, layer: str, sequence: int, at: int) -> None:
        group = self._group(layer)
        for name, field in FIELDS.items():
            if field.of == of and name in group:
                group[name][self._recording.layers[layer].slice(sequence)] = np.nan
        group[of][sequence] = at

    def write(self, layer: str, sequence: int, start: int, values: Mapping[str, NDArray[Any]]) -> None:
        """Write what was found of a sequence from timestep `start` on: by name, (n,) or (n, W)."""
        first = self._recording.layers[layer].slice(sequence).start + start
        group = self._group(layer)
        try:
            for name, rows in values.items():
                self._dataset(group, layer, name, rows.shape[1:])[first : first + len(rows)] = rows
        except OSError as error:
            raise self._failed(error) from error

    def __enter__(self) -> "GradientWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.close()
            if kind is None:
                if stamp_of(self._path) != self._stamp:
                    raise GruvizError(f"{self._path} was changed meanwhile: nothing was added to it, start again")
                self._copy.replace(self._path)
        except OSError as failure:
            raise self._failed(failure) from failure
        finally:
            self._copy.unlink(missing_ok=True)

    def _group(self, layer: str) -> h5py.Group:
        group = self._file.require_group(f"layers/{layer}/gradient")
        for of in ("loss", "reached", "since"):
            if of not in group:
                group[of] = np.full(len(self._recording.layers[layer].tape.sequences), NONE, np.int64)
        return group

    def _dataset(self, group: h5py.Group, layer: str, name: str, width: tuple[int, ...]) -> h5py.Dataset:
        """That of a field, NaN where nothing is known; begun anew where it has another width."""
        if name in group and group[name].shape[1:] == width:
            return group[name]
        if name in group:
            del group[name]
        shape = (len(self._recording.layers[layer].tape), *width)
        rows = _ROWS if width else 16 * schema.CHUNK_ROWS
        chunks = (min(max(shape[0], 1), rows), *map(schema.chunk_units, width))
        dtype = FIELDS[name].dtype
        return group.create_dataset(name, shape, dtype, chunks=chunks, fletcher32=True, fillvalue=np.nan)

    def _failed(self, error: OSError) -> GruvizError:
        reason = os.strerror(error.errno).lower() if error.errno else str(error).splitlines()[0]
        return GruvizError(f"cannot add to {self._path}: {reason}")
