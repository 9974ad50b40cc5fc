"""RNN, GRU and LSTM side by side: trained on the same task, with the same batches, as often as there are seeds.

Whatever is finished is written at once. The same comparison asked for again in the same folder goes on from there.
"""

import hashlib
import math
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from gruviz import comparison
from gruviz.cells import CELLS
from gruviz.comparison import FILE, Asked, Comparison, Equal, Model, Recorded, Run
from gruviz.comparison_table import save_tables
from gruviz.errors import GruvizError
from gruviz.model._costs import footprint, step_times
from gruviz.model._probes import backward, held_out, probe
from gruviz.model._sizes import parameters, sizes
from gruviz.model.checkpoint import fingerprint
from gruviz.model.device import describe, pick
from gruviz.model.network import build
from gruviz.model.tasks import Result, Task
from gruviz.model.training import History, NotFiniteError, Progress, Trained, train
from gruviz.sequences import Sequence

SEEDS = 3
POINTS = 100
"""Of each curve of losses, at most: means over as many steps as it takes."""
_COSTS, _PROBES = 0.04, 0.06
"""Which fractions of the whole are told for measuring costs, and for recording."""


@dataclass(frozen=True)
class Experiment:
    """What to compare, and where to put it."""

    task: Task
    folder: Path
    data: Sequence | None = None
    """What the task learns from; None where it makes up its sequences."""
    equal: Equal = "hidden"
    hidden: int | None = None
    """As `comparison.Asked` has it; None for what the task trains well with."""
    steps: int | None = None
    seeds: int = SEEDS
    device: str = "auto"
    command: tuple[str, ...] = ()
    """What asks for the same on the command line, without the folder."""


@dataclass(frozen=True)
class Now:
    """How far a comparison is."""

    fraction: float
    text: str
    """What is at work."""
    left: float | None = None
    """Seconds until all trainings are done, about."""
    cell: str = ""
    seed: int = 0
    step: Progress | None = None
    """Of the training that runs."""
    finished: int = 0
    """Trainings that are written down."""


OnProgress = Callable[[Now], bool]
"""Told how far it is; answers whether to go on."""


class _StoppedError(Exception):
    """Whoever watches has asked for an end."""


def compare(experiment: Experiment, on_progress: OnProgress = lambda now: True) -> Comparison:
    """Train each kind of cell from each seed, and record one of each kind on the same held-out sequences.

    Seed by seed, each kind after the other: so that what there is after an interruption can be compared. Everything
    that is done is in the folder, and is not done again when the same is asked for there again.

    Args:
        experiment: what to compare.
        on_progress: see `OnProgress`, asked several times a second. An answer of False ends it: what was finished until
            then is kept, the training that was running is not.

    Returns:
        All that is in the folder. Its `complete` is False where it was ended.

    Raises:
        GruvizError: sizes that make no sense, or a folder that cannot be written, or that holds something else.
    """
    return _Comparing(experiment, on_progress).run()


