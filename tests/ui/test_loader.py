"""The thread that reads: newest first, stale dropped, errors told, ended in order."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from gruviz.errors import GruvizError
from gruviz.ui.loader import Loader
from gruviz.ui.reading import Request, Source, TextRequest, Unfinished


@dataclass(frozen=True)
class Gated(Request):
    """Waits until it is let through, and notes in which order requests were answered."""

    number: int = 0
    gate: threading.Event = field(default_factory=threading.Event, compare=False)
    log: list[tuple[str, int]] = field(default_factory=list, compare=False)
    error: type[Exception] | None = field(default=None, compare=False)

    def read(self, source: Source) -> Any:
        self.gate.wait(5)
        self.log.append((self.slot, self.number))
        if self.error is not None:
            raise self.error("the disk is gone")
        return self.number


@dataclass(frozen=True)
class Slow(Request):
    """Takes several turns."""

    turns: int = 0
    log: list[str] = field(default_factory=list, compare=False)

    def read(self, source: Source) -> Any:
        self.log.append(f"{self.slot}{self.turns}")
        done = self.log.count(f"{self.slot}{self.turns}")
        return Unfinished(done) if done < self.turns else done


@pytest.fixture
def loader(qtbot: QtBot, sonnets: Path) -> Iterator[Loader]:
    loader = Loader()
    with qtbot.waitSignal(loader.opened):
        loader.open(str(sonnets))
    yield loader
    loader.stop()


def test_stale_requests_are_left_out_and_slots_take_turns(qtbot: QtBot, loader: Loader) -> None:
    gate, log, answers = threading.Event(), [], []
    loader.answered.connect(lambda request, answer: answers.append((request.slot, answer)))
    loader.ask(Gated("a", "rnn.l0", 0, 0, gate, log))
    qtbot.wait(30)  # the first is being read
    for number in range(1, 50):
        loader.ask(Gated("a", "rnn.l0", 0, number, gate, log))
        loader.ask(Gated("b", "rnn.l0", 0, number, gate, log))
        loader.ask(Gated("c", "rnn.l0", 0, number, gate, log))
    assert not loader.idle
    with qtbot.waitSignal(loader.settled):
        gate.set()
    assert log == [("a", 0), ("c", 49), ("b", 49), ("a", 49)]
    assert set(answers) >= {("a", 49), ("b", 49), ("c", 49)}
    assert loader.idle


def test_an_answer_about_another_sequence_is_not_shown(qtbot: QtBot, loader: Loader) -> None:
    gate, log, answers = threading.Event(), [], []
    loader.answered.connect(lambda request, answer: answers.append(answer))
    loader.ask(Gated("a", "rnn.l0", 0, 1, gate, log))
    qtbot.wait(30)
    loader.ask(Gated("a", "rnn.l0", 1, 2, gate, log))
    with qtbot.waitSignal(loader.settled, check_params_cb=None):
        gate.set()
    qtbot.waitUntil(lambda: loader.idle)
    assert log == [("a", 1), ("a", 2)]
    assert answers == [2]


@pytest.mark.parametrize("error", [GruvizError, ValueError])
def test_a_failed_read_is_told_and_the_next_one_answered(
    qtbot: QtBot, loader: Loader, error: type[Exception], capfd: pytest.CaptureFixture[str]
) -> None:
    gate = threading.Event()
    gate.set()
    with qtbot.waitSignal(loader.failed) as failed:
        loader.ask(Gated("a", "rnn.l0", 0, 1, gate, [], error))
    assert "the disk is gone" in failed.args[1]
    assert ("Traceback" in capfd.readouterr().err) == (error is ValueError)  # a defect keeps its traceback
    with qtbot.waitSignal(loader.answered) as answered:
        loader.ask(TextRequest("text", "rnn.l0", 0, 0, 3))
    assert answered.args[1].symbols == ("T", "H", "E")


def test_a_file_that_is_refused_leaves_the_open_one_open(qtbot: QtBot, loader: Loader, tmp_path: Path) -> None:
    facts = loader.facts
    with qtbot.waitSignals([loader.refused, loader.answered]):
        loader.open(str(tmp_path / "missing.h5"))
        loader.ask(TextRequest("text", "rnn.l0", 0, 0, 3))  # asked while opening: answered from what stays open
    assert loader.facts is facts


def test_it_ends_while_it_reads(qtbot: QtBot, sonnets: Path) -> None:
    loader = Loader()
    with qtbot.waitSignal(loader.opened):
        loader.open(str(sonnets))
    gate, log = threading.Event(), []
    loader.ask(Gated("a", "rnn.l0", 0, 1, gate, log))
    loader.ask(Gated("b", "rnn.l0", 0, 2, gate, log))
    qtbot.wait(30)
    threading.Timer(0.05, gate.set).start()
    loader.stop()
    assert len(log) == 1


def test_a_loader_that_was_never_used_ends_too(qtbot: QtBot) -> None:
    Loader().stop()


def test_what_takes_several_turns_lets_others_through_and_ends(qtbot: QtBot, loader: Loader) -> None:
    log, answers = [], []
    loader.answered.connect(lambda request, answer: answers.append((request.slot, answer)))
    loader.ask(Slow("endless", "rnn.l0", 0, 10**9, log))
    loader.ask(Slow("b", "rnn.l0", 0, 30, log))
    qtbot.waitUntil(lambda: ("b", 30) in answers)
    assert not loader.idle
    assert log.count("b30") == 30
    assert any(slot == "endless" for slot, _ in answers)
    with qtbot.waitSignal(loader.settled):
        loader.ask(Slow("endless", "rnn.l0", 0, 5, log))
    assert answers[-1] == ("endless", 5)
    assert log.count("endless5") == 5
    assert loader.idle


def test_what_is_not_wanted_any_more_is_not_gone_on_with(qtbot: QtBot, loader: Loader) -> None:
    log: list[str] = []
    loader.ask(Slow("a", "rnn.l0", 0, 10**9, log))
    loader.ask(Slow("b", "rnn.l0", 0, 10**8, log))
    qtbot.waitUntil(lambda: len(log) > 50)
    loader.ask(Slow("a", "rnn.l0", 0, 1, log))
    loader.forget("b")
    qtbot.waitUntil(lambda: loader.idle)
    assert log.count("a1") == 1
    before = len(log)
    qtbot.wait(50)
    assert len(log) == before
