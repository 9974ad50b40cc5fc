import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gruviz.analysis import Keeps, autocorrelation, autocorrelation_time, timescales


def test_a_constant_keep_has_one_timescale_whatever_the_definition() -> None:
    T = np.geomspace(1, 1000, 40)
    found = timescales(np.repeat(np.exp(-1 / T)[None], 50, axis=0))
    for values in (found.of_mean, found.of_log, *found.quartiles):
        assert np.allclose(values, T, rtol=1e-9)
    assert np.allclose(found.halflife, np.log(2) * T)


def test_a_gate_that_shuts_now_and_then_forgets_faster_than_its_mean_says() -> None:
    keep = np.tile([[1.0], [1.0], [1.0], [np.exp(-4)]], (5, 1))
    found = timescales(keep)
    assert np.isclose(found.of_log[0], 1)  # 1/e is left for each timestep, on average
    assert np.isclose(found.of_mean[0], -1 / np.log((3 + np.exp(-4)) / 4))
    assert found.quartiles[0][0] > 1
    assert found.quartiles[1][0] == np.inf


@given(arrays(np.float32, (7, 3), elements=st.floats(0, 1, width=32)))
def test_the_two_definitions_never_change_places(keep: np.ndarray) -> None:
    found = timescales(keep)
    assert (found.of_log <= found.of_mean * (1 + 1e-9)).all()
    assert (found.of_log >= 0).all()


def test_what_keeps_all_keeps_it_for_ever_and_what_keeps_nothing_not_at_all() -> None:
    keep = np.array([[1, 0, 0.5, np.nan, np.nan], [1, 0, 0.0, 0.5, np.nan]], np.float32)
    found = timescales(keep)
    assert found.of_mean[:4].tolist() == pytest.approx([np.inf, 0, -1 / np.log(0.25), 1 / np.log(2)])
    assert found.of_log[:4].tolist() == pytest.approx([np.inf, 0, 0, 1 / np.log(2)])
    assert np.isnan([found.of_mean[4], found.of_log[4], found.quartiles[0][4]]).all()


def test_of_no_timesteps_nothing_is_known_and_of_one_it_is_itself() -> None:
    assert np.isnan(timescales(np.empty((0, 2))).of_log).all()
    one = timescales(np.full((1, 2), np.exp(-0.1)))
    assert np.allclose([one.of_mean, one.of_log, *one.quartiles], 10)


def test_pieces_give_what_the_whole_gives() -> None:
    keep = np.random.default_rng(0).random((1000, 6)).astype(np.float32)
    keep[5:9, 2] = np.nan
    gathered = Keeps(6, len(keep))
    for start in range(0, 1000, 77):
        gathered.add(keep[start : start + 77])
    whole, pieces = timescales(keep), gathered.timescales()
    assert np.allclose(pieces.of_mean, whole.of_mean, rtol=1e-12)
    assert np.allclose(pieces.of_log, whole.of_log, rtol=1e-12)
    assert np.array_equal(pieces.quartiles, whole.quartiles)
    assert np.allclose(gathered.mean, np.nanmean(keep.astype(np.float64), axis=0))


def test_the_quartiles_are_the_usual_ones() -> None:
    keep = np.random.default_rng(5).random((103, 4))
    keep[::3, 1] = np.nan
    expected = -1 / np.log(np.nanquantile(keep, (0.25, 0.75), axis=0))
    assert np.allclose(timescales(keep).quartiles, expected)


def test_the_quartiles_of_very_many_timesteps_come_from_some() -> None:
    keep = np.random.default_rng(1).random((60_000, 2)).astype(np.float32)
    gathered = Keeps(2, len(keep))
    for start in range(0, len(keep), 9999):
        gathered.add(keep[start : start + 9999])
    assert np.allclose(gathered.timescales().quartiles, timescales(keep).quartiles, rtol=0.1)
    assert sum(len(part) for part in gathered._sample) == 4000
    assert all(part.base is None for part in gathered._sample)  # and nothing holds on to the others


def test_autocorrelation_is_the_textbooks() -> None:
    values = np.random.default_rng(2).normal(size=(50, 3)).cumsum(axis=0)
    moved = values - values.mean(axis=0)
    expected = [(moved[: 50 - lag] * moved[lag:]).sum(axis=0) / (moved**2).sum(axis=0) for lag in range(50)]
    assert np.allclose(autocorrelation(values), expected)


@pytest.mark.parametrize("T", [2, 7, 30])
def test_the_autocorrelation_timescale_of_decaying_noise_is_its_own(T: float) -> None:
    rng, k = np.random.default_rng(3), np.exp(-1 / T)
    noise = rng.normal(size=(200_000, 4))
    values = np.empty_like(noise)
    state = np.zeros(4)
    for t, each in enumerate(noise):
        state = k * state + each
        values[t] = state
    assert np.allclose(autocorrelation_time(values), T, rtol=0.06)


def test_a_trace_that_never_moves_has_no_autocorrelation() -> None:
    values = np.stack([np.full(20, 0.3), np.arange(20.0), np.full(20, np.nan)], axis=1).astype(np.float32)
    found = autocorrelation_time(values)
    assert np.isnan(found[[0, 2]]).all()
    assert found[1] > 1
    assert np.isnan(autocorrelation_time(np.ones((1, 2)))).all()
    assert np.isnan(autocorrelation_time(np.ones((0, 2)))).all()


def test_what_is_missing_counts_as_the_mean() -> None:
    values = np.sin(np.arange(400.0) / 9)[:, None]
    holed = values.copy()
    holed[100:103] = np.nan
    assert autocorrelation_time(holed)[0] == pytest.approx(autocorrelation_time(values)[0], rel=0.05)
