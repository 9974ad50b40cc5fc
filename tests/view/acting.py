"""Anything that can be done to a view."""

from hypothesis import strategies as st

from gruviz.view import (
    Pane,
    View,
    colour_by,
    filter_units,
    find,
    focus_on,
    follow,
    grow,
    hold,
    mark_selection,
    measure_over,
    pan,
    rank_by,
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
    toggle_derived,
    toggle_difference,
    toggle_loop,
    toggle_page,
    toggle_play,
    toggle_quantity,
    toggle_reference,
    toggle_shaded,
    turn_to,
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
