"""Survival against the gradient on paper: the direct path from one timestep to the others beside all paths."""

from dataclasses import replace
from typing import Unpack

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from gruviz import palette
from gruviz.analysis import Between, Pair, between
from gruviz.errors import GruvizError
from gruviz.figures._advice import command
from gruviz.figures._columns import fit
from gruviz.figures._courses import MOST_POINTS, Course, draw_courses, draw_thresholds, key_panel, log_scale
from gruviz.figures._input import input_panels
from gruviz.figures._page import NAME, Page, style
from gruviz.figures._sheet import LEFT, MARGIN, Panel, Sheet
from gruviz.figures._subject import Subject, subject, whole, without_choice
from gruviz.figures._wanted import Wanted
from gruviz.recording import Recording
from gruviz.view import View

_HEIGHT, _RIGHT = 34.0, 2.5
MOST_UNITS = 3


def paths(run: Recording, view: View | None = None, **wanted: Unpack[Wanted]) -> Page:
    """Draw survival beside the norm of dh_t/dh_s, logarithmic: what the direct path leaves, and what all paths pass on.

    From the timestep s that was followed, if one was and no other is marked in the view, to every t after it; else to
    the timestep that was followed back, from every one before it. Of an LSTM it is the cell state; of a plain RNN,
    which has no direct path, all paths alone. Up to 3 units that are named are drawn too, dashed: their own survival,
    and the norm of what all units depend on them by.

    Args:
        run: an open recording, after `gruviz gradient`.
        view: what is being looked at.
        wanted: as in `Wanted`. Without a range and a view, what was followed. There are no `quantities` to choose from.

    Returns:
        A matplotlib figure, with its provenance in `.provenance`.

    Raises:
        GruvizError: there is no such layer, sequence, range or unit, or nothing of the kind was computed for it.
    """
    without_choice(wanted, "paths")
    shown = subject(run, view, wanted)
    index, units = shown.sequence.index, wanted.get("units")
    found = between(shown.layer, index, "since")
    if found is None or (view is not None and view.reference not in (None, found.fixed)):
        found = between(shown.layer, index, "reached")
    if found is None:
        raise GruvizError(
            f"what the states of {shown.layer.name} depend on is not in {run.name} for sequence {index}: compute it, "
            f"{command(run, shown.layer, loss=False)}"
        )
    named = tuple(int(unit) for unit in shown.units) if units is not None and not isinstance(units, str) else ()
    if len(named) > MOST_UNITS:
        raise GruvizError(f"there is room for {MOST_UNITS} units, not {len(named)}: choose fewer")
    if view is None and wanted.get("start") is None and wanted.get("stop") is None:
        shown = replace(shown, start=found.start, stop=found.start + len(found.total))
    if not named:
        shown = whole(shown)
    with style(shown.style):
        return _Paths(shown, found, named).page()


class _Paths(Sheet):
    """The input, a key, and the lines."""

    name = "paths"
    title = "Direct path and all paths"
    classed = False
    direct = True

    def __init__(self, shown: Subject, found: Between, named: tuple[int, ...]) -> None:
        most = int((shown.width - LEFT - _RIGHT) / 25.4 * MOST_POINTS)
        super().__init__(shown, (), fit(shown.layer, shown.start, shown.stop, most), _RIGHT)
        self.found = found
        self.direct = shown.layer.cell.keep is not None
        self.courses = [Course("all paths", self._spread(found.total), palette.GRADIENT, gid="total")]
        if self.direct:
            label = "direct path: survival, the largest of any unit"
            self.courses.append(Course(label, self._spread(found.direct), palette.RETAINED, shallow=True, gid="direct"))
        for unit in named:
            for name, values, colour in (
                ("all", found.unit_total, palette.GRADIENT),
                ("direct", found.unit_direct, palette.RETAINED),
            ):
                if values is not None:
                    label, gid = f"unit {unit:,}, {name}", f"{name}-{unit}"
                    self.courses.append(Course(label, self._spread(values[:, unit]), colour, True, True, gid))
        self.scale = log_scale(self.courses, shown.start, shown.stop)

    def _spread(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """From the first timestep of the sequence on."""
        whole = np.full(self.shown.sequence.length, np.nan)
        whole[self.found.start : self.found.start + len(values)] = values
        return whole

    def panels(self) -> list[Panel]:
        """One below the other."""
        return [*input_panels(self), key_panel(self, self.courses), Panel(_HEIGHT, 0.8, self._draw)]

    @property
    def pair(self) -> Pair | None:
        """The two timesteps farthest from each other in sight, of which the small print says what to make of them."""
        last = self.found.start + len(self.found.total) - 1
        inside = [t for t in (self.found.start, last) if t != self.found.fixed]
        far = next((min(max(t, self.shown.start), self.shown.stop - 1) for t in inside), None)
        return self.found.pair(far) if far is not None and self.found.knows(far) else None

    def remarks(self) -> list[str]:
        """Between which timesteps, and whether the two agree."""
        found, state = self.found, "c" if self.shown.layer.cell.state == "cell" else "h"
        matrix = f"∂{state}_t/∂{state}_s"
        told = [f"spectral norm of {matrix}, " + (f"s = {found.fixed:,}" if found.since else f"t = {found.fixed:,}")]
        pair = self.pair
        if pair is not None and pair.words:
            told.append(f"s = {pair.s:,}, t = {pair.t:,}: {pair.words[0].lower()}{pair.words[1:-1]}")
        told.append("vanishing and exploding: by more than a factor of 1,000, a convention of ours")
        return told + [f"1 point = {self.columns.factor:,} steps (least to greatest)"] * (self.columns.factor > 1)

    def _draw(self, page: Page, axes: Axes, top: float) -> None:
        axes.set_xlim(self.shown.start - 0.5, self.shown.stop - 0.5)
        draw_courses(page, axes, self.courses, self.columns, self.scale)
        draw_thresholds(page, axes, self.courses, self.scale, 0.0, marks=(self.found.fixed,))
        if self.shown.start <= self.found.fixed < self.shown.stop:
            axes.axvline(self.found.fixed, color=palette.SELECTION, linewidth=1.0, gid="fixed", zorder=0.5)
        page.write(MARGIN, top, "norm", NAME)
