"""What the inputs of a recording stand for: files, folders, or sequences that a task makes up."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from gruviz import sequences as sq
from gruviz.errors import GruvizError
from gruviz.model import tasks
from gruviz.model.checkpoint import Loaded

MADE_UP = "task:"
MOST_NOTES = 50


def with_vocabulary(loaded: Loaded, vocabulary: sq.Vocabulary, name: str) -> Loaded:
    """The model with a vocabulary that its file lacks, called `name`. Raises GruvizError where it does not fit."""
    size = loaded.model.architecture.inputs
    if loaded.vocabulary is not None:
        raise GruvizError(
            f"this model has a vocabulary of its own, of {len(loaded.vocabulary):,} symbols: give it no other"
        )
    if loaded.model.architecture.embedding is None:
        raise GruvizError("this model reads numbers, not text: it needs no vocabulary")
    if len(vocabulary) != size:
        raise GruvizError(
            f"{name} has {len(vocabulary):,} symbols, and the embedding of this model has {size:,}: "
            "give the vocabulary that it was trained with, whole and in its order"
        )
    return replace(loaded, vocabulary=vocabulary)


def read_inputs(
    loaded: Loaded,
    sources: Iterable[str],
    how: sq.Reading,
    *,
    steps: tuple[int, int | None] | None = None,
    count: int = 16,
    seed: int = 0,
) -> list[sq.Sequence]:
    """Read the sequences that a model is to be recorded on.

    Args:
        loaded: the model. Text is read with its vocabulary, and of folders what it can read: text or numbers. Made-up
            sequences have the settings of the task that it was trained on, if it is that one.
        sources: paths of files and folders, or `task:NAME` for made-up sequences of a synthetic task.
        how: what the files do not say themselves.
        steps: only these timesteps of each, half-open; None for the end of each.
        count: how many sequences a task makes up.
        seed: that they are drawn from.

    Raises:
        GruvizError: a file cannot be read, there is no such task, or a sequence has no timestep in the range.
    """
    read: list[sq.Sequence] = []
    for source in sources:
        name = source.removeprefix(MADE_UP)
        if name != source:
            read += tasks.sample(loaded.task if loaded.task.get("name") == name else {"name": name}, count, seed)
        elif Path(source).is_dir():
            numbers = loaded.model.architecture.embedding is None
            suffixes = (*(sq.TABLES if numbers else sq.TEXTS), *sq.ARRAYS, *(sq.SOUNDS if numbers else ()))
            found, left_out = sq.read_folder(source, how, suffixes)
            read += [replace(found[0], notes=(*found[0].notes, left_out)), *found[1:]] if left_out else found
        else:
            read += sq.read_all(source, how)
    read = [spelled(loaded, sequence) for sequence in sq.distinct(read)]
    return [cut(sequence, *steps) for sequence in read] if steps else read


def spelled(loaded: Loaded, sequence: sq.Sequence) -> sq.Sequence:
    """A text as the tokens of the model's vocabulary; anything else as it is. Raises GruvizError for what it lacks."""
    if sequence.text is None or loaded.vocabulary is None or loaded.translator is not None:  # which spells by itself
        return sequence
    return loaded.vocabulary.spell(sequence)


def cut(sequence: sq.Sequence, start: int, stop: int | None) -> sq.Sequence:
    """The timesteps of a sequence from `start` up to `stop`, or up to its end, which is then noted.

    Raises GruvizError where there are none.
    """
    length = len(sequence)
    if start >= min(length if stop is None else stop, length):
        end = "" if stop is None else stop
        raise GruvizError(f"{sequence.name} has {length:,} timesteps: the range {start}:{end} is not in it")
    parts = {name: getattr(sequence, name) for name in ("text", "tokens", "values", "missing")}
    changes: dict[str, Any] = {name: part[start:stop] for name, part in parts.items() if part is not None}
    if stop is not None and stop > length:
        short = f"{sequence.name} ends after {length:,} timesteps: the range {start}:{stop} was cut to {start}:{length}"
        changes["notes"] = (*sequence.notes, short)
    return replace(sequence, **changes)


def common_rate(sequences: Sequence[sq.Sequence]) -> float | None:
    """The timesteps a second of all sequences, None where they have none. Raises GruvizError where they differ."""
    first = sequences[0]
    for other in sequences:
        if other.rate != first.rate:
            raise GruvizError(
                f"{first.name} has {_rate(first)} and {other.name} {_rate(other)}: they have no time axis in common; "
                "record them apart, or resample one"
            )
    return first.rate


def _rate(sequence: sq.Sequence) -> str:
    return "no rate" if sequence.rate is None else f"{sequence.rate:,.6g} timesteps a second"


def notes_on(sequences: Iterable[sq.Sequence]) -> list[str]:
    """What was done to the inputs, each note once; of very many the first."""
    notes = list(dict.fromkeys(note for sequence in sequences for note in sequence.notes))
    more = len(notes) - MOST_NOTES
    return [*notes[:MOST_NOTES], f"and {more:,} more notes of this kind"] if more > 0 else notes
