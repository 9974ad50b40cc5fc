"""The cell on paper: drawn with the numbers of a unit at a timestep, or without, as a textbook has it."""

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Unpack

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from gruviz import palette
from gruviz.analysis import fed_by, parts
from gruviz.cell_drawing import TEXT, Label, drawing
from gruviz.cells import RESETS, Cell
from gruviz.equations import Step, Term, equations, gap, in_words, number, numbers
from gruviz.errors import GruvizError
from gruviz.figures._cell_shapes import INDEXED, MATH, Brush, formula_width, mathtext
from gruviz.figures._columns import Columns
from gruviz.figures._page import FAINT, FOREGROUND, LABEL, NAME, TICK, Page, shorten, style, text_width
from gruviz.figures._sheet import MARGIN, Panel, Sheet
from gruviz.figures._subject import Subject, subject
from gruviz.figures._text import visible
from gruviz.figures._wanted import Wanted
from gruviz.recording import Recording
from gruviz.view import View

_BESIDE = 150.0
"""Millimetres of width from which on equations stand beside the drawing, not below it."""
_WIDEST = 88.0
"""Millimetres of the drawing."""
_LARGEST = 10.5
"""Points of the equations at most."""
_LINE, _APART = 1.42, 0.5
"""From one line to the next, and from one equation to the next besides, in sizes of the font."""
_HEAD, _WORDS = 4.2, 3.1
_KEY = 4.1
"""Millimetres of a line of the key of symbols."""
_EXAMPLE = 0.6
"""How open all gates are where no numbers are shown."""
_NAMED = {" ": "space", "\n": "line end", "\t": "tab", "": "empty"}


def cell(
    run: Recording,
    view: View | None = None,
    *,
    at: int | None = None,
    numbers: bool | None = None,
    **wanted: Unpack[Wanted],
) -> Page:
    """Draw the cell of a layer: what a unit keeps, writes and reads, with the equations.

    With numbers, they are those of one unit at one timestep, also put into the equations, and channels are as full as
    its gates let pass. Without, it is the diagram of a textbook, with a key of the symbols.

    Args:
        run: an open recording.
        view: what is being looked at.
        at: the timestep; without it the cursor of the view, or else the first of the range.
        numbers: whether to show some; without, if a unit or a timestep is named, or one is selected in the view.
        wanted: as in `Wanted`; one of the `units`, and without, the one that was selected last in the view, or else the
            first. There are no `quantities` to choose from.

    Returns:
        A matplotlib figure, with its provenance in `.provenance`.

    Raises:
        GruvizError: the recording has no such layer, sequence, unit or timestep, or there is more than one unit.
    """
    units = wanted.get("units")
    if units is None and view is not None:
        units = view.pane.units[-1:] or None
    shown = subject(run, view, {**wanted, "units": units})
    if units is not None and len(shown.units) != 1:
        raise GruvizError(f"a cell is drawn with the numbers of 1 unit, not {len(shown.units)}: choose one")
    if numbers is None:
        numbers = units is not None or at is not None
    if at is None:
        same = view is not None and view.pane.sequence == shown.sequence.index and view.length > 0
        at = view.cursor if view and same else shown.start
    if not 0 <= at < shown.sequence.length:
        raise GruvizError(f"there is no timestep {at} in a sequence of {shown.sequence.length:,}: choose one that is")
    with style():
        return _Cell(shown, int(shown.units[0]), at, numbered=numbers).page()


@dataclass(frozen=True)
class _Lines:
    """The equations at one size of the font, in millimetres."""

    size: float
    left: float
    """Width of the column of what is computed, with the equals sign."""
    right: float
    """Of the column of what it comes to, with its own."""
    width: float

    @property
    def line(self) -> float:
        """From one line to the next."""
        return _LINE * self.size / 72 * 25.4

    def height(self, count: int, numbered: bool) -> float:
        """Of so many equations."""
        return count * ((1 + numbered) * self.line + _APART * self.size / 72 * 25.4)


