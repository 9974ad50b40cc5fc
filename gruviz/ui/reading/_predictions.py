"""What the network predicts around the cursor, and what really came."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.recording import SequenceInfo, Tape
from gruviz.ui.reading._request import Request, Source

Floats = NDArray[np.float32]
STRETCH = 64
"""Timesteps that are read at a time: logits over a large vocabulary are wide."""
_LIKELIEST = 24
_ABOUT_NEXT = ("char", "series", "anbn")
"""Tasks whose outputs are about the next timestep; those of others are about the present one."""


@dataclass(frozen=True)
class Guess:
    """What the network says at one timestep."""

    likeliest: tuple[tuple[str, float], ...]
    """Symbols with their probabilities, the likeliest first."""
    came: str | None
    """The symbol that really came; None after the last, and where it is not known."""
    probability: float
    """That it was given; NaN where it is not known."""

    @property
    def surprise(self) -> float:
        """-log2 of the probability, in bits (Shannon 1948)."""
        with np.errstate(divide="ignore"):
            return float(-np.log2(self.probability))


@dataclass(frozen=True)
class Numbers:
    """What the network says at one timestep, in numbers."""

    names: tuple[str, ...]
    predicted: tuple[float, ...]
    came: tuple[float, ...] | None
    """What really came, NaN where it was missing; None after the last, and where the outputs are about something else.
    """


@dataclass(frozen=True)
class Predictions:
    """Consecutive timesteps."""

    start: int
    says: Sequence[Guess | Numbers]
    about_next: bool
    """It is about the next timestep, not about the present one."""

    def at(self, timestep: int) -> Guess | Numbers | None:
        """What is said at a timestep, or None where it is not among these."""
        index = timestep - self.start
        return self.says[index] if 0 <= index < len(self.says) else None


@dataclass(frozen=True)
class PredictionsRequest(Request):
    """The timesteps of the stretch with this number."""

    stretch: int

    def read(self, source: Source) -> Predictions:
        """Read them."""
        info, tape = self._sequence(source), self._tape(source)
        start = self.stretch * STRETCH
        stop = min(start + STRETCH, info.length)
        task = source.recording.model.get("task")
        about_next = "targets" in tape.outputs or (isinstance(task, dict) and task.get("name") in _ABOUT_NEXT)
        read = _guesses if tape.tokens(slice(0, 0)) is not None else _numbers
        return Predictions(start, read(tape, info, start, stop, about_next), about_next)


def _guesses(tape: Tape, info: SequenceInfo, start: int, stop: int, about_next: bool) -> list[Guess]:
    rows = slice(info.offset + start, info.offset + stop)
    logits = np.asarray(tape.output("values", rows), np.float64)
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    vocabulary, most = tape.vocabulary or (), min(_LIKELIEST, shares.shape[1])
    likeliest = np.argpartition(-shares, most - 1, axis=1)[:, :most]
    targets = np.asarray(tape.output("targets", rows)) if "targets" in tape.outputs else np.full(len(shares), -1)

    def name(token: int) -> str:
        return vocabulary[token] if 0 <= token < len(vocabulary) else f"<{token}>"

    made = []
    for row, chosen, target in zip(shares, likeliest, targets.tolist(), strict=True):
        tokens = sorted(chosen.tolist(), key=lambda token: (-row[token], token))
        known = 0 <= target < len(row)
        made.append(
            Guess(
                tuple((name(token), float(row[token])) for token in tokens),
                name(target) if known else None,
                float(row[target]) if known else float("nan"),
            )
        )
    return made


def _numbers(tape: Tape, info: SequenceInfo, start: int, stop: int, about_next: bool) -> list[Numbers]:
    predicted = np.asarray(tape.output("values", slice(info.offset + start, info.offset + stop)), np.float64)
    names = tape.columns if len(tape.columns) == predicted.shape[1] else ()
    came: list[tuple[float, ...] | None] = [None] * len(predicted)
    if about_next and names:
        following = slice(info.offset + start + 1, info.offset + min(stop + 1, info.length))
        values = np.asarray(tape.values(following), np.float64)
        if "missing" in tape.labels:
            missing = np.asarray(tape.label("missing", following), bool)
            values = np.where(missing if missing.ndim == 2 else missing[:, None], np.nan, values)
        came[: len(values)] = [tuple(row) for row in values.tolist()]
    names = names or tuple(str(number) for number in range(predicted.shape[1]))
    return [Numbers(names, tuple(row), real) for row, real in zip(predicted.tolist(), came, strict=True)]
