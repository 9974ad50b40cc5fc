"""The layers of a recording as a chain that gradients run back through: slopes of their steps, and what feeds what."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from gruviz.errors import GruvizError
from gruviz.model.slopes import GRUSlope, LSTMSlope, ResetBeforeSlope, RNNSlope, Slope
from gruviz.recording import Layer, LayerWeights, Recording, fed_by

_VALUES = 2**19
"""Of one quantity, that are in memory at a time."""


@dataclass(frozen=True)
class Link:
    """One layer, in one direction, as it read one sequence."""

    recording: Recording
    layer: Layer
    sequence: int
    dtype: torch.dtype = torch.float64
    """That its derivatives are computed in."""

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
    def W_hh(self) -> Tensor:
        """(G·H, H)"""
        return self._tensor(self._weights.matrix("weight_hh", slice(None), self.size))

    @cached_property
    def W_ih(self) -> Tensor:
        """(G·H, I). Raises GruvizError where it is not there."""
        below = [each.size for each in fed_by(self.recording, self.layer)]
        stored = self._weights.matrix("weight_ih", slice(None))
        if stored is None or len(stored) != len(self.W_hh) or (below and stored.shape[1] != sum(below)):
            raise GruvizError(f"the weights of {self.layer.name} do not fit the layers below it")
        return self._tensor(stored)

    def slopes(self, start: int, stop: int) -> Slope:
        """Of the timesteps `start` up to `stop`, in the sequence's own time order."""
        layer, info = self.layer, self.layer.tape.sequences[self.sequence]
        rows = slice(info.offset + start, info.offset + stop)
        values = {name: self._tensor(layer[name][rows]) for name in layer.quantities}
        if layer.cell.name == "rnn":
            return RNNSlope.at(values, self.W_hh, layer.nonlinearity)
        before = self._tensor(layer.previous(layer.cell.state, self.sequence, start, stop))
        if layer.cell.name == "lstm":
            return LSTMSlope.at(values, before, self.W_hh)
        if layer.reset == "before":
            return ResetBeforeSlope.at(values, before, self.W_hh)
        bias = self._weights.bias("bias_hh", slice(2 * self.size, 3 * self.size))
        return GRUSlope.at(values, before, self.W_hh, None if bias is None else self._tensor(bias))

    def pieces(self, first: int = 0, end: int | None = None, most: int = 2**62) -> list[slice]:
        """Timesteps `first` up to `end`, in pieces of bounded memory, in the order in which gradients run.

        They set out from what was read last. No piece has more than `most` timesteps.
        """
        end = self.length if end is None else end
        many = min(most, max(1, _VALUES // len(self.W_hh)))
        pieces = [slice(start, min(start + many, end)) for start in range(first, end, many)]
        return pieces if self.layer.backward else pieces[::-1]

    def on_the_way_back(self, steps: int) -> range:
        """The places of some timesteps of a piece, in the order in which gradients run."""
        return range(steps) if self.layer.backward else range(steps - 1, -1, -1)

    def _tensor(self, array: object) -> Tensor:
        return torch.as_tensor(array).to(self.dtype)


def stack(recording: Recording, tape: str) -> list[list[Layer]]:
    """The layers of a tape that read one another, the top first, the forward direction before the backward one.

    Raises:
        GruvizError: the tape holds layers of several networks, of which nothing says what reads what.
    """
    layers = [layer for layer in recording.layers.values() if layer.tape.name == tape]
    if not layers:
        raise GruvizError(f"there are no layers on the tape {tape}")
    found, below = [], layers
    while below:
        fed = {each.name for layer in below for each in fed_by(recording, layer)}
        found.append([layer for layer in below if layer.name not in fed])
        below = [layer for layer in below if layer.name in fed]
    parts = {layer.name.rpartition(".")[0] for layer in layers}
    if len(parts) > 1 or any(len(level) > 2 for level in found):
        raise GruvizError(
            f"{recording.name} holds several networks on one tape ({', '.join(sorted(parts))}): nothing says which "
            "reads which, so no gradient runs through them"
        )
    return [sorted(level, key=lambda layer: layer.backward) for level in found]
