"""Carry and write on paper: what of the old state is taken over, what is written, and how far the state moved."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, ClassVar, Unpack

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from gruviz import palette
from gruviz.analysis import CARRIED, CHANGE, HELD, READ, SURVIVAL, WRITTEN, candidate_weights, derived, levels, work_out
from gruviz.cells import Quantity
from gruviz.errors import GruvizError
from gruviz.figures import _progress as progress
from gruviz.figures._columns import Columns, extremes, fit
from gruviz.figures._heatmap import RIGHT, Place, draw_heatmap, fit_heatmap, height_of, remarks, right_of
from gruviz.figures._input import input_panels
from gruviz.figures._page import FOREGROUND, LABEL, NAME, TICK, Page, style, text_width
from gruviz.figures._sheet import GAP, MARGIN, Panel, Sheet, number, ticks
from gruviz.figures._style import dashes
from gruviz.figures._subject import Subject, subject
from gruviz.figures._wanted import Wanted
from gruviz.recording import Layer, Recording, reduce_rows
from gruviz.view import Reduction, View

MOST_UNITS = 12
"""More units than these are shown as heatmaps."""
_VALUES = 2**21
"""That are worked out at a time."""
_PER_INCH = 150
"""Points of a line to an inch."""
# Millimetres.
_LEFT = 22.0
_TALLEST, _KEY = 18.0, 3.8
_LANE, _LOWEST, _ALL_LANES = 16.0, 9.0, 90.0
"""A lane at most and at least, and what all of them share in between."""
_COLOURS = {
    CARRIED: palette.RETAINED,
    WRITTEN: palette.OVERWRITTEN,
    CHANGE: FOREGROUND,
    READ: palette.LINES["reset"],
    HELD: palette.LINES["output"],
}
_TITLES = {CARRIED: "carried over", WRITTEN: "written", CHANGE: "change", READ: "read of old", HELD: "held back"}


def carry(run: Recording, view: View | None = None, *, lines: bool | None = None, **wanted: Unpack[Wanted]) -> Page:
    """Draw what of the old state is taken over at each timestep, what is written, and how far the state moved.

    For a GRU |z h'|, |(1 - z) n| and h - h', and where the recording holds the weights, what of the old states the
    reset gate kept from the candidate: for an LSTM the same of its cell state. Units that are named, at most 12, are
    drawn as lines; others as heatmaps, unless `lines` says otherwise.

    Args:
        run: an open recording.
        view: what is being looked at.
        lines: whether units are drawn as lines.
        wanted: as in `Wanted`; `quantities` are some of `carried`, `written`, `change`, `read` and `held`: without,
            those that the view shows; where it shows none, all but `read`, as far as the recording has them.

    Returns:
        A matplotlib figure, with its provenance in `.provenance`.

    Raises:
        GruvizError: the recording has no such layer, sequence, range, unit or quantity.
    """
    shown = subject(run, view, wanted)
    named = wanted.get("units")
    if lines is None:
        lines = named is not None and not isinstance(named, str) and len(named) <= MOST_UNITS
    if lines and len(shown.units) > MOST_UNITS:
        raise GruvizError(f"lines have room for {MOST_UNITS} units, not {len(shown.units)}: choose fewer")
    names = wanted.get("quantities")
    if names is None and view is not None:
        names = [each for each in view.derived if each in _TITLES] or None
    quantities, weights = _chosen(shown, names)
    with style(shown.style):
        return (_Lines if lines else _Heatmaps)(shown, quantities, weights).page()


Weights = tuple[NDArray[np.floating], NDArray[np.floating] | None] | None


def _chosen(shown: Subject, names: Sequence[str] | None) -> tuple[tuple[Quantity, ...], Weights]:
    """What is drawn, and the weights that it needs."""
    layer = shown.layer
    there = {each.name: each for each in derived(layer.cell) if each.name != SURVIVAL}
    unknown = [name for name in names or () if name not in there]
    if unknown or (names is not None and not names):
        what = f"there is no {unknown[0]} to draw" if unknown else "nothing chosen"
        raise GruvizError(f"{what}: the figure carry of layer {layer.name} has {', '.join(there)}")
    wanted = [name for name in there if name != READ] if names is None else list(names)
    weights = None
    if {READ, HELD} & set(wanted):
        try:
            weights = candidate_weights(shown.run, layer, shown.sequence.index)
        except GruvizError:
            if names is not None:
                raise
            wanted.remove(HELD)
    return tuple(there[name] for name in wanted), weights


def worked_out(
    layer: Layer, sequence: int, name: str, columns: Columns, how: Reduction, weights: Weights
) -> NDArray[np.float32]:
    """One of `analysis.derived` in columns, (columns, H), from every timestep, in pieces."""
    step = max(1, _VALUES // layer.size // columns.factor) * columns.factor
    firsts = [columns.start, *range(columns.first + step, columns.stop, step), columns.stop]
    parts = []
    for start, stop in pairwise(firsts):
        values = work_out(layer, sequence, name, start, stop, weights)
        progress.read(stop - start)
        cut = -start % columns.factor  # the first column may begin within a block
        if 0 < cut < len(values):
            parts.append(getattr(reduce_rows(values[:cut], columns.factor), how))
            values = values[cut:]
        parts.append(getattr(reduce_rows(values, columns.factor), how))
    return np.concatenate(parts)


def _farthest(shown: Subject, columns: Columns) -> float:
    """The upper end of the scale of the states."""
    layer, state = shown.layer, shown.layer.cell[shown.layer.cell.state]
    return levels(state, *extremes(layer, state.name, shown.sequence.index, columns))[1]


class _Carry(Sheet):
    """What both kinds share."""

    name = "carry"
    title = "Carry and write"
    classed = False
    lines: ClassVar[bool]
    """Whether units are drawn as lines."""

    def __init__(
        self, shown: Subject, quantities: tuple[Quantity, ...], weights: Weights, columns: Columns, right: float = RIGHT
    ) -> None:
        super().__init__(shown, quantities, columns, right, _LEFT)
        index = shown.sequence.index
        self.values = {
            each.name: worked_out(shown.layer, index, each.name, columns, shown.reduction, weights)[:, shown.units]
            for each in quantities
        }

    def options(self) -> dict[str, Any]:
        """As what units are drawn."""
        return {"lines": self.lines}

    def limit(self, quantity: Quantity) -> float:
        """The upper end of its scale: the state's; of what may lie beyond, as far as it goes here."""
        if quantity.name in (READ, HELD, CHANGE):
            return levels(quantity, 0.0, float(np.nanmax(np.abs(self.values[quantity.name]), initial=0.0)))[1]
        return _farthest(self.shown, self.columns)

    def remarks(self) -> list[str]:
        """What is drawn, in the words of the formulas."""
        told = [f"{_TITLES[each.name]} {each.formula.partition(' = ')[2]}" for each in self.quantities]
        before = "h′ is the state before" if "h′" in " ".join(told) else "c′ is the cell state before"
        if any(each.name in (READ, HELD) for each in self.quantities):
            before += ", what is read and held back is before the tanh"
        return ["; ".join(told), before]


