"""The course of a training, and what the gates and timescales were at each of its checkpoints."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis import OverTraining, along, binned, gather_over_training
from gruviz.recording import SequenceInfo, over_training
from gruviz.ui.reading._gathered import Gathered
from gruviz.ui.reading._request import Request, Source, Unfinished

Floats = NDArray[np.float64]
Line = tuple[Floats, Floats]
"""Places along the axis of training, 0 to 1, and values."""
_POINTS = 512
"""Of a line, at most."""
_NONE = np.zeros(0)


@dataclass(frozen=True, eq=False)
class History:
    """How the training went by which a sequence was read again and again."""

    steps: NDArray[np.int64]
    """(C,) the training steps of the checkpoints, ascending."""
    at: NDArray[np.int64]
    """(C,) the sequence that each of them read."""
    total: int
    """Training steps that were asked for; 0 where that is not known."""
    losses: Floats
    """(C,) at the checkpoints; NaN where it is not known, as before the first step."""
    norms: Floats
    """(C,) of the gradient, likewise."""
    loss: Line = (_NONE, _NONE)
    """Means over neighbouring steps; empty where nothing is known."""
    norm: Line = (_NONE, _NONE)
    """Of the logarithm of the gradient's norm, to the base of 10."""
    metric: Line = (_NONE, _NONE)
    """On held-out data, where it was judged."""
    metric_name: str = ""


@dataclass(frozen=True)
class Measured:
    """The gates and timescales."""

    course: History
    done: float
    """Which fraction of them is gathered."""
    over: OverTraining | None
    """None before all of them are."""


@dataclass(frozen=True)
class HistoryRequest(Request):
    """How the training went."""

    def read(self, source: Source) -> History:
        """Read it, once."""
        key = ("course", self.layer, self.sequence)
        course: History = source.once(key, lambda: _course(source, self._alike(source)))
        return course

    def _alike(self, source: Source) -> tuple[SequenceInfo, ...]:
        return over_training(self._tape(source).sequences, self.sequence)


@dataclass(frozen=True)
class OverTrainingRequest(HistoryRequest):
    """The same with the gates and timescales at each checkpoint."""

    def read(self, source: Source) -> Measured | Unfinished:  # type: ignore[override]
        """Gather them, in turns; they are kept."""
        course = super().read(source)
        gathered: Gathered[OverTraining] = source.once(
            ("over training", self.layer, self.sequence),
            lambda: Gathered(gather_over_training(self._layer(source), self._alike(source))),
        )
        if gathered.go_on():
            return Measured(course, 1.0, gathered.value)
        return Unfinished(Measured(course, gathered.done, None))


def _course(source: Source, alike: tuple[SequenceInfo, ...]) -> History:
    steps, at = (np.array([getattr(info, name) for info in alike], np.int64) for name in ("checkpoint", "index"))
    training = source.recording.training
    unknown = np.full(len(steps), np.nan)
    if training is None or not len(training.step) or not len(steps):
        return History(steps, at, 0 if training is None else training.steps, unknown, unknown)
    places = along(steps, training.step)
    judged = ~np.isnan(training.metric)
    with np.errstate(divide="ignore", invalid="ignore"):
        norms = np.log10(training.gradient_norm)
    row = np.minimum(np.searchsorted(training.step, steps), len(training.step) - 1)
    known = training.step[row] == steps
    return History(
        steps,
        at,
        training.steps,
        np.where(known, training.loss[row], np.nan),
        np.where(known, training.gradient_norm[row], np.nan),
        binned(places, training.loss, _POINTS),
        binned(places, norms, _POINTS),
        (places[judged], training.metric[judged]),
        training.metric_name,
    )
