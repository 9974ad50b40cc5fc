"""Carry and write: at each step, how much of the old state is taken over, and how much is written.

A GRU's new state is h = k h' + (1 - k) n, an LSTM's new cell state c = f c' + i g: here are the two terms, and what
they come to.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.floating]


def carried(keep: ArrayLike, previous: ArrayLike) -> Values:
    """|k h'|, what of the old state is taken over, (T, H).

    Args:
        keep: (T, H); an LSTM's forget gate.
        previous: (T, H), the state before each timestep, as `Layer.previous` gives it; an LSTM's cell state.
    """
    return np.abs(np.multiply(keep, previous))


def written(write: ArrayLike, candidate: ArrayLike) -> Values:
    """|(1 - k) n|, what is taken of the candidate, (T, H).

    Args:
        write: (T, H), 1 - keep; an LSTM's input gate.
        candidate: (T, H).
    """
    return np.abs(np.multiply(write, candidate))


def change(state: ArrayLike, previous: ArrayLike) -> Values:
    """h - h', how far the state moved, and where to, (T, H).

    Args:
        state: (T, H); an LSTM's cell state.
        previous: (T, H), the state before each timestep.
    """
    return np.subtract(state, previous)
