"""Long work, each on a thread of its own: training, recording, drawing. What it needs of torch is imported late."""

import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QObject, QThread, Signal

from gruviz.errors import GruvizError
from gruviz.recording.training import beside
from gruviz.sequences import Reading, Sequence, Vocabulary
from gruviz.ui.garbage import importing
from gruviz.ui.loss import Curve

_TICK = 1 / 10
"""Seconds between two signals of progress, at least: the newest counts, not every one."""
_LOOK = 0.5
"""Seconds between two looks at how much memory is taken."""
_TITLE = 40
"""Letters of a typed text that its sequence is named after."""


@dataclass(frozen=True)
class Progress:
    """How far a job is."""

    fraction: float
    """From 0 to 1."""
    text: str
    left: float | None = None
    """Seconds until the end, where that can be told."""
    device: str = ""
    """Where it runs, and how much memory that takes."""
    curve: Curve | None = None
    keeps: bool = False
    """Whether a cancelled job has something to keep by now. One that has not ends by itself: nobody waits for it."""


@dataclass(frozen=True)
class Done:
    """What a job leaves behind."""

    path: str
    """The file that it wrote."""
    text: str
    """What came out of it, in a sentence."""
    complete: bool = True
    """False where it was cancelled: the file holds what there was until then."""
    weights: str = ""
    """The SHA-256 of the weights of the model that was recorded."""
    notes: tuple[str, ...] = ()
    """What was done to the inputs, one sentence each."""
    beside: str = ""
    """A recording that it wrote beside the file; empty for none."""
    lent: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """The weights of the model, by name, where the recording holds none."""


class CancelledError(Exception):
    """Cancelled, before there was anything to keep."""


Report = Callable[[Progress], bool]
"""Takes the progress, and answers whether to go on."""
Work = Callable[[Report], Done]


