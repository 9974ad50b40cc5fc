"""Retained, mixed, overwritten or rewritten alike: as `recording` tells them apart, of anything that is an array."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gruviz import recording
from gruviz.analysis._arrays import Floating, alike, array, fractions
from gruviz.cells import Thresholds


def classify(
    keep: ArrayLike, state: ArrayLike, previous: ArrayLike, thresholds: Thresholds | None = None
) -> NDArray[np.uint8]:
    """The class of every unit at every timestep, (T, H), as an index into `cells.CLASSES`.

    Args:
        keep: (T, H), between 0 and 1: the update gate of a GRU, the forget gate of an LSTM.
        state: (T, H), what the keep acts on, after the timestep: the hidden state, or the LSTM's cell state.
        previous: (T, H), the same before the timestep, in processing order, as `Layer.previous` gives it.
        thresholds: where the classes begin; the defaults of `Thresholds` without.

    Raises:
        ValueError: they are not of one shape, or a keep is no fraction.
    """
    return recording.classify(*_checked(keep, state, previous), thresholds)


def count(
    keep: ArrayLike, state: ArrayLike, previous: ArrayLike, thresholds: Thresholds | None = None
) -> NDArray[np.int32]:
    """How many units are in each class at every timestep: (T, 4), columns as in `cells.CLASSES`, rows summing to H.

    Takes what `classify` takes, and refuses what it refuses.
    """
    return recording.count(*_checked(keep, state, previous), thresholds)


def _checked(keep: ArrayLike, state: ArrayLike, previous: ArrayLike) -> tuple[Floating, Floating, Floating]:
    keeps = fractions("keep", keep, "T", "H")
    states, before = array("state", state, "T", "H"), array("previous", previous, "T", "H")
    alike(keep=keeps, state=states, previous=before)
    return keeps, states, before
