"""What is being looked at: plain values."""

from dataclasses import dataclass, field
from typing import Literal

from gruviz.cells import CELLS, Thresholds

VERSION = 1
MOST_PANES = 3
"""Recordings that stand beside each other at most."""
MIN_SPAN = 8
"""The fewest timesteps that the window zooms in to, in sequences that have as many."""
Order = Literal["index", "keep", "timescale", "peak", "likeness"]
Reduction = Literal["mean", "min", "max"]
Derived = Literal["survival", "carried", "written", "change", "read", "held", "gradient", "steps", "paths"]
"""What `analysis.derived` works out, and gradients in the file."""
QUANTITIES = frozenset(name for cell in CELLS.values() for name in cell.names)
"""What any cell records."""
Whose = Literal["all", "selected", "last"]
"""Units: all of them, those that are selected, or the one that was selected last."""
Tab = Literal["prediction", "cell", "memory", "timescales", "saturation", "gradient", "training"]
Shading = Literal["weight", "output"]
"""A timestep is shaded by its weight in the state at the cursor, or by how much the output there depends on it."""
Extent = Literal["visible", "selected", "sequence", "recording"]


@dataclass(frozen=True)
class Pane:
    """What is shown in one column of panels; a comparison has several beside each other."""

    recording: str = ""
    tape: str = "main"
    sequence: int = 0
    layer: str = ""
    checkpoint: int = -1
    units: tuple[int, ...] = ()
    """The selected hidden units, in the order in which they were selected."""
    order: Order = "index"
    filter: str = ""
    """The units on show are those of which this is true, `tau > 50` for instance; empty for all."""
    rows: tuple[int, int] | None = None
    """The visible rows of the heatmaps, half-open, counted in `order`; None shows all."""
    anchor: int | None = None
    """The sequence by which units are ordered and filtered, where that is not the one on show: the same one, as the
    checkpoint read it that was on show when they were. So rows stay where they are while training time is scrubbed."""


@dataclass(frozen=True)
class View:
    """Time, thresholds, display and panes. Plain values: it compares, hashes, and goes into a file as it is."""

    version: int = VERSION
    length: int = 0
    """Timesteps of the sequence on show; 0 while nothing is open."""
    cursor: int = 0
    reference: int | None = None
    """A second timestep, held while the cursor moves."""
    start: int = 0
    stop: int = 0
    """The visible range."""
    selection: tuple[int, int] | None = None
    playing: bool = False
    speed: float = 10.0
    """Timesteps a second while playing."""
    loop: bool = False
    follow: bool = True
    """Where the sequence grows, a visible range at its end stays there, and so does the cursor, if it is there too."""
    thresholds: Thresholds = field(default_factory=Thresholds)
    reduction: Reduction = "mean"
    """How several timesteps become one column."""
    hidden: tuple[str, ...] = ()
    """Quantities whose heatmaps are folded away."""
    aside: tuple[str, ...] = ("reset", "candidate", "input", "output", "cell")
    """The same for when there are several panes, while there is one; and the other way round."""
    derived: tuple[str, ...] = ()
    """What is worked out of the quantities and shown beside them, by the names of `analysis.derived`."""
    differences: tuple[str, ...] = ()
    """Quantities of which, in a comparison, is shown by how much the first pane has more than another."""
    find: str = ""
    """What is looked for in the sequence; empty for nothing."""
    whose: Whose = "selected"
    """Whose state at the cursor is taken apart; all units' where none is selected."""
    shaded: bool = False
    """Each timestep of the sequence is shaded."""
    shading: Shading = "weight"
    """By what it is, where it is."""
    tab: Tab = "prediction"
    """What stands below the list of units; where it makes no sense, the first that does."""
    extent: Extent = "sequence"
    """What timescales and saturation are measured over; the sequence too, where nothing is selected."""
    sides: tuple[float, float] = (0.1, 0.9)
    """Below the first a gate counts as left-saturated, above the second as right-saturated: whole hundredths."""
    page: bool = False
    """The sequence is read as pages, in place of the panels over time."""
    colour: str = ""
    """The quantity that colours the pages; empty for the state of the cell on show."""
    label: str = ""
    """What the units are ranked by how well they follow; empty for the first that the sequence has."""
    marked: tuple[tuple[int, int], ...] = ()
    """Ranges of the sequence on show that the user has marked as a label: half-open, ascending, none touching."""
    panes: tuple[Pane, ...] = (Pane(),)
    """One, or several beside each other, whose sequences are equally long: they have one time."""
    focus: int = 0
    """Which of them is in focus: what stands at the side is about that one."""

    @property
    def span(self) -> int:
        """Visible timesteps."""
        return self.stop - self.start

    @property
    def following(self) -> bool:
        """Whether the newest timestep comes into sight when there is one."""
        return self.follow and self.stop == self.length

    @property
    def pane(self) -> Pane:
        """The pane in focus: the only one, but in a comparison."""
        return self.panes[self.focus]
