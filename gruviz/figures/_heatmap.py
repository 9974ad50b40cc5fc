"""A heatmap of units by timesteps on paper: its rows, its colour bar, and what is no finer than paper shows."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from gruviz import palette
from gruviz.cells import Quantity
from gruviz.figures._columns import Columns, fit
from gruviz.figures._page import TICK, Page, text_width
from gruviz.figures._sheet import LEFT, Sheet, hold_within, number, ticks
from gruviz.figures._sheet import units as units_of
from gruviz.figures._style import colour_map, current
from gruviz.figures._subject import Subject

# Millimetres.
RIGHT = 9.5
"""For the colour bar and its numbers, where these are short."""
_BAR_GAP, _BAR, _BAR_TICK = 1.6, 2.0, 1.5
_ROW = 2.6
"""A row is no higher than this: few units make a low heatmap."""
_LOWEST = 10.0


@dataclass(frozen=True)
class Place:
    """Where a heatmap stands."""

    page: Page
    axes: Axes
    top: float
    """Of its axes, in millimetres from the upper edge of the page."""
    height: float


def fit_heatmap(shown: Subject, left: float = LEFT, right: float = RIGHT) -> Columns:
    """What the timesteps of a range are put together to, so that columns are no finer than paper shows."""
    return fit(shown.layer, shown.start, shown.stop, int((shown.width - left - right) / 25.4 * shown.resolution))


def right_of(ends: Iterable[float]) -> float:
    """How wide the margin is in which colour bars from or up to these values stand, in millimetres."""
    widest = max((text_width(number(end), TICK) for end in ends), default=0.0)
    return max(RIGHT, _BAR_GAP + _BAR + _BAR_TICK + widest)


def height_of(units: int, tallest: float) -> float:
    """How high a heatmap of so many units is, in millimetres."""
    return float(np.clip(units * _ROW, _LOWEST, max(tallest, _LOWEST)))


def _sharing(shown: Subject, height: float) -> int:
    """Units that share a row, so that an image is no finer than paper shows."""
    return -(-len(shown.units) // int(height / 25.4 * shown.resolution))


def remarks(sheet: Sheet, height: float) -> list[str]:
    """What the small print says: timesteps to columns, and units to rows."""
    factor, sharing = sheet.columns.factor, _sharing(sheet.shown, height)
    steps = [f"1 column = {factor:,} steps ({sheet.shown.reduction})"] * (factor > 1)
    return steps + [f"1 row = {sharing:,} units (mean)"] * (sharing > 1)


def draw_heatmap(
    sheet: Sheet, place: Place, quantity: Quantity, values: NDArray[np.floating], low: float, high: float
) -> None:
    """Draw a heatmap, its axis of units and its colour bar.

    Args:
        sheet: what it is part of.
        place: where it stands.
        quantity: decides the colours.
        values: (columns, units) in the sheet's columns, units in the order in which they are shown.
        low: the value at the lower end of the colours.
        high: the value at their upper end.
    """
    shown, columns, axes = sheet.shown, sheet.columns, place.axes
    rows, sharing = values.T, _sharing(shown, place.height)
    if sharing > 1:
        rows = _row_means(rows, sharing)
        about = f"{quantity.title} {quantity.symbol}, means of {sharing} units to a row"
        place.page.hold(quantity.name, rows.T, about, timestep=columns.edges[:-1], row=np.arange(len(rows)))
    else:
        sheet.hold(place.page, quantity, values)
    left = columns.first - 0.5
    axes.imshow(
        paint(rows, colour_map(quantity), low, high),
        extent=(left, left + len(columns) * columns.factor, len(rows) * sharing - 0.5, -0.5),
        aspect="auto",
        interpolation="none",
    ).set_gid(f"heatmap-{quantity.name}")
    axes.set_xlim(shown.start - 0.5, shown.stop - 0.5)
    axes.set_ylim(len(shown.units) - 0.5, -0.5)
    _unit_axis(sheet, place)
    _colour_bar(sheet, place, quantity, low, high)


def _unit_axis(sheet: Sheet, place: Place) -> None:
    """Numbers of units where they are known row by row, else only by what they are ordered."""
    shown, axes, height = sheet.shown, place.axes, place.height
    units = len(shown.units)
    if shown.order not in ("index", None):
        at: list[int] = []
        label = f"by {shown.order}"
    elif shown.order is None and units * 2.5 > height:
        at, label = [], units_of(units)
    else:
        at = list(range(units)) if units * 2.5 <= height else [0, units - 1]
        label = "unit" if len(at) <= 2 and height > 12 else ""
    axes.set_yticks(at, [f"{shown.units[row]:,}" for row in at])
    ticks(axes)
    if units > len(at):
        hold_within(axes, upside_down=True)
    if label:
        x = -0.9 / sheet.plot
        axes.text(x, 0.5, label, size=TICK, rotation=90, ha="right", va="center", transform=axes.transAxes)
    for row in np.flatnonzero(np.isin(shown.units, shown.marked)):
        corner = (1 + 0.2 / sheet.plot, 1 - (row + 1) / units)
        mark = Rectangle(corner, 0.9 / sheet.plot, 1 / units, color=palette.SELECTION, lw=0)
        mark.set(transform=axes.transAxes, clip_on=False)
        axes.add_patch(mark)


def _colour_bar(sheet: Sheet, place: Place, quantity: Quantity, low: float, high: float) -> None:
    bar = place.page.panel(sheet.left + sheet.plot + _BAR_GAP, place.top, _BAR, place.height)
    colours = colour_map(quantity)[:, None, :]
    bar.imshow(colours, extent=(0, 1, low, high), origin="lower", aspect="auto", interpolation="none")
    bar.set_xticks([])
    bar.yaxis.tick_right()
    middle = (low + high) / 2
    bar.set_yticks([low, high] if place.height < 12 else [low, middle, high])
    bar.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    ticks(bar)
    hold_within(bar)


def paint(values: NDArray[np.floating], table: NDArray[np.uint8], low: float, high: float) -> NDArray[np.uint8]:
    """Values as colours of a (256, 3) table that spans `low` to `high`; what is missing has a colour of its own."""
    missing = np.isnan(values)
    place = np.clip(np.where(missing, low, values), low, high)
    colours: NDArray[np.uint8] = table[np.rint((place - low) / (high - low) * 255).astype(np.intp)]
    colours[missing] = _missing(values.shape)[missing] if current().grey else palette.rgb(palette.MISSING)
    return colours


def _missing(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """A chequer of black and white, which no grey of a map looks like, (*shape, 3)."""
    black = np.indices(shape).sum(axis=0) % 2 == 0
    return np.where(black[..., None], 0, 255).astype(np.uint8)


def _row_means(values: NDArray[np.floating], rows: int) -> NDArray[np.float32]:
    edges = np.arange(0, len(values), rows)
    sizes = np.diff(edges, append=len(values))[:, None].astype(np.float32)
    means: NDArray[np.float32] = (np.add.reduceat(values, edges, axis=0) / sizes).astype(np.float32, copy=False)
    return means
