"""What a task is: where training examples come from, what is right, and how well a model does on data held out."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from gruviz.errors import GruvizError
from gruviz.model.network import Architecture, SequenceModel, State
from gruviz.model.pace import steps_at_a_time
from gruviz.sequences import Sequence, Vocabulary

PROBES = 16
"""Made-up sequences among which the longest is watched."""
HELD_OUT_SEED = 2**40
"""Examples to be judged by are drawn from seeds that no training starts from."""

Watch = Callable[[float], None]
"""Told now and then which fraction is done. Raises CutShortError to end it there."""


class CutShortError(Exception):
    """Whoever watches has asked for an end."""


def unwatched(fraction: float) -> None:
    """Let it go on to its end."""


@dataclass(frozen=True)
class Settings:
    """What a task trains well with, where nothing else is asked for."""

    hidden: int
    steps: int
    batch: int
    """Sequences in a batch."""
    learning_rate: float
    weight_decay: float = 0.0
    dropout: float = 0.0
    clip: float = 1.0
    """The largest norm that the gradient of a step may have."""


@dataclass(frozen=True, eq=False)
class Batch:
    """What one step learns from."""

    inputs: Tensor
    """Tokens (B, T) or numbers (B, T, I)."""
    targets: Tensor
    """Classes (B, T) or numbers (B, T, O)."""
    mask: Tensor | None = None
    """(B, T), or (B, T, O) for numbers, true where the target counts; None where all do."""

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on `device`."""
        mask = None if self.mask is None else self.mask.to(device)
        return Batch(self.inputs.to(device), self.targets.to(device), mask)


@dataclass(frozen=True)
class Result:
    """How well a model does on held-out data, beside a plain baseline."""

    metric: str
    value: float
    baseline_name: str
    baseline: float
    higher_is_better: bool
    sentence: str
    """Both of them, as a person would say it."""

    @property
    def better(self) -> bool:
        """Whether the model beats the baseline."""
        return self.value > self.baseline if self.higher_is_better else self.value < self.baseline

    def to_json(self) -> dict[str, Any]:
        """Return the fields as plain values."""
        return asdict(self)


class Task(ABC):
    """Something to learn. An instance holds its data, and what a model needs to be used on other data."""

    name: ClassVar[str]
    title: ClassVar[str]
    """What is to be learned, in a few words."""
    settings: Settings
    classes: ClassVar[bool]
    """Whether the outputs are logits of classes, or numbers."""

    vocabulary: Vocabulary | None = None
    columns: tuple[str, ...] = ()
    mean: NDArray[np.float32] | None = None
    std: NDArray[np.float32] | None = None

    @abstractmethod
    def architecture(self, cell: str, hidden: int, layers: int) -> Architecture:
        """Return a network that fits the task. Raises GruvizError for a cell or a size that makes no sense."""

    @abstractmethod
    def batch(self, generator: torch.Generator) -> Batch:
        """Return the next examples to learn from, drawn with `generator` and with nothing else."""

    @abstractmethod
    def probe(self, length: int) -> Sequence:
        """Return a sequence to watch a network by while it learns: held-out data, at most `length` timesteps of it.

        One that was made up comes whole.
        """

    @abstractmethod
    def evaluate(self, model: SequenceModel, watch: Watch = unwatched) -> Result:
        """Return how well `model` does on what it was not trained on. Raises what `watch` raises."""

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """Return the name and what else is needed to make such sequences again, as plain values."""

    @property
    def epoch(self) -> float | None:
        """Training steps that read as many timesteps as there are to learn from; None where there is no end of them."""
        return None

    def loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Return the cross-entropy in nats, or the mean squared error, over the targets that count."""
        mask = slice(None) if batch.mask is None else batch.mask
        if self.classes:
            chosen, targets = outputs[mask].flatten(0, -2), batch.targets[mask].flatten()
            return F.cross_entropy(chosen, targets)
        return F.mse_loss(outputs[mask], batch.targets[mask])


class Synthetic(Task):
    """A task whose sequences are made up, as many as are wanted."""

    @classmethod
    @abstractmethod
    def from_description(cls, description: Mapping[str, Any]) -> "Synthetic":
        """Return the task that `describe` described; what is left out is as usual. Raises GruvizError."""

    @abstractmethod
    def sample(self, count: int, seed: int) -> list[Sequence]:
        """Return `count` sequences to look at, drawn from `seed`."""

    def probe(self, length: int) -> Sequence:
        """Return the longest of a few that nothing was learned from."""
        return max(self.sample(PROBES, HELD_OUT_SEED), key=len)

    def asked(self, inputs: Tensor) -> Batch | None:
        """Return what it asks for at each timestep of some inputs; None where that is what comes next."""
        return None


def numbers(task: str, description: Mapping[str, Any], least: Mapping[str, int], most: int = 10_000) -> dict[str, int]:
    """Return the whole numbers of a task's description, checked. Raises GruvizError."""
    found = {}
    for key, value in description.items():
        if key == "name":
            continue
        if key not in least:
            raise GruvizError(f"the task {task} has no setting {key!r}: it has {', '.join(least)}")
        if type(value) is not int or not least[key] <= value <= most:
            raise GruvizError(
                f"{key} = {value!r} for the task {task}: it must be a whole number from {least[key]} to {most}"
            )
        found[key] = value
    return found


def seeded(seed: int) -> torch.Generator:
    """Return a generator on the CPU that starts from `seed`."""
    return torch.Generator().manual_seed(seed)


@torch.no_grad()
def predict(model: SequenceModel, inputs: Tensor, watch: Watch = unwatched) -> Tensor:
    """Return the outputs (B, T, O) of a model in evaluation mode, on the CPU; its mode is left as it was.

    The model, which must read forward only, reads in pieces, and `watch` is told between them.
    """
    training, device = model.training, next(model.parameters()).device
    total, step = inputs.shape[1], steps_at_a_time(model, len(inputs))
    state: State | None = None
    outputs = []
    model.eval()
    try:
        for start in range(0, total, step):
            if start:
                watch(start / total)
            piece, state = model(inputs[:, start : start + step].to(device), state)
            outputs.append(piece.cpu())
    finally:
        model.train(training)
    return torch.cat(outputs, 1)


def bits(nats: float) -> float:
    """Return natural units of information in bits."""
    return nats / math.log(2)
