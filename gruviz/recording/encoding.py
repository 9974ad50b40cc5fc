"""float16 on request: fractions go into the file as logits, so that a keep of 0.9998 stays a keep of 0.9998."""

import numpy as np
from numpy.typing import NDArray

from gruviz.cells import Quantity


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
    values = stored.astype(np.float32, copy=False)
    if scale == "logit":
        with np.errstate(over="ignore"):
            values = np.float32(1) / (np.float32(1) + np.exp(-values))
    return values
