"""Backpropagation through time, by the slopes of the steps alone: one timestep after the other, nothing kept of them.

Werbos 1990, "Backpropagation through time: what it does and how to do it". A gradient that vanishes or explodes is
carried with a power of two of its own, so that neither is lost.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gruviz.model._scaled import Scaled, shifted, tamed
from gruviz.model.chain import Link

_IN_MEMORY = 2**28
"""Bytes of a series beyond which it lies in a file."""
Came = Callable[[int, int], Scaled]
"""Gives the gradient that comes to the hidden states of the timesteps from one up to another from elsewhere, (n, H)."""


@dataclass(frozen=True)
class Passed:
    """What came of some timesteps on the way back."""

    start: int
    """The first of them, in the sequence's own time order."""
    states: dict[str, Scaled]
    """By name of the state, the gradient with respect to it, (n, H): all of it, whichever way it came."""
    inputs: Scaled
    """The gradient with respect to W_ih x, (n, G·H)."""


def back_through_time(link: Link, came: Came) -> Iterator[Passed]:
    """Carry gradients back through a layer, from the timestep that it read last to the one that it read first.

    Args:
        link: the layer.
        came: the gradients that set out at its hidden states: from the loss, or from the layer above.
    """
    g, power = torch.zeros(2 * link.size if link.layer.cell.name == "lstm" else link.size, dtype=link.dtype), 0
    for piece in link.pieces():
        slopes = link.slopes(piece.start, piece.stop)
        comes = came(piece.start, piece.stop)
        any_comes = (comes.values != 0).any(-1).tolist()
        power_comes = comes.exponents.tolist()
        states = torch.empty(len(slopes), len(g), dtype=link.dtype)
        inputs = torch.empty(len(slopes), len(link.W_hh), dtype=link.dtype)
        powers = [0] * len(slopes)
        for t in link.on_the_way_back(len(slopes)):
            if any_comes[t]:
                g, power = _joined(g, power, comes.values[t], power_comes[t])
            g, power = tamed(g, power)
            states[t], powers[t] = g, power
            g, inputs[t] = slopes[t].back(g)
        exponents = torch.tensor(powers, dtype=torch.int64)
        named = {name: Scaled(total, exponents) for name, total in slopes.in_all(states).items()}
        yield Passed(piece.start, named, Scaled(inputs, exponents))


def _joined(g: Tensor, power: int, comes: Tensor, its: int) -> tuple[Tensor, int]:
    """The sum of a state's gradient and of what comes to its hidden part, each with its power of two."""
    if not bool(g.any()):
        power = its
    common = max(power, its)
    g = shifted(g, power - common)
    g[: len(comes)] += shifted(comes, its - common)
    return g, common


class Series:
    """A gradient for each timestep of a sequence, (T, W), to which several layers add. Long ones lie in a file."""

    def __init__(self, length: int, width: int, dtype: torch.dtype) -> None:
        kind = np.float64 if dtype == torch.float64 else np.float32
        if length * width * np.dtype(kind).itemsize <= _IN_MEMORY:
            self._values = np.zeros((length, width), kind)
        else:  # a file is zero where nothing was written
            self._values = np.memmap(tempfile.TemporaryFile(), kind, "w+", shape=(length, width))  # noqa: SIM115
        self._exponents = np.zeros(length, np.int64)

    def add(self, start: int, rows: Scaled) -> None:
        """Add to the timesteps from `start` on."""
        total = self.read(start, start + len(rows.values)) + rows
        where = slice(start, start + len(rows.values))
        self._values[where], self._exponents[where] = total.values.numpy(), total.exponents.numpy()

    def read(self, start: int, stop: int, columns: slice = slice(None)) -> Scaled:
        """Some timesteps, (n, W), or some columns of them."""
        values = np.ascontiguousarray(self._values[start:stop, columns])
        return Scaled(torch.from_numpy(values), torch.from_numpy(self._exponents[start:stop].copy()))
