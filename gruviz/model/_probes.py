"""What the models of a comparison do on the same held-out sequences: recorded, and how a loss runs back there."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gruviz import recording
from gruviz.comparison import Backward
from gruviz.errors import GruvizError
from gruviz.model import checkpoint
from gruviz.model.inputs import cut, spelled
from gruviz.model.measuring import Wanted, measure
from gruviz.model.run import record_sequences
from gruviz.model.tasks import Task
from gruviz.model.tasks._task import HELD_OUT_SEED, Synthetic
from gruviz.recording.gradient import NONE
from gruviz.sequences import Sequence

PASSAGES, LENGTH = 8, 256
"""How many sequences are recorded, and how many timesteps of data each has at most."""
_LAGS = 1000
"""Timesteps that a loss is told of, back from where it is taken."""
_NOTHING = -400.0
"""For the logarithm of a norm that is zero."""

OnProgress = Callable[[float], bool]
"""Told which fraction is done; answers whether to go on."""


def held_out(task: Task, data: Sequence | None) -> list[Sequence]:
    """Return sequences that no training of the task sees: made up from a seed of their own, or from its held-out end.

    Of data they are passages of equal length, evenly apart.
    """
    if isinstance(task, Synthetic):
        return task.sample(PASSAGES, HELD_OUT_SEED + 1)
    assert data is not None
    first = int(task.describe()["trained_on"])
    there = len(data) - first
    length = min(LENGTH, there)
    starts = np.linspace(first, len(data) - length, max(1, min(PASSAGES, there // length))).astype(int)
    passages = [cut(data, start, start + length) for start in starts.tolist()]
    return [
        Sequence(
            f"{data.name} {start:,}",
            text=each.text,
            tokens=each.tokens,
            values=each.values,
            columns=each.columns,
            missing=each.missing,
            rate=each.rate,
        )
        for start, each in zip(starts.tolist(), passages, strict=True)
    ]


def probe(
    model: Path, sequences: list[Sequence], path: Path, device: str, trained: bool, on_progress: OnProgress
) -> bool:
    """Record a model on some sequences, and add the gradient of its loss at the last timestep that has one.

    Returns False, and leaves no recording, where `on_progress` ended it. Of a model that is not trained only the loss
    is followed back.
    """
    loaded = checkpoint.load(model)
    going = True

    def recorded(done: int, total: int) -> bool:
        nonlocal going
        going = on_progress(0.3 * done / max(total, 1))
        return going

    def measured(done: int, total: int) -> bool:
        nonlocal going
        going = on_progress(0.3 + 0.7 * done / max(total, 1))
        return going

    spelt = [spelled(loaded, each) for each in sequences]
    try:
        run = record_sequences(loaded, spelt, path, device=device, on_progress=recorded, about={"file": model.name})
        run.close()
        wanted = Wanted("last") if trained else Wanted("last", steps=False, reach=None, lags=0, units=False)
        if going and has_loss(path):
            measure(path, wanted, on_progress=measured)
    except GruvizError:
        if going:
            raise
    if not going:
        for file in (path, path.with_name(f"{path.name}.part")):
            file.unlink(missing_ok=True)
    return going


def has_loss(path: Path) -> bool:
    """Whether a recording says what would have been right."""
    with recording.open(path) as run:
        return recording.judged(run, "main")


def backward(path: Path, cell: str, trained: bool) -> Backward | None:
    """Return how the loss runs back through a recording; None where that was not computed.

    Means over the sequences that reach back at least half as far as the longest, as far as all of those do.
    """
    with recording.open(path) as run:
        (layer,) = run.layers.values()
        found = layer.gradient
        if found is None or "norm_hidden" not in found:
            return None
        ends = {info.index: found.loss(info.index) for info in run.tapes["main"].sequences}
        ends = {index: at for index, at in ends.items() if at > NONE}
        longest = max(ends.values())
        chosen = {index: at for index, at in ends.items() if at >= longest / 2}
        lags = min(*chosen.values(), _LAGS)

        def mean(name: str) -> tuple[float, ...]:
            rows: list[NDArray[np.float64]] = []
            for index, at in chosen.items():
                last = run.tapes["main"].sequences[index].offset + at
                norms = found.read(name, slice(last - lags, last + 1))[::-1]
                rows.append(np.maximum(np.nan_to_num(norms, nan=_NOTHING), _NOTHING))
            return tuple(np.mean(rows, axis=0).tolist())

        memory = mean("norm_cell") if "norm_cell" in found else ()
        return Backward(cell, trained, len(chosen), mean("norm_hidden"), memory)
