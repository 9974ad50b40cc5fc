"""Mean, minimum and maximum over blocks of timesteps, so that a long recording can be drawn from a few numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.recording.schema import ENOUGH, FACTOR, STEP

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Reduced:
    """Columns of a picture: each the mean, min and max of a block of timesteps, all (blocks, units) float32."""

    mean: Floats
    min: Floats
    max: Floats

    def __len__(self) -> int:
        return len(self.mean)

    def __getitem__(self, rows: slice) -> "Reduced":
        return Reduced(self.mean[rows], self.min[rows], self.max[rows])


def reduce_rows(values: Floats, factor: int) -> Reduced:
    """Reduce (n, H) values to blocks of `factor` rows; the last block may hold fewer."""
    return reduce_blocks(Reduced(values, values, values), np.ones(len(values), np.int64), factor)


def reduce_blocks(blocks: Reduced, sizes: NDArray[np.int64], factor: int) -> Reduced:
    """Reduce blocks of `sizes` timesteps each, by `factor` again; means are weighted by the sizes."""
    whole = len(blocks) // factor * factor
    parts = []
    if whole:
        shape = (whole // factor, factor, blocks.mean.shape[1])
        uniform = sizes[:whole].min() == sizes[:whole].max()
        mean = blocks.mean[:whole].reshape(shape)
        parts.append(
            Reduced(
                mean.mean(axis=1) if uniform else _weighted(mean, sizes[:whole].reshape(-1, factor)),
                blocks.min[:whole].reshape(shape).min(axis=1),
                blocks.max[:whole].reshape(shape).max(axis=1),
            )
        )
    if whole < len(blocks):
        rest = blocks[slice(whole, None)]
        parts.append(
            Reduced(
                _weighted(rest.mean[None], sizes[None, whole:]),
                rest.min.min(axis=0, keepdims=True),
                rest.max.max(axis=0, keepdims=True),
            )
        )
    return concatenate(parts, blocks.mean.shape[1])


def concatenate(parts: list[Reduced], units: int) -> Reduced:
    """Several reductions, end to end."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        empty = np.empty((0, units), np.float32)
        return Reduced(empty, empty, empty)
    return Reduced(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("mean", "min", "max")))


def factors(longest: int) -> list[int]:
    """The levels that a tape has whose longest sequence is `longest`: 16, 64, 256, ...

    A coarser level has `ENOUGH` blocks or more: with fewer than a screen has columns, nothing is drawn from it.
    """
    made = [FACTOR]
    while made[-1] * STEP * ENOUGH <= longest:
        made.append(made[-1] * STEP)
    return made


class FirstLevel:
    """The first level of one quantity, built as the rows of a sequence arrive in pieces of any size."""

    def __init__(self, units: int) -> None:
        self._units = units
        self._pending: list[Floats] = []
        self._held = 0

    def push(self, rows: Floats) -> Reduced:
        """Take the next rows and give the blocks that are complete now."""
        if self._held:
            rows = np.concatenate([*self._pending, rows])
        whole = len(rows) // FACTOR * FACTOR
        self._pending = [rows[whole:].copy()]
        self._held = len(rows) - whole
        return reduce_rows(rows[:whole], FACTOR)

    def finish(self) -> Reduced:
        """End the sequence: the last block, if it is not complete."""
        rest = np.concatenate(self._pending) if self._held else np.empty((0, self._units), np.float32)
        self._pending, self._held = [], 0
        return reduce_rows(rest, FACTOR)


def _weighted(means: Floats, sizes: NDArray[np.int64]) -> Floats:
    weights = (sizes / sizes.sum(axis=1, keepdims=True)).astype(np.float32)
    mean: Floats = np.einsum("bfh,bf->bh", means, weights, dtype=np.float32)
    return mean
