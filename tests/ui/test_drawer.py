"""The thread that draws: the newest is answered, what nobody waits for is given up, an error ends nothing."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from pytestqt.qtbot import QtBot

from gruviz.errors import GruvizError
from gruviz.ui.drawer import Drawer
from gruviz.ui.drawing import Watch


@dataclass(eq=False)
class Slow:
    """Work that ends when it is let, or when nobody wants it."""

    name: str
    heeds: bool = True
    began: threading.Event = field(default_factory=threading.Event)
    let: threading.Event = field(default_factory=threading.Event)
    ended: str = ""

    def __call__(self, watch: Watch) -> str:
        self.began.set()
        for _ in range(5000):
            if self.let.wait(0.002):
                break
            if self.heeds and not watch(1):
                self.ended = "given up"
                raise GruvizError("stopped")
        self.ended = "done"
        return self.name


class Other(Slow):
    """Work of another class."""


@pytest.fixture
def drawer(qapp: object) -> Iterator[Drawer]:
    made = Drawer()
    yield made
    made.stop()
    assert not made.isRunning()


@pytest.fixture
def told(drawer: Drawer) -> list[str]:
    """What it has answered or refused."""
    made: list[str] = []
    drawer.answered.connect(lambda _, answer: made.append(answer))
    drawer.refused.connect(lambda _, why: made.append(why))
    return made


def test_the_newest_alone_is_answered(qtbot: QtBot, drawer: Drawer, told: list[str]) -> None:
    first, deaf, skipped, last = Slow("first"), Slow("deaf", heeds=False), Slow("skipped"), Slow("last")
    drawer.ask(first)
    assert first.began.wait(60)
    drawer.ask(deaf)
    assert deaf.began.wait(60), "the first was given up for it"
    assert first.ended == "given up"
    drawer.ask(skipped)
    drawer.ask(last)
    deaf.let.set()
    last.let.set()
    qtbot.waitUntil(lambda: bool(told), timeout=60_000)
    assert told == ["last"]
    assert (deaf.ended, skipped.began.is_set()) == ("done", False)


def test_work_of_another_class_is_not_given_up(qtbot: QtBot, drawer: Drawer, told: list[str]) -> None:
    one, other = Slow("one"), Other("other")
    for asked in (one, other):
        drawer.ask(asked)
        asked.let.set()
    qtbot.waitUntil(lambda: sorted(told) == ["one", "other"], timeout=60_000)


def test_what_is_forgotten_is_not_answered(qtbot: QtBot, drawer: Drawer, told: list[str]) -> None:
    forgotten, after = Slow("forgotten", heeds=False), Other("after")
    drawer.ask(forgotten)
    assert forgotten.began.wait(60)
    drawer.forget()
    forgotten.let.set()
    drawer.ask(after)
    after.let.set()
    qtbot.waitUntil(lambda: bool(told), timeout=60_000)
    assert told == ["after"]


@pytest.mark.parametrize(
    ("raised", "sentence"),
    [(GruvizError("no such layer"), "no such layer"), (ZeroDivisionError("by 0"), "gruviz failed to draw this")],
)
def test_an_error_is_told_and_the_thread_lives_on(
    qtbot: QtBot, drawer: Drawer, told: list[str], raised: Exception, sentence: str, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(watch: Watch) -> None:
        raise raised

    drawer.ask(fail)
    qtbot.waitUntil(lambda: bool(told), timeout=60_000)
    assert sentence in told[0]
    after = Slow("after")
    drawer.ask(after)
    after.let.set()
    qtbot.waitUntil(lambda: told[1:] == ["after"], timeout=60_000)
    assert ("Traceback" in capfd.readouterr().err) == isinstance(raised, ZeroDivisionError)


def test_it_ends_in_the_midst_of_work(drawer: Drawer) -> None:
    work = Slow("long")
    drawer.ask(work)
    assert work.began.wait(60)
    drawer.stop()
    assert work.ended == "given up"
