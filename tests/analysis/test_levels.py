import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gruviz.analysis import levels
from gruviz.cells import GRU, LSTM


@pytest.mark.parametrize("quantity", [GRU["update"], GRU["reset"], LSTM["output"]])
def test_a_fraction_is_never_stretched(quantity: object) -> None:
    assert levels(quantity, 0.4, 0.6) == (0, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("low", "high", "end"), [(-0.1, 0.2, 1), (-1, 1, 1), (0, 1.01, 1.2), (-7.3, 2, 8), (-12, 130, 150), (0, 0.003, 1)]
)
def test_a_state_lies_around_zero(low: float, high: float, end: float) -> None:
    assert levels(LSTM["cell"], low, high) == (-end, end)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_nothing_is_cut_off_and_little_is_wasted(low: float, high: float) -> None:
    bottom, top = levels(LSTM["cell"], low, high)
    most = max(abs(low), abs(high))
    assert -bottom == top
    assert top >= most * (1 - 1e-6)
    assert top == 1 or top <= 1.51 * most


def test_what_is_missing_or_endless_does_not_count() -> None:
    assert levels(GRU["hidden"], math.nan, math.nan) == (-1, 1)
    assert levels(GRU["hidden"], -3, math.inf) == (-3, 3)
