"""What is shown of a sequence."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gruviz.view import shade_sequence, toggle_derived, toggle_shaded

from .acting import ACTIONS, acted, opened


@given(st.integers(0, 10**6), st.lists(ACTIONS, max_size=8), st.sampled_from(["weight", "output"]))
def test_shading_by_one_thing_ends_that_by_another(length: int, actions: list[tuple], by: str) -> None:
    view = acted(length, actions)
    shaded = shade_sequence(replace(view, shaded=False), by)
    assert (shaded.shaded, shaded.shading) == (True, by)
    assert not shade_sequence(shaded, by).shaded
    other = "weight" if by == "output" else "output"
    assert (shade_sequence(shaded, other).shaded, shade_sequence(shaded, other).shading) == (True, other)
    assert toggle_shaded(toggle_shaded(shaded)) == shaded  # the key shades again by what it was


def test_what_is_worked_out_is_shown_in_the_order_in_which_it_was_asked_for() -> None:
    view = toggle_derived(toggle_derived(opened(100), "held"), "survival")
    assert view.derived == ("held", "survival")
    assert toggle_derived(view, "held").derived == ("survival",)
