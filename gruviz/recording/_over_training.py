"""One sequence, read again and again while a network learned."""

from collections.abc import Sequence

from gruviz.recording.tape import SequenceInfo


def over_training(sequences: Sequence[SequenceInfo], index: int) -> tuple[SequenceInfo, ...]:
    """A sequence of a tape as each training step that is known of read it, by that step; at most one of each.

    The same sequence is one of the same name, item and length. What was not in training has no part in it: for such a
    sequence nothing is returned.
    """
    here = sequences[index]
    if here.checkpoint < 0:
        return ()
    wanted = (here.name, here.item, here.length)
    alike = {each.checkpoint: each for each in sequences if (each.name, each.item, each.length) == wanted}
    alike[here.checkpoint] = here
    return tuple(alike[step] for step in sorted(alike) if step >= 0)


def scrubbed(sequences: Sequence[SequenceInfo]) -> bool:
    """Whether any sequence was read at several training steps."""
    seen: dict[tuple[str, int, int], int] = {}
    for each in sequences:
        if each.checkpoint >= 0 and each.length:
            first = seen.setdefault((each.name, each.item, each.length), each.checkpoint)
            if first != each.checkpoint:
                return True
    return False
