"""The gradient through time on paper: the norm of dL/dh_t at each timestep, of several layers or recordings."""

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from gruviz.analysis import acting, set_out
from gruviz.errors import GruvizError
from gruviz.figures._advice import for_a_loss
from gruviz.figures._columns import fit
from gruviz.figures._courses import MOST_POINTS, Course, draw_courses, draw_thresholds, key_panel, log_scale
from gruviz.figures._input import input_panels
from gruviz.figures._page import NAME, Page, style
from gruviz.figures._sheet import LEFT, MARGIN, Panel, Sheet
from gruviz.figures._subject import Subject, subject, whole, without_choice
from gruviz.figures._wanted import Wanted
from gruviz.recording import Layer, Recording
from gruviz.recording.gradient import NONE, SUM
from gruviz.view import View

_HEIGHT, _RIGHT = 34.0, 2.5
_COLOURS = ("#AA4499", "#332288", "#117733", "#88CCEE", "#DDCC77", "#661100")
"""Of lines that have no meaning of their own: Tol's muted scheme, told apart by everybody."""


def gradient(
    run: Recording, view: View | None = None, *, beside: Sequence[Recording] = (), **wanted: Unpack[Wanted]
) -> Page:
    """Draw how the gradient of the loss runs back through time: the norm of dL/dh_t at each timestep, logarithmic.

    Of one recording a line for each layer of the tape, or the one that is named; of an LSTM also the norm of dL/dc_t,
    dashed. Beside others one line for each recording, over what its gradient set out with, so that cells can be
    compared. Where one has vanished or exploded, by a factor of a thousand, the ground says so.

    Args:
        run: an open recording whose gradients were computed.
        view: what is being looked at.
        beside: other open recordings, of which the sequence of the same number is drawn: in the layer of the same
            name, or else the last.
        wanted: as in `Wanted`. There are no `quantities` to choose from.

    Returns:
        A matplotlib figure, with its provenance in `.provenance`.

    Raises:
        GruvizError: there is no such layer, sequence or range, or the gradient of no loss was computed for it.
    """
    without_choice(wanted, "gradient")
    shown = whole(subject(run, view, wanted))
    if len(beside) >= len(_COLOURS):
        raise GruvizError(f"there is room for {len(_COLOURS)} recordings: draw fewer beside each other")
    with style(shown.style):
        return _Gradient(shown, tuple(beside), named=wanted.get("layer") is not None).page()


class _Gradient(Sheet):
    """The input, a key, and the lines."""

    name = "gradient"
    title = "Gradient"
    classed = False

    def __init__(self, shown: Subject, beside: tuple[Recording, ...], named: bool) -> None:
        most = int((shown.width - LEFT - _RIGHT) / 25.4 * MOST_POINTS)
        super().__init__(shown, (), fit(shown.layer, shown.start, shown.stop, most), _RIGHT)
        self.beside = beside
        layers = [shown.layer, *(_matching(other, shown) for other in beside)]
        if not beside and not named:
            tape = [each for each in shown.run.layers.values() if each.tape is shown.layer.tape]
            layers = [each for each in tape if _has(each, shown.sequence.index)][: len(_COLOURS)] or layers
        self.against, self.courses = self._courses(layers)
        self.scale = log_scale(self.courses, shown.start, shown.stop)

    def _courses(self, layers: Sequence[Layer]) -> tuple[float, list[Course]]:
        """The lines, and what vanishing and exploding are held against."""
        index, courses, against = self.shown.sequence.index, list[Course](), 0.0
        runs = [self.shown.run, *self.beside] if self.beside else [self.shown.run] * len(layers)
        for number, layer in enumerate(layers):
            gradient = layer.gradient
            if gradient is None or not _has(layer, index):
                whose = runs[number]
                raise GruvizError(
                    f"{whose.name} holds no gradient of a loss for sequence {index}: {for_a_loss(whose, layer)}"
                )
            rows, one = layer.slice(index), len(layers) == 1
            norms = gradient.read("norm_hidden", rows)
            acts = acting(norms, layer.backward)
            held = set_out(norms, gradient.loss(index))
            against, own = (held, 0.0) if one else (0.0, held)
            label = f"{runs[number].name} ({layer.cell.title})" if self.beside else layer.name
            colour = _COLOURS[number]
            hidden = "∂L/∂h" if one else label
            courses.append(Course(hidden, _within(norms - own, acts), colour, gid=f"hidden-{number}"))
            if "norm_cell" in gradient and not self.beside:
                cell = "∂L/∂c" if one else f"{label}, c"
                cells = _within(gradient.read("norm_cell", rows) - own, acts)
                courses.append(Course(cell, cells, colour, dashed=True, gid=f"cell-{number}"))
        return against, courses

    def options(self) -> dict[str, Any]:
        """The recordings beside it."""
        return {"beside": [other.name for other in self.beside]} if self.beside else {}

    def facts(self) -> dict[str, str]:
        """Which they are."""
        return {"uuids beside": ",".join(other.uuid for other in self.beside)} if self.beside else {}

    def panels(self) -> list[Panel]:
        """The input, where it is one recording's; the key; the lines."""
        above = [] if self.beside else input_panels(self)
        return [*above, key_panel(self, self.courses), Panel(_HEIGHT, 0.8, self._draw)]

    def remarks(self) -> list[str]:
        """Which loss, and what vanishing means."""
        gradient = self.shown.layer.gradient
        assert gradient is not None
        at = gradient.loss(self.shown.sequence.index)
        when, of = ("summed over all timesteps", "the median") if at == SUM else (f"at T = {at:,}", "the norm at T")
        several = len({course.colour for course in self.courses}) > 1
        told = [f"norm of the gradient of the {gradient.error} {when}" + (f", over {of}" if several else "")]
        told.append(f"vanishing and exploding: by more than a factor of 1,000 against {of}, a convention of ours")
        return told + [f"1 point = {self.columns.factor:,} steps (least to greatest)"] * (self.columns.factor > 1)

    def _draw(self, page: Page, axes: Axes, top: float) -> None:
        axes.set_xlim(self.shown.start - 0.5, self.shown.stop - 0.5)
        draw_courses(page, axes, self.courses, self.columns, self.scale)
        draw_thresholds(page, axes, self.courses, self.scale, self.against)
        page.write(MARGIN, top, "norm", NAME)


def _within(values: NDArray[np.float64], acts: slice) -> NDArray[np.float64]:
    """Nothing but the timesteps that act on the loss."""
    found = np.full(len(values), np.nan)
    found[acts] = values[acts]
    return found


def _has(layer: Layer, sequence: int) -> bool:
    """Whether the gradient of a loss was computed for it."""
    gradient = layer.gradient
    return gradient is not None and "norm_hidden" in gradient and gradient.loss(sequence) != NONE


def _matching(other: Recording, shown: Subject) -> Layer:
    """The layer that is drawn of another recording."""
    layers = list(other.layers.values())
    if not layers:
        raise GruvizError(f"{other.name} holds no layers: record it again")
    layer = other.layers.get(shown.layer.name, layers[-1])
    if shown.sequence.index >= len(layer.tape.sequences):
        raise GruvizError(f"{other.name} has no sequence {shown.sequence.index}: choose one that both have")
    return layer
