"""What stands beside each other."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gruviz.view import (
    MOST_PANES,
    Pane,
    alone,
    filter_units,
    focus_on,
    select_unit,
    set_apart,
    set_beside,
    toggle_quantity,
)

from .acting import ACTIONS, acted, opened


@given(st.integers(0, 10**6), st.lists(ACTIONS, max_size=8), st.data())
def test_a_pane_comes_and_goes_and_nothing_else_changes(length: int, actions: list[tuple], data) -> None:
    view = acted(length, actions)
    pane = Pane("new.h5", layer="rnn.l0", units=(3, 4))
    more = set_beside(view, pane)
    if len(view.panes) == MOST_PANES:
        assert more is view
    else:
        assert more.panes == (*view.panes, pane)
        assert (more.focus, more.cursor, more.start, more.stop) == (view.focus, view.cursor, view.start, view.stop)
        assert set_apart(more, len(view.panes)) == view
    number = data.draw(st.integers(0, len(view.panes) - 1))
    fewer = set_apart(view, number)
    if len(view.panes) == 1:
        assert fewer is view
    else:
        assert fewer.panes == view.panes[:number] + view.panes[number + 1 :]
        if number != view.focus:
            assert fewer.pane == view.pane  # what was in focus stays so
        else:
            assert fewer.focus == min(number, len(fewer.panes) - 1)  # the one that follows, or the last
    assert alone(view).panes == view.panes[:1]


@given(st.lists(ACTIONS, max_size=8), st.integers(0, 2), st.integers(0, 511))
def test_what_is_done_to_the_one_in_focus_is_done_to_no_other(actions: list[tuple], number: int, unit: int) -> None:
    view = focus_on(acted(1000, actions), number)
    changed = filter_units(select_unit(view, unit), "keep > 0.5")
    for place, (before, after) in enumerate(zip(view.panes, changed.panes, strict=True)):
        if place == view.focus:
            assert (after.units, after.filter) == ((unit,), "keep > 0.5")
        else:
            assert after is before


def test_one_pane_and_several_have_each_their_own_folded_heatmaps() -> None:
    view = replace(opened(10), hidden=("candidate",))
    both = set_beside(view, Pane("b.h5"))
    assert "reset" in both.hidden
    both = toggle_quantity(both, "reset")
    one = set_apart(both, 0)
    assert one.hidden == ("candidate",)
    assert "reset" not in set_beside(one, Pane("c.h5")).hidden
    assert alone(set_beside(both, Pane("c.h5"))).hidden == ("candidate",)
