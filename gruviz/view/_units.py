"""Which units are selected, and which are on show."""

from collections.abc import Sequence

from gruviz.view._panes import with_pane
from gruviz.view._view import View


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


def filter_units(view: View, text: str) -> View:
    """Show the units of which this is true; the empty one shows all."""
    return with_pane(view, filter=text)
