"""The weights of a Keras cell in PyTorch's order and orientation.

Equations are those of keras.layers.GRU, LSTM and SimpleRNN. H hidden units, G gates: kernels (I, G·H) and recurrent
kernels (H, G·H), with the gates in the order z, r, h and i, f, c, o in their columns. A GRU's z keeps,
`h = z * h_tm1 + (1 - z) * hh`; its reset gate acts after the product where it is made with `reset_after`, and its bias
then has a row for each product, (2, 3·H).
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from gruviz.cells import CELLS
from gruviz.errors import GruvizError

from ._found import Direction, Floats

Reset = Literal["after", "before"]
_BLOCKS = {"gru": (1, 0, 2), "lstm": (0, 1, 2, 3), "rnn": (0,)}
"""Where PyTorch's blocks of rows stand among Keras's blocks of columns."""


def cell_of(cell: str, arrays: Sequence[Floats], reset_after: object, where: str) -> tuple[Direction, Reset]:
    """One direction of a layer from its kernel, its recurrent kernel and, where there is one, its bias; and the reset.

    `reset_after` is what the file says, None where it says nothing: then the shape of the bias does. Raises GruvizError
    where shapes do not fit.
    """
    gates = len(CELLS[cell].rows)
    if len(arrays) not in (2, 3) or any(array.ndim != 2 for array in arrays[:2]):
        raise GruvizError(f"{where} has not the weights of a {CELLS[cell].title}: the file is damaged")
    kernel, recurrent, *rest = arrays
    bias = rest[0] if rest else None
    H = len(recurrent)
    if recurrent.shape != (H, gates * H) or kernel.shape[1] != gates * H:
        raise GruvizError(f"{where} has kernels of shapes {kernel.shape} and {recurrent.shape}: the file is damaged")
    twofold = bias is not None and bias.ndim == 2
    after = cell == "gru" and (twofold if reset_after is None else bool(reset_after))
    if bias is not None and bias.shape != ((2, gates * H) if after else (gates * H,)):
        raise GruvizError(f"{where} has a bias of the shape {bias.shape}, which does not fit: the file is damaged")
    b_ih, b_hh = (bias, None) if bias is None or not after else bias
    direction = Direction(
        _rows(kernel.T, cell),
        _rows(recurrent.T, cell),
        None if b_ih is None else _rows(b_ih, cell),
        None if b_hh is None else _rows(b_hh, cell),
    )
    return direction, "after" if after or cell != "gru" else "before"


def _rows(array: Floats, cell: str) -> Floats:
    """Rows in Keras's order of gates, (G·H, ...), in PyTorch's."""
    blocks = np.split(array, len(CELLS[cell].rows))
    ordered: Floats = np.concatenate([blocks[index] for index in _BLOCKS[cell]])
    return ordered
