"""Gates and state of a few units as lines over a range, above the counts of all units."""

from collections.abc import Callable, Iterator, Sequence
from typing import Unpack

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from gruviz import palette
from gruviz.analysis import levels
from gruviz.cells import Quantity
from gruviz.errors import GruvizError
from gruviz.figures._columns import extremes, fit, heatmap
from gruviz.figures._counts import count_panels
from gruviz.figures._input import input_panels, isolated
from gruviz.figures._page import FOREGROUND, LABEL, TICK, Page, style, text_width
from gruviz.figures._sheet import GAP, LEFT, MARGIN, Panel, Sheet, number, ticks
from gruviz.figures._style import dashes
from gruviz.figures._subject import Subject, chosen, subject
from gruviz.figures._wanted import Wanted
from gruviz.recording import Recording
from gruviz.view import View

MOST_UNITS = 12
_UNASKED = 3
"""Units that are shown where none is chosen."""
_PER_INCH = 150
"""Points of a line to an inch: more would run together."""
# Millimetres.
_RIGHT = 11.5
_TALLEST, _LOWEST = 26.0, 11.0
_ALL_LANES = 60.0
"""What the lanes share, unless they would be lower than the lowest."""
_SYMBOL = 2.9
"""A symbol's height at the end of its line, with the space to the next."""
_KEY, _KEY_LINE, _KEY_GAP = 3.6, 4.0, 3.0
"""A row of the key, the piece of line before a name in it, and the space after the name."""
_MARGIN_IN_LANE = 0.06
"""Of its height, above and below its scales."""


def timeline(run: Recording, view: View | None = None, **wanted: Unpack[Wanted]) -> Page:
    """Draw gates and state of a few units over a range of timesteps.

    From top to bottom: the text of the sequence or the curve of its numbers, a lane for each unit with a line for each
    quantity, and how many of all units are retained, mixed, overwritten and rewritten alike. Gates stand on the scale
    from 0 to 1 at the left of a lane, candidates and states on the one at its right. What is not wanted the view
    decides; without a view it is the whole first sequence in the first layer.

    Args:
        run: an open recording.
        view: what is being looked at.
        wanted: as in `Wanted`: at most 12 `units`, and without, those selected in the view, or else the first 3;
            without `quantities` all that the cell has.

    Returns:
        A matplotlib figure, with its provenance in `.provenance`.

    Raises:
        GruvizError: the recording has no such layer, sequence, range, unit or quantity, or there are too many units.
    """
    units = wanted.get("units")
    if units is None and view is not None:
        units = view.pane.units[:MOST_UNITS] or None
    shown = subject(run, view, {**wanted, "units": units})
    if units is None:
        shown = shown.only(shown.units[:_UNASKED])
    if len(shown.units) > MOST_UNITS:
        raise GruvizError(f"a timeline has room for {MOST_UNITS} units, not {len(shown.units)}: choose fewer")
    names = wanted.get("quantities")
    with style(shown.style):
        return _Timeline(shown, chosen(shown.layer, shown.layer.cell.names if names is None else names)).page()


