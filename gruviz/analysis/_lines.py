"""A sequence as lines of a page: symbols broken after line ends and between words, numbers wherever a line is full."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Lines:
    """Where each line begins and ends, in rows of the tape. A line holds rows of one sequence."""

    first: Rows
    """(L,), ascending."""
    stop: Rows
    """(L,), one past the last row."""
    columns: int
    """Letters that a line has room for, or timesteps of numbers."""

    def __len__(self) -> int:
        return len(self.first)

    def line_of(self, row: int) -> int:
        """The line in which a row stands, or the last one before it; 0 where there is none."""
        return max(int(np.searchsorted(self.first, row, side="right")) - 1, 0)


def filled(offsets: Rows, lengths: Rows, columns: int) -> Lines:
    """Lines of `columns` timesteps each, but for the last of each sequence."""
    many = -(-lengths // columns)
    number = np.arange(many.sum()) - np.repeat(many.cumsum() - many, many)
    first = np.repeat(offsets, many) + number * columns
    return Lines(first, np.minimum(first + columns, np.repeat(offsets + lengths, many)), columns)


def broken(
    widths: NDArray[np.integer], ends: NDArray[np.bool_], gaps: NDArray[np.bool_], offsets: Rows, columns: int
) -> Lines:
    """Lines that a text is broken into.

    Args:
        widths: columns that each symbol takes, (N,), at least 1.
        ends: after which symbols a line ends, (N,).
        gaps: after which symbols a line may end, where it is full, (N,).
        offsets: rows at which sequences begin, ascending from 0.
        columns: that a line has.
    """
    count = len(widths)
    if not count:
        return Lines(np.empty(0, np.int64), np.empty(0, np.int64), columns)
    edges = np.concatenate([[0], np.cumsum(widths, dtype=np.int64)])
    first = np.unique(np.concatenate([[0], offsets[offsets < count], np.flatnonzero(ends[:-1]) + 1]))
    stop = np.append(first[1:], count)
    full = edges[stop] - edges[first] > columns
    if full.any():
        last_gap = np.maximum.accumulate(np.where(gaps, np.arange(count), -1))
        cuts = [
            cut for a, b in zip(first[full], stop[full], strict=True) for cut in _cuts(edges, last_gap, a, b, columns)
        ]
        first = np.union1d(first, np.array(cuts, np.int64))
        stop = np.append(first[1:], count)
    return Lines(first, stop, columns)


def _cuts(edges: Rows, last_gap: Rows, start: int, stop: int, columns: int) -> list[int]:
    """Where a stretch that is too long for a line is broken: as late as may be, after a gap if there is one."""
    cuts = []
    while edges[stop] - edges[start] > columns:
        cut = start + max(int(np.searchsorted(edges[start : stop + 1], edges[start] + columns, side="right")) - 1, 1)
        gap = int(last_gap[cut - 1])
        start = gap + 1 if gap >= start else cut
        cuts.append(start)
    return cuts
