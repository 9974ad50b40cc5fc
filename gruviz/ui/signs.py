"""Symbols as they can be seen."""

import unicodedata

SIGNS = {" ": "·", "\n": "↵", "\t": "→", "\r": "␍", "": "∅"}
"""What is there and cannot be seen."""
_WORDS = {" ": "space", "\n": "line end", "\t": "tab", "": "empty"}


def sign(symbol: str) -> str:
    """A symbol as it can be seen."""
    return SIGNS.get(symbol, symbol if symbol.isprintable() else "�")


def named(symbol: str) -> str:
    """A symbol in quotes, or in words where it cannot be seen."""
    return _WORDS.get(symbol) or (f"‘{symbol}’" if symbol.isprintable() else repr(symbol))


def on_page(symbol: str, apart: bool) -> str:
    """A symbol as it stands on a page: a space is left empty; one follows where symbols stand `apart`."""
    shown = "".join(" " if letter == " " else sign(letter) for letter in symbol) or sign(symbol)
    return f"{shown} " if apart else shown


def columns_of(shown: str) -> int:
    """Columns of a page that a symbol takes, as it stands there: letters of East Asian scripts are two wide."""
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in shown)
