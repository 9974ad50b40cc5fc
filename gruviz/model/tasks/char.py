"""The next character of a text, held against a bigram model."""

from typing import Any

import torch
from torch.nn import functional as F  # noqa: N812 - its usual name

from gruviz.errors import GruvizError
from gruviz.model.network import Architecture, SequenceModel
from gruviz.sequences import Sequence, Vocabulary

from ._task import Batch, Result, Settings, Task, Watch, bits, predict, unwatched

LENGTH = 64
SHORTEST = 200
SMOOTHING = 0.1
"""What is added to each count of the bigram model; measured on the sonnets and on Hamlet, see `Char.bigram`."""


class Char(Task):
    """Reads a text character by character and says which comes next. The last tenth of the text is held out."""

    name = "char"
    title = "the next character of a text"
    settings = Settings(hidden=96, steps=4000, batch=32, learning_rate=8e-3, weight_decay=0.01, dropout=0.2)
    classes = True

    def __init__(self, data: Sequence) -> None:
        if data.text is None:
            raise GruvizError(f"the task char learns from text, and {data.name} is none: use the task series")
        if len(data.text) < SHORTEST:
            raise GruvizError(f"{data.name} has {len(data.text)} characters: the task char needs {SHORTEST} or more")
        self.vocabulary: Vocabulary = Vocabulary.of(data.text)
        self.source = data.name
        tokens = torch.from_numpy(self.vocabulary.encode(data.text)).long()
        self.trained_on = len(tokens) * 9 // 10
        self.train, self.held_out = tokens[: self.trained_on], tokens[self.trained_on :]
        self.length = min(LENGTH, self.trained_on - 1)

    def architecture(self, cell: str, hidden: int, layers: int) -> Architecture:
        """Return a network from an embedding, a third as wide as the hidden state, to logits of the next character."""
        size = len(self.vocabulary)
        return Architecture(
            cell, size, hidden, layers, outputs=size, embedding=max(hidden // 3, 1), dropout=self.settings.dropout
        )

    def batch(self, generator: torch.Generator) -> Batch:
        """Return windows of the training text that start anywhere."""
        starts = torch.randint(self.trained_on - self.length, (self.settings.batch, 1), generator=generator)
        window = self.train[starts + torch.arange(self.length + 1)]  # (B, T + 1)
        return Batch(window[:, :-1], window[:, 1:])

    @property
    def epoch(self) -> float:
        """Training steps that read as many timesteps as there are to learn from; windows may overlap."""
        return self.trained_on / (self.settings.batch * self.length)

    def probe(self, length: int) -> Sequence:
        """Return the beginning of the held-out text."""
        symbols = self.vocabulary.symbols
        words = "".join(symbols[token] for token in self.held_out[:length].tolist())
        return Sequence(f"{self.source}, held out", text=words)

    def evaluate(self, model: SequenceModel, watch: Watch = unwatched) -> Result:
        """Return the bits per character on the held-out text, read in one go from a state of zero."""
        # The last character of the training text comes first, so that each held-out one is predicted.
        inputs = torch.cat([self.train[-1:], self.held_out[:-1]])
        value = bits(F.cross_entropy(predict(model, inputs[None], watch)[0], self.held_out).item())
        baseline = self.bigram()
        return Result(
            "bits per character",
            value,
            "bigram",
            baseline,
            False,
            f"{value:.2f} bits per character on {len(self.held_out):,} held-out characters; "
            f"a bigram model has {baseline:.2f}",
        )

    def bigram(self) -> float:
        """Return the bits per character of a bigram model on the held-out text: pair counts, each plus `SMOOTHING`."""
        size = len(self.vocabulary)
        pairs = self.train[:-1] * size + self.train[1:]
        counts = torch.bincount(pairs, minlength=size * size).view(size, size).double() + SMOOTHING
        logarithms = (counts / counts.sum(1, keepdim=True)).log()
        before = torch.cat([self.train[-1:], self.held_out[:-1]])
        return bits(-logarithms[before, self.held_out].mean().item())

    def describe(self) -> dict[str, Any]:
        """Return where the text came from and how much of it was trained on."""
        return {"name": self.name, "source": self.source, "trained_on": self.trained_on}
