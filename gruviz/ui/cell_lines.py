"""The equations of a cell, set in lines: symbols, and below them the numbers put in and what they come to."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter

from gruviz import palette
from gruviz.arithmetic import number
from gruviz.cells import Cell
from gruviz.equations import Equation, Step, Term, equations, gap, numbers
from gruviz.ui.theme import Theme
from gruviz.ui.typeset import typeset

_LARGEST, _SMALLEST, _LEAST = 15, 11, 8
"""Sizes of the font; the last for a line of numbers that are wider than usual."""
_ROUGH = -0.888
_RESULTS = (-0.888, -0.00888)
"""Numbers as wide as they come."""
_EQUALS = 0.3
"""Between an equals sign and what follows it, in sizes of the font."""
_UNDER = 2.0
"""Height of the coloured line under a symbol or a number."""


@dataclass(frozen=True)
class Lines:
    """The equations at one size of the font."""

    size: int
    line: float
    """From one line to the next."""
    gap: float
    """From one equation to the next, besides."""
    width: float
    left: float
    """Width of the column of what is computed, with the equals sign."""
    right: float
    """Width of the column of what it comes to, without one."""

    def height(self, count: int, numbered: bool = True) -> float:
        """Of so many equations, with a line of numbers each or without."""
        return count * ((1 + numbered) * self.line + self.gap)


@lru_cache(64)
def lines_for(cell: Cell, reset: str, width: float) -> Lines:
    """The equations of a cell as large as fits this width, with numbers as wide as they come."""
    rough = {quantity.name: _ROUGH for quantity in cell.quantities}
    gates = {quantity.name: -_ROUGH for quantity in cell.quantities if quantity.fraction}
    parts = dict.fromkeys(rough, (_ROUGH, _ROUGH))
    put_in = numbers(Step(cell, rough | gates, dict.fromkeys(cell.states, _ROUGH), parts, reset))
    symbols = equations(cell, reset=reset)
    for size in range(_LARGEST, _SMALLEST - 1, -1):
        left = max(terms_width((each.left,), size) for each in symbols) + typeset("=", size).width + 0.6 * size
        needed = max(terms_width(each.symbols, size) for each in symbols)
        right = max(typeset(number(result), size).width for result in _RESULTS)
        for terms in put_in.values():
            needed = max(needed, terms_width(terms[:-1], size) + right + 1.6 * size)
        line = round(1.37 * size)
        if left + needed <= width:
            break
    return Lines(size, line, round(0.4 * size), left + needed, left, right)


def paint_symbols(
    painter: QPainter,
    wanted: tuple[Equation, ...],
    lines: Lines,
    at: QPointF,
    width: float,
    theme: Theme,
    *,
    numbered: bool,
) -> None:
    """What never changes: the equations in symbols, and the signs around the numbers where there are to be some."""
    size, equals = lines.size, typeset("=", lines.size)
    before = equals.width + _EQUALS * size
    for place, equation in enumerate(wanted):
        x, top = at.x(), at.y() + lines.height(place, numbered)
        _paint_terms(painter, x, top, (equation.left,), size, theme)
        x += lines.left
        equals.draw(painter, x - before, top, theme.foreground)
        if numbered:
            equals.draw(painter, x - before, top + lines.line, theme.muted)
            equals.draw(painter, at.x() + width - lines.right - before, top + lines.line, theme.muted)
        _paint_terms(painter, x, top, equation.symbols, size, theme)


def paint_numbers(
    painter: QPainter, wanted: tuple[Equation, ...], step: Step, lines: Lines, at: QPointF, width: float, theme: Theme
) -> None:
    """The numbers put in, and at the right what they come to."""
    put_in = numbers(step)
    for place, equation in enumerate(wanted):
        *terms, result = put_in[equation.quantity]
        top = at.y() + lines.height(place) + lines.line
        size = fitting(tuple(terms), lines.size, width - lines.left - lines.right - 1.6 * lines.size)
        _paint_terms(painter, at.x() + lines.left, top + (lines.size - size), tuple(terms), size, theme)
        size = fitting((result,), lines.size, lines.right)
        _paint_terms(painter, at.x() + width - lines.right, top + (lines.size - size), (result,), size, theme)


def fitting(terms: tuple[Term, ...], size: int, room: float) -> int:
    """The size at which a line of numbers fits: a little smaller where many digits are needed."""
    return next((each for each in range(size, _LEAST, -1) if terms_width(terms, each) <= room), _LEAST)


def terms_width(terms: tuple[Term, ...], size: int) -> float:
    """Of a line of them, in pixels."""
    gaps = sum(gap(one.tex, other.tex) for one, other in pairwise(terms))
    return sum(typeset(term.tex, size).width for term in terms) + gaps * size


def _paint_terms(painter: QPainter, x: float, top: float, terms: tuple[Term, ...], size: int, theme: Theme) -> None:
    """A line of terms, each marked in the colour of its quantity."""
    before = ""
    for term in terms:
        x += gap(before, term.tex) * size if before else 0.0
        formula = typeset(term.tex, size)
        formula.draw(painter, x, top, theme.foreground)
        if colour := palette.LINES.get(term.quantity):
            under = QRectF(x, round(top + formula.ascent + 0.26 * size), formula.width, _UNDER)
            painter.fillRect(under, QColor(colour))
        x += formula.width
        before = term.tex
