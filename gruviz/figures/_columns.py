"""What a heatmap shows: a quantity over a range, as few columns as paper can tell apart, in bounded memory."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.cells import CLASSES, Thresholds
from gruviz.figures import _progress as progress
from gruviz.recording import Layer, Reduced, count, reduce_rows
from gruviz.recording.pyramid import reduce_blocks
from gruviz.view import Reduction

Floats = NDArray[np.float32]
_PIECE = 8192
"""Rows that are read at a time."""


@dataclass(frozen=True)
class Columns:
    """Timesteps `start` up to `stop` of a sequence in columns of `factor` timesteps, counted from the sequence's start.

    So the first and the last column may reach beyond the range; they hold what lies within it.
    """

    start: int
    stop: int
    factor: int

    @property
    def first(self) -> int:
        """The first timestep of the first column, which may lie before `start`."""
        return self.start // self.factor * self.factor

    @property
    def edges(self) -> NDArray[np.int64]:
        """The timesteps at which columns begin, and at last the one after the range, (columns + 1,)."""
        inner = np.arange(self.first + self.factor, self.stop, self.factor)
        return np.concatenate([[self.start], inner, [self.stop]])

    def __len__(self) -> int:
        return -(-(self.stop - self.first) // self.factor)


def fit(layer: Layer, start: int, stop: int, most: int) -> Columns:
    """Columns for a range: single timesteps if these are no more than `most`, else blocks that the pyramid knows."""
    factor = -(-(stop - start) // most)
    levels = [level for level in layer.factors(layer.cell.state) if level <= factor]
    if levels:
        factor = -(-factor // levels[-1]) * levels[-1]
    return Columns(start, stop, factor)


def heatmap(layer: Layer, quantity: str, sequence: int, columns: Columns, how: Reduction = "mean") -> Floats:
    """One quantity of all units in columns, (columns, H)."""
    info, factor = layer.tape.sequences[sequence], columns.factor
    start, stop = columns.start, columns.stop
    if factor == 1:
        progress.read(stop - start)
        return layer[quantity][info.offset + start : info.offset + stop]

    def raw(begin: int, end: int) -> Reduced:
        return reduce_rows(layer[quantity][info.offset + begin : info.offset + end], factor)

    def from_pyramid(begin: int, end: int) -> Reduced:
        blocks = layer.blocks(quantity, sequence, level, begin // level, -(-end // level))
        if len(blocks) < -(-end // level) - begin // level:  # the file was cut short before its pyramid was complete
            return raw(begin, end)
        sizes = np.full(len(blocks), level)
        sizes[-1] = end - (end - 1) // level * level
        return reduce_blocks(blocks, sizes, factor // level)

    # The pyramid's blocks fill whole columns; what the range has of a column at either end is read itself.
    level = max((known for known in layer.factors(quantity) if factor % known == 0), default=1)
    read, step = (from_pyramid if level > 1 else raw), max(1, _PIECE * level // factor) * factor
    head = min(-(-start // factor) * factor, stop)
    tail = stop if stop == info.length else max(stop // factor * factor, head)
    parts = [raw(start, head)] if start < head else []
    for begin in range(head, tail, step):
        parts.append(read(begin, min(begin + step, tail)))
        progress.read(min(step, tail - begin))
    parts += [raw(tail, stop)] if tail < stop else []
    return np.concatenate([getattr(part, how) for part in parts])


def extremes(layer: Layer, quantity: str, sequence: int, columns: Columns) -> tuple[float, float]:
    """The smallest and the largest value in a sequence; in the range alone where the file has no complete pyramid."""
    length = layer.tape.sequences[sequence].length
    levels = layer.factors(quantity)[-1:]
    blocks = [layer.blocks(quantity, sequence, level, 0, length) for level in levels]
    if blocks and len(blocks[0]) == -(-length // levels[0]):
        low, high = blocks[0].min, blocks[0].max
    else:
        low, high = (heatmap(layer, quantity, sequence, columns, how) for how in ("min", "max"))
    return float(np.fmin.reduce(low, axis=None)), float(np.fmax.reduce(high, axis=None))  # past what is missing


def counts(
    layer: Layer, sequence: int, columns: Columns, units: NDArray[np.intp] | None, thresholds: Thresholds
) -> NDArray[np.float64]:
    """How many of `units` (all without) are in each class, on average over each column, (columns, 4)."""
    if layer.cell.keep is None:
        raise ValueError(f"a {layer.cell.title} has no keep to class its units by")
    info = layer.tape.sequences[sequence]
    stored = units is None and thresholds == layer.thresholds
    summed = np.zeros((len(columns), len(CLASSES)))
    edges = columns.edges
    step = max(1, _PIECE // columns.factor)
    for first in range(0, len(columns), step):
        part = edges[first : first + step + 1]
        begin, end = int(part[0]), int(part[-1])
        rows = slice(info.offset + begin, info.offset + end)
        progress.read(end - begin)
        if stored:
            counted = layer.counts(rows)
        else:
            chosen = slice(None) if units is None else units
            keep, state = layer[layer.cell.keep][rows][:, chosen], layer[layer.cell.state][rows][:, chosen]
            previous = layer.previous(layer.cell.state, sequence, begin, end)[:, chosen]
            counted = count(keep, state, previous, thresholds).astype(np.int64)
        summed[first : first + len(part) - 1] = np.add.reduceat(counted, part[:-1] - begin, axis=0)
    return summed / np.diff(edges)[:, None]
