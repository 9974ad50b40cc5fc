"""Linked heatmaps of gates and states over a range, under the text or the curve that the network read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from gruviz import palette
from gruviz.analysis import levels
from gruviz.cells import CLASSES, Quantity, Thresholds
from gruviz.errors import GruvizError
from gruviz.figures import _text
from gruviz.figures._columns import Columns, counts, extremes, fit, heatmap
from gruviz.figures._page import (
    FAINT,
    FOREGROUND,
    LABEL,
    NAME,
    RESOLUTION,
    SINGLE,
    SMALL,
    SYMBOL,
    TICK,
    Page,
    Provenance,
    shorten,
    style,
    text_width,
    wrap,
)
from gruviz.figures._subject import Subject, subject
from gruviz.recording import Recording
from gruviz.view import Order, Reduction, View

# Millimetres.
_MARGIN, _LEFT, _RIGHT = 1.0, 17.5, 9.5
_BAR_GAP, _BAR = 1.6, 2.0
_GAP = 2.0
_NAME_BELOW = 3.9
_AXIS = 8.5
"""For the ticks and the label of the time axis."""
_ROW = 2.6
"""A row is no higher than this: few units make a low heatmap."""
_LOWEST = 10.0
_CURVE, _LANE, _COUNTS = 12.0, 7.0, 12.0
_NARROWEST = 80.0
"""The legend of the classes needs it."""
_MOST_LANES = 4


@dataclass(frozen=True)
class _Panel:
    """One row of the figure: its height in millimetres, the gap above it, and how it is drawn."""

    height: float
    gap: float
    draw: Callable[[Page, Axes, float], None]
    """Given the page, the panel's axes and its distance from the upper edge."""


