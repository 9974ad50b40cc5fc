"""The loss whose gradient runs back: of the task's kind, at one timestep or summed over all, from what was recorded."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gruviz.errors import GruvizError
from gruviz.model._scaled import Scaled
from gruviz.recording import Recording, Tape
from gruviz.recording.gradient import SUM

_PIECE = 16_384
CROSS_ENTROPY, SQUARED_ERROR = "cross entropy", "squared error"


@dataclass(frozen=True, eq=False)
class ReadOut:
    """What a network says from its top hidden states: y = W h + b."""

    weight: NDArray[np.floating]
    """(O, D·H)"""
    std: NDArray[np.floating] | None = None
    """(O,) what the recorded outputs are divided by to get what the network computes in; None for 1."""

    @classmethod
    def of(cls, recording: Recording, step: int) -> "ReadOut | None":
        """The one that the recording holds with the weights of a checkpoint; None where it holds none."""
        weight = recording.weight("readout.weight", slice(None), step)
        if weight is None or weight.ndim != 2:
            return None
        std = recording.model.get("scale")
        try:
            return cls(weight, None if std is None else np.array(std, np.float64))
        except (TypeError, ValueError) as error:
            raise GruvizError(f"{recording.name} is damaged: it does not say what its outputs are scaled by") from error


class Loss:
    """The loss of one sequence, as a function of the hidden states that the read-out reads.

    Cross entropy in nats of the symbol that came next, or the squared error of the numbers, the mean over columns, in
    the units that the network computes in. Summed over timesteps, not averaged; whatever else the training scaled
    its loss by is left out.
    """

    def __init__(
        self, recording: Recording, tape: str, sequence: int, readout: ReadOut, at: str | int, dtype: torch.dtype
    ) -> None:
        """Find out what was right; see `gradients` for `at`. Raises GruvizError where nothing says so."""
        self._tape, self._info = recording.tapes[tape], recording.tapes[tape].sequences[sequence]
        self._weight = torch.from_numpy(np.asarray(readout.weight)).to(dtype)  # (O, D·H)
        self._std = readout.std
        self._asked = next((name for name in ("targets", "wanted") if name in self._tape.outputs), None)
        self.kind = self._kind(recording)
        """`cross entropy` or `squared error`."""
        self.at = self._timestep(at)
        """The timestep that it is taken at, or `SUM`."""

    def comes(self, start: int, stop: int) -> Scaled:
        """The gradient with respect to the hidden states that the read-out reads, (n, D·H), where it sets out."""
        error, counts = self._error(start, stop)
        if self.at != SUM:
            counts &= np.arange(start, stop) == self.at
        error[~counts] = 0
        return Scaled.plain(torch.from_numpy(error).to(self._weight.dtype) @ self._weight)

    def _kind(self, recording: Recording) -> str:
        tape = self._tape
        if fits(tape, self._weight):
            if self._asked is not None:
                targets = tape.output(self._asked, slice(0, 0))
                if targets.ndim == 1 and targets.dtype.kind == "i":
                    return CROSS_ENTROPY
                if targets.shape[1:] == (len(self._weight),) and targets.dtype.kind == "f":
                    return SQUARED_ERROR
            task = recording.model.get("task")
            if isinstance(task, dict) and task.get("name") == "series" and len(tape.columns) == len(self._weight):
                return SQUARED_ERROR
        raise GruvizError(
            f"{recording.name} does not say what would have been right, so there is no loss: ask for --loss none"
        )

    def _timestep(self, at: str | int) -> int:
        if at == "sum":
            return SUM
        length = self._info.length
        if at == "last":
            for stop in range(length, 0, -_PIECE):
                start = max(0, stop - _PIECE)
                counted = np.flatnonzero(self._error(start, stop)[1])
                if len(counted):
                    return start + int(counted[-1])
            raise GruvizError(f"{self._info.name} has no timestep at which anything would have been right")
        if not isinstance(at, int) or not 0 <= at < length or not self._error(at, at + 1)[1][0]:
            raise GruvizError(f"{self._info.name} has no loss at timestep {at}: give last, sum, or 0 to {length - 1}")
        return at

    def _error(self, start: int, stop: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """dL/dy at each timestep, (n, O), as if its loss were all; and whether it has one, (n,)."""
        rows = slice(self._info.offset + start, self._info.offset + stop)
        said = self._tape.output("values", rows).astype(np.float64)
        if self.kind == CROSS_ENTROPY:
            assert self._asked is not None
            targets = self._tape.output(self._asked, rows)
            counts = (targets >= 0) & (targets < said.shape[1])
            likely = np.exp(said - said.max(axis=1, keepdims=True))
            error = likely / likely.sum(axis=1, keepdims=True)
            error[counts, targets[counts]] -= 1
            return np.asarray(error, np.float64), counts
        right = self._right(rows)
        counts = np.asarray(np.isfinite(right).all(axis=1))
        with np.errstate(invalid="ignore"):
            error = 2 * (said - right) / said.shape[1] / (1 if self._std is None else self._std)
        return error, counts

    def _right(self, rows: slice) -> NDArray[np.float64]:
        """What the numbers should have been, (n, O): NaN where nobody knows."""
        if self._asked is not None:
            return self._tape.output(self._asked, rows).astype(np.float64)
        right = np.full((rows.stop - rows.start, len(self._weight)), np.nan)
        end = self._info.offset + self._info.length
        following = slice(rows.start + 1, min(rows.stop + 1, end))
        values = self._tape.values(following)
        assert values is not None
        right[: len(values)] = values
        if "missing" in self._tape.labels:
            right[: len(values)][self._tape.label("missing", following) != 0] = np.nan
        return right


def fits(tape: Tape, weight: Tensor) -> bool:
    """Whether the outputs that a tape holds are as many as a read-out gives."""
    return "values" in tape.outputs and tape.output("values", slice(0, 0)).shape[1:] == (len(weight),)
