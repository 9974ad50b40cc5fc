"""What is derived of the recorded quantities of a layer, at some timesteps of a sequence."""

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis._carry import carried, change, written
from gruviz.analysis._derived import CARRIED, CHANGE, HELD, READ, WRITTEN
from gruviz.analysis._reset import through_reset
from gruviz.errors import GruvizError
from gruviz.recording import Layer

Values = NDArray[np.floating]


def work_out(
    layer: Layer,
    sequence: int,
    name: str,
    start: int,
    stop: int,
    weights: tuple[Values, Values | None] | None = None,
) -> NDArray[np.float32]:
    """One of `derived` but survival, (n, H), in the sequence's own time order.

    Args:
        layer: a recorded layer.
        sequence: the index of a sequence.
        name: `carried`, `written`, `change`, `read` or `held`.
        start: the first timestep.
        stop: one past the last.
        weights: `candidate_weights` of the layer, which `read` and `held` need.

    Raises:
        GruvizError: there is no such thing in a cell of this kind.
    """
    cell, info = layer.cell, layer.tape.sequences[sequence]
    rows = slice(info.offset + start, info.offset + stop)
    if name == WRITTEN and cell.keep is not None:
        return written(_write(layer, rows), layer["candidate"][rows]).astype(np.float32)
    previous = layer.previous(cell.state, sequence, start, stop)
    if name == CHANGE:
        return change(layer[cell.state][rows], previous).astype(np.float32)
    if name == CARRIED and cell.keep is not None:
        return carried(layer[cell.keep][rows], previous).astype(np.float32)
    if name not in (READ, HELD) or weights is None:
        raise GruvizError(f"there is no {name} in a {cell.title}")
    both = through_reset(layer["reset"][rows], previous, *weights, layer.reset)
    return (_write(layer, rows) * np.abs(both[name == HELD])).astype(np.float32)


def _write(layer: Layer, rows: slice) -> Values:
    cell = layer.cell
    assert cell.keep is not None
    return 1 - layer[cell.keep][rows] if cell.write is None else layer[cell.write][rows]
