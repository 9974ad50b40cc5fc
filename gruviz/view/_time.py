"""Time: the cursor, the reference cursor, the visible range, ranges that are selected or marked, and playing."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from gruviz.view._view import MIN_SPAN, View


def seek(view: View, timestep: int) -> View:
    """Move the cursor to `timestep`; the visible range follows no further than it must."""
    cursor = clamp(timestep, 0, view.length - 1)
    start = clamp(view.start, cursor - view.span + 1, cursor)
    return ranged(replace(view, cursor=cursor), start, start + view.span)


def step(view: View, timesteps: int) -> View:
    """Move the cursor by `timesteps`. While playing in a loop, the end leads back to the start."""
    target = view.cursor + timesteps
    if view.playing and target >= view.length:
        return seek(view, 0) if view.loop else replace(seek(view, target), playing=False)
    return seek(view, target)


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
    return ranged(moved, moved.cursor - view.span // 2, moved.cursor - view.span // 2 + view.span)


def hold(view: View, timestep: int) -> View:
    """Put the reference cursor at a timestep, or take it away if it stands there."""
    timestep = clamp(timestep, 0, view.length - 1)
    return replace(view, reference=None if view.reference == timestep or not view.length else timestep)


def toggle_reference(view: View) -> View:
    """Put the reference cursor where the cursor is, or take it away if it stands there."""
    return hold(view, view.cursor)


def toggle_play(view: View) -> View:
    """Play, or stop playing. At the end of the sequence, playing begins at its start."""
    if view.playing or view.length < 2:
        return replace(view, playing=False)
    return replace(seek(view, 0) if view.cursor == view.length - 1 else view, playing=True)


def toggle_loop(view: View) -> View:
    """Begin again at the end while playing, or stop there."""
    return replace(view, loop=not view.loop)


def zoom(view: View, factor: float, around: float) -> View:
    """Show `factor` times as many timesteps; the time `around`, in timesteps, stays where it is on the screen."""
    span = round(view.span * factor)
    if factor < 1:  # a step of the wheel always does something
        span = min(span, view.span - 1)
    elif factor > 1:
        span = max(span, view.span + 1)
    span = clamp(span, min(MIN_SPAN, view.length), view.length)
    where = (around - view.start) / view.span if view.span else 0.0
    start = round(around - where * span)
    return ranged(view, start, start + span)


def pan(view: View, timesteps: int) -> View:
    """Move the visible range by `timesteps`, its span unchanged. The cursor stays where it is."""
    return ranged(view, view.start + timesteps, view.stop + timesteps)


def show_range(view: View, start: int, stop: int) -> View:
    """Show the timesteps from `start` up to `stop`, as many as are there."""
    start, stop = min(start, stop), max(start, stop)
    least = min(MIN_SPAN, view.length)
    return ranged(view, start, max(stop, start + least))


def show_all(view: View) -> View:
    """Show the whole sequence."""
    return replace(view, start=0, stop=view.length)


def select_range(view: View, start: int, stop: int) -> View:
    """Select the timesteps from `start` up to `stop`; an empty range selects nothing."""
    start, stop = clamp(min(start, stop), 0, view.length), clamp(max(start, stop), 0, view.length)
    return replace(view, selection=(start, stop) if stop > start else None)


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


def ranged(view: View, start: int, stop: int) -> View:
    span = clamp(stop - start, 0, view.length)
    start = clamp(start, 0, view.length - span)
    return replace(view, start=start, stop=start + span)


def clamp(value: int, low: int, high: int) -> int:
    return max(low, min(value, high)) if high >= low else low
