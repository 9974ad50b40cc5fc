"""What was fed to the network: symbols, or curves."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.recording import SequenceInfo, Tape
from gruviz.ui.reading._columns import Columns, columns_for
from gruviz.ui.reading._request import Request, Source

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Text:
    """Symbols of consecutive timesteps."""

    start: int
    symbols: tuple[str, ...]

    def at(self, timestep: int) -> str | None:
        """The symbol of a timestep, or None where it is not among these."""
        index = timestep - self.start
        return self.symbols[index] if 0 <= index < len(self.symbols) else None


@dataclass(frozen=True)
class TextRequest(Request):
    """The symbols from `start` up to `stop`."""

    start: int
    stop: int

    def read(self, source: Source) -> Text:
        """Read them."""
        info = self._sequence(source)
        start, stop = max(self.start, 0), min(self.stop, info.length)
        symbols = self._tape(source).symbols(slice(info.offset + start, info.offset + stop))
        return Text(start, symbols or ())


@dataclass(frozen=True)
class Curves:
    """Numeric input over time."""

    columns: Columns
    low: Floats
    """(columns, I), the least of each column; NaN where all of it was missing."""
    high: Floats
    span: tuple[float, float]
    """The least and the greatest value of the whole sequence."""


@dataclass(frozen=True)
class CurvesRequest(Request):
    """The numeric input from `start` up to `stop`, for a panel `width` pixels wide."""

    start: int
    stop: int
    width: int

    def read(self, source: Source) -> Curves:
        """Read it, with gaps where the label `missing` is set."""
        info, tape = self._sequence(source), self._tape(source)
        columns = columns_for(self.start, self.stop, self.width)
        values = _values(tape, info, columns.start, min(columns.stop, info.length))
        whole = len(values) == info.length
        span = source.once(
            ("span", tape.name, info.index), lambda: _span(values if whole else _values(tape, info, 0, info.length))
        )
        low, high = _envelope(values, columns.step)
        return Curves(columns, low, high, span)


def _values(tape: Tape, info: SequenceInfo, start: int, stop: int) -> Floats:
    rows = slice(info.offset + start, info.offset + stop)
    values = tape.values(rows)
    if values is None:
        return np.empty((stop - start, 0), np.float32)
    if "missing" in tape.labels:
        missing = np.asarray(tape.label("missing", rows), bool)
        values = np.where(missing if missing.ndim == 2 else missing[:, None], np.float32(np.nan), values)
    return values


def _envelope(values: Floats, step: int) -> tuple[Floats, Floats]:
    """The least and the greatest of every `step` rows, passing over what is NaN; NaN only where all of them are."""
    if step == 1:
        return values, values
    starts = np.arange(0, len(values), step)
    return np.fmin.reduceat(values, starts, axis=0), np.fmax.reduceat(values, starts, axis=0)


def _span(values: Floats) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)
