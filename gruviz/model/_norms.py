"""The spectral norm of many matrices at once, which need not be known but for what they do to vectors."""

from collections.abc import Callable

import torch
from torch import Tensor

ROUNDS = 200
"""Of power iteration, at most."""
CLOSE = 1e-5
"""It ends where no norm grew by more than this share in a round."""

Apply = Callable[[Tensor], Tensor]


def spectral_norms(forth: Apply, back: Apply, like: Tensor) -> Tensor:
    """The largest singular value of each of n matrices J, (n,), by power iteration on JᵀJ.

    An estimate never exceeds the norm. Where the two largest singular values are nearly equal it converges slowly to
    either, which are then nearly the norm.

    Args:
        forth: v ↦ J v, for (n, S).
        back: v ↦ Jᵀ v.
        like: (n, S), of the type that is computed in.
    """
    generator = torch.Generator().manual_seed(0)
    v = torch.randn(like.shape, dtype=like.dtype, generator=generator)
    norms = torch.zeros(len(like), dtype=like.dtype)
    for _ in range(ROUNDS):
        v = _unit(v)
        u = forth(v)
        before, norms = norms, torch.linalg.vector_norm(u, dim=-1)
        if bool((norms - before <= CLOSE * norms).all()):
            break
        v = back(u)
    return norms


def norms_of(matrices: Tensor) -> Tensor:
    """The same for matrices that are known, (n, R, C)."""
    return spectral_norms(
        lambda v: (matrices @ v[..., None])[..., 0], lambda u: (u[:, None] @ matrices)[:, 0], matrices[:, 0]
    )


def _unit(v: Tensor) -> Tensor:
    norms = torch.linalg.vector_norm(v, dim=-1, keepdim=True)
    return v / torch.where(norms > 0, norms, 1)
