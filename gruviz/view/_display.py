"""What is shown of a sequence, by what it is measured, and what stands beside it."""

from dataclasses import replace

from gruviz.view._view import Extent, Shading, Tab, View, Whose


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


def toggle_difference(view: View, quantity: str) -> View:
    """Show by how much the first pane has more of a quantity than the others, or do no longer."""
    if quantity in view.differences:
        return replace(view, differences=tuple(name for name in view.differences if name != quantity))
    return replace(view, differences=(*view.differences, quantity))


def take_apart(view: View, whose: Whose) -> View:
    """Take apart the state of other units."""
    return replace(view, whose=whose)


def toggle_shaded(view: View) -> View:
    """Shade the sequence, by what it was shaded by last, or do no longer."""
    return replace(view, shaded=not view.shaded)


def shade_sequence(view: View, shading: Shading) -> View:
    """Shade the sequence by this, or, where it is, do no longer."""
    return replace(view, shaded=not (view.shaded and view.shading == shading), shading=shading)


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


def find(view: View, text: str) -> View:
    """Look for a text; the empty one ends it."""
    return replace(view, find=text)


def toggle_page(view: View) -> View:
    """Read the sequence as pages, or see it in panels over time."""
    return replace(view, page=not view.page)


def colour_by(view: View, quantity: str) -> View:
    """Colour the pages by this quantity."""
    return replace(view, colour=quantity)


def rank_by(view: View, label: str) -> View:
    """Rank units by how well they follow this label."""
    return replace(view, label=label)
