"""The training loop. It knows nothing of who watches it."""

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch._dynamo  # the first optimizer imports it, seconds of it, when steps are expected
from numpy.typing import NDArray
from torch import Tensor, nn

from gruviz.errors import GruvizError

from . import checkpoint
from .device import describe
from .network import SequenceModel, build
from .pace import steps_at_a_time
from .tasks import CutShortError, Result, Task

WARM_UP = 50
"""Steps over which the learning rate rises, but a tenth of all at most; it falls to zero on a cosine."""
EVALUATIONS = 10
THREADS_PAY = 256
"""Hidden units from which on more than one thread of the CPU makes a step faster."""
KEPT_POINTS = 500
"""Points of the training curve that go into a model file."""
_GRACE = 0.2
"""Seconds for a last judgement, once the training was stopped."""


class NotFiniteError(GruvizError):
    """A loss or a gradient was not finite: a step from it would spoil the weights."""


@dataclass(frozen=True)
class Progress:
    """Where a training stands after a step."""

    step: int
    """Steps done, from 1."""
    steps: int
    loss: float
    gradient_norm: float
    """Before clipping."""
    seconds: float
    """Since the training began."""
    result: Result | None
    """On held-out data; at every tenth of the way and at the end, else None."""
    judging: float | None = None
    """Which fraction of the held-out data was read, while that takes long; the step is told again when it is done."""


