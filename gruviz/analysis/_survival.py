"""Survival: how much of what a unit held at one timestep is still there at a later one.

Since h_t = k_t h_(t-1) + (1 - k_t) n_t, what stood at the end of timestep s is multiplied by every keep after it:
S(s→t) = k_(s+1) ... k_t. This is the direct path alone: a candidate reads the old states again, and what it takes from
them counts as written anew. What survives is retained, which does not make it important.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gruviz.analysis._arrays import alike, array, fractions

HORIZONS = (1 / math.e, 0.5, 0.1)
"""The fractions whose undercutting marks how long something lasts."""
_PIECE = 512
"""Timesteps that are gone through at a time: as many halves can be multiplied without leaving the range of float64."""


def survival(keep: ArrayLike, s: int) -> NDArray[np.float64]:
    """The fraction of what stood at the end of timestep `s` that is still there at each timestep, (T, H).

    Row t is the product of the keeps of the timesteps s + 1 up to t: 1 at s, NaN before it. It is exact where a keep is
    0, and to about 15 digits wherever float64 holds it (down to 1e-308, its coarser numbers down to 5e-324): powers of
    two are added up apart, so that no product underflows before its time.

    Args:
        keep: (T, H), in processing order, T timesteps of H units; an LSTM's forget gate, and then it is the cell state
            that survives. A NaN spreads to all that follow it.
        s: a timestep, or -1 for the state that the sequence started from.

    Raises:
        ValueError: there is no such timestep, or `keep` has other axes, or is no fraction.
    """
    keep = fractions("keep", keep, "T", "H")
    if not -1 <= s < len(keep):
        raise ValueError(f"there is no timestep {s} in a sequence of {len(keep)}: give -1 up to {len(keep) - 1}")
    survived = np.full(keep.shape, np.nan)
    survived[s + 1 :] = fading(keep[s + 1 :], np.ones(keep.shape[1]))
    if s >= 0:
        survived[s] = 1.0
    return survived


def fading(keep: ArrayLike, standing: ArrayLike) -> NDArray[np.float64]:
    """What is left after each timestep of what stood before the first of them, (T, H).

    Args:
        keep: (T, H), in processing order.
        standing: (H,).

    Raises:
        ValueError: they have other axes, or do not go together.
    """
    keep, stood = array("keep", keep, "T", "H"), array("standing", standing, "H")
    alike(keep=keep[:1], standing=np.broadcast_to(stood, (len(keep[:1]), len(stood))))
    left = np.zeros(keep.shape)
    standing, power = np.frexp(stood.astype(np.float64))
    for start in range(0, len(keep), _PIECE):
        fraction, exponent = np.frexp(keep[start : start + _PIECE].astype(np.float64))
        for row, twos in zip(fraction, exponent, strict=True):
            row *= standing
            twos += power
            standing, power = row, twos
        left[start : start + _PIECE] = np.ldexp(fraction, exponent)
        standing, more = np.frexp(standing)
        power = power + more
        if not standing.any():  # all of it is gone for good
            break
    return left


def horizon(survived: ArrayLike, below: float = HORIZONS[0]) -> NDArray[np.intp]:
    """The first timestep at which less than the fraction `below` is left; T where that does not come to pass.

    Args:
        survived: (T, H) as `survival` gives it, for a horizon of each unit, (H,); or (T,), such as the median over
            units, for one, ().
        below: the fraction, 1/e if it is not given.

    Raises:
        ValueError: `survived` has other axes.
    """
    fallen = array("survived", survived, "T", "H", line=True) < below  # a NaN is not
    return np.where(fallen.any(axis=0), fallen.argmax(axis=0), len(fallen))
