"""The states at the borders of the chunks in which a long sequence is read."""

from collections.abc import Generator, Sequence

from torch import Tensor

from gruviz.model.network import SequenceModel, State


def states_before(model: SequenceModel, x: Tensor, chunks: Sequence[slice]) -> Generator[int, None, list[State | None]]:
    """The state that each chunk is entered with, as far as it must be known beforehand.

    Reading forward it is where the chunk before ended, and comes by itself: None. A bidirectional network enters a
    chunk from both sides. Layer by layer, one walk from the end to the start finds the states of the backward
    direction at the borders, and one from the start to the end those of the forward one: both need only what lies
    below to be right. That is two more passes over the sequence for each layer, in bounded memory.
    Yields 0 after each chunk.
    """
    a = model.architecture
    if not (a.bidirectional or a.backward) or len(chunks) == 1:
        return [None] * len(chunks)
    forth, back = range(len(chunks)), range(len(chunks) - 1, -1, -1)
    start = model.start()
    states = [[kind.clone() for kind in start] for _ in chunks]
    for layer in range(a.layers):
        for row, order in ((layer, back),) if a.backward else ((2 * layer + 1, back), (2 * layer, forth)):
            carried = [kind[row] for kind in start]
            for index in order:
                for kind, state in zip(states[index], carried, strict=True):
                    kind[row] = state
                _, final = model(x[:, chunks[index]], _as_state(states[index]))
                carried = [kind[row] for kind in (final if isinstance(final, tuple) else (final,))]
                yield 0
    return [_as_state(state) for state in states]


def _as_state(kinds: Sequence[Tensor]) -> State:
    """One or two (L·D, B, H) as a GRU's or an LSTM's state."""
    return (kinds[0], kinds[1]) if len(kinds) == 2 else kinds[0]
