"""Which units are selected."""

from gruviz.view import select_rows, select_unit, with_pane

from .acting import opened


def test_units_are_added_and_taken_away() -> None:
    view = select_unit(select_unit(opened(10), 3), 5, add=True)
    assert view.pane.units == (3, 5)
    assert select_unit(view, 3, add=True).pane.units == (5,)
    assert select_unit(view, 7).pane.units == (7,)
    assert with_pane(view, units=()).pane.units == ()


def test_rows_are_selected_as_they_stand() -> None:
    rows = (4, 2, 0, 1, 3)
    assert select_rows(opened(10), 2, rows).pane.units == (2,)  # there is no row to begin from
    view = select_rows(select_unit(opened(10), 2), 1, rows)
    assert view.pane.units == (2, 0, 1)
    assert select_rows(view, 4, rows).pane.units == (1, 0, 2, 4)  # the one clicked comes last
    assert select_rows(select_unit(opened(10), 9), 1, rows).pane.units == (1,)
