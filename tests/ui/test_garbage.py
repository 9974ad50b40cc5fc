"""Garbage is collected on the GUI thread, and not while somebody would see it."""

import gc
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from gruviz.ui.garbage import importing
from gruviz.ui.window import MainWindow
from gruviz.view import seek


class Knot:
    """What only a look for cycles finds. It notes the thread that it ends on."""

    def __init__(self, ended: list[int]) -> None:
        self.me, self._ended = self, ended

    def __del__(self) -> None:
        self._ended.append(threading.get_ident())


@pytest.fixture
def looks() -> Iterator[list[int]]:
    """The generations that were looked at."""
    seen: list[int] = []

    def note(phase: str, about: dict[str, int]) -> None:
        if phase == "stop":
            seen.append(about["generation"])

    gc.callbacks.append(note)
    yield seen
    gc.callbacks.remove(note)


def litter(ended: list[int], knots: int) -> None:
    for _ in range(knots):
        Knot(ended)


def test_what_a_worker_leaves_ends_on_the_thread_of_the_window(qtbot: QtBot, window: MainWindow) -> None:
    ended: list[int] = []
    worker = threading.Thread(target=litter, args=(ended, 5000))
    worker.start()
    worker.join()
    assert ended == []
    qtbot.waitUntil(lambda: len(ended) == 5000, timeout=3000)
    assert set(ended) == {threading.get_ident()}


def test_all_is_looked_at_only_when_nobody_moves(qtbot: QtBot, window: MainWindow, looks: list[int]) -> None:
    window._collector._timer.setInterval(10)
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        window.state.change(seek, (window.state.view.cursor + 1) % 100)
        qtbot.wait(5)
    assert len(looks) > 35
    assert set(looks) == {1}
    qtbot.waitUntil(lambda: 2 in looks, timeout=6000)


def test_nothing_is_looked_at_during_an_import(qtbot: QtBot, window: MainWindow, looks: list[int]) -> None:
    window._collector._timer.setInterval(10)
    with importing():
        looks.clear()
        qtbot.wait(200)
        assert looks == []
        frozen = gc.get_freeze_count()
        kept = [[] for _ in range(1000)]
    assert gc.get_freeze_count() > frozen + len(kept)
    qtbot.waitUntil(lambda: bool(looks), timeout=2000)


def test_python_takes_over_again(qtbot: QtBot, new_window: Callable[[], MainWindow]) -> None:
    window = new_window()
    assert not gc.isenabled()
    window.close()
    assert gc.isenabled()
