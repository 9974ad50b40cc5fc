"""How many units are retained, mixed, overwritten and rewritten alike, stacked, with the legend above."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from gruviz import palette
from gruviz.cells import CLASSES
from gruviz.figures._columns import counts
from gruviz.figures._page import NAME, TICK, Page, text_width
from gruviz.figures._sheet import LEFT, MARGIN, Panel, Sheet, ticks

_HEIGHT, _GAP = 12.0, 5.0


def count_panels(sheet: Sheet, units: NDArray[np.intp] | None, height: float = _HEIGHT) -> list[Panel]:
    """One panel of the counts of these units, all of them without; none for a cell without a keep."""
    if sheet.shown.layer.cell.keep is None:
        return []
    return [Panel(height, _GAP, lambda page, axes, top: _draw(sheet, units, page, axes, top))]


def _draw(sheet: Sheet, units: NDArray[np.intp] | None, page: Page, axes: Axes, top: float) -> None:
    shown, columns = sheet.shown, sheet.columns
    counted = counts(shown.layer, shown.sequence.index, columns, units, shown.thresholds)
    page.hold(
        "counts",
        counted,
        "units in each class" + ", mean over the timesteps of a column" * (columns.factor > 1),
        **{"timestep": columns.edges[:-1], "class": np.array(CLASSES)},
    )
    edges = columns.edges - 0.5
    below = np.zeros(len(counted))
    for number, colour in enumerate(palette.CLASS_COLOURS):
        above = below + counted[:, number]
        axes.stairs(above, edges, baseline=below, fill=True, color=colour, linewidth=0).set_gid(f"count-{number}")
        below = above
    most = shown.layer.size if units is None else len(units)
    axes.set_ylim(0, most)
    axes.set_yticks([0, most])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ticks(axes)
    page.write(MARGIN, top + 3.6, "units in\neach class", NAME)  # below the number at the top
    _legend(sheet, page, top - 3.3)


def _legend(sheet: Sheet, page: Page, top: float) -> None:
    square, space = 1.8, 0.7
    widths = [square + space + text_width(word, TICK) for word in CLASSES]
    left, right = LEFT, sheet.width - MARGIN
    between = min(3.5, (right - left - sum(widths)) / (len(CLASSES) - 1))
    if between < 1.5:
        between = 1.5
        left = right - sum(widths) - between * (len(CLASSES) - 1)
    for word, colour, wide in zip(CLASSES, palette.CLASS_COLOURS, widths, strict=True):
        corner = (left / sheet.width, 1 - (top + 2.2) / page.height)
        size = (square / sheet.width, square / page.height)
        page.add_artist(Rectangle(corner, *size, transform=page.transFigure, color=colour, linewidth=0))
        page.write(left + square + space, top, word, TICK)
        left += wide + between
