"""The layers of a recording as a chain that gradients run back through: slopes of their steps, and what feeds what."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from gruviz.errors import GruvizError
from gruviz.recording import Layer, Recording, fed_by
from gruviz.unrolled import Unrolled


@dataclass(frozen=True)
class Link(Unrolled):
    """One layer, in one direction, as it read one sequence, in tensors."""

    dtype: torch.dtype = torch.float64
    """That its derivatives are computed in."""

    @cached_property
    def W_ih(self) -> Tensor:
        """(G·H, I). Raises GruvizError where it is not there."""
        below = [each.size for each in fed_by(self.recording, self.layer)]
        stored = self._weights.matrix("weight_ih", slice(None))
        if stored is None or len(stored) != len(self.W_hh) or (below and stored.shape[1] != sum(below)):
            raise GruvizError(f"the weights of {self.layer.name} do not fit the layers below it")
        return self._array(stored)

    def pieces(self, first: int = 0, end: int | None = None, most: int = 2**62) -> list[slice]:
        """Timesteps `first` up to `end`, in pieces of bounded memory, in the order in which gradients run.

        They set out from what was read last. No piece has more than `most` timesteps.
        """
        end = self.length if end is None else end
        many = min(most, self.many)
        pieces = [slice(start, min(start + many, end)) for start in range(first, end, many)]
        return pieces if self.layer.backward else pieces[::-1]

    def on_the_way_back(self, steps: int) -> range:
        """The places of some timesteps of a piece, in the order in which gradients run."""
        return range(steps) if self.layer.backward else range(steps - 1, -1, -1)

    def _array(self, stored: Any) -> Tensor:
        return torch.as_tensor(stored).to(self.dtype)


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
