"""The counts alone: how many units are retained, mixed, overwritten and rewritten alike, step by step."""

from typing import Unpack

from gruviz.errors import GruvizError
from gruviz.figures._columns import fit
from gruviz.figures._counts import count_panels
from gruviz.figures._input import input_panels
from gruviz.figures._page import Page, style
from gruviz.figures._sheet import LEFT, MARGIN, Panel, Sheet
from gruviz.figures._subject import Subject, subject, without_choice
from gruviz.figures._wanted import Wanted
from gruviz.recording import Recording
from gruviz.view import View

_HEIGHT = 26.0


def counts(run: Recording, view: View | None = None, **wanted: Unpack[Wanted]) -> Page:
    """Draw how many units are retained, mixed, overwritten and rewritten alike over a range of timesteps.

    Args:
        run: an open recording.
        view: what is being looked at.
        wanted: as in `Wanted`: of some `units` these are counted alone. There are no `quantities` to choose from.

    Returns:
        A matplotlib figure, with its provenance in `.provenance`.

    Raises:
        GruvizError: the recording has no such layer, sequence, range or unit, or its cell has no keep.
    """
    without_choice(wanted, "counts")
    shown = subject(run, view, wanted)
    if shown.layer.cell.keep is None:
        title = shown.layer.cell.title
        raise GruvizError(f"{shown.layer.name} is a plain {title}: it has no keep to class its units by")
    with style(shown.style):
        return _Counts(shown).page()


class _Counts(Sheet):
    """The input and the counts."""

    name = "counts"
    title = "Counts"

    def __init__(self, shown: Subject) -> None:
        most = int((shown.width - LEFT - MARGIN) / 25.4 * shown.resolution)
        super().__init__(shown, (), fit(shown.layer, shown.start, shown.stop, most), MARGIN)

    def panels(self) -> list[Panel]:
        """One below the other."""
        units = None if self.shown.everything else self.shown.units
        return [*input_panels(self), *count_panels(self, units, _HEIGHT)]

    def remarks(self) -> list[str]:
        """Timesteps to columns."""
        return [f"1 column = {self.columns.factor:,} steps (mean)"] * (self.columns.factor > 1)
