"""Whole pages: where lines break, what stands in them, and the shade of one unit at each timestep."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis import Lines, broken, filled
from gruviz.recording import Tape
from gruviz.ui.reading._heatmap import indices, limit_of
from gruviz.ui.reading._inputs import missing_in
from gruviz.ui.reading._labelled import Labelled, OfTape, label_of, label_span, symbols_of
from gruviz.ui.reading._request import Source
from gruviz.ui.signs import columns_of, on_page

Floats = NDArray[np.float32]
MOST = 2**16
"""Timesteps that are read for one answer."""
CURVES = 6
"""Columns of numbers that are drawn; of more, the first ones."""


@dataclass(frozen=True)
class LinesRequest(OfTape):
    """The lines of all pages, of so many columns."""

    columns: int

    def read(self, source: Source) -> Lines:
        """Break them. Those of one width are kept."""
        tape = self._tape(source)
        key = (tape.name, len(tape), self.checkpoint, self.columns)
        kept = source.known.get("lines")
        if kept is None or kept[0] != key:
            kept = source.known["lines"] = key, _lines(source, tape, self.checkpoint, self.columns)
        return kept[1]


@dataclass(frozen=True, eq=False)
class Stretch:
    """Consecutive rows of the tape."""

    start: int
    symbols: tuple[str, ...] | None
    """As the network read them; None where the input was numbers."""
    signs: tuple[str, ...] | None
    """Each symbol as it stands on a page, or None where the input was numbers."""
    curves: Floats | None
    """(n, at most `CURVES`) numbers, NaN where they were missing; None where the input was symbols."""
    span: tuple[float, float]
    """The least and the greatest number of the tape."""
    values: Floats
    """(n,), of the unit."""
    shades: NDArray[np.uint8]
    """(n,) indices into the table of colours, as those of a heatmap."""
    limit: float
    """The upper end of the scale; its lower end is 0 for a fraction, else the negative of this."""
    label: Floats | None
    """(n,), from 0 where the label has its least value to 1 at its greatest; None where there is none to show."""

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True)
class StretchRequest(Labelled):
    """One quantity of one unit from row `start` up to `stop` of the tape, with what went in, and a label."""

    quantity: str
    unit: int
    start: int
    stop: int

    def read(self, source: Source) -> Stretch:
        """Read it."""
        layer, tape = self._layer(source), self._tape(source)
        rows = slice(self.start, min(self.stop, len(tape), self.start + MOST))
        quantity = layer.cell[self.quantity]
        values, limit = layer[self.quantity][rows, self.unit], limit_of(source, layer, quantity)
        given = tape.values(rows)
        curves = None
        if given is not None:
            missing = missing_in(tape, rows)
            curves = np.where(missing, np.float32(np.nan), given)[:, :CURVES]
        text = symbols_of(source, tape)
        symbols = signs = None
        if text is not None:
            ids, shown = text.ids[rows].tolist(), _shown(source, tape)
            symbols, signs = tuple(text.table[each] for each in ids), tuple(shown[each] for each in ids)
        label = None
        if self.label:
            low, high = label_span(source, self)
            label = (label_of(source, self)[rows] - low) / (high - low) if high > low else None
        span = (0.0, 1.0) if given is None else source.once(("page span", tape.name), lambda: _span(tape))
        return Stretch(self.start, symbols, signs, curves, span, values, indices(values, quantity, limit), limit, label)


def _lines(source: Source, tape: Tape, checkpoint: int, columns: int) -> Lines:
    chosen = [info for info in tape.sequences if info.checkpoint == checkpoint and info.length]
    offsets = np.array([info.offset for info in chosen], np.int64)
    lengths = np.array([info.length for info in chosen], np.int64)
    text = symbols_of(source, tape)
    if text is None:
        return filled(offsets, lengths, columns)
    widths = np.array([columns_of(shown) for shown in _shown(source, tape)], np.int64)
    ends = np.array([symbol.endswith("\n") for symbol in text.table], bool)
    gaps = np.array([text.apart or symbol.endswith((" ", "\t", "-")) for symbol in text.table], bool)
    lines = broken(widths[text.ids], ends[text.ids], gaps[text.ids], text.starts, columns)
    place = np.searchsorted(offsets, lines.first, side="right") - 1
    ours = (place >= 0) & (lines.first < (offsets + lengths)[place]) if len(offsets) else np.zeros(len(lines), bool)
    return Lines(lines.first[ours], lines.stop[ours], columns)


def _shown(source: Source, tape: Tape) -> tuple[str, ...]:
    """The table of symbols, each as it stands on a page."""
    text = symbols_of(source, tape)
    assert text is not None
    key = ("shown", tape.name, text.apart, len(text.table))
    shown: tuple[str, ...] = source.once(key, lambda: tuple(on_page(each, text.apart) for each in text.table))
    return shown


def _span(tape: Tape) -> tuple[float, float]:
    """The least and the greatest number of the columns that are drawn."""
    low, high = np.inf, -np.inf
    for start in range(0, len(tape), MOST):
        rows = slice(start, min(start + MOST, len(tape)))
        values = tape.values(rows, slice(CURVES))
        if values is not None:
            known = values[np.isfinite(values) & ~missing_in(tape, rows)[:, :CURVES]]
            low, high = min(low, float(known.min(initial=np.inf))), max(high, float(known.max(initial=-np.inf)))
    return (low, high) if low < high else (low - 0.5, low + 0.5) if low == high else (0.0, 1.0)
