"""Saturation on paper: how often each gate is all but shut, and all but open, a dot for each unit."""

from typing import Any, Unpack

import numpy as np
from matplotlib.axes import Axes

from gruviz import palette
from gruviz.analysis import Saturation, check_sides, finish, gather_histogram
from gruviz.cells import Quantity
from gruviz.errors import GruvizError
from gruviz.figures._columns import Columns
from gruviz.figures._page import FOREGROUND, LABEL, NAME, SYMBOL, TICK, Page, style
from gruviz.figures._progress import reading
from gruviz.figures._sheet import Panel, Sheet, ticks
from gruviz.figures._subject import Subject, chosen, subject
from gruviz.figures._wanted import Wanted
from gruviz.recording import Recording
from gruviz.view import View

# Millimetres.
_LEFT, _RIGHT, _BETWEEN, _HEAD, _FOOT, _LARGEST = 10.0, 2.0, 4.5, 5.0, 8.0, 70.0
_WIDE = 24.0
"""A narrower panel has smaller words."""


def saturation(
    run: Recording, view: View | None = None, *, sides: tuple[float, float] | None = None, **wanted: Unpack[Wanted]
) -> Page:
    """Draw how often each gate of each unit is left-saturated, and how often right-saturated, over a range.

    A panel for each gate, a dot in it for each unit: Karpathy, Johnson and Fei-Fei 2015 (arXiv:1506.02078), Figure 2.

    Args:
        run: an open recording.
        view: what is being looked at.
        sides: below the first a gate is left-saturated, above the second right-saturated, to a hundredth; without, as
            in the view, or else 0.1 and 0.9.
        wanted: as in `Wanted`; `quantities` are gates, and without, all that the cell has.

    Returns:
        A matplotlib figure, with its provenance in `.provenance`.

    Raises:
        GruvizError: the recording has no such layer, sequence, range, unit or gate, or its cell has none.
    """
    shown = subject(run, view, wanted)
    gates = tuple(each for each in shown.layer.cell.quantities if each.fraction)
    if not gates:
        raise GruvizError(f"{shown.layer.name} is a plain {shown.layer.cell.title}: it has no gates")
    if (names := wanted.get("quantities")) is not None:
        picked = chosen(shown.layer, names)
        if other := next((each for each in picked if not each.fraction), None):
            raise GruvizError(f"{other.name} is no gate: choose among {', '.join(each.name for each in gates)}")
        gates = picked
    low, high = sides or (view or View()).sides
    try:
        check_sides(low, high)
    except ValueError as error:
        raise GruvizError(str(error)) from None
    with style(shown.style):
        return _Saturation(shown, gates, (round(low, 2), round(high, 2))).page()


class _Saturation(Sheet):
    """The panels beside each other."""

    name = "saturation"
    title = "Saturation"
    timed = False
    classed = False

    def __init__(self, shown: Subject, gates: tuple[Quantity, ...], sides: tuple[float, float]) -> None:
        super().__init__(shown, gates, Columns(shown.start, shown.stop, 1), _RIGHT, _LEFT)
        self.sides = sides
        rows = [(self.rows.start, self.rows.stop)]
        self.found: dict[str, Saturation] = {
            gate.name: finish(
                gather_histogram(shown.layer, gate.name, rows), reading(shown.stop - shown.start)
            ).saturation(*sides)
            for gate in gates
        }
        self.side = min(_LARGEST, (self.plot - _BETWEEN * (len(gates) - 1)) / len(gates))

    def options(self) -> dict[str, Any]:
        """Where gates count as saturated."""
        return {"sides": list(self.sides)}

    def panels(self) -> list[Panel]:
        """One that holds them all."""
        return [Panel(_HEAD + self.side + _FOOT, 0.0, self._draw)]

    def remarks(self) -> list[str]:
        """What a dot is."""
        low, high = self.sides
        return [
            "Each dot is a unit: to the right the fraction of timesteps at which the gate is left-saturated "
            f"(< {low:g}), upwards that at which it is right-saturated (> {high:g})"
        ]

    def _draw(self, page: Page, axes: Axes, top: float) -> None:
        axes.set_axis_off()
        for place, gate in enumerate(self.quantities):
            left = self.left + place * (self.side + _BETWEEN)
            part = page.panel(left, top + _HEAD, self.side, self.side)
            page.write(left, top + 0.3, gate.mathtext, SYMBOL, math=True)
            wide = self.side > _WIDE
            page.write(left + 4.6, top + (0.7 if wide else 0.9), gate.title, LABEL if wide else NAME)
            self._draw_gate(page, part, gate, first=place == 0)

    def _draw_gate(self, page: Page, axes: Axes, gate: Quantity, *, first: bool) -> None:
        found, units = self.found[gate.name], self.shown.units
        both = np.stack([found.left[units], found.right[units]], axis=1)
        about = f"fraction of timesteps at which {gate.title} is left- and right-saturated"
        page.hold(gate.name, both, about, unit=units, side=np.array(["left", "right"]))
        axes.plot([0, 1], [1, 0], color="#BBBBBB", linewidth=0.5, zorder=0)  # no dot can lie beyond it
        axes.plot(
            found.left[units],
            found.right[units],
            "o",
            color=palette.LINES.get(gate.name, FOREGROUND),
            alpha=0.7 if len(units) > 1 else 1.0,
            markersize=2.6,
            markeredgewidth=0,
            clip_on=False,
            gid=f"saturation-{gate.name}",
        )
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"] if first else [])
        ticks(axes)
        axes.get_xticklabels()[0].set_horizontalalignment("left")
        axes.get_xticklabels()[2].set_horizontalalignment("right")
        axes.set_xlabel("left-saturated", size=LABEL if self.side > _WIDE else TICK, labelpad=1.0)
        if first:
            axes.set_ylabel("right-saturated", size=LABEL if self.side > _WIDE else TICK, labelpad=1.0)
