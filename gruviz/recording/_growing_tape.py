"""A tape that is being written: its sequences, one after the other, and what went in and out at each timestep."""

from collections.abc import Mapping, Sequence
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from gruviz.recording._column import Column

Floats = NDArray[np.float32]


class GrowingTape:
    """Sequences end to end, of which the last may still be running."""

    def __init__(self, group: h5py.Group, vocabulary: Sequence[str] | None, columns: tuple[str, ...]) -> None:
        self._group = group
        self._vocabulary = vocabulary
        self._columns = columns
        self._rows = 0
        self._table: list[list[Any]] = []  # name, offset, length, pass, item, checkpoint
        self._flushed = 0
        self._data: dict[str, Column] = {}
        self.running = False
        text = h5py.string_dtype()
        sequences = group.create_group("sequences")
        self._fields = [sequences.create_dataset("name", (0,), maxshape=(None,), dtype=text, chunks=(1024,))] + [
            sequences.create_dataset(name, (0,), maxshape=(None,), dtype="i8", chunks=(1024,), fletcher32=True)
            for name in ("offset", "length", "pass", "item", "checkpoint")
        ]

    @property
    def lengths(self) -> list[int]:
        return [row[2] for row in self._table]

    def begin(self, name: str, pass_: int, item: int, checkpoint: int) -> None:
        if self.running:
            raise ValueError("the sequence before has not ended")
        self._table.append([name, self._rows, 0, pass_, item, checkpoint])
        self.running = True

    def append(
        self,
        length: int,
        tokens: NDArray[np.integer] | None,
        values: Floats | None,
        outputs: Mapping[str, NDArray[Any]],
        labels: Mapping[str, NDArray[Any]],
    ) -> None:
        if not self.running:
            raise ValueError("no sequence was begun")
        new = {f"outputs/{name}": array for name, array in outputs.items()}
        new |= {f"labels/{name}": array for name, array in labels.items()}
        if tokens is not None:
            new["inputs/token"] = np.asarray(tokens, np.int32)
        if values is not None:
            new["inputs/values"] = np.asarray(values, np.float32)
        if self._rows and new.keys() != self._data.keys():
            raise ValueError(f"a tape has the same data throughout: {sorted(self._data)}, not {sorted(new)}")
        for name, array in new.items():
            if len(array) != length:
                raise ValueError(f"{name} has {len(array)} timesteps, the layers have {length}")
            if name not in self._data:
                self._data[name] = self._column(name, array)
            self._data[name].append(array)
        self._table[-1][2] += length
        self._rows += length

    def end(self) -> None:
        self.running = False

    def cut(self, rows: int) -> None:
        """Leave the running sequence no more timesteps than there are rows."""
        last = self._table[-1]
        last[2] = min(last[2], rows - last[1])

    def flush(self) -> None:
        for column in self._data.values():
            column.flush()
        new = self._table[self._flushed :]
        for field_number, dataset in enumerate(self._fields):
            dataset.resize(len(self._table), axis=0)
            if new:
                dataset[self._flushed :] = [row[field_number] for row in new]
        self._flushed = len(self._table) - self.running  # a running sequence is written again, with its new length

    def content(self) -> list[Column]:
        return list(self._data.values())

    def _column(self, name: str, array: NDArray[Any]) -> Column:
        column = Column(self._group, name, array.shape[1] if array.ndim == 2 else None, array.dtype)
        if name == "inputs/token" and self._vocabulary is not None:
            # No attribute: one cannot hold more than 4,000 symbols, and words are many.
            self._group.create_dataset("inputs/vocabulary", data=list(self._vocabulary), dtype=h5py.string_dtype())
        if name == "inputs/values" and self._columns:
            column.dataset.attrs.create("columns", list(self._columns), dtype=h5py.string_dtype())
        return column
