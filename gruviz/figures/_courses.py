"""Lines on a logarithmic scale over timesteps: what the figures of gradients are drawn of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from gruviz import palette
from gruviz.analysis import FACTOR, raised
from gruviz.figures._columns import Columns
from gruviz.figures._page import FAINT, SMALL, TICK, Page, text_width
from gruviz.figures._sheet import MARGIN, Panel, Sheet, ticks
from gruviz.figures._style import in_turn

Floats = NDArray[np.float64]
KEY = 3.8
"""Millimetres of a row of the key."""
MOST_POINTS = 150
"""To an inch."""
_ROOM = 0.06
"""Of the scale, above and below the lines."""
_DEEPEST = -6.0
"""Below this power of ten a line that is not to be followed further takes no part in the scale."""


@dataclass(frozen=True)
class Course:
    """One line."""

    label: str
    values: Floats
    """(T,) log10, from the first timestep of the sequence on; minus infinity for zero, NaN for nothing."""
    colour: str
    dashed: bool = False
    shallow: bool = False
    """It may leave the scale at the bottom."""
    gid: str = ""


def log_scale(courses: Sequence[Course], start: int, stop: int) -> tuple[float, float]:
    """From the least to the greatest of what lies in a range, in log10; a power of ten between them at least."""
    both = np.concatenate([_bounded(course)[start:stop] for course in courses])
    both = both[np.isfinite(both)]
    low, high = (float(both.min()), float(both.max())) if len(both) else (0.0, 0.0)
    middle, room = (low + high) / 2, _ROOM * max(high - low, 1.0)
    return min(low, middle - 0.5) - room, max(high, middle + 0.5) + room


def _bounded(course: Course) -> Floats:
    return np.maximum(course.values, _DEEPEST) if course.shallow else course.values


def draw_courses(
    page: Page, axes: Axes, courses: Sequence[Course], columns: Columns, scale: tuple[float, float]
) -> None:
    """Draw them: as lines, and where a point stands for several timesteps, from the least to the greatest."""
    edges = columns.edges
    middle = (edges[:-1] + edges[1:] - 1) / 2
    for place, course in enumerate(courses):
        values = np.full(columns.stop, np.nan)
        count = min(len(course.values), columns.stop)
        values[:count] = np.maximum(course.values[:count], scale[0])  # what is zero lies on the ground
        least, most = (each.reduceat(values, edges[:-1]) for each in (np.fmin, np.fmax))
        both, about = np.stack([least, most], axis=1), f"{course.label}, log10 of the norm"
        page.hold(course.gid or course.label, both, about, timestep=edges[:-1], end=np.array(["least", "greatest"]))
        dashes = _dashes(place, course)
        axes.plot(middle, (least + most) / 2, color=course.colour, linewidth=0.9, linestyle=dashes, gid=course.gid)
        if columns.factor > 1:
            axes.fill_between(middle, least, most, color=course.colour, alpha=0.25, linewidth=0)
        if np.isfinite(least).sum() == 1:
            axes.plot(middle, least, ".", color=course.colour, markersize=3, markeredgewidth=0)
    axes.set_ylim(*scale)
    low, high = scale
    apart = next(each for each in _APART if (high - low) / each <= 5)
    powers = range(-int(-low // apart) * apart, int(np.floor(high)) + 1, apart)
    axes.set_yticks(list(powers), [raised(power) for power in powers])
    ticks(axes)


_APART = [factor * 10**power for power in range(6) for factor in (1, 2, 5)]


def _dashes(place: int, course: Course) -> str | tuple[float, tuple[float, ...]]:
    """Of the line at a place among the others: where there are no colours, each has its own."""
    return (0, (3.0, 1.5)) if course.dashed else in_turn(place)


def draw_thresholds(axes: Axes, courses: Sequence[Course], scale: tuple[float, float], against: float) -> None:
    """Where a gradient counts as vanishing and as exploding: the ground, and in words at the end that is freer."""
    low, high = scale
    room = (high - low) * _ROOM / (1 + 2 * _ROOM)
    left, right = axes.get_xlim()
    for words, sign, colour in (("vanishing", -1, palette.VANISHING), ("exploding", 1, palette.EXPLODING)):
        edge, reach = against + sign * FACTOR, high if sign > 0 else low
        if low + room < edge < high - room:
            axes.axhspan(min(edge, reach), max(edge, reach), color=colour, alpha=0.18, linewidth=0, zorder=0, gid=words)
            axes.axhline(edge, color=colour, linewidth=0.5, linestyle=(0, (1, 1.5)))
            wide = 0.15 * (right - left)
            ends = [_farthest(courses, left, left + wide, sign), _farthest(courses, right - wide, right, sign)]
            at_right = ends[1] < ends[0]
            x = right - 0.01 * (right - left) if at_right else left + 0.01 * (right - left)
            inside = "top" if sign > 0 else "bottom"
            axes.text(x, reach, words, size=SMALL, color=FAINT, va=inside, ha="right" if at_right else "left")


def _farthest(courses: Sequence[Course], start: float, stop: float, sign: int) -> float:
    """How far up, or with a sign of -1 down, lines go between two times; minus infinity where there are none."""
    parts = [sign * course.values[max(int(start), 0) : max(int(stop) + 1, 1)] for course in courses]
    return max((float(part[~np.isnan(part)].max(initial=-np.inf)) for part in parts), default=-np.inf)


def key_panel(sheet: Sheet, courses: Sequence[Course]) -> Panel:
    """The labels of the lines, each after a piece of it, in as many rows as they need."""
    rows: list[list[tuple[float, Course]]] = [[]]
    left = sheet.left
    for course in courses:
        wide = 5.0 + text_width(course.label, TICK)
        if rows[-1] and left + wide > sheet.width - MARGIN:
            rows.append([])
            left = sheet.left
        rows[-1].append((left, course))
        left += wide + 3.0

    places = {id(course): place for place, course in enumerate(courses)}  # arrays cannot be compared

    def draw(page: Page, axes: Axes, top: float) -> None:
        axes.set_axis_off()
        axes.set_xlim(0, sheet.plot)
        axes.set_ylim(len(rows) * KEY, 0)
        for row, entries in enumerate(rows):
            for place, course in entries:
                x, y = place - sheet.left, row * KEY + 1.6
                dashes = _dashes(places[id(course)], course)
                axes.plot([x, x + 3.6], [y, y], color=course.colour, linewidth=1.2, linestyle=dashes)
                axes.text(x + 4.6, y, course.label, size=TICK, va="center", parse_math=False)

    return Panel(len(rows) * KEY, 0.8, draw)
