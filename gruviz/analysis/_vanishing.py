"""Where a gradient vanishes and where it explodes: by a factor of a thousand, held against where it set out.

That gradients through time do either is what Bengio, Simard and Frasconi 1994 and Pascanu, Mikolov and Bengio 2013
(arXiv:1211.5063) showed; no threshold is published for saying so of a given one, and this is a convention of ours.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gruviz.analysis._arrays import array
from gruviz.recording.gradient import SUM

FACTOR = 3.0
"""log10 of the factor from which on a gradient is said to have vanished, or exploded."""


def set_out(norms: ArrayLike, loss: int) -> float:
    """What the norms of the gradient of one sequence are held against, in log10.

    Args:
        norms: (T,), log10 of the norm of dL/dh_t.
        loss: the timestep that the loss is taken at: its own norm counts. For `SUM` the loss comes in everywhere, and
            the median over all timesteps counts.

    Returns:
        NaN where nothing is known.

    Raises:
        ValueError: the norms have other axes, or there is no such timestep.
    """
    norms = array("norms", norms, "T")
    if loss != SUM and not 0 <= loss < len(norms):
        raise ValueError(f"loss is a timestep from 0 to {len(norms) - 1}, or {SUM} for the sum, not {loss}")
    if loss != SUM:
        return float(norms[loss])
    known = norms[np.isfinite(norms)]
    return float(np.median(known)) if len(known) else float("nan")


def acting(norms: ArrayLike, backward: bool = False) -> slice:
    """The timesteps whose states act on the loss: nothing depends on those that are read after its last timestep.

    Their gradient is 0 by nature, and has not vanished.

    Args:
        norms: (T,), log10 of the norm of dL/dh_t, in the sequence's own time order; minus infinity for zero.
        backward: whether the layer reads the sequence from its end.

    Raises:
        ValueError: the norms have other axes.
    """
    norms = array("norms", norms, "T")
    acts = np.flatnonzero(np.isfinite(norms))
    if not len(acts):
        return slice(0, len(norms))
    return slice(int(acts[0]), len(norms)) if backward else slice(0, int(acts[-1]) + 1)


def vanishing(norms: ArrayLike, against: float = 0.0) -> NDArray[np.int8]:
    """-1 where a gradient has vanished, 1 where it has exploded, else 0: (n,) of log10 norms, (n,).

    Args:
        norms: log10 of norms; minus infinity has vanished, NaN has done nothing.
        against: log10 of what they are held against: `set_out`, or 0 for dh_t/dh_s, whose norm is 1 at t = s.

    Raises:
        ValueError: the norms have other axes.
    """
    norms = array("norms", norms, "n")
    with np.errstate(invalid="ignore"):
        apart = norms - against
        found: NDArray[np.int8] = (apart > FACTOR).astype(np.int8) - (apart < -FACTOR).astype(np.int8)
    return found