class Job(QThread):
    """One piece of work. Its signals arrive in the thread that made it."""

    progressed = Signal()
    """`latest` is new. At most thirty times a second."""
    done = Signal(object)
    """What it left behind: `Done`."""
    failed = Signal(str)
    """Why it came to nothing, in a line."""

    def __init__(self, title: str, work: Work, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.latest = Progress(0, "starting")
        self._work = work
        self._cancelled = threading.Event()
        self._ticked = 0.0

    def cancel(self) -> None:
        """Ask it to end soon and keep what it has."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether it was asked to end."""
        return self._cancelled.is_set()

    def run(self) -> None:
        """Do the work; called by Qt in the job's own thread."""
        try:
            done = self._work(self._report)
        except CancelledError:
            return
        except GruvizError as error:
            self.failed.emit(str(error))
        except Exception as error:  # what leaves a thread's function is lost, and the window would wait for ever
            traceback.print_exc()
            self.failed.emit(f"gruviz failed at this ({type(error).__name__}: {error})")
        else:
            self.done.emit(done)

    def _report(self, progress: Progress) -> bool:
        self.latest = progress
        now = time.monotonic()
        if now - self._ticked >= _TICK:
            self._ticked = now
            self.progressed.emit()
        return not self._cancelled.is_set()


@dataclass(frozen=True)
class Training:
    """What to train, and where to put it."""

    task: str
    data: str | None
    """The text or the table; None for a task that makes up its sequences."""
    output: str
    cell: str = "gru"
    hidden: int | None = None
    layers: int = 1
    steps: int | None = None
    seed: int = 0
    device: str = "auto"
    checkpoints: int | None = None
    """Steps at which the network is recorded, while it reads held-out data; None for none."""

    @property
    def recording(self) -> str:
        """Where it is recorded; empty where it is not."""
        return str(beside(self.output)) if self.checkpoints else ""

    def __call__(self, report: Report) -> Done:
        """Train. Raises GruvizError."""
        with importing():
            load_torch(report)
            from gruviz import sequences
            from gruviz.model import checkpoint, device, tasks
            from gruviz.model.probe import Plan, train_watched
            from gruviz.model.training import Progress as Step

        device.leave_a_core()
        checkpoint.check_writable(self.output)
        where = device.pick(self.device)
        say(report, "reading what to learn from")
        task = tasks.make(self.task, sequences.read(self.data) if self.data else None)
        curve, taken = Curve(0), ""
        looked = 0.0

        latest = Progress(0, "the first step")

        def watch(step: Step) -> bool:
            nonlocal taken, looked, latest
            if step.judging is None:
                curve.steps = step.steps
                curve.add(step.loss)
            if step.result is not None:
                result = step.result
                curve.judge(step.step, result.value, result.metric, (result.baseline_name, result.baseline))
            if step.seconds - looked >= _LOOK or not taken:
                looked, taken = step.seconds, f"{device.describe(where)}, {device.memory(where)}"
            text = f"step {step.step:,} of {step.steps:,}, loss {step.loss:.3f}"
            if step.judging is not None:
                text += f", judging on held-out data {step.judging:.0%}"
            left = step.seconds / step.step * (step.steps - step.step)
            latest = Progress(step.step / step.steps, text, left, taken, curve, keeps=True)
            return report(latest)

        trained, probe = train_watched(
            task,
            self.output,
            Plan(self.checkpoints) if self.checkpoints else None,
            cell=self.cell,
            hidden=self.hidden,
            layers=self.layers,
            steps=self.steps,
            seed=self.seed,
            device=where,
            on_progress=watch,
            stop=lambda: not report(latest),
        )
        trained.save(self.output)
        complete = len(trained.history.step) == trained.steps
        if probe is not None and probe.wrong:
            return Done(self.output, f"{trained.sentence} Its recording ended: {probe.wrong}", complete)
        return Done(self.output, trained.sentence, complete, beside=self.recording)


@dataclass(frozen=True)
class Recording:
    """What to record, and where to put it."""

    model: str
    inputs: tuple[str, ...]
    """Paths, or `task:NAME`."""
    output: str
    text: str = ""
    """A text that was typed in, in place of inputs."""
    steps: tuple[int, int | None] | None = None
    """Only these timesteps of each input, half-open; None for the end of each."""
    how: Reading = field(default_factory=Reading)
    """What files do not say themselves."""
    vocabulary: str = ""
    """A file with the vocabulary of a model that has none of its own."""
    dtype: str = "float32"
    device: str = "auto"
    weights: str = ""
    """The SHA-256 that the model's weights must have; empty for any."""
    module: str = ""
    """Which of the networks in the model's file; empty for the only one, or all together."""
    said: Mapping[str, str] = field(default_factory=dict)
    """What the user said of the model that its file does not say, as `gruviz.model.answers.Answers` has it."""
    told: bool = False
    """Say where it was put: nobody was asked."""

    def __call__(self, report: Report) -> Done:
        """Record. Raises GruvizError."""
        with importing():
            load_torch(report)
            from gruviz.model import checkpoint, device
            from gruviz.model.answers import Answers
            from gruviz.model.inputs import cut, notes_on, read_inputs, spelled, with_vocabulary
            from gruviz.model.run import record_sequences

        device.leave_a_core()
        where = device.pick(self.device)
        say(report, f"loading {Path(self.model).name}")
        loaded = checkpoint.load(self.model, self.module or None, Answers.from_json(self.said))
        if self.weights not in ("", loaded.sha256):
            raise GruvizError(
                f"{self.model} has other weights than the model of this recording: choose the model with Record…"
            )
        if self.vocabulary:
            loaded = with_vocabulary(loaded, Vocabulary.read(self.vocabulary), self.vocabulary)
        if self.text:
            typed = spelled(loaded, Sequence(_title(self.text), text=self.text))
            read = [cut(typed, *self.steps) if self.steps else typed]
        else:
            say(report, "reading what it is to read")
            read = read_inputs(loaded, self.inputs, self.how, steps=self.steps)
        began, going, done = time.monotonic(), True, 0

        def watch(steps: int, total: int) -> bool:
            nonlocal going, done
            done, passed = steps, time.monotonic() - began
            text = f"{done:,} of {total:,} timesteps" if done else "reading backwards first"
            left = passed / done * (total - done) if done else None
            taken = f"{device.describe(where)}, {device.memory(where)}"
            going = report(Progress(done / total, text, left, taken, keeps=done > 0))
            return going

        about = {
            "file": Path(self.model).name,
            "reading": self.how.to_json(),
            **({"module": self.module} if self.module else {}),
        }
        try:
            run = record_sequences(
                loaded, read, self.output, dtype=self.dtype, device=self.device, on_progress=watch, about=about
            )
        except GruvizError:
            if not (going or done):
                raise CancelledError from None
            raise
        with run:
            worst = max(layer.residual for layer in run.layers.values())
            steps = sum(map(len, run.tapes.values()))
            text = f"{steps:,} timesteps recorded, residual {worst:.2g}"
            told = (f"recorded as {run.path}",) if self.told else ()
            return Done(str(run.path), text, run.complete, loaded.sha256, (*notes_on(read), *told))


def say(report: Report, text: str) -> None:
    """Tell what is being done, while there is nothing to keep. Raises CancelledError once that is not wanted."""
    if not report(Progress(0, text)):
        raise CancelledError


def load_torch(report: Report) -> None:
    """Import PyTorch, which takes seconds, and say so. Raises CancelledError once that is not wanted."""
    say(report, "loading PyTorch")
    from gruviz.model import loading

    loading.load_torch()
    say(report, "starting")


def _title(text: str) -> str:
    """The beginning of a text, as the name of its sequence."""
    words = " ".join(text.split())
    return words if len(words) <= _TITLE else words[: _TITLE - 1].rstrip() + "…"
