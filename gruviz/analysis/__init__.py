"""The answers, as pure functions on arrays. Numpy alone, until a function that needs scipy is called."""

from gruviz.analysis._following import Following, correlation, roc_area
from gruviz.analysis._labels import Symbols, above, is_binary, marked, thresholds
from gruviz.analysis._levels import levels
from gruviz.analysis._lines import Lines, broken, filled
from gruviz.analysis._order import order
from gruviz.recording import classify, count

__all__ = [
    "Following",
    "Lines",
    "Symbols",
    "above",
    "broken",
    "classify",
    "correlation",
    "count",
    "filled",
    "is_binary",
    "levels",
    "marked",
    "order",
    "roc_area",
    "thresholds",
]
