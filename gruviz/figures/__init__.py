"""Figures for reports: each a function of a recording and a view that gives a matplotlib `Figure`, without pyplot.

    figure = gruviz.figures.gates(run, layer="rnn.l0", sequence=3, start=0, stop=60)
    gruviz.figures.save(figure, "gates.pdf")

The same functions draw for the app, for `gruviz export`, and in a notebook, where a figure shows itself.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gruviz.figures._carry import carry
    from gruviz.figures._cell import cell
    from gruviz.figures._comparison import comparison
    from gruviz.figures._composition import composition
    from gruviz.figures._counted import counts
    from gruviz.figures._gates import gates
    from gruviz.figures._gradient import gradient
    from gruviz.figures._page import Page
    from gruviz.figures._pages import pages
    from gruviz.figures._paths import paths
    from gruviz.figures._registry import FIGURES, Kind, draw
    from gruviz.figures._saturation import saturation
    from gruviz.figures._survival import survival
    from gruviz.figures._timeline import timeline
    from gruviz.figures._timescales import timescales
    from gruviz.figures._training import training
    from gruviz.figures._wanted import Wanted
    from gruviz.figures.export import FORMATS, save

__all__ = [
    "FIGURES",
    "FORMATS",
    "Kind",
    "Page",
    "Wanted",
    "carry",
    "cell",
    "comparison",
    "composition",
    "counts",
    "draw",
    "gates",
    "gradient",
    "pages",
    "paths",
    "saturation",
    "save",
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
