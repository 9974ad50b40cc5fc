"""Survival on paper: how much of what stood at a timestep is still there, unit by unit, as the time goes on."""

from dataclasses import replace
from typing import Any, Unpack

import numpy as np
from matplotlib.axes import Axes

from gruviz import palette
from gruviz.analysis import HORIZONS, SURVIVAL, derived
from gruviz.errors import GruvizError
from gruviz.figures._heatmap import RIGHT, Place, draw_heatmap, fit_heatmap, height_of, remarks
from gruviz.figures._input import input_panels
from gruviz.figures._page import FAINT, NAME, SMALL, SYMBOL, Page, style
from gruviz.figures._sheet import GAP, MARGIN, NAME_BELOW, Panel, Sheet, ticks
from gruviz.figures._sheet import units as units_of
from gruviz.figures._subject import Subject, subject, without_choice
from gruviz.figures._survived import lasting, survived
from gruviz.figures._wanted import Wanted
from gruviz.recording import Layer, Recording
from gruviz.view import View

_TALLEST, _MEDIAN = 40.0, 18.0
"""Millimetres, of the heatmap and of the line."""
_LEAST, _SHORTEST = 0.01, 20
"""Where no range is given, as many timesteps are shown as some unit has more than this left; at least so many."""
_MARKS = ("1/e", "1/2", "1/10")
"""How the fractions of `HORIZONS` are said."""


def survival(run: Recording, view: View | None = None, *, since: int | None = None, **wanted: Unpack[Wanted]) -> Page:
    """Draw how much of what the units held at one timestep is still there at others.

    From top to bottom: the text or the curve, a heatmap of S(s→t), the product of all keeps after s up to t, and its
    median over all units, with the timesteps at which that falls below 1/2, 1/e and 1/10.

    Args:
        run: an open recording.
        view: what is being looked at.
        since: the timestep s; without it the reference cursor of the view, or else the first of the range that the
            layer reads.
        wanted: as in `Wanted`. Without a range and a view, from s as long as some unit has 1 % left. There are no
            `quantities` to choose from.

    Returns:
        A matplotlib figure, with its provenance in `.provenance`.

    Raises:
        GruvizError: the recording has no such layer, sequence, range, unit or timestep, or its cell has no keep.
    """
    without_choice(wanted, "survival")
    shown = subject(run, view, wanted)
    if shown.layer.cell.keep is None:
        raise GruvizError(
            f"{shown.layer.name} is a plain {shown.layer.cell.title}: it has no keep, so nothing of a state survives"
        )
    if since is None and view is not None and view.pane.sequence == shown.sequence.index:
        since = view.reference
    if since is None:
        since = shown.stop - 1 if shown.layer.backward else shown.start
    if not 0 <= since < shown.sequence.length:
        raise GruvizError(f"there is no timestep {since} in a sequence of {shown.sequence.length:,}: mark one that is")
    if view is None and wanted.get("start") is None and wanted.get("stop") is None:
        steps = max(lasting(shown.layer, shown.sequence.index, since, _LEAST), _SHORTEST)
        start, stop = (since - steps, since + 1) if shown.layer.backward else (since, since + steps + 1)
        shown = replace(shown, start=max(start, 0), stop=min(stop, shown.sequence.length))
    with style(shown.style):
        return _Survival(shown, since).page()


