"""Recurrent layers that no description in a Keras file tells of: from the names and shapes of their weights.

Files of weights alone have no description at all, and a model of somebody's own class describes none of its layers.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from gruviz.cells import CELLS
from gruviz.errors import GruvizError

from ._found import RecurrentModule
from ._keras_cell import cell_of
from ._keras_weights import KerasWeights

_GATES = {len(cell.rows): cell.name for cell in CELLS.values()}
_LISTS = ("layers", "_layer_checkpoint_dependencies")


def unnamed(
    weights: KerasWeights, told: Collection[str], alone: bool
) -> Iterator[RecurrentModule | tuple[str, GruvizError]]:
    """Yield the recurrent modules in groups of weights that are not in `told`; or a path, and why it is refused.

    Where the weights are `alone`, without a description of any layer, an embedding and a read-out are recognised by
    their names and widths, if there is just one; a read-out only behind the one recurrent module of a file.
    """
    places: dict[str, dict[bool, str]] = {}
    for group in weights.groups:
        if group not in told and weights.is_cell(group):
            place, backward = _place(group)
            places.setdefault(place, {})[backward] = group
    for place, groups in places.items():
        path = ".".join(step for step in place.split("/") if step not in _LISTS) or place or "cell"
        try:
            module = _module(weights, path, groups)
            yield _with_neighbours(weights, module, len(places) == 1) if alone else module
        except GruvizError as error:
            yield path, error


def _module(weights: KerasWeights, path: str, groups: Mapping[bool, str]) -> RecurrentModule:
    """A module from its groups of weights: forward, backward or both."""
    notes: list[str] = []
    assumed: tuple[str, ...]
    directions = []
    for backward, group in sorted(groups.items()):
        arrays = weights.take(group)
        cell = _GATES[arrays[1].shape[1] // len(arrays[1])]
        # Without a bias nothing tells where the reset gate acts, and after the product is the default.
        direction, reset = cell_of(cell, arrays, None if len(arrays) == 3 else True, path)
        directions.append(replace(direction, backward=backward))
        notes += weights.conversions(group)
    squashing = "tanh was assumed, Keras's" if cell == "rnn" else "sigmoid and tanh were assumed, Keras's"
    notes.append(f"the file does not say what {path} computes with: {squashing} default")
    assumed = ("nonlinearity",) if cell == "rnn" else ()
    if cell == "gru" and directions[0].b_ih is None:
        assumed = ("reset",)
        notes.append(f"the file does not say where the reset gate of {path} acts: after the product was assumed")
    module = RecurrentModule(path, cell, (tuple(directions),), "keras", reset, notes=tuple(notes), assumed=assumed)
    return replace(module, nonlinearity="tanh") if cell == "rnn" else module


def _with_neighbours(weights: KerasWeights, module: RecurrentModule, only: bool) -> RecurrentModule:
    """The module with the one embedding and, if it is the only one, the one read-out whose widths fit it."""
    width, embedding, readout = module.hidden * module.directions, None, None
    tables, maps = [], []
    for group, shapes in ((group, weights.shapes(group)) for group in weights.groups):
        name = weights.label(group)
        if name.startswith("embedding") and len(shapes) == 1 and shapes[0][1:] == (module.inputs,):
            tables.append(group)
        if only and name.startswith("dense") and len(shapes[0]) == 2 and shapes[0][0] == width:
            maps.append(group)
    notes = list(module.notes)
    if len(tables) == 1:
        (embedding,) = weights.take(tables[0])
        notes.append(f"{tables[0]} was taken for the embedding of {module.path}, for it is {module.inputs} wide")
    if len(maps) == 1:
        kernel, *bias = weights.take(maps[0])
        readout = kernel.T, bias[0] if bias else None
        notes.append(f"{maps[0]} was taken for the read-out of {module.path}, for it reads {width} values")
    return replace(module, embedding=embedding, readout=readout, notes=tuple(notes))


def _place(group: str) -> tuple[str, bool]:
    """The layer that a cell is in, and whether it is the backward one of two."""
    steps = group.split("/")
    if len(steps) > 1 and "cell" in steps[-1].split("_") and steps[-2] not in ("cells", "stacked_rnn_cells"):
        steps.pop()
    backward = steps[-1].startswith("backward_")
    if len(steps) > 1 and (backward or steps[-1].startswith("forward_")):
        steps.pop()
    return "/".join(steps), backward
