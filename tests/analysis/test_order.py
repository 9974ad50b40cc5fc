import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gruviz.analysis import order


def test_by_index_nothing_moves() -> None:
    assert order(np.random.default_rng(0).random((9, 4)), "index").tolist() == [0, 1, 2, 3]


def test_by_keep_the_longest_kept_come_first_and_equal_ones_by_index() -> None:
    keep = np.array([[0.1, 0.9, 0.5, 0.9], [0.3, 0.7, 0.5, 0.7]], np.float32)
    assert order(keep, "keep").tolist() == [1, 3, 2, 0]


def test_by_likeness_units_that_do_the_same_stand_together() -> None:
    rng = np.random.default_rng(1)
    families = np.sin(np.arange(200)[:, None] / [3.0, 11.0, 29.0])
    member = rng.permutation(np.repeat([0, 1, 2], 10))
    traces = 0.5 + 0.4 * families[:, member] + rng.normal(0, 0.02, (200, 30))
    found = member[order(traces, "likeness")]
    assert (np.diff(found) != 0).sum() == 2


def test_by_likeness_of_a_long_sequence_and_of_many_units() -> None:
    rng = np.random.default_rng(2)
    member = rng.permutation(np.repeat([0, 1], 300))
    level = np.where(np.arange(5000)[:, None] < 2500, [0.2, 0.8], [0.8, 0.2])
    found = member[order(np.clip(level[:, member] + rng.normal(0, 0.05, (5000, 600)), 0, 1), "likeness")]
    assert (np.diff(found) != 0).sum() == 1


def test_by_timescale_what_forgets_last_comes_first_however_large_the_mean() -> None:
    keep = np.array([[1, 0.6, 0.9, np.nan], [0, 0.6, 0.9, np.nan], [1, 0.6, 0.9, np.nan]], np.float32)
    assert order(keep, "timescale").tolist() == [2, 1, 0, 3]
    assert order(keep, "keep").tolist()[:3] == [2, 0, 1]


def test_by_peak_the_state_that_is_largest_earliest_comes_first() -> None:
    state = np.array([[0, 0.1, np.nan, -0.2], [0.3, -0.9, np.nan, 0.1], [-0.5, 0.2, np.nan, 0.2]], np.float32)
    assert order(np.ones_like(state), "peak", state).tolist() == [3, 1, 0, 2]
    with pytest.raises(ValueError, match="the state is needed for an order by peak"):
        order(np.ones_like(state), "peak")


def test_without_a_keep_units_are_ordered_by_their_state() -> None:
    t = np.arange(300)[:, None]
    state = np.sin(t / np.array([2.0, 40.0, 9.0])) + np.array([0, 0.1, 0.5])
    assert order(None, "timescale", state).tolist() == [1, 2, 0]
    assert order(None, "keep", state).tolist() == [2, 1, 0]


@pytest.mark.parametrize("how", ["index", "keep", "timescale", "peak", "likeness"])
@given(steps=st.integers(0, 5), units=st.integers(1, 7), seed=st.integers(0, 99))
def test_it_is_a_permutation(how: str, steps: int, units: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    keep = rng.random((steps, units)).astype(np.float32)
    keep[rng.random(keep.shape) < 0.2] = np.nan
    assert sorted(order(keep, how, keep - 0.5)) == list(range(units))  # type: ignore[arg-type]


def test_there_is_no_other_order() -> None:
    with pytest.raises(ValueError, match="index, keep, timescale, peak, likeness, not by size"):
        order(np.zeros((2, 2)), "size")  # type: ignore[arg-type]
