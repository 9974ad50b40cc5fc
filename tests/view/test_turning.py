"""Turning to another sequence, to the same one at another checkpoint, or to one that grows."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gruviz.view import (
    Pane,
    View,
    colour_by,
    filter_units,
    follow,
    grow,
    hold,
    rank_by,
    reread,
    resume,
    seek,
    select_unit,
    set_beside,
    show_range,
    showing,
    toggle_page,
    turn_together,
    with_pane,
)

from .acting import opened, set_order

READ = st.tuples(st.integers(0, 5), st.integers(0, 3))
"""A checkpoint, and the sequence that was read at it, of two."""


def test_another_sequence_is_shown_whole_and_another_layer_keeps_time() -> None:
    view = show_range(seek(opened(100), 50), 40, 60)
    other_layer = showing(view, 100, layer="rnn.l1")
    assert (other_layer.cursor, other_layer.start, other_layer.stop) == (50, 40, 60)
    other_sequence = showing(view, 100, sequence=1)
    assert (other_sequence.cursor, other_sequence.start, other_sequence.stop) == (0, 0, 100)


def test_all_panes_turn_to_another_sequence_at_once() -> None:
    view = seek(set_beside(opened(100), Pane("b.h5", layer="rnn.l0")), 50)
    turned = turn_together(view, 60, tuple(replace(pane, sequence=2) for pane in view.panes))
    assert [pane.sequence for pane in turned.panes] == [2, 2]
    assert (turned.length, turned.cursor, turned.start, turned.stop) == (60, 0, 0, 60)
    other = (view.panes[0], replace(view.panes[1], sequence=2))
    assert turn_together(view, 100, other).cursor == 50  # the one in focus stays in its sequence


def test_resuming_goes_back_to_where_one_was() -> None:
    earlier = replace(show_range(seek(opened(100), 50), 40, 60), speed=30.0, hidden=("reset",), tab="cell")
    view = resume(opened(100), earlier)
    assert view.tab == "cell"
    assert (view.cursor, view.start, view.stop, view.speed, view.hidden) == (50, 40, 60, 30.0, ("reset",))
    shorter = resume(opened(20), earlier)
    assert (shorter.cursor, shorter.stop) == (19, 20)


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
