"""The panels, one a file. Each reads the state, asks the loader for what it draws, and knows no other panel."""

from gruviz.ui.panels.cell import CellPanel
from gruviz.ui.panels.counts import CountsPanel, NoCountsPanel
from gruviz.ui.panels.curves import CurvesPanel
from gruviz.ui.panels.heatmap import HeatmapPanel
from gruviz.ui.panels.overview import OverviewPanel
from gruviz.ui.panels.panel import Context, Panel
from gruviz.ui.panels.predictions import PredictionsPanel
from gruviz.ui.panels.tab import TabPanel
from gruviz.ui.panels.text import TextPanel
from gruviz.ui.panels.time_axis import TimeAxisPanel
from gruviz.ui.panels.timelines import TimelinesPanel
from gruviz.ui.panels.units import UnitsPanel

__all__ = [
    "CellPanel",
    "Context",
    "CountsPanel",
    "CurvesPanel",
    "HeatmapPanel",
    "NoCountsPanel",
    "OverviewPanel",
    "Panel",
    "PredictionsPanel",
    "TabPanel",
    "TextPanel",
    "TimeAxisPanel",
    "TimelinesPanel",
    "UnitsPanel",
]
