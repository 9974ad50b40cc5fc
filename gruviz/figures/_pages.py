"""A text as on a page, each symbol coloured by what a unit does there: the view of Karpathy et al. 2015."""

from collections.abc import Callable
from typing import Unpack

import numpy as np
from matplotlib.axes import Axes

from gruviz.analysis import levels
from gruviz.cells import Quantity
from gruviz.errors import GruvizError
from gruviz.figures._columns import Columns, extremes
from gruviz.figures._heatmap import paint
from gruviz.figures._page import FAINT, LABEL, SMALL, SYMBOL, Page, style, text_width
from gruviz.figures._paragraph import GUTTER, LINE, Paragraph
from gruviz.figures._sheet import MARGIN, Panel, Sheet, number
from gruviz.figures._style import colour_map
from gruviz.figures._subject import Subject, chosen, subject
from gruviz.figures._wanted import Wanted
from gruviz.recording import Recording
from gruviz.view import View

MOST_UNITS = 4
_TALLEST = 240.0
"""Millimetres that a page of a report has for a figure, about."""
# Millimetres.
_HEAD, _APART = 6.0, 3.0
_BAR, _BAR_HEIGHT = 18.0, 2.2


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
        shown = shown.only(shown.units[:1])
    if len(shown.units) > MOST_UNITS:
        raise GruvizError(f"pages have room for {MOST_UNITS} units, not {len(shown.units)}: choose fewer")
    cell = shown.layer.cell
    if quantities is None:
        quantities = [view.colour if view and view.colour in cell.names else cell.state]
    if len(quantities) != 1:
        raise GruvizError(f"pages are coloured by one quantity, not by {len(quantities)}: choose one")
    with style(shown.style):
        return _Pages(shown, chosen(shown.layer, quantities)).page()


class _Pages(Sheet):
    """The text once for each unit, one below the other."""

    name = "pages"
    title = "Pages"
    timed = False

    def __init__(self, shown: Subject, quantities: tuple[Quantity, ...]) -> None:
        super().__init__(shown, quantities, Columns(shown.start, shown.stop, 1), MARGIN, GUTTER)
        symbols = shown.layer.tape.symbols(slice(self.rows.start, min(self.rows.stop, self.rows.start + 2**16)))
        if symbols is None:
            raise GruvizError("pages are of text, and this sequence is numbers: draw gates or timeline of it")
        self.text = Paragraph(symbols, self.plot)
        self.block = _HEAD + self.text.height
        most = int((_TALLEST / len(shown.units) - _APART - _HEAD) / LINE)
        if len(self.text) > most or len(symbols) < shown.stop - shown.start:
            raise GruvizError(
                f"this text takes {len(self.text):,} lines for each unit, and a page has room for {most}: "
                "choose a shorter range, or fewer units"
            )

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
        name = quantity.name if len(shown.units) == 1 else f"{quantity.name} {unit}"
        about = f"{quantity.title} {quantity.symbol} of unit {unit}"
        page.hold(name, values, about, timestep=np.arange(shown.start, shown.stop))
        self._head(page, top, unit, low, high)
        colours = paint(values, colour_map(quantity), low, high)
        self.text.draw(axes, colours, shown.start, _HEAD, self.block, f"page-{unit}")

    def _head(self, page: Page, top: float, unit: int, low: float, high: float) -> None:
        """Unit, quantity, and its scale."""
        quantity, left = self.quantities[0], GUTTER
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
                bar.imshow(colour_map(quantity)[None], aspect="auto", interpolation="none")
                bar.set_axis_off()
