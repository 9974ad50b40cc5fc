"""Which sequences of two recordings are the same one, as far as names, numbers and lengths tell."""

from collections.abc import Sequence

from gruviz.recording import SequenceInfo
from gruviz.ui.reading import Facts
from gruviz.view import Pane

_NAMED = 4
"""Lengths that a sentence names."""


def twin(sequences: Sequence[SequenceInfo], like: SequenceInfo, checkpoint: int | None = None) -> SequenceInfo | None:
    """The sequence that has the length of another, and its name and item, or its name, or its number; None for none.

    Args:
        sequences: to choose from.
        like: the other one.
        checkpoint: the training step that is to have read it; None for the last that did.
    """
    fit = [each for each in sequences if each.length == like.length > 0]
    fit = [each for each in fit if checkpoint in (None, each.checkpoint)]
    wanted = (
        lambda each: (each.name, each.item) == (like.name, like.item),
        lambda each: each.name == like.name,
        lambda each: _place(sequences, each) == like.index,
    )
    for fits in wanted:
        found = [each for each in fit if fits(each)]
        if found:
            return found[-1]
    return None


def _place(sequences: Sequence[SequenceInfo], info: SequenceInfo) -> int:
    """The number of a sequence among those that the same training step read."""
    return sum(each.checkpoint == info.checkpoint for each in sequences[: info.index])


def place_for(facts: Facts, like: SequenceInfo, taken: Sequence[Pane]) -> Pane | None:
    """What of a recording is to stand beside others; None where no sequence of it is as long as theirs.

    The same sequence in the layer of the same name, else in the first that has it, else any of that length; and what
    stands there already is not shown twice, if there is anything else to show.

    Args:
        facts: of the recording.
        like: the sequence on show.
        taken: the panes on show; the last is the one that is to be compared with.
    """
    names = sorted(facts.layers, key=lambda name: name != taken[-1].layer)

    def pane(name: str, info: SequenceInfo) -> Pane:
        return Pane(facts.path, facts.layers[name].tape, info.index, name, info.checkpoint)

    twins = [(name, twin(facts.sequences_of(name), like)) for name in names]
    offered = [pane(name, found) for name, found in twins if found is not None]
    offered += [pane(name, each) for name in names for each in facts.sequences_of(name) if each.length == like.length]
    shown = {(pane.recording, pane.layer, pane.sequence) for pane in taken}
    fresh = [pane for pane in offered if (pane.recording, pane.layer, pane.sequence) not in shown]
    return next(iter(fresh or offered), None)


def why_not(facts: Facts, length: int) -> str:
    """That nothing of a recording can stand beside a sequence of this length, and what to do."""
    lengths = sorted({info.length for name in facts.layers for info in facts.sequences_of(name) if info.length})
    if not lengths:
        return f"{facts.name} holds no timesteps to compare with: record it again, with a longer input"
    named = ", ".join(f"{each:,}" for each in lengths[:_NAMED]) + (", …" if len(lengths) > _NAMED else "")
    have = f"its sequences have {named}" if len(lengths) > 1 else f"its only length is {named}"
    return (
        f"{facts.name} has no sequence of {length:,} timesteps as the one on show, {have}: choose a sequence of that "
        "length first, or record both models on the same input"
    )
