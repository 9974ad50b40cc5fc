"""Labels of a sequence that units may follow: classes of symbols, places in a text, thresholds on numbers."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gruviz.analysis._arrays import array

Bools = NDArray[np.bool_]
Numbers = NDArray[np.float32]

_CLASSES: Mapping[str, Callable[[str], bool]] = {
    "space": lambda symbol: symbol in (" ", "\t", "\u00a0"),
    "line end": lambda symbol: symbol in ("\n", "\r"),
    "letter": lambda symbol: symbol[:1].isalpha(),
    "capital": lambda symbol: symbol[:1].isupper(),
    "digit": lambda symbol: symbol[:1].isdigit(),
    "punctuation": lambda symbol: unicodedata.category(symbol[0]).startswith("P") if symbol else False,
}
"""By what a symbol is; of a word, by its first letter."""
_STRAIGHT, _OPENING, _CLOSING = '"', "“„«", "”»"
_ABOVE = " > "


@dataclass(frozen=True, eq=False)
class Symbols:
    """A text as numbers: sequences of symbols that lie end to end."""

    ids: NDArray[np.integer]
    """(N,), each an index into the table."""
    table: tuple[str, ...]
    starts: NDArray[np.int64]
    """Rows at which sequences begin, ascending."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that can tell timesteps of this text apart, by the symbols that occur in it."""
        if len(self.ids) < 2:
            return ()
        used = self._used
        found = [name for name, holds in _CLASSES.items() if 0 < sum(map(holds, used)) < len(used)]
        needs = {"inside quotes": _STRAIGHT + _OPENING, "inside parentheses": "("}
        found += [name for name, marks in needs.items() if any(each and each in marks for each in used)]
        if not self.words and any(map(_in_word, used)):
            found += ["word start", "place in the word"]
        found.append("place in the line")
        single = [_quoted(symbol) for symbol in sorted(used) if symbol.strip()] if len(used) > 1 else []
        return tuple(dict.fromkeys([*found, *single]))

    def label(self, name: str) -> Numbers:
        """A label by its name, (N,): 1 where it holds and 0 where it does not, or numbers; NaN where it says nothing.

        Raises:
            KeyError: there is no such label.
        """
        if name in _CLASSES:
            return self._where(_CLASSES[name]).astype(np.float32)
        if name in self._places:
            return np.asarray(self._places[name](), np.float32)
        if name.startswith("‘") and name.endswith("’"):
            return self._where(lambda symbol: _quoted(symbol) == name).astype(np.float32)
        raise KeyError(name)

    @property
    def _places(self) -> Mapping[str, Callable[[], NDArray[np.generic]]]:
        """By where a symbol stands."""
        return {
            "inside quotes": self._in_quotes,
            "inside parentheses": self._in_parentheses,
            "word start": self._word_starts,
            "place in the word": self._place_in_word,
            "place in the line": self._place_in_line,
        }

    @property
    def words(self) -> bool:
        """Whether symbols are words, or parts of words."""
        return any(len(symbol) > 1 for symbol in self._used)

    @property
    def apart(self) -> bool:
        """Whether they are words that bring no spaces of their own."""
        return self.words and not any(" " in symbol for symbol in self._used)

    @cached_property
    def _used(self) -> tuple[str, ...]:
        return tuple(self.table[each] for each in np.flatnonzero(np.bincount(self.ids, minlength=len(self.table))))

    def _where(self, holds: Callable[[str], bool]) -> Bools:
        chosen: Bools = np.fromiter(map(holds, self.table), bool, len(self.table))[self.ids]
        return chosen

    @property
    def _begins(self) -> Bools:
        """Where sequences begin."""
        begins = np.zeros(len(self.ids), bool)
        begins[self.starts[self.starts < len(begins)]] = True
        return begins

    @property
    def _paragraphs(self) -> Bools:
        """Where paragraphs begin: after an empty line, and with each sequence."""
        begins, ends = self._begins, self._where(lambda symbol: symbol == "\n")
        begins[2:] |= ends[1:-1] & ends[:-2]
        return begins

    def _in_quotes(self) -> Bools:
        """From an opening mark up to the closing one. One that is never closed ends with its paragraph."""
        begins = self._paragraphs
        straight = _since(self._where(lambda symbol: symbol == _STRAIGHT).astype(np.int64), begins)
        inside: Bools = (straight % 2 == 1) | self._between(_OPENING, _CLOSING, begins)
        return inside

    def _in_parentheses(self) -> Bools:
        """From ( up to its ). One that is never closed ends with its paragraph."""
        return self._between("(", ")", self._paragraphs)

    def _between(self, opening: str, closing: str, begins: Bools) -> Bools:
        opens = self._where(lambda symbol: len(symbol) == 1 and symbol in opening).astype(np.int64)
        opens -= self._where(lambda symbol: len(symbol) == 1 and symbol in closing)
        depth = _since(opens, begins)
        # A closing mark without an opening one counts for nothing: depth is taken from the lowest point before it. Each
        # paragraph lies below all before it, so that one running minimum serves for all.
        below = begins.cumsum() * (2 * len(begins) + 1)
        lowest = np.minimum.accumulate(np.minimum(depth, 0) - below) + below
        inside: Bools = depth > lowest
        return inside

    @property
    def _in_words(self) -> Bools:
        return self._where(_in_word)

    def _word_starts(self) -> Bools:
        inside = self._in_words
        starts = inside & self._begins
        starts[1:] |= inside[1:] & ~inside[:-1]
        return starts

    def _place_in_word(self) -> NDArray[np.floating]:
        """From 0 on; missing between words."""
        return np.where(self._in_words, _place(self._word_starts()), np.nan)

    def _place_in_line(self) -> NDArray[np.integer]:
        """From 0 on."""
        begins = self._begins
        begins[1:] |= self._where(lambda symbol: symbol == "\n")[:-1]
        return _place(begins)


