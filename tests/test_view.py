"""The view after any actions: inside the sequence, and back from a file as it was."""

import json
import math
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gruviz.analysis import derived
from gruviz.cells import CELLS, Thresholds
from gruviz.view import (
    MIN_SPAN,
    MOST_PANES,
    QUANTITIES,
    Derived,
    Pane,
    View,
    alone,
    colour_by,
    filter_units,
    find,
    focus_on,
    follow,
    from_plain,
    grow,
    hold,
    mark_selection,
    measure_over,
    pan,
    rank_by,
    reread,
    resume,
    saturate,
    seek,
    seek_among,
    select_range,
    select_rows,
    select_unit,
    set_apart,
    set_beside,
    shade_sequence,
    show_all,
    show_range,
    showing,
    step,
    take_apart,
    to_plain,
    toggle_derived,
    toggle_difference,
    toggle_loop,
    toggle_page,
    toggle_play,
    toggle_quantity,
    toggle_reference,
    toggle_shaded,
    turn_to,
    turn_together,
    with_pane,
    zoom,
)

TIMES = st.integers(-(2**40), 2**40)


def set_order(view: View, how: str) -> View:
    return with_pane(view, order=how)


def among(view: View, parts: list[float], forward: bool) -> View:
    """Seek among timesteps that the sequence has."""
    return seek_among(view, sorted({int(part * (view.length - 1)) for part in parts} if view.length else ()), forward)


ACTIONS = st.one_of(
    st.tuples(st.just(seek), TIMES),
    st.tuples(st.just(step), st.integers(-1000, 1000)),
    st.tuples(st.just(zoom), st.floats(0.01, 100), st.floats(-1e6, 1e6)),
    st.tuples(st.just(pan), TIMES),
    st.tuples(st.just(show_range), TIMES, TIMES),
    st.tuples(st.just(show_all)),
    st.tuples(st.just(select_range), TIMES, TIMES),
    st.tuples(st.just(select_unit), st.integers(0, 511), st.booleans()),
    st.tuples(st.just(toggle_play)),
    st.tuples(st.just(toggle_loop)),
    st.tuples(st.just(toggle_reference)),
    st.tuples(st.just(select_rows), st.integers(0, 31), st.permutations(range(32))),
    st.tuples(st.just(set_order), st.sampled_from(["index", "keep", "timescale", "peak", "likeness"])),
    st.tuples(st.just(filter_units), st.text(max_size=5)),
    st.tuples(st.just(measure_over), st.sampled_from(["visible", "selected", "sequence", "recording"])),
    st.tuples(st.just(saturate), st.floats(-1, 2), st.floats(-1, 2)),
    st.tuples(st.just(find), st.text(max_size=5)),
    st.tuples(st.just(among), st.lists(st.floats(0, 1), max_size=9), st.booleans()),
    st.tuples(st.just(toggle_quantity), st.sampled_from(["update", "reset", "hidden"])),
    st.tuples(st.just(hold), TIMES),
    st.tuples(st.just(toggle_derived), st.sampled_from(["survival", "carried", "held"])),
    st.tuples(st.just(take_apart), st.sampled_from(["all", "selected", "last"])),
    st.tuples(st.just(toggle_shaded)),
    st.tuples(st.just(shade_sequence), st.sampled_from(["weight", "output"])),
    st.tuples(st.just(turn_to), st.sampled_from(["prediction", "cell", "memory"])),
    st.tuples(st.just(showing), st.integers(0, 2**40)),
    st.tuples(st.just(grow), st.integers(0, 2**40)),
    st.tuples(st.just(follow), st.booleans()),
    st.tuples(st.just(toggle_page)),
    st.tuples(st.just(colour_by), st.sampled_from(["update", "hidden"])),
    st.tuples(st.just(rank_by), st.text(max_size=5)),
    st.tuples(st.just(mark_selection)),
    st.tuples(st.just(set_beside), st.builds(Pane, st.sampled_from(["a.h5", "b.h5"]), layer=st.just("rnn.l0"))),
    st.tuples(st.just(set_apart), st.integers(-1, 3)),
    st.tuples(st.just(focus_on), st.integers(-1, 3)),
    st.tuples(st.just(toggle_difference), st.sampled_from(["update", "hidden"])),
)


