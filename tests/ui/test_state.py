"""The state tells what changed, all of it and nothing else."""

import sys
from dataclasses import replace
from functools import partial
from typing import get_args

import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from gruviz.analysis import derived
from gruviz.cells import CELLS
from gruviz.ui.panels import KINDS
from gruviz.ui.state import ViewState
from gruviz.view import (
    Derived,
    View,
    follow,
    from_plain,
    grow,
    rank_by,
    seek,
    select_unit,
    show_range,
    showing,
    take_apart,
    to_plain,
    toggle_derived,
    toggle_page,
    toggle_play,
    toggle_quantity,
    toggle_shaded,
    turn_to,
    zoom,
)

SIGNALS = (
    "pane",
    "length",
    "units",
    "rows",
    "range",
    "cursor",
    "mark",
    "thresholds",
    "display",
    "playback",
    "follow",
    "memory",
    "tab",
    "page",
)


def listen(state: ViewState) -> list[str]:
    heard: list[str] = []
    for name in SIGNALS:
        getattr(state, f"{name}_changed").connect(lambda name=name: heard.append(name))
    return heard


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        (seek, (50,), ["cursor"]),
        (seek, (0,), []),
        (seek, (500,), ["range", "cursor"]),
        (zoom, (0.5, 20.0), ["range"]),
        (select_unit, (3,), ["units"]),
        (toggle_quantity, ("reset",), ["display"]),
        (toggle_play, (), ["playback"]),
        (turn_to, ("cell",), ["tab"]),
        (toggle_derived, ("survival",), ["display"]),
        (take_apart, ("all",), ["memory"]),
        (toggle_shaded, (), ["memory"]),
        (partial(showing, sequence=1), (300,), ["pane", "length", "range", "follow"]),
        (grow, (1200,), ["length", "range"]),
        (follow, (), ["range", "cursor", "follow"]),
        (toggle_page, (), ["page"]),
        (rank_by, ("space",), ["page"]),
    ],
)
def test_only_what_changed_is_told(qtbot: QtBot, function, arguments: tuple, expected: list[str]) -> None:
    state = ViewState(show_range(showing(View(), 1000, layer="rnn.l0"), 0, 100))
    heard = listen(state)
    state.change(function, *arguments)
    assert heard == expected


def test_a_listener_sees_the_whole_change(qtbot: QtBot) -> None:
    state = ViewState(seek(showing(View(), 1000), 900))
    seen: list[tuple[int, int]] = []
    state.pane_changed.connect(lambda: seen.append((state.view.length, state.view.cursor)))
    state.change(showing, 300, sequence=1)
    assert seen == [(300, 0)]


def test_a_listener_must_not_write_back(qtbot: QtBot) -> None:
    state = ViewState(showing(View(), 1000))
    refused: list[str] = []

    def write_back() -> None:
        state.change(lambda view: view)  # nothing changes: allowed
        try:
            state.change(replace, speed=3.0)
        except RuntimeError as error:
            refused.append(str(error))

    state.cursor_changed.connect(write_back)
    state.change(seek, 5)
    assert refused
    assert state.view.speed != 3.0
    state.change(replace, speed=3.0)
    assert state.view.speed == 3.0


class _Emitter(QObject):
    sent = Signal(bool)


def test_this_qt_leaks_no_references(qtbot: QtBot) -> None:
    """PySide6 6.12 on Python 3.11 drops a reference of True with every emit, and aborts in the end."""
    emitter = _Emitter()
    before = sys.getrefcount(True)
    for _ in range(200_000):
        emitter.sent.emit(True)
    after = sys.getrefcount(True)
    assert after >= before - 1000


def test_a_saved_view_may_hold_all_that_can_be_shown_beside_the_quantities() -> None:
    offered = {quantity.name for cell in CELLS.values() for quantity in derived(cell)}
    assert offered | {kind.name for kind in KINDS} == set(get_args(Derived))
    view = replace(View(), derived=get_args(Derived))
    assert from_plain(to_plain(view)) == view
