"""The state as one of several panes sees it."""

import pytest
from pytestqt.qtbot import QtBot

from gruviz.ui.pane_state import PaneState
from gruviz.ui.state import ViewState
from gruviz.view import Pane, View, focus_on, seek, select_unit, set_apart, set_beside, showing, with_pane


@pytest.fixture
def state(qtbot: QtBot) -> ViewState:
    view = showing(View(), 100, recording="a.h5", layer="rnn.l0")
    return ViewState(set_beside(set_beside(view, Pane("b.h5", layer="rnn.l0")), Pane("c.h5", layer="rnn.l0")))


def test_its_pane_is_always_in_focus(state: ViewState) -> None:
    panes = [PaneState(state, number) for number in range(3)]
    for number in (0, 2, 1):
        state.change(focus_on, number)
        assert [each.view.pane.recording for each in panes] == ["a.h5", "b.h5", "c.h5"]
        assert [each.focused for each in panes] == [number == place for place in range(3)]
        assert panes[2].view is panes[2].view  # made once for each view
    panes[0].focus()
    assert state.view.focus == 0


def test_what_it_changes_is_its_own_pane_and_the_time_of_all(state: ViewState) -> None:
    pane = PaneState(state, 1)
    pane.change(select_unit, 7)
    pane.change(with_pane, order="keep")
    pane.change(seek, 42)
    assert [each.units for each in state.view.panes] == [(), (7,), ()]
    assert [each.order for each in state.view.panes] == ["index", "keep", "index"]
    assert (state.view.focus, state.view.cursor) == (0, 42)


def test_it_tells_what_the_state_tells(state: ViewState) -> None:
    pane = PaneState(state, 1)
    heard: list[str] = []
    for name in ("panes", "pane", "units", "cursor", "range"):
        getattr(pane, f"{name}_changed").connect(lambda name=name: heard.append(name))
    state.change(seek, 42)
    pane.change(select_unit, 3)
    assert heard == ["cursor", "units"]


def test_its_place_may_change(state: ViewState) -> None:
    pane = PaneState(state, 2)
    pane.number = 1
    state.change(set_apart, 0)
    assert pane.view.pane.recording == "c.h5"
    pane.change(select_unit, 3)
    assert state.view.panes[1].units == (3,)
