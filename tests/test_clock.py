from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gruviz.clock import Clock

RATES = st.floats(1e-3, 1e6)


def test_a_time_is_said_so_that_timesteps_differ():
    assert Clock(100).say(132) == "1.32 s"
    assert Clock(16_000).say(1) == "0.00006 s"
    assert Clock(16_000).say(16_000 * 4000) == "4,000.00000 s"
    assert Clock(1).say(7) == "7 s"
    assert Clock(0.5, "day").say(7) == "14 day"
    assert Clock(100).title == "time (s)"


@given(RATES, st.integers(0, 10**7))
def test_what_is_said_is_read_back(rate, timestep):
    clock = Clock(rate)
    assert clock.timestep(clock.say(timestep)) == timestep
    assert clock.number(timestep) != clock.number(timestep + 1)


@pytest.mark.parametrize(
    ("text", "timestep"),
    [("1.32 s", 132), ("1.32s", 132), (" 2 s ", 200), ("1.5", 150), (".5", 50), ("1,000.25 s", 100_025)],
)
def test_times_that_are_typed(text, timestep):
    assert Clock(100).timestep(text) == timestep


@pytest.mark.parametrize("text", ["132", "", "s", "1,32 s", "1.3.2", "-1.0", "1.5 m", "nan", "1e3 s"])
def test_what_is_no_time(text):
    assert Clock(100).timestep(text) is None


@given(RATES, st.integers(0, 10**6), st.integers(1, 10**6), st.floats(1, 20))
def test_ticks_lie_within_at_round_times(rate, start, span, most):
    clock = Clock(rate)
    ticks = clock.ticks(start, start + span, most)
    assert len(ticks) <= most + 2
    places = [place for place, _ in ticks]
    assert all(start - 1e-6 * rate <= place <= start + span - 1 + 1e-6 * max(place, 1) for place in places)
    labels = [label for _, label in ticks]
    assert len(set(labels)) == len(labels)
    for place, label in ticks:
        said = float(label.replace(",", ""))
        assert said == pytest.approx(place / rate, rel=1e-9, abs=1e-12)
    gaps = {round(after - before, 6) for before, after in pairwise(places)}
    assert max(gaps, default=1) - min(gaps, default=1) <= 1e-5 * max(gaps, default=1)
    assert all(gap >= 1 - 1e-6 for gap in gaps), "no more ticks than timesteps"


def test_ticks_of_a_second_of_sound():
    assert Clock(8000).ticks(0, 8001, 6) == [
        (0, "0.0"),
        (1600, "0.2"),
        (3200, "0.4"),
        (pytest.approx(4800), "0.6"),
        (6400, "0.8"),
        (8000, "1.0"),
    ]


@pytest.mark.parametrize("rate", [None, 0.0, -1.0, float("nan"), float("inf"), 1e300])
def test_a_rate_that_cannot_be_is_none(rate):
    assert Clock.of(rate, "s") is None
    assert Clock.of(10, None) == Clock(10, "s")
