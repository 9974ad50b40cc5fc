"""The reset gate's effect: what of the old states the candidate gets to read, and what the gate held back of it."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gruviz.analysis._arrays import alike, array
from gruviz.cells import RESETS
from gruviz.errors import GruvizError
from gruviz.recording import Layer, LayerWeights, Recording

Values = NDArray[np.floating]


def through_reset(
    reset: ArrayLike,
    previous: ArrayLike,
    weight: ArrayLike,
    bias: ArrayLike | None = None,
    placement: str = "after",
) -> tuple[Values, Values]:
    """What a candidate gets to read of the old states, and what the reset gate held back of it, (T, H) each.

    All that it could read is p = W_hn h' + b_hn. After the product the reset lets r p through and holds (1 - r) p
    back (PyTorch's `nn.GRU`). Before it, W_hn (r h') + b_hn gets through (Cho et al. 2014, arXiv:1406.1078v3), and what
    is held back is the rest of p: a unit's share is then set by the resets of all units, not by its own. Both are sums
    before the tanh. Weigh them with 1 - k: a unit that writes nothing does not use its reset.

    Args:
        reset: (T, H).
        previous: (T, H), the hidden state before each timestep.
        weight: (H, H), W_hn: the last third of the rows of PyTorch's `weight_hh`.
        bias: (H,), b_hn, or None where there is none.
        placement: whether the reset acts `after` the product or `before` it, as `Layer.reset` says.

    Raises:
        ValueError: there is no such placement, or the arrays have other axes, or do not go together.
    """
    if placement not in RESETS:
        raise ValueError(f"a reset acts {' or '.join(RESETS)} the product, not {placement}")
    reset, previous = array("reset", reset, "T", "H"), array("previous", previous, "T", "H")
    weight = array("weight", weight, "H", "H")
    offset = np.zeros(len(weight), weight.dtype) if bias is None else array("bias", bias, "H")
    alike(reset=reset, previous=previous)
    units = reset.shape[1]
    if weight.shape != (units, units) or offset.shape != (units,):
        shapes = f"weight has the shape {weight.shape} and bias {offset.shape}"
        raise ValueError(f"{shapes}, but reset has {units} units: give (H, H) and (H,)")
    whole = previous @ weight.T + offset
    through = reset * whole if placement == "after" else (reset * previous) @ weight.T + offset
    return through, whole - through


def candidate_weights(recording: Recording, layer: Layer, sequence: int = 0) -> tuple[Values, Values | None]:
    """W_hn, (H, H), and b_hn, (H,) or None, of a GRU's layer, as it read a sequence.

    Raises:
        GruvizError: it is no GRU, or its weights were left out of the recording.
    """
    if layer.cell.name != "gru":
        raise GruvizError(f"{layer.name} has no reset gate: only a GRU has one")
    weights, block = LayerWeights(recording, layer, sequence), slice(2 * layer.size, 3 * layer.size)
    weight = weights.matrix("weight_hh", block, layer.size)
    if weight is not None and len(weight) == layer.size:
        return weight, weights.bias("bias_hh", block)
    raise GruvizError(
        f"{recording.name} does not hold the weights of {layer.name}, which what the reset gate held back is worked out"
        " from: record the model again with this version, weights included"
    )
