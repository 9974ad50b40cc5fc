r"""Arithmetic in print: as many digits of what goes in as it takes to come to what is printed, worked out by hand.

Numbers are in TeX's notation, as far as mathtext knows it.
"""

import math
from collections.abc import Callable, Sequence

_DIGITS, _MOST = 3, 6
"""Significant digits of what comes out, and of what goes in at most."""
_SMALLEST, _LARGEST, _PLAIN = -3, 4, 5
"""Below ten to the power of the first, and from that of the second on, powers of ten are printed; not of what takes so
few digits after the point."""
_NONE = 1e-30
"""What is smaller is printed as 0: far less than a state of float32 is known to."""
_SHARES, _ENOUGH = (0.4, 0.1, 0.02, 0.004), 0.1
"""By how much of the last printed digit of a result the rounding of one number that goes in may change it, tried
one after another; and that by which all of them together change it by less than one."""
_FINEST = 6
"""Digits after the point of a fraction and of what is missing to 1, at most, if they have no need of more."""


def number(value: float, places: int | None = None, *, significant: int = _DIGITS) -> str:
    """Three significant digits, or so many digits after the point; a minus sign as TeX has it.

    Args:
        value: any number.
        places: digits after the point, of the first power of ten where it is printed with one; None for
            `significant` digits.
        significant: how many of them.
    """
    if not math.isfinite(value):
        return "?" if math.isnan(value) else r"\infty" if value > 0 else r"-\infty"
    power = _power(value)
    places = significant - 1 - power if places is None else places
    if power >= _LARGEST or (power < _SMALLEST and places > _PLAIN):
        digits, _, tens = f"{value:.{max(places + power, 0)}e}".partition("e")
        return rf"{digits} \cdot 10^{{{int(tens)}}}"
    printed = f"{value:.{max(places, 0)}f}"
    return printed.removeprefix("-") if float(printed) == 0 else printed


def operands(
    values: Sequence[float],
    work_out: Callable[..., float],
    result: float,
    *,
    complement: tuple[int, int] | None = None,
) -> list[str]:
    """Print what goes in so that what comes out, worked out from print, is printed as the result is.

    How many digits that takes follows from how much each number moves the result; each gets three at least. Where the
    values themselves do not give the result so exactly, as in half precision, no more are printed than for a unit of
    its last digit.

    Args:
        values: what goes in.
        work_out: what comes out of it.
        result: what that is known to be.
        complement: the places of two values that sum to 1: they also do in print.
    """
    if not all(map(math.isfinite, values)):
        return [number(value) for value in values]
    slopes = [_slope(values, place, work_out) for place in range(len(values))]
    last = 10.0 ** (_power(result) - _DIGITS + 1)
    tries = []
    for share in _SHARES:
        places = [_places(value, slope, share * last) for value, slope in zip(values, slopes, strict=True)]
        if complement is not None:
            one, other = complement
            needed = (_needed(slopes[place], share * last) for place in complement)
            smaller = min(values[one], values[other])
            seen = min(1 - _power(smaller), _FINEST) if smaller > 0 else _DIGITS
            places[one] = places[other] = min(max(_DIGITS, seen, *needed), _FINEST + 2)
        rounded = [round(value, digits) for value, digits in zip(values, places, strict=True)]
        if complement is not None:
            rounded[other] = round(1 - rounded[one], places[other])
        tries.append([number(value, digits) for value, digits in zip(rounded, places, strict=True)])
        if number(work_out(*rounded)) == number(result):
            return tries[-1]
    return tries[_SHARES.index(_ENOUGH)]


def sigma(value: float) -> float:
    """The logistic function, without overflow."""
    return 0.5 * (1 + math.tanh(value / 2))


def _power(value: float) -> int:
    """The power of ten of the first digit that is printed of three; of 1 itself that of what lies below it."""
    if abs(value) < _NONE or not math.isfinite(value) or abs(value) == 1:
        return -1
    return int(f"{value:.{_DIGITS - 1}e}".partition("e")[2]) if abs(value) > 1 else math.floor(math.log10(abs(value)))


def _slope(values: Sequence[float], place: int, work_out: Callable[..., float]) -> float:
    """By how much the result moves with one of the values."""
    little = 1e-4 * max(abs(values[place]), 1e-3)
    ends = [[*values[:place], values[place] + by, *values[place + 1 :]] for by in (-little, little)]
    low, high = (work_out(*each) for each in ends)
    return abs(high - low) / (2 * little)


def _needed(slope: float, off: float) -> int:
    """Digits after the point, so that rounding moves the result by no more than this."""
    return math.ceil(math.log10(slope / 2 / off)) if slope > 0 else 0


def _places(value: float, slope: float, off: float) -> int:
    """Digits after the point: as many as are needed, three significant ones at least."""
    power = _power(value)
    return min(max(_needed(slope, off), _DIGITS - 1 - power), _MOST - 1 - power)
