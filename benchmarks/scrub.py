"""One script of moves for every viewer: the cursor to random places, zooms in and out, pans."""

import random
from collections.abc import Iterator

Move = tuple[int, int, int]
"""Cursor, and the visible range, half-open."""
NOTCH = 0.8
"""What a notch of the wheel makes of the visible range."""


def moves(timesteps: int, rounds: int = 2) -> Iterator[Move]:
    """The moves for a sequence of that length: about two hundred a round, the same each time."""
    rng = random.Random(0)
    for _ in range(rounds):
        start, stop = 0, timesteps
        for _ in range(50):
            yield rng.randrange(start, stop), start, stop
        cursor = rng.randrange(timesteps)
        spans = []
        while stop - start > 1000:
            spans.append((start, stop))
            where, span = (cursor - start) / (stop - start), round(NOTCH * (stop - start))
            start = min(max(round(cursor - where * span), 0), timesteps - span)
            stop = start + span
            yield cursor, start, stop
        span = stop - start
        for step in [25] * 20 + [-25] * 20:
            start = min(max(start + step, 0), timesteps - span)
            stop = start + span
            yield min(max(cursor, start), stop - 1), start, stop
        for _ in range(50):
            yield rng.randrange(start, stop), start, stop
        for start, stop in reversed(spans):
            yield cursor, start, stop
