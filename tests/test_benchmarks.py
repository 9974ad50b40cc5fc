"""The measuring itself: what counts as a row that holds, as a frame, and as the same script for everybody."""

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from benchmarks import large, memory, others, recording, start, training, units, window
from benchmarks.apart import NotRunError, apart
from benchmarks.rows import Row
from benchmarks.scrub import moves


def test_every_row_that_was_promised_is_measured() -> None:
    promised = {
        "record_vs_forward",
        "record_vs_loop",
        "write_vs_hdf5",
        "open_large_vs_small",
        "rss_large_mb",
        "cursor_frame_p99_ms",
        "cursor_vs_bare",
        "pan_frame_p99_ms",
        "zoom_frame_p99_ms",
        "settle_p99_ms",
        "composition_ms",
        "composition_long_vs_short",
        "composition_frame_p99_ms",
        "start_vs_bare",
        "train_in_app_vs_headless",
        "frame_p99_while_training_ms",
        "ui_stall_max_ms",
        "sequences_vs_few",
    }
    groups = (recording, large, memory, start, training, window, units, others)
    assert promised <= {name for group in groups for name in group.ROWS}


@pytest.mark.parametrize(
    ("value", "goal", "ok"),
    [(1.9, "<= 2.0", True), (2.1, "<= 2.0", False), (0.2, ">= 0.15", True), (0.1, ">= 0.15", False), (None, "", False)],
)
def test_a_row_holds_its_goal_or_misses_it(value: float | None, goal: str, ok: bool) -> None:
    row = Row("name", value, "ratio", goal)
    assert row.ok is ok
    assert row.to_json()["ok"] is ok
    assert ("MISSED" in str(row) or "NOT RUN" in str(row)) is not ok


def test_what_fails_in_a_process_of_its_own_says_why() -> None:
    with pytest.raises(NotRunError, match=r"large.memory failed: .*nowhere\.h5"):
        apart("large", "memory", "nowhere.h5")


def test_every_viewer_gets_the_same_moves() -> None:
    script = list(moves(20_000))
    assert script == list(moves(20_000))
    assert all(0 <= start <= cursor < stop <= 20_000 for cursor, start, stop in script)
    assert min(stop - start for _, start, stop in script) <= 1000 < 20_000 == max(b - a for _, a, b in script)


def test_a_frame_lasts_until_it_is_painted_and_an_input_that_paints_nothing_is_none(
    qtbot: QtBot, qapp: QApplication
) -> None:
    from benchmarks.frames import Hand, Paints

    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)
    paints = Paints(widget)
    hand = Hand(qapp, paints)
    widget.update()
    hand.settle()
    before = len(paints.ends)
    times = hand.frames([widget.update, lambda: None, widget.update])
    assert (len(times.frames), times.empty) == (2, 1)
    assert len(paints.ends) == before + 2
    assert all(took > 0 for took in times.frames)
    assert paints.ends == sorted(paints.ends)
