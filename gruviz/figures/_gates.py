"""Linked heatmaps of gates and states over a range, under the text or the curve that the network read."""

from collections.abc import Callable, Sequence
from typing import Unpack

from matplotlib.axes import Axes

from gruviz.analysis import levels
from gruviz.cells import Quantity
from gruviz.figures._columns import extremes, heatmap
from gruviz.figures._counts import count_panels
from gruviz.figures._heatmap import Place, draw_heatmap, fit_heatmap, height_of, remarks, right_of
from gruviz.figures._input import input_panels
from gruviz.figures._page import NAME, SYMBOL, Page, style
from gruviz.figures._sheet import GAP, MARGIN, NAME_BELOW, Panel, Sheet
from gruviz.figures._subject import Subject, chosen, subject
from gruviz.figures._wanted import Wanted
from gruviz.recording import Recording
from gruviz.view import View


def gates(run: Recording, view: View | None = None, **wanted: Unpack[Wanted]) -> Page:
    """Draw what the gates of a layer do over a range of timesteps.

    From top to bottom: the text of the sequence or the curve of its numbers, a heatmap of units by timesteps for each
    quantity, and how many units are retained, mixed, overwritten and rewritten alike. What is not wanted the view
    decides (its range, layer, order of units, visible rows, thresholds); without a view it is the whole first sequence
    in the first layer. Units selected in the view are marked.

    Args:
        run: an open recording.
        view: what is being looked at.
        wanted: as in `Wanted`; without `quantities` what is not folded away in the view, and without a view all but the
            candidate.

    Returns:
        A matplotlib figure, with its provenance in `.provenance`.

    Raises:
        GruvizError: the recording has no such layer, sequence, range, unit or quantity.
    """
    shown = subject(run, view, wanted)
    with style(shown.style):
        return _Gates(shown, _quantities(shown, wanted.get("quantities"), view)).page()


def _quantities(shown: Subject, names: Sequence[str] | None, view: View | None) -> tuple[Quantity, ...]:
    cell = shown.layer.cell
    if names is None:
        unfolded = tuple(q for q in cell.quantities if view and q.name not in view.hidden)
        return unfolded or tuple(q for q in cell.quantities if q.kind != "candidate")
    return chosen(shown.layer, names)


class _Gates(Sheet):
    """A heatmap for each quantity between the input and the counts."""

    name = "gates"
    title = "Gates"

    def __init__(self, shown: Subject, quantities: tuple[Quantity, ...]) -> None:
        columns, index = fit_heatmap(shown), shown.sequence.index
        self.levels = {q.name: levels(q, *extremes(shown.layer, q.name, index, columns)) for q in quantities}
        right = right_of(end for ends in self.levels.values() for end in ends)
        super().__init__(shown, quantities, fit_heatmap(shown, right=right), right)
        self.height = height_of(len(shown.units), 20.0 if len(quantities) <= 3 else 15.0)

    def panels(self) -> list[Panel]:
        """The input, the heatmaps, the counts."""
        heatmaps = [
            Panel(self.height, 0.8 if place == 0 else GAP, self._heatmap_of(quantity))
            for place, quantity in enumerate(self.quantities)
        ]
        shown = self.shown
        return [*input_panels(self), *heatmaps, *count_panels(self, None if shown.everything else shown.units)]

    def remarks(self) -> list[str]:
        """Timesteps to columns, and units to rows."""
        return remarks(self, self.height)

    def _heatmap_of(self, quantity: Quantity) -> Callable[[Page, Axes, float], None]:
        shown, columns = self.shown, self.columns

        def draw(page: Page, axes: Axes, top: float) -> None:
            values = heatmap(shown.layer, quantity.name, shown.sequence.index, columns, shown.reduction)
            place = Place(page, axes, top, self.height)
            draw_heatmap(self, place, quantity, values[:, shown.units], *self.levels[quantity.name])
            page.write(MARGIN, top, quantity.mathtext, SYMBOL, math=True)
            page.write(MARGIN, top + NAME_BELOW, quantity.title.replace(" ", "\n", 1), NAME)

        return draw
