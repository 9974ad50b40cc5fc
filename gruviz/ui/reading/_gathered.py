"""What takes longer to work out than anybody should wait for: in pieces, between which newer requests are served."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from gruviz.analysis import Gathering

T = TypeVar("T")
TURN = 0.012
"""Seconds of gathering before what is newer gets its turn: several slots may wait for it, each in turn."""


class Gathered(Generic[T]):
    """Something that is being gathered, or was."""

    def __init__(self, gathering: Gathering[T]) -> None:
        self._gathering = gathering
        self.known = False
        """Whether all of it is there."""
        self.done = 0.0
        """Which fraction is."""
        self._value: T | None = None
        self._wrong: Exception | None = None

    def go_on(self, seconds: float = TURN) -> bool:
        """Gather for so long; whether all of it is there then. Raises what the gathering raises, every time."""
        if self._wrong is not None:
            raise self._wrong
        until = time.perf_counter() + seconds
        while not self.known and time.perf_counter() < until:
            try:
                self.done = next(self._gathering)
            except StopIteration as stop:
                self.known, self.done, self._value = True, 1.0, stop.value
            except Exception as error:
                self._wrong = error
                raise
        return self.known

    @property
    def value(self) -> T:
        """What was gathered, once it is known."""
        assert self.known
        return self._value  # type: ignore[return-value]


class Latest(Generic[T]):
    """Keeps what was gathered for the last few keys: ranges come and go as somebody looks around."""

    def __init__(self, most: int = 4) -> None:
        self._most = most
        self._kept: dict[object, Gathered[T]] = {}

    def get(self, key: object, gathering: Callable[[], Gathering[T]]) -> Gathered[T]:
        """The one under this key, begun where there is none."""
        found = self._kept.pop(key, None) or Gathered(gathering())
        self._kept[key] = found
        while len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]
        return found
