import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gruviz.analysis import composition, contribution, survival

from .test_survival import keeps


@given(steps=st.integers(1, 200), units=st.integers(1, 4), seed=st.integers(0, 999), t=st.integers(-1, 199))
def test_weights_are_what_survives_of_what_was_written_and_sum_to_1(steps: int, units: int, seed: int, t: int) -> None:
    keep, t = keeps(steps, units, seed, zeros=0.02, ones=0.6), min(t, steps - 1)
    weights = composition(keep, t)
    assert weights.shape == (t + 2, units)
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=0), 1, rtol=0, atol=1e-14)
    if t < 0:
        assert (weights == 1).all()
        return
    np.testing.assert_allclose(weights[0], survival(keep, -1)[t], rtol=1e-12, atol=1e-300)
    for j in range(t + 1):
        expected = (1 - keep[j].astype(float)) * survival(keep, j)[t]
        np.testing.assert_allclose(weights[1 + j], expected, rtol=1e-12, atol=1e-300)


@given(steps=st.integers(1, 30), seed=st.integers(0, 999))
def test_an_input_gate_writes_instead(steps: int, seed: int) -> None:
    keep, write = keeps(steps, 3, seed), keeps(steps, 3, seed + 1)
    weights = composition(keep, steps - 1, write)
    for j in range(steps):
        np.testing.assert_allclose(weights[1 + j], write[j] * survival(keep, j)[-1], rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_of_a_long_sequence_they_sum_to_1_as_well(dtype: type) -> None:
    rng = np.random.default_rng(0)
    keep = (1 - 0.2 * rng.random((20_000, 5)) ** 8).astype(dtype)
    keep[:, 4] = 1.0
    weights = composition(keep, 19_999)
    np.testing.assert_allclose(weights.sum(axis=0), 1, rtol=0, atol=1e-10)
    assert weights[0, 4] == 1
    assert not weights[1:, 4].any()


@given(steps=st.integers(1, 60), seed=st.integers(0, 999))
def test_contributions_sum_to_the_state(steps: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    keep, candidate, initial = keeps(steps, 3, seed), rng.normal(size=(steps, 3)), rng.normal(size=3)
    h = initial
    for t in range(steps):
        h = keep[t] * h + (1 - keep[t].astype(float)) * candidate[t]
        found = contribution(composition(keep, t), candidate, initial)
        np.testing.assert_allclose(found.sum(axis=0), h, atol=1e-12)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="no timestep 3 in a sequence of 3: give -1 up to 2"):
        composition(np.ones((3, 2)), 3)
    with pytest.raises(ValueError, match=r"write has the shape \(3, 1\), but keep \(3, 2\)"):
        composition(np.ones((3, 2)), 2, np.ones((3, 1)))
