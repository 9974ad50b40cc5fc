"""Watching a network while it learns: at some steps of its training it reads the same sequence, and is recorded."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, get_args

import numpy as np
import torch

from gruviz import recording
from gruviz.errors import GruvizError
from gruviz.model.checkpoint import Loaded, fingerprint
from gruviz.model.network import SequenceModel
from gruviz.model.pace import steps_at_a_time
from gruviz.model.run import VALUES, Run, prepare, weights_of
from gruviz.model.tasks import Task
from gruviz.model.training import Progress, Trained, train
from gruviz.recording.training import beside

Spacing = Literal["log", "linear"]
USUAL = 20
"""Checkpoints, where nobody says how many."""
LENGTH = 500
"""Timesteps of the sequence that is read at each, at most."""


def checkpoints(steps: int, count: int, spacing: Spacing = "log") -> tuple[int, ...]:
    """The training steps to look at: `count` of 0 to `steps`, both ends among them, or all where there are fewer.

    Args:
        steps: of the training.
        count: how many, 2 or more.
        spacing: `linear` for equal distances; `log` for equal ratios of step + 1, since most happens early, and at
            least one step apart.

    Raises:
        GruvizError: there is no such spacing, or fewer than two are asked for.
    """
    if spacing not in get_args(Spacing):
        raise GruvizError(f"checkpoints cannot be spaced {spacing}: say {' or '.join(get_args(Spacing))}")
    if count < 2:
        raise GruvizError(f"{count} checkpoints were asked for: ask for two or more, the first and the last step")
    count = min(count, steps + 1)
    part = np.linspace(0, 1, count)
    exact = part * steps if spacing == "linear" else np.expm1(part * np.log1p(steps))
    # One apart at least: what lies below is pushed up, step by step.
    place = np.arange(count)
    return tuple((np.maximum.accumulate(np.rint(exact).astype(np.int64) - place) + place).tolist())


@dataclass(frozen=True)
class Plan:
    """What is to be recorded of a training."""

    count: int = USUAL
    """Checkpoints."""
    spacing: Spacing = "log"
    length: int = LENGTH
    """Timesteps."""


class Probe:
    """Records a training, step by step. Entered before the training, given to it as `on_step`, left after it.

    A disk that is full ends the recording and not the training: `wrong` then says so.
    """

    def __init__(
        self,
        task: Task,
        steps: int,
        path: str | os.PathLike[str] | None,
        plan: Plan | None = None,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        """Open the recording.

        Args:
            task: what is learned.
            steps: of the training.
            path: the recording; None keeps it in memory.
            plan: how often to look, and at how much.
            about: what else the recording should say of the model, its file's name for instance.

        Raises:
            GruvizError: no such recording can be made, or not there.
        """
        plan = plan or Plan()
        if plan.length < 1:
            raise GruvizError(f"{plan.length} timesteps were asked for: ask for one or more")
        self.steps = checkpoints(steps, plan.count, plan.spacing)
        """The training steps that are recorded."""
        self.wrong = ""
        """Why the recording ended before the training; empty where it did not."""
        self._due = frozenset(self.steps)
        self._task = task
        self._about = {"source": "gruviz", "convention": "pytorch", "task": task.describe(), **(about or {})}
        if task.std is not None:
            self._about["scale"] = task.std.tolist()
        self._sequence = task.probe(plan.length)
        self._done: list[int] = []
        self._writer = recording.Writer(path, model=self._about)
        self._writer.add_training(steps)

    @property
    def path(self) -> Path | None:
        """Where the recording is, or None in memory."""
        return self._writer.path

    @property
    def recording(self) -> recording.Recording:
        """What was recorded, once it is left."""
        if self._writer.path is None:
            return recording.Recording(self._writer.file, None)
        return recording.open(self._writer.path)

    def watch(self, progress: Progress) -> None:
        """Keep what there is to say of a step."""
        if self.wrong or progress.judging is not None:
            return
        result = progress.result
        try:
            if result is not None:
                self._writer.judge_by(result.metric, result.baseline_name, result.baseline)
            value = np.nan if result is None else result.value
            self._writer.append_step(progress.step, progress.loss, progress.gradient_norm, value)
        except GruvizError as error:
            self.wrong = str(error)

    def __call__(self, model: SequenceModel, step: int) -> None:
        """Look at the model after a step, if it is the time."""
        if step in self._due and not self.wrong:
            self._look(model, step)

    def finish(self, trained: Trained) -> None:
        """Look at what came of it, which may have been stopped between two checkpoints."""
        last = len(trained.history.step)
        if not self.wrong and last not in self._done:
            self._look(trained.model, last)

    def _look(self, model: SequenceModel, step: int) -> None:
        training = model.training
        model.eval()
        try:
            with torch.no_grad(), torch.backends.cudnn.flags(allow_tf32=False):
                self._record(model, step)
        except GruvizError as error:  # the training is worth more
            self.wrong = str(error)
        finally:
            model.train(training)

    def _record(self, model: SequenceModel, step: int) -> None:
        task = self._task
        loaded = Loaded(
            model,
            task.vocabulary,
            task.columns,
            task.mean,
            task.std,
            task.describe(),
            training={},
            sha256="",
            source="gruviz",
            convention="pytorch",
            notes=(),
        )
        if not self._done:
            self._writer.describe(self._about | {"architecture": model.architecture.to_json()})
        chunk = max(1, min(steps_at_a_time(model, 1), VALUES // model.architecture.hidden))
        run = Run(model, loaded, self._writer, chunk, None, self._sequence.rate)
        self._writer.add_checkpoint(step, weights=weights_of(loaded), sha256=fingerprint(model))
        for _ in run.sequence(len(self._done), self._sequence, prepare(loaded, self._sequence), step):
            pass
        self._done.append(step)
        self._writer.flush()

    def __enter__(self) -> "Probe":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._writer.close(complete=kind is None)
            if kind is not None and len(self._done) < 2 and self.path is not None:  # nothing was learned
                self.path.unlink(missing_ok=True)
        except GruvizError as failure:
            self.wrong = self.wrong or str(failure)


def train_watched(
    task: Task,
    path: str | os.PathLike[str],
    plan: Plan | None,
    *,
    steps: int | None = None,
    on_progress: Callable[[Progress], bool | None] = lambda progress: None,
    **how: Any,
) -> tuple[Trained, Probe | None]:
    """Train a network whose model is to stand at `path`, and record it meanwhile, beside that; without a plan, do not.

    Args:
        task: what is learned.
        path: of the model's file.
        plan: how often to look, and at how much.
        steps: of the training; as the task needs without.
        on_progress: as `train` has it.
        how: all else that `train` is to be told.

    Raises:
        GruvizError: as `train`, and where no such recording can be made.
    """
    if plan is None:
        return train(task, steps=steps, on_progress=on_progress, **how), None
    total = task.settings.steps if steps is None else steps
    with Probe(task, total, beside(path), plan, {"file": Path(path).name}) as probe:

        def watch(progress: Progress) -> bool | None:
            probe.watch(progress)
            return on_progress(progress)

        trained = train(task, steps=steps, on_progress=watch, on_step=probe, **how)
        probe.finish(trained)
    return trained, probe
