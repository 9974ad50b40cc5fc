"""What was fed to the network: symbols, or curves."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.recording import SequenceInfo, Tape
from gruviz.ui.reading._columns import Columns, columns_for
from gruviz.ui.reading._request import Request, Source, Unfinished

Floats = NDArray[np.float32]
_BLOCK = 64
"""Timesteps whose least and greatest input are kept for the whole of a sequence; a power of two, as columns are."""
_PIECE = 2**20
"""Timesteps that are read at once; a multiple of `_BLOCK`."""


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
    """(columns, I), the least of each column; NaN where all of it was missing, or has not been read yet."""
    high: Floats
    span: tuple[float, float]
    """The least and the greatest value of the whole sequence, as far as it has been read."""


@dataclass(frozen=True)
class CurvesRequest(Request):
    """The first `most` columns of the numeric input from `start` up to `stop`, for a panel `width` pixels wide."""

    start: int
    stop: int
    width: int
    most: int

    def read(self, source: Source) -> Curves | Unfinished:
        """Read it, with gaps where the label `missing` is set; of a long sequence one piece after the other."""
        info, tape = self._sequence(source), self._tape(source)
        columns = columns_for(self.start, self.stop, self.width)
        blocks: _Blocks = source.once(
            ("blocks", tape.name, info.index, self.most), lambda: _Blocks(tape, info, self.most)
        )
        blocks.go_on()
        if columns.step >= _BLOCK:
            low, high = blocks.between(columns)
        else:
            values = _values(tape, info, columns.start, min(columns.stop, info.length), self.most)
            low, high = _envelope(values, values, columns.step)
        curves = Curves(columns, low, high, blocks.span)
        return curves if blocks.complete else Unfinished(curves)


class _Blocks:
    """The least and the greatest of every block of timesteps, of which wide columns are made."""

    def __init__(self, tape: Tape, info: SequenceInfo, most: int) -> None:
        self._tape, self._info, self._most = tape, info, most
        shape = -(-info.length // _BLOCK), _values(tape, info, 0, 0, most).shape[1]
        self._low, self._high = (np.full(shape, np.nan, np.float32) for _ in range(2))
        self._done = 0
        self._least, self._greatest = np.inf, -np.inf

    @property
    def complete(self) -> bool:
        """Whether all of the sequence has been read."""
        return self._done >= self._info.length

    @property
    def span(self) -> tuple[float, float]:
        """The least and the greatest number so far, never the same."""
        low, high = self._least, self._greatest
        return (low, high) if low < high else (low - 0.5, low + 0.5) if low == high else (0.0, 1.0)

    def go_on(self) -> None:
        """Read the next piece, if there is one."""
        if self.complete:
            return
        start, stop = self._done, min(self._done + _PIECE, self._info.length)
        values = _values(self._tape, self._info, start, stop, self._most)
        low, high = _envelope(values, values, _BLOCK)
        here = slice(start // _BLOCK, start // _BLOCK + len(low))
        self._low[here], self._high[here] = low, high
        if not (np.isfinite(low).all() and np.isfinite(high).all()):  # a block's numbers, beside what is none
            low = high = values[np.isfinite(values)]
        self._least = min(self._least, float(low.min(initial=np.inf)))
        self._greatest = max(self._greatest, float(high.max(initial=-np.inf)))
        self._done = stop

    def between(self, columns: Columns) -> tuple[Floats, Floats]:
        """Those of columns that are as wide as a block, or wider."""
        here = slice(columns.start // _BLOCK, columns.stop // _BLOCK)
        return _envelope(self._low[here], self._high[here], columns.step // _BLOCK)


def _values(tape: Tape, info: SequenceInfo, start: int, stop: int, most: int) -> Floats:
    rows = slice(info.offset + start, info.offset + stop)
    values = tape.values(rows, slice(most))
    if values is None:
        return np.empty((stop - start, 0), np.float32)
    if "missing" not in tape.labels:
        return values
    return np.where(missing_in(tape, rows)[:, :most], np.float32(np.nan), values)


def missing_in(tape: Tape, rows: slice) -> NDArray[np.bool_]:
    """Which numbers of these rows were missing in the file and filled in, (n, I) or (n, 1)."""
    if "missing" not in tape.labels:
        return np.zeros((rows.stop - rows.start, 1), bool)
    missing = np.asarray(tape.label("missing", rows), bool)
    return missing if missing.ndim == 2 else missing[:, None]


def _envelope(low: Floats, high: Floats, step: int) -> tuple[Floats, Floats]:
    """The least and the greatest of every `step` rows, passing over what is NaN; NaN only where all of them are."""
    if step == 1:
        return low, high
    starts = np.arange(0, len(low), step)
    return np.fmin.reduceat(low, starts, axis=0), np.fmax.reduceat(high, starts, axis=0)
