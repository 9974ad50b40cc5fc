"""One sequence, as it came from a file or from a task."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Sequence:
    """T timesteps of text, of tokens, of numbers, or of text together with its tokens.

    Raises ValueError where there is nothing in it, or where its parts differ in length.
    """

    name: str
    text: str | None = None
    """T characters, or any number of words where the vocabulary of the network is of words."""
    tokens: NDArray[np.int32] | None = None
    """(T,), numbered from 0."""
    values: NDArray[np.float32] | None = None
    """(T, I) in the units of the file, missing values already filled."""
    columns: tuple[str, ...] = ()
    """I names for the columns of `values`."""
    missing: NDArray[np.bool_] | None = None
    """(T, I), true where a value was missing in the file. None where none was."""
    rate: float | None = None
    """Timesteps a second, where that is known."""
    notes: tuple[str, ...] = ()
    """What was done to the input, one sentence each."""

    def __post_init__(self) -> None:
        lengths = {len(part) for part in (self.text, self.tokens, self.values) if part is not None}
        if len(lengths) != 1 or not all(lengths):
            raise ValueError(f"a sequence needs one length above 0, and its parts have {sorted(lengths)}")
        if self.values is not None and self.values.shape[1:] != (len(self.columns),):
            raise ValueError(f"{len(self.columns)} columns for values of shape {self.values.shape}")
        if self.missing is not None and (self.values is None or self.missing.shape != self.values.shape):
            raise ValueError("`missing` must have the shape of `values`")

    def __len__(self) -> int:
        return len(next(part for part in (self.text, self.tokens, self.values) if part is not None))
