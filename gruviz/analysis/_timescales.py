"""For how long the units keep what they hold: by their keep, and by what their state itself shows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gruviz.analysis._arrays import array, fractions

Floats = NDArray[np.float64]
SAMPLED = 4096
"""Timesteps from which the quartiles are taken, where more are gone through."""


@dataclass(frozen=True)
class Timescales:
    """How fast the units forget, in timesteps, one value for each of H units: inf where nothing is forgotten, 0 where
    all of it is at once, NaN where nothing is known. The direct path only: a candidate may read the old state again.
    """

    of_mean: Floats
    """(H,): -1 / ln(mean k), after which 1/e is left if the keep were its mean at every timestep."""
    of_log: Floats
    """(H,): -1 / mean(ln k), after which 1/e of what was held is left, on average; never longer
    than `of_mean`."""
    quartiles: tuple[Floats, Floats]
    """(H,) each, the spread over time: a quarter of all timesteps have a keep whose -1 / ln(k) lies below the first, a
    quarter above the second."""

    @property
    def halflife(self) -> Floats:
        """(H,): ln 2 times `of_log`, after which half is left."""
        halves: Floats = np.log(2) * self.of_log
        return halves


class Keeps:
    """What timescales are worked out from, gathered piece by piece from keeps of any number of timesteps."""

    def __init__(self, units: int, length: int) -> None:
        """Begin to gather.

        Args:
            units: H.
            length: timesteps that will be added, about: quartiles come from so many of them as `SAMPLED`, equally far
                apart, and from all where there are no more than that.
        """
        self._every = max(1, -(-length // SAMPLED))
        self._seen = 0
        self._known = np.zeros(units, np.int64)
        self._sum, self._logs = np.zeros(units), np.zeros(units)
        self._sample: list[NDArray[np.floating]] = [np.empty((0, units), np.float32)]

    def add(self, keep: ArrayLike) -> None:
        """Add timesteps: (n, H) values between 0 and 1, NaN for what is missing."""
        keep = array("keep", keep, "n", "H")
        missing = np.isnan(keep)
        if missing.any():
            self._known += len(keep) - np.count_nonzero(missing, axis=0)
            keep, logs = np.where(missing, 0, keep), _log(np.where(missing, 1, keep))
        else:
            self._known += len(keep)
            logs = _log(keep)
        self._sum += keep.sum(axis=0, dtype=np.float64)
        self._logs += logs.sum(axis=0, dtype=np.float64)
        some = slice(-self._seen % self._every, None, self._every)
        self._sample.append(np.where(missing[some], np.nan, keep[some]))  # a copy: a view would hold on to all of it
        self._seen += len(keep)

    @property
    def mean(self) -> Floats:
        """(H,): the mean keep; NaN where none is known."""
        return _over(self._sum, self._known)

    def timescales(self) -> Timescales:
        """Those of all timesteps that were added."""
        low, high = _quartiles(np.concatenate(self._sample))
        return Timescales(
            timescale(_log(self.mean)),
            timescale(_over(self._logs, self._known)),
            (timescale(_log(low)), timescale(_log(high))),
        )


def _quartiles(values: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """The first and the third of each column of (n, H), between neighbours in a line; NaN where nothing is known."""
    ranked = np.sort(np.ascontiguousarray(values.T), axis=1)  # what is missing comes last
    last = np.count_nonzero(~np.isnan(ranked), axis=1) - 1
    units = np.flatnonzero(last >= 0)
    found = np.full((2, len(ranked)), np.nan)
    for row, part in enumerate((0.25, 0.75)):
        place = part * last[units]
        below = place.astype(np.intp)
        least = ranked[units, below].astype(np.float64)
        step = ranked[units, np.minimum(below + 1, last[units])] - least
        found[row, units] = least + (place - below) * step
    return found[0], found[1]


def timescales(keep: ArrayLike) -> Timescales:
    """The timescales of the units over some timesteps.

    -1 / ln(mean k) is what Mahto et al. 2021 (arXiv:2009.12727) estimate from a forget gate, k = exp(-1 / T) being the
    keep of a unit of timescale T; -1 / mean(ln k) says how fast the product of the keeps falls, which is what survives.

    Args:
        keep: (T, H), between 0 and 1; NaN where it is missing.

    Raises:
        ValueError: `keep` has other axes, or is no fraction.
    """
    keep = fractions("keep", keep, "T", "H")
    gathered = Keeps(keep.shape[1], 0)  # the quartiles of all that there is
    gathered.add(keep)
    return gathered.timescales()


def timescale(log: Floats) -> Floats:
    """-1 / ln k of ln k, in timesteps: inf for 0, 0 for minus infinity."""
    with np.errstate(divide="ignore"):
        return 1 / np.abs(log)


def autocorrelation(values: ArrayLike) -> Floats:
    """How alike each trace is to itself some timesteps later.

    The usual biased estimate, sum over t of (v_t - m)(v_(t+lag) - m) / sum over t of (v_t - m)², m the mean over the T
    timesteps (Box, Jenkins and Reinsel, Time Series Analysis, section 2.1.5).

    Args:
        values: (T, H), traces of the units, their states for instance; what is missing counts as the mean.

    Returns:
        (T, H): row `lag` has the correlation at that lag, 1 in row 0. NaN for a trace that never moves.

    Raises:
        ValueError: `values` has other axes.
    """
    return correlation_of(autocovariance(array("values", values, "T", "H")))


def autocovariance(values: NDArray[np.floating]) -> Floats:
    """The numerator of `autocorrelation`, (T, H): to be summed over several stretches, and divided by its first row."""
    from scipy.fft import irfft, next_fast_len, rfft

    length = len(values)
    if not length:
        return np.empty(values.shape)
    known = np.isfinite(values)
    means = _over(np.where(known, values, 0).sum(axis=0, dtype=np.float64), known.sum(axis=0))
    moved = np.where(known, values - means, 0).T
    still = np.ptp(moved, axis=1) <= 1e-6 * np.abs(means)  # no more than the rounding of a float32
    moved[still | np.isnan(means)] = 0
    size = next_fast_len(2 * length - 1, real=True)
    covariance: Floats = irfft(np.abs(rfft(moved, size)) ** 2, size)[:, :length].T
    return covariance


def autocorrelation_time(values: ArrayLike) -> Floats:
    """The lag at which the autocorrelation of each trace first falls below 1/e, in timesteps, (H,).

    Between two lags it is taken to fall in a line. Where the autocorrelation is exp(-lag / T), as Murray et al. 2014
    (Nature Neuroscience 17(12)) fit it to neurons, this is T. NaN for a trace that never moves. It is too
    short where it is not far below the number of timesteps, for the mean is taken from the same timesteps.

    Args:
        values: (T, H), as for `autocorrelation`.

    Raises:
        ValueError: `values` has other axes.
    """
    return falls_below(autocorrelation(values))


def falls_below(correlation: Floats, level: float = float(np.exp(-1))) -> Floats:
    """Where each column of `correlation` (T, H), which begins with 1, first falls below a level: (H,), in rows.

    NaN where it never does, or is not known.
    """
    below = correlation < level
    lag = below.argmax(axis=0) if len(below) else np.zeros(below.shape[1], np.intp)
    found = np.full(correlation.shape[1], np.nan)
    units = np.flatnonzero(lag > 0)
    last = lag[units]
    before, after = correlation[last - 1, units], correlation[last, units]
    found[units] = last - 1 + (before - level) / (before - after)
    return found


def correlation_of(covariance: Floats) -> Floats:
    """An autocovariance (T, H), perhaps one summed over stretches, divided by its first row; NaN where that is 0."""
    if not len(covariance):
        return covariance
    variance = covariance[0]
    moves = variance > 0
    return np.where(moves, covariance / np.where(moves, variance, 1), np.nan)


def _log(keep: NDArray[np.floating]) -> Floats:
    with np.errstate(divide="ignore"):
        logs: Floats = np.log(keep.astype(np.float64, copy=False))
    return logs


def _over(sums: Floats, counts: NDArray[np.int64]) -> Floats:
    means: Floats = np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)
    return means
