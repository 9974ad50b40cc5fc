"""A training on paper: how gates saturated and timescales spread while a network learned, with gradient and loss."""

from collections.abc import Callable
from typing import Any, Unpack

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from gruviz import palette
from gruviz.analysis import binned, finish, gather_over_training, logarithmic
from gruviz.errors import GruvizError
from gruviz.figures._columns import Columns
from gruviz.figures._page import FOREGROUND, LABEL, TICK, Page, style, text_width
from gruviz.figures._sheet import Panel, Sheet, ticks
from gruviz.figures._subject import Subject, subject, without_choice
from gruviz.figures._wanted import Wanted
from gruviz.recording import Recording, SequenceInfo, over_training
from gruviz.view import View

Floats = NDArray[np.float64]
# Millimetres.
_LEFT, _RIGHT, _HEIGHT, _TITLE, _BETWEEN, _FOOT = 11.0, 3.0, 17.0, 4.0, 1.5, 8.5
_POINTS = 600
"""Of a line, at most."""
_LEAST, _MOST = 0.1, 1e7
"""The shortest and the longest timescale that an axis goes to."""
_MARKS = ("o", "s", "^")
"""Of the gates: never colour alone."""
_Draw = Callable[[Page, Axes, float], None]


def training(
    run: Recording, view: View | None = None, *, sides: tuple[float, float] | None = None, **wanted: Unpack[Wanted]
) -> Page:
    """Draw how gates saturated and timescales spread over a training, with the norm of the gradient and the loss.

    Over the training steps of the checkpoints that read one sequence: the share of units and timesteps at which each
    gate is left-saturated and right-saturated (Karpathy, Johnson and Fei-Fei 2015, arXiv:1506.02078); the median of
    the units' timescales -1 / mean(ln k), and where eight of ten lie; of a cell without a keep, of the autocorrelation
    time of its state.

    Args:
        run: an open recording.
        view: what is being looked at.
        sides: below the first a gate is left-saturated, above the second right-saturated, to a hundredth; without, as
            in the view, or else 0.1 and 0.9.
        wanted: as in `Wanted`: the sequence is one of those that several checkpoints read. There are no `quantities`
            to choose from.

    Returns:
        A matplotlib figure, with its provenance in `.provenance`.

    Raises:
        GruvizError: the recording has no such layer, sequence, range or unit, or one checkpoint alone read it.
    """
    without_choice(wanted, "training")
    shown = subject(run, view, wanted)
    alike = over_training(shown.layer.tape.sequences, shown.sequence.index)
    if len(alike) < 2:
        raise GruvizError(
            f"sequence {shown.sequence.index} ({shown.sequence.name}) was not read at several training steps: "
            "record a training with gruviz train --probe"
        )
    low, high = sides or (view or View()).sides
    if not 0 <= low <= high <= 1:
        raise GruvizError(f"a gate cannot be saturated below {low:g} and above {high:g}: give two numbers from 0 to 1")
    with style(shown.style):
        return _Training(shown, alike, (round(low, 2), round(high, 2))).page()


