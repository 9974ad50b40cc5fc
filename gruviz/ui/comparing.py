"""Comparing cells as a job: an RNN, a GRU and an LSTM trained in turn, on a thread of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gruviz.comparison import FILE, Equal
from gruviz.comparison_table import number, spread
from gruviz.errors import GruvizError
from gruviz.ui.garbage import importing
from gruviz.ui.jobs import CancelledError, Done, Progress, Report, load_torch, say
from gruviz.ui.loss import Curve

if TYPE_CHECKING:
    from gruviz.model.comparing import Now


@dataclass(frozen=True)
class Comparing:
    """What to compare, and in which folder."""

    task: str
    data: str | None
    """The text or the table; None for a task that makes up its sequences."""
    output: str
    settings: Mapping[str, int] = field(default_factory=dict)
    """Of a task that makes up its sequences."""
    equal: Equal = "hidden"
    hidden: int | None = None
    steps: int | None = None
    seeds: int = 3
    device: str = "auto"

    @property
    def command(self) -> tuple[str, ...]:
        """What asks for the same on the command line, without the folder."""
        told = ["gruviz", "compare", self.task]
        if self.data is not None:
            told += ["--text" if self.task == "char" else "--data", Path(self.data).name]
        for name, value in self.settings.items():
            told += ["--set", f"{name}={value}"]
        told += ["--equal", self.equal]
        for option, asked in (("--hidden", self.hidden), ("--steps", self.steps), ("--seeds", self.seeds)):
            told += [] if asked is None else [option, str(asked)]
        return (*told, *(["--device", self.device] if self.device != "auto" else []))

    def __call__(self, report: Report) -> Done:
        """Compare. Raises GruvizError."""
        with importing():
            load_torch(report)
            from gruviz import sequences
            from gruviz.model import device, tasks
            from gruviz.model.comparing import Experiment, compare

        device.leave_a_core()
        say(report, "reading what to learn from")
        data = sequences.read(self.data) if self.data else None
        folder = Path(self.output)
        experiment = Experiment(
            task=tasks.make(self.task, data, self.settings),
            folder=folder,
            data=data,
            equal=self.equal,
            hidden=self.hidden,
            steps=self.steps,
            seeds=self.seeds,
            device=self.device,
            command=self.command,
        )
        watching = _Watching(report, f"{device.describe(device.pick(self.device))}")
        try:
            found = compare(experiment, watching)
        except GruvizError:
            if watching.going:
                raise
            raise CancelledError from None
        if not found.runs:
            raise CancelledError
        results = [f"{model.cell.upper()} {spread(found.results(model.cell))}" for model in found.models]
        text = f"{found.metric}: {', '.join(results)}; {found.baseline_name} {number(found.baseline)}"
        return Done(str(folder / FILE), text, found.complete, notes=())


class _Watching:
    """Tells of a comparison what a job tells: with a curve for each training."""

    def __init__(self, report: Report, where: str) -> None:
        self._report, self._where = report, where
        self._curve: Curve | None = None
        self._of = ("", -1)
        self._step = 0
        self.going = True

    def __call__(self, now: "Now") -> bool:
        """Report it, and answer whether to go on."""
        step = now.step
        if step is None:
            self._curve = None
        elif (now.cell, now.seed) != self._of or self._curve is None:
            self._of, self._curve, self._step = (now.cell, now.seed), Curve(step.steps), 0
        if step is not None and self._curve is not None and step.step > self._step and step.judging is None:
            self._step = step.step
            self._curve.add(step.loss)
            if step.result is not None:
                result = step.result
                self._curve.judge(step.step, result.value, result.metric, (result.baseline_name, result.baseline))
        told = Progress(now.fraction, now.text, now.left, self._where, self._curve, keeps=now.finished > 0)
        self.going = self._report(told)
        return self.going
