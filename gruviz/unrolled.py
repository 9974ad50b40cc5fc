"""One layer unrolled over one sequence, as a recording holds it: the derivatives of its steps, some at a time."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gruviz.errors import GruvizError
from gruviz.recording import Layer, LayerWeights, Recording
from gruviz.slopes import Array, GRUSlope, LSTMSlope, ResetBeforeSlope, RNNSlope, Slope

VALUES = 2**19
"""Of one quantity, that are in memory at a time."""


@dataclass(frozen=True)
class Unrolled:
    """One layer, in one direction, as it read one sequence. What it gives out is NumPy's, in float64.

    Raises:
        GruvizError: the recording does not hold what derivatives are made of.
    """

    recording: Recording
    layer: Layer
    sequence: int

    def __post_init__(self) -> None:
        layer = self.layer
        if layer.projection is not None:
            raise GruvizError(f"{layer.name} is an LSTM that projects its hidden state: its gradients are not computed")
        rows = layer.slice(self.sequence)
        if ((layer.altered >= rows.start) & (layer.altered < rows.stop)).any():
            raise GruvizError(
                f"the model changed the state of {layer.name} between two timesteps, and how is not in the recording: "
                "its gradients cannot be computed"
            )
        stored = self._weights.matrix("weight_hh", slice(None), layer.size)
        if stored is None or len(stored) != len(layer.cell.rows) * layer.size:
            raise GruvizError(
                f"the weights of {layer.name} are not in {self.recording.name}: give its model with --model"
            )

    @property
    def length(self) -> int:
        """Timesteps, T."""
        return self.layer.tape.sequences[self.sequence].length

    @property
    def size(self) -> int:
        """Hidden units, H."""
        return self.layer.size

    @cached_property
    def _weights(self) -> LayerWeights:
        return LayerWeights(self.recording, self.layer, self.sequence)

    @cached_property
    def W_hh(self) -> Array:
        """(G·H, H)"""
        return self._array(self._weights.matrix("weight_hh", slice(None), self.size))

    def slopes(self, start: int, stop: int) -> Slope:
        """Of the timesteps `start` up to `stop`, in the sequence's own time order."""
        layer, info = self.layer, self.layer.tape.sequences[self.sequence]
        rows = slice(info.offset + start, info.offset + stop)
        values = {name: self._array(layer[name][rows]) for name in layer.quantities}
        if layer.cell.name == "rnn":
            return RNNSlope.at(values, self.W_hh, layer.nonlinearity)
        before = self._array(layer.previous(layer.cell.state, self.sequence, start, stop))
        if layer.cell.name == "lstm":
            return LSTMSlope.at(values, before, self.W_hh)
        if layer.reset == "before":
            return ResetBeforeSlope.at(values, before, self.W_hh)
        bias = self._weights.bias("bias_hh", slice(2 * self.size, 3 * self.size))
        return GRUSlope.at(values, before, self.W_hh, None if bias is None else self._array(bias))

    @property
    def many(self) -> int:
        """Timesteps whose derivatives are in memory at a time."""
        return max(1, VALUES // len(self.W_hh))

    def _array(self, stored: Any) -> Array:
        """As it is computed with."""
        return np.asarray(stored, np.float64)
