"""What the network read, above what it made of it: the text, or the curve of the numbers."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from gruviz.figures import _text
from gruviz.figures._page import FAINT, FOREGROUND, NAME, SYMBOL, Page, shorten
from gruviz.figures._sheet import LEFT, MARGIN, NAME_BELOW, Panel, Sheet, number, ticks

_CURVE, _LANE = 12.0, 7.0
_MOST_LANES = 4


def input_panels(sheet: Sheet) -> list[Panel]:
    """The text of the sequence in one panel, or the curves of its numbers in one for each of a few columns."""
    tape = sheet.shown.layer.tape
    symbols = tape.symbols(sheet.rows)
    if symbols is not None:
        strip = _text.strip(symbols, sheet.plot)
        scale = sheet.plot / len(symbols)
        timesteps = np.arange(sheet.shown.start, sheet.shown.stop)

        def draw(page: Page, axes: Axes, top: float) -> None:
            _text.draw(axes, strip, scale, sheet.shown.start)
            if strip.mode != "snippets":
                page.hold("x", np.array(symbols), "symbols that were read", timestep=timesteps)

        return [Panel(strip.height, 0, draw)]
    values = tape.values(sheet.rows)
    return [] if values is None else _curves(sheet, values)


def _curves(sheet: Sheet, values: NDArray[np.float32]) -> list[Panel]:
    """A lane for each of a few columns, or all of many in one."""
    names = sheet.shown.layer.tape.columns
    values = _without_filled(sheet, values)
    sheet.gaps = bool(np.isnan(values).any())
    means, middle = _column_means(sheet, values)
    if len(names) > _MOST_LANES:
        lanes = [(f"{len(names)}\ncolumns", means)]
    else:
        lanes = [(name, means[:, [number]]) for number, name in enumerate(names)]
    height = _CURVE if len(lanes) == 1 else _LANE

    def lane(number: int) -> Callable[[Page, Axes, float], None]:
        def draw(page: Page, axes: Axes, top: float) -> None:
            _lane(page, axes, top, number, lanes[number][0], middle, lanes[number][1])
            if number == 0:
                about = "numbers that were read" + ", mean over the timesteps of a column" * (sheet.columns.factor > 1)
                page.hold("x", means, about, timestep=sheet.columns.edges[:-1], column=np.array(names))

        return draw

    return [Panel(height, 0.6 if number == 0 else 1.4, lane(number)) for number in range(len(lanes))]


def _without_filled(sheet: Sheet, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """A single column shows as gaps what was missing in its file and was filled for the network to read."""
    tape = sheet.shown.layer.tape
    if values.shape[1] != 1 or "missing" not in tape.labels:
        return values
    missing = tape.label("missing", sheet.rows).astype(bool)
    return np.where(missing[:, None], np.float32(np.nan), values)


def _column_means(sheet: Sheet, values: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means of what is not missing, NaN where all is, and the middle timestep of each column."""
    edges = sheet.columns.edges
    at = edges[:-1] - edges[0]
    known = np.isfinite(values)
    number = np.add.reduceat(known, at, axis=0, dtype=np.int64)
    sums = np.add.reduceat(np.where(known, values, 0), at, axis=0, dtype=np.float64)
    return sums / np.where(number, number, np.nan), (edges[:-1] + edges[1:] - 1) / 2


def _lane(
    page: Page,
    axes: Axes,
    top: float,
    which: int,
    name: str,
    middle: NDArray[np.float64],
    lines: NDArray[np.float64],
) -> None:
    thin = lines.shape[1] > 1
    for line in lines.T:
        axes.plot(middle, line, color=FAINT if thin else FOREGROUND, linewidth=0.4 if thin else 0.8)
        alone = isolated(line)
        axes.plot(middle[alone], line[alone], ".", markersize=2.5, color=FOREGROUND, markeredgewidth=0)
    axes.margins(y=0.1)
    low, high = axes.get_ylim()
    at = [tick for tick in MaxNLocator(4, steps=[1, 2, 5, 10]).tick_values(low, high) if low <= tick <= high]
    axes.set_yticks([at[0], at[-1]], [number(at[0]), number(at[-1])])
    axes.spines[["top", "right"]].set_visible(False)
    ticks(axes)
    below = 0.0
    if which == 0:
        page.write(MARGIN, top, "$x_t$", SYMBOL, math=True)
        below = NAME_BELOW
    page.write(MARGIN, top + below, name if thin else shorten(name, NAME, LEFT - MARGIN - 6), NAME)


def isolated(line: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Numbers with nothing on either side, which a line would not show."""
    known = np.pad(np.isfinite(line), 1)
    alone: NDArray[np.bool_] = known[1:-1] & ~known[:-2] & ~known[2:]
    return alone
