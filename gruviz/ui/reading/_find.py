"""Where a text occurs in a sequence."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from gruviz.ui.reading._request import Request, Source


@dataclass(frozen=True)
class Hits:
    """All places."""

    text: str
    starts: NDArray[np.intp]
    """The timesteps at which it begins, ascending."""
    stops: NDArray[np.intp]
    """One past the timesteps at which it ends."""


@dataclass(frozen=True)
class FindRequest(Request):
    """All places of `text`, in capital letters or small ones; ↵ stands for the end of a line."""

    text: str

    def read(self, source: Source) -> Hits:
        """Look for it."""
        info = self._sequence(source)
        tape = self._tape(source)
        key = ("text", tape.name, self.sequence)
        whole, edges = source.once(key, lambda: _joined(tape.symbols(info.rows) or ()))
        sought = self.text.replace("↵", "\n").lower()
        first, last = [], []
        at = whole.find(sought) if sought else -1
        while at >= 0:
            first.append(at)
            last.append(at + len(sought) - 1)
            at = whole.find(sought, at + 1)
        # The symbol that a letter belongs to is the last one that begins at or before it.
        starts, stops = (np.searchsorted(edges, places, side="right") - 1 for places in (first, last))
        starts, kept = np.unique(starts, return_index=True)
        return Hits(self.text, starts, stops[kept] + 1)


def _joined(symbols: Sequence[str]) -> tuple[str, NDArray[np.intp]]:
    """All symbols as one text in small letters, and where each begins. Words stand apart, if they bring no spaces."""
    small = [symbol.lower() for symbol in symbols]
    words = any(len(symbol) > 1 for symbol in symbols) and not any(" " in symbol for symbol in symbols)
    gap = " " if words else ""
    begins = accumulate((len(symbol) + len(gap) for symbol in small), initial=0)
    return gap.join(small), np.fromiter(begins, np.intp, len(small) + 1)[:-1]
