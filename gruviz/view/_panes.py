"""What stands beside each other, and which of it is in focus."""

from dataclasses import replace

from gruviz.view._time import clamp
from gruviz.view._view import MOST_PANES, Pane, View


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
    return replace(view, focus=clamp(number, 0, len(view.panes) - 1))


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