class _Survival(Sheet):
    """A heatmap, and the median below it."""

    name = "survival"
    title = "Survival"
    classed = False
    direct = True

    def __init__(self, shown: Subject, since: int) -> None:
        super().__init__(shown, (), fit_heatmap(shown), RIGHT)
        self.since = since
        self.height = height_of(len(shown.units), _TALLEST)
        self.found = survived(shown.layer, shown.sequence.index, self.columns, since, shown.reduction)

    def options(self) -> dict[str, Any]:
        """The marked timestep."""
        return {"since": self.since}

    def panels(self) -> list[Panel]:
        """The input, the heatmap, the line."""
        return [
            *input_panels(self),
            Panel(self.height, 0.8, self._draw_heatmap),
            Panel(_MEDIAN, GAP, self._draw_median),
        ]

    def remarks(self) -> list[str]:
        """What is drawn, and how long the median lasts."""
        size, layer = self.shown.layer.size, self.shown.layer
        k = layer.cell[str(layer.cell.keep)].symbol
        product = f"S = {k}_(s−1) ⋯ {k}_t" if layer.backward else f"S = {k}_(s+1) ⋯ {k}_t"
        fallen = [
            f"below {mark} after {abs(at - self.since):,}"
            for mark, at in sorted(zip(_MARKS, self.found.horizons, strict=True), key=lambda each: -_SIZE[each[0]])
            if at is not None
        ]
        lasts = f"median over {units_of(size)}: " if size > 1 else ""
        lasts += f"{', '.join(fallen)} timesteps" if fallen else "not below 1/2 in this range"
        told = f"{product}, the share of the {_state(layer)} at s = {self.since:,} that is left"
        return [told, lasts, *remarks(self, self.height)]

    def _draw_heatmap(self, page: Page, axes: Axes, top: float) -> None:
        quantity = next(each for each in derived(self.shown.layer.cell) if each.name == SURVIVAL)
        before = np.flatnonzero(np.isnan(self.found.values).all(axis=1))
        draw_heatmap(
            self, Place(page, axes, top, self.height), quantity, self.found.values[:, self.shown.units], 0.0, 1.0
        )
        if len(before):
            edges = self.columns.edges - 0.5
            axes.axvspan(edges[before[0]], edges[before[-1] + 1], color="white", linewidth=0)
        self._mark(axes)
        page.write(MARGIN, top, "$S(s\\to t)$", SYMBOL, math=True)
        page.write(MARGIN, top + NAME_BELOW, "survival", NAME)

    def _draw_median(self, page: Page, axes: Axes, top: float) -> None:
        shown, edges = self.shown, self.columns.edges
        known = ~np.isnan(self.found.values[:, 0])
        median = np.full(len(known), np.nan)
        median[known] = np.median(self.found.values[known], axis=1)
        page.hold("median", median, "median of the survival over all units", timestep=edges[:-1])
        falls = [np.nan if at is None else float(at) for at in self.found.horizons]
        page.hold("falls", np.array(falls), "timestep at which the median falls below", below=np.array(_MARKS))
        middle = (edges[:-1] + edges[1:] - 1) / 2
        axes.plot(middle, median, color=palette.RETAINED, linewidth=1.0, gid="median")
        if known.sum() == 1:
            axes.plot(middle, median, ".", color=palette.RETAINED, markersize=4)
        for mark, below, at in zip(_MARKS, HORIZONS, self.found.horizons, strict=True):
            axes.axhline(below, color="#CCCCCC", linewidth=0.4, zorder=0)
            axes.text(1 + 0.8 / self.plot, below, mark, size=SMALL, va="center", transform=axes.get_yaxis_transform())
            if at is not None and shown.start <= at < shown.stop:
                axes.plot(
                    [at, at], [0, below], color=FAINT, linewidth=0.6, linestyle=(0, (2, 1.5)), gid=f"below {mark}"
                )
        self._mark(axes)
        axes.set_ylim(0, 1)
        axes.set_xlim(shown.start - 0.5, shown.stop - 0.5)
        axes.set_yticks([0, 1], ["0", "1"])
        ticks(axes)
        labels = axes.get_yticklabels()
        labels[0].set_verticalalignment("bottom")
        labels[1].set_verticalalignment("top")
        page.write(MARGIN, top + 3.2, f"median over\n{units_of(self.shown.layer.size)}", NAME)

    def _mark(self, axes: Axes) -> None:
        """A line where the column of the marked timestep begins, as the layer reads."""
        if self.shown.start <= self.since < self.shown.stop:
            edge = self.since + (0.5 if self.shown.layer.backward else -0.5)
            axes.axvline(edge, color=palette.SELECTION, linewidth=1.0, gid="since", clip_on=False)


_SIZE = dict(zip(_MARKS, HORIZONS, strict=True))


def _state(layer: Layer) -> str:
    return "state" if layer.cell.state == "hidden" else "cell state"
