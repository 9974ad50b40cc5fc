"""Orders of the hidden units, so that those that behave alike stand together."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gruviz.analysis._arrays import alike, array, fractions
from gruviz.analysis._timescales import autocorrelation_time, timescales

Order = Literal["index", "keep", "timescale", "peak", "likeness"]
ORDERS: tuple[Order, ...] = ("index", "keep", "timescale", "peak", "likeness")

_OPTIMAL_UNITS = 512
"""Up to here the leaves are turned so that neighbours are as alike as can be, which takes time of order H³."""
_COLUMNS = 1024
"""Traces are averaged to so many columns before they are compared: more change the order hardly, and take longer."""


def order(keep: ArrayLike | None, how: Order, state: ArrayLike | None = None) -> NDArray[np.intp]:
    """The hidden units in the order in which their rows are to stand: a permutation (H,) of their indices.

    Args:
        keep: (T, H), the keep of each unit over time; None for a plain RNN, whose units are ordered by their state.
        how: `index` leaves them as they are. `keep` sorts by mean keep, or mean state, the highest first. `timescale`
            sorts by -1 / mean(ln k), or by the autocorrelation timescale of the state, the longest first. `peak` sorts
            by the timestep at which the state is largest in magnitude, the earliest first. Equal ones stand by index,
            those of which nothing is known last. `likeness` puts units with similar traces side by side: hierarchical
            clustering by Ward's criterion, with the leaves in optimal order (Bar-Joseph et al. 2001) up to 512 units;
            missing values count as 0.5.
        state: (T, H), the state that the keep acts on; `peak` needs it, and a plain RNN.

    Raises:
        ValueError: there is no such order, or the state that it needs was not given; `keep` or `state` has other axes,
            a keep is no fraction, or they are not of one shape.
    """
    keep = None if keep is None else fractions("keep", keep, "T", "H")
    state = None if state is None else array("state", state, "T", "H")
    if keep is not None and state is not None:
        alike(keep=keep, state=state)
    if how not in ORDERS:
        raise ValueError(f"units are ordered by {', '.join(ORDERS)}, not by {how}")
    traces = state if keep is None else keep
    if traces is None or (how == "peak" and state is None):
        raise ValueError(f"the state is needed for an order by {how}")
    units = traces.shape[1]
    if how == "index" or units < 2 or len(traces) == 0:
        return np.arange(units)
    if how == "likeness":
        return _by_likeness(np.nan_to_num(traces, nan=0.5))
    if how == "keep":
        return by_number(np.nan_to_num(traces, nan=0.5).mean(axis=0, dtype=np.float64), how)
    if how == "timescale":
        return by_number(autocorrelation_time(traces) if keep is None else timescales(keep).of_log, how)
    assert state is not None
    size = np.nan_to_num(np.abs(state), nan=-np.inf, posinf=np.inf)
    return by_number(np.where(np.isfinite(state).any(axis=0), size.argmax(axis=0), np.nan), how)


def by_number(values: ArrayLike, how: Order) -> NDArray[np.intp]:
    """The units by their mean keep, timescale or time of peak (H,), which was worked out before: a permutation (H,).

    Raises:
        ValueError: `values` has other axes.
    """
    values = array("values", values, "H")
    return np.argsort(values if how == "peak" else -values, kind="stable")  # NaN comes last


def _by_likeness(traces: NDArray[np.floating]) -> NDArray[np.intp]:
    from scipy.cluster.hierarchy import leaves_list, linkage

    length, units = traces.shape
    if length > _COLUMNS:
        edges = np.linspace(0, length, _COLUMNS, endpoint=False).astype(np.intp)
        sizes = np.diff(np.append(edges, length))[:, None]
        traces = np.add.reduceat(traces, edges, axis=0, dtype=np.float64) / sizes
    tree = linkage(traces.T, method="ward", optimal_ordering=units <= _OPTIMAL_UNITS)
    return np.asarray(leaves_list(tree), dtype=np.intp)
