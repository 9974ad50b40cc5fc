"""The answers, as pure functions on arrays. Numpy alone, until a function that needs scipy is called."""

from gruviz.analysis._between import APART, Between, Fixed, Pair, between, in_words, raised
from gruviz.analysis._carry import carried, change, written
from gruviz.analysis._classes import classify, count
from gruviz.analysis._composition import composition, contribution
from gruviz.analysis._derived import CARRIED, CHANGE, HELD, READ, SURVIVAL, WRITTEN, derived
from gruviz.analysis._expression import Expression
from gruviz.analysis._following import Following, correlation, roc_area
from gruviz.analysis._jacobians import Dependence, Onward, StepAt, step_at
from gruviz.analysis._labels import Symbols, above, is_binary, marked, thresholds
from gruviz.analysis._levels import levels
from gruviz.analysis._lines import Lines, broken, filled
from gruviz.analysis._numbers import (
    NUMBERS,
    Gathering,
    finish,
    gather_autocorrelation_time,
    gather_histogram,
    gather_keep,
    numbers,
    numbers_of,
    together,
)
from gruviz.analysis._order import by_number, order
from gruviz.analysis._over_training import (
    QUANTILES,
    OverTraining,
    along,
    binned,
    gather_over_training,
    logarithmic,
)
from gruviz.analysis._parts import parts
from gruviz.analysis._paths import Paths, paths, paths_to_reached
from gruviz.analysis._reset import candidate_weights, through_reset
from gruviz.analysis._saturation import Histogram, Saturation, check_sides, saturation
from gruviz.analysis._survival import HORIZONS, fading, horizon, survival
from gruviz.analysis._timescales import Keeps, Timescales, autocorrelation, autocorrelation_time, timescales
from gruviz.analysis._vanishing import FACTOR, acting, set_out, vanishing
from gruviz.analysis._walk_back import LEAST, MOST, Steps, Stretch, added, steps, walk_back
from gruviz.analysis._work_out import work_out
from gruviz.recording import fed_by
from gruviz.unrolled import Unrolled

__all__ = [
    "APART",
    "CARRIED",
    "CHANGE",
    "FACTOR",
    "HELD",
    "HORIZONS",
    "LEAST",
    "MOST",
    "NUMBERS",
    "QUANTILES",
    "READ",
    "SURVIVAL",
    "WRITTEN",
    "Between",
    "Dependence",
    "Expression",
    "Fixed",
    "Following",
    "Gathering",
    "Histogram",
    "Keeps",
    "Lines",
    "Onward",
    "OverTraining",
    "Pair",
    "Paths",
    "Saturation",
    "StepAt",
    "Steps",
    "Stretch",
    "Symbols",
    "Timescales",
    "Unrolled",
    "above",
    "acting",
    "added",
    "along",
    "autocorrelation",
    "autocorrelation_time",
    "between",
    "binned",
    "broken",
    "by_number",
    "candidate_weights",
    "carried",
    "change",
    "check_sides",
    "classify",
    "composition",
    "contribution",
    "correlation",
    "count",
    "derived",
    "fading",
    "fed_by",
    "filled",
    "finish",
    "gather_autocorrelation_time",
    "gather_histogram",
    "gather_keep",
    "gather_over_training",
    "horizon",
    "in_words",
    "is_binary",
    "levels",
    "logarithmic",
    "marked",
    "numbers",
    "numbers_of",
    "order",
    "parts",
    "paths",
    "paths_to_reached",
    "raised",
    "roc_area",
    "saturation",
    "set_out",
    "step_at",
    "steps",
    "survival",
    "thresholds",
    "through_reset",
    "timescales",
    "together",
    "vanishing",
    "walk_back",
    "work_out",
    "written",
]
