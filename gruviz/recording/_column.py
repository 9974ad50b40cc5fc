"""An HDF5 dataset that grows at its end, in whole chunks."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from gruviz.recording.schema import CHUNK_ROWS, chunk_units

_DIGESTS = ThreadPoolExecutor(1, "gruviz-digest")


class Column:
    """A dataset of (N,) or (N, units) that rows are appended to.

    Rows are held back until they fill a chunk, because a chunk that is written twice is checksummed twice; `flush`
    writes the rest. What is written goes into a SHA-256, so that the digest of a file costs no second reading.
    """

    def __init__(
        self,
        group: h5py.Group,
        name: str,
        units: int | None,
        dtype: Any,
        *,
        chunk_rows: int = CHUNK_ROWS,
        digested: bool = True,
    ) -> None:
        shape = (0,) if units is None else (0, units)
        chunks = (chunk_rows,) if units is None else (chunk_rows, chunk_units(units))
        row = np.dtype(dtype).itemsize * chunk_rows
        width = chunks[-1] * -(-units // chunks[-1]) if units else 1
        self.dataset = group.create_dataset(
            name,
            shape=shape,
            maxshape=(None, *shape[1:]),
            dtype=dtype,
            chunks=chunks,
            fletcher32=True,
            rdcc_nbytes=max(2**20, row * width),  # room for one row of chunks
        )
        self.dtype = self.dataset.dtype
        self._row = shape[1:]
        self._written = 0
        self._chunk_rows = chunk_rows
        self._held: list[NDArray[Any]] = []
        self._rows_held = 0
        self._digest = hashlib.sha256() if digested else None

    def __len__(self) -> int:
        return self._written + self._rows_held

    def append(self, rows: NDArray[Any]) -> None:
        """Append rows. The array may be reused afterwards."""
        rows = np.asarray(rows, self.dtype)
        if rows.shape[1:] != self._row:
            raise ValueError(f"{self.dataset.name} has rows of shape {self._row}, not {rows.shape[1:]}")
        room = -self._written % self._chunk_rows or self._chunk_rows
        if self._rows_held + len(rows) < room:
            self._held.append(rows.copy())
            self._rows_held += len(rows)
            return
        if self._held:
            rows = np.concatenate([*self._held, rows])
            self._held, self._rows_held = [], 0
        whole = room + (len(rows) - room) // self._chunk_rows * self._chunk_rows
        self._write(rows[:whole])
        if whole < len(rows):
            self._held, self._rows_held = [rows[whole:].copy()], len(rows) - whole

    def flush(self) -> None:
        """Write what is held back."""
        if self._held:
            self._write(np.concatenate(self._held))
            self._held, self._rows_held = [], 0

    def sha256(self) -> str:
        """Of all rows that were written, as their bytes stand in the file, in order."""
        assert self._digest is not None
        return self._digest.hexdigest()

    def _write(self, rows: NDArray[Any]) -> None:
        rows = np.ascontiguousarray(rows)
        # h5py's own calls, without what its indexing adds to each: there are many of them, for small chunks.
        dataset, start = self.dataset.id, (self._written, *(0 for _ in self._row))
        self._written += len(rows)
        dataset.set_extent((self._written, *self._row))
        # On another core, while HDF5 works on this one.
        digested = None if self._digest is None else _DIGESTS.submit(self._digest.update, rows.data)
        there = dataset.get_space()
        there.select_hyperslab(start, rows.shape)
        dataset.write(h5py.h5s.create_simple(rows.shape), there, rows)
        if digested is not None:
            digested.result()
