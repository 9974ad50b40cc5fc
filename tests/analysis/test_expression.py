import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gruviz.analysis import Expression
from gruviz.errors import GruvizError

NUMBERS = {
    "unit": np.arange(6.0),
    "keep": np.array([0.1, 0.95, 0.5, 0.9, 0.85, np.nan]),
    "tau": np.array([1.0, np.inf, 20, 60, 55, np.nan]),
}


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("tau > 50 and keep > 0.8", [1, 3, 4]),
        ("  keep<=0.5 or unit==5 ", [0, 2, 5]),
        ("0.2 < keep < 0.9", [2, 4]),
        ("not (tau > 10)", [0, 5]),
        ("abs(unit - 3) <= 1", [2, 3, 4]),
        ("(1 - keep) * 10 >= unit + -2 + +1", [0, 1, 2]),
        ("tau / 2 > 29.9", [1, 3]),
        ("tau < 1e999", [0, 2, 3, 4]),
        ("tau - tau == 0", [0, 2, 3, 4]),  # infinity less infinity is no number
        ("1 / unit > 1e9 or unit != unit", [0]),
        ("2 > 1", [0, 1, 2, 3, 4, 5]),
    ],
)
def test_it_says_for_which_units_it_holds(text: str, units: list[int]) -> None:
    assert np.flatnonzero(Expression(text).holds(NUMBERS)).tolist() == units


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "nothing is asked for: write for instance: tau > 50 and keep > 0.8"),
        ("tau >", "‘tau >’ is no condition: write for instance"),
        ("tau = 5", "‘tau = 5’ is no condition: write == for equal"),
        ("keep", "‘keep’ alone is no condition: write for instance"),
        ("tau > 3 and wrong", "‘wrong’ alone is no condition"),  # nobody knows yet whether it is a number
        ("keep and tau > 3", "‘keep’ alone is no condition"),
        ("(keep > 1) + 2 > 3", "‘keep > 1’ is a condition where a number is needed"),
        ("__import__('os').system('true')", "cannot be used: there are numbers"),
        ("keep.__class__ > 1", "‘keep.__class__’ cannot be used"),
        ("keep[0] > 1", "‘keep\\[0\\]’ cannot be used"),
        ("tau ** 9 > 1", "‘tau \\*\\* 9’ cannot be used"),
        ("abs(keep, 2) > 1", "cannot be used"),
        ("max(keep) > 1", "cannot be used"),
        ("(lambda: 1)() > 1", "cannot be used"),
        ("'a' > 1", "‘'a'’ cannot be used"),
        ("True > 0", "‘True’ cannot be used"),
        ("keep is 1", "only < <= > >= == != compare"),
        ("keep in (1, 2)", "‘\\(1, 2\\)’ cannot be used"),
        ("9" * 199, "a number has too many digits|alone is no condition"),
        ("(" * 100 + "1" + ")" * 99, "is no condition"),
        ("-" * 199 + "1", "."),
        ("tau > 1 " * 40, "this has 319 characters: write no more than 200"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text: str, says: str) -> None:
    with pytest.raises(GruvizError, match=says) as caught:
        Expression(text).holds(NUMBERS)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


def test_a_number_that_there_is_not_is_named_beside_those_that_there_are() -> None:
    asked = Expression("speed > 3 and tau > 1")
    assert asked.names == {"speed", "tau"}
    with pytest.raises(GruvizError, match="there is no number ‘speed’: there are unit, keep, tau"):
        asked.holds(NUMBERS)


@given(st.text(max_size=60))
def test_nothing_that_is_typed_does_harm(text: str) -> None:
    try:
        found = Expression(text).holds(NUMBERS)
    except GruvizError:
        return
    assert found.shape == (6,)
    assert found.dtype == bool


@pytest.mark.parametrize(
    "text", ["tau = 5", "tau ≥ 5", "tau ≤ 5", "tau > 5 & keep > 0.5", "(tau > 5) | (keep > 1)", "!tau"]
)
def test_signs_of_other_languages_get_those_that_there_are(text: str) -> None:
    with pytest.raises(GruvizError, match="write == for equal, >= and <= for ≥ and ≤, != for ≠, and, or, not in words"):
        Expression(text)


@pytest.mark.filterwarnings("error")
def test_dividing_by_nothing_is_no_warning() -> None:
    assert Expression("tau/0 > 1").holds({"tau": np.array([0.0, 2.0])}).tolist() == [False, True]


@pytest.mark.parametrize(
    ("sign", "expected"),
    [
        ("<", [True, False, False]),
        ("<=", [True, True, False]),
        (">", [False, False, True]),
        (">=", [False, True, True]),
        ("==", [False, True, False]),
        ("!=", [True, False, True]),
    ],
)
def test_signs_are_strict_or_not_as_they_are_written(sign: str, expected: list[bool]) -> None:
    assert Expression(f"tau {sign} 2").holds({"tau": np.array([1.0, 2.0, 3.0])}).tolist() == expected