class _Comparing:
    """One comparison at work."""

    def __init__(self, experiment: Experiment, on_progress: OnProgress) -> None:
        task = experiment.task
        hidden = task.settings.hidden if experiment.hidden is None else experiment.hidden
        steps = task.settings.steps if experiment.steps is None else experiment.steps
        for what, number in (("training steps", steps), ("hidden units", hidden), ("seeds", experiment.seeds)):
            if number < 1:
                raise GruvizError(f"{number} {what} were asked for: ask for one or more")
        self._experiment, self._task, self._folder = experiment, task, experiment.folder
        self._device = pick(experiment.device)
        self._asked = Asked(
            task.describe(), _digest(experiment.data), experiment.equal, hidden, steps, self._device.type
        )
        self._on_progress = on_progress
        self._now = Now(0.0, "starting")
        self._found: Comparison

    def run(self) -> Comparison:
        """Do what is not done yet."""
        before = self._before()
        try:
            self._keep(before or self._begin())
            for seed, cell in self._missing():
                self._train(cell, seed)
            for cell in self._sizes():
                self._probe(cell)
        except _StoppedError:
            if not hasattr(self, "_found"):
                raise GruvizError("the comparison was stopped before its first training: nothing is kept") from None
        return self._found

    def _before(self) -> Comparison | None:
        """What is in the folder already, for as many seeds as are asked for now."""
        folder = self._folder
        if not (folder / FILE).exists():
            if folder.is_dir() and any(folder.iterdir()):
                raise GruvizError(f"{folder} is not empty, and holds no comparison: give another folder")
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                raise GruvizError(f"cannot make the folder {folder}: {reason}") from error
            return None
        found = comparison.read(folder)
        if found.asked != self._asked:
            names = {
                "task": "of another task",
                "sha256": "on other data",
                "equal": "with other things equal",
                "hidden": "of other hidden sizes",
                "steps": "of another number of steps",
                "device": "on another device",
            }
            other = [words for name, words in names.items() if getattr(found.asked, name) != getattr(self._asked, name)]
            raise GruvizError(f"{folder} holds a comparison {other[0]}: give another folder, or ask as before")
        seeds = max(found.seeds, self._experiment.seeds)
        return found if seeds == found.seeds else replace(found, seeds=seeds, command=self._experiment.command)

    def _begin(self) -> Comparison:
        """Find out sizes and what they cost."""
        task, asked = self._task, self._asked
        self._tell(Now(0.0, "choosing sizes"))
        found = sizes(task, asked.hidden, asked.equal)
        self._tell(Now(0.0, "measuring memory"))
        footprints = {cell: footprint(task, cell, hidden, self._device) for cell, hidden in found.items()}

        def watch(fraction: float) -> None:
            self._tell(Now(_COSTS * fraction, "timing a few steps of each, in turns"))

        times, device = step_times(task, found, asked.steps, self._device, watch)
        judged = self._baseline(found)
        models = tuple(
            Model(
                cell=cell,
                hidden=hidden,
                parameters=parameters(task, cell, hidden),
                kernel=footprints[cell][1],
                memory=footprints[cell][0],
                step=tuple(np.quantile(times[cell], (0.25, 0.5, 0.75)).tolist()),
                timed=len(times[cell]),
            )
            for cell, hidden in found.items()
        )
        return Comparison(
            asked=asked,
            title=task.title,
            command=self._experiment.command,
            seeds=self._experiment.seeds,
            metric=judged.metric,
            higher_is_better=judged.higher_is_better,
            baseline_name=judged.baseline_name,
            baseline=judged.baseline,
            batch=task.settings.batch,
            learning_rate=task.settings.learning_rate,
            epoch=task.epoch,
            machine=f"{device}, {_processor()}, PyTorch {torch.__version__}",
            models=models,
        )

    def _baseline(self, found: dict[str, int]) -> Result:
        """What a network that has learned nothing is held against."""
        cell, hidden = next(iter(found.items()))
        return self._task.evaluate(build(self._task.architecture(cell, hidden, 1), 0).eval())

    def _sizes(self) -> dict[str, int]:
        return {model.cell: model.hidden for model in self._found.models}

    def _missing(self) -> Iterator[tuple[int, str]]:
        """Seeds and cells that were not trained yet."""
        done = {(run.seed, run.cell) for run in self._found.runs}
        wanted = ((seed, cell) for seed in range(self._found.seeds) for cell in self._sizes())
        return iter([each for each in wanted if each not in done])

    def _train(self, cell: str, seed: int) -> None:
        """Train one, and write it down."""
        path, steps = self._folder / f"{cell}-{seed}.safetensors", self._asked.steps
        whole = self._found.seeds * len(self._found.models)
        title = f"{CELLS[cell].title}, seed {seed} (run {len(self._found.runs) + 1} of {whole})"
        losses: list[float] = []
        judged: list[tuple[float, ...]] = []
        passed, going = 0.0, True
        self._now = self._at(title, cell, seed, None)
        self._tell(self._now)

        def watch(progress: Progress) -> bool:
            nonlocal passed
            passed = progress.seconds
            if progress.judging is None:
                losses.append(progress.loss)
            if progress.result is not None and math.isfinite(progress.result.value):
                judged.append((float(progress.step), progress.result.value))
            self._now = self._at(f"{title}, {_said(progress)}", cell, seed, progress)
            return go_on()

        def go_on() -> bool:
            nonlocal going
            going = going and self._on_progress(self._now)
            return going

        failed = sha256 = ""
        try:
            trained = train(
                self._task,
                cell=cell,
                hidden=self._sizes()[cell],
                steps=steps,
                seed=seed,
                device=self._device,
                on_progress=watch,
                stop=lambda: not go_on(),
            )
        except NotFiniteError as error:
            failed = str(error).partition(":")[0]
        except GruvizError:
            if going:
                raise
            raise _StoppedError from None  # in its first step
        else:
            if len(trained.history.step) < steps:
                raise _StoppedError
            passed = trained.seconds
            if not judged or judged[-1][0] < steps:
                failed = f"its {self._found.metric} on held-out data is not finite"
            else:
                trained.save(path)
                sha256 = fingerprint(trained.model)
        step, loss = _thinned(losses)
        model = "" if failed else path.name
        run = Run(cell, seed, model, sha256, step, loss, tuple(judged), passed, failed)
        self._keep(replace(self._found, runs=(*self._found.runs, run)))

    def _probe(self, cell: str) -> None:
        """Record the first model of a kind, and the same before it was trained."""
        first = next((run for run in self._found.of(cell) if run.model), None)
        if first is None:
            return
        sequences = held_out(self._task, self._experiment.data)
        for trained in (False, True):
            if any((each.cell, each.trained) == (cell, trained) for each in self._found.recordings):
                continue
            done = len(self._found.recordings) / (2 * len(self._found.models))
            name = cell if trained else f"{cell}-untrained"
            model = self._folder / (first.model if trained else f"{name}.safetensors")
            if not trained:
                fresh = build(self._task.architecture(cell, self._sizes()[cell], 1), first.seed).eval()
                Trained(fresh, self._task, _NO_HISTORY, None, 0, first.seed, 0.0, describe(self._device)).save(model)
            title = f"{CELLS[cell].title}, recording{'' if trained else ' it untrained'}"

            def watch(part: float, done: float = done, title: str = title) -> bool:
                fraction = 1 - _PROBES * (1 - done - part / (2 * len(self._found.models)))
                return self._on_progress(Now(fraction, title, cell=cell, finished=len(self._found.runs)))

            path = self._folder / f"{name}.h5"
            if not probe(model, sequences, path, self._experiment.device, trained, watch):
                raise _StoppedError
            made = Recorded(cell, trained, first.seed, path.name)
            back = backward(path, cell, trained)
            gradients = (*self._found.gradients, *([back] if back else []))
            self._keep(replace(self._found, recordings=(*self._found.recordings, made), gradients=gradients))

    def _keep(self, found: Comparison) -> None:
        """Write down what there is."""
        self._found = found
        found.save(self._folder)
        save_tables(found, self._folder)

    def _tell(self, now: Now) -> None:
        if not self._on_progress(now):
            raise _StoppedError

    def _at(self, text: str, cell: str, seed: int, step: Progress | None) -> Now:
        """How far it is in all, by how long the steps of each kind take."""
        each = {model.cell: model.step[1] for model in self._found.models}
        whole = sum(each.values()) * self._asked.steps * self._found.seeds
        ahead = sum(each[kind] for _, kind in self._missing()) * self._asked.steps
        ahead -= each[cell] * (step.step if step is not None else 0)
        fraction = _COSTS + (1 - _COSTS - _PROBES) * (1 - ahead / whole)
        return Now(fraction, text, ahead, cell, seed, step, len(self._found.runs))


def _said(progress: Progress) -> str:
    if progress.judging is not None:
        return f"judging on held-out data, {progress.judging:.0%}"
    return f"step {progress.step:,} of {progress.steps:,}, loss {progress.loss:.4f}"


def _thinned(losses: list[float]) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Means over equally many steps, and the last step of each."""
    every = max(1, -(-len(losses) // POINTS))
    starts = np.arange(0, len(losses), every)
    ends = np.append(starts[1:], len(losses))
    means = np.add.reduceat(losses, starts) / (ends - starts) if losses else np.zeros(0)
    return tuple(ends.tolist()) if losses else (), tuple(means.tolist())


def _digest(data: Sequence | None) -> str:
    """The SHA-256 of what there is to learn from."""
    if data is None:
        return ""
    digest = hashlib.sha256()
    for part in (data.text, data.tokens, data.values, data.missing):
        if part is not None:
            digest.update(part.encode() if isinstance(part, str) else np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


def _processor() -> str:
    """The name of the CPU, as far as it can be had."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


_NO_HISTORY = History(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), ())
