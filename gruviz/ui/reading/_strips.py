"""Columns of a picture out of the level of the pyramid that fits, or out of a coarser one."""

import numpy as np
from numpy.typing import NDArray

from gruviz.recording import Layer, reduce_rows
from gruviz.ui.reading._columns import Columns
from gruviz.ui.reading._request import Source
from gruviz.ui.reading._sample import apart, sampled
from gruviz.ui.reading._tiles import Strip
from gruviz.view import Reduction

Floats = NDArray[np.float32]
_PIECE = 2**22
"""Values that are reduced at a time."""


def strip_for(layer: Layer, sequence: int, quantity: str, step: int, reduction: Reduction) -> Strip:
    """The coarsest strip whose blocks hold `step` timesteps at most; timesteps themselves where there is no pyramid."""
    factor = max((each for each in layer.factors(quantity) if each <= step), default=1)
    return Strip(layer, sequence, quantity, factor, reduction)


def read_columns(source: Source, strip: Strip, columns: Columns) -> Floats:
    """What the columns hold, (columns, H). Where a block is larger than a column, several columns show the same."""
    if strip.factor > columns.step:
        return _spread(source, strip, columns)
    if (distance := apart(strip, columns)) > 1:
        return sampled(strip, columns, distance)
    ratio = columns.step // strip.factor
    first, last = columns.start // strip.factor, min(columns.stop // strip.factor, strip.length)
    if ratio == 1:
        return source.tiles.blocks(strip, first, last)
    piece = max(1, _PIECE // (strip.width * ratio)) * ratio
    # A last block that holds fewer timesteps weighs as much as a full one.
    reduced = (
        reduce_rows(source.tiles.blocks(strip, start, min(start + piece, last)), ratio)
        for start in range(first, last, piece)
    )
    return np.concatenate([getattr(part, strip.reduction) for part in reduced])


def _spread(source: Source, strip: Strip, columns: Columns) -> Floats:
    each = strip.factor // columns.step
    first, skip = divmod(columns.start // columns.step, each)
    length = strip.layer.tape.sequences[strip.sequence].length
    count = -(-min(columns.stop, length) // columns.step) - columns.start // columns.step
    blocks = source.tiles.blocks(strip, first, -(-columns.stop // strip.factor))
    return np.repeat(blocks, each, axis=0)[skip : skip + count]