def opened(length: int) -> View:
    return showing(View(), length, recording="run.h5", layer="rnn.l0")


def acted(length: int, actions: list[tuple]) -> View:
    view = opened(length)
    for function, *arguments in actions:
        view = function(view, *arguments)
    return view


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


@given(st.integers(0, 10**6), st.lists(ACTIONS, max_size=8), st.sampled_from(["weight", "output"]))
def test_shading_by_one_thing_ends_that_by_another(length: int, actions: list[tuple], by: str) -> None:
    view = acted(length, actions)
    shaded = shade_sequence(replace(view, shaded=False), by)
    assert (shaded.shaded, shaded.shading) == (True, by)
    assert not shade_sequence(shaded, by).shaded
    other = "weight" if by == "output" else "output"
    assert (shade_sequence(shaded, other).shaded, shade_sequence(shaded, other).shading) == (True, other)
    assert toggle_shaded(toggle_shaded(shaded)) == shaded  # the key shades again by what it was


@given(st.integers(0, 10**6), st.lists(ACTIONS, max_size=8))
def test_a_view_comes_back_from_a_file_as_it_was(length: int, actions: list[tuple]) -> None:
    view = replace(acted(length, actions), thresholds=Thresholds(0.8, 0.2, 0.01), playing=False)
    assert from_plain(json.loads(json.dumps(to_plain(view)))) == view


@pytest.mark.parametrize(
    "damage",
    [
        lambda plain: [],
        lambda plain: None,
        lambda plain: "view",
        lambda plain: {},
        lambda plain: plain | {"version": 99},
        lambda plain: plain | {"cursor": "here"},
        lambda plain: plain | {"cursor": 500},
        lambda plain: plain | {"stop": 500},
        lambda plain: plain | {"speed": -1},
        lambda plain: plain | {"speed": float("nan")},
        lambda plain: plain | {"selection": 3},
        lambda plain: plain | {"marked": [[5, 3]]},
        lambda plain: plain | {"marked": [[5, 8], [7, 9]]},
        lambda plain: plain | {"marked": [[90, 101]]},
        lambda plain: plain | {"marked": 4},
        lambda plain: plain | {"reduction": "median"},
        lambda plain: plain | {"tab": "kitchen"},
        lambda plain: plain | {"extent": "everything"},
        lambda plain: plain | {"sides": [0.9, 0.1]},
        lambda plain: plain | {"sides": [0.1, float("nan")]},
        lambda plain: plain | {"sides": 0.1},
        lambda plain: plain | {"panes": [plain["panes"][0] | {"filter": 3}]},
        lambda plain: plain | {"thresholds": {"retained": 0.1, "overwritten": 0.9, "moved": 0}},
        lambda plain: plain | {"panes": []},
        lambda plain: plain | {"focus": 1},
        lambda plain: plain | {"focus": -1},
        lambda plain: plain | {"panes": plain["panes"] * 4},
        lambda plain: plain | {"panes": [{"units": [1]}]},
        lambda plain: plain | {"panes": [plain["panes"][0] | {"layer": 3}]},
        lambda plain: plain | {"panes": [plain["panes"][0] | {"order": "random"}]},
        lambda plain: plain | {"panes": [plain["panes"][0] | {"units": "many"}]},
    ],
)
def test_what_is_no_view_is_refused(damage) -> None:
    plain = json.loads(json.dumps(to_plain(opened(100))))
    assert from_plain(plain) == opened(100)
    with pytest.raises(ValueError, match=r"."):
        from_plain(damage(plain))


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


def test_another_sequence_is_shown_whole_and_another_layer_keeps_time() -> None:
    view = show_range(seek(opened(100), 50), 40, 60)
    other_layer = showing(view, 100, layer="rnn.l1")
    assert (other_layer.cursor, other_layer.start, other_layer.stop) == (50, 40, 60)
    other_sequence = showing(view, 100, sequence=1)
    assert (other_sequence.cursor, other_sequence.start, other_sequence.stop) == (0, 0, 100)