class _Cell(Sheet):
    """Drawing, equations, and the key or the words for what happens."""

    name = "cell"
    title = "Cell"
    timed = False
    classed = False

    def __init__(self, shown: Subject, unit: int, at: int, *, numbered: bool) -> None:
        chosen = np.array([unit], np.intp)
        shown = replace(shown, start=at, stop=at + 1, units=chosen, order=None) if numbered else shown
        super().__init__(shown, (), Columns(shown.start, shown.stop, 1), MARGIN, MARGIN)
        layer = shown.layer
        self.unit, self.at, self.numbered = unit, at, numbered
        self.of_sequence = numbered
        self.cell, self.backward = layer.cell, layer.backward
        self.shape = drawing(layer.cell, reset=layer.reset, backward=layer.backward)
        self.equations = equations(layer.cell, reset=layer.reset, backward=layer.backward)
        self.step = _step(shown, unit, at) if numbered else None
        beside = self.width >= _BESIDE
        self.room = (self.plot - 6.0) / 2 if beside else self.plot
        self.scale = min(self.room, _WIDEST) / self.shape.width
        self.lines = _fitting(self, self.room)
        self.head = _HEAD + (_WORDS * len(in_words(self.step)) if self.step else 0.0)
        self.key = [] if numbered else _key(self)
        self.beside = beside

    @property
    def _told(self) -> float:
        """Height of the equations and the key."""
        rows = -(-len(self.key) // 2)
        return self.lines.height(len(self.equations), self.numbered) + (rows * _KEY + 2.5 if rows else 0.0)

    def options(self) -> dict[str, str]:
        """The timestep."""
        return {"at": str(self.at)} if self.numbered else {}

    def flags(self) -> list[str]:
        """That there are no numbers."""
        return [] if self.numbered else ["--no-numbers"]

    def panels(self) -> list[Panel]:
        """One that holds it all."""
        drawn = self.shape.height * self.scale
        height = max(drawn, self._told) if self.beside else drawn + 3.0 + self._told
        return [Panel(self.head + height, 0.0, self._draw)]

    def remarks(self) -> list[str]:
        """How to read the channels."""
        gated = self.cell.keep is not None
        how = "as full as a gate lets pass" + ("" if self.numbered else f", here {100 * _EXAMPLE:.0f} % as an example")
        says = [f"A channel is {how}: blue, what is kept; vermilion, what is written"] if gated else []
        placed = self.cell.name == "gru" and self.shown.layer.reset == "after"
        return says + ([RESETS["after"] + ", as in PyTorch’s nn.GRU"] if placed else [])

    def _draw(self, page: Page, axes: Axes, top: float) -> None:
        axes.set_axis_off()
        self._draw_head(page, top)
        top += self.head
        drawn = self.shape.height * self.scale
        self._draw_cell(page, top)
        left, below = (MARGIN + self.room + 6.0, top) if self.beside else (MARGIN, top + drawn + 3.0)
        below = self._draw_equations(page, left, below + (1.0 if self.beside else 0.0))
        self._draw_key(page, left, below + 2.0)

    def _draw_head(self, page: Page, top: float) -> None:
        clock = self.clock
        title = self.cell.title
        if self.cell.name == "rnn":
            title = f"plain RNN ({self.shown.layer.nonlinearity})"
        if self.step is not None:
            title = f"{self.cell.title}, unit {self.unit:,} at t = {self.at:,}" + (
                f" ({clock.say(self.at)})" if clock else ""
            )
        page.write(MARGIN, top, title, LABEL).set_fontweight("bold")
        if self.step is not None and self.at == (self.shown.sequence.length - 1 if self.backward else 0):
            begins = "begins at the initial state"
            page.write(self.width - MARGIN - text_width(begins, TICK) - 0.5, top + 0.2, begins, TICK, colour=FAINT)
        for row, words in enumerate(in_words(self.step) if self.step is not None else ()):
            words = shorten(words, TICK, self.plot)
            page.write(MARGIN, top + _HEAD + row * _WORDS - 0.4, words, TICK, colour=FAINT)

    def _draw_cell(self, page: Page, top: float) -> None:
        shape, scale = self.shape, self.scale
        wide = shape.width * scale
        axes = page.panel(MARGIN + (self.room - wide) / 2, top, wide, shape.height * scale)
        axes.set_axis_off()
        axes.set_xlim(0, shape.width)
        axes.set_ylim(shape.height, 0)
        brush = Brush(axes, scale)
        brush.still(shape)
        shares = self.step.shares if self.step is not None else _example(self.cell)
        for channel in shape.channels:
            brush.stream(channel, shares)
        brush.over(shape)
        symbol, figure = max(INDEXED, brush.points(1.15 * TEXT)), max(7.0, brush.points(1.05 * TEXT))
        amounts = self.step.amounts if self.step is not None else {}
        for label in shape.labels:
            text = _text(label, amounts)
            if text:
                box = label.box
                x = {"left": box.x, "middle": box.x + box.width / 2, "right": box.x + box.width}[label.align]
                align = {"middle": "center"}.get(label.align, label.align)
                brush.write(x, box.y + box.height / 2, text, symbol if label.symbol else figure, align)
        x, y = shape.given
        brush.write(x, y, "$x_t$", symbol, "left")
        if self.step is not None:
            x += formula_width("x_t", symbol) / scale + 5.0
            room = (shape.width - x) * scale
            axes.text(x, y, shorten(_given(self), TICK, room), size=TICK, va="center", parse_math=False)

    def _draw_equations(self, page: Page, left: float, top: float) -> float:
        lines, put_in = self.lines, numbers(self.step) if self.step is not None else {}
        base = 0.95 * lines.size / 72 * 25.4
        for equation in self.equations:
            y = top + base
            self._write_terms(page, left, y, (equation.left,))
            self._write(page, left + lines.left, y, "=", align="right")
            self._write_terms(page, left + lines.left + self._space, y, equation.symbols)
            if put_in:
                *terms, result = put_in[equation.quantity]
                y += lines.line
                self._write(page, left + lines.left, y, "=", align="right", colour=FAINT)
                self._write_terms(page, left + lines.left + self._space, y, tuple(terms))
                end = left + lines.width
                self._write(page, end - lines.right, y, "=", align="right", colour=FAINT)
                self._write_terms(page, end - lines.right + self._space, y, (result,))
            top += lines.height(1, self.numbered)
        return top

    @property
    def _space(self) -> float:
        """After an equals sign."""
        return 0.3 * self.lines.size / 72 * 25.4

    def _write_terms(self, page: Page, x: float, y: float, terms: tuple[Term, ...]) -> None:
        """A line of terms, each marked in the colour of its quantity."""
        size, before = self.lines.size, ""
        for term in terms:
            x += _gap(before, term.tex) * size / 72 * 25.4 if before else 0.0
            self._write(page, x, y, term.tex)
            wide = formula_width(term.tex, size)
            if mark := palette.LINES.get(term.quantity):
                corner = (x / page.width, 1 - (y + 0.36 * size / 72 * 25.4) / page.height)
                extent = (wide / page.width, 0.5 / page.height)
                page.add_artist(Rectangle(corner, *extent, transform=page.transFigure, color=mark, linewidth=0))
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
            size=self.lines.size,
            color=colour,
            ha=align,
            va="baseline",
            math_fontfamily=MATH,
        )

    def _draw_key(self, page: Page, left: float, top: float) -> None:
        rows = -(-len(self.key) // 2)
        for place, (tex, words) in enumerate(self.key):
            column, row = divmod(place, rows)
            x, y = left + column * self.room / 2, top + row * _KEY
            base = 1 - (y + 2.6) / page.height
            if tex in ("retained", "overwritten"):
                corner = (x / page.width, 1 - (y + 2.7) / page.height)
                name = palette.RETAINED if tex == "retained" else palette.OVERWRITTEN
                extent = (4.0 / page.width, 1.8 / page.height)
                page.add_artist(Rectangle(corner, *extent, transform=page.transFigure, color=name, linewidth=0))
            else:
                page.text(
                    x / page.width, 1 - (y + 2.6) / page.height, mathtext(tex), size=INDEXED, math_fontfamily=MATH
                )
            page.text((x + 7.6) / page.width, base, words, size=NAME)


def _step(shown: Subject, unit: int, at: int) -> Step:
    """What the unit holds there."""
    layer, index = shown.layer, shown.sequence.index
    row = shown.sequence.offset + at
    split = parts(shown.run, layer, index, at, at + 1, unit)
    both = {name: (float(given[0]), float(old[0])) for name, (given, old) in split.items()}
    return Step(
        layer.cell,
        {name: float(layer[name][row, unit]) for name in layer.cell.names},
        {name: float(layer.previous(name, index, at, at + 1)[0, unit]) for name in layer.cell.states},
        {name: pair for name, pair in both.items() if all(map(math.isfinite, pair))},
        layer.reset,
    )


def _given(sheet: _Cell) -> str:
    """What goes in."""
    shown = sheet.shown
    if below := fed_by(shown.run, shown.layer):
        return "h of " + ", ".join(each.name for each in below)
    symbols, values = shown.layer.tape.symbols(sheet.rows), shown.layer.tape.values(sheet.rows)
    if symbols is not None:
        return _NAMED.get(symbols[0]) or f"‘{visible(symbols[0])}’"
    if values is None:
        return ""
    return f"{values[0, 0]:.6g}".replace("-", "−") if values.shape[1] == 1 else f"{values.shape[1]:,} numbers"


def _example(cell: Cell) -> dict[str, float]:
    """How full channels are where there are no numbers."""
    write = 1 - _EXAMPLE if cell.write is None else _EXAMPLE
    return {
        "all": 1.0,
        "keep": _EXAMPLE,
        "write": write,
        "half keep": _EXAMPLE / 2,
        "half write": write / 2,
        "reset": _EXAMPLE,
        "output": _EXAMPLE,
    }


def _text(label: Label, amounts: dict[str, float]) -> str:
    """A symbol, a number, or one before the other, as one formula; nothing where it has neither."""
    value = number(amounts[label.amount]) if label.amount in amounts else ""
    tex = label.symbol
    if tex and value:
        tex += rf" = {value}" if label.equals else rf"\;\;{value}"
    return mathtext(tex or value) if tex or value else ""


def _fitting(sheet: _Cell, width: float) -> _Lines:
    """The equations as large as fits, with numbers as wide as those that are put in."""
    put_in = numbers(sheet.step) if sheet.step is not None else {}
    size = _LARGEST
    while True:
        unit = size / 72 * 25.4
        equals = formula_width("=", size)
        left = max(formula_width(each.left.tex, size) for each in sheet.equations) + 0.3 * unit + equals
        wide = max(_width(each.symbols, size) for each in sheet.equations)
        right = max((formula_width(each[-1].tex, size) for each in put_in.values()), default=0.0) + 0.3 * unit
        for terms in put_in.values():
            wide = max(wide, _width(terms[:-1], size) + 0.6 * unit + equals + right)
        total = left + 0.3 * unit + wide
        if total <= width or size <= INDEXED:
            return _Lines(size, left, right, min(max(total, 0.75 * width), width))
        size = max(INDEXED, size - 0.2)


def _width(terms: tuple[Term, ...], size: float) -> float:
    gaps = sum(_gap(one.tex, other.tex) for one, other in pairwise(terms))
    return sum(formula_width(term.tex, size) for term in terms) + gaps * size / 72 * 25.4


def _gap(before: str, after: str) -> float:
    """Between two terms: where mathtext has put a space behind a sign, no more."""
    return 0.0 if len(before) > 1 and before.endswith(("+", "-")) else gap(before, after)


def _key(sheet: _Cell) -> list[tuple[str, str]]:
    """What the symbols stand for."""
    cell, before = sheet.cell, "t+1" if sheet.backward else "t-1"
    key = [("x_t", "input"), (f"h_{{{before}}}", "old hidden state")]
    if cell.name == "lstm":
        key.append((f"c_{{{before}}}", "old cell state"))
    for equation in sheet.equations:
        quantity = cell[equation.quantity]
        words = {
            "keep": f"{quantity.name} gate (keep)",
            "gate": f"{quantity.name} gate",
            "state": f"new {quantity.title}",
        }.get(quantity.kind, quantity.title)
        key.append((equation.left.tex, words))
    used = " ".join(term.tex for equation in sheet.equations for term in equation.symbols)
    for tex, words in ((r"\sigma", "logistic, 0 to 1"), (r"\tanh", "−1 to 1"), (r"\odot", "elementwise product")):
        key += [(tex, words)] * (tex in used)
    key += [(r"\mathrm{relu}", "negative to 0")] * ("relu" in used)
    key.append(("W,\\,b", "weights, biases"))
    if cell.keep is not None:
        key += [("retained", "kept of the old"), ("overwritten", "written anew")]
    return key