class _Timeline(Sheet):
    """A lane for each unit between the input and the counts."""

    name = "timeline"
    title = "Timeline"

    def __init__(self, shown: Subject, quantities: tuple[Quantity, ...]) -> None:
        most = int((shown.width - LEFT - _RIGHT) / 25.4 * _PER_INCH)
        super().__init__(shown, quantities, fit(shown.layer, shown.start, shown.stop, most), _RIGHT)
        needed = max(_LOWEST, len(quantities) * _SYMBOL)
        self.height = float(np.clip(_ALL_LANES / len(shown.units), needed, max(needed, _TALLEST)))
        self.scales = {quantity.name: self._scale(quantity) for quantity in quantities}
        edges = self.columns.edges
        self.middle = (edges[:-1] + edges[1:] - 1) / 2
        self.thickness = 0.9 if len(self.columns) * 0.5 < self.plot else 0.6

    def _scale(self, quantity: Quantity) -> tuple[float, float]:
        """One for all lines of its kind in the figure: 0 to 1, or as far to both sides of 0 as any of the states."""
        around_zero = [q for q in self.quantities if not q.fraction]
        if quantity.fraction:
            return 0.0, 1.0
        shown = self.shown
        ends = [levels(q, *extremes(shown.layer, q.name, shown.sequence.index, self.columns)) for q in around_zero]
        return max(ends, key=lambda scale: scale[1])

    def panels(self) -> list[Panel]:
        """The input, the key, the lanes, the counts."""
        above = input_panels(self)
        values = {quantity.name: self._values(quantity) for quantity in self.quantities}
        rows = self._key_rows()
        key = Panel(len(rows) * _KEY, 0.8 if above else 0.0, lambda page, axes, top: self._key(page, axes, top, rows))
        lanes = [
            Panel(self.height, 1.0 if place == 0 else GAP, self._lane_of(place, values))
            for place in range(len(self.shown.units))
        ]
        return [*above, key, *lanes, *count_panels(self, None)]

    def remarks(self) -> list[str]:
        """Which scale is whose, and timesteps to points."""
        both = any(q.fraction for q in self.quantities) and any(not q.fraction for q in self.quantities)
        scales = ["Gates on the scale at the left, candidate and states on the one at the right"] * both
        points = [f"1 point = {self.columns.factor:,} steps ({self.shown.reduction})"] * (self.columns.factor > 1)
        return scales + points

    def _values(self, quantity: Quantity) -> NDArray[np.float32]:
        """What each line shows at each point, (columns, units)."""
        shown = self.shown
        values = heatmap(shown.layer, quantity.name, shown.sequence.index, self.columns, shown.reduction)
        return values[:, shown.units]

    def _lane_of(self, place: int, values: dict[str, NDArray[np.float32]]) -> Callable[[Page, Axes, float], None]:
        def draw(page: Page, axes: Axes, top: float) -> None:
            ends = []
            for quantity in self.quantities:
                if place == 0:
                    self.hold(page, quantity, values[quantity.name])
                low, high = self.scales[quantity.name]
                line = (values[quantity.name][:, place].astype(np.float64) - low) / (high - low)
                colour, dashes = _looks(quantity)
                gid = f"{quantity.name}-{self.shown.units[place]}"
                axes.plot(self.middle, line, color=colour, ls=dashes, linewidth=self.thickness, gid=gid)
                alone = isolated(line)
                axes.plot(self.middle[alone], line[alone], ".", markersize=3, color=colour, markeredgewidth=0)
                known = line[np.isfinite(line)]
                ends.append((float(known[-1]) if len(known) else 0.5, quantity))
            axes.set_ylim(-_MARGIN_IN_LANE, 1 + _MARGIN_IN_LANE)
            axes.axhline(0.5, color="#DDDDDD", linewidth=0.4, zorder=0)
            axes.set_xlim(self.shown.start - 0.5, self.shown.stop - 0.5)
            self._scale_axes(axes)
            self._symbols(axes, ends)
            page.write(MARGIN, top, "unit" if place == 0 else "", TICK)
            below = 3.2 if place == 0 else 0
            page.write(MARGIN, top + below, f"{self.shown.units[place]:,}", LABEL)

        return draw

    def _scale_axes(self, axes: Axes) -> None:
        """Numbers of the gates' scale at the left; of the other one behind the symbols at the right, or else there."""
        fractions = any(quantity.fraction for quantity in self.quantities)
        axes.set_yticks([0, 1], ["0", "1"] if fractions else ["", ""])
        ticks(axes)
        other = next((self.scales[q.name] for q in self.quantities if not q.fraction), None)
        if other is None:
            return
        x = 1 + (4.8 / self.plot if fractions else -1 - 1.2 / self.plot)
        for y, value in zip((0, 1), other, strict=True):
            axes.text(
                x,
                (y + _MARGIN_IN_LANE) / (1 + 2 * _MARGIN_IN_LANE),
                number(value),
                size=TICK,
                ha="left" if fractions else "right",
                va="center",
                transform=axes.transAxes,
            )

    def _symbols(self, axes: Axes, ends: list[tuple[float, Quantity]]) -> None:
        """At the end of each line its symbol, moved as far as it takes that all can be read."""
        ends = sorted(ends, key=lambda end: end[0])
        within = 1 + 2 * _MARGIN_IN_LANE
        wanted = [(end + _MARGIN_IN_LANE) / within * self.height for end, _ in ends]
        for place, (_, quantity) in zip(_apart(wanted, _SYMBOL, self.height), ends, strict=True):
            axes.text(
                1 + 0.9 / self.plot,
                place / self.height,
                _symbol(quantity),
                size=TICK,
                color=_looks(quantity)[0],
                ha="left",
                va="center",
                transform=axes.transAxes,
            )

    def _key_rows(self) -> list[list[tuple[float, Quantity]]]:
        """Rows of the key, with the place of each entry from the left."""
        rows: list[list[tuple[float, Quantity]]] = [[]]
        left = LEFT
        for quantity in self.quantities:
            wide = _KEY_LINE + 3.4 + text_width(quantity.title, TICK)
            if rows[-1] and left + wide > self.width - MARGIN:
                rows.append([])
                left = LEFT
            rows[-1].append((left, quantity))
            left += wide + _KEY_GAP
        return rows

    def _key(self, page: Page, axes: Axes, top: float, rows: list[list[tuple[float, Quantity]]]) -> None:
        axes.set_axis_off()
        for row, entries in enumerate(rows):
            for left, quantity in entries:
                colour, dashes = _looks(quantity)
                upper = top + row * _KEY
                y = 1 - (upper + 1.6) / page.height
                ends = [left / page.width, (left + _KEY_LINE - 0.8) / page.width]
                page.add_artist(Line2D(ends, [y, y], color=colour, ls=dashes, linewidth=1, transform=page.transFigure))
                page.text((left + _KEY_LINE) / page.width, y, _symbol(quantity), size=LABEL, color=colour, va="center")
                page.text((left + _KEY_LINE + 3) / page.width, y, quantity.title, size=TICK, va="center")


def _looks(quantity: Quantity) -> tuple[str, str | tuple[float, tuple[float, ...]]]:
    """The colour of a line and its dashes."""
    return palette.LINES.get(quantity.name, FOREGROUND), dashes(quantity.name)


def _symbol(quantity: Quantity) -> str:
    """As in the heatmaps, less the subscript, which would be too small to read."""
    return quantity.mathtext.replace("_t", "")


def _apart(wanted: Sequence[float], distance: float, height: float) -> Iterator[float]:
    """Ascending places within a height, at least a distance from each other, near to the ones that are wanted."""
    places = np.asarray(wanted, np.float64)
    steps = np.arange(len(places)) * distance
    most = max(height - distance / 2, distance / 2 + steps[-1]) - steps[-1]
    # Less the distances, what has to ascend by them has only to ascend.
    yield from np.clip(np.maximum.accumulate(places - steps), distance / 2, most) + steps
