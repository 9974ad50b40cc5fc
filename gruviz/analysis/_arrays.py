"""What the functions here are given: lists, arrays, or quantities of a recording, checked before they are worked with.

Every public function takes anything that NumPy makes an array of; a `Values` of a layer is read whole. What does not
fit raises a ValueError of one line, which names the argument, what it is, and what to give.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floating = NDArray[np.floating]


def array(name: str, values: ArrayLike, *axes: str, line: bool = False) -> Floating:
    """An argument as an array with so many axes, or, where a `line` does too, with the first of them alone.

    Whole numbers and booleans become float64.

    Raises:
        ValueError: it is none of numbers, or has other axes.
    """
    wanted = f"({', '.join(axes)}{',' if len(axes) == 1 else ''})" + (f" or ({axes[0]},)" if line else "")
    try:
        made: NDArray[Any] = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} is no array, its rows differ in length: give {wanted}") from None
    if made.dtype.kind not in "biuf":
        raise ValueError(f"{name} holds no real numbers, but {made.dtype}: give {wanted}")
    if made.ndim != len(axes) and not (line and made.ndim == 1):
        raise ValueError(f"{name} has the shape {made.shape}: give {wanted}")
    return made if made.dtype.kind == "f" else made.astype(np.float64)


def fractions(name: str, values: ArrayLike, *axes: str) -> Floating:
    """The same of an argument whose values lie between 0 and 1, NaN where one is missing.

    Raises:
        ValueError: also where one of them does not.
    """
    made = array(name, values, *axes)
    if ((made < 0) | (made > 1)).any():  # a NaN is neither
        raise ValueError(f"{name} reaches from {np.nanmin(made):.4g} to {np.nanmax(made):.4g}: give fractions, 0 to 1")
    return made


def alike(**arrays: NDArray[Any]) -> None:
    """Check that arguments, by name, have one shape.

    Raises:
        ValueError: one has another than the first.
    """
    (first, shape), *others = ((name, each.shape) for name, each in arrays.items())
    for name, other in others:
        if other != shape:
            raise ValueError(f"{name} has the shape {other}, but {first} {shape}: give them alike")
