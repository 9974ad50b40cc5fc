"""A coarse picture of a long stretch that has no pyramid: every so many timesteps, some are read, and stand for all."""

import numpy as np
from numpy.typing import NDArray

from gruviz.recording import reduce_rows
from gruviz.recording.schema import CHUNK_ROWS
from gruviz.ui.reading._columns import Columns
from gruviz.ui.reading._tiles import COUNTS, Strip

Floats = NDArray[np.float32]
ENOUGH = 2**23
"""Values that are read for one picture, about: what a disk gives in some hundredths of a second."""


def apart(strip: Strip, columns: Columns) -> int:
    """Timesteps from one stretch that is read to the next, each as long as a chunk of the file; 1 where all is read."""
    if strip.factor > 1 or columns.step == 1 or strip.quantity == COUNTS:
        return 1
    length, distance = min(columns.stop, strip.length) - columns.start, CHUNK_ROWS
    while length / distance * CHUNK_ROWS * strip.width > ENOUGH:
        distance *= 2
    return 1 if distance == CHUNK_ROWS else distance


def sampled(strip: Strip, columns: Columns, distance: int) -> Floats:
    """The columns of a picture, (columns, H): what was not read is as the last that was.

    A stretch begins at every multiple of `distance` timesteps from the first column on. Steps, chunks and distances are
    powers of two, so that columns either lie in a stretch or hold whole ones.
    """
    values, offset = strip.layer[strip.quantity], strip.layer.tape.sequences[strip.sequence].offset
    stop, width = min(columns.stop, strip.length), min(columns.step, CHUNK_ROWS)
    known = []
    for start in range(columns.start, stop, distance):
        rows = values[offset + start : offset + min(start + CHUNK_ROWS, stop)]
        known.append(getattr(reduce_rows(rows, width), strip.reduction))
    firsts = np.cumsum([0, *map(len, known[:-1])])
    last = np.array([len(part) - 1 for part in known])
    time = np.arange(0, stop - columns.start, width)
    stretch = time // distance
    spread: Floats = np.concatenate(known)[firsts[stretch] + np.minimum(time % distance // width, last[stretch])]
    return spread if width == columns.step else getattr(reduce_rows(spread, columns.step // width), strip.reduction)