class _Heatmaps(_Carry):
    """A heatmap for each."""

    lines = False

    def __init__(self, shown: Subject, quantities: tuple[Quantity, ...], weights: Weights) -> None:
        right = right_of([-2 * _farthest(shown, fit_heatmap(shown, _LEFT))])  # from end to end is how far a state moves
        super().__init__(shown, quantities, weights, fit_heatmap(shown, _LEFT, right), right)
        self.height = height_of(len(shown.units), _TALLEST)

    def panels(self) -> list[Panel]:
        """One below the other."""
        heatmaps = [
            Panel(self.height, 0.8 if place == 0 else GAP, self._heatmap_of(quantity))
            for place, quantity in enumerate(self.quantities)
        ]
        return [*input_panels(self), *heatmaps]

    def remarks(self) -> list[str]:
        """And timesteps to columns."""
        return super().remarks() + remarks(self, self.height)

    def _heatmap_of(self, quantity: Quantity) -> Callable[[Page, Axes, float], None]:
        def draw(page: Page, axes: Axes, top: float) -> None:
            high = self.limit(quantity)
            low = -high if quantity.signed else 0.0
            draw_heatmap(self, Place(page, axes, top, self.height), quantity, self.values[quantity.name], low, high)
            symbol = _symbol(self.shown.layer, quantity)
            page.write(MARGIN, top + 0.2, symbol, LABEL + 0.6, math=True)
            page.write(MARGIN, top + (4.2 if symbol else 0.4), _TITLES[quantity.name], NAME)

        return draw


