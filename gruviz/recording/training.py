"""The course of a training, kept beside what a network in training was seen to do: loss, gradient, metric by step."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from gruviz.recording._column import Column
from gruviz.recording._reading import reading, text

FIELDS: Final = {"step": "i8", "loss": "f8", "gradient_norm": "f8", "metric": "f8"}


@dataclass(frozen=True, eq=False)
class Training:
    """What happened at each training step that is known of, n of them, ascending."""

    step: NDArray[np.int64]
    """(n,), counted from 1."""
    loss: NDArray[np.float64]
    """(n,), of the batch of that step, before the weights were changed by it."""
    gradient_norm: NDArray[np.float64]
    """(n,), before clipping."""
    metric: NDArray[np.float64]
    """(n,), on held-out data after that step; NaN where nobody looked."""
    steps: int
    """That were asked for; fewer may have been done."""
    metric_name: str
    """Empty while it has not been judged."""
    baseline_name: str
    baseline: float
    """The metric of something plain; NaN while it is not known."""

    def loss_at(self, step: int) -> float:
        """The loss of a step; NaN where it is not known, as before the first."""
        place = int(np.searchsorted(self.step, step))
        return float(self.loss[place]) if place < len(self.step) and self.step[place] == step else float("nan")


def beside(model: str | os.PathLike[str]) -> Path:
    """Where the recording of a training goes whose model goes there."""
    path = Path(model)
    return path.with_name(f"{path.stem}-training.h5")


class GrowingTraining:
    """The same while it is being written."""

    def __init__(self, group: h5py.Group, steps: int) -> None:
        self._group = group
        self._columns = {name: Column(group, name, None, dtype, digested=False) for name, dtype in FIELDS.items()}
        group.attrs["steps"] = steps

    def append(self, step: int, loss: float, gradient_norm: float, metric: float) -> None:
        """Add a step."""
        for name, value in zip(FIELDS, (step, loss, gradient_norm, metric), strict=True):
            self._columns[name].append(np.array([value], FIELDS[name]))

    def judge_by(self, metric: str, baseline_name: str, baseline: float) -> None:
        """Say what the metric is."""
        self._group.attrs.update({"metric": metric, "baseline_name": baseline_name, "baseline": baseline})

    def flush(self) -> None:
        """Write what is held back."""
        for column in self._columns.values():
            column.flush()


def training_of(group: object) -> Training | None:
    """What is there, in a file that may still be growing; None where nothing is."""
    if not isinstance(group, h5py.Group):
        return None
    known = min(len(group[name]) for name in FIELDS)
    columns: dict[str, NDArray[Any]] = {name: reading(group[name], slice(0, known)) for name in FIELDS}
    attributes: Mapping[str, Any] = group.attrs
    return Training(
        **columns,
        steps=int(attributes.get("steps", 0)),
        metric_name=text(attributes.get("metric", "")),
        baseline_name=text(attributes.get("baseline_name", "")),
        baseline=float(attributes.get("baseline", np.nan)),
    )


def damage(group: object) -> str | None:
    """What is wrong with the group, in words that follow its name; None where nothing is."""
    if not isinstance(group, h5py.Group):
        return "is not a group"
    for name, dtype in FIELDS.items():
        stored = group.get(name)
        if not isinstance(stored, h5py.Dataset) or stored.ndim != 1 or stored.dtype.kind != np.dtype(dtype).kind:
            return f"has no {name} for each step"
    attributes = {"steps": "iu", "baseline": "f"}
    for name, kinds in attributes.items():
        value = np.asarray(group.attrs.get(name, 0 if name == "steps" else 0.0))
        if value.ndim or value.dtype.kind not in kinds:
            return f"has {name} that are no number"
    return None
