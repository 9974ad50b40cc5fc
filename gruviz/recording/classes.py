"""Retained, mixed, overwritten or rewritten alike: the class of each unit at each timestep, and counts of them."""

import numpy as np
from numpy.typing import NDArray

from gruviz.cells import CLASSES, MIXED, OVERWRITTEN, RETAINED, REWRITTEN, Thresholds

Floats = NDArray[np.floating]


def classify(keep: Floats, state: Floats, previous: Floats, thresholds: Thresholds | None = None) -> NDArray[np.uint8]:
    """The class of every unit at every timestep, as an index into `cells.CLASSES`.

    Args:
        keep: (T, H), in [0, 1]: the update gate of a GRU, the forget gate of an LSTM.
        state: (T, H), what the keep acts on, after the timestep: the hidden state, or the LSTM's cell state.
        previous: (T, H), the same before the timestep, in processing order.
        thresholds: where the classes begin; the defaults of `Thresholds` without.

    Returns:
        (T, H) uint8.
    """
    limits = thresholds or Thresholds()
    moved = np.abs(state - previous) > limits.moved
    low = keep <= limits.overwritten
    classes = np.full(keep.shape, MIXED, np.uint8)
    classes[keep >= limits.retained] = RETAINED
    classes[low & moved] = OVERWRITTEN
    classes[low & ~moved] = REWRITTEN
    return classes


def count(keep: Floats, state: Floats, previous: Floats, thresholds: Thresholds | None = None) -> NDArray[np.int32]:
    """How many units are in each class at every timestep: (T, 4), columns as in `cells.CLASSES`, rows summing to H.

    Takes what `classify` takes.
    """
    limits = thresholds or Thresholds()
    low = keep <= limits.overwritten
    counts = np.empty((len(keep), len(CLASSES)), np.int32)
    counts[:, RETAINED] = np.count_nonzero(keep >= limits.retained, axis=1)
    counts[:, OVERWRITTEN] = np.count_nonzero(low & (np.abs(state - previous) > limits.moved), axis=1)
    counts[:, REWRITTEN] = np.count_nonzero(low, axis=1) - counts[:, OVERWRITTEN]
    counts[:, MIXED] = keep.shape[1] - counts[:, RETAINED] - counts[:, OVERWRITTEN] - counts[:, REWRITTEN]
    return counts
