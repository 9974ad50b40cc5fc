"""What stands in the table is said in few digits, also where it is too small for a float."""

import pytest

from gruviz.comparison_table import _power, number, spread


@pytest.mark.parametrize(
    ("logarithm", "said"),
    [(0.0, "1e0"), (-12.7, "2e−13"), (-0.02, "1e0"), (-400.0, "1e−400"), (2.0, "1e2"), (None, "–"), (-0.301, "5e−1")],
)
def test_powers(logarithm: float | None, said: str) -> None:
    assert _power(logarithm) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0.00"),
        (1.0, "1.00"),
        (0.01234, "0.0123"),
        (-2.5, "−2.50"),
        (123.456, "123"),
        (1234.5, "1,234"),
        (999.7, "1,000"),
    ],
)
def test_numbers(value: float, said: str) -> None:
    assert number(value) == said


def test_spread() -> None:
    assert spread([]) == "–"
    assert spread([2.0]) == "2.00"
    assert spread([3.0, 1.0, 2.0]) == "2.00 (1.00 to 3.00)"
