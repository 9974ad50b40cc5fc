"""The answers, as pure functions on arrays. Numpy alone, until a function that needs scipy is called."""

from gruviz.analysis._levels import levels
from gruviz.analysis._order import order
from gruviz.analysis._parts import fed_by, parts
from gruviz.recording import classify, count

__all__ = ["classify", "count", "fed_by", "levels", "order", "parts"]
