"""Of what a state is made, gathered for paper: a weight and a contribution for each timestep before it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis import Steps, steps, walk_back
from gruviz.figures._subject import Subject

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Made:
    """What a state is made of, as far as it was followed back; of several units means over them."""

    start: int
    """The first timestep that is told of."""
    weights: Floats
    """(n,), of consecutive timesteps."""
    contributions: Floats
    """(n,), weight times candidate of one unit; of several, means of its size."""
    left: float
    """The weight of all that is older, and of the initial state."""
    held: float
    """What that contributes."""
    added: float
    """What the caller's changes of the state between its steps contribute."""
    whole: bool
    """They reach the beginning: what is older is the initial state alone."""
    state: float
    """The state itself; of several units the mean of its size."""

    def of(self, start: int, stop: int) -> Floats:
        """The weights of the timesteps from `start` up to `stop`, (n,); 0 of those that it is not told of."""
        found = np.zeros(stop - start)
        first, last = max(start, self.start), min(stop, self.start + len(self.weights))
        if last > first:
            found[first - start : last - start] = self.weights[first - self.start : last - self.start]
        return found


def made_of(shown: Subject, at: int) -> Made:
    """Follow the state at the end of timestep `at` back until next to nothing is left, in pieces."""
    layer, index, units = shown.layer, shown.sequence.index, shown.units
    length, state = shown.sequence.length, shown.layer.cell.state

    def read(start: int, stop: int) -> Steps:
        did = steps(layer, index, start, stop)
        return Steps(*(None if each is None else each[:, units] for each in _parts(did)))  # type: ignore[arg-type]

    def mean(values: NDArray[np.floating]) -> Floats:
        """Over units, (..., H) to (...)."""
        one = len(units) == 1
        found: Floats = np.asarray(values[..., 0] if one else np.abs(values).mean(axis=-1), np.float64)
        return found

    place = length - 1 - at if layer.backward else at
    weights, contributions, added = [], [], np.zeros(len(units))
    for stretch in walk_back(read, place):
        weights.append(stretch.weights.mean(axis=1))
        contributions.append(mean(stretch.contributions))
        added += stretch.added
    first = stretch.start
    older = layer.processing(state, index, first - 1, first)[0] if first else layer.initial(index, state)
    both = [np.concatenate(each[::-1]) for each in (weights, contributions)]
    if layer.backward:
        both = [each[::-1] for each in both]
    return Made(
        start=at if layer.backward else first,
        weights=both[0],
        contributions=both[1],
        left=float(stretch.left.mean()),
        held=float(mean(stretch.left * older[units])),
        added=float(mean(added)),
        whole=first == 0,
        state=float(mean(layer[state][shown.sequence.offset + at][units])),
    )


def _parts(did: Steps) -> tuple[NDArray[np.floating] | None, ...]:
    return did.keep, did.candidate, did.write, did.added
