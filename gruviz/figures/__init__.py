"""Figures for reports: each a function of a recording and a view that gives a matplotlib `Figure`, without pyplot.

    figure = gruviz.figures.gates(run, layer="rnn.l0", sequence=3, start=0, stop=60)
    gruviz.figures.save(figure, "gates.pdf")

The same functions draw for the app, for `gruviz export`, and in a notebook, where a figure shows itself.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gruviz.figures._again import Redrawn, film_again, redraw
    from gruviz.figures._caption import caption
    from gruviz.figures._carry import carry
    from gruviz.figures._cell import cell
    from gruviz.figures._comparison import comparison
    from gruviz.figures._composition import composition
    from gruviz.figures._counted import counts
    from gruviz.figures._film import FILMS, film
    from gruviz.figures._gates import gates
    from gruviz.figures._gradient import gradient
    from gruviz.figures._metadata import command
    from gruviz.figures._page import Page
    from gruviz.figures._pages import pages
    from gruviz.figures._paths import paths
    from gruviz.figures._progress import Stopped
    from gruviz.figures._registry import FIGURES, Kind, draw
    from gruviz.figures._saturation import saturation
    from gruviz.figures._seen import Seen, seen
    from gruviz.figures._style import Style
    from gruviz.figures._survival import survival
    from gruviz.figures._timeline import timeline
    from gruviz.figures._timescales import timescales
    from gruviz.figures._together import all_of, save_together
    from gruviz.figures._training import training
    from gruviz.figures._wanted import Wanted
    from gruviz.figures.export import FORMATS, NUMBERS, save

__all__ = [
    "FIGURES",
    "FILMS",
    "FORMATS",
    "NUMBERS",
    "Kind",
    "Page",
    "Redrawn",
    "Seen",
    "Stopped",
    "Style",
    "Wanted",
    "all_of",
    "caption",
    "carry",
    "cell",
    "command",
    "comparison",
    "composition",
    "counts",
    "draw",
    "film",
    "film_again",
    "gates",
    "gradient",
    "pages",
    "paths",
    "redraw",
    "saturation",
    "save",
    "save_together",
    "seen",
    "survival",
    "timeline",
    "timescales",
    "training",
]

_HOMES = {
    "gates": "_gates",
    "timeline": "_timeline",
    "pages": "_pages",
    "counts": "_counted",
    "survival": "_survival",
    "carry": "_carry",
    "timescales": "_timescales",
    "saturation": "_saturation",
    "training": "_training",
    "cell": "_cell",
    "composition": "_composition",
    "comparison": "_comparison",
    "gradient": "_gradient",
    "paths": "_paths",
    "Page": "_page",
    "Style": "_style",
    "Redrawn": "_again",
    "redraw": "_again",
    "Seen": "_seen",
    "seen": "_seen",
    "Stopped": "_progress",
    "caption": "_caption",
    "command": "_metadata",
    "FILMS": "_film",
    "film": "_film",
    "film_again": "_again",
    "all_of": "_together",
    "save_together": "_together",
    "NUMBERS": "export",
    "FIGURES": "_registry",
    "Kind": "_registry",
    "draw": "_registry",
    "Wanted": "_wanted",
    "FORMATS": "export",
    "save": "export",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for: the app reads `names` without loading matplotlib."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
