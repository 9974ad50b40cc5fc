"""The cell on paper: drawn with the numbers of a unit at a timestep, or without, as a textbook has it."""

import math
from dataclasses import replace
from typing import Any, Unpack

import numpy as np
from matplotlib.axes import Axes

from gruviz.analysis import fed_by, parts
from gruviz.arithmetic import number
from gruviz.cell_drawing import TEXT, Label, drawing
from gruviz.cells import RESETS, Cell
from gruviz.equations import Step, equations, in_words, numbers
from gruviz.errors import GruvizError
from gruviz.figures._cell_lines import key_for, lines_for
from gruviz.figures._cell_shapes import INDEXED, Brush, formula_width, mathtext
from gruviz.figures._columns import Columns
from gruviz.figures._page import FAINT, LABEL, SMALL, TICK, Page, shorten, style, text_width
from gruviz.figures._sheet import MARGIN, Panel, Sheet
from gruviz.figures._style import word_for
from gruviz.figures._subject import Subject, subject, whole, without_choice
from gruviz.figures._text import visible
from gruviz.figures._wanted import Wanted
from gruviz.recording import Recording
from gruviz.view import View

_BESIDE = 150.0
"""Millimetres of width from which on equations stand beside the drawing, not below it."""
_WIDEST = 88.0
"""Millimetres of the drawing."""
_HEAD, _WORDS = 4.2, 3.1
"""Of the line that says what it is, and of each that says what the gates let pass."""
_BETWEEN, _BELOW, _ABOVE_KEY = 6.0, 3.0, 2.0
_AIR = 2.0
"""Between a number and what stands beside it, in units of the drawing."""
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
    without_choice(wanted, "cell")
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
    with style(shown.style):
        return _Cell(shown, int(shown.units[0]), at, numbered=numbers).page()


class _Cell(Sheet):
    """Drawing, equations, and the key or the words for what happens."""

    name = "cell"
    title = "Cell"
    timed = False
    classed = False

    def __init__(self, shown: Subject, unit: int, at: int, *, numbered: bool) -> None:
        shown = replace(shown.only([unit]), start=at, stop=at + 1) if numbered else whole(shown)
        super().__init__(shown, (), Columns(shown.start, shown.stop, 1), MARGIN, MARGIN)
        layer = shown.layer
        self.unit, self.at, self.numbered = unit, at, numbered
        self.of_sequence = numbered
        self.cell, self.backward = layer.cell, layer.backward
        self.shape = drawing(layer.cell, reset=layer.reset, backward=layer.backward)
        self.step = _step(shown, unit, at) if numbered else None
        self.beside = self.width >= _BESIDE
        self.room = (self.plot - _BETWEEN) / 2 if self.beside else self.plot
        self.scale = min(self.room, _WIDEST) / self.shape.width
        told = equations(layer.cell, reset=layer.reset, backward=layer.backward)
        self.lines = lines_for(told, numbers(self.step) if self.step else {}, self.room)
        self.key = None if numbered else key_for(layer.cell, told, backward=layer.backward)
        self.head = _HEAD + (_WORDS * len(in_words(self.step)) if self.step else 0.0)

    def options(self) -> dict[str, Any]:
        """The timestep, or that there are no numbers."""
        return {"at": self.at} if self.numbered else {"numbers": False}

    def panels(self) -> list[Panel]:
        """One that holds it all."""
        drawn = self.shape.height * self.scale
        told = self.lines.height + (self.key.height + _ABOVE_KEY if self.key else 0.0)
        height = max(drawn, told) if self.beside else drawn + _BELOW + told
        return [Panel(self.head + height, 0.0, self._draw)]

    def remarks(self) -> list[str]:
        """How to read the channels."""
        gated = self.cell.keep is not None
        how = "as full as a gate lets pass" + ("" if self.numbered else f", here {100 * _EXAMPLE:.0f} % as an example")
        kept, written = word_for("retained"), word_for("overwritten")
        says = [f"A channel is {how}: {kept}, what is kept; {written}, what is written"] if gated else []
        placed = self.cell.name == "gru" and self.shown.layer.reset == "after"
        return says + ([RESETS["after"] + ", as in PyTorch’s nn.GRU"] if placed else [])

    def _draw(self, page: Page, axes: Axes, top: float) -> None:
        axes.set_axis_off()
        self._draw_head(page, top)
        top += self.head
        drawn = self.shape.height * self.scale
        self._draw_cell(page, top)
        left, below = (MARGIN + self.room + _BETWEEN, top) if self.beside else (MARGIN, top + drawn + _BELOW)
        self.lines.draw(page, left, below)
        if self.key:
            self.key.draw(page, left, below + self.lines.height + _ABOVE_KEY, self.room)

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
            text, size = _fitting(label, amounts, symbol if label.symbol else figure, scale)
            if text:
                box = label.box
                x = {"left": box.x, "middle": box.x + box.width / 2, "right": box.x + box.width}[label.align]
                align = {"middle": "center"}.get(label.align, label.align)
                brush.write(x, box.y + box.height / 2, mathtext(text), size, align)
        x, y = shape.given
        brush.write(x, y, "$x_t$", symbol, "left")
        if self.step is not None:
            about = f"numbers of unit {self.unit} at timestep {self.at}"
            page.hold("numbers", np.array(list(amounts.values())), about, symbol=np.array(list(amounts)))
            x += formula_width("x_t", symbol) / scale + 5.0
            room = (shape.width - x) * scale
            axes.text(x, y, shorten(_given(self), TICK, room), size=TICK, va="center", parse_math=False)


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


def _fitting(label: Label, amounts: dict[str, float], size: float, scale: float) -> tuple[str, float]:
    """What is written there, as one formula, and in how many points; in its room, as precise as that is.

    A number that is too long is set smaller, as far as its signs can be read, and then loses digits.
    """
    if label.amount not in amounts:
        return label.symbol, size
    value = amounts[label.amount]
    for digits in (3, 2, 1):
        tex = number(value, significant=digits)
        if label.symbol:
            tex = label.symbol + (rf" = {tex}" if label.equals else rf"\;\;{tex}")
        least = INDEXED if label.symbol or "^" in tex else SMALL
        for points in np.linspace(max(size, least), max(0.8 * size, least), 4):
            if formula_width(tex, float(points)) <= (label.box.width - _AIR) * scale:
                return tex, float(points)
    return tex, least
