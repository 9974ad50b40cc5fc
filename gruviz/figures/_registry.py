"""The figures that there are, by the names that the command line and the app know them by."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from typing import Any

from gruviz.errors import GruvizError
from gruviz.figures._carry import carry
from gruviz.figures._cell import cell
from gruviz.figures._composition import composition
from gruviz.figures._counted import counts
from gruviz.figures._gates import gates
from gruviz.figures._gradient import gradient
from gruviz.figures._page import Page
from gruviz.figures._pages import pages
from gruviz.figures._paths import paths
from gruviz.figures._progress import Watch, watched
from gruviz.figures._saturation import saturation
from gruviz.figures._survival import survival
from gruviz.figures._timeline import timeline
from gruviz.figures._timescales import timescales
from gruviz.figures._training import training
from gruviz.figures._wanted import Wanted
from gruviz.figures.names import DESCRIPTIONS
from gruviz.recording import Recording
from gruviz.view import View


@dataclass(frozen=True)
class Kind:
    """One kind of figure."""

    function: Callable[..., Page]
    """Called as `function(run, view, **options)`."""
    description: str
    """What it shows, in one line."""

    @property
    def options(self) -> tuple[str, ...]:
        """The names of all that it can be asked for: its own, and those of every figure."""
        own = (each.name for each in signature(self.function).parameters.values() if each.kind is each.KEYWORD_ONLY)
        return (*own, *Wanted.__annotations__)


_FUNCTIONS: tuple[Callable[..., Page], ...] = (
    gates,
    timeline,
    pages,
    counts,
    survival,
    carry,
    timescales,
    saturation,
    training,
    cell,
    composition,
    gradient,
    paths,
)
FIGURES = {function.__name__: Kind(function, DESCRIPTIONS[function.__name__]) for function in _FUNCTIONS}


def draw(
    run: Recording, name: str, view: View | None = None, *, on_progress: Watch | None = None, **options: Any
) -> Page:
    """Draw the figure called `name`; options are those of its function.

    Args:
        run: an open recording.
        name: as in `FIGURES`.
        view: what is being looked at.
        on_progress: told how many timesteps were read so far, of any quantity; ends it by returning False.
        options: those of the figure.

    Raises:
        GruvizError: there is no figure of that name, or it cannot be drawn from this recording.
        Stopped: `on_progress` returned False.
    """
    if name not in FIGURES:
        raise GruvizError(f"there is no figure {name}: choose one of {', '.join(FIGURES)}")
    for option in options:
        if option not in FIGURES[name].options:
            raise GruvizError(f"the figure {name} has no option {option}: leave it out")
    with watched(on_progress):
        return FIGURES[name].function(run, view, **options)
