"""The Jacobians of one layer along a sequence: of one step, of many in a row, and of the end on every state before it.

How a state acts on a later one in its own layer goes through the steps of that layer alone, whatever stands above or
below: dh_t/dh_s = J_t ... J_(s+1), with J_t = dh_t/dh_(t-1) (Pascanu, Mikolov and Bengio 2013, arXiv:1211.5063,
equation 5). Where the norms of the J_t stay below 1 such products vanish, where they stay above it they may explode.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from gruviz.model._norms import norms_of, spectral_norms
from gruviz.model._scaled import log10, tamed
from gruviz.model.chain import Link
from gruviz.model.gradients import Measured

_MATRICES = 2**22
"""Numbers in the matrices that are in memory at a time."""


def step_norms(link: Link) -> Iterator[Measured]:
    """`step_norm`: the spectral norm of ds_t/ds_(t-1) at each timestep, s being h, and of an LSTM h and c together."""
    for piece in link.pieces():
        slopes = link.slopes(piece.start, piece.stop)
        like = torch.empty(len(slopes), slopes.size, dtype=link.dtype)
        norms = spectral_norms(slopes.forth, slopes.gradient, like)
        yield Measured(link.layer.name, piece.start, {"step_norm": norms.float().numpy()})


def step_radius(link: Link, t: int) -> float:
    """The spectral radius of ds_t/ds_(t-1): the largest absolute value of an eigenvalue.

    Eigenvalues take 23 ms at 256 units and 256 ms at 512 (measured): this is for single timesteps.
    """
    return float(torch.linalg.eigvals(link.slopes(t, t + 1).matrix()[0]).abs().max())


def growth(link: Link) -> Iterator[Measured]:
    """`growth`: log10 of what the direction that grows most grows by in each timestep, in processing order.

    A change of the state before the first timestep is carried through all of them and scaled back to length 1 after
    each. From any start it soon turns into the direction that grows most, so that the mean over many timesteps is the
    largest Lyapunov exponent of the sequence, and the sum over a span what a change within it grows by (Benettin et al.
    1980; for recurrent networks Engelken, Wolf and Abbott 2023, arXiv:2006.02427). See `exponents` for further ones.
    """
    for start, steps in _orthonormal(link, 1):
        yield Measured(link.layer.name, start, {"growth": steps[:, 0]})


def exponents(link: Link, count: int) -> np.ndarray:
    """The `count` largest Lyapunov exponents of a sequence, descending, in log10 per timestep, (count,)."""
    total = np.sum([steps.sum(axis=0) for _, steps in _orthonormal(link, count)], axis=0)
    return np.asarray(total / link.length)


def _orthonormal(link: Link, count: int) -> Iterator[tuple[int, np.ndarray]]:
    """log10 of the diagonal of R at each timestep, (n, count), where J_t Q_(t-1) = Q_t R_t: nothing ever overflows."""
    Q: Tensor | None = None
    for piece in reversed(link.pieces()):
        slopes = link.slopes(piece.start, piece.stop)
        if Q is None:
            random = torch.randn(slopes.size, count, dtype=link.dtype, generator=torch.Generator().manual_seed(0))
            Q = torch.linalg.qr(random)[0]
        steps = np.empty((len(slopes), count))
        for t in reversed(link.on_the_way_back(len(slopes))):
            Q, R = torch.linalg.qr(slopes[t].forth(Q.mT).mT)
            with np.errstate(divide="ignore"):
                steps[t] = np.log10(R.diagonal().abs().numpy())
        yield piece.start, steps


def reach(link: Link, t: int, most: int, units: bool = True) -> Iterator[Measured]:
    """How the states of timestep `t` depend on every state before it: dh_t/dh_s for each s, and dc_t/dc_s of an LSTM.

    Total derivatives, as in `gradients`: c_s acts on later cell states through h_s too.

    Args:
        link: the layer.
        t: the timestep that is reached.
        most: timesteps that are followed back at most, each of which takes about G·H³ multiplications.
        units: whether the columns and the diagonal are given too.

    Yields:
        In pieces, the latest first: `reach_hidden`, log10 of the spectral norm of dh_t/dh_s; and as shares of that
        norm `column_hidden`, the norms of its columns, of which column i says how all units depend on what unit i held,
        and `diagonal_hidden`, its diagonal: how each depends on itself. Of an LSTM the same of `cell`.
    """
    size, states = link.size, link.layer.cell.states
    itself, nothing = torch.eye(size, dtype=link.dtype), torch.zeros(size, size, dtype=link.dtype)
    g = (
        {"hidden": itself}
        if len(states) == 1
        else {
            "hidden": torch.cat([itself, nothing], 1),
            "cell": torch.cat([nothing, itself], 1),
        }
    )
    powers = dict.fromkeys(states, 0)
    first, last = (t, min(t + most, link.length - 1)) if link.layer.backward else (max(t - most, 0), t)
    for piece in link.pieces(first, last + 1, max(1, _MATRICES // (size * size))):
        slopes = link.slopes(piece.start, piece.stop)
        held = {name: torch.empty(len(slopes), size, size, dtype=link.dtype) for name in states}
        scales = {name: torch.zeros(len(slopes), dtype=torch.int64) for name in states}
        for at in link.on_the_way_back(len(slopes)):
            for name in states:
                g[name], powers[name] = tamed(g[name], powers[name])
                held[name][at], scales[name][at] = slopes[at].in_all(g[name])[name], powers[name]
                g[name] = slopes[at].back(g[name])[0]
        found: dict[str, np.ndarray] = {}
        for name, matrices in held.items():
            norm, column, diagonal = _described(matrices, scales[name])
            found[f"reach_{name}"] = norm
            if units:
                found |= {f"column_{name}": column, f"diagonal_{name}": diagonal}
        yield Measured(link.layer.name, piece.start, found)


def spread(link: Link, s: int, most: int, units: bool = True) -> Iterator[Measured]:
    """How every state after timestep `s` depends on those of it: dh_t/dh_s for each t, and dc_t/dc_s of an LSTM.

    Total derivatives, as in `reach`, of which this is the other view: there the later timestep stands still, here the
    earlier one does, as it does in survival.

    Args:
        link: the layer.
        s: the timestep that is followed.
        most: for how many timesteps at most, each of which takes about G·H³ multiplications.
        units: whether the columns and the diagonal are given too.

    Yields:
        In pieces, in processing order: `spread_hidden`, `spread_column_hidden` and `spread_diagonal_hidden`, as
        `reach_hidden` and the others of `reach` are for dh_T/dh_s. Of an LSTM the same of `cell`.
    """
    size, states = link.size, link.layer.cell.states
    v = link.slopes(s, s + 1)[0].changes()
    powers = dict.fromkeys(states, 0)
    first, last = (max(s - most, 0), s) if link.layer.backward else (s, min(s + most, link.length - 1))
    for piece in reversed(link.pieces(first, last + 1, max(1, _MATRICES // (size * size)))):
        slopes = link.slopes(piece.start, piece.stop)
        held = {name: torch.empty(len(slopes), size, size, dtype=link.dtype) for name in states}
        scales = {name: torch.zeros(len(slopes), dtype=torch.int64) for name in states}
        for at in reversed(link.on_the_way_back(len(slopes))):
            for name in states:
                if piece.start + at != s:
                    v[name], powers[name] = tamed(slopes[at].forth(v[name]), powers[name])
                own = (
                    v[name][:, :size] if name == "hidden" else v[name][:, size:]
                )  # row i: where a change of unit i leads
                held[name][at], scales[name][at] = own.mT, powers[name]
        found: dict[str, np.ndarray] = {}
        for name, matrices in held.items():
            norm, column, diagonal = _described(matrices, scales[name])
            found[f"spread_{name}"] = norm
            if units:
                found |= {f"spread_column_{name}": column, f"spread_diagonal_{name}": diagonal}
        yield Measured(link.layer.name, piece.start, found)


def _described(matrices: Tensor, scales: Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of matrices times 2^scales, (n, H, H): log10 of their spectral norms, (n,); columns and diagonals over those."""
    norms = norms_of(matrices)
    shares = torch.where(norms > 0, norms, 1)[:, None]
    columns = (torch.linalg.vector_norm(matrices, dim=1) / shares).float().numpy()
    return log10(norms, scales), columns, (matrices.diagonal(dim1=1, dim2=2) / shares).float().numpy()
