"""How far the drawing of a figure is, told to whoever waits for it, who may stop it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from gruviz.errors import GruvizError

Watch = Callable[[int], bool]
"""Told how many timesteps were read so far, of any quantity; False ends it."""


class Stopped(GruvizError):  # noqa: N818 - nothing went wrong
    """Nobody wants the figure any more."""


class _Watched:
    def __init__(self, watch: Watch) -> None:
        self.watch, self.count = watch, 0


_WATCHED: ContextVar[_Watched | None] = ContextVar("watched", default=None)


@contextmanager
def watched(watch: Watch | None) -> Iterator[None]:
    """While in the block, tell `watch` of what is read."""
    token = _WATCHED.set(None if watch is None else _Watched(watch))
    try:
        yield
    finally:
        _WATCHED.reset(token)


def read(timesteps: int) -> None:
    """Say that so many more timesteps of a quantity were read. Raises Stopped if nobody wants more."""
    waiting = _WATCHED.get()
    if waiting is None:
        return
    waiting.count += timesteps
    if not waiting.watch(waiting.count):
        raise Stopped("stopped: no figure was drawn")


def reading(timesteps: int) -> Callable[[float], None]:
    """What is told which fraction of so many timesteps is read, again and again."""
    before = 0

    def tell(fraction: float) -> None:
        nonlocal before
        now = round(fraction * timesteps)
        read(now - before)
        before = now

    return tell
