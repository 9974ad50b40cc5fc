"""A text as on a page, each symbol coloured by what a unit does there: the view of Karpathy et al. 2015."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Unpack

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from gruviz import palette
from gruviz.analysis import Lines, broken, levels
from gruviz.cells import Quantity
from gruviz.errors import GruvizError
from gruviz.figures._columns import Columns, extremes
from gruviz.figures._heatmap import paint
from gruviz.figures._page import FAINT, LABEL, MONO, SMALL, SYMBOL, Page, style, text_width
from gruviz.figures._sheet import MARGIN, Panel, Sheet, number
from gruviz.figures._subject import Subject, chosen, subject
from gruviz.figures._text import visible
from gruviz.figures._wanted import Wanted
from gruviz.recording import Recording
from gruviz.view import View

MOST_UNITS = 4
_TALLEST = 240.0
"""Millimetres that a page of a report has for a figure, about."""
_LETTER = 6.5
"""Points."""
# Millimetres.
_GUTTER, _HEAD, _APART = 9.0, 6.0, 3.0
_LINE, _SHADE = 3.3, 2.9
"""From one line to the next, and how much of that is coloured."""
_BAR, _BAR_HEIGHT = 18.0, 2.2
_SUBROWS = 8
"""Rows of the picture in a line, of which the last is left white."""
_DARK, _LIGHT = "#1A1A1A", "#FFFFFF"


def pages(run: Recording, view: View | None = None, **wanted: Unpack[Wanted]) -> Page:
    """Draw a text in lines, each symbol on the colour of one quantity of a unit at that timestep.

    What is not wanted the view decides; without a view it is the whole first sequence in the first layer.

    Args:
        run: an open recording.
        view: what is being looked at.
        wanted: as in `Wanted`, of a sequence of symbols: at most 4 `units`, each of which has the text for itself, and
            without, the one that was selected last in the view, or else the first; one of the `quantities`, and
            without, the one that colours the pages in the view, or else the cell's state. A `reduction` is of no use
            where each symbol has a place of its own.

    Returns:
        A matplotlib figure, with its provenance in `.provenance`.

    Raises:
        GruvizError: the recording has no such layer, sequence, range, unit or quantity, it is not of symbols, or there
            is more of it than a page holds.
    """
    units, quantities = wanted.get("units"), wanted.get("quantities")
    if units is None and view is not None:
        units = view.pane.units[-1:] or None
    shown = subject(run, view, {**wanted, "units": units})
    if units is None:
        shown = replace(shown, units=shown.units[:1], order=None)
    if len(shown.units) > MOST_UNITS:
        raise GruvizError(f"pages have room for {MOST_UNITS} units, not {len(shown.units)}: choose fewer")
    cell = shown.layer.cell
    if quantities is None:
        quantities = [view.shade if view and view.shade in cell.names else cell.state]
    if len(quantities) != 1:
        raise GruvizError(f"pages are coloured by one quantity, not by {len(quantities)}: choose one")
    with style():
        return _Pages(shown, chosen(shown.layer, quantities)).page()


class _Pages(Sheet):
    """The text once for each unit, one below the other."""

    name = "pages"
    title = "Pages"
    timed = False

    def __init__(self, shown: Subject, quantities: tuple[Quantity, ...]) -> None:
        super().__init__(shown, quantities, Columns(shown.start, shown.stop, 1), MARGIN, _GUTTER)
        symbols = shown.layer.tape.symbols(slice(self.rows.start, min(self.rows.stop, self.rows.start + 2**16)))
        if symbols is None:
            raise GruvizError("pages are of text, and this sequence is numbers: draw gates or timeline of it")
        words = any(len(symbol) > 1 for symbol in symbols) and not any(" " in symbol for symbol in symbols)
        self.symbols = [(visible(symbol) or "∅") + " " * words for symbol in symbols]
        self.letter = text_width("m" * 50, _LETTER, MONO) / 50
        self.widths = np.array([len(symbol) for symbol in self.symbols])
        self.lines = self._broken(symbols, words)
        self.block = _HEAD + len(self.lines) * _LINE
        most = int((_TALLEST / len(shown.units) - _APART - _HEAD) / _LINE)
        if len(self.lines) > most or len(symbols) < shown.stop - shown.start:
            raise GruvizError(
                f"this text takes {len(self.lines):,} lines for each unit, and a page has room for {most}: "
                "choose a shorter range, or fewer units"
            )

    def _broken(self, symbols: Sequence[str], words: bool) -> Lines:
        ends = np.array([symbol.endswith("\n") for symbol in symbols])
        gaps = np.array([words or symbol.endswith((" ", "\t", "-")) for symbol in symbols])
        columns = int(self.plot / self.letter)
        return broken(self.widths, ends, gaps, np.zeros(1, np.int64), columns)

    def panels(self) -> list[Panel]:
        """One for each unit."""
        return [
            Panel(self.block, _APART if place else 0.0, self._panel_of(int(unit)))
            for place, unit in enumerate(self.shown.units)
        ]

    def remarks(self) -> list[str]:
        """What the colour is."""
        quantity = self.quantities[0]
        return [f"Each symbol has the colour of {quantity.symbol} after it was read; numbers at the left are timesteps"]

    def _panel_of(self, unit: int) -> Callable[[Page, Axes, float], None]:
        return lambda page, axes, top: self._draw(page, axes, top, unit)

    def _draw(self, page: Page, axes: Axes, top: float, unit: int) -> None:
        shown, quantity = self.shown, self.quantities[0]
        values = shown.layer[quantity.name][self.rows, unit]
        low, high = levels(quantity, *extremes(shown.layer, quantity.name, shown.sequence.index, self.columns))
        self._head(page, top, unit, low, high)
        colours = paint(values, palette.colour_map(quantity), low, high)
        columns = max(int(self.widths[a:b].sum()) for a, b in zip(self.lines.first, self.lines.stop, strict=True))
        picture = np.full((len(self.lines) * _SUBROWS, columns, 3), 255, np.uint8)
        axes.set_axis_off()
        axes.set_xlim(0, self.plot / self.letter)
        axes.set_ylim(self.block, 0)
        for place, (first, stop) in enumerate(zip(self.lines.first, self.lines.stop, strict=True)):
            wide = np.repeat(colours[first:stop], self.widths[first:stop], axis=0)
            picture[place * _SUBROWS : (place + 1) * _SUBROWS - 1, : len(wide)] = wide
            baseline = _HEAD + place * _LINE + _SHADE * 0.74
            at = f"{shown.start + first:,}"
            axes.text(-1.2 / self.letter, baseline, at, size=SMALL, ha="right", color=FAINT)
            self._letters(axes, baseline, "".join(self.symbols[first:stop]), _on_light(wide))
        axes.imshow(
            picture,
            extent=(0, columns, _HEAD + len(self.lines) * _LINE, _HEAD),
            aspect="auto",
            interpolation="none",
        ).set_gid(f"page-{unit}")
        axes.set_xlim(0, self.plot / self.letter)
        axes.set_ylim(self.block, 0)

    def _letters(self, axes: Axes, baseline: float, letters: str, on_light: NDArray[np.bool_]) -> None:
        """Stretches of one colour, each where its first letter stands."""
        column = 0
        for word in letters.split(" "):
            cuts = [0, *(np.flatnonzero(np.diff(on_light[column : column + len(word)])) + 1).tolist(), len(word)]
            for begin, end in pairwise(cuts):
                if end > begin:
                    ink = _DARK if on_light[column + begin] else _LIGHT
                    axes.text(
                        column + begin,
                        baseline,
                        word[begin:end],
                        size=_LETTER,
                        family=MONO,
                        color=ink,
                        parse_math=False,
                    )
            column += len(word) + 1

    def _head(self, page: Page, top: float, unit: int, low: float, high: float) -> None:
        """Unit, quantity, and its scale."""
        quantity, left = self.quantities[0], _GUTTER
        for text, size, math in (
            (f"unit {unit:,}", LABEL, False),
            (quantity.mathtext, SYMBOL, True),
            (quantity.title, LABEL, False),
        ):
            page.write(left, top + (0.4 if size == LABEL else 0.2), text, size, math=math)
            left += 5.0 if math else text_width(text, size) + 3.0
        for text, after in ((number(low), _BAR + 2.2), (number(high), 0.0)):
            page.write(left, top + 0.8, text, SMALL, colour=FAINT)
            left += text_width(text, SMALL) + 1.1 + after
            if after:
                bar = page.panel(left - after, top + 0.7, _BAR, _BAR_HEIGHT)
                bar.imshow(palette.colour_map(quantity)[None], aspect="auto", interpolation="none")
                bar.set_axis_off()


def _on_light(colours: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where dark letters have the higher contrast, by the relative luminance of WCAG 2."""
    srgb = colours / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    light: NDArray[np.bool_] = linear @ [0.2126, 0.7152, 0.0722] > 0.18
    return light
