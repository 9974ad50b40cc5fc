"""Gradients through time, kept in a recording beside what they were computed from: what is there, read and checked.

Everything has one row for each timestep of the tape, as the quantities have; NaN where it was not computed.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

import h5py
import numpy as np
from numpy.typing import NDArray

from gruviz.recording._reading import reading

SUM: Final = -1
"""The loss is the sum over all timesteps, where else the one stands that it is taken at."""
NONE: Final = -2
"""Nothing was computed."""


@dataclass(frozen=True)
class Field:
    """One thing that is known of each timestep."""

    dtype: str
    width: Literal["one", "units", "lags"]
    """One number a timestep, one for each unit, or one for each timestep back."""
    meaning: str
    of: Literal["", "loss", "reached", "since"] = ""
    """What it is told for: the timestep of the loss, the one that is reached, or the one that is followed, if any."""


FIELDS: Final = {
    "norm_hidden": Field("f8", "one", "log10 of the norm of dL/dh_t", "loss"),
    "norm_cell": Field("f8", "one", "log10 of the norm of dL/dc_t, of an LSTM", "loss"),
    "norm_input": Field("f8", "one", "log10 of the norm of dL/dx_t, x being what the first layer reads", "loss"),
    "direction_hidden": Field("f4", "units", "dL/dh_t over its norm", "loss"),
    "direction_cell": Field("f4", "units", "dL/dc_t over its norm, of an LSTM", "loss"),
    "step_norm": Field("f4", "one", "spectral norm of ds_t/ds_(t-1); s is h, and h and c together of an LSTM"),
    "step_radius": Field("f4", "one", "spectral radius of ds_t/ds_(t-1), at some timesteps"),
    "growth": Field("f8", "one", "log10 of what the direction that grows most grows by in a timestep"),
    "reach_hidden": Field("f8", "one", "log10 of the spectral norm of dh_T/dh_t, T being `reached`", "reached"),
    "reach_cell": Field("f8", "one", "log10 of the spectral norm of dc_T/dc_t, of an LSTM", "reached"),
    "column_hidden": Field("f4", "units", "norm of each column of dh_T/dh_t over its spectral norm", "reached"),
    "column_cell": Field("f4", "units", "norm of each column of dc_T/dc_t over its norm, of an LSTM", "reached"),
    "diagonal_hidden": Field("f4", "units", "diagonal of dh_T/dh_t over its spectral norm", "reached"),
    "diagonal_cell": Field("f4", "units", "diagonal of dc_T/dc_t over its norm, of an LSTM", "reached"),
    "spread_hidden": Field("f8", "one", "log10 of the spectral norm of dh_t/dh_s, s being `since`", "since"),
    "spread_cell": Field("f8", "one", "log10 of the spectral norm of dc_t/dc_s, of an LSTM", "since"),
    "spread_column_hidden": Field("f4", "units", "norm of each column of dh_t/dh_s over its spectral norm", "since"),
    "spread_column_cell": Field("f4", "units", "norm of each column of dc_t/dc_s over its norm, of an LSTM", "since"),
    "spread_diagonal_hidden": Field("f4", "units", "diagonal of dh_t/dh_s over its spectral norm", "since"),
    "spread_diagonal_cell": Field("f4", "units", "diagonal of dc_t/dc_s over its norm, of an LSTM", "since"),
    "connectivity": Field(
        "f4",
        "lags",
        "log10 of the norm of dy_t/dx_(t-j), j from 0, of the likeliest output, or of all numbers",
    ),
}


class Gradient:
    """What was computed for a layer. Nothing is read before it is asked for."""

    def __init__(self, group: h5py.Group, rows: int) -> None:
        self._group, self._rows = group, rows

    @property
    def names(self) -> tuple[str, ...]:
        """What is there, of `FIELDS`."""
        return tuple(name for name in FIELDS if name in self._group)

    def __contains__(self, name: str) -> bool:
        return name in self.names

    @property
    def error(self) -> str:
        """What the loss is: `cross entropy`, `squared error`, or empty where there is none."""
        return _text(self._group.attrs.get("error", ""))

    def loss(self, sequence: int) -> int:
        """The timestep that the loss of a sequence was taken at, or `SUM`, or `NONE`."""
        return int(reading(self._group["loss"], sequence))

    def reached(self, sequence: int) -> int:
        """The timestep T of a sequence that `reach_hidden` and its like are about, or `NONE`."""
        return int(reading(self._group["reached"], sequence))

    def since(self, sequence: int) -> int:
        """The timestep s of a sequence that `spread_hidden` and its like are about, or `NONE`."""
        return int(reading(self._group["since"], sequence)) if "since" in self._group else NONE

    def read(self, name: str, rows: slice, units: Any = slice(None)) -> NDArray[Any]:
        """Some rows of a field, (n,) or (n, W), or of some of its columns. Raises KeyError with the names there are."""
        if name not in self:
            raise KeyError(f"{self._group.name} has {', '.join(self.names) or 'nothing'}, not {name}")
        start, stop, _ = rows.indices(self._rows)
        stored = self._group[name]
        return reading(stored, slice(start, stop) if stored.ndim == 1 else (slice(start, stop), units))

    def hidden(self, rows: slice, state: str = "hidden") -> NDArray[np.float64]:
        """log10 of |dL/dh_t,i| for each unit, (n, H); of `cell`, of |dL/dc_t,i|. Minus infinity for zero."""
        with np.errstate(divide="ignore"):
            shares = np.log10(np.abs(self.read(f"direction_{state}", rows).astype(np.float64)))
        norms = self.read(f"norm_{state}", rows)[:, None]
        return np.where(np.isneginf(norms), norms, shares + norms)


def damage(group: object, rows: int, size: int, sequences: int) -> str | None:
    """What is wrong with the group of a layer, in words that follow its name; None where nothing is."""
    if not isinstance(group, h5py.Group):
        return "has a gradient that is not a group"
    widths = {"one": (), "units": (size,)}
    for name in group:
        stored, field = group[name], FIELDS.get(name)
        if name in ("loss", "reached", "since"):
            right = isinstance(stored, h5py.Dataset) and stored.shape == (sequences,) and stored.dtype.kind == "i"
        elif field is None:  # of a later gruviz
            continue
        else:
            right = (
                isinstance(stored, h5py.Dataset)
                and stored.dtype.kind == "f"
                and len(stored.shape) > 0
                and stored.shape[0] == rows
                and (stored.shape[1:] == widths[field.width] if field.width in widths else stored.ndim == 2)
            )
        if not right:
            return f"has a gradient {name} of the wrong shape"
    return None if {"loss", "reached"} <= set(group) else "has a gradient that does not say of what"


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
