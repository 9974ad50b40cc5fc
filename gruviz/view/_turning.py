"""Turning to another sequence: what is kept of where one was, and what begins anew."""

from dataclasses import replace

from gruviz.view._panes import alone, with_pane
from gruviz.view._time import clamp, ranged, seek, show_all, show_range
from gruviz.view._view import MIN_SPAN, Pane, View


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
    grown = replace(grown, cursor=clamp(length - 1 if at_end else view.cursor, 0, length - 1))
    if whole or not view.length:
        return show_all(grown)
    span = max(view.span, min(MIN_SPAN, length))
    start = length - span if view.following else view.start
    return ranged(grown, start, start + span)


def follow(view: View, on: bool = True) -> View:
    """Follow the newest timestep, beginning with the last one that there is; or stay where one is."""
    if not on or not view.length:
        return replace(view, follow=on)
    return ranged(replace(view, follow=True, cursor=view.length - 1), view.length - view.span, view.length)


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
