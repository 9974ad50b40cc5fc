"""Linked heatmaps of gates and states over a range, under the text or the curve that the network read."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from gruviz import palette
from gruviz.analysis import levels
from gruviz.cells import Quantity, Thresholds
from gruviz.errors import GruvizError
from gruviz.figures._columns import extremes, fit, heatmap
from gruviz.figures._counts import count_panels
from gruviz.figures._input import input_panels
from gruviz.figures._page import NAME, RESOLUTION, SINGLE, SYMBOL, TICK, Page, style
from gruviz.figures._sheet import GAP, LEFT, MARGIN, NAME_BELOW, NARROWEST, Panel, Sheet, hold_within, number, ticks
from gruviz.figures._sheet import units as units_of
from gruviz.figures._subject import Subject, chosen, subject
from gruviz.recording import Recording
from gruviz.view import Order, Reduction, View

# Millimetres.
_RIGHT = 9.5
_BAR_GAP, _BAR = 1.6, 2.0
_ROW = 2.6
"""A row is no higher than this: few units make a low heatmap."""
_LOWEST = 10.0


def gates(
    run: Recording,
    view: View | None = None,
    *,
    layer: str | None = None,
    sequence: int | None = None,
    start: int | None = None,
    stop: int | None = None,
    units: Sequence[int] | str | None = None,
    order: Order | None = None,
    quantities: Sequence[str] | None = None,
    thresholds: Thresholds | None = None,
    reduction: Reduction | None = None,
    width: float = SINGLE,
) -> Page:
    """Draw what the gates of a layer do over a range of timesteps.

    From top to bottom: the text of the sequence or the curve of its numbers, a heatmap of units by timesteps for each
    quantity, and how many units are retained, mixed, overwritten and rewritten alike. What the arguments leave open the
    view decides (its range, layer, order of units, visible rows, thresholds); without a view it is the whole first
    sequence in the first layer. Units selected in the view are marked.

    Args:
        run: an open recording.
        view: what is being looked at.
        layer: the name of a layer.
        sequence: the index of a sequence on the layer's tape.
        start: the first timestep, counted from 0 in the sequence.
        stop: one past the last.
        units: the hidden units to show, from top to bottom, or a condition such as `tau > 50`; all of them without.
        order: `index`, `keep`, `timescale`, `peak` or `likeness`: what units are ordered by, over the whole sequence.
        quantities: names of what to show. Without, what is not folded away in the view, and without a view all but the
            candidate.
        thresholds: where retained and overwritten begin.
        reduction: `mean`, `min` or `max`: how a column of a heatmap comes from more than one timestep.
        width: in millimetres: 85 for a single column of a report, 170 for a double one.

    Returns:
        A matplotlib figure of that width, with its provenance in `.provenance`.

    Raises:
        GruvizError: the recording has no such layer, sequence, range, unit or quantity.
    """
    if width < NARROWEST:
        raise GruvizError(f"a figure of gates needs at least {NARROWEST:g} mm, not {width:g}: give a greater width")
    shown = subject(run, view, layer, sequence, start, stop, units, order, thresholds, reduction)
    with style():
        return _Gates(shown, _quantities(shown, quantities, view), width).page()


def _quantities(shown: Subject, names: Sequence[str] | None, view: View | None) -> tuple[Quantity, ...]:
    cell = shown.layer.cell
    if names is None:
        unfolded = tuple(q for q in cell.quantities if view and q.name not in view.hidden)
        return unfolded or tuple(q for q in cell.quantities if q.kind != "candidate")
    return chosen(shown.layer, names)


class _Gates(Sheet):
    """A heatmap for each quantity between the input and the counts."""

    name = "gates"
    title = "Gates"

    def __init__(self, shown: Subject, quantities: tuple[Quantity, ...], width: float) -> None:
        most = int((width - LEFT - _RIGHT) / 25.4 * RESOLUTION)
        super().__init__(shown, quantities, fit(shown.layer, shown.start, shown.stop, most), width, _RIGHT)
        tallest = 20.0 if len(quantities) <= 3 else 15.0
        self.height = float(np.clip(len(shown.units) * _ROW, _LOWEST, tallest))
        self.sharing = -(-len(shown.units) // int(self.height / 25.4 * RESOLUTION))
        """Units that share a row, so that an image is no finer than paper shows."""

    def panels(self) -> list[Panel]:
        """The input, the heatmaps, the counts."""
        heatmaps = [
            Panel(self.height, 0.8 if place == 0 else GAP, self._heatmap_of(quantity))
            for place, quantity in enumerate(self.quantities)
        ]
        shown = self.shown
        return [*input_panels(self), *heatmaps, *count_panels(self, None if shown.everything else shown.units)]

    def remarks(self) -> list[str]:
        """Timesteps to columns, and units to rows."""
        steps = [f"1 column = {self.columns.factor:,} steps ({self.shown.reduction})"] * (self.columns.factor > 1)
        return steps + [f"1 row = {self.sharing:,} units (mean)"] * (self.sharing > 1)

    def _heatmap_of(self, quantity: Quantity) -> Callable[[Page, Axes, float], None]:
        return lambda page, axes, top: self._heatmap(page, axes, top, quantity)

    def _heatmap(self, page: Page, axes: Axes, top: float, quantity: Quantity) -> None:
        shown, columns = self.shown, self.columns
        values = heatmap(shown.layer, quantity.name, shown.sequence.index, columns, shown.reduction)[:, shown.units].T
        if self.sharing > 1:
            values = _row_means(values, self.sharing)
        low, high = levels(quantity, *extremes(shown.layer, quantity.name, shown.sequence.index, columns))
        units = len(shown.units)
        left = columns.first - 0.5
        axes.imshow(
            paint(values, palette.colour_map(quantity), low, high),
            extent=(left, left + len(columns) * columns.factor, len(values) * self.sharing - 0.5, -0.5),
            aspect="auto",
            interpolation="none",
        ).set_gid(f"heatmap-{quantity.name}")
        axes.set_xlim(shown.start - 0.5, shown.stop - 0.5)
        axes.set_ylim(units - 0.5, -0.5)
        self._unit_axis(axes)
        page.write(MARGIN, top, quantity.mathtext, SYMBOL, math=True)
        page.write(MARGIN, top + NAME_BELOW, quantity.title.replace(" ", "\n", 1), NAME)
        self._colour_bar(page, top, quantity, low, high)

    def _unit_axis(self, axes: Axes) -> None:
        """Numbers of units where they are known row by row, else only by what they are ordered."""
        shown = self.shown
        units = len(shown.units)
        if shown.order not in ("index", None):
            at: list[int] = []
            label = f"by {shown.order}"
        elif shown.order is None and units * 2.5 > self.height:
            at, label = [], units_of(units)
        else:
            at = list(range(units)) if units * 2.5 <= self.height else [0, units - 1]
            label = "unit" if len(at) <= 2 and self.height > 12 else ""
        axes.set_yticks(at, [f"{shown.units[row]:,}" for row in at])
        ticks(axes)
        if units > len(at):
            hold_within(axes, upside_down=True)
        if label:
            axes.text(
                -0.9 / self.plot, 0.5, label, size=TICK, rotation=90, ha="right", va="center", transform=axes.transAxes
            )
        for row in np.flatnonzero(np.isin(shown.units, shown.marked)):
            mark = Rectangle(
                (1 + 0.2 / self.plot, 1 - (row + 1) / units), 0.9 / self.plot, 1 / units, color=palette.SELECTION, lw=0
            )
            mark.set(transform=axes.transAxes, clip_on=False)
            axes.add_patch(mark)

    def _colour_bar(self, page: Page, top: float, quantity: Quantity, low: float, high: float) -> None:
        bar = page.panel(LEFT + self.plot + _BAR_GAP, top, _BAR, self.height)
        colours = palette.colour_map(quantity)[:, None, :]
        bar.imshow(colours, extent=(0, 1, low, high), origin="lower", aspect="auto", interpolation="none")
        bar.set_xticks([])
        bar.yaxis.tick_right()
        middle = (low + high) / 2
        bar.set_yticks([low, high] if self.height < 12 else [low, middle, high])
        bar.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
        ticks(bar)
        hold_within(bar)


def paint(values: NDArray[np.floating], table: NDArray[np.uint8], low: float, high: float) -> NDArray[np.uint8]:
    """Values as colours of a (256, 3) table that spans `low` to `high`; what is missing has a colour of its own."""
    missing = np.isnan(values)
    place = np.clip(np.where(missing, low, values), low, high)
    colours: NDArray[np.uint8] = table[np.rint((place - low) / (high - low) * 255).astype(np.intp)]
    colours[missing] = palette.rgb(palette.MISSING)
    return colours


def _row_means(values: NDArray[np.float32], rows: int) -> NDArray[np.float32]:
    edges = np.arange(0, len(values), rows)
    sizes = np.diff(edges, append=len(values))[:, None].astype(np.float32)
    means: NDArray[np.float32] = (np.add.reduceat(values, edges, axis=0) / sizes).astype(np.float32, copy=False)
    return means
