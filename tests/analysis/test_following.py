"""How units follow a label, against counting by brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gruviz.analysis import Following, correlation, roc_area


def drawn(steps: int, units: int, seed: int, missing: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Values with ties, a constant unit among them, and a label."""
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 6, (steps, units)) / np.float32(7)
    values[:, 0] = np.float32(0.3)
    label = rng.integers(0, 4, steps).astype(float)
    values[rng.random(values.shape) < missing] = np.nan
    label[rng.random(steps) < missing] = np.nan
    return values, label


def pearson(v: np.ndarray, y: np.ndarray) -> float:
    """By its definition; 0 where there is nothing to go together."""
    both = [(float(a), float(b)) for a, b in zip(v, y, strict=True) if np.isfinite(a) and np.isfinite(b)]
    if len({a for a, _ in both}) < 2 or len({b for _, b in both}) < 2:
        return 0.0
    a, b = (np.array(each) - sum(each) / len(each) for each in zip(*both, strict=True))
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))


def area(v: np.ndarray, y: np.ndarray) -> float:
    """All pairs, one by one."""
    both = [(a, b) for a, b in zip(v, y, strict=True) if np.isfinite(a) and np.isfinite(b)]
    high, low = [a for a, b in both if b], [a for a, b in both if not b]
    if not high or not low:
        return 0.5
    return sum((a > b) + 0.5 * (a == b) for a in high for b in low) / (len(high) * len(low))


def ranks(values: np.ndarray) -> np.ndarray:
    return np.array([np.nan if np.isnan(x) else (values < x).sum() + ((values == x).sum() + 1) / 2 for x in values])


CASES = {"steps": st.integers(0, 40), "units": st.integers(1, 4), "seed": st.integers(0, 10_000)}


@settings(deadline=None, max_examples=40)
@given(**CASES, missing=st.sampled_from([0.0, 0.2]), lag=st.integers(-3, 3))
def test_against_brute_force(steps: int, units: int, seed: int, missing: float, lag: int) -> None:
    values, label = drawn(steps, units, seed, missing)
    times = [t for t in range(steps) if 0 <= t + lag < steps]
    v, y = values[[t + lag for t in times]], label[times]
    binary = np.where(np.isnan(label), np.nan, label > 1)
    for unit in range(units):
        assert np.isclose(correlation(values, label, lag)[unit], pearson(v[:, unit], y))
        assert np.isclose(roc_area(values, binary, lag)[unit], area(v[:, unit], binary[times]))
        there = np.isfinite(v[:, unit]) & np.isfinite(y)
        expected = pearson(ranks(v[there, unit]), ranks(y[there]))
        assert np.isclose(correlation(values, label, lag, ranks=True)[unit], expected)


@settings(deadline=None, max_examples=40)
@given(**CASES, missing=st.sampled_from([0.0, 0.2]), pieces=st.integers(1, 5))
def test_pieces_add_up(steps: int, units: int, seed: int, missing: float, pieces: int) -> None:
    values, label = drawn(steps, units, seed, missing)
    labels = np.stack([label, label[::-1]], axis=1)
    sums = Following(units, 2)
    for rows in np.array_split(np.arange(steps), pieces):
        sums.add(values[rows], labels[rows])
    for number in range(2):
        assert np.allclose(sums.correlation[number], correlation(values, labels[:, number]))
    assert sums.count.max(initial=0) <= steps


def test_the_relations_of_the_three() -> None:
    rng = np.random.default_rng(3)
    is_set = rng.random(500) < 0.3
    values = np.stack([is_set, ~is_set, np.exp(8 * is_set + rng.random(500)), np.full(500, 0.1)], axis=1)
    assert correlation(values, is_set).tolist()[:2] == pytest.approx([1, -1])
    assert roc_area(values, is_set).tolist() == [1, 0, 1, 0.5]
    assert correlation(values, is_set)[3] == 0
    rising = np.exp(np.linspace(0, 20, 300))[:, None]
    assert correlation(rising, np.arange(300))[0] < 0.6
    assert correlation(rising, np.arange(300), ranks=True)[0] == pytest.approx(1)


def test_what_comes_later_is_found_at_its_lag() -> None:
    is_set = np.random.default_rng(4).random(400) < 0.2
    values = np.roll(is_set, 2)[:, None].astype(np.float32)
    found = [correlation(values, is_set, lag)[0] for lag in range(-3, 4)]
    assert np.argmax(found) == 5  # a lag of 2
    assert found[5] == pytest.approx(1)


def test_a_spread_far_from_the_first_value_is_still_seen() -> None:
    is_set = np.random.default_rng(5).random(4000) < 0.5
    values = (1 - 1e-5 * is_set)[:, None]
    values[0] = -1e3
    expected = pearson(values[:, 0], is_set)
    assert correlation(values, is_set)[0] == pytest.approx(expected, abs=1e-6)


def test_a_label_goes_with_its_timesteps() -> None:
    with pytest.raises(ValueError, match=r"\(3,\) does not go with \(4, 2\)"):
        correlation(np.zeros((4, 2)), np.zeros(3))