def test_resuming_goes_back_to_where_one_was() -> None:
    earlier = replace(show_range(seek(opened(100), 50), 40, 60), speed=30.0, hidden=("reset",), tab="cell")
    view = resume(opened(100), earlier)
    assert view.tab == "cell"
    assert (view.cursor, view.start, view.stop, view.speed, view.hidden) == (50, 40, 60, 30.0, ("reset",))
    shorter = resume(opened(20), earlier)
    assert (shorter.cursor, shorter.stop) == (19, 20)


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


def test_what_is_worked_out_is_shown_in_the_order_in_which_it_was_asked_for() -> None:
    view = toggle_derived(toggle_derived(opened(100), "held"), "survival")
    assert view.derived == ("held", "survival")
    assert toggle_derived(view, "held").derived == ("survival",)


def test_a_view_from_before_anything_was_worked_out_is_read() -> None:
    plain = to_plain(opened(100))
    for name in ("derived", "whose", "shaded"):
        del plain[name]
    assert from_plain(plain) == opened(100)
    with pytest.raises(ValueError, match="'others' is none of all, selected, last"):
        from_plain({**plain, "whose": "others"})


def test_a_view_from_before_there_was_finding_is_read() -> None:
    plain = to_plain(opened(100))
    del plain["find"]
    assert from_plain(plain) == opened(100)


def test_a_view_from_before_there_were_tabs_is_read() -> None:
    plain = to_plain(opened(100))
    del plain["tab"]
    assert from_plain(plain) == opened(100)


def test_a_view_from_before_there_was_following_is_read() -> None:
    plain = to_plain(opened(100))
    del plain["follow"]
    assert from_plain(plain) == opened(100)


def test_a_view_from_before_there_were_pages_is_read() -> None:
    plain = to_plain(opened(100))
    for field in ("page", "colour", "label", "marked"):
        del plain[field]
    assert from_plain(plain) == opened(100)


def test_the_quantity_that_colours_pages_is_read_by_its_old_name_too() -> None:
    plain = to_plain(colour_by(opened(100), "reset"))
    plain["shade"] = plain.pop("colour")
    assert from_plain(plain).colour == "reset"


def test_quantities_that_nobody_knows_are_left_out_and_others_are_named_once() -> None:
    plain = to_plain(opened(100))
    view = from_plain({**plain, "hidden": ["reset", "no such", "reset"], "derived": ["held", "", "held", "survival"]})
    assert (view.hidden, view.derived) == (("reset",), ("held", "survival"))


def test_all_quantities_are_known() -> None:
    assert {quantity.name for cell in CELLS.values() for quantity in cell.quantities} == QUANTITIES
    assert {quantity.name for cell in CELLS.values() for quantity in derived(cell)} < set(get_args(Derived))


@pytest.mark.parametrize("speed", [math.inf, -math.inf, math.nan, 0, -1])
def test_a_view_that_plays_at_no_speed_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="timesteps a second"):
        from_plain({**to_plain(opened(100)), "speed": speed})


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


def test_pages_and_what_they_show_come_back() -> None:
    earlier = rank_by(colour_by(toggle_page(opened(100)), "update"), "space")
    view = resume(opened(100), earlier)
    assert (view.page, view.colour, view.label) == (True, "update", "space")
    assert not toggle_page(view).page


def test_what_stood_at_the_end_stays_at_the_end() -> None:
    whole = follow(opened(100))
    assert (whole.cursor, whole.start, whole.stop, whole.following) == (99, 0, 100, True)
    grown = grow(whole, 150)
    assert (grown.length, grown.cursor, grown.start, grown.stop) == (150, 149, 0, 150)
    near = grow(show_range(whole, 60, 100), 150)
    assert (near.cursor, near.start, near.stop) == (149, 110, 150)
    elsewhere = grow(seek(whole, 30), 150)
    assert (elsewhere.cursor, elsewhere.start, elsewhere.stop) == (30, 0, 150)
    past = grow(show_range(seek(whole, 30), 20, 60), 150)
    assert (past.cursor, past.start, past.stop, past.following) == (30, 20, 60, False)
    assert grow(show_range(whole, 20, 60), 150).cursor == 99  # the end is out of sight: nothing moves
    staying = grow(follow(whole, False), 150)
    assert (staying.cursor, staying.start, staying.stop, staying.following) == (99, 0, 100, False)
    again = follow(staying)
    assert (again.cursor, again.start, again.stop) == (149, 50, 150)
    assert (grow(View(), 40).start, grow(View(), 40).stop) == (0, 40)


