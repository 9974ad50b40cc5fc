from fractions import Fraction
from math import prod

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import gruviz
from gruviz.analysis import HORIZONS, fading, horizon, survival


def keeps(steps: int, units: int, seed: int, zeros: float = 0.1, ones: float = 0.1) -> np.ndarray:
    """Random ones, of all orders of size, with zeros and ones among them."""
    rng = np.random.default_rng(seed)
    keep = rng.random((steps, units)) ** rng.integers(1, 30, (steps, units))
    keep[rng.random(keep.shape) < ones] = 1.0
    keep[rng.random(keep.shape) < zeros] = 0.0
    return keep.astype(np.float32)


@given(steps=st.integers(1, 30), units=st.integers(1, 4), seed=st.integers(0, 999), s=st.integers(-1, 29))
def test_it_is_the_product_of_the_keeps_in_between(steps: int, units: int, seed: int, s: int) -> None:
    keep, s = keeps(steps, units, seed), min(s, steps - 1)
    survived = survival(keep, s)
    assert survived.shape == keep.shape
    for t in range(steps):
        for unit in range(units):
            if t < s:
                assert np.isnan(survived[t, unit])
                continue
            exact = prod((Fraction(float(k)) for k in keep[s + 1 : t + 1, unit]), start=Fraction(1))
            assert survived[t, unit] == pytest.approx(float(exact), rel=1e-14, abs=1e-322)
            assert (survived[t, unit] == 0) == (float(exact) == 0)


def test_it_stays_exact_far_below_what_float32_holds() -> None:
    survived = survival(np.full((7000, 1), 0.9, np.float32), -1)[:, 0]
    keep = Fraction(float(np.float32(0.9)))
    for t in (500, 900, 5000, 6700):  # 1e-23 to 1e-307
        assert survived[t] == pytest.approx(float(keep ** (t + 1)), rel=1e-13)
    assert survived[6999] == float(keep**7000) > 0  # 1e-321, where a running product is stuck far too high
    assert survival(np.full((20_000, 1), 0.9, np.float32), -1)[-1] == 0
    assert survival(np.full((50, 1), 1e-45, np.float32), -1)[3] == pytest.approx(float(np.float32(1e-45)) ** 4)


def test_what_is_overwritten_is_gone_and_what_is_not_a_number_spreads() -> None:
    keep = np.full((600, 3), 0.5, np.float32)
    keep[4, 0], keep[5, 1] = 0.0, np.nan
    survived = survival(keep, 1)
    assert survived[:6, 0].tolist()[1:] == [1, 0.5, 0.25, 0, 0]
    assert not survived[6:, 0].any()
    assert survived[4, 1] == 0.125
    assert np.isnan(survived[5:, 1]).all()
    assert np.isfinite(survived[1:, 2]).all()


def test_there_is_no_timestep_outside_the_sequence() -> None:
    for s in (-2, 3):
        with pytest.raises(ValueError, match=f"no timestep {s} in a sequence of 3: give -1 up to 2"):
            survival(np.ones((3, 2)), s)
    assert survival(np.ones((0, 2)), -1).shape == (0, 2)


@given(steps=st.integers(0, 1200), cut=st.integers(0, 1200), seed=st.integers(0, 99))
def test_what_is_left_can_be_followed_on_from_anywhere(steps: int, cut: int, seed: int) -> None:
    keep = keeps(steps, 2, seed, zeros=0.0, ones=0.99)
    whole = fading(keep, np.ones(2))
    first = fading(keep[:cut], np.ones(2))
    rest = fading(keep[cut:], first[-1] if len(first) else np.ones(2))
    np.testing.assert_allclose(np.concatenate([first, rest]), whole, rtol=1e-12, atol=1e-310)


def test_the_horizon_is_the_first_timestep_with_less() -> None:
    survived = survival(np.array([[0.3, 1, 1], [0.5, 1, 1], [0.5, 1, 1], [0.5, 0.99, 0.4], [0.1, 1, 1]]), 1)
    assert horizon(survived).tolist() == [3, 5, 5]  # 1/4 is less than 1/e; the others last beyond the end
    assert horizon(survived, 0.5).tolist() == [3, 5, 3]  # half is not less than half
    assert horizon(survived, 0.1).tolist() == [4, 5, 5]
    assert [int(horizon(np.median(survived, axis=1), below)) for below in HORIZONS] == [5, 3, 5]


@pytest.mark.parametrize("timescale", [1.5, 20.0, 1000.0])
def test_a_timescale_that_was_assigned_is_how_long_it_lasts(timescale: float) -> None:
    """Mahto et al. 2021: with z's weights at zero, the bias -ln(exp(1/T) - 1) makes the keep exp(-1/T) at every step.

    So 1/e is left after T steps, and survival is exp(-t / T).
    """
    torch.manual_seed(0)
    gru = nn.GRU(3, 4).double()
    with torch.no_grad():
        gru.weight_ih_l0[4:8] = 0
        gru.weight_hh_l0[4:8] = 0
        gru.bias_hh_l0[4:8] = 0
        gru.bias_ih_l0[4:8] = -np.log(np.expm1(1 / timescale))
    run = gruviz.record(gru, torch.randn(1200, 3).double())
    layer = run.layers["l0"]
    survived = survival(layer.processing("update", 0), 10)
    after = np.arange(1, 1190)
    with np.errstate(divide="ignore"):
        found = -after[:, None] / np.log(survived[11:])
    np.testing.assert_allclose(found[survived[11:] > 1e-300], timescale, rtol=1e-4)
    assert np.abs(horizon(survived) - 10 - timescale).max() <= 1
