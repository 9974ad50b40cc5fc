"""The next timestep of a measured series, held against saying that nothing changes."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from gruviz.errors import GruvizError
from gruviz.model.network import Architecture, SequenceModel
from gruviz.sequences import Sequence

from ._task import Batch, Result, Settings, Task, Watch, predict, unwatched

LENGTH = 128
SHORTEST = 40


class Series(Task):
    """Reads rows of numbers and says what the next row will be. The last tenth of the rows is held out.

    Rows go in less the mean and over the standard deviation of the training rows. The network gives the change to the
    next row (`Architecture.skip`), so that it starts from the baseline and can leave the range it was trained on.
    """

    name = "series"
    title = "the next timestep of measured values"
    settings = Settings(hidden=64, steps=600, batch=32, learning_rate=5e-3, weight_decay=0.01)
    classes = False

    def __init__(self, data: Sequence) -> None:
        if data.values is None:
            raise GruvizError(
                f"the task series learns from numbers, and {data.name} holds none: use the task char for text"
            )
        if len(data) < SHORTEST:
            raise GruvizError(f"{data.name} has {len(data)} rows: series needs at least {SHORTEST} to learn from")
        self.data = data
        self.columns = data.columns
        self.source = data.name
        self.trained_on = len(data) * 9 // 10
        train = data.values[: self.trained_on].astype(np.float64)
        spread = train.std(0)
        self.mean = train.mean(0).astype(np.float32)
        # A column that never changes is left as it is.
        self.std = np.where(spread > 0, spread, 1.0).astype(np.float32)
        rows = torch.from_numpy((data.values - self.mean) / self.std)  # (T, I)
        self.rows = rows
        self.length = min(LENGTH, self.trained_on // 2)
        # A short series is soon learned by heart: on sunspots, judged on the last tenth of the training rows, the error
        # was 18 after 120 steps and 28 after 600.
        self.settings = replace(self.settings, steps=min(self.settings.steps, max(100, self.trained_on // 2)))
        # A filled value is no target, and says too much of the one after it, which it was interpolated with.
        present = torch.ones_like(rows, dtype=torch.bool)
        if data.missing is not None:
            present = torch.from_numpy(~data.missing)
        self.counts = present[:-1] & present[1:]  # (T - 1, I) whether row t + 1 can be held against row t
        changes = (rows[1:] - rows[:-1])[: self.trained_on - 1][self.counts[: self.trained_on - 1]]
        if not len(changes) or not self.counts[self.trained_on - 1 :].any():
            raise GruvizError(f"{data.name} has too many missing values: hardly two rows follow one another")
        self.usual_change = max(float(changes.square().mean()), 1e-12)

    def architecture(self, cell: str, hidden: int, layers: int) -> Architecture:
        """Return a network from the columns to the change of each."""
        return Architecture(cell, len(self.columns), hidden, layers, outputs=len(self.columns), skip=True)

    def batch(self, generator: torch.Generator) -> Batch:
        """Return windows of the training rows that start anywhere."""
        starts = torch.randint(self.trained_on - self.length, (self.settings.batch, 1), generator=generator)
        places = starts + torch.arange(self.length)
        return Batch(self.rows[places], self.rows[places + 1], self.counts[places])

    def loss(self, outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the mean squared error as a fraction of what saying "no change" has on the training rows."""
        return super().loss(outputs, batch) / self.usual_change

    @property
    def epoch(self) -> float:
        """Training steps that read as many timesteps as there are to learn from; windows may overlap."""
        return self.trained_on / (self.settings.batch * self.length)

    def probe(self, length: int) -> Sequence:
        """Return the last rows; more than those that were held out only where there are fewer of them than a batch has.

        The state needs some rows to settle.
        """
        rows = slice(-min(length, max(len(self.data) - self.trained_on, self.length)), None)
        missing = None if self.data.missing is None else self.data.missing[rows]
        assert self.data.values is not None
        return Sequence(
            f"{self.source}, last rows",
            values=self.data.values[rows],
            columns=self.columns,
            missing=missing,
            rate=self.data.rate,
        )

    def evaluate(self, model: SequenceModel, watch: Watch = unwatched) -> Result:
        """Return the root mean squared error on the held-out rows, in the units of the file."""
        # All rows are read, so that the state is settled; only the held-out ones are judged.
        predicted = predict(model, self.rows[None, :-1], watch)[0, self.trained_on - 1 :]
        actual, before = self.rows[self.trained_on :], self.rows[self.trained_on - 1 : -1]
        counts, std = self.counts[self.trained_on - 1 :], torch.from_numpy(self.std)
        value = float(((predicted - actual) * std)[counts].square().mean().sqrt())
        baseline = float(((before - actual) * std)[counts].square().mean().sqrt())
        of = self.columns[0] if len(self.columns) == 1 else f"{len(self.columns)} columns"
        return Result(
            "RMSE",
            value,
            "last value",
            baseline,
            False,
            f"root mean squared error of {value:.3g} on the last {len(actual):,} rows of {of}, which were held out; "
            f"repeating the last value has {baseline:.3g}",
        )

    def describe(self) -> dict[str, Any]:
        """Return where the rows came from and how many of them were trained on."""
        return {"name": self.name, "source": self.source, "trained_on": self.trained_on}
