"""What the loader thread reads: requests of plain values, and how each is answered from an open recording.

A request is a frozen dataclass. Its `slot` names the place on the screen that waits for it: a newer request of the same
slot makes an older one stale. Its `subject` says what it is about: an answer about another layer or sequence than the
newest request of its slot is never shown.
"""

from gruviz.analysis import Lines
from gruviz.ui.reading._arranged import Arrangement, Kept, KeptRequest
from gruviz.ui.reading._cell import CellRequest, Flow
from gruviz.ui.reading._columns import Columns, columns_for
from gruviz.ui.reading._counterpart import Counterpart, SameInputRequest
from gruviz.ui.reading._counts import Counts, CountsRequest
from gruviz.ui.reading._derived import DerivedRequest, quantity_of
from gruviz.ui.reading._difference import DifferenceRequest
from gruviz.ui.reading._facts import Facts, LayerFacts, TapeFacts, facts_of
from gruviz.ui.reading._find import FindRequest, Hits
from gruviz.ui.reading._gradient_at import (
    GradientAt,
    GradientAtRequest,
    PairRequest,
)
from gruviz.ui.reading._gradients import Course, Gradients, GradientsRequest, What
from gruviz.ui.reading._heatmap import HIGHEST, MASKED, Heatmap, HeatmapRequest
from gruviz.ui.reading._inputs import Curves, CurvesRequest, Text, TextRequest
from gruviz.ui.reading._jacobians import Linked, LinkRequest, StepAtRequest
from gruviz.ui.reading._labelled import MARKED, LabelsRequest
from gruviz.ui.reading._measures import Lasting, SaturationRequest, Sides, TimescalesRequest
from gruviz.ui.reading._memory import Memory, MemoryRequest, Share
from gruviz.ui.reading._page import CURVES, LinesRequest, Stretch, StretchRequest
from gruviz.ui.reading._point import Point, PointRequest
from gruviz.ui.reading._predictions import STRETCH, Guess, Numbers, Predictions, PredictionsRequest
from gruviz.ui.reading._ranking import SHIFTS, Ranking, RankingRequest
from gruviz.ui.reading._request import Request, Source, Unfinished
from gruviz.ui.reading._rows import BLOCK, Rows, RowsRequest
from gruviz.ui.reading._sensitivity import Sensitivity, SensitivityRequest
from gruviz.ui.reading._sequences import SequencesRequest, Told
from gruviz.ui.reading._survival import SurvivalRequest, Survived
from gruviz.ui.reading._traces import Traces, TracesRequest
from gruviz.ui.reading._training import History, HistoryRequest, Measured, OverTrainingRequest

__all__ = [
    "BLOCK",
    "CURVES",
    "HIGHEST",
    "MARKED",
    "MASKED",
    "SHIFTS",
    "STRETCH",
    "Arrangement",
    "CellRequest",
    "Columns",
    "Counterpart",
    "Counts",
    "CountsRequest",
    "Course",
    "Curves",
    "CurvesRequest",
    "DerivedRequest",
    "DifferenceRequest",
    "Facts",
    "FindRequest",
    "Flow",
    "GradientAt",
    "GradientAtRequest",
    "Gradients",
    "GradientsRequest",
    "Guess",
    "Heatmap",
    "HeatmapRequest",
    "History",
    "HistoryRequest",
    "Hits",
    "Kept",
    "KeptRequest",
    "LabelsRequest",
    "Lasting",
    "LayerFacts",
    "Lines",
    "LinesRequest",
    "LinkRequest",
    "Linked",
    "Measured",
    "Memory",
    "MemoryRequest",
    "Numbers",
    "OverTrainingRequest",
    "PairRequest",
    "Point",
    "PointRequest",
    "Predictions",
    "PredictionsRequest",
    "Ranking",
    "RankingRequest",
    "Request",
    "Rows",
    "RowsRequest",
    "SameInputRequest",
    "SaturationRequest",
    "Sensitivity",
    "SensitivityRequest",
    "SequencesRequest",
    "Share",
    "Sides",
    "Source",
    "StepAtRequest",
    "Stretch",
    "StretchRequest",
    "SurvivalRequest",
    "Survived",
    "TapeFacts",
    "Text",
    "TextRequest",
    "TimescalesRequest",
    "Told",
    "Traces",
    "TracesRequest",
    "Unfinished",
    "What",
    "columns_for",
    "facts_of",
    "quantity_of",
]
