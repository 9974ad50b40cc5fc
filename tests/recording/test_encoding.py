import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gruviz.cells import GRU, LSTM
from gruviz.recording.encoding import decode, encode, scale

HALF = np.dtype(np.float16)


def through_float16(values: list[float]) -> np.ndarray:
    return decode(encode(np.array(values, np.float32), "logit", HALF), "logit")


@pytest.mark.parametrize("keep", [0.5, 0.9, 0.99, 0.9998, 0.99999])
def test_a_keep_in_float16_has_the_same_timescale(keep: float) -> None:
    stored = float(through_float16([keep])[0])
    assert -1 / np.log(stored) == pytest.approx(-1 / np.log(np.float32(keep)), rel=0.01)


def test_plain_float16_would_not_do() -> None:
    assert np.float16(0.9998) == 1  # the reason for logits


def test_0_and_1_come_back_exactly() -> None:
    assert through_float16([0.0, 1.0, 0.5]).tolist() == [0, 1, 0.5]


def test_missing_stays_missing() -> None:
    assert np.isnan(through_float16([np.nan])[0])


@given(st.floats(0, 1, width=32))
def test_logits_keep_fractions_fractions(value: float) -> None:
    back = float(through_float16([value])[0])
    assert 0 <= back <= 1
    assert abs(back - value) < 3e-4
    if value > 1e-7:  # below it float16 runs out of logits later than this
        assert back == pytest.approx(value, rel=0.01)


def test_only_fractions_in_float16_are_stored_as_logits() -> None:
    assert {q.name: scale(q, HALF) for q in GRU.quantities} == {
        "update": "logit",
        "reset": "logit",
        "candidate": "linear",
        "hidden": "linear",
    }
    assert scale(LSTM["cell"], HALF) == "linear"
    assert all(scale(q, np.dtype(np.float32)) == "linear" for q in GRU.quantities)
