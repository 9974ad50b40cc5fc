"""What takes long is done beside the reader that pictures wait for, of the recording in focus, and of no other."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

import gruviz
from gruviz.analysis import Unrolled, step_at
from gruviz.ui.reading import Linked, LinkRequest, Source, StepAtRequest, Unfinished
from gruviz.ui.window import MainWindow
from gruviz.view import focus_on, seek

from ..analysis.alone import recorded  # noqa: TID252 - one network for both
from .hand import key, settle
from .test_gradient import tab_of

Open = Callable[[Path], MainWindow]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "run.h5"
    recorded(path, "gru")
    return path


def radius(path: Path, t: int) -> float:
    with gruviz.open(path) as run:
        return step_at(Unrolled(run, run.layers["l0"], 0), t).radius


def test_of_many_units_nothing_is_begun_before_the_cursor_rests(
    qtbot: QtBot, opened: Open, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gruviz.ui.apart._LARGE", 1)
    window = opened(path)
    tab_of(qtbot, window)
    answers = []
    window.stepping.changed.connect(lambda: answers.append(window.stepping.answer))
    for t in range(1, 15):
        window.state.change(seek, t)
        assert not window.loader.idle  # a picture of the window waits for it
    settle(qtbot, window)
    assert [each.timestep for each in answers] == [14]


def test_it_closes_the_recording_when_nobody_looks(
    qtbot: QtBot, opened: Open, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gruviz.ui.apart._IDLE", 0)
    window = opened(path)
    apart = window.loader._apart
    assert apart._loader is None
    tab_of(qtbot, window)
    assert apart._loader is not None
    key(window, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: apart._loader is None)
    tab_of(qtbot, window)
    assert window.stepping.answer.timestep == window.state.view.cursor


def test_another_recording_under_the_same_name_is_not_taken_for_it(
    qtbot: QtBot, opened: Open, path: Path, tmp_path: Path
) -> None:
    window = opened(path)
    recorded(tmp_path / "other.h5", "gru")
    shutil.move(tmp_path / "other.h5", path)
    tab = tab_of(qtbot, window)
    assert tab.source == "run.h5 is another recording than the one on show: open it again"
    assert window.stepping.answer is None
    path.unlink()
    window.state.change(seek, 5)
    settle(qtbot, window)
    assert "does not exist" in tab.source


def test_it_is_about_the_recording_in_focus(qtbot: QtBot, opened: Open, path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.h5"
    recorded(other, "rnn")
    window = opened(path)
    tab_of(qtbot, window)
    with qtbot.waitSignal(window.ready, timeout=10_000):
        window.open_beside([str(other)])
    settle(qtbot, window)
    for focus, of in ((1, other), (0, path)):
        window.state.change(focus_on, focus)
        window.state.change(seek, 9 + focus)
        settle(qtbot, window)
        assert window.stepping.answer.radius == radius(of, 9 + focus)


def test_answers_are_kept_and_ways_are_gone_on_with(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gruviz.ui.reading._jacobians._KEPT", 3)
    monkeypatch.setattr("gruviz.ui.reading._jacobians._TURN", 0.0)
    with gruviz.open(path) as run:
        source = Source(run)
        answers = [StepAtRequest("s", "l0", 0, t).read(source) for t in range(5)]
        assert StepAtRequest("s", "l0", 0, 4).read(source) is answers[4]
        again = StepAtRequest("s", "l0", 0, 0).read(source)
        assert again == answers[0]
        assert again is not answers[0]  # it was let go

        def turns(s: int, t: int) -> tuple[Linked, int]:
            for turn in range(100):
                found = LinkRequest("l", "l0", 0, s, t).read(source)
                if not isinstance(found, Unfinished):
                    return found, turn
                assert 0 < found.answer.done < 1
            raise AssertionError("it never ends")

        far, turn = turns(3, 8)
        assert (turn, far.pair.s, far.pair.t, far.done) == (4, 3, 8, 1.0)  # a timestep a turn
        assert turns(3, 8) == (far, 0)
        assert turns(3, 10)[1] == 1  # from where it had come to
        assert turns(4, 10)[1] == 5  # from the start
        assert turns(3, 8) == (far, 0)
        assert turns(6, 6)[0].pair.total == pytest.approx(0.0, abs=1e-12)
