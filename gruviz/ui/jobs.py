"""Long work, each on a thread of its own: training, recording, drawing. What it needs of torch is imported late."""

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

from gruviz.errors import GruvizError
from gruviz.view import View

_TICK = 1 / 30
"""Seconds between two signals of progress, at least: the newest counts, not every one."""


@dataclass(frozen=True)
class Progress:
    """How far a job is."""

    fraction: float
    """From 0 to 1."""
    text: str


@dataclass(frozen=True)
class Done:
    """What a job leaves behind."""

    path: str
    """The file that it wrote."""
    text: str
    """What came out of it, in a sentence."""
    complete: bool = True
    """False where it was cancelled: the file holds what there was until then."""


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

    def __call__(self, report: Report) -> Done:
        """Train. Raises GruvizError."""
        report(Progress(0, "loading PyTorch"))
        from gruviz import sequences
        from gruviz.model import checkpoint, device, tasks
        from gruviz.model.training import Progress as Step
        from gruviz.model.training import train

        device.leave_a_core()
        checkpoint.check_writable(self.output)
        task = tasks.make(self.task, sequences.read(self.data) if self.data else None)
        said = ""

        def watch(step: Step) -> bool:
            nonlocal said
            left = step.seconds / step.step * (step.steps - step.step)
            said = step.result.sentence if step.result else said
            where = f"step {step.step:,} of {step.steps:,}, loss {step.loss:.3f}, {left:,.0f} s left"
            return report(Progress(step.step / step.steps, f"{where}. {said}" if said else where))

        trained = train(
            task,
            cell=self.cell,
            hidden=self.hidden,
            layers=self.layers,
            steps=self.steps,
            seed=self.seed,
            device=device.pick(self.device),
            on_progress=watch,
        )
        trained.save(self.output)
        return Done(self.output, trained.sentence, len(trained.history.step) == trained.steps)


@dataclass(frozen=True)
class Recording:
    """What to record, and where to put it."""

    model: str
    inputs: tuple[str, ...]
    """Paths, or `task:NAME`."""
    output: str
    text: str = ""
    """A text that was typed in, in place of inputs."""
    steps: tuple[int, int] | None = None
    """Only these timesteps of each input, half-open."""
    dtype: str = "float32"
    device: str = "auto"

    def __call__(self, report: Report) -> Done:
        """Record. Raises GruvizError."""
        report(Progress(0, "loading PyTorch"))
        from gruviz.model import checkpoint, device
        from gruviz.model.inputs import read_inputs
        from gruviz.model.run import record_sequences
        from gruviz.sequences import Sequence

        device.leave_a_core()
        loaded = checkpoint.load(self.model)
        if self.text:
            read = [Sequence("typed text", text=self.text)]
        else:
            read = read_inputs(self.inputs, task=loaded.task, steps=self.steps)

        def watch(done: int, total: int) -> bool:
            return report(Progress(done / total, f"{done:,} of {total:,} timesteps"))

        about = {"file": Path(self.model).name}
        with record_sequences(
            loaded, read, self.output, dtype=self.dtype, device=self.device, on_progress=watch, about=about
        ) as run:
            worst = max(layer.residual for layer in run.layers.values())
            steps = sum(map(len, run.tapes.values()))
            return Done(str(run.path), f"{steps:,} timesteps recorded, residual {worst:.2g}", run.complete)


@dataclass(frozen=True)
class Drawing:
    """Which figure to draw, and where to put it."""

    recording: str
    figure: str
    view: View
    output: str
    options: tuple[tuple[str, Any], ...] = ()
    """Options of the figure's function, beside the view."""

    def __call__(self, report: Report) -> Done:
        """Draw and save. Raises GruvizError."""
        report(Progress(0, "drawing"))
        import gruviz.recording
        from gruviz import figures

        with gruviz.recording.open(self.recording) as run:
            figures.save(figures.draw(run, self.figure, self.view, **dict(self.options)), self.output)
        return Done(self.output, f"Saved {Path(self.output).name}")
