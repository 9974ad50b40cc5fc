"""What a step does at any timestep, and what goes from any timestep to any other: worked out when it is looked at."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gruviz.analysis import Onward, Pair, StepAt, step_at
from gruviz.ui.reading._gradient_at import Share, listed
from gruviz.ui.reading._request import Request, Source, Unfinished
from gruviz.unrolled import Unrolled

_KEPT = 256
"""Answers of each kind that are kept."""
_TURN = 0.05
"""Seconds that are gone on for before newer questions are looked at."""


@dataclass(frozen=True)
class StepAtRequest(Request):
    """The step to a timestep, by its eigenvalues: seconds of one core where there are 2,000 units."""

    timestep: int
    apart: ClassVar[bool] = True

    def read(self, source: Source) -> StepAt:
        """Work it out. Raises GruvizError where the recording does not hold what it takes."""
        key = self.subject, self.timestep
        found: StepAt = source.kept("step", key, lambda: step_at(_unrolled(source, self), self.timestep), _KEPT)
        return found


@dataclass(frozen=True)
class Linked:
    """What goes from timestep s to timestep t."""

    s: int
    t: int
    done: float
    """Which fraction of the way has been gone; the rest is known where that is 1."""
    pair: Pair | None = None
    shares: tuple[Share, ...] = ()
    """The units of s by how much the state of t depends on them, most first."""
    hidden: float = float("nan")
    """Of an LSTM, whose pair is of c: log10 of the spectral norm of dh_t/dh_s."""


@dataclass(frozen=True)
class LinkRequest(Request):
    """Two timesteps, of which the layer read `s` first.

    A change of every unit of s is carried on, timestep by timestep, and from where it was carried before, if that is on
    the way. Long ways come in pieces, which say how far they have come, and end where something else is asked for.
    """

    s: int
    t: int
    apart: ClassVar[bool] = True

    def read(self, source: Source) -> Linked | Unfinished:
        """Work it out, or go on with it. Raises GruvizError where the recording does not hold what it takes."""
        key = self.subject, self.s, self.t
        if key not in source.known.get("linked", {}):
            before, onward = source.known.get("onward", (None, None))
            if before != (self.subject, self.s) or not onward.leads_to(self.t):
                onward = Onward(_unrolled(source, self), self.s)
                source.known["onward"] = (self.subject, self.s), onward
            if not onward.carry(self.t, _TURN):
                return Unfinished(Linked(self.s, self.t, abs(onward.t - self.s) / abs(self.t - self.s)))
        found: Linked = source.kept("linked", key, lambda: _linked(onward), _KEPT)
        return found


def _linked(onward: Onward) -> Linked:
    pair, direct, states = onward.pair(), onward.direct, onward.dependences
    of_keep = states["cell" if "cell" in states else "hidden"]
    hidden = states["hidden"].total if "cell" in states else float("nan")
    nothing = np.full(len(of_keep.units), np.nan)
    return Linked(onward.s, onward.t, 1.0, pair, listed(of_keep.units, nothing if direct is None else direct), hidden)


def _unrolled(source: Source, request: Request) -> Unrolled:
    """The layer as it read the sequence; its weights are kept until another is asked for."""
    kept = source.known.get("unrolled")
    if kept is None or kept[0] != request.subject:
        layer = source.recording.layers[request.layer]
        kept = source.known["unrolled"] = request.subject, Unrolled(source.recording, layer, request.sequence)
    found: Unrolled = kept[1]
    return found
