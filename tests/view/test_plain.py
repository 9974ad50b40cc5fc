"""A view goes into a file and comes back as it was; what is none is refused."""

import json
import math
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gruviz.analysis import derived
from gruviz.cells import CELLS, Thresholds
from gruviz.view import QUANTITIES, Derived, View, colour_by, from_plain, showing, to_plain

from .acting import ACTIONS, acted, opened


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


def test_a_view_from_before_training_time_is_read() -> None:
    view = showing(View(), 50, recording="a", layer="l", sequence=0)
    stored = to_plain(view)
    del stored["panes"][0]["anchor"]
    assert from_plain(stored) == view
    with pytest.raises(ValueError, match="by its number"):
        from_plain({**to_plain(view), "panes": [{**to_plain(view)["panes"][0], "anchor": "0"}]})
