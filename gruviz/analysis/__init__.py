"""The answers, as pure functions on arrays. Numpy alone, until a function that needs scipy is called."""

from gruviz.analysis._expression import Expression
from gruviz.analysis._levels import levels
from gruviz.analysis._numbers import (
    NUMBERS,
    Gathering,
    finish,
    gather_autocorrelation_time,
    gather_histogram,
    gather_keep,
    numbers,
    numbers_of,
    together,
)
from gruviz.analysis._order import by_number, order
from gruviz.analysis._saturation import Histogram, Saturation, saturation
from gruviz.analysis._timescales import Keeps, Timescales, autocorrelation, autocorrelation_time, timescales
from gruviz.recording import classify, count

__all__ = [
    "NUMBERS",
    "Expression",
    "Gathering",
    "Histogram",
    "Keeps",
    "Saturation",
    "Timescales",
    "autocorrelation",
    "autocorrelation_time",
    "by_number",
    "classify",
    "count",
    "finish",
    "gather_autocorrelation_time",
    "gather_histogram",
    "gather_keep",
    "levels",
    "numbers",
    "numbers_of",
    "order",
    "saturation",
    "timescales",
    "together",
]
