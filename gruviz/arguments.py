"""What commands share: how their arguments are read, how they say how far they are, and how they are stopped."""

import argparse
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from gruviz.cells import Thresholds
from gruviz.errors import GruvizError


class Parser(argparse.ArgumentParser):
    """One line of error, like every other that a person can cause."""

    def error(self, message: str) -> NoReturn:
        """Raise it."""
        raise GruvizError(f"{message} (see {self.prog} --help)")


class Line:
    """A line of progress on standard error that is written over, or one in ten where that is no terminal."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._shown = 0.0

    def show(self, text: str, last: bool) -> None:
        """Write it, unless the one before is too new."""
        import time

        now = time.monotonic()
        if not last and now - self._shown < (0.1 if self._terminal else 5):
            return
        self._shown = now
        if self._terminal:
            print(f"\r\x1b[K{text}", end="\n" if last else "", file=sys.stderr, flush=True)
        else:
            print(text, file=sys.stderr, flush=True)


def say_notes(notes: Iterable[str]) -> None:
    """Write what there is to know of what was read on standard error, each once."""
    for note in dict.fromkeys(notes):
        print(f"note: {note}", file=sys.stderr)


@contextmanager
def interruptible(then: str = "and keeping what there is") -> Iterator[Callable[[], bool]]:
    """While in the block, Ctrl+C asks the work to end; a second one ends it at once."""
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        print(f"\nstopping, {then}", file=sys.stderr)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


def timesteps(text: str) -> tuple[int, int]:
    """A range `A:B`."""
    start, colon, stop = text.partition(":")
    if not colon or not start.isdecimal() or not stop.isdecimal() or int(start) >= int(stop):
        raise argparse.ArgumentTypeError(f"{text!r} is not a range of timesteps: write 0:200")
    return int(start), int(stop)


def units(text: str) -> tuple[int, ...] | str:
    """A list of units, or a condition."""
    if any(sign in text for sign in "<>=!"):
        return text
    found: list[int] = []
    for part in text.split(","):
        start, colon, stop = part.partition(":")
        if not start.isdecimal() or (colon and not stop.isdecimal()):
            raise argparse.ArgumentTypeError(f"{text!r} names no units: write 0:16,40,41, or tau > 50")
        found += range(int(start), int(stop)) if colon else [int(start)]
    return tuple(found)


def thresholds(text: str) -> Thresholds:
    """Three numbers."""
    try:
        return Thresholds(*map(float, text.split(",")))
    except (TypeError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} are no thresholds: write 0.9,0.1,0.05 ({error})") from error


def sides(text: str) -> tuple[float, float]:
    """Two numbers."""
    try:
        low, high = map(float, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} are not two numbers: write 0.1,0.9") from None
    return low, high


def names(text: str) -> tuple[str, ...]:
    """Words between commas."""
    return tuple(name.strip() for name in text.split(","))


def millimetres(text: str) -> float:
    """A length: `85`, `85mm` or `3.5in`."""
    number, scale = text.strip(), 1.0
    for unit, of in (("mm", 1.0), ("in", 25.4)):
        if number.endswith(unit):
            number, scale = number.removesuffix(unit), of
    try:
        length = float(number) * scale
    except ValueError:
        length = 0.0
    if not length > 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no width: write 85mm or 3.5in")
    return length
