"""Which tokens a recurrent layer read: seen where they are looked up, because its input no longer tells."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from torch import Tensor

_RECENT = 16
"""Look-ups that are remembered: an encoder's and a decoder's, not those of all timesteps."""


class Embedded:
    """The latest look-ups in embeddings: tokens, and the vectors that they stand for."""

    def __init__(self) -> None:
        self._recent: deque[tuple[Tensor, Tensor]] = deque(maxlen=_RECENT)

    def note(self, given: Sequence[Any], vectors: Any) -> None:
        """Remember a look-up of tokens (...), whichever of its arguments they are, that gave vectors (..., E)."""
        for tokens in given[:2]:
            if isinstance(tokens, Tensor) and not tokens.is_floating_point():
                self._recent.append((tokens, vectors.detach()))

    def forget(self) -> None:
        """Forget them all."""
        self._recent.clear()

    def tokens(self, x: Tensor) -> Tensor | None:
        """The tokens (...) behind an input x (..., I), or None where it comes from no look-up.

        The vectors may stand first or last among other features, an attention's context for instance, and may have
        gone through dropout.
        """
        for tokens, vectors in reversed(self._recent):
            width = vectors.shape[-1]
            if width > x.shape[-1] or tokens.numel() * x.shape[-1] != x.numel() or not x.numel():
                continue
            for t, v in _layouts(tokens, vectors):
                v = v.reshape(*x.shape[:-1], width).to(x.dtype)
                if _is(x[..., :width], v) or _is(x[..., -width:], v):
                    return t.reshape(x.shape[:-1]).detach().cpu().clone()
        return None


def _layouts(tokens: Tensor, vectors: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    yield tokens, vectors
    if tokens.dim() == 2:
        yield tokens.transpose(0, 1), vectors.transpose(0, 1)


def _is(x: Tensor, vectors: Tensor) -> bool:
    """Whether x is these vectors, or what dropout left of them: zeros, and the rest scaled by one number."""
    kept = x != 0
    if not bool(kept.any()):
        return not bool(vectors.any())
    scaled = x[kept] / vectors[kept]
    return bool((scaled[0] >= 1) & ((scaled - scaled[0]).abs() <= 1e-2 * scaled[0]).all())
