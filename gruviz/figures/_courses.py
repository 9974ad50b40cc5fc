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
_AIR, _PLACES = 0.5, 24
"""Millimetres around the words for a ground, and how many places are tried for them."""
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


def draw_thresholds(
    page: Page,
    axes: Axes,
    courses: Sequence[Course],
    scale: tuple[float, float],
    against: float,
    marks: Sequence[float] = (),
) -> None:
    """Where a gradient counts as vanishing and as exploding: the ground, and in words where no line runs.

    Args:
        page: the figure.
        axes: of the lines, which are there.
        courses: the lines.
        scale: the ends of the axis, in log10.
        against: what vanishing and exploding are held against, likewise.
        marks: timesteps at which upright lines stand.
    """
    low, high = scale
    room = (high - low) * _ROOM / (1 + 2 * _ROOM)
    for words, sign, colour in (("vanishing", -1, palette.VANISHING), ("exploding", 1, palette.EXPLODING)):
        edge, reach = against + sign * FACTOR, high if sign > 0 else low
        if low + room < edge < high - room:
            axes.axhspan(min(edge, reach), max(edge, reach), color=colour, alpha=0.18, linewidth=0, zorder=0, gid=words)
            axes.axhline(edge, color=colour, linewidth=0.5, linestyle=(0, (1, 1.5)))
            x, y = _free(words, page, axes, courses, (edge, reach), marks)
            axes.text(x, y, words, size=SMALL, color=FAINT, va="center", ha="center")


def _free(
    words: str,
    page: Page,
    axes: Axes,
    courses: Sequence[Course],
    between: tuple[float, float],
    marks: Sequence[float],
) -> tuple[float, float]:
    """The middle of a place for some words: at the right or the left end, or else between, where no line is near.

    Where there is none, at the right end of the scale's own end.
    """
    box, (left, right), (low, high) = axes.get_position(), axes.get_xlim(), axes.get_ylim()
    wide = (text_width(words, SMALL) + 2 * _AIR) / (box.width * page.width) * (right - left)
    tall = (SMALL / 72 * 25.4 + 2 * _AIR) / (box.height * page.height) * (high - low)
    edge, reach = between
    inwards = np.sign(edge - reach) * tall / 2
    heights = [reach + inwards, edge - inwards] if abs(edge - reach) > tall else [reach + inwards]
    ends = np.linspace(right - wide / 2, left + wide / 2, _PLACES)
    for x in (ends[0], ends[-1], *ends[1:-1]):
        if any(abs(x - mark) < wide / 2 for mark in marks):
            continue
        first, last = max(int(x - wide / 2), 0), max(int(x + wide / 2) + 2, 1)  # with the neighbours to which lines run
        near = np.concatenate([np.maximum(course.values[first:last], low) for course in courses])
        for y in heights:
            if not (np.abs(near - y) < tall / 2).any() and not _crossed(courses, first, last, y):
                return float(x), float(y)
    return float(ends[0]), float(heights[0])


def _crossed(courses: Sequence[Course], first: int, last: int, level: float) -> bool:
    """Whether a line runs through a level between two timesteps."""
    above = [course.values[first:last][~np.isnan(course.values[first:last])] > level for course in courses]
    return any(0 < each.sum() < len(each) for each in above)


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