class _Training(Sheet):
    """Panels below each other, all over the same axis of training."""

    name = "training"
    title = "Training"
    timed = False
    classed = False

    def __init__(self, shown: Subject, alike: tuple[SequenceInfo, ...], sides: tuple[float, float]) -> None:
        super().__init__(shown, (), Columns(shown.start, shown.stop, 1), _RIGHT, _LEFT)
        self.direct = shown.layer.cell.keep is not None
        self.sides = sides
        self.gates = [each for each in shown.layer.cell.quantities if each.fraction]
        units = None if shown.everything else shown.units
        self.over = finish(gather_over_training(shown.layer, alike, (shown.start, shown.stop), units))
        self.course = shown.run.training
        self.logarithmic = logarithmic(self.over.steps)

    def options(self) -> dict[str, Any]:
        """Where gates count as saturated."""
        return {"sides": list(self.sides)}

    def panels(self) -> list[Panel]:
        """From the gates to the loss, as far as they are there."""
        draw = [self._draw_saturation] if self.gates else []
        draw.append(self._draw_timescales)
        if self.course is not None and len(self.course.step):
            draw += [self._draw_norm, self._draw_loss]
        panels = []
        for number, each in enumerate(draw):
            last = number == len(draw) - 1

            def row(page: Page, axes: Axes, top: float, each: _Draw = each, last: bool = last) -> None:
                axes.set_axis_off()
                axes.set_xlim(0, self.plot)
                part = page.panel(self.left, top + _TITLE, self.plot, _HEIGHT)
                each(page, part, top)
                if each == self._draw_saturation:
                    self._key(page, axes, top)
                self._axis(part, named=last)

            panels.append(Panel(_TITLE + _HEIGHT + _FOOT * last, _BETWEEN if number else 0.5, row))
        return panels

    def remarks(self) -> list[str]:
        """What is drawn."""
        steps, cell, (low, high) = self.over.steps, self.shown.layer.cell, self.sides
        told = [f"{len(steps)} checkpoints at the training steps {steps[0]:,} to {steps[-1]:,}, each a mark"]
        if self.gates:
            told.append(
                f"solid: the share of values of a gate above {high:g} (open), dashed: below {low:g} (shut), "
                "over all units and timesteps shown"
            )
        kind = f"−1/mean(ln {cell[cell.keep].symbol})" if cell.keep else f"autocorrelation of {cell[cell.state].symbol}"
        told.append(f"timescales by {kind}: the median of the units, in the band from the 10th to the 90th of hundred")
        if self.course is not None and len(self.course.step):
            told.append("gradient norm before clipping and loss of each step’s batch, means over neighbouring steps")
        return told

    def _scaled(self, steps: NDArray[np.integer] | Floats) -> Floats:
        """Where steps stand on the axis."""
        return np.log1p(steps) if self.logarithmic else np.asarray(steps, np.float64)

    def _axis(self, axes: Axes, *, named: bool) -> None:
        """The axis of training; numbers below the last panel alone."""
        steps = self.over.steps
        first, last = int(steps[0]), int(steps[-1])
        low, high = self._scaled(np.array([first, last]))
        axes.set_xlim(low, high)
        if self.logarithmic:
            marks = [0, *(10**power for power in range(12))]
        else:
            places = MaxNLocator(max(3, int(self.plot / 16)), integer=True, steps=[1, 2, 5, 10])
            marks = [int(each) for each in places.tick_values(first, last)]
        kept: list[int] = []
        ends = -np.inf  # of the label before, in millimetres
        room = self._place(last) - text_width(f"{last:,}", TICK) - 1.5
        for mark in (each for each in marks if first <= each < last):
            half = text_width(f"{mark:,}", TICK) / 2
            if self._place(mark) - half > ends and self._place(mark) + half < room:
                kept.append(mark)
                ends = self._place(mark) + half + 1.5
        kept.append(last)
        axes.set_xticks(self._scaled(np.array(kept)), [f"{each:,}" for each in kept] if named else [])
        ticks(axes)
        if named:
            axes.get_xticklabels()[-1].set_horizontalalignment("right")
            words = "training step (on the scale of log(1 + step))" if self.logarithmic else "training step"
            axes.set_xlabel(words, size=LABEL, labelpad=1.0)

    def _place(self, step: int) -> float:
        """Millimetres from the left end of the axis."""
        low, high, at = self._scaled(np.array([self.over.steps[0], self.over.steps[-1], step]))
        return float((at - low) / (high - low) * self.plot)

    def _key(self, page: Page, axes: Axes, top: float) -> None:
        """The gates by name, at the right of the title; each has a colour and a mark."""
        x = self.plot
        axes.set_ylim(axes.get_position().height * page.height, 0)  # in millimetres
        for gate, mark in reversed(list(zip(self.gates, _MARKS, strict=False))):
            x -= text_width(gate.title, TICK)
            page.write(self.left + x, top + 0.4, gate.title, TICK)
            x -= 2.2
            axes.plot(x, 1.9, mark, color=palette.LINES[gate.name], markersize=3, markeredgewidth=0, clip_on=False)
            x -= 3.0

    def _draw_saturation(self, page: Page, axes: Axes, top: float) -> None:
        page.write(self.left, top, "saturated", LABEL)
        x, most = self._scaled(self.over.steps), 0.1
        for gate, mark in zip(self.gates, _MARKS, strict=False):
            left, right = self.over.saturation(gate.name, *self.sides)
            both, about = np.stack([left, right], axis=1), f"share of values of {gate.title} that are shut and open"
            page.hold(gate.name, both, about, step=self.over.steps, side=np.array(["shut", "open"]))
            most = max(most, np.nanmax([left, right]))
            for values, line, side in ((right, "-", "open"), (left, "--", "shut")):
                axes.plot(
                    x,
                    values,
                    line,
                    marker=mark,
                    markersize=2.2,
                    markeredgewidth=0,
                    linewidth=0.9,
                    color=palette.LINES[gate.name],
                    clip_on=False,
                    gid=f"{side}-{gate.name}",
                )
        top_ = min(1.0, float(np.ceil(most * 10) / 10))
        axes.set_ylim(0, top_)
        axes.set_yticks([0, top_], ["0", f"{top_:g}"])

    def _draw_timescales(self, page: Page, axes: Axes, top: float) -> None:
        x = self._scaled(self.over.steps)
        low, middle, high = np.clip(self.over.timescales, _LEAST, _MOST).T
        quantile, about = np.array([0.1, 0.5, 0.9]), "quantiles over units of the timescale, in timesteps"
        page.hold("timescale", np.stack([low, middle, high], axis=1), about, step=self.over.steps, quantile=quantile)
        colour = palette.RETAINED if self.direct else FOREGROUND
        page.write(self.left, top, "timescale, in timesteps", LABEL)
        axes.fill_between(x, low, high, color=colour, alpha=0.25, linewidth=0, gid="band")
        axes.plot(
            x,
            middle,
            "-o",
            color=colour,
            markersize=1.8,
            markeredgewidth=0,
            linewidth=0.9,
            clip_on=False,
            gid="median",
        )
        self._logarithmic(axes, np.concatenate([low, high]))

    def _draw_norm(self, page: Page, axes: Axes, top: float) -> None:
        assert self.course is not None
        page.write(self.left, top, "gradient norm", LABEL)
        values = self._line(
            axes, np.where(self.course.gradient_norm > 0, self.course.gradient_norm, np.nan), "norm", page
        )
        self._logarithmic(axes, values)

    def _draw_loss(self, page: Page, axes: Axes, top: float) -> None:
        assert self.course is not None
        page.write(self.left, top, "loss", LABEL)
        values = self._line(axes, self.course.loss, "loss", page)
        low, high = float(values.min()), float(values.max())
        pad = (high - low or 1.0) * 0.05
        axes.set_ylim(low - pad, high + pad)
        axes.yaxis.set_major_locator(MaxNLocator(2))

    def _line(self, axes: Axes, values: Floats, gid: str, page: Page) -> Floats:
        assert self.course is not None
        low, high = self._scaled(self.over.steps[[0, -1]])
        places = (self._scaled(self.course.step) - low) / (high - low)
        at, means = binned(places, values, _POINTS)
        steps = low + at * (high - low)
        about = f"{gid} of a step's batch, means over neighbouring steps"
        page.hold(gid, means, about, step=np.expm1(steps) if self.logarithmic else steps)
        axes.plot(low + at * (high - low), means, color=FOREGROUND, linewidth=0.7, gid=gid)
        return means

    def _logarithmic(self, axes: Axes, values: Floats) -> None:
        """A logarithmic axis around some values, with a label at each end at least."""
        known = values[np.isfinite(values)]
        low, high = (known.min(), known.max()) if len(known) else (1.0, 10.0)
        axes.set_yscale("log")
        axes.set_ylim(low / 1.15, high * 1.15)
        axes.minorticks_off()
        marks = [part * 10.0**power for power in range(-9, 9) for part in (1, 2, 5)]
        marks = [each for each in marks if low / 1.15 <= each <= high * 1.15]
        if len(marks) > 5:
            marks = [each for each in marks if f"{each:e}".startswith("1")]
        apart = max(1, -(-len(marks) // 5))
        axes.set_yticks(marks[::apart], [f"{each:,.10g}" if each >= 1e-4 else f"{each:.0e}" for each in marks[::apart]])
