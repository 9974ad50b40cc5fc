"""The view after any actions lies inside the sequence."""

from hypothesis import given
from hypothesis import strategies as st

from gruviz.view import MIN_SPAN, MOST_PANES

from .acting import ACTIONS, acted


@given(st.integers(0, 2**40), st.lists(ACTIONS, max_size=12))
def test_whatever_is_done_the_view_lies_within_its_sequence(length: int, actions: list[tuple]) -> None:
    view = acted(length, actions)
    assert 0 <= view.start <= view.stop <= view.length
    assert view.span >= min(MIN_SPAN, view.length)
    assert view.cursor == 0 if view.length == 0 else 0 <= view.cursor < view.length
    if view.selection is not None:
        assert 0 <= view.selection[0] < view.selection[1] <= view.length
    assert view.reference is None or 0 <= view.reference < view.length
    assert len(set(view.pane.units)) == len(view.pane.units)
    assert 0 <= view.sides[0] <= view.sides[1] <= 1
    assert 0 <= view.focus < len(view.panes) <= MOST_PANES
    edges = [edge for part in view.marked for edge in part]
    assert edges == sorted(set(edges))
    assert not edges or 0 <= edges[0] <= edges[-1] <= view.length
