"""float16 on request: fractions go into the file as logits, so that a keep of 0.9998 stays a keep of 0.9998."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from gruviz.cells import Quantity

Floats = NDArray[np.float32]


def scale(quantity: Quantity, dtype: np.dtype[np.generic]) -> str:
    """`logit` for a fraction that is stored in float16, else `linear`: the attribute `scale` of its dataset."""
    return "logit" if quantity.fraction and dtype == np.float16 else "linear"


def encode(values: NDArray[np.float32], scale: str, dtype: np.dtype[np.generic]) -> NDArray[np.generic]:
    """Values as they are stored. 0 and 1 become minus and plus infinity in logits, and come back exactly."""
    if scale == "logit":
        with np.errstate(divide="ignore"):
            values = np.log(values) - np.log1p(-values)
    return values.astype(dtype, copy=False)


def decode(stored: NDArray[np.generic], scale: str) -> NDArray[np.float32]:
    """Stored values as float32."""
    if scale == "logit" and stored.dtype == np.float16:  # there are 65,536 of them: looked up, faster than worked out
        return np.take(_decoded(), stored.view(np.uint16))
    values = stored.astype(np.float32, copy=False)
    return _logistic(values) if scale == "logit" else values


def _logistic(logits: Floats) -> Floats:
    with np.errstate(over="ignore", invalid="ignore"):
        values: Floats = np.float32(1) / (np.float32(1) + np.exp(-logits))
    return values


@cache
def _decoded() -> Floats:
    """Of each float16 by its bits."""
    return _logistic(np.arange(2**16, dtype=np.uint16).view(np.float16).astype(np.float32))
