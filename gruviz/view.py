"""What is being looked at: one frozen value, and the pure functions that move it.

Timesteps are integers, counted from 0 within the sequence on show. Ranges are half-open, `start <= t < stop`. Every
function returns a `View` whose cursor and ranges lie within the sequence, whatever it is asked for.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from typing import Any, Literal, get_args

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


def showing(view: View, length: int, *, alike: bool = False, **pane: object) -> View:
    """Turn to a sequence of `length` timesteps, given by the fields of `Pane` that change.

    The whole of another sequence is shown, from its start; another layer of the same sequence keeps time. As another
    checkpoint read it, the rows keep their order too.

    Args:
        view: the view.
        length: timesteps of the sequence.
        alike: it is the same sequence as another checkpoint read it, which keeps time too.
        pane: fields of the pane.
    """
    return turn_together(view, length, with_pane(view, **pane).panes, alike=alike)


def turn_together(view: View, length: int, panes: tuple[Pane, ...], *, alike: bool = False) -> View:
    """Turn all panes at once, to sequences of `length` timesteps. Time is kept where the one in focus keeps its own.

    Args:
        view: the view.
        length: timesteps of each of the sequences.
        panes: as many as there are.
        alike: they are the same sequences as other checkpoints read them, which keeps time too.
    """
    here, there = view.pane, panes[view.focus]
    same = (alike or there.sequence == here.sequence) and there.tape == here.tape
    if same and length == view.length and there.recording == here.recording:
        return replace(view, panes=_anchored(view.panes, panes, alike))
    return replace(
        view,
        length=length,
        cursor=0,
        reference=None,
        start=0,
        stop=length,
        selection=None,
        marked=(),
        playing=False,
        panes=_anchored(view.panes, panes, False),
    )


def _anchored(before: tuple[Pane, ...], panes: tuple[Pane, ...], alike: bool) -> tuple[Pane, ...]:
    """Those that turned to the same sequence as another checkpoint read it keep the order of their rows."""

    def anchored(was: Pane, now: Pane) -> Pane:
        if (was.recording, was.tape, was.sequence) == (now.recording, now.tape, now.sequence):
            return now
        same = alike and (was.recording, was.tape) == (now.recording, now.tape)
        return replace(now, anchor=(was.sequence if was.anchor is None else was.anchor) if same else None)

    return tuple(anchored(was, now) for was, now in zip(before, panes, strict=True))


def reread(before: View, after: View) -> bool:
    """Whether the same sequence is on show in the same layer as before, as another checkpoint read it, or as it was."""
    was, now = before.pane, after.pane
    same = (was.recording, was.tape, was.layer) == (now.recording, now.tape, now.layer)
    return same and now.anchor is not None and now.anchor in (was.anchor, was.sequence)


def grow(view: View, length: int, **pane: object) -> View:
    """Go on with the sequence on show at another length, or with a newer one, given by fields of `Pane` that change.

    The cursor and the visible range stay where they are, unless they stood at the end while that was to be followed: a
    range that showed everything shows everything, another keeps its span. Of a newer sequence the same timesteps are
    seen, as far as it has them.
    """
    at_end, whole = view.following and view.cursor == view.length - 1, view.following and view.start == 0
    grown = replace(with_pane(view, **pane), length=length)
    if view.pane.sequence != grown.pane.sequence or length < view.length:
        grown = replace(grown, reference=None, selection=None, marked=(), playing=False)
    grown = replace(grown, cursor=_clamp(length - 1 if at_end else view.cursor, 0, length - 1))
    if whole or not view.length:
        return show_all(grown)
    span = max(view.span, min(MIN_SPAN, length))
    start = length - span if view.following else view.start
    return _ranged(grown, start, start + span)


def follow(view: View, on: bool = True) -> View:
    """Follow the newest timestep, beginning with the last one that there is; or stay where one is."""
    if not on or not view.length:
        return replace(view, follow=on)
    return _ranged(replace(view, follow=True, cursor=view.length - 1), view.length - view.span, view.length)


def seek(view: View, timestep: int) -> View:
    """Move the cursor to `timestep`; the visible range follows no further than it must."""
    cursor = _clamp(timestep, 0, view.length - 1)
    start = _clamp(view.start, cursor - view.span + 1, cursor)
    return _ranged(replace(view, cursor=cursor), start, start + view.span)


def step(view: View, timesteps: int) -> View:
    """Move the cursor by `timesteps`. While playing in a loop, the end leads back to the start."""
    target = view.cursor + timesteps
    if view.playing and target >= view.length:
        return seek(view, 0) if view.loop else replace(seek(view, target), playing=False)
    return seek(view, target)


def toggle_play(view: View) -> View:
    """Play, or stop playing. At the end of the sequence, playing begins at its start."""
    if view.playing or view.length < 2:
        return replace(view, playing=False)
    return replace(seek(view, 0) if view.cursor == view.length - 1 else view, playing=True)


def zoom(view: View, factor: float, around: float) -> View:
    """Show `factor` times as many timesteps; the time `around`, in timesteps, stays where it is on the screen."""
    span = round(view.span * factor)
    if factor < 1:  # a step of the wheel always does something
        span = min(span, view.span - 1)
    elif factor > 1:
        span = max(span, view.span + 1)
    span = _clamp(span, min(MIN_SPAN, view.length), view.length)
    where = (around - view.start) / view.span if view.span else 0.0
    start = round(around - where * span)
    return _ranged(view, start, start + span)


def pan(view: View, timesteps: int) -> View:
    """Move the visible range by `timesteps`, its span unchanged. The cursor stays where it is."""
    return _ranged(view, view.start + timesteps, view.stop + timesteps)


def show_range(view: View, start: int, stop: int) -> View:
    """Show the timesteps from `start` up to `stop`, as many as are there."""
    start, stop = min(start, stop), max(start, stop)
    least = min(MIN_SPAN, view.length)
    return _ranged(view, start, max(stop, start + least))


def show_all(view: View) -> View:
    """Show the whole sequence."""
    return replace(view, start=0, stop=view.length)


def select_range(view: View, start: int, stop: int) -> View:
    """Select the timesteps from `start` up to `stop`; an empty range selects nothing."""
    start, stop = _clamp(min(start, stop), 0, view.length), _clamp(max(start, stop), 0, view.length)
    return replace(view, selection=(start, stop) if stop > start else None)


def select_unit(view: View, unit: int, add: bool = False) -> View:
    """Select one unit; `add` puts it to those selected already, or takes it away from them."""
    units = view.pane.units
    if not add:
        chosen: tuple[int, ...] = (unit,)
    elif unit in units:
        chosen = tuple(other for other in units if other != unit)
    else:
        chosen = (*units, unit)
    return with_pane(view, units=chosen)


def select_rows(view: View, unit: int, rows: Sequence[int]) -> View:
    """Select the units from the one that was selected last to `unit`, as they stand in `rows`, beside those selected.

    Args:
        view: the view.
        unit: where the range ends.
        rows: units from top to bottom.
    """
    units = view.pane.units
    if unit not in rows or not units or units[-1] not in rows:
        return select_unit(view, unit)
    first, last = rows.index(units[-1]), rows.index(unit)
    between = rows[first : last + 1] if first <= last else rows[last : first + 1][::-1]
    return with_pane(view, units=(*(each for each in units if each not in between), *between))


def with_pane(view: View, **changes: object) -> View:
    """Change fields of the pane in focus that leave time alone: units, order, rows, layer.

    Units are ordered and filtered anew by the sequence on show.
    """
    if "order" in changes or "filter" in changes:
        changes = {"anchor": None, **changes}
    pane = replace(view.pane, **changes)  # type: ignore[arg-type]
    return replace(view, panes=(*view.panes[: view.focus], pane, *view.panes[view.focus + 1 :]))


def focus_on(view: View, number: int) -> View:
    """Put another pane in focus, by its place."""
    return replace(view, focus=_clamp(number, 0, len(view.panes) - 1))


def set_beside(view: View, pane: Pane) -> View:
    """Put one more pane beside those on show. Its sequence has as many timesteps as theirs."""
    if len(view.panes) == MOST_PANES:
        return view
    return _several(replace(view, panes=(*view.panes, pane)), len(view.panes))


def set_apart(view: View, number: int) -> View:
    """Take one of several panes away, by its place. The one that was in focus stays so, else the one that follows."""
    if len(view.panes) == 1 or not 0 <= number < len(view.panes):
        return view
    panes = (*view.panes[:number], *view.panes[number + 1 :])
    focus = min(view.focus - (number < view.focus), len(panes) - 1)
    return _several(replace(view, panes=panes, focus=focus), len(view.panes))


def alone(view: View) -> View:
    """Take all panes but the first away."""
    return alone(set_apart(view, 1)) if len(view.panes) > 1 else view


def _several(view: View, before: int) -> View:
    """One pane has other heatmaps folded away than several have."""
    if (before > 1) == (len(view.panes) > 1):
        return view
    return replace(view, hidden=view.aside, aside=view.hidden)


def toggle_difference(view: View, quantity: str) -> View:
    """Show by how much the first pane has more of a quantity than the others, or do no longer."""
    if quantity in view.differences:
        return replace(view, differences=tuple(name for name in view.differences if name != quantity))
    return replace(view, differences=(*view.differences, quantity))


def toggle_quantity(view: View, quantity: str) -> View:
    """Fold a heatmap away, or show it again."""
    if quantity in view.hidden:
        return replace(view, hidden=tuple(name for name in view.hidden if name != quantity))
    return replace(view, hidden=(*view.hidden, quantity))


def toggle_derived(view: View, name: str) -> View:
    """Show a heatmap of what is worked out, in the order in which they were asked for, or take it away."""
    if name in view.derived:
        return replace(view, derived=tuple(other for other in view.derived if other != name))
    return replace(view, derived=(*view.derived, name))


def hold(view: View, timestep: int) -> View:
    """Put the reference cursor at a timestep, or take it away if it stands there."""
    timestep = _clamp(timestep, 0, view.length - 1)
    return replace(view, reference=None if view.reference == timestep or not view.length else timestep)


def take_apart(view: View, whose: Whose) -> View:
    """Take apart the state of other units."""
    return replace(view, whose=whose)


def toggle_shaded(view: View) -> View:
    """Shade the sequence, by what it was shaded by last, or do no longer."""
    return replace(view, shaded=not view.shaded)


def shade_sequence(view: View, shading: Shading) -> View:
    """Shade the sequence by this, or, where it is, do no longer."""
    return replace(view, shaded=not (view.shaded and view.shading == shading), shading=shading)


def toggle_reference(view: View) -> View:
    """Put the reference cursor where the cursor is, or take it away if it stands there."""
    return hold(view, view.cursor)


def toggle_loop(view: View) -> View:
    """Begin again at the end while playing, or stop there."""
    return replace(view, loop=not view.loop)


def turn_to(view: View, tab: Tab) -> View:
    """Put something else below the list of units."""
    return replace(view, tab=tab)


def measure_over(view: View, extent: Extent) -> View:
    """Measure timescales and saturation over other timesteps."""
    return replace(view, extent=extent)


def saturate(view: View, low: float, high: float) -> View:
    """Say where a gate counts as saturated, between 0 and 1, to a hundredth; the lower one yields to the upper."""
    last = round(min(max(high, 0.0), 1.0) * 100)
    first = min(round(min(max(low, 0.0), 1.0) * 100), last)
    return replace(view, sides=(first / 100, last / 100))


def filter_units(view: View, text: str) -> View:
    """Show the units of which this is true; the empty one shows all."""
    return with_pane(view, filter=text)


def find(view: View, text: str) -> View:
    """Look for a text; the empty one ends it."""
    return replace(view, find=text)


def seek_among(view: View, timesteps: Sequence[int], forward: bool = True) -> View:
    """Move the cursor to the next of some timesteps, or the one before; the last is followed by the first.

    One that was out of sight comes to the middle, so that what stands around it is seen.

    Args:
        view: the view.
        timesteps: where to stop, ascending.
        forward: the next, or the one before.
    """
    if not len(timesteps):
        return view
    place = (
        bisect_right(timesteps, view.cursor) % len(timesteps) if forward else bisect_left(timesteps, view.cursor) - 1
    )
    moved = seek(view, int(timesteps[place]))
    if (moved.start, moved.stop) == (view.start, view.stop):
        return moved
    return _ranged(moved, moved.cursor - view.span // 2, moved.cursor - view.span // 2 + view.span)


def toggle_page(view: View) -> View:
    """Read the sequence as pages, or see it in panels over time."""
    return replace(view, page=not view.page)


def colour_by(view: View, quantity: str) -> View:
    """Colour the pages by this quantity."""
    return replace(view, colour=quantity)


def rank_by(view: View, label: str) -> View:
    """Rank units by how well they follow this label."""
    return replace(view, label=label)


def mark_selection(view: View) -> View:
    """Put the selected range to those that are marked, or take it away from them where all of it is marked.

    Nothing is selected afterwards.
    """
    if view.selection is None:
        return view
    start, stop = view.selection
    inside = any(first <= start and stop <= last for first, last in view.marked)
    if inside:
        left = [part for first, last in view.marked for part in ((first, min(last, start)), (max(first, stop), last))]
    else:
        touched = [(first, last) for first, last in view.marked if first <= stop and start <= last]
        left = [each for each in view.marked if each not in touched]
        left.append((min([start, *(first for first, _ in touched)]), max([stop, *(last for _, last in touched)])))
    marked = tuple(sorted(part for part in left if part[0] < part[1]))
    return replace(view, marked=marked, selection=None)


def resume(view: View, earlier: View) -> View:
    """Go back to where one was in the sequence on show, as far as it still has those timesteps.

    One pane is on show, and is the first of those there were.
    """
    earlier = alone(earlier)
    view = replace(
        view,
        speed=earlier.speed,
        loop=earlier.loop,
        follow=earlier.follow,
        thresholds=earlier.thresholds,
        reduction=earlier.reduction,
        hidden=earlier.hidden,
        aside=earlier.aside,
        derived=earlier.derived,
        differences=earlier.differences,
        whose=earlier.whose,
        shaded=earlier.shaded,
        shading=earlier.shading,
        tab=earlier.tab,
        extent=earlier.extent,
        sides=earlier.sides,
        page=earlier.page,
        colour=earlier.colour,
        label=earlier.label,
        marked=tuple(part for part in earlier.marked if part[1] <= view.length),
    )
    return show_range(seek(view, earlier.cursor), earlier.start, earlier.stop)


def to_plain(view: View) -> dict[str, Any]:
    """A view as values that JSON can hold."""
    return asdict(view)


def from_plain(stored: object) -> View:
    """The view that `to_plain` made these of. Names of quantities that nobody knows are left out.

    Raises:
        ValueError: they are no view, or one of another version.
    """
    try:
        given: dict[str, Any] = dict(stored)  # type: ignore[call-overload]
        if given["version"] != VERSION:
            raise ValueError(f"a view of version {given['version']} cannot be read, only {VERSION}")
        panes = tuple(
            Pane(**{**pane, "units": tuple(map(int, pane["units"])), "rows": _pair(pane["rows"])})
            for pane in map(dict, given["panes"])
        )
        view = View(
            length=int(given["length"]),
            cursor=int(given["cursor"]),
            start=int(given["start"]),
            stop=int(given["stop"]),
            reference=None if given["reference"] is None else int(given["reference"]),
            selection=_pair(given["selection"]),
            speed=float(given["speed"]),
            loop=bool(given["loop"]),
            follow=bool(given.get("follow", True)),
            thresholds=Thresholds(**{name: float(value) for name, value in dict(given["thresholds"]).items()}),
            reduction=_one_of(given["reduction"], get_args(Reduction)),
            hidden=_known(given["hidden"], QUANTITIES),
            aside=_known(given.get("aside", View.aside), QUANTITIES),
            derived=_known(given.get("derived", ()), get_args(Derived)),
            differences=_known(given.get("differences", ()), QUANTITIES),
            find=str(given.get("find", "")),
            whose=_one_of(given.get("whose", "selected"), get_args(Whose)),
            shaded=bool(given.get("shaded", False)),
            shading=_one_of(given.get("shading", "weight"), get_args(Shading)),
            tab=_one_of(given.get("tab", "prediction"), get_args(Tab)),
            extent=_one_of(given.get("extent", "sequence"), get_args(Extent)),
            sides=_sides(given.get("sides", (0.1, 0.9))),
            page=bool(given.get("page", False)),
            colour=str(given.get("colour", given.get("shade", ""))),  # as it was called once
            label=str(given.get("label", "")),
            marked=_ranges(given.get("marked", ()), int(given["length"])),
            panes=panes,
            focus=int(given.get("focus", 0)),
        )
        for pane in panes:
            _one_of(pane.order, get_args(Order))
            if not isinstance(pane.layer, str) or not isinstance(pane.sequence, int):
                raise ValueError("a pane shows a layer by its name and a sequence by its number")
            if pane.anchor is not None and not isinstance(pane.anchor, int):
                raise ValueError("a pane is ordered by a sequence by its number")
            if not isinstance(pane.filter, str):
                raise ValueError("a pane shows the units of which a text is true")
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"this is no view ({type(error).__name__}: {error})") from error
    inside = 0 <= view.cursor < max(view.length, 1) and 0 <= view.start <= view.stop <= view.length
    if not inside:
        raise ValueError("this is no view: its times lie outside its sequence")
    if not 0 <= view.focus < len(panes) <= MOST_PANES:
        raise ValueError("this is no view: it has no pane that is in focus, or too many")
    if not 0 < view.speed < math.inf:
        raise ValueError(f"this is no view: nothing plays at {view.speed:g} timesteps a second")
    return view


def _known(names: Any, allowed: Collection[str]) -> tuple[str, ...]:
    """Those of some names that are known, each once: another version may have had others."""
    return tuple(name for name in dict.fromkeys(map(str, names)) if name in allowed)


def _pair(value: Any) -> tuple[int, int] | None:
    if value is None:
        return None
    first, second = value
    return int(first), int(second)


def _sides(value: Any) -> tuple[float, float]:
    low, high = (round(float(each) * 100) for each in value)
    if not 0 <= low <= high <= 100:
        raise ValueError("a gate is saturated below and above two numbers between 0 and 1")
    return low / 100, high / 100


def _ranges(value: Any, length: int) -> tuple[tuple[int, int], ...]:
    ranges = tuple((int(first), int(last)) for first, last in value)
    edges = [edge for part in ranges for edge in part]
    if any(a >= b for a, b in pairwise(edges)) or (edges and not 0 <= edges[0] <= edges[-1] <= length):
        raise ValueError("this is no view: its marks lie outside its sequence")
    return ranges


def _one_of(value: Any, allowed: tuple[Any, ...]) -> Any:
    if value not in allowed:
        raise ValueError(f"{value!r} is none of {', '.join(allowed)}")
    return value


def _ranged(view: View, start: int, stop: int) -> View:
    span = _clamp(stop - start, 0, view.length)
    start = _clamp(start, 0, view.length - span)
    return replace(view, start=start, stop=start + span)


def _clamp(value: int, low: int, high: int) -> int:
    return max(low, min(value, high)) if high >= low else low
