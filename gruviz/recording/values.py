"""Datasets of a recording, read when they are indexed."""

from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from gruviz.recording._reading import reading, text
from gruviz.recording.encoding import decode

Floats = NDArray[np.float32]


class Values:
    """One quantity of a layer, (N, H), read when it is indexed: `values[rows]`, `values[rows, units]`, as float32."""

    def __init__(self, dataset: h5py.Dataset, rows: int) -> None:
        self._dataset = dataset
        self.scale = text(dataset.attrs.get("scale", "linear"))
        """How they are stored: `linear`, or `logit`."""
        self.shape: tuple[int, int] = (rows, dataset.shape[1])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Floats:
        return decode(reading(self._dataset, index), self.scale)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self[: len(self)], dtype)


class Opened:
    """The datasets that were read last stay open, and with each of them the chunks that HDF5 keeps of it."""

    MOST = 24

    def __init__(self) -> None:
        self._values: dict[tuple[int, str], Values] = {}

    def values(self, group: h5py.Group, name: str, rows: int) -> Values:
        """Those of a dataset in a group that stays open."""
        key = group.id.id, name
        found = self._values.pop(key, None) or Values(group[name], rows)
        self._values[key] = found  # the newest is the last
        while len(self._values) > self.MOST:
            self._values.pop(next(iter(self._values)), None)
        return found
