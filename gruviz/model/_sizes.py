"""How large cells of different kinds have to be, so that they have alike many hidden units, or parameters."""

from bisect import bisect_left

import torch

from gruviz.comparison import KINDS, Equal
from gruviz.model.network import LARGEST, SequenceModel
from gruviz.model.tasks import Task

TOLERANCE = 0.01
"""By which equal parameter counts may differ: the largest over the smallest, less 1."""
_AROUND = 0.1
"""How far the GRU's size may be from what was asked for, to come within that."""
REFERENCE = "gru"


def sizes(task: Task, hidden: int, equal: Equal) -> dict[str, int]:
    """Return the hidden units of each kind of cell.

    With equal `parameters` the GRU has as many units as were asked for, or up to a tenth more or less, where it takes
    that for the others to come within `TOLERANCE`; where nothing does, the sizes that come closest.
    """
    if equal == "hidden":
        return dict.fromkeys(KINDS, hidden)
    tried: list[tuple[float, dict[str, int]]] = []
    for away in range(int(hidden * _AROUND) + 1):
        for reference in dict.fromkeys((hidden + away, hidden - away)):
            wanted = parameters(task, REFERENCE, reference)
            found = {cell: reference if cell == REFERENCE else _closest(task, cell, wanted) for cell in KINDS}
            counts = [parameters(task, cell, size) for cell, size in found.items()]
            tried.append((max(counts) / min(counts) - 1, found))
            if tried[-1][0] <= TOLERANCE:
                return found
    return min(tried, key=lambda each: each[0])[1]


def parameters(task: Task, cell: str, hidden: int) -> int:
    """Return how many numbers a network for the task learns. Nothing is taken of memory."""
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        return sum(each.numel() for each in SequenceModel(task.architecture(cell, hidden, 1)).parameters())


def _closest(task: Task, cell: str, wanted: int) -> int:
    """The hidden units with which the parameters come closest to `wanted`: more units are more parameters."""

    def count(hidden: int) -> int:
        return parameters(task, cell, hidden)

    most = 2
    while count(most) < wanted and most < LARGEST:
        most *= 2
    above = bisect_left(range(1, most), wanted, key=count) + 1
    return min((max(above - 1, 1), above), key=lambda hidden: abs(count(hidden) - wanted))
