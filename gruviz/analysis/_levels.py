"""The scale on which a quantity is drawn: the same for every part of a sequence, and on screen as on paper."""

import math

from gruviz.cells import Quantity

_NICE = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


def levels(quantity: Quantity, low: float, high: float) -> tuple[float, float]:
    """The values at the two ends of the colour map of `quantity`.

    Args:
        quantity: a fraction has the fixed scale 0 to 1. Anything else lies around 0: -1 to 1, or, where its data leave
            that, out to the next round number.
        low: the smallest value that there is in the sequence; not a number counts as none.
        high: the largest.
    """
    if quantity.fraction:
        return 0.0, 1.0
    finite = [abs(end) for end in (low, high) if math.isfinite(end)]
    end = max(finite, default=0.0)
    if end <= 1:
        return -1.0, 1.0
    decade = 10.0 ** math.floor(math.log10(end))
    end = next((nice * decade for nice in _NICE if nice * decade >= end * (1 - 1e-9)), end)
    return -end, end