def gates(
    run: Recording,
    view: View | None = None,
    *,
    layer: str | None = None,
    sequence: int | None = None,
    start: int | None = None,
    stop: int | None = None,
    units: Sequence[int] | None = None,
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
        units: the hidden units to show, from top to bottom; all of them without.
        order: `index`, `keep` or `likeness`: what all units are ordered by, judged over the whole sequence.
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
    if width < _NARROWEST:
        raise GruvizError(f"a figure of gates needs at least {_NARROWEST:g} mm, not {width:g}: give a greater width")
    shown = subject(run, view, layer, sequence, start, stop, units, order, thresholds, reduction)
    chosen = _quantities(shown, quantities, view)
    with style():
        return _Drawing(shown, chosen, width).page()


def _quantities(shown: Subject, names: Sequence[str] | None, view: View | None) -> tuple[Quantity, ...]:
    cell = shown.layer.cell
    if names is None:
        unfolded = tuple(q for q in cell.quantities if view and q.name not in view.hidden)
        return unfolded or tuple(q for q in cell.quantities if q.kind != "candidate")
    unknown = [name for name in names if name not in cell.names]
    if unknown or not names:
        what = f"no quantity {unknown[0]}" if unknown else "nothing chosen"
        raise GruvizError(f"{what}: layer {shown.layer.name} has {', '.join(cell.names)}")
    return tuple(cell[name] for name in names)


class _Drawing:
    """Everything that the panels share: the columns, and where things stand on the page."""

    def __init__(self, shown: Subject, quantities: tuple[Quantity, ...], width: float) -> None:
        self.shown = shown
        self.quantities = quantities
        self.width = width
        self.plot = width - _LEFT - _RIGHT
        self.columns: Columns = fit(shown.layer, shown.start, shown.stop, int(self.plot / 25.4 * RESOLUTION))
        tallest = 20.0 if len(quantities) <= 3 else 15.0
        self.height = float(np.clip(len(shown.units) * _ROW, _LOWEST, tallest))
        self.rows = -(-len(shown.units) // int(self.height / 25.4 * RESOLUTION))
        """Units that share a row, so that an image is no finer than paper shows."""
        self.gaps = False

    def page(self) -> Page:
        panels = self._panels()
        top = _MARGIN
        bottom = top + sum(panel.gap + panel.height for panel in panels) + _AXIS
        small = wrap(self._small_print(), SMALL, self.width - 2 * _MARGIN)
        line = SMALL * 1.35 / 72 * 25.4
        page = Page(self.width, bottom + len(small) * line + _MARGIN, self._provenance())
        for panel in panels:
            top += panel.gap
            axes = page.panel(_LEFT, top, self.plot, panel.height)
            axes.set_xlim(self.shown.start - 0.5, self.shown.stop - 0.5)
            axes.set_xticks([])
            panel.draw(page, axes, top)
            top += panel.height
        self._time_axis(axes)
        for number, text in enumerate(small):
            page.write(_MARGIN, bottom + number * line, text, SMALL, colour=FAINT)
        return page

    def _panels(self) -> list[_Panel]:
        tape, rows = self.shown.layer.tape, self._tape_rows(self.shown.start, self.shown.stop)
        panels = []
        symbols = tape.symbols(rows)
        values = None if symbols is not None else tape.values(rows)
        if symbols is not None:
            strip = _text.strip(symbols, self.plot)
            scale = self.plot / len(symbols)
            panels.append(
                _Panel(strip.height, 0, lambda page, axes, top: _text.draw(axes, strip, scale, self.shown.start))
            )
        elif values is not None:
            panels += self._curves(values)
        for number, quantity in enumerate(self.quantities):
            gap = 0.8 if number == 0 else _GAP
            panels.append(_Panel(self.height, gap, self._heatmap_of(quantity)))
        if self.shown.layer.cell.keep is not None:
            panels.append(_Panel(_COUNTS, 5.0, self._counts))
        return panels

    def _tape_rows(self, start: int, stop: int) -> slice:
        return slice(self.shown.sequence.offset + start, self.shown.sequence.offset + stop)

    def _heatmap_of(self, quantity: Quantity) -> Callable[[Page, Axes, float], None]:
        return lambda page, axes, top: self._heatmap(page, axes, top, quantity)

    def _heatmap(self, page: Page, axes: Axes, top: float, quantity: Quantity) -> None:
        shown, columns = self.shown, self.columns
        values = heatmap(shown.layer, quantity.name, shown.sequence.index, columns, shown.reduction)[:, shown.units].T
        if self.rows > 1:
            values = _row_means(values, self.rows)
        low, high = levels(quantity, *extremes(shown.layer, quantity.name, shown.sequence.index, columns))
        units = len(shown.units)
        left = columns.first - 0.5
        axes.imshow(
            paint(values, palette.colour_map(quantity), low, high),
            extent=(left, left + len(columns) * columns.factor, len(values) * self.rows - 0.5, -0.5),
            aspect="auto",
            interpolation="none",
        ).set_gid(f"heatmap-{quantity.name}")
        axes.set_xlim(shown.start - 0.5, shown.stop - 0.5)
        axes.set_ylim(units - 0.5, -0.5)
        self._unit_axis(axes)
        page.write(_MARGIN, top, quantity.mathtext, SYMBOL, math=True)
        page.write(_MARGIN, top + _NAME_BELOW, quantity.title.replace(" ", "\n", 1), NAME)
        self._colour_bar(page, top, quantity, low, high)

    def _unit_axis(self, axes: Axes) -> None:
        """Numbers of units where they are known row by row, else only by what they are ordered."""
        shown = self.shown
        units = len(shown.units)
        if shown.order in ("keep", "likeness"):
            ticks: list[int] = []
            label = f"by {shown.order}"
        elif shown.order is None and units * 2.5 > self.height:
            ticks, label = [], _units(units)
        else:
            ticks = list(range(units)) if units * 2.5 <= self.height else [0, units - 1]
            label = "unit" if len(ticks) <= 2 and self.height > 12 else ""
        axes.set_yticks(ticks, [f"{shown.units[row]:,}" for row in ticks])
        self._ticks(axes)
        if units > len(ticks):
            _hold_within(axes, upside_down=True)
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
        bar = page.panel(_LEFT + self.plot + _BAR_GAP, top, _BAR, self.height)
        colours = palette.colour_map(quantity)[:, None, :]
        bar.imshow(colours, extent=(0, 1, low, high), origin="lower", aspect="auto", interpolation="none")
        bar.set_xticks([])
        bar.yaxis.tick_right()
        middle = (low + high) / 2
        bar.set_yticks([low, high] if self.height < 12 else [low, middle, high])
        bar.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _number(value)))
        self._ticks(bar)
        _hold_within(bar)

    def _counts(self, page: Page, axes: Axes, top: float) -> None:
        shown, columns = self.shown, self.columns
        units = None if shown.everything else shown.units
        counted = counts(shown.layer, shown.sequence.index, columns, units, shown.thresholds)
        edges = columns.edges - 0.5
        below = np.zeros(len(counted))
        for number, colour in enumerate(palette.CLASS_COLOURS):
            above = below + counted[:, number]
            axes.stairs(above, edges, baseline=below, fill=True, color=colour, linewidth=0).set_gid(f"count-{number}")
            below = above
        axes.set_ylim(0, len(shown.units))
        axes.set_yticks([0, len(shown.units)])
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        self._ticks(axes)
        page.write(_MARGIN, top + 3.6, "units in\neach class", NAME)  # below the number at the top
        self._legend(page, top - 3.3)

    def _legend(self, page: Page, top: float) -> None:
        square, space = 1.8, 0.7
        widths = [square + space + text_width(word, TICK) for word in CLASSES]
        left, right = _LEFT, self.width - _MARGIN
        between = min(3.5, (right - left - sum(widths)) / (len(CLASSES) - 1))
        if between < 1.5:
            between = 1.5
            left = right - sum(widths) - between * (len(CLASSES) - 1)
        for word, colour, wide in zip(CLASSES, palette.CLASS_COLOURS, widths, strict=True):
            corner = (left / self.width, 1 - (top + 2.2) / page.height)
            size = (square / self.width, square / page.height)
            page.add_artist(Rectangle(corner, *size, transform=page.transFigure, color=colour, linewidth=0))
            page.write(left + square + space, top, word, TICK)
            left += wide + between

    def _curves(self, values: NDArray[np.float32]) -> list[_Panel]:
        """The numeric input: a lane for each of a few columns, or all of many in one."""
        names = self.shown.layer.tape.columns
        values = self._without_filled(values)
        self.gaps = bool(np.isnan(values).any())
        means, middle = self._column_means(values)
        if len(names) > _MOST_LANES:
            lanes = [(f"{len(names)}\ncolumns", means)]
        else:
            lanes = [(name, means[:, [number]]) for number, name in enumerate(names)]
        height = _CURVE if len(lanes) == 1 else _LANE

        def lane(number: int) -> Callable[[Page, Axes, float], None]:
            return lambda page, axes, top: self._lane(
                page, axes, top, number, lanes[number][0], middle, lanes[number][1]
            )

        return [_Panel(height, 0.6 if number == 0 else 1.4, lane(number)) for number in range(len(lanes))]

    def _without_filled(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """A single column shows as gaps what was missing in its file and was filled for the network to read."""
        tape = self.shown.layer.tape
        if values.shape[1] != 1 or "missing" not in tape.labels:
            return values
        missing = tape.label("missing", self._tape_rows(self.shown.start, self.shown.stop)).astype(bool)
        return np.where(missing[:, None], np.float32(np.nan), values)

    def _column_means(self, values: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Means of what is not missing, NaN where all is, and the middle timestep of each column."""
        edges = self.columns.edges
        at = edges[:-1] - edges[0]
        known = np.isfinite(values)
        number = np.add.reduceat(known, at, axis=0, dtype=np.int64)
        sums = np.add.reduceat(np.where(known, values, 0), at, axis=0, dtype=np.float64)
        return sums / np.where(number, number, np.nan), (edges[:-1] + edges[1:] - 1) / 2

    def _lane(
        self,
        page: Page,
        axes: Axes,
        top: float,
        number: int,
        name: str,
        middle: NDArray[np.float64],
        lines: NDArray[np.float64],
    ) -> None:
        thin = lines.shape[1] > 1
        for line in lines.T:
            axes.plot(middle, line, color=FAINT if thin else FOREGROUND, linewidth=0.4 if thin else 0.8)
            alone = _isolated(line)
            axes.plot(middle[alone], line[alone], ".", markersize=2.5, color=FOREGROUND, markeredgewidth=0)
        axes.margins(y=0.1)
        low, high = axes.get_ylim()
        ticks = [tick for tick in MaxNLocator(4, steps=[1, 2, 5, 10]).tick_values(low, high) if low <= tick <= high]
        axes.set_yticks([ticks[0], ticks[-1]], [_number(ticks[0]), _number(ticks[-1])])
        axes.spines[["top", "right"]].set_visible(False)
        self._ticks(axes)
        below = 0.0
        if number == 0:
            page.write(_MARGIN, top, "$x_t$", SYMBOL, math=True)
            below = _NAME_BELOW
        page.write(_MARGIN, top + below, name if thin else shorten(name, NAME, _LEFT - _MARGIN - 6), NAME)

    def _ticks(self, axes: Axes) -> None:
        axes.tick_params(labelsize=TICK, length=1.5, width=0.5, pad=1.2)

    def _time_axis(self, axes: Axes) -> None:
        most = max(3, int(self.plot / 11))
        places = MaxNLocator(most, integer=True, steps=[1, 2, 5, 10]).tick_values(self.shown.start, self.shown.stop - 1)
        ticks = [int(t) for t in places if t == int(t) and self.shown.start <= t < self.shown.stop]
        axes.set_xticks(ticks, [f"{t:,}" for t in ticks])
        self._ticks(axes)
        tape = self.shown.layer.tape
        rate = f" ({_number(tape.rate)} per {tape.unit or 'unit'})" if tape.rate else ""
        axes.set_xlabel(f"timestep{rate}", size=LABEL, labelpad=1.5, parse_math=False)

    def _small_print(self) -> str:
        shown, layer, cell = self.shown, self.shown.layer, self.shown.layer.cell
        backward = ", backward" if layer.backward else ""
        of = "" if shown.everything else f"{len(shown.units):,} of "
        sentences = [
            f"{shown.run.name}, layer {layer.name} ({cell.title}{backward}, {of}{_units(layer.size)}), "
            f"sequence {shown.sequence.index} ({shown.sequence.name}), timesteps {shown.start:,} to {shown.stop - 1:,}."
        ]
        if cell.keep is not None:
            symbol = cell[cell.keep].symbol
            share = (
                "1 keeps the old state, 0 overwrites it" if cell.name == "gru" else "1 keeps the cell state, 0 drops it"
            )
            source = (
                "PyTorch’s convention" if layer.convention == "pytorch" else f"from {layer.convention}’s convention"
            )
            sentences += [f"{symbol} is the keep: {share} ({source}).", _sentence(shown.thresholds.describe())]
        reduced = []
        if self.columns.factor > 1:
            reduced.append(f"1 column = {self.columns.factor:,} steps ({shown.reduction})")
        if self.rows > 1:
            reduced.append(f"1 row = {self.rows:,} units (mean)")
        if reduced:
            sentences.append("; ".join(reduced) + ".")
        if self.gaps:
            sentences.append("Gaps in the curve: missing values.")
        residual = float(layer.residuals[shown.sequence.index])
        if np.isfinite(residual):
            doubt = "" if layer.trusted else f", more than {layer.dtype} explains"
            sentences.append(f"Residual {_number(residual)}{doubt}.")
        return " ".join(sentences)

    def _provenance(self) -> Provenance:
        shown, layer = self.shown, self.shown.layer
        limits = shown.thresholds
        units = "" if shown.order else ",".join(map(str, shown.units))
        names = ",".join(quantity.name for quantity in self.quantities)
        command = [shown.run.name, "--layer", layer.name, "--sequence", str(shown.sequence.index)]
        command += ["--range", f"{shown.start}:{shown.stop}", "--quantities", names, "--width", f"{self.width:g}"]
        if units:
            command += ["--units", units]
        elif shown.order != "index":
            command += ["--order", str(shown.order)]
        if limits != Thresholds():
            command += ["--thresholds", f"{limits.retained:g},{limits.overwritten:g},{limits.moved:g}"]
        if self.columns.factor > 1 and shown.reduction != "mean":
            command += ["--reduction", shown.reduction]
        facts = {
            "recording": shown.run.name,
            "uuid": shown.run.uuid,
            "digest": shown.run.digest,
            "layer": layer.name,
            "sequence": f"{shown.sequence.index} ({shown.sequence.name})",
            "range": f"{shown.start}:{shown.stop}",
            "units": units or f"all, by {shown.order}",
            "quantities": names,
            "thresholds": limits.describe(),
            "convention": layer.convention,
            "residual": f"{float(layer.residuals[shown.sequence.index]):.3g}",
            "steps per column": str(self.columns.factor),
            "gruviz": version("gruviz"),
        }
        return Provenance("gates", f"Gates of {layer.name}, {shown.sequence.name}", facts, tuple(command))


def paint(values: NDArray[np.floating], table: NDArray[np.uint8], low: float, high: float) -> NDArray[np.uint8]:
    """Values as colours of a (256, 3) table that spans `low` to `high`; what is missing has a colour of its own."""
    missing = np.isnan(values)
    place = np.clip(np.where(missing, low, values), low, high)
    colours: NDArray[np.uint8] = table[np.rint((place - low) / (high - low) * 255).astype(np.intp)]
    colours[missing] = palette.rgb(palette.MISSING)
    return colours


def _hold_within(axes: Axes, upside_down: bool = False) -> None:
    """Keep the numbers at the two ends of a vertical axis from meeting those of the next panel."""
    labels = axes.get_yticklabels()
    if labels:
        lowest, highest = (labels[-1], labels[0]) if upside_down else (labels[0], labels[-1])
        lowest.set_verticalalignment("bottom")
        highest.set_verticalalignment("top")


def _row_means(values: NDArray[np.float32], rows: int) -> NDArray[np.float32]:
    edges = np.arange(0, len(values), rows)
    sizes = np.diff(edges, append=len(values))[:, None].astype(np.float32)
    means: NDArray[np.float32] = (np.add.reduceat(values, edges, axis=0) / sizes).astype(np.float32, copy=False)
    return means


def _isolated(line: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Numbers with nothing on either side, which a line would not show."""
    known = np.pad(np.isfinite(line), 1)
    alone: NDArray[np.bool_] = known[1:-1] & ~known[:-2] & ~known[2:]
    return alone


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def _units(number: int) -> str:
    return "1 unit" if number == 1 else f"{number:,} units"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."
