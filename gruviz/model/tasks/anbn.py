"""Counting: a^n X b^n, where only a network that has counted the a's knows when the b's end.

After a^n b^n in Gers and Schmidhuber 2001 (LSTM recurrent networks learn simple context-free and context-sensitive
languages, IEEE Transactions on Neural Networks 12(6)) and in Weiss, Goldberg and Yahav 2018 (arXiv:1805.04908), who
show that a GRU cannot count without bound; the X in the middle says that the a's are over.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gruviz.model.network import Architecture, SequenceModel
from gruviz.sequences import Sequence, Vocabulary

from ._task import Batch, Result, Settings, Synthetic, Watch, numbers, predict, seeded, unwatched

SYMBOLS = ("a", "X", "b", "$")
A, X, B, END = range(4)


class AnBn(Synthetic):
    """Reads a's, an X and as many b's as there were a's, and says from the X on what comes next: at last `$`, the end.

    Trained on n up to `longest`, and judged on n from there to half as many again.
    """

    name = "anbn"
    title = "as many b as there were a"
    settings = Settings(hidden=32, steps=2000, batch=32, learning_rate=5e-3)
    classes = True

    def __init__(self, longest: int = 30) -> None:
        self.longest = longest
        self.vocabulary: Vocabulary = Vocabulary(SYMBOLS)

    @classmethod
    def from_description(cls, description: Mapping[str, Any]) -> "AnBn":
        """Return the task trained on n up to this `longest`."""
        return cls(**numbers(cls.name, description, {"longest": 2}))

    def architecture(self, cell: str, hidden: int, layers: int) -> Architecture:
        """Return a network from an embedding of the symbols to their logits."""
        return Architecture(cell, len(SYMBOLS), hidden, layers, outputs=len(SYMBOLS), embedding=len(SYMBOLS))

    def batch(self, generator: torch.Generator) -> Batch:
        """Return strings whose n is drawn evenly from 1 to `longest`; what is said from the X to the end counts.

        What follows an `a` is chance. Were it to count as well, its gradient drowned that of the few ends: after 2,000
        steps a GRU was 7 steps off instead of 1 (measured).
        """
        n = torch.randint(1, self.longest + 1, (self.settings.batch, 1), generator=generator)
        strings = _strings(n, int(n.max()) * 2 + 2)
        place = torch.arange(strings.shape[1] - 1)
        # The X stands at place n; at place 2n, after the last b, the end is to be said.
        return Batch(strings[:, :-1], strings[:, 1:], (place >= n) & (place <= 2 * n))

    def evaluate(self, model: SequenceModel, watch: Watch = unwatched) -> Result:
        """Return by how many b's the model is off when it says the end, for n larger than any trained on."""
        n = torch.arange(self.longest + 1, self.longest * 3 // 2 + 1)[:, None]
        most = 2 * int(n.max())
        # Fed with b's without end: its count is how many it has read when `$` first is the likeliest, or else `most`.
        strings = _strings(n, int(n.max()) + 1 + most)
        strings[strings == END] = B
        says_end = predict(model, strings, watch).argmax(2) == END
        counts = torch.tensor([_first(row[int(k) : int(k) + most]) for k, row in zip(n, says_end, strict=True)])
        value = float((counts - n[:, 0]).abs().double().mean())
        baseline = float((n - self.longest).double().mean())
        return Result(
            "steps off",
            value,
            f"always stopping at {self.longest}",
            baseline,
            False,
            f"says the end {value:.1f} steps off on average, for n from {int(n.min())} to {int(n.max())} "
            f"(trained on up to {self.longest}); always stopping at {self.longest} would be {baseline:.1f} off",
        )

    def sample(self, count: int, seed: int) -> list[Sequence]:
        """Return strings to look at, with n up to half as large again as was trained on."""
        sequences = []
        for number in torch.randint(1, self.longest * 3 // 2 + 1, (count, 1), generator=seeded(seed)):
            n = int(number)
            tokens = _strings(number[None], 2 * n + 2)[0].numpy().astype(np.int32)
            sequences.append(Sequence(f"n = {n}", text=self.vocabulary.decode(tokens), tokens=tokens))
        return sequences

    def describe(self) -> dict[str, Any]:
        """Return the largest n that was trained on."""
        return {"name": self.name, "longest": self.longest}


def _strings(n: Tensor, length: int) -> Tensor:
    """Return a^n X b^n (B, length) for n (B, 1), filled up with `$`."""
    place = torch.arange(length)
    strings = torch.where(place < n, A, END)
    strings = torch.where(place == n, X, strings)
    return torch.where((place > n) & (place <= 2 * n), B, strings)


def _first(true: Tensor) -> int:
    """Return the place of the first true value (T,), or T where there is none."""
    return int(true.int().argmax()) if bool(true.any()) else len(true)
