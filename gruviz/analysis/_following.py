"""How well each unit follows a label: a symbol class, a mark, a column of numbers.

Karpathy et al. 2015 (arXiv:1506.02078) found such units by eye, reading text coloured by one cell at a
time. Here they are found by number. A unit that follows a label is not thereby its cause, nor important.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gruviz.analysis._arrays import array

Floats = NDArray[np.float64]
_Statistic = Callable[[NDArray[np.floating], Floats], Floats]
_CONSTANT = 1e-13
"""A spread below this part of the sum of squares is rounding."""


class Following:
    """Correlations of many units with many labels, gathered piece by piece in time, so that no sequence is too long.

    Pearson's r. With a label of zeros and ones that is the point-biserial correlation (Lev 1949). Pairs of which either
    is not a number are left out. A unit or a label that never changes is followed by nothing: its r is 0.
    """

    def __init__(self, units: int, labels: int = 1) -> None:
        self.count = np.zeros((labels, units))
        """Timesteps that count, (K, H)."""
        self._value, self._square = np.zeros((labels, units)), np.zeros((labels, units))
        self._label, self._label_square = np.zeros((labels, units)), np.zeros((labels, units))
        self._product = np.zeros((labels, units))
        # All is summed as differences from the first value met: what never changes then has a spread of exactly 0.
        self._value_origin, self._label_origin = np.full(units, np.nan), np.full(labels, np.nan)

    def add(self, values: ArrayLike, labels: ArrayLike) -> None:
        """Take in n more timesteps.

        Args:
            values: of the units, (n, H).
            labels: of the same timesteps, (n, K).

        Raises:
            ValueError: they have other axes, or do not go together.
        """
        values, labels = array("values", values, "n", "H"), array("labels", labels, "n", "K")
        if len(values) != len(labels):
            raise ValueError(f"labels has the shape {labels.shape}, but values {values.shape}: give as many timesteps")
        v, there = _centred(values, self._value_origin)
        y, known = _centred(labels, self._label_origin)
        self._product += y.T @ v
        if there is None and known is None:
            self.count += len(v)
            self._value += v.sum(axis=0)
            self._square += np.einsum("nh,nh->h", v, v)
            self._label += y.sum(axis=0)[:, None]
            self._label_square += np.einsum("nk,nk->k", y, y)[:, None]
            return
        there = np.ones(v.shape) if there is None else there
        known = np.ones(y.shape) if known is None else known
        self.count += known.T @ there
        self._value += known.T @ v
        self._square += known.T @ (v * v)
        self._label += y.T @ there
        self._label_square += (y * y).T @ there

    @property
    def correlation(self) -> Floats:
        """Pearson's r of every label with every unit, (K, H), from -1 to 1."""
        n = np.maximum(self.count, 1)
        spread = self._square - self._value**2 / n
        label_spread = self._label_square - self._label**2 / n
        together = self._product - self._value * self._label / n
        moves = (spread > _CONSTANT * self._square) & (label_spread > _CONSTANT * self._label_square)
        below = np.sqrt(np.where(moves, spread * label_spread, 1.0))
        found: Floats = np.clip(np.where(moves, together / below, 0.0), -1.0, 1.0)
        return found


def correlation(values: ArrayLike, label: ArrayLike, lag: int = 0, *, ranks: bool = False) -> Floats:
    """How units go with a label, (H,) from -1 to 1; 0 for a unit, or a label, that never changes.

    Args:
        values: (T, H), of one quantity.
        label: (T,), numbers, or True and False.
        lag: the unit at timestep t + lag is held against the label at t: above 0, the unit comes later.
        ranks: Spearman's rank correlation (1904), which takes any rising relation for a straight one, in place of
            Pearson's; ties have their mean rank.

    Raises:
        ValueError: they have other axes, or do not go together.
    """
    v, y = _shifted(values, label, lag)
    if not ranks:
        return _of_columns(v, y)
    return _by_unit(v, y, lambda some, these: _of_columns(_ranks(some), _ranks(these[:, None])[:, 0]))


def roc_area(values: ArrayLike, label: ArrayLike, lag: int = 0) -> Floats:
    """The area under each unit's ROC curve, (H,): how often it is higher where the label is set than where it is not.

    1 for a unit that is always higher there, 0 for one that is always lower, 0.5 for one that tells nothing. It is U of
    Mann and Whitney (1947) over the number of pairs, with ties counted as one half (Hanley and McNeil 1982).

    Args:
        values: (T, H), of one quantity.
        label: (T,), set where it is not 0.
        lag: as for `correlation`.

    Raises:
        ValueError: they have other axes, or do not go together.
    """
    v, y = _shifted(values, label, lag)
    return _by_unit(v, y, _area)


def _of_columns(v: NDArray[np.floating], y: Floats) -> Floats:
    sums = Following(v.shape[1])
    sums.add(v, y[:, None])
    found: Floats = sums.correlation[0]
    return found


def _area(v: NDArray[np.floating], y: Floats) -> Floats:
    is_set = y != 0
    with_it, without = int(is_set.sum()), int((~is_set).sum())
    if not with_it or not without:
        return np.full(v.shape[1], 0.5)
    above = _ranks(v)[is_set].sum(axis=0) - with_it * (with_it + 1) / 2
    part: Floats = above / (with_it * without)
    return part


def _by_unit(v: NDArray[np.floating], y: Floats, statistic: _Statistic) -> Floats:
    """A statistic of ranks: of all units at once where no value is missing, else of each on the timesteps it has."""
    there = np.isfinite(v)
    whole = there.all(axis=0)
    made = np.empty(v.shape[1])
    made[whole] = statistic(v[:, whole], y)
    for unit in np.flatnonzero(~whole):
        rows = there[:, unit]
        made[unit] = statistic(v[rows, unit : unit + 1], y[rows])[0]
    return made


def _ranks(values: NDArray[np.floating]) -> Floats:
    from scipy.stats import rankdata

    ranks: Floats = np.asarray(rankdata(values, axis=0), np.float64) if values.size else values.astype(np.float64)
    return ranks


def _shifted(values: ArrayLike, label: ArrayLike, lag: int) -> tuple[NDArray[np.floating], Floats]:
    """Values and label of the pairs that count, (n, H) and (n,), without those whose label is missing."""
    values, y = array("values", values, "T", "H"), array("label", label, "T").astype(np.float64)
    if y.shape != values.shape[:1]:
        raise ValueError(f"a label has one value for each timestep, {y.shape} does not go with {values.shape}")
    if lag:
        values, y = (values[lag:], y[:-lag]) if lag > 0 else (values[:lag], y[-lag:])
    known = np.isfinite(y)
    return (values, y) if known.all() else (values[known], y[known])


def _centred(values: NDArray[np.floating], origin: Floats) -> tuple[Floats, Floats | None]:
    """Values less their origin, which is filled in where it is not known yet, with 0 for what is missing; and which are
    there, as 1 and 0, or None where all are.
    """
    x = np.asarray(values, np.float64)
    finite = np.isfinite(x)
    for column in np.flatnonzero(np.isnan(origin) & finite.any(axis=0)):
        origin[column] = x[finite[:, column].argmax(), column]
    if finite.all():
        return x - origin, None
    return np.where(finite, x - np.nan_to_num(origin), 0.0), finite.astype(np.float64)
