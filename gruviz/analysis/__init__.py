"""The answers, as pure functions on arrays. Numpy alone, until a function that needs scipy is called."""

from gruviz.analysis._carry import carried, change, written
from gruviz.analysis._composition import composition, contribution
from gruviz.analysis._derived import CARRIED, CHANGE, HELD, READ, SURVIVAL, WRITTEN, derived
from gruviz.analysis._levels import levels
from gruviz.analysis._order import order
from gruviz.analysis._reset import candidate_weights, through_reset
from gruviz.analysis._survival import HORIZONS, fading, horizon, survival
from gruviz.analysis._walk_back import LEAST, MOST, Steps, Stretch, added, steps, walk_back
from gruviz.recording import classify, count

__all__ = [
    "CARRIED",
    "CHANGE",
    "HELD",
    "HORIZONS",
    "LEAST",
    "MOST",
    "READ",
    "SURVIVAL",
    "WRITTEN",
    "Steps",
    "Stretch",
    "added",
    "candidate_weights",
    "carried",
    "change",
    "classify",
    "composition",
    "contribution",
    "count",
    "derived",
    "fading",
    "horizon",
    "levels",
    "order",
    "steps",
    "survival",
    "through_reset",
    "walk_back",
    "written",
]