def test_a_newer_sequence_is_seen_at_the_same_timesteps() -> None:
    view = replace(show_range(seek(opened(100), 30), 20, 60), reference=25)
    newer = grow(view, 100, sequence=4, checkpoint=200)
    assert (newer.cursor, newer.start, newer.stop, newer.pane.sequence, newer.pane.checkpoint) == (30, 20, 60, 4, 200)
    assert newer.reference is None
    assert grow(view, 120).reference == 25
    shorter = grow(view, 25, sequence=5)
    assert (shorter.cursor, shorter.start, shorter.stop) == (24, 0, 25)


READ = st.tuples(st.integers(0, 5), st.integers(0, 3))
"""A checkpoint, and the sequence that was read at it, of two."""


@given(length=st.integers(1, 1000), cursor=st.integers(0, 999), reads=st.lists(READ, min_size=1, max_size=12))
def test_training_time_is_scrubbed_while_all_else_stays(length: int, cursor: int, reads: list[tuple[int, int]]) -> None:
    """Sequences lie checkpoint by checkpoint, four at each; item 0 is on show."""
    view = seek(showing(View(), length, recording="a", layer="l", sequence=0, checkpoint=0, units=(3,)), cursor)
    view = hold(set_order(view, "timescale"), cursor)
    anchor = view.pane.sequence
    for checkpoint, item in reads:
        here, before = view.pane.sequence, view
        sequence, alike = 4 * checkpoint + item, item == here % 4
        view = showing(view, length, alike=alike, sequence=sequence, checkpoint=checkpoint)
        assert (view.pane.sequence, view.pane.checkpoint) == (sequence, checkpoint)
        assert (view.pane.units, view.pane.order) == ((3,), "timescale")
        if alike:
            kept = replace(view, panes=before.panes)
            assert kept == before
            assert view.pane.anchor == (None if sequence == here and before.pane.anchor is None else anchor)
            assert reread(before, view) == (view.pane.anchor is not None)
        else:
            anchor = sequence
            assert (view.cursor, view.reference, view.pane.anchor) == (0, None, None)
            assert not reread(before, view)
        again = with_pane(view, order="keep")
        assert again.pane.anchor is None
        assert filter_units(view, "tau > 5").pane.anchor is None
        assert select_unit(view, 4).pane.anchor == view.pane.anchor


def test_another_layer_or_recording_is_not_the_same_read_again() -> None:
    view = showing(View(), 50, recording="a", layer="l", sequence=0, checkpoint=0)
    later = showing(view, 50, alike=True, sequence=1, checkpoint=9)
    assert reread(view, later)
    assert reread(later, showing(later, 50, alike=True, sequence=0, checkpoint=0))
    assert not reread(later, showing(later, 50, layer="k"))
    assert not reread(later, showing(later, 50, recording="b"))
    assert not reread(view, showing(view, 60, alike=True, sequence=1))  # of another length it is not


def test_a_view_from_before_training_time_is_read() -> None:
    view = showing(View(), 50, recording="a", layer="l", sequence=0)
    stored = to_plain(view)
    del stored["panes"][0]["anchor"]
    assert from_plain(stored) == view
    with pytest.raises(ValueError, match="by its number"):
        from_plain({**to_plain(view), "panes": [{**to_plain(view)["panes"][0], "anchor": "0"}]})


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


def test_all_panes_turn_to_another_sequence_at_once() -> None:
    view = seek(set_beside(opened(100), Pane("b.h5", layer="rnn.l0")), 50)
    turned = turn_together(view, 60, tuple(replace(pane, sequence=2) for pane in view.panes))
    assert [pane.sequence for pane in turned.panes] == [2, 2]
    assert (turned.length, turned.cursor, turned.start, turned.stop) == (60, 0, 0, 60)
    other = (view.panes[0], replace(view.panes[1], sequence=2))
    assert turn_together(view, 100, other).cursor == 50  # the one in focus stays in its sequence
