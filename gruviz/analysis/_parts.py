"""What gates and candidates are before they are squashed: a part from the input, and a part from the old states."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gruviz.recording import Layer, LayerWeights, Recording, fed_by
from gruviz.recording.schema import TOLERANCE

Values = NDArray[np.float64]
_CLOSE = 1e-3
"""By how much a gate worked out from what went in may miss the recorded one: a wrong input misses by far more."""


def parts(
    recording: Recording, layer: Layer, sequence: int, start: int, stop: int, unit: int
) -> dict[str, tuple[Values, Values]]:
    """Split what is squashed into its two parts, for one unit.

    For PyTorch's gates that is `W_i x + b_i` and `W_h h' + b_h`; of the candidate of a GRU whose reset gate acts after
    the product, the latter before it acts, and of one where it acts before, `W_hn (r * h') + b_hn`. The part from the
    old states is computed from the weights. So is the other, where what went in is in the recording and gives the gates
    that were recorded; else, of an embedding above all, it is what is left of the whole: infinite or NaN where float32
    has only the end of the range.

    Args:
        recording: with the weights of the sequence's checkpoint.
        layer: one of its layers.
        sequence: its index.
        start: the first timestep.
        stop: one past the last.
        unit: which.

    Returns:
        By quantity, the part from the input and the part from the old states, (stop - start,) each; empty where the
        weights were left out, and for an LSTM that projects its hidden state.
    """
    info, cell, size = layer.tape.sequences[sequence], layer.cell, layer.size
    weights = LayerWeights(recording, layer, sequence)
    rows = slice(info.offset + start, info.offset + stop)
    old: Values = layer.previous("hidden", sequence, start, stop).astype(np.float64)
    came = _given(recording, layer, rows)
    made = {}
    for place, name in enumerate(cell.rows):
        row = place * size + unit
        weight = weights.matrix("weight_hh", row, size)
        if weight is None:
            return {}
        seen, passing = old, np.ones(len(old))
        if cell.name == "gru" and name == "candidate":
            if layer.reset == "before":
                seen = old * layer["reset"][rows]
            else:
                passing = layer["reset"][rows, unit].astype(np.float64)
        recurrent = seen @ weight + _or_zero(weights.bias("bias_hh", row))
        value = layer[name][rows, unit].astype(np.float64)
        relu = cell.name == "rnn" and layer.nonlinearity == "relu"
        kind = "relu" if relu else "tanh" if cell[name].kind in ("candidate", "state") else "sigma"
        given = _unsquashed(value, kind) - passing * recurrent
        weight = None if came is None else weights.matrix("weight_ih", row, came.shape[1])
        if came is not None and weight is not None:
            direct = came @ weight + _or_zero(weights.bias("bias_ih", row))
            missed = np.abs(_squashed(direct + passing * recurrent, kind) - value).max(initial=0.0)
            if missed <= max(_CLOSE, 3 * TOLERANCE.get(layer.dtype, 0.0)):
                given = direct
        made[name] = (given, recurrent)
    return made


def _or_zero(bias: NDArray[Any] | None) -> float:
    return 0.0 if bias is None else float(bias)


def _given(recording: Recording, layer: Layer, rows: slice) -> Values | None:
    """What goes into the layer, (n, I), where the recording has it."""
    below = fed_by(recording, layer)
    if below:
        outputs = [each["hidden"] if each.projected is None else each.projected for each in below]
        return np.concatenate([values[rows] for values in outputs], axis=1).astype(np.float64)
    values = layer.tape.values(rows)
    return None if values is None else values.astype(np.float64)


def _squashed(total: Values, kind: str) -> Values:
    if kind == "relu":
        return np.maximum(total, 0)
    with np.errstate(over="ignore"):
        made: Values = np.tanh(total) if kind == "tanh" else 1 / (1 + np.exp(-total))
    return made


def _unsquashed(value: Values, kind: str) -> Values:
    """What was squashed; NaN where a relu has cut it off."""
    if kind == "relu":
        return np.where(value > 0, value, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        made: Values = np.arctanh(value) if kind == "tanh" else np.log(value) - np.log1p(-value)
    return made
