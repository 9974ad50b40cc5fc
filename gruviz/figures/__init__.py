"""Figures for reports: each a function of a recording and a view that gives a matplotlib `Figure`, without pyplot.

    figure = gruviz.figures.gates(run, layer="rnn.l0", sequence=3, start=0, stop=60)
    gruviz.figures.save(figure, "gates.pdf")

The same functions draw for the app, for `gruviz export`, and in a notebook, where a figure shows itself.
"""

from gruviz.figures._gates import gates
from gruviz.figures._page import Page
from gruviz.figures._registry import FIGURES, Kind, draw
from gruviz.figures.export import FORMATS, save

__all__ = ["FIGURES", "FORMATS", "Kind", "Page", "draw", "gates", "save"]
