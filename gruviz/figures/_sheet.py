"""What all figures of a range of timesteps share: margins, the time axis, the small print, where it comes from."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import astuple, dataclass
from importlib.metadata import version
from typing import Any, ClassVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from gruviz.cells import RESETS, Quantity, Thresholds
from gruviz.clock import Clock
from gruviz.figures._columns import Columns
from gruviz.figures._page import FAINT, LABEL, SMALL, TICK, Page, Provenance, text_width, wrap
from gruviz.figures._subject import Subject
from gruviz.figures._words import numbers, word

# Millimetres.
MARGIN, LEFT = 1.0, 17.5
GAP = 2.0
NAME_BELOW = 3.9
_AXIS = 8.5
"""For the ticks and the label of the time axis."""


@dataclass(frozen=True)
class Panel:
    """One row of a figure: its height in millimetres, the gap above it, and how it is drawn."""

    height: float
    gap: float
    draw: Callable[[Page, Axes, float], None]
    """Given the page, the panel's axes and its distance from the upper edge."""


class Sheet(ABC):
    """A page of panels above each other on one time axis."""

    name: ClassVar[str]
    """Of the figure, as in `FIGURES`."""
    title: ClassVar[str]
    """What the name of the layer and the sequence follow."""
    timed: ClassVar[bool] = True
    """Its panels share an axis of time, below the last."""
    classed: ClassVar[bool] = True
    """It says where retained and overwritten begin."""
    of_sequence: bool = True
    """It shows something of a sequence, not of the layer's cell alone."""
    direct: bool = False
    """It is about what survives, which it says is the direct path alone."""

    def __init__(
        self,
        shown: Subject,
        quantities: tuple[Quantity, ...],
        columns: Columns,
        right: float,
        left: float = LEFT,
    ) -> None:
        """Lay it out.

        Args:
            shown: what the figure is about.
            quantities: what it shows of it.
            columns: what its timesteps are put together to.
            right: the width of the margin at the right, in millimetres.
            left: of the one at the left.
        """
        self.shown = shown
        self.quantities = quantities
        self.columns = columns
        self.width = shown.width
        self.left = left
        self.plot = self.width - left - right
        self.gaps = False
        """Whether missing values are gaps in a curve."""

    @abstractmethod
    def panels(self) -> list[Panel]:
        """From top to bottom."""

    @abstractmethod
    def remarks(self) -> list[str]:
        """What else the small print says of this kind of figure, clause by clause."""

    def options(self) -> dict[str, Any]:
        """Its own options by name, plain values, beside those of every figure."""
        return {}

    def facts(self) -> dict[str, str]:
        """What is known of it besides."""
        return {}

    def hold(self, page: Page, quantity: Quantity, values: NDArray[np.floating]) -> None:
        """Hand over what is drawn of a quantity, (columns, units)."""
        how = f", {self.shown.reduction} over the timesteps of a column" * (self.columns.factor > 1)
        about = f"{quantity.title} {quantity.symbol}{how}"
        page.hold(quantity.name, values, about, timestep=self.columns.edges[:-1], unit=self.shown.units)

    def page(self) -> Page:
        """Draw it."""
        panels = self.panels()
        top = MARGIN
        bottom = top + sum(panel.gap + panel.height for panel in panels) + (_AXIS if self.timed else GAP)
        small = wrap(self._small_print(), SMALL, self.width - 2 * MARGIN)
        line = SMALL * 1.35 / 72 * 25.4
        page = Page(self.width, bottom + len(small) * line + MARGIN, self._provenance(), self.shown.style)
        for panel in panels:
            top += panel.gap
            axes = page.panel(self.left, top, self.plot, panel.height)
            axes.set_xlim(self.shown.start - 0.5, self.shown.stop - 0.5)
            axes.set_xticks([])
            panel.draw(page, axes, top)
            top += panel.height
            page.timed += [axes] * self.timed
        if self.timed:
            self._time_axis(axes)
        for number, text in enumerate(small):
            page.write(MARGIN, bottom + number * line, text, SMALL, colour=FAINT)
        page.finish()
        return page

    @property
    def clock(self) -> Clock | None:
        """What turns timesteps into seconds, where they have a rate."""
        return Clock.of(self.shown.layer.tape.rate, self.shown.layer.tape.unit)

    @property
    def rows(self) -> slice:
        """Of the tape."""
        return slice(self.shown.sequence.offset + self.shown.start, self.shown.sequence.offset + self.shown.stop)

    def _time_axis(self, axes: Axes) -> None:
        if clock := self.clock:
            for apart in (7, 11, 18):  # millimetres, as the labels need
                marks = clock.ticks(self.shown.start, self.shown.stop, self.plot / apart)
                if all(text_width(label, TICK) < apart - 2 for _, label in marks):
                    break
            axes.set_xticks([place for place, _ in marks], [label for _, label in marks])
            ticks(axes)
            axes.set_xlabel(clock.title, size=LABEL, labelpad=1.5, parse_math=False)
            return
        most = max(3, int(self.plot / 11))
        places = MaxNLocator(most, integer=True, steps=[1, 2, 5, 10]).tick_values(self.shown.start, self.shown.stop - 1)
        at = [int(t) for t in places if t == int(t) and self.shown.start <= t < self.shown.stop]
        axes.set_xticks(at, [f"{t:,}" for t in at])
        ticks(axes)
        axes.set_xlabel("timestep", size=LABEL, labelpad=1.5)

    def _small_print(self) -> str:
        shown, layer, cell = self.shown, self.shown.layer, self.shown.layer.cell
        backward = ", backward" if layer.backward else ""
        clock = self.clock
        time = f" ({clock.number(shown.start)} to {clock.say(shown.stop - 1)})" if clock else ""
        when = f"timesteps {shown.start:,} to {shown.stop - 1:,}"
        if shown.stop - shown.start == 1:
            when, time = f"timestep {shown.start:,}", f" ({clock.say(shown.start)})" if clock else ""
        of = "" if shown.everything else f"{len(shown.units):,} of "
        sentences = [
            f"{shown.run.name}, layer {layer.name} ({cell.title}{backward}, {of}{units(layer.size)}), "
            f"sequence {shown.sequence.index} ({shown.sequence.name}), {when}{time}."
        ] * self.of_sequence
        if cell.keep is not None:
            symbol = cell[cell.keep].symbol
            share = (
                "1 keeps the old state, 0 overwrites it"
                if cell.state == "hidden"
                else "1 keeps the cell state, 0 drops it"
            )
            source = (
                "PyTorch’s convention" if layer.convention == "pytorch" else f"from {layer.convention}’s convention"
            )
            source += f", {RESETS['before']}" if layer.reset == "before" else ""
            sentences.append(f"{symbol} is the keep: {share} ({source}).")
            sentences += [_sentence(shown.thresholds.describe())] * self.classed
            sentences += ["The direct path alone: a candidate reads the old states again."] * self.direct
        if remarks := self.remarks():
            sentences.append(_sentence("; ".join(remarks)))
        if self.gaps:
            sentences.append("Gaps in the curve: missing values.")
        residual = float(layer.residuals[shown.sequence.index])
        if np.isfinite(residual) and self.of_sequence:
            doubt = "" if layer.trusted else f", more than {layer.dtype} explains"
            sentences.append(f"Residual {number(residual)}{doubt}.")
        return " ".join(sentences)

    def _provenance(self) -> Provenance:
        shown, layer = self.shown, self.shown.layer
        names = [quantity.name for quantity in self.quantities]
        usual = layer.thresholds or Thresholds()
        options: dict[str, Any] = {
            "layer": layer.name,
            "sequence": shown.sequence.index,
            "start": shown.start,
            "stop": shown.stop,
            **({"quantities": names} if names else {}),
            **self.options(),
            **shown.choice,
            **({"thresholds": list(astuple(shown.thresholds))} if shown.thresholds != usual else {}),
            **({"reduction": shown.reduction} if self.columns.factor > 1 and shown.reduction != "mean" else {}),
            **({"marked": marked} if (marked := [unit for unit in shown.marked if unit in shown.units]) else {}),
            "style": shown.style.plain(),
        }
        checkpoints = shown.run.checkpoints
        of = checkpoints.get(shown.sequence.checkpoint) or checkpoints.get(-1) or {}
        facts = {
            "recording": shown.run.name,
            "uuid": shown.run.uuid,
            "digest": shown.run.digest,
            **({"weights": f"sha256:{of['sha256']}"} if of.get("sha256") else {}),
            "layer": layer.name,
            "sequence": f"{shown.sequence.index} ({shown.sequence.name})",
            "range": f"{shown.start}:{shown.stop}",
            "units": f"all, by {shown.order}" if shown.order and not shown.where else numbers(shown.units.tolist()),
            **({"units where": shown.where} if shown.where else {}),
            **({"quantities": ",".join(names)} if names else {}),
            **{name: word(value) for name, value in self.options().items()},
            **self.facts(),
            "thresholds": shown.thresholds.describe(),
            "convention": layer.convention,
            "residual": f"{float(layer.residuals[shown.sequence.index]):.3g}",
            "steps per column": str(self.columns.factor),
            "gruviz": version("gruviz"),
        }
        return Provenance(
            self.name,
            f"{self.title} of {layer.name}" + f", {shown.sequence.name}" * self.of_sequence,
            shown.run.name,
            shown.run.path,
            facts,
            options,
            self._small_print(),
        )


def ticks(axes: Axes) -> None:
    """Small ticks with numbers close to them."""
    axes.tick_params(labelsize=TICK, length=1.5, width=0.5, pad=1.2)


def hold_within(axes: Axes, upside_down: bool = False) -> None:
    """Keep the numbers at the two ends of a vertical axis from meeting those of the next panel."""
    labels = axes.get_yticklabels()
    if labels:
        lowest, highest = (labels[-1], labels[0]) if upside_down else (labels[0], labels[-1])
        lowest.set_verticalalignment("bottom")
        highest.set_verticalalignment("top")


def number(value: float) -> str:
    """Three significant digits, and a minus sign that is one."""
    return f"{value:.3g}".replace("-", "−")


def units(number: int) -> str:
    """How many."""
    return "1 unit" if number == 1 else f"{number:,} units"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."
