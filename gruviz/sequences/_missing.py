"""Missing values."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gruviz.errors import GruvizError


def fill(
    path: Path | str, column: str, values: NDArray[np.floating]
) -> tuple[NDArray[np.float32], NDArray[np.bool_], str | None]:
    """Fill the NaN of one column (T,) by linear interpolation over its rows, ends by the nearest value.

    Returns the filled column, where it was missing, and a sentence about it or None. Raises GruvizError where all of
    it is missing, and where a value is infinite or too large for float32.
    """
    missing = np.isnan(values)
    count, total = int(missing.sum()), len(values)
    if count == total:
        raise GruvizError(f"all {total:,} values of {column} in {path} are missing: take that column out")
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    endless = np.isinf(single)
    if endless.any():
        at = int(np.argmax(endless))
        raise GruvizError(
            f"{column} in {path} is infinite or beyond 3.4e38 at timestep {at:,}: mend it, or leave it empty as missing"
        )
    if not count:
        return single, missing, None
    present = np.flatnonzero(~missing)
    single[missing] = np.interp(np.flatnonzero(missing), present, values[present])
    were = "was missing and was" if count == 1 else "were missing and were"
    return single, missing, f"{count:,} of {total:,} values of {column} {were} filled by linear interpolation"
