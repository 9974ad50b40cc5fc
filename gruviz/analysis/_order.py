"""Orders of the hidden units, so that those that behave alike stand together."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Order = Literal["index", "keep", "likeness"]
ORDERS: tuple[Order, ...] = ("index", "keep", "likeness")

_OPTIMAL_UNITS = 512
"""Up to here the leaves are turned so that neighbours are as alike as can be, which takes time of order H³."""
_COLUMNS = 1024
"""Traces are averaged to so many columns before they are compared: more change the order hardly, and take longer."""


def order(keep: NDArray[np.floating], how: Order) -> NDArray[np.intp]:
    """The hidden units in the order in which their rows are to stand: a permutation (H,) of their indices.

    Args:
        keep: (T, H), the keep of each unit over time; for a plain RNN its hidden state. Missing values count as 0.5.
        how: `index` leaves them as they are. `keep` sorts by mean keep, the highest first, equal ones by index.
            `likeness` puts units with similar traces side by side: hierarchical clustering by Ward's criterion, with
            the leaves in optimal order (Bar-Joseph et al. 2001) up to 512 units.

    Raises:
        ValueError: there is no such order.
    """
    if how not in ORDERS:
        raise ValueError(f"units are ordered by {', '.join(ORDERS)}, not by {how}")
    units = keep.shape[1]
    if how == "index" or units < 2 or len(keep) == 0:
        return np.arange(units)
    traces = np.nan_to_num(keep, nan=0.5)
    if how == "keep":
        return np.argsort(-traces.mean(axis=0, dtype=np.float64), kind="stable")
    return _by_likeness(traces)


def _by_likeness(traces: NDArray[np.floating]) -> NDArray[np.intp]:
    from scipy.cluster.hierarchy import leaves_list, linkage

    length, units = traces.shape
    if length > _COLUMNS:
        edges = np.linspace(0, length, _COLUMNS, endpoint=False).astype(np.intp)
        sizes = np.diff(np.append(edges, length))[:, None]
        traces = np.add.reduceat(traces, edges, axis=0, dtype=np.float64) / sizes
    tree = linkage(traces.T, method="ward", optimal_ordering=units <= _OPTIMAL_UNITS)
    return np.asarray(leaves_list(tree), dtype=np.intp)
