"""The 3-bit flip-flop of Sussillo and Barak 2013: hold the sign of the last pulse on each of three channels.

Sussillo and Barak, Opening the black box: low-dimensional dynamics in high-dimensional recurrent neural networks,
Neural Computation 25(3).
"""

from collections.abc import Mapping
from typing import Any

import torch

from gruviz.model.network import Architecture, SequenceModel
from gruviz.sequences import Sequence

from ._task import HELD_OUT_SEED, Batch, Result, Settings, Synthetic, Watch, numbers, predict, seeded, unwatched

HELD_OUT = 256
RATE = 0.05
"""The probability of a pulse, on each channel and at each step."""


class FlipFlop(Synthetic):
    """Reads pulses of +1 and -1 among zeros on three channels, and says for each the sign of its last pulse.

    Before the first pulse of a channel the answer is 0.
    """

    name = "flipflop"
    title = "the last pulse on each of three channels"
    settings = Settings(hidden=48, steps=800, batch=32, learning_rate=5e-3)
    classes = False
    columns = ("bit 1", "bit 2", "bit 3")

    def __init__(self, length: int = 100) -> None:
        self.length = length

    @classmethod
    def from_description(cls, description: Mapping[str, Any]) -> "FlipFlop":
        """Return the task with sequences of this `length`."""
        return cls(**numbers(cls.name, description, {"length": 2}))

    def architecture(self, cell: str, hidden: int, layers: int) -> Architecture:
        """Return a network from three channels to three bits."""
        return Architecture(cell, len(self.columns), hidden, layers, outputs=len(self.columns))

    def batch(self, generator: torch.Generator) -> Batch:
        """Return fresh examples."""
        return self.examples(self.settings.batch, generator)

    def examples(self, count: int, generator: torch.Generator) -> Batch:
        """Return `count` sequences and the sign of the last pulse at each step."""
        shape = (count, self.length, len(self.columns))
        pulse = torch.rand(shape, generator=generator) < RATE
        sign = 2.0 * torch.randint(2, shape, generator=generator) - 1.0
        return self.asked(torch.where(pulse, sign, 0.0))

    def asked(self, inputs: torch.Tensor) -> Batch:
        """Return the sign of the last pulse at each step, 0 before the first."""
        step = torch.arange(inputs.shape[1])[:, None].expand(inputs.shape)
        latest = torch.where(inputs != 0, step, 0).cummax(1).values  # (B, T, 3) when the last pulse was
        return Batch(inputs, inputs.gather(1, latest))

    def evaluate(self, model: SequenceModel, watch: Watch = unwatched) -> Result:
        """Return the share of bits whose sign is right once there was a pulse, on fresh sequences."""
        batch = self.examples(HELD_OUT, seeded(HELD_OUT_SEED))
        set_bits = batch.targets != 0
        right = predict(model, batch.inputs, watch).sign() == batch.targets
        value = float(right[set_bits].double().mean())
        return Result(
            "bits right",
            value,
            "chance",
            0.5,
            True,
            f"{value:.1%} of the bits right, at every step of {HELD_OUT} fresh sequences; chance is 50 %",
        )

    def sample(self, count: int, seed: int) -> list[Sequence]:
        """Return sequences to look at."""
        inputs = self.examples(count, seeded(seed)).inputs.numpy()
        return [Sequence(f"flipflop {n + 1}", values=row, columns=self.columns) for n, row in enumerate(inputs)]

    def describe(self) -> dict[str, Any]:
        """Return the length."""
        return {"name": self.name, "length": self.length}
