import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gruviz.analysis import Histogram, saturation


def test_fractions_of_time_below_and_above() -> None:
    gate = np.array([[0.05, 0.95, 0.5], [0.09, 0.1, 0.9], [0.5, 0.91, np.nan], [0.2, 0.0, np.nan]], np.float32)
    found = saturation(gate)
    assert found.left.tolist() == [0.5, 0.25, 0]  # 0.1 itself is not below 0.1
    assert found.right.tolist() == [0, 0.5, 0]
    looser = saturation(gate, 0.3, 0.45)
    assert looser.left.tolist() == [0.75, 0.5, 0]
    assert looser.right.tolist() == [0.25, 0.5, 1]


def test_of_no_timesteps_nothing_is_known() -> None:
    found = saturation(np.empty((0, 2)))
    assert np.isnan([found.left, found.right]).all()
    assert np.isnan(Histogram(2).saturation().left).all()


hundredths = st.integers(0, 100).map(lambda each: each / 100)


@given(
    arrays(np.float32, (9, 3), elements=st.one_of(hundredths, st.floats(0, 1, width=32), st.just(float("nan")))),
    hundredths,
    hundredths,
)
def test_a_histogram_gives_the_saturation_at_any_hundredth(gate: np.ndarray, low: float, high: float) -> None:
    low, high = min(low, high), max(low, high)
    histogram = Histogram(3)
    histogram.add(gate[:4])
    histogram.add(gate[4:])
    found, whole = histogram.saturation(low, high), saturation(gate, low, high)
    assert found.left == pytest.approx(whole.left, nan_ok=True)
    assert found.right == pytest.approx(whole.right, nan_ok=True)
