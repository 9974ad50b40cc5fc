"""The panels, one a file. Each reads the state, asks the loader for what it draws, and knows no other panel."""

from gruviz.ui.panels.cell import CellPanel
from gruviz.ui.panels.counts import CountsPanel, NoCountsPanel
from gruviz.ui.panels.curves import CurvesPanel
from gruviz.ui.panels.derived import DerivedPanel
from gruviz.ui.panels.gradient_tab import GradientTab
from gruviz.ui.panels.gradients import KINDS, GradientPanel
from gruviz.ui.panels.heatmap import HeatmapPanel
from gruviz.ui.panels.memory import MemoryPanel
from gruviz.ui.panels.overview import OverviewPanel
from gruviz.ui.panels.panel import Context, Panel
from gruviz.ui.panels.predictions import PredictionsPanel
from gruviz.ui.panels.saturation import SaturationPanel
from gruviz.ui.panels.survival import SurvivalPanel
from gruviz.ui.panels.tab import TabPanel
from gruviz.ui.panels.text import TextPanel
from gruviz.ui.panels.time_axis import TimeAxisPanel
from gruviz.ui.panels.timelines import TimelinesPanel
from gruviz.ui.panels.timescales import TimescalesPanel
from gruviz.ui.panels.training import TrainingPanel
from gruviz.ui.panels.units import UnitsPanel

__all__ = [
    "KINDS",
    "CellPanel",
    "Context",
    "CountsPanel",
    "CurvesPanel",
    "DerivedPanel",
    "GradientPanel",
    "GradientTab",
    "HeatmapPanel",
    "MemoryPanel",
    "NoCountsPanel",
    "OverviewPanel",
    "Panel",
    "PredictionsPanel",
    "SaturationPanel",
    "SurvivalPanel",
    "TabPanel",
    "TextPanel",
    "TimeAxisPanel",
    "TimelinesPanel",
    "TimescalesPanel",
    "TrainingPanel",
    "UnitsPanel",
]
