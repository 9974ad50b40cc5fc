"""What is worked out of the recorded quantities of a cell, and shown beside them, unit by unit and step by step."""

from gruviz.cells import Cell, Kind, Quantity

SURVIVAL, CARRIED, WRITTEN, CHANGE, READ, HELD = "survival", "carried", "written", "change", "read", "held"
_DIRECT = "The direct path alone: a candidate reads the old states again. What survives need not be important."


def derived(cell: Cell) -> tuple[Quantity, ...]:
    """What is worked out of a cell, in the order in which it is offered; of a plain RNN its change alone."""
    h = cell[cell.state].symbol
    moved = _quantity(CHANGE, f"Δ{h}", "change", "state", f"{h} − {h}′", "How far the state moved at this timestep.")
    if cell.keep is None:
        return (moved,)
    k, n = cell[cell.keep].symbol, cell["candidate"].symbol
    w = f"(1 − {k})" if cell.write is None else cell[cell.write].symbol
    product = f"{k}_(s+1) ⋯ {k}_t"
    found = (
        _quantity(
            SURVIVAL,
            "S",
            "survival",
            "kept",
            product,
            f"How much of what the unit held at the marked timestep s is still there. {_DIRECT}",
        ),
        _quantity(
            CARRIED, f"|{k}{h}′|", "carried", "carried", f"|{k} {h}′|", "How much of the old state is taken over."
        ),
        _quantity(
            WRITTEN,
            f"|{w.replace(' ', '')}{n}|",
            "written",
            "written",
            f"|{w} {n}|",
            "How much is taken of the candidate.",
        ),
        moved,
    )
    if cell.name != "gru":
        return found
    before = "W_hn (r h′)" in cell["candidate"].formula
    through = "W_hn (r h′) + b_hn" if before else "r (W_hn h′ + b_hn)"
    held = "W_hn ((1 − r) h′)" if before else "(1 − r) (W_hn h′ + b_hn)"
    unused = f"Weighted by 1 − {k}: a unit that writes nothing does not use its reset."
    return (
        *found,
        _quantity(
            READ,
            "r(…)",
            "read",
            "read",
            f"{w} |{through}|",
            f"What of the old states reaches the candidate, before the tanh. {unused}",
        ),
        _quantity(
            HELD,
            "(1−r)(…)",
            "held back",
            "read",
            f"{w} |{held}|",
            f"What the reset keeps the candidate from reading, before the tanh. {unused}",
        ),
    )


def _quantity(name: str, symbol: str, title: str, kind: Kind, formula: str, meaning: str) -> Quantity:
    return Quantity(name, symbol, f"${symbol}$", title, kind, f"{title} = {formula}", meaning)
