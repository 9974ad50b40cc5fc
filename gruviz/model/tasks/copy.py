"""Repeating symbols after a delay: the copying memory task.

After Hochreiter and Schmidhuber 1997, in the form of Arjovsky, Shah and Bengio 2016, Unitary
evolution recurrent neural networks (arXiv:1511.06464), section 5.1.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gruviz.model.network import Architecture, SequenceModel
from gruviz.sequences import Sequence, Vocabulary

from ._task import HELD_OUT_SEED, Batch, Result, Settings, Synthetic, Watch, numbers, predict, seeded, unwatched

SYMBOLS = "abcdefgh"
BLANK, GO = ".", "|"
HELD_OUT = 512


class Copy(Synthetic):
    """Reads a few symbols, then blanks, then a delimiter, and from there on has to say the symbols in order.

    `abcde.........|.....` asks for `...............abcde`. The delimiter comes `delay` steps after the last symbol.
    """

    name = "copy"
    title = "symbols to be repeated after a delay"
    settings = Settings(hidden=96, steps=2000, batch=64, learning_rate=5e-3)
    classes = True

    def __init__(self, length: int = 6, delay: int = 10) -> None:
        self.length, self.delay = length, delay
        self.vocabulary: Vocabulary = Vocabulary((*SYMBOLS, BLANK, GO))

    @classmethod
    def from_description(cls, description: Mapping[str, Any]) -> "Copy":
        """Return the task with this `length` and `delay`."""
        return cls(**numbers(cls.name, description, {"length": 3, "delay": 1}))

    def architecture(self, cell: str, hidden: int, layers: int) -> Architecture:
        """Return a network from an embedding of the symbols to their logits."""
        size = len(self.vocabulary)
        return Architecture(cell, size, hidden, layers, outputs=size, embedding=size)

    def examples(self, count: int, generator: torch.Generator, held_out: bool) -> Batch:
        """Return `count` sequences of `2 * length + delay` steps, of held-out symbols or of others."""
        symbols = torch.empty(0, self.length, dtype=torch.long)
        while len(symbols) < count:
            drawn = torch.randint(len(SYMBOLS), (count, self.length), generator=generator)
            symbols = torch.cat([symbols, drawn[_held_out(drawn) == held_out]])
        symbols = symbols[:count]
        blank, go = len(SYMBOLS), len(SYMBOLS) + 1
        inputs = torch.full((count, 2 * self.length + self.delay), blank)
        inputs[:, : self.length] = symbols
        inputs[:, self.length + self.delay - 1] = go
        return Batch(inputs, self.asked(inputs).targets)

    def asked(self, inputs: torch.Tensor) -> Batch:
        """Return blanks, and after the delimiter the symbols; nothing of sequences that are not as long as its own."""
        targets = torch.full_like(inputs, len(SYMBOLS))
        own = inputs.shape[1] == 2 * self.length + self.delay
        if own:
            targets[:, -self.length :] = inputs[:, : self.length]
        return Batch(inputs, targets, torch.full(inputs.shape, own))

    def batch(self, generator: torch.Generator) -> Batch:
        """Return examples whose symbols are not among those held out."""
        return self.examples(self.settings.batch, generator, held_out=False)

    def evaluate(self, model: SequenceModel, watch: Watch = unwatched) -> Result:
        """Return the share of symbols repeated right, for combinations of symbols that were held out."""
        batch = self.examples(HELD_OUT, seeded(HELD_OUT_SEED), held_out=True)
        said = predict(model, batch.inputs, watch)[:, -self.length :].argmax(2)
        value = float((said == batch.targets[:, -self.length :]).double().mean())
        chance = 1 / len(SYMBOLS)
        return Result(
            "symbols right",
            value,
            "chance",
            chance,
            True,
            f"{value:.1%} of the symbols repeated right after {self.delay} steps, in {HELD_OUT:,} held-out sequences; "
            f"chance is {chance:.1%}",
        )

    def sample(self, count: int, seed: int) -> list[Sequence]:
        """Return held-out sequences."""
        inputs = self.examples(count, seeded(seed), held_out=True).inputs
        return [
            Sequence(f"copy {number + 1}", text=self.vocabulary.decode(row), tokens=row.numpy().astype(np.int32))
            for number, row in enumerate(inputs)
        ]

    def describe(self) -> dict[str, Any]:
        """Return the length and the delay."""
        return {"name": self.name, "length": self.length, "delay": self.delay}


def _held_out(symbols: Tensor) -> Tensor:
    """Return (B,) whether each combination of symbols (B, length) is held out: a tenth of them, by a hash."""
    # A seed would not do: there are so few short combinations that training meets most of them.
    places = len(SYMBOLS) ** torch.arange(symbols.shape[1])
    return ((symbols * places).sum(1) * 2654435761 % 2**32 >> 8) % 10 == 0
