"""Carry and write: at each step, how much of the old state is taken over, and how much is written.

A GRU's new state is h = k h' + (1 - k) n, an LSTM's new cell state c = f c' + i g: here are the two terms, and what
they come to.
"""

import numpy as np
from numpy.typing import ArrayLike

from gruviz.analysis._arrays import Floating, alike, array


def carried(keep: ArrayLike, previous: ArrayLike) -> Floating:
    """|k h'|, what of the old state is taken over, (T, H).

    Args:
        keep: (T, H); an LSTM's forget gate.
        previous: (T, H), the state before each timestep, as `Layer.previous` gives it; an LSTM's cell state.

    Raises:
        ValueError: they have other axes, or are not of one shape.
    """
    keep, previous = array("keep", keep, "T", "H"), array("previous", previous, "T", "H")
    alike(keep=keep, previous=previous)
    return np.abs(keep * previous)


def written(write: ArrayLike, candidate: ArrayLike) -> Floating:
    """|(1 - k) n|, what is taken of the candidate, (T, H).

    Args:
        write: (T, H), 1 - keep; an LSTM's input gate.
        candidate: (T, H).

    Raises:
        ValueError: they have other axes, or are not of one shape.
    """
    write, candidate = array("write", write, "T", "H"), array("candidate", candidate, "T", "H")
    alike(write=write, candidate=candidate)
    return np.abs(write * candidate)


def change(state: ArrayLike, previous: ArrayLike) -> Floating:
    """h - h', how far the state moved, and where to, (T, H).

    Args:
        state: (T, H); an LSTM's cell state.
        previous: (T, H), the state before each timestep.

    Raises:
        ValueError: they have other axes, or are not of one shape.
    """
    state, previous = array("state", state, "T", "H"), array("previous", previous, "T", "H")
    alike(state=state, previous=previous)
    return state - previous
