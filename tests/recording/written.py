"""Recordings with known content, and the numbers that went into them."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gruviz.cells import GRU, Cell
from gruviz.recording import Block, Writer

Content = dict[str, NDArray[np.float32]]


def content(cell: Cell, steps: int, units: int, seed: int = 0) -> Content:
    """Every quantity of a cell, (steps, units), none like another; fractions reach down to 0 and up to 1."""
    rng = np.random.default_rng(seed)
    made = {}
    for quantity in cell.quantities:
        values = rng.normal(0, 3, (steps, units))
        made[quantity.name] = (1 / (1 + np.exp(-values)) if quantity.fraction else np.tanh(values)).astype(np.float32)
    return made


def write(
    path: Path | None,
    lengths: Sequence[int],
    units: int = 5,
    cell: Cell = GRU,
    *,
    cuts: Sequence[int] = (),
    backward: bool = False,
    seed: int = 0,
    **options: Any,
) -> list[Content]:
    """Write one layer `rnn.l0` with sequences of these lengths, in appends of `cuts` steps; give what is in it."""
    made = [content(cell, length, units, seed + i) for i, length in enumerate(lengths)]
    with Writer(path, **options) as writer:
        add_layer(writer, cell, units, backward)
        for number, values in enumerate(made):
            write_sequence(writer, values, f"s{number}", cell, cuts, backward)
    return made


def add_layer(writer: Writer, cell: Cell, units: int, backward: bool = False) -> None:
    writer.add_tape("main", vocabulary=["a", "b", "c"])
    direction = "backward" if backward else "forward"
    writer.add_layer("rnn.l0", tape="main", cell=cell, size=units, direction=direction)


def write_sequence(
    writer: Writer, values: Content, name: str, cell: Cell = GRU, cuts: Sequence[int] = (), backward: bool = False
) -> None:
    start = initial(cell, values["hidden"].shape[1])
    writer.begin("main", name, initial={"rnn.l0": start})
    length = len(values["hidden"])
    before = previous(values[cell.state], start[cell.state], backward)
    ends = [*np.minimum(np.cumsum([0, *cuts]), length).tolist(), length]
    for begin, end in itertools.pairwise(ends):
        block = Block({key: array[begin:end] for key, array in values.items()}, before[begin:end])
        writer.append("main", {"rnn.l0": block}, tokens=np.arange(begin, end) % 3)
    writer.end("main", {"rnn.l0": 1e-7})


def initial(cell: Cell, units: int) -> Content:
    """Different for each state, and not zero."""
    return {state: np.linspace(-0.5, 0.5 + i, units, dtype=np.float32) for i, state in enumerate(cell.states)}


def previous(state: NDArray[np.float32], start: NDArray[np.float32], backward: bool) -> NDArray[np.float32]:
    """The state before each timestep in processing order, as a loop would find it."""
    rows = []
    for t in range(len(state)):
        before = t + 1 if backward else t - 1
        rows.append(state[before] if 0 <= before < len(state) else start)
    return np.array(rows).reshape(state.shape)
