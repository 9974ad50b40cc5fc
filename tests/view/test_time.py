"""Moving the cursor and the visible range, selecting, marking, playing."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gruviz.view import (
    MIN_SPAN,
    View,
    hold,
    mark_selection,
    resume,
    seek,
    seek_among,
    select_range,
    show_range,
    showing,
    step,
    toggle_play,
    toggle_reference,
    zoom,
)

from .acting import opened


@given(st.integers(1, 10**6), st.data())
def test_seeking_moves_the_range_no_further_than_it_must(length: int, data: st.DataObject) -> None:
    view = show_range(opened(length), *(data.draw(st.integers(0, length)) for _ in range(2)))
    time = data.draw(st.integers(0, length - 1))
    moved = seek(view, time)
    assert moved.cursor == time
    assert moved.start <= time < moved.stop
    assert moved.span == view.span
    if view.start <= time < view.stop:
        assert (moved.start, moved.stop) == (view.start, view.stop)
    else:
        assert time in (moved.start, moved.stop - 1)


@given(st.integers(MIN_SPAN, 10**6), st.floats(0.1, 10), st.floats(0, 1))
def test_zooming_keeps_what_is_under_the_pointer(length: int, factor: float, part: float) -> None:
    view = show_range(opened(10**6 + length), length // 2, length // 2 + length)
    around = view.start + part * view.span
    zoomed = zoom(view, factor, around)
    if zoomed.start > 0 and zoomed.stop < zoomed.length:
        assert abs(zoomed.start + part * zoomed.span - around) <= 1


def test_one_step_is_one_timestep() -> None:
    view = seek(opened(100), 50)
    assert step(view, 1).cursor == 51
    assert step(view, -1).cursor == 49


def test_playing_ends_at_the_end_or_begins_again() -> None:
    view = toggle_play(seek(opened(100), 98))
    assert view.playing
    assert (step(view, 1).cursor, step(view, 1).playing) == (99, True)
    assert (step(view, 5).cursor, step(view, 5).playing) == (99, False)
    assert step(replace(view, loop=True), 5).cursor == 0
    assert toggle_play(step(view, 5)).cursor == 0
    assert not toggle_play(opened(1)).playing


@given(st.integers(1, 10**6), st.data())
def test_going_from_place_to_place_meets_all_of_them(length: int, data: st.DataObject) -> None:
    places = sorted(data.draw(st.sets(st.integers(0, length - 1), min_size=1, max_size=20)))
    view = show_range(seek(opened(length), data.draw(st.integers(0, length - 1))), 0, data.draw(st.integers(1, length)))
    for forward in (True, False):
        seen = []
        for _ in places:
            view = seek_among(view, places, forward)
            assert view.start <= view.cursor < view.stop
            seen.append(view.cursor)
        assert sorted(seen) == places
    assert seek_among(view, [], True) is view


def test_a_timestep_is_held_and_let_go() -> None:
    view = toggle_reference(seek(opened(100), 40))
    assert seek(view, 60).reference == 40
    assert toggle_reference(seek(view, 60)).reference == 60
    assert toggle_reference(seek(view, 40)).reference is None
    assert toggle_reference(View()).reference is None


def test_any_timestep_is_held() -> None:
    view = hold(seek(opened(100), 40), 70)
    assert (view.cursor, view.reference) == (40, 70)
    assert hold(view, 70).reference is None
    assert hold(view, 1000).reference == 99
    assert hold(View(), 3).reference is None


@given(st.integers(1, 40), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=9))
def test_marks_are_what_was_selected_and_not_taken_back(length: int, selections: list[tuple[int, int]]) -> None:
    view, expected = opened(length), set[int]()
    for selection in selections:
        view = select_range(view, *selection)
        if view.selection is not None:
            steps = set(range(*view.selection))
            expected = expected - steps if steps <= expected else expected | steps
        view = mark_selection(view)
        assert view.selection is None
        assert {step for part in view.marked for step in range(*part)} == expected
    assert showing(view, length, sequence=1).marked == ()
    assert resume(opened(length), replace(view, label="marked")).marked == view.marked