class _Lines(_Carry):
    """A lane for each unit, a line in it for each."""

    lines = True

    def __init__(self, shown: Subject, quantities: tuple[Quantity, ...], weights: Weights) -> None:
        most = int((shown.width - _LEFT - RIGHT) / 25.4 * _PER_INCH)
        super().__init__(shown, quantities, weights, fit(shown.layer, shown.start, shown.stop, most))
        self.scale = max(self.limit(each) for each in quantities)

    def panels(self) -> list[Panel]:
        """The input, the key, the lanes."""
        above, rows = input_panels(self), self._key_rows()
        key = Panel(len(rows) * _KEY, 0.8 if above else 0.0, lambda page, axes, top: self._key(page, axes, top, rows))
        many = len(self.shown.units)
        height = float(np.clip(_ALL_LANES / many, _LOWEST, _LANE))
        lanes = [Panel(height, 1.0 if place == 0 else GAP, self._lane_of(place)) for place in range(many)]
        return [*above, key, *lanes]

    def remarks(self) -> list[str]:
        """And timesteps to points."""
        factor = self.columns.factor
        return super().remarks() + [f"1 point = {factor:,} steps ({self.shown.reduction})"] * (factor > 1)

    def _lane_of(self, place: int) -> Callable[[Page, Axes, float], None]:
        edges = self.columns.edges
        middle = (edges[:-1] + edges[1:] - 1) / 2

        def draw(page: Page, axes: Axes, top: float) -> None:
            if place == 0:
                for each in self.quantities:
                    self.hold(page, each, self.values[each.name])
            signed = any(each.signed for each in self.quantities)
            axes.axhline(0, color="#CCCCCC", linewidth=0.4, zorder=0)
            for each in sorted(self.quantities, key=lambda each: not each.signed):  # the others upon the change
                line, gid = self.values[each.name][:, place], f"{each.name}-{self.shown.units[place]}"
                axes.plot(middle, line, color=_COLOURS[each.name], ls=dashes(each.name), linewidth=0.8, gid=gid)
                if len(line) == 1:
                    axes.plot(middle, line, "o", color=_COLOURS[each.name], markersize=3, markeredgewidth=0)
            low = -self.scale if signed else 0.0
            axes.set_ylim(low - 0.04 * self.scale, 1.04 * self.scale)
            axes.set_xlim(self.shown.start - 0.5, self.shown.stop - 0.5)
            at = [low, 0.0, self.scale] if signed else [0.0, self.scale]
            axes.set_yticks(at, [number(value) for value in at])
            ticks(axes)
            page.write(MARGIN, top, f"unit {self.shown.units[place]:,}", LABEL)

        return draw

    def _key_rows(self) -> list[list[tuple[float, Quantity]]]:
        """Rows of the key, with the place of each entry from the left."""
        rows: list[list[tuple[float, Quantity]]] = [[]]
        left = self.left
        for each in self.quantities:
            wide = 5.0 + text_width(_TITLES[each.name], TICK)
            if rows[-1] and left + wide > self.width - MARGIN:
                rows.append([])
                left = self.left
            rows[-1].append((left, each))
            left += wide + 3.0
        return rows

    def _key(self, page: Page, axes: Axes, top: float, rows: list[list[tuple[float, Quantity]]]) -> None:
        axes.set_axis_off()
        axes.set_xlim(0, self.plot)
        axes.set_ylim(len(rows) * _KEY, 0)
        for row, entries in enumerate(rows):
            for left, each in entries:
                x, y = left - self.left, row * _KEY + 1.6
                axes.plot([x, x + 3.6], [y, y], color=_COLOURS[each.name], ls=dashes(each.name), linewidth=1.2)
                axes.text(x + 4.6, y, _TITLES[each.name], size=TICK, va="center")


def _symbol(layer: Layer, quantity: Quantity) -> str:
    """As the papers set it; nothing for what would be too long for the margin."""
    cell, before = layer.cell, "t{+}1" if layer.backward else "t{-}1"
    h = cell[cell.state].symbol
    if quantity.name == CHANGE:
        return rf"${h}_t - {h}_{{{before}}}$"
    k, n = cell[str(cell.keep)].symbol, cell["candidate"].symbol
    if quantity.name == CARRIED:
        return rf"$|{k}_t {h}_{{{before}}}|$"
    write = rf"(1 - {k}_t)" if cell.write is None else f"{cell[cell.write].symbol}_t"
    return rf"$|{write}\,{n}_t|$" if quantity.name == WRITTEN else ""
