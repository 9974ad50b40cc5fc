"""What the inputs of a recording stand for: files, or sequences that a task makes up."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from gruviz import sequences as sq
from gruviz.errors import GruvizError
from gruviz.model import tasks

MADE_UP = "task:"


def read_inputs(
    sources: Iterable[str],
    *,
    task: Mapping[str, Any],
    steps: tuple[int, int] | None = None,
    count: int = 16,
    seed: int = 0,
) -> list[sq.Sequence]:
    """Read the sequences that a model is to be recorded on.

    Args:
        sources: paths, or `task:NAME` for made-up sequences of a synthetic task.
        task: the task that the model was trained on, whose settings made-up sequences then have.
        steps: only these timesteps of each, half-open.
        count: how many sequences a task makes up.
        seed: that they are drawn from.

    Raises:
        GruvizError: a file cannot be read, there is no such task, or a sequence has no timestep in the range.
    """
    read: list[sq.Sequence] = []
    for source in sources:
        name = source.removeprefix(MADE_UP)
        if name == source:
            read.append(sq.read(source))
        else:
            read += tasks.sample(task if task.get("name") == name else {"name": name}, count, seed)
    return [cut(sequence, *steps) for sequence in read] if steps else read


def cut(sequence: sq.Sequence, start: int, stop: int) -> sq.Sequence:
    """The timesteps of a sequence from `start` up to `stop`, as many as are there. Raises GruvizError for none."""
    if start >= min(stop, len(sequence)):
        raise GruvizError(f"{sequence.name} has {len(sequence):,} timesteps: the range {start}:{stop} is not in it")
    parts = {name: getattr(sequence, name) for name in ("text", "tokens", "values", "missing")}
    return replace(sequence, **{name: part[start:stop] for name, part in parts.items() if part is not None})