def marked(length: int, ranges: tuple[tuple[int, int], ...]) -> Numbers:
    """The label of some half-open ranges of timesteps, (length,): 1 within them and 0 elsewhere."""
    label = np.zeros(length, np.float32)
    for start, stop in ranges:
        label[start:stop] = 1
    return label


def thresholds(name: str, values: ArrayLike) -> tuple[str, ...]:
    """Labels that hold where a column is above the quarter, the middle and the three quarters of its values (n,).

    `above` takes them apart again. None for a column that is the same throughout.
    """
    column = array("values", values, "n")
    finite = column[np.isfinite(column)]
    if not finite.size or finite.min() == finite.max():
        return ()
    quartiles = (float(np.quantile(finite, part)) for part in (0.25, 0.5, 0.75))
    return tuple(dict.fromkeys(f"{name}{_ABOVE}{edge:.4g}" for edge in quartiles))


def above(label: str) -> tuple[str, float] | None:
    """The column and the number that a label of a threshold compares: `x > 0.5`; None for another label."""
    name, sign, number = label.rpartition(_ABOVE)
    try:
        return (name, float(number)) if sign else None
    except ValueError:
        return None


def is_binary(label: ArrayLike) -> bool:
    """Whether a label (n,) says yes or no: nothing but 0 and 1, where it says anything."""
    label = array("label", label, "n")
    finite = label[np.isfinite(label)]
    return bool(((finite == 0) | (finite == 1)).all())


def _in_word(symbol: str) -> bool:
    return symbol[:1].isalnum() or symbol in ("'", "’")


def _since(changes: NDArray[np.int64], begins: Bools) -> NDArray[np.int64]:
    """The sum of changes since the last beginning, that one included."""
    total = changes.cumsum()
    before: NDArray[np.int64] = total - changes
    return total - before[_last(begins)]


def _place(begins: Bools) -> NDArray[np.int64]:
    """How far each row is from the last beginning."""
    return np.arange(len(begins)) - _last(begins)


def _last(begins: Bools) -> NDArray[np.int64]:
    """For each row the row of the last beginning; the first row, before any."""
    where: NDArray[np.int64] = np.maximum.accumulate(np.where(begins, np.arange(len(begins)), 0))
    return where


def _quoted(symbol: str) -> str:
    return f"‘{symbol}’" if symbol.isprintable() else f"‘{symbol.encode('unicode_escape').decode('ascii')}’"
