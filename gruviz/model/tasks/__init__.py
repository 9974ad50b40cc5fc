"""What a network can be trained on: `char` and `series` on data of one's own, and four tasks with made-up sequences."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from gruviz.errors import GruvizError
from gruviz.sequences import Sequence

from ._task import Batch, CutShortError, Result, Settings, Synthetic, Task, Watch
from .adding import Adding
from .anbn import AnBn
from .char import Char
from .copy import Copy
from .flipflop import FlipFlop
from .series import Series

__all__ = ["TASKS", "Batch", "CutShortError", "Result", "Settings", "Task", "Watch", "asked", "make", "sample"]

TASKS: dict[str, type[Task]] = {task.name: task for task in (Char, Series, Copy, Adding, FlipFlop, AnBn)}
"""Every task by its name."""


def make(name: str, data: Sequence | None = None, settings: Mapping[str, int] | None = None) -> Task:
    """Return the task called `name`, on `data` where it learns from data.

    `settings` are numbers that a synthetic task makes up its sequences by, such as their `length`. Raises GruvizError
    for an unknown name, for data that is missing or does not fit, and for data or settings that are not wanted.
    """
    task = _find(name)
    if settings and not issubclass(task, Synthetic):
        raise GruvizError(f"the task {name} reads its sequences from a file: it has no setting {min(settings)!r}")
    if issubclass(task, Synthetic):
        if data is not None:
            raise GruvizError(
                f"the task {name} makes up its sequences: leave out {data.name}, or train char or series on it"
            )
        return task.from_description(settings or {})
    if data is None:
        wanted = "a text to learn from: --text FILE" if name == Char.name else "a table to learn from: --data FILE"
        raise GruvizError(f"the task {name} needs {wanted}")
    return Char(data) if task is Char else Series(data)


def sample(description: Mapping[str, Any], count: int, seed: int) -> list[Sequence]:
    """Return `count` made-up sequences of a synthetic task, the same for the same seed.

    `description` is what `Task.describe` gave and a model file holds, or just `{"name": "copy"}`. Tokens come with
    their text, in the vocabulary of the task. Raises GruvizError for a task whose sequences come from files.
    """
    name = description.get("name")
    task = _find(name if isinstance(name, str) else repr(name))
    if not issubclass(task, Synthetic):
        made_up = ", ".join(other.name for other in TASKS.values() if issubclass(other, Synthetic))
        raise GruvizError(f"the task {name} makes up no sequences: name a file to read, or one of the tasks {made_up}")
    if count < 1:
        raise GruvizError(f"{count} sequences were asked for: ask for one or more")
    return task.from_description(description).sample(count, seed)


def asked(description: Mapping[str, Any], inputs: Tensor) -> Batch | None:
    """What a task asks for at each timestep, where that is not what comes next; see `Synthetic.asked`.

    `description` is what `Task.describe` gave. None where it is of no such task, or the inputs are of another kind.
    """
    task = TASKS.get(str(description.get("name")))
    if task is None or not issubclass(task, Synthetic) or inputs.dim() != (3 if task.columns else 2):
        return None
    try:
        return task.from_description(description).asked(inputs)
    except GruvizError:
        return None


def _find(name: str) -> type[Task]:
    if name not in TASKS:
        raise GruvizError(f"there is no task {name!r}: choose one of {', '.join(TASKS)}")
    return TASKS[name]