@dataclass(frozen=True, eq=False)
class History:
    """What happened at each step."""

    step: NDArray[np.int64]
    loss: NDArray[np.float64]
    gradient_norm: NDArray[np.float64]
    metric: tuple[tuple[int, float], ...]
    """Step and value of the metric on held-out data."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained model, and how it came about."""

    model: SequenceModel
    """In evaluation mode, on the CPU."""
    task: Task
    history: History
    result: Result | None
    """On held-out data, at the end. Where the training was stopped and that would have taken long, the latest there is,
    of the step that `history.metric` ends with; None where there is none."""
    steps: int
    """Steps asked for; fewer were done where the training was stopped: see `history`."""
    seed: int
    seconds: float
    device: str
    """In words."""

    @property
    def sentence(self) -> str:
        """How well it does, as a person would say it."""
        if self.result is None:
            return "Stopped before it was judged on held-out data."
        judged = self.history.metric[-1][0]
        if judged < len(self.history.step):
            return f"After step {judged:,}: {self.result.sentence}"
        return self.result.sentence

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model file. Raises GruvizError where that cannot be."""
        task, history = self.task, self.history
        every = max(1, math.ceil(len(history.step) / KEPT_POINTS))
        training: dict[str, Any] = {
            "steps": self.steps,
            "steps_done": len(history.step),
            "seed": self.seed,
            "batch": task.settings.batch,
            "learning_rate": task.settings.learning_rate,
            "weight_decay": task.settings.weight_decay,
            "dropout": self.model.architecture.dropout,
            "seconds": round(self.seconds, 1),
            "device": self.device,
            "torch": torch.__version__,
            "result": None if self.result is None else self.result.to_json(),
            "history": {
                "step": history.step[every - 1 :: every].tolist(),
                "loss": history.loss[every - 1 :: every].tolist(),
                "gradient_norm": history.gradient_norm[every - 1 :: every].tolist(),
                "metric": [list(point) for point in history.metric],
            },
        }
        checkpoint.save(
            path,
            self.model,
            vocabulary=task.vocabulary,
            columns=task.columns,
            mean=task.mean,
            std=task.std,
            task=task.describe(),
            training=training,
        )


def train(
    task: Task,
    *,
    cell: str = "gru",
    hidden: int | None = None,
    layers: int = 1,
    steps: int | None = None,
    seed: int = 0,
    device: torch.device | None = None,
    on_progress: Callable[[Progress], bool | None] | None = None,
    on_step: Callable[[SequenceModel, int], None] = lambda model, step: None,
    stop: Callable[[], bool] = lambda: False,
) -> Trained:
    """Train a fresh network on `task`; what is None is taken from `task.settings`, the device is the CPU.

    On the CPU the same seed gives the same weights, bit for bit (from 256 hidden units on, with the same number of
    threads; smaller networks run on one). `on_progress` is called after every step, and while held-out data are read;
    once it returns False the training stops, and what was learned so far is returned. `on_step` is given the model
    after each step that the training goes on from, and before the first as step 0. `stop` does the same once it
    returns True, and is asked within a step too, several times a second: that step is left out. Raises GruvizError for
    sizes that make no sense, when the loss or the gradient is not finite, and when it is stopped in the first step.
    """
    settings = task.settings
    device = device or torch.device("cpu")
    hidden = settings.hidden if hidden is None else hidden
    steps = settings.steps if steps is None else steps
    if steps < 1:
        raise GruvizError(f"{steps} training steps were asked for: ask for one or more")
    if not 0 <= seed < 2**40:
        raise GruvizError(f"the seed {seed} is out of range: choose one from 0 to {2**40 - 1}")
    model = build(task.architecture(cell, hidden, layers), seed).to(device).train()
    # Batches are drawn from a generator of their own: nothing depends on the global random state, or changes it.
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(
        model.parameters(), settings.learning_rate, betas=(0.9, 0.99), weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, steps))

    with _threads(hidden), _without_denormals():
        began = time.perf_counter()
        losses: list[float] = []
        norms: list[float] = []
        metric: list[tuple[int, float]] = []
        result, latest = None, None

        def tell(result: Result | None = None, judging: float | None = None) -> bool:
            """Tell those who watch, and return whether to go on."""
            seconds = time.perf_counter() - began
            now = Progress(len(losses), steps, losses[-1], norms[-1], seconds, result, judging)
            return on_progress is None or on_progress(now) is not False

        def judge(goes_on: Callable[[float], bool]) -> Result | None:
            """Return how well the model does, or None where it was stopped before that was known."""

            def watch(fraction: float) -> None:
                if not goes_on(fraction):
                    raise CutShortError

            try:
                result = task.evaluate(model, watch)
            except CutShortError:
                return None
            metric.append((len(losses), result.value))
            return result

        on_step(model, 0)
        for step in range(1, steps + 1):
            batch = task.batch(generator).to(device)
            optimizer.zero_grad()
            try:
                with _randomness(device, int(torch.randint(2**40, (1,), generator=generator))):
                    loss = task.loss(_outputs(model, batch.inputs, stop), batch)
                loss.backward()  # type: ignore[no-untyped-call]
            except CutShortError:
                break
            norm = nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
            losses.append(loss.item())
            norms.append(norm.item())
            if not math.isfinite(losses[-1]) or not math.isfinite(norms[-1]):
                raise NotFiniteError(
                    f"the loss or its gradient was not finite at step {step:,}: look for outliers in the data, "
                    "or try another seed or fewer hidden units"
                )
            optimizer.step()
            schedule.step()

            result = None
            if step == steps or step % max(1, steps // EVALUATIONS) == 0:
                result = judge(lambda fraction: tell(judging=fraction))
                latest = result or latest
                if result is None:
                    break
            if not tell(result):
                break
            on_step(model, step)

        if not losses:
            raise GruvizError("the training was stopped before its first step: nothing is kept")
        if result is None:
            until = time.perf_counter() + _GRACE
            result = judge(lambda fraction: time.perf_counter() < until) or latest
        seconds = time.perf_counter() - began
        history = History(np.arange(1, len(losses) + 1), np.array(losses), np.array(norms), tuple(metric))
        return Trained(model.cpu().eval(), task, history, result, steps, seed, seconds, describe(device))


def _outputs(model: SequenceModel, inputs: Tensor, stop: Callable[[], bool]) -> Tensor:
    """What the model makes of a batch, (B, T, O), read in pieces of time, so that a stop is heard between two of them.

    On the way back through the pieces it is heard as well. Raises CutShortError then.
    """

    def go_on(gradient: Tensor | None = None) -> None:
        if stop():
            raise CutShortError

    outputs, state = [], None
    for piece in torch.split(inputs, steps_at_a_time(model, len(inputs), least=1), dim=1):
        go_on()
        if state is not None:
            for kind in state if isinstance(state, tuple) else (state,):
                kind.register_hook(go_on)
        output, state = model(piece, state)
        outputs.append(output)
    return torch.cat(outputs, dim=1)


@contextmanager
def _threads(hidden: int) -> Iterator[None]:
    """Run small networks on one thread of the CPU, and leave the number of threads as it was."""
    before = torch.get_num_threads()
    # Measured on two cores, at 96 units: a second thread gains nothing on an idle machine, and on a busy one a step
    # takes ten times as long. It starts to pay at 256.
    if hidden < THREADS_PAY:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _without_denormals() -> Iterator[None]:
    """Let the CPU take numbers under 1.2e-38 for zero in this thread, and leave it as it was."""
    # A gradient that vanishes over 200 timesteps gets there, and a step then takes five to twelve times as long:
    # measured on the task adding with fresh weights of each cell.
    before = not bool(torch.full((1,), 1e-39).mul(1.0))
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)


@contextmanager
def _randomness(device: torch.device, seed: int) -> Iterator[None]:
    """Let dropout draw from `seed`, and leave the global random state as it was."""
    on_gpu = device.type == "cuda"
    with torch.random.fork_rng(devices=[device] if on_gpu else []):
        torch.default_generator.manual_seed(seed)
        if on_gpu:
            torch.cuda.manual_seed(seed)
        yield


def _rate(step: int, steps: int) -> float:
    """Return the factor on the learning rate at a step from 0."""
    return min(1.0, (step + 1) / min(WARM_UP, max(1, steps // 10))) * 0.5 * (1 + math.cos(math.pi * step / steps))
