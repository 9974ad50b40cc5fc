"""The adding problem of Hochreiter and Schmidhuber 1997: the sum of two marked numbers out of many.

Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9(8), experiment 4; with values in [0, 1] and the
sum itself as the target, as in Le, Jaitly and Hinton 2015 (arXiv:1504.00941).
"""

from collections.abc import Mapping
from typing import Any

import torch

from gruviz.model.network import Architecture, SequenceModel
from gruviz.sequences import Sequence

from ._task import HELD_OUT_SEED, Batch, Result, Settings, Synthetic, Watch, numbers, predict, seeded, unwatched

HELD_OUT = 1024
MEAN = 1.0
"""The mean of the sum of two numbers drawn evenly from 0 to 1, and so the best answer of one who does not look."""


class Adding(Synthetic):
    """Reads a number and a marker at each step; after the last step it has to say the sum of the two marked numbers.

    One of the first half of the steps is marked, and one of the second half.
    """

    name = "adding"
    title = "the sum of two marked numbers"
    settings = Settings(hidden=64, steps=2000, batch=64, learning_rate=5e-3)
    classes = False
    columns = ("value", "marker")

    def __init__(self, length: int = 50) -> None:
        self.length = length

    @classmethod
    def from_description(cls, description: Mapping[str, Any]) -> "Adding":
        """Return the task with sequences of this `length`."""
        return cls(**numbers(cls.name, description, {"length": 2}))

    def architecture(self, cell: str, hidden: int, layers: int) -> Architecture:
        """Return a network from value and marker to a sum."""
        return Architecture(cell, len(self.columns), hidden, layers, outputs=1)

    def batch(self, generator: torch.Generator) -> Batch:
        """Return fresh examples."""
        return self.examples(self.settings.batch, generator)

    def examples(self, count: int, generator: torch.Generator) -> Batch:
        """Return `count` sequences."""
        half = self.length // 2
        rows = torch.arange(count)
        inputs = torch.zeros(count, self.length, 2)
        inputs[:, :, 0] = torch.rand(count, self.length, generator=generator)
        inputs[rows, torch.randint(half, (count,), generator=generator), 1] = 1.0
        inputs[rows, half + torch.randint(self.length - half, (count,), generator=generator), 1] = 1.0
        return self.asked(inputs)

    def asked(self, inputs: torch.Tensor) -> Batch:
        """Return the sums of the marked numbers so far, of which the last one counts."""
        mask = torch.zeros(inputs.shape[:2], dtype=torch.bool)
        mask[:, -1] = True
        return Batch(inputs, inputs.prod(2, keepdim=True).cumsum(1), mask)

    def evaluate(self, model: SequenceModel, watch: Watch = unwatched) -> Result:
        """Return the root mean squared error of the sum, on sequences from another seed than any training's."""
        batch = self.examples(HELD_OUT, seeded(HELD_OUT_SEED))
        actual = batch.targets[:, -1]
        value = float((predict(model, batch.inputs, watch)[:, -1] - actual).square().mean().sqrt())
        baseline = float((MEAN - actual).square().mean().sqrt())
        return Result(
            "RMSE",
            value,
            "always saying 1",
            baseline,
            False,
            f"root mean squared error of {value:.3f} in the sum, on {HELD_OUT:,} fresh sequences; "
            f"always saying 1, the mean, has {baseline:.3f}",
        )

    def sample(self, count: int, seed: int) -> list[Sequence]:
        """Return sequences to look at."""
        inputs = self.examples(count, seeded(seed)).inputs.numpy()
        return [Sequence(f"adding {n + 1}", values=row, columns=self.columns) for n, row in enumerate(inputs)]

    def describe(self) -> dict[str, Any]:
        """Return the length."""
        return {"name": self.name, "length": self.length}
