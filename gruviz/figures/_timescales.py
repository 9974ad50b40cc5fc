"""Timescales on paper: for how long each unit keeps what it holds, and how many units keep for how long."""

import math
from typing import Unpack

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from gruviz import palette
from gruviz.analysis import Timescales, finish, gather_autocorrelation_time, gather_keep
from gruviz.figures._columns import Columns
from gruviz.figures._page import FAINT, LABEL, NAME, TICK, Page, style, text_width
from gruviz.figures._progress import reading
from gruviz.figures._sheet import Panel, Sheet, ticks
from gruviz.figures._sheet import units as units_of
from gruviz.figures._subject import Subject, subject, without_choice
from gruviz.figures._wanted import Wanted
from gruviz.recording import Recording
from gruviz.view import View

Floats = NDArray[np.float64]
_LEAST, _MOST = 0.1, 1e7
"""The shortest and the longest timescale that an axis goes to, in timesteps."""
_BINS = 6
"""Of the histogram, in each power of ten."""
# Millimetres.
_LEFT, _RIGHT, _HEIGHT, _FOOT, _KEY = 12.0, 13.0, 46.0, 8.0, 4.0
_SHARE, _BETWEEN = 0.7, 2.0
"""Of the width, for the units one by one; the rest is the histogram's."""


def timescales(run: Recording, view: View | None = None, **wanted: Unpack[Wanted]) -> Page:
    """Draw for how long the units keep what they hold, over a range of timesteps.

    At the left the units from the longest to the shortest: -1 / mean(ln k) with the quartiles over time,
    -1 / ln(mean k) (Mahto et al. 2021, arXiv:2009.12727), and the time at which the autocorrelation of the state
    falls to 1/e; of a cell without a keep the last alone. At the right how many units are how long.

    Args:
        run: an open recording.
        view: what is being looked at.
        wanted: as in `Wanted`. There are no `quantities` to choose from.

    Returns:
        A matplotlib figure, with its provenance in `.provenance`.

    Raises:
        GruvizError: the recording has no such layer, sequence, range or unit.
    """
    without_choice(wanted, "timescales")
    shown = subject(run, view, wanted)
    with style(shown.style):
        return _Timescales(shown).page()


