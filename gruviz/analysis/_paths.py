"""The direct path against all paths: what survives of a state, held against what a later state depends on it by.

A later state h_T depends on an earlier one by dh_T/dh_s = J_T ... J_(s+1). One of its ways leads straight through the
keeps: it alone would make the matrix diag(S), with S(s→T) = k_(s+1) ... k_T, the survival. It is the gradient that
Hochreiter and Schmidhuber 1997 (Long short-term memory, Neural Computation 9(8)) were content with: they truncated it
where it leaves a unit's own state. All others lead through gates and candidates, which read the old states anew. Of an
LSTM it is dc_T/dc_s, with the forget gate for the keep. How far the two are apart is measured here in a way of our own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gruviz.analysis._arrays import alike, array, fractions
from gruviz.errors import GruvizError
from gruviz.recording import Layer
from gruviz.recording.gradient import NONE

Floats = NDArray[np.float64]
Shares = NDArray[np.floating]


@dataclass(frozen=True)
class Paths:
    """What stood at each of n timesteps s, in processing order, in the state of the last of them, T."""

    start: int
    """The first of them, in processing order."""
    direct: Floats
    """log10 of S(s→T) of each unit, (n, H): the fraction of what it held that is still there."""
    itself: Floats
    """log10 of |dh_T,i/dh_s,i|, (n, H): what each unit depends on itself by, on all paths."""
    column: Floats
    """log10 of the norm of dh_T/dh_s,i, (n, H): what all units together depend on unit i by."""
    apart: Floats
    """How far diag(S) is from dh_T/dh_s, (n,), see `paths`."""
    unit_apart: Floats
    """The same of each unit's column, (n, H)."""


def paths(keep: ArrayLike, reach: ArrayLike, column: ArrayLike, diagonal: ArrayLike) -> Paths:
    """Hold the direct path against all paths, for timesteps s of which the last is T.

    With M = dh_T/dh_s, they are apart by |M - diag(S)| / max(|M|, |diag(S)|), in Frobenius norms: 0 where the direct
    path is all there is, near 1 where one of them is as nothing beside the other, up to 2 where they oppose each other.
    Of unit i it is taken of column i alone. Below about 1e-3 it is what rounding left: the recording has float32.

    Args:
        keep: (n, H), in processing order.
        reach: (n,), log10 of the spectral norm of M.
        column: (n, H), the norms of the columns of M, over its spectral norm.
        diagonal: (n, H), the diagonal of M, likewise.

    Returns:
        With `start` 0.

    Raises:
        ValueError: they have other axes, or do not go together, or a keep is no fraction.
    """
    keep, reach = fractions("keep", keep, "n", "H"), array("reach", reach, "n").astype(np.float64)
    column, diagonal = array("column", column, "n", "H"), array("diagonal", diagonal, "n", "H")
    alike(keep=keep, column=column, diagonal=diagonal)
    alike(keep=keep[:, 0], reach=reach)
    return hold(surviving(keep, since=False), reach, column, diagonal)


def surviving(keep: NDArray[np.floating], since: bool) -> Floats:
    """log10 of S over n timesteps in processing order, (n, H): from the first to each, or from each to the last."""
    with np.errstate(divide="ignore"):
        after = np.log10(keep[1:].astype(np.float64))
    zero = np.zeros((1, keep.shape[1]))
    if since:
        return np.concatenate([zero, np.cumsum(after, axis=0)])
    return np.concatenate([zero, np.cumsum(after[::-1], axis=0)])[::-1]


def hold(direct: Floats, reach: Floats, column: NDArray[np.floating], diagonal: NDArray[np.floating]) -> Paths:
    """The same where log10 of the survival is known, (n, H)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        size: Floats = np.log10(column.astype(np.float64)) + reach[:, None]
        itself: Floats = np.log10(np.abs(diagonal.astype(np.float64))) + reach[:, None]
        # All in shares of the greatest of them, so that nothing is too small or too large.
        largest = np.maximum(direct, size).max(axis=1, keepdims=True)
        S, M, own = (np.nan_to_num(10.0 ** (each - largest)) for each in (direct, size, itself))
        missed = np.maximum(M * M - 2 * np.sign(diagonal) * own * S + S * S, 0)
        apart = np.sqrt(missed.sum(axis=1) / np.maximum((M * M).sum(axis=1), (S * S).sum(axis=1)))
        unit_largest = np.maximum(direct, size)
        S, M, own = (np.nan_to_num(10.0 ** (each - unit_largest)) for each in (direct, size, itself))
        unit_apart = np.sqrt(np.maximum(M * M - 2 * np.sign(diagonal) * own * S + S * S, 0))
    return Paths(0, direct, itself, size, apart, unit_apart)


def paths_to_reached(layer: Layer, sequence: int) -> Paths:
    """The same of a layer of a recording, for the timestep that `gruviz gradient` followed back.

    Raises:
        GruvizError: the layer has no keep, or what its states reach was not computed.
    """
    cell, gradient = layer.cell, layer.gradient
    if cell.keep is None:
        raise GruvizError(
            f"{layer.name} is a plain {cell.title}: it has no keep, so nothing of a state survives a step"
        )
    state = cell.state
    names = tuple(f"{field}_{state}" for field in ("reach", "column", "diagonal"))
    if gradient is None or not set(names) <= set(gradient.names) or gradient.reached(sequence) == NONE:
        raise GruvizError(f"what the states of {layer.name} reach is not in the recording: compute it, gruviz gradient")
    info = layer.tape.sequences[sequence]
    known = np.flatnonzero(~np.isnan(gradient.read(names[0], info.rows))) + info.offset
    rows = slice(int(known[0]), int(known[-1]) + 1)
    turn = -1 if layer.backward else 1
    reach, column, diagonal = (gradient.read(name, rows)[::turn] for name in names)
    found = paths(layer[cell.keep][rows][::turn], reach, column, diagonal)
    start = info.offset + info.length - rows.stop if layer.backward else rows.start - info.offset
    return Paths(start, found.direct, found.itself, found.column, found.apart, found.unit_apart)
