"""Composition of a state late in a long recording: followed back until nothing that matters is left, and no further."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis._composition import Floats, weigh
from gruviz.errors import GruvizError
from gruviz.recording import Layer

LEAST = 1e-6
"""Where no unit has a weight above this left, nobody looks further back."""
MOST = 16_384
"""Timesteps that are followed back at most, for a unit may never forget."""
_PIECE = 256
"""Timesteps that are read at a time."""
_FIRST = 64
"""At first fewer: most units have forgotten by then."""

Values = NDArray[np.floating]


@dataclass(frozen=True)
class Steps:
    """What a layer did at some timesteps, in processing order, (n, H) each."""

    keep: Values
    candidate: Values
    write: Values | None = None
    """An LSTM's input gate; None where it is 1 - keep."""
    added: Values | None = None
    """What the caller added to the state before each timestep, in a loop over the steps of a cell; None for nothing."""


@dataclass(frozen=True)
class Stretch:
    """Some timesteps in the state at the end of a later one."""

    start: int
    """The first of them, in processing order."""
    weights: Floats
    """(n, H), of what was written at each."""
    contributions: Floats
    """(n, H), weight times candidate."""
    left: Floats
    """(H,), the weight of the state that stood before the first of them: all that is older, and the initial state."""
    added: Floats
    """(H,), what is in the state of what the caller added to it between these timesteps."""


def walk_back(read: Callable[[int, int], Steps], t: int, least: float = LEAST, most: int = MOST) -> Iterator[Stretch]:
    """The state at the end of timestep `t`, from there back in stretches of at most a few hundred timesteps.

    It ends at the start of the sequence, or once no unit has a weight above `least` left, or, where units hardly
    forget, after `most` timesteps. So it takes as long at the millionth timestep as at the thousandth. What is older is
    not lost: h_t is the sum of all contributions and additions, and `left` of the last stretch times the state that
    stood before it.

    Args:
        read: gives what the layer did from one timestep up to another, in processing order; see `steps`.
        t: the timestep, in processing order.
        least: the weight that nobody looks for any more.
        most: timesteps that are followed back at most.
    """
    left, start, end = None, t + 1, max(t + 1 - most, 0)
    while start > end:
        stop, start = start, max(start - (_FIRST if left is None else _PIECE), end)
        did = read(start, stop)
        standing, weights = weigh(did.keep, np.ones(did.keep.shape[1]) if left is None else left, did.write)
        left = standing[0]
        added = np.zeros_like(left) if did.added is None else (standing[:-1] * did.added).sum(axis=0)
        yield Stretch(start, weights, weights * did.candidate, left, added)
        if not (left > least).any():
            return


def steps(layer: Layer, sequence: int, start: int, stop: int) -> Steps:
    """What a layer did at the timesteps `start` up to `stop` of a sequence, counted in processing order.

    Raises:
        GruvizError: the layer has no gate that keeps.
    """
    cell = layer.cell
    if cell.keep is None:
        raise GruvizError(
            f"{layer.name} is a plain {cell.title}: it has no keep, so nothing of a state survives a step"
        )

    def read(quantity: str) -> Values:
        return layer.processing(quantity, sequence, start, stop)

    write = None if cell.write is None else read(cell.write)
    return Steps(read(cell.keep), read("candidate"), write, added(layer, sequence, start, stop))


def added(layer: Layer, sequence: int, start: int, stop: int) -> Values | None:
    """What the caller added to the state before each timestep, in processing order, (n, H); None for nothing at all."""
    if layer.backward:  # only a loop over single steps can be interfered with
        return None
    first, last = (layer.slice(sequence).start + timestep for timestep in (start, stop))
    rows = layer.altered
    if not np.any((rows >= first) & (rows < last)):
        return None
    state = layer.cell.state
    before = np.empty((stop - start, layer.size), np.float32)
    before[1:] = layer[state][first : last - 1]
    before[0] = layer.initial(sequence, state) if start == 0 else layer[state][first - 1]
    return layer.previous(state, sequence, start, stop) - before