class _Timescales(Sheet):
    """One axis of time, upwards, for the units and for the histogram."""

    name = "timescales"
    title = "Timescales"
    timed = False
    classed = False

    def __init__(self, shown: Subject) -> None:
        right = _RIGHT if self._clocked(shown) else 2.5
        super().__init__(shown, (), Columns(shown.start, shown.stop, 1), right, _LEFT)
        layer = shown.layer
        rows = [(self.rows.start, self.rows.stop)]
        self.direct = layer.cell.keep is not None
        self.times: Timescales | None = None
        self.kinds: list[tuple[str, str, Floats]] = []
        """What is drawn: its name, its colour, the timescales of the units that are shown."""
        if layer.cell.keep is not None:
            self.times = finish(gather_keep(layer, rows), reading(shown.stop - shown.start))[0].timescales()
            k = layer.cell[layer.cell.keep].symbol
            self.kinds += [
                (f"−1/mean(ln {k})", palette.RETAINED, self.times.of_log[shown.units]),
                (f"−1/ln(mean {k})", palette.LINES["reset"], self.times.of_mean[shown.units]),
            ]
        lag = finish(gather_autocorrelation_time(layer, rows), reading(shown.stop - shown.start))[shown.units]
        self.kinds.append(("autocorrelation", FAINT, lag))
        self.low, self.high = _ends([values for _, _, values in self.kinds])

    @staticmethod
    def _clocked(shown: Subject) -> bool:
        return shown.layer.tape.rate is not None

    def panels(self) -> list[Panel]:
        """The key, and both parts beside each other."""
        return [Panel(_KEY, 0.5, self._draw_key), Panel(_HEIGHT, 0.5, self._draw), Panel(_FOOT, 0.0, _nothing)]

    def remarks(self) -> list[str]:
        """What is drawn."""
        state = self.shown.layer.cell[self.shown.layer.cell.state].symbol
        told = [f"Autocorrelation: the lag at which that of {state} falls below 1/e"]
        if self.times is not None:
            told += ["bars: the quartiles over time of −1/ln of the keep"]
        beyond = sum(int(np.count_nonzero((values > _MOST) | (values < _LEAST))) for _, _, values in self.kinds)
        unknown = sum(int(np.count_nonzero(np.isnan(values))) for _, _, values in self.kinds)
        told += [f"{beyond:,} beyond the ends of the axis, drawn there"] * (beyond > 0)
        return told + [f"{unknown:,} not known in this range, left out"] * (unknown > 0)

    def _draw_key(self, page: Page, axes: Axes, top: float) -> None:
        axes.set_axis_off()
        axes.set_xlim(0, self.plot)
        axes.set_ylim(_KEY, 0)
        x = 0.8
        for name, colour, _ in self.kinds:
            axes.plot(x, 1.6, "o", color=colour, markersize=3.2, markeredgewidth=0)
            axes.text(x + 1.6, 1.6, name, size=TICK, va="center", parse_math=False)
            x += 1.6 + text_width(name, TICK) + 3.5

    def _draw(self, page: Page, axes: Axes, top: float) -> None:
        axes.set_axis_off()
        wide = (self.plot - _BETWEEN) * _SHARE
        left = page.panel(self.left, top, wide, _HEIGHT)
        right = page.panel(self.left + wide + _BETWEEN, top, self.plot - wide - _BETWEEN, _HEIGHT)
        self._hold(page)
        self._draw_units(left, wide)
        self._draw_histogram(right)
        for part in (left, right):
            part.set_yscale("log")
            part.set_ylim(self.low, self.high)
            part.minorticks_off()
            part.set_yticks(_powers(self.low, self.high), [])
            ticks(part)
        left.set_yticks(_powers(self.low, self.high), [_label(each) for each in _powers(self.low, self.high)])
        page.write(1.0, top + _HEIGHT + 1.2, "steps", NAME)
        if clock := self.clock:
            at = _powers(self.low / clock.rate, self.high / clock.rate)
            right.yaxis.tick_right()
            right.set_yticks([each * clock.rate for each in at], [_label(each) for each in at])
            ticks(right)
            page.write(self.left + self.plot + 1.6, top + _HEIGHT + 1.2, clock.unit, NAME)

    def _hold(self, page: Page) -> None:
        units = self.shown.units
        for name, _, values in self.kinds:
            page.hold(name, values, "timescale in timesteps", unit=units)
        if self.times is not None:
            both = np.stack([each[units] for each in self.times.quartiles], axis=1)
            about = "quartiles over time of −1/ln of the keep, in timesteps"
            page.hold("quartiles", both, about, unit=units, quartile=np.array([1, 3]))

    def _draw_units(self, axes: Axes, wide: float) -> None:
        first = self.kinds[0][2]
        order = np.argsort(-np.nan_to_num(first, nan=-1.0), kind="stable")
        ranks = np.empty(len(order))
        ranks[order] = np.arange(1, len(order) + 1)
        size = float(np.clip(wide / len(order) * 72 / 25.4, 1.0, 3.4))
        for power in _powers(self.low, self.high):
            axes.axhline(power, color="#DDDDDD", linewidth=0.4, zorder=0)
        if self.times is not None:
            low, high = (each[self.shown.units] for each in self.times.quartiles)
            known = ~np.isnan(low)
            axes.vlines(
                ranks[known],
                np.clip(low[known], self.low, self.high),
                np.clip(high[known], self.low, self.high),
                color=palette.tint(palette.RETAINED, 0.25),  # opaque: bars of many units lie upon each other
                linewidth=max(0.4, min(3.0, size)),
                zorder=0.5,
            ).set_gid("spread")
        for name, colour, values in reversed(self.kinds):
            drawn = np.clip(values, self.low, self.high)
            axes.plot(ranks, drawn, "o", color=colour, markersize=size, markeredgewidth=0, clip_on=False, gid=name)
        axes.set_xlim(0.2, len(order) + 0.8)
        axes.set_xticks([1, len(order)] if len(order) > 1 else [1])
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.set_xlabel("units, the longest first", size=LABEL, labelpad=0.5)
        labels = axes.get_xticklabels()
        labels[-1].set_horizontalalignment("right" if len(order) > 1 else "center")

    def _draw_histogram(self, axes: Axes) -> None:
        count = max(1, round(_BINS * math.log10(self.high / self.low)))
        edges = np.geomspace(self.low, self.high, count + 1)
        most = 1
        for place, (name, colour, values) in enumerate(self.kinds):
            counted = np.histogram(np.clip(values[~np.isnan(values)], self.low, self.high), edges)[0]
            most = max(most, int(counted.max()))
            drawn = axes.stairs(counted, edges, orientation="horizontal", color=colour, linewidth=0.9)
            drawn.set_gid(f"histogram {name}")
            if place == 0:
                drawn.set(fill=True, alpha=0.45, linewidth=0)
        for power in _powers(self.low, self.high):
            axes.axhline(power, color="#DDDDDD", linewidth=0.4, zorder=0)
        axes.set_xlim(0, most * 1.05)
        axes.set_xticks([0, most], ["0", f"{most:,}"])
        axes.get_xticklabels()[1].set_horizontalalignment("right")
        axes.set_xlabel(units_of(2).removeprefix("2 "), size=LABEL, labelpad=0.5)


def _nothing(page: Page, axes: Axes, top: float) -> None:
    """Room for the labels below."""
    axes.set_axis_off()


def _ends(kinds: list[Floats]) -> tuple[float, float]:
    """Whole powers of ten around all that is known."""
    known = np.concatenate([values[np.isfinite(values)] for values in kinds])
    known = np.clip(known, _LEAST, _MOST) if len(known) else np.ones(1)
    low = 10.0 ** math.floor(math.log10(known.min()))
    high = 10.0 ** math.ceil(math.log10(known.max()) + 1e-9)
    return low, max(high, 10 * low)


def _powers(low: float, high: float) -> list[float]:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    return [10.0**power for power in range(first, last + 1)]


def _label(value: float) -> str:
    """A power of ten without an exponent while it is short; an exponent would be smaller than can be read."""
    if 1 <= value < 1e5:
        return f"{value:,.0f}"
    return f"{value:g}" if 1e-3 <= value < 1 else f"{value:.0e}".replace("e+0", "e").replace("e-0", "e−")
