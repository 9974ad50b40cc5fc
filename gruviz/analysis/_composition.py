"""Composition: of what the present state is made, timestep by timestep.

Unrolling h_t = k_t h_(t-1) + (1 - k_t) n_t down to the start gives

    h_t = S(-1→t) h_(-1) + sum over j ≤ t of (1 - k_j) S(j→t) n_j,     S(j→t) = k_(j+1) ... k_t

and for an LSTM the same of its cell state, with the input gate i_j in the place of 1 - k_j. The weights of a GRU are at
least 0 and sum to 1; those of an LSTM need not. They tell of the direct path alone: a candidate reads the old states
again. A large weight on a candidate near 0 contributes nothing, and what contributes need not be important.

Where a loop alters the state between two steps (sets it to zero, masks it, adds noise), k_t is applied to the altered
state, and what was added to it before timestep j is in h_t with the weight k_j S(j→t). `added` gives what that was: it
is no part of the weights, and only with it do the contributions sum to h_t.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gruviz.analysis._arrays import alike, array, fractions

Floats = NDArray[np.float64]
_PIECE = 64
"""Timesteps that are gone through at a time: few enough to stay in the processor's cache."""
_GONE = 1e-300
"""Weights below this count as 0: soon after, float64 would lose digits and time."""


def composition(keep: ArrayLike, t: int, write: ArrayLike | None = None) -> Floats:
    """The weights of all that the state at the end of timestep `t` is made of, (t + 2, H).

    Row 0 is the weight of the initial state, row 1 + j that of what was written at timestep j, its candidate. Without
    `write` the weights of each unit sum to 1, to within t roundings of float64. Each has about 15 digits; those below
    1e-300 are 0. Of a loop that alters the state between steps, what it adds is not among them: see `added`.

    Args:
        keep: (T, H), in processing order; an LSTM's forget gate.
        t: a timestep; of -1 the state is the initial one alone.
        write: (T, H), the fraction of the candidate that is taken: an LSTM's input gate. 1 - keep if it is not given.

    Raises:
        ValueError: there is no such timestep, `keep` or `write` has other axes or is no fraction, or `write` another
            shape than `keep`.
    """
    keep = fractions("keep", keep, "T", "H")
    write = None if write is None else fractions("write", write, "T", "H")
    if not -1 <= t < len(keep):
        raise ValueError(f"there is no timestep {t} in a sequence of {len(keep)}: give -1 up to {len(keep) - 1}")
    if write is not None:
        alike(keep=keep, write=write)
    weights = np.zeros((t + 2, keep.shape[1]))
    standing = np.ones(keep.shape[1])
    for stop in range(t + 1, 0, -_PIECE):
        rows = slice(max(stop - _PIECE, 0), stop)
        left, weights[rows.start + 1 : stop + 1] = weigh(keep[rows], standing, None if write is None else write[rows])
        standing = left[0]
        if not standing.any():  # nothing older is left
            break
    weights[0] = standing
    return weights


def weigh(
    keep: NDArray[np.floating], standing: Floats, write: NDArray[np.floating] | None = None
) -> tuple[Floats, Floats]:
    """What is left in the end of some timesteps, of what stood before each, and of what was written at each.

    Args:
        keep: (n, H), in processing order.
        standing: (H,), what is left in the end of what stands after the last of them.
        write: (n, H), or None for 1 - keep.

    Returns:
        (n + 1, H): row i is what is left of what stood before timestep i, the last row `standing`; and (n, H), the
        weight of what was written at timestep i.
    """
    keep = keep.astype(np.float64)
    left = np.empty((len(keep) + 1, keep.shape[1]))
    left[-1] = standing
    for i in range(len(keep) - 1, -1, -1):
        np.multiply(left[i + 1], keep[i], out=left[i])
    left[0][left[0] < _GONE] = 0.0
    taken = np.subtract(1.0, keep, out=keep) if write is None else write.astype(np.float64)
    return left, np.multiply(taken, left[1:], out=taken)


def contribution(weights: ArrayLike, candidate: ArrayLike, initial: ArrayLike) -> Floats:
    """What each timestep puts into the state, (t + 2, H): weight times candidate. Over the rows it sums to h_t.

    Where a loop altered the state between steps, what that gave is missing from the sum: for each timestep j it is
    k_j S(j→t) times what `added` gives.

    Args:
        weights: (t + 2, H), as `composition` gives them.
        candidate: (T, H) with T > t, in processing order.
        initial: (H,), the state that the sequence started from: h, or an LSTM's c.

    Raises:
        ValueError: they have other axes, or do not go together.
    """
    contributions = array("weights", weights, "t + 2", "H").astype(np.float64)
    written = array("candidate", candidate, "T", "H")[: max(len(contributions) - 1, 0)]
    start = array("initial", initial, "H")
    alike(weights=contributions[:1], initial=start[None])
    alike(weights=contributions[1:], candidate=written)
    contributions[0] *= start
    contributions[1:] *= written
    return contributions
