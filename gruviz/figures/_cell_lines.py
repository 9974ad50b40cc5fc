"""The equations of a cell in lines on paper, with numbers put in or without, and the key of their symbols."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from matplotlib.patches import Rectangle

from gruviz import palette
from gruviz.cells import Cell
from gruviz.equations import Equation, Term, gap
from gruviz.figures._cell_shapes import INDEXED, MATH, formula_width, mathtext
from gruviz.figures._page import FAINT, FOREGROUND, NAME, Page

_LARGEST = 10.5
"""Points of the equations at most."""
_LINE, _APART, _SPACE = 1.42, 0.5, 0.3
"""From one line to the next, from one equation to the next besides, and behind an equals sign: in sizes of the font."""
_KEY, _SYMBOL = 4.1, 7.6
"""Millimetres of a line of the key, and of the symbol in it."""
Numbers = Mapping[str, tuple[Term, ...]]
"""By quantity, its equation with the numbers put in; the last term is what it comes to."""


@dataclass(frozen=True)
class Lines:
    """Equations at one size of the font; lengths in millimetres."""

    equations: tuple[Equation, ...]
    numbers: Numbers
    """Empty where there are none."""
    size: float
    """Of the font, in points."""
    left: float
    """Width of the column of what is computed, with the equals sign."""
    right: float
    """Of the column of what it comes to, without one."""
    width: float
    broken: frozenset[str] = frozenset()
    """The quantities whose result stands on a line of its own, as there is no room for it."""

    @property
    def height(self) -> float:
        """Of all of them."""
        return sum(self._step(each) for each in self.equations)

    def _step(self, equation: Equation) -> float:
        lines = 1 + bool(self.numbers) + (equation.quantity in self.broken)
        return self._points(lines * _LINE + _APART)

    def _points(self, sizes: float) -> float:
        return sizes * self.size / 72 * 25.4

    def draw(self, page: Page, left: float, top: float) -> None:
        """Set them."""
        after = left + self.left + self._points(_SPACE)
        for equation in self.equations:
            y = top + self._points(0.95)
            top += self._step(equation)
            self._terms(page, left, y, (equation.left,))
            self._write(page, left + self.left, y, "=", align="right")
            self._terms(page, after, y, equation.symbols)
            if self.numbers:
                *terms, result = self.numbers[equation.quantity]
                y += self._points(_LINE)
                end = left + self.width - self.right
                self._write(page, left + self.left, y, "=", align="right", colour=FAINT)
                self._terms(page, after, y, tuple(terms))
                y += self._points(_LINE) * (equation.quantity in self.broken)
                self._write(page, end, y, "=", align="right", colour=FAINT)
                self._terms(page, end + self._points(_SPACE), y, (result,))

    def _terms(self, page: Page, x: float, y: float, terms: tuple[Term, ...]) -> None:
        """A line of terms, each marked in the colour of its quantity."""
        before = ""
        for term in terms:
            x += self._points(_gap(before, term.tex)) if before else 0.0
            self._write(page, x, y, term.tex)
            wide = formula_width(term.tex, self.size)
            if mark := palette.LINES.get(term.quantity):
                _fill(page, x, y + self._points(0.36) - 0.5, wide, 0.5, mark)
            x += wide
            before = term.tex

    def _write(
        self, page: Page, x: float, y: float, tex: str, *, align: str = "left", colour: str = FOREGROUND
    ) -> None:
        """A formula whose baseline is at `y`."""
        page.text(
            x / page.width,
            1 - y / page.height,
            mathtext(tex),
            size=self.size,
            color=colour,
            ha=align,
            va="baseline",
            math_fontfamily=MATH,
        )


def lines_for(equations: tuple[Equation, ...], numbers: Numbers, width: float) -> Lines:
    """The equations as large as fits a width in millimetres, but never so small that an index cannot be read."""
    size = _LARGEST
    while True:
        unit = size / 72 * 25.4
        equals = formula_width("=", size)
        left = max(formula_width(each.left.tex, size) for each in equations) + _SPACE * unit + equals
        wide = max(_width(each.symbols, size) for each in equations)
        right = max((formula_width(each[-1].tex, size) for each in numbers.values()), default=0.0) + _SPACE * unit
        after = left + _SPACE * unit
        ends = {
            name: after + _width(terms[:-1], size) + 2 * _SPACE * unit + equals + right
            for name, terms in numbers.items()
        }
        total = max([after + wide, *ends.values()])
        if total <= width or size <= INDEXED:
            broken = frozenset(name for name, end in ends.items() if end > width)
            return Lines(equations, numbers, size, left, right, min(max(total, 0.75 * width), width), broken)
        size = max(INDEXED, size - 0.2)


def _width(terms: tuple[Term, ...], size: float) -> float:
    gaps = sum(_gap(one.tex, other.tex) for one, other in pairwise(terms))
    return sum(formula_width(term.tex, size) for term in terms) + gaps * size / 72 * 25.4


def _gap(before: str, after: str) -> float:
    """Between two terms: where mathtext has put a space behind a sign, no more."""
    return 0.0 if len(before) > 1 and before.endswith(("+", "-")) else gap(before, after)


@dataclass(frozen=True)
class Key:
    """What the symbols stand for, in two columns."""

    entries: tuple[tuple[str, str], ...]
    """A formula, or `retained` or `overwritten` for its colour; and the words for it."""

    @property
    def _rows(self) -> int:
        return -(-len(self.entries) // 2)

    @property
    def height(self) -> float:
        """In millimetres."""
        return self._rows * _KEY

    def draw(self, page: Page, left: float, top: float, width: float) -> None:
        """Set it."""
        colours = {"retained": palette.RETAINED, "overwritten": palette.OVERWRITTEN}
        for place, (tex, words) in enumerate(self.entries):
            column, row = divmod(place, self._rows)
            x, y = left + column * width / 2, top + row * _KEY
            base = 1 - (y + 2.6) / page.height
            if colour := colours.get(tex):
                _fill(page, x, y + 0.9, 4.0, 1.8, colour)
            else:
                page.text(x / page.width, base, mathtext(tex), size=INDEXED, math_fontfamily=MATH)
            page.text((x + _SYMBOL) / page.width, base, words, size=NAME)


def key_for(cell: Cell, equations: tuple[Equation, ...], *, backward: bool) -> Key:
    """The key of a cell's equations."""
    before = "t+1" if backward else "t-1"
    key = [("x_t", "input"), (f"h_{{{before}}}", "old hidden state")]
    if cell.name == "lstm":
        key.append((f"c_{{{before}}}", "old cell state"))
    for equation in equations:
        quantity = cell[equation.quantity]
        words = {
            "keep": f"{quantity.name} gate (keep)",
            "gate": f"{quantity.name} gate",
            "state": f"new {quantity.title}",
        }.get(quantity.kind, quantity.title)
        key.append((equation.left.tex, words))
    used = " ".join(term.tex for equation in equations for term in equation.symbols)
    for tex, words in (
        (r"\sigma", "logistic, 0 to 1"),
        (r"\tanh", "−1 to 1"),
        (r"\odot", "elementwise product"),
        (r"\mathrm{relu}", "negative to 0"),
    ):
        key += [(tex, words)] * (tex in used)
    key.append((r"W,\,b", "weights, biases"))
    if cell.keep is not None:
        key += [("retained", "kept of the old"), ("overwritten", "written anew")]
    return Key(tuple(key))


def _fill(page: Page, x: float, y: float, width: float, height: float, colour: str) -> None:
    """A rectangle by its upper left corner, in millimetres."""
    corner, size = (x / page.width, 1 - (y + height) / page.height), (width / page.width, height / page.height)
    page.add_artist(Rectangle(corner, *size, transform=page.transFigure, color=colour, linewidth=0))
