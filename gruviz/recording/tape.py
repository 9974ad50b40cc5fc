"""A time axis of a recording, and the sequences on it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from gruviz.recording import schema
from gruviz.recording._reading import reading, text

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class SequenceInfo:
    """One sequence on a tape."""

    index: int
    name: str
    offset: int
    """Its first row on the tape."""
    length: int
    """Its timesteps."""
    pass_: int
    """The forward pass of the model that it comes from."""
    item: int
    """Its place in that pass's batch."""
    checkpoint: int
    """The training step of the model, or -1."""

    @property
    def rows(self) -> slice:
        """Its rows on the tape."""
        return slice(self.offset, self.offset + self.length)


class Tape:
    """A time axis on which sequences lie end to end."""

    def __init__(self, name: str, group: h5py.Group, rows: int) -> None:
        self.name = name
        self._group = group
        self._rows = rows
        self._blocks: dict[int, NDArray[np.int64]] = {}
        self._opened: dict[str, h5py.Dataset] = {}
        """What was read once stays open, and with it the chunks that HDF5 keeps of it."""
        table = group["sequences"]
        fields = [table[field][:] for field in ("offset", "length", "pass", "item", "checkpoint")]
        self.sequences = tuple(
            SequenceInfo(i, text(title), int(offset), min(int(length), rows - int(offset)), *map(int, others))
            for i, (title, offset, length, *others) in enumerate(zip(table["name"][:], *fields, strict=True))
            if offset <= rows
        )
        """The sequences, in order; the last as far as all layers have its timesteps."""
        ends = [0, *(info.offset + info.length for info in self.sequences)]
        if any(info.offset != end or info.length < 0 for info, end in zip(self.sequences, ends, strict=False)):
            raise ValueError(f"the sequences of tape {name} do not lie end to end")

    def __len__(self) -> int:
        return self._rows

    def blocks_before(self, sequence: int, factor: int) -> int:
        """Blocks of `factor` timesteps that the sequences before this one have."""
        if factor not in self._blocks:
            self._blocks[factor] = np.cumsum([0, *(schema.blocks(info.length, factor) for info in self.sequences)])
        return int(self._blocks[factor][sequence])

    @property
    def rate(self) -> float | None:
        """Timesteps per `unit` of time, or None where time has none."""
        rate = self._group.attrs.get("rate")
        return None if rate is None else float(rate)

    @property
    def unit(self) -> str | None:
        """The unit of time, or None."""
        unit = self._group.attrs.get("unit")
        return None if unit is None else text(unit)

    @cached_property
    def vocabulary(self) -> tuple[str, ...] | None:
        """The symbols that the tokens stand for, or None."""
        stored = self._group.get("inputs/vocabulary")
        if (
            not isinstance(stored, h5py.Dataset) and "inputs/token" in self._group
        ):  # as they were kept before words were read
            stored = self._group["inputs/token"].attrs.get("vocabulary")
        return None if stored is None else tuple(text(symbol) for symbol in stored[:])

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns of `values`; their numbers where they have none."""
        values = self._group.get("inputs/values")
        if values is None:
            return ()
        stored = values.attrs.get("columns")
        return tuple(map(str, range(values.shape[1]))) if stored is None else tuple(text(name) for name in stored)

    def tokens(self, rows: slice) -> NDArray[np.int32] | None:
        """The tokens of some rows, (n,), or None where the input was not tokens."""
        return self._read("inputs/token", rows) if self._has("inputs/token") else None

    def values(self, rows: slice, columns: slice = slice(None)) -> Floats | None:
        """The numeric input of some rows, (n, I), or of some of its columns; None where the input was not numbers."""
        return self._read("inputs/values", (rows, columns)) if self._has("inputs/values") else None

    def symbols(self, rows: slice) -> tuple[str, ...] | None:
        """The symbols of some rows, or None where there is no vocabulary. A token outside it reads as its number."""
        tokens = self.tokens(rows)
        return None if tokens is None else self.named(tokens)

    def named(self, tokens: NDArray[np.integer]) -> tuple[str, ...]:
        """The symbols that tokens stand for. One outside the vocabulary reads as its number."""
        vocabulary = self.vocabulary
        if vocabulary is None:
            return tuple(map(str, tokens.tolist()))
        return tuple(vocabulary[t] if 0 <= t < len(vocabulary) else f"<{t}>" for t in tokens.tolist())

    @property
    def outputs(self) -> tuple[str, ...]:
        """Which outputs of the model are stored: `values`, `targets`, `probability`; `wanted` by a made-up task."""
        return tuple(self._group.get("outputs", {}))

    def output(self, name: str, rows: slice) -> NDArray[Any]:
        """One output of some rows, (n,) or (n, O)."""
        return self._read(f"outputs/{name}", rows)

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of its labels."""
        return tuple(self._group.get("labels", {}))

    def label(self, name: str, rows: slice) -> NDArray[Any]:
        """One label of some rows, (n,)."""
        return self._read(f"labels/{name}", rows)

    def _has(self, name: str) -> bool:
        return name in self._opened or name in self._group

    def _read(self, name: str, index: Any) -> NDArray[Any]:
        if name not in self._opened:
            self._opened[name] = self._group[name]
        return reading(self._opened[name], index)
