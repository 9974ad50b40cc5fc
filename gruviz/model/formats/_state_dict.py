"""Finding the networks among arrays by name: by the names and shapes that PyTorch gives to weights."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from torch import Tensor

from gruviz.cells import CELLS
from gruviz.errors import GruvizError

from ._arrays import read_arrays
from ._found import Direction, Floats, Found, RecurrentModule
from ._names import NameMap, shipped
from ._tensors import Tensors
from ._weight_norm import without_norm

RECURRENT = re.compile(
    r"(?:(?P<path>.*)\.)?(?P<role>weight|bias)_(?P<side>ih|hh|hr)(?:_l(?P<layer>\d+))?(?P<back>_reverse)?"
)
READOUT = re.compile(r"fc|linear|out|head|decoder", re.IGNORECASE)
STATES = {
    "hidden": r"h_?0|hx|h(idden)?_?(init|initial)|hidden_?0|init(ial)?_?(h|hidden|state|hidden_state)s?",
    "cell": r"c_?0|cx|c(ell)?_?(init|initial)|cell_?0|init(ial)?_?(c|cell|cell_state)s?",
}
"""What learned initial states are called."""
INITIAL = {state: re.compile(rf"(.*[._])?({names})", re.IGNORECASE) for state, names in STATES.items()}
ROWS = {len(cell.rows): cell.name for cell in CELLS.values()}
"""How many times as many rows as columns W_hh has: 3 in a GRU, 4 in an LSTM, 1 in a plain RNN."""
LISTED = 6


def read(path: Path, names: NameMap | None = None) -> Found:
    """Return the recurrent modules among the arrays of a file, called as `names` says. Raises GruvizError."""
    tensors = read_arrays(path)
    if names is None:
        names = next((known for known in shipped() if known.fits(tensors.shapes)), None)
    try:
        found = interpret(tensors if names is None else tensors.renamed(names.apply(tensors.tensors)))
    except GruvizError as error:
        raise GruvizError(f"{path}: {error}") from error
    if names is None:
        return found
    modules = tuple(
        replace(module, vocabulary=names.vocabularies.get(module.path, module.vocabulary)) for module in found.modules
    )
    return replace(found, modules=modules, translation=names.translation)


@dataclass
class _Recurrent:
    """One recurrent module by its names."""

    path: str
    names: dict[tuple[int, bool, str], str] = field(default_factory=dict)
    """Layer, whether backward, and `weight_ih` and so on, to the name in the file."""
    is_cell: bool = False


def interpret(tensors: Tensors) -> Found:
    """Find the recurrent modules, their embeddings, their read-outs and their learned initial states.

    Raises GruvizError where there is no recurrent module at all.
    """
    folded, notes = without_norm(tensors)
    plain = folded.renamed(_without_wrappers(folded.tensors))
    found = _find(plain.tensors)
    if not found:
        keys = list(tensors.tensors)
        if not keys:
            raise GruvizError("it holds no tensors by name: save the weights of a model that has a GRU")
        some = ", ".join(keys[:LISTED]) + (f" and {len(keys) - LISTED} more" if len(keys) > LISTED else "")
        raise GruvizError(
            f"there is no GRU, LSTM or RNN in it (no weight_hh_l0, only {some}): choose a model that has one, or say "
            "with a map of names which array is which"
        )
    modules, refused = [], {}
    for recurrent in found.values():
        try:
            modules.append(_module(plain, recurrent, tuple(found), notes))
        except GruvizError as error:
            refused[recurrent.path or "rnn"] = str(error)
    return Found(tensors.source, tuple(modules), refused)


def _module(
    tensors: Tensors, recurrent: _Recurrent, paths: tuple[str, ...], normed: Mapping[str, str]
) -> RecurrentModule:
    """Return a module with all that belongs to it. Raises GruvizError where its shapes do not fit or lie."""
    cell, turns = _measure(tensors, recurrent)
    kind, path = CELLS[cell].title, recurrent.path or cell
    layers = 1 + max(layer for layer, _, _ in recurrent.names)
    shapes = tensors.shapes
    inputs = shapes[recurrent.names[0, False, "weight_ih"]][1]
    hidden = shapes[recurrent.names[0, False, "weight_ih"]][0] // len(CELLS[cell].rows)
    fed_back = shapes[recurrent.names[0, False, "weight_hh"]][1]
    width = fed_back * len(turns)

    matrices = {
        name: shape
        for name, shape in shapes.items()
        if len(shape) == 2 and name.endswith("weight") and not RECURRENT.fullmatch(name)
    }
    embeddings = [name for name, shape in matrices.items() if "emb" in name.lower() and shape[1] == inputs]
    embedding = _nearest(embeddings, recurrent.path, paths)
    readouts = [
        name
        for name, shape in matrices.items()
        if "emb" not in name.lower() and READOUT.search(name) and shape[1] == width
    ]
    readout = _nearest(readouts, recurrent.path, paths)
    readout_bias = readout.removesuffix("weight") + "bias" if readout else ""
    if readout_bias in shapes:
        _expect(tensors, readout_bias, (matrices[readout or ""][0],))
    learned, about_states = _learned(shapes, recurrent.path, paths, cell, layers * len(turns), fed_back, hidden)

    extra = [name for name in (embedding, readout, readout_bias, *learned.values()) if name in shapes]
    wanted = sorted({*recurrent.names.values(), *extra})
    taken, conversions = tensors.take(wanted)
    arrays = {name: _array(tensor) for name, tensor in taken.items()}
    notes = []
    if recurrent.is_cell:
        notes.append(f"{path} is a {kind}Cell, and runs as a {kind} of one layer")
    if embedding:
        rows, columns = matrices[embedding]
        notes.append(f"{embedding} was taken for the embedding of {rows:,} tokens, for it is {columns} wide")
    if readout:
        notes.append(
            f"{readout} was taken for the read-out, for it reads {width} values, as many as the {kind} gives: what may "
            "stand between them is not run"
        )
    notes += [*about_states, *(normed[name] for name in wanted if name in normed), *conversions]

    def direction(layer: int, backward: bool) -> Direction:
        parts = {role: arrays.get(recurrent.names.get((layer, backward, role), "")) for role in (*ROLES, "weight_hr")}
        row = layer * len(turns) + backward
        initial = {state: arrays[name].reshape(layers * len(turns), -1)[row] for state, name in learned.items()}
        W_ih, W_hh = parts["weight_ih"], parts["weight_hh"]
        assert W_ih is not None
        assert W_hh is not None
        return Direction(W_ih, W_hh, parts["bias_ih"], parts["bias_hh"], parts["weight_hr"], initial, backward)

    return RecurrentModule(
        path=path,
        cell=cell,
        layers=tuple(tuple(direction(layer, backward) for backward in turns) for layer in range(layers)),
        convention="pytorch",
        embedding=arrays[embedding] if embedding else None,
        readout=(arrays[readout], arrays.get(readout_bias)) if readout else None,
        notes=tuple(notes),
    )


ROLES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def _without_wrappers(names: Iterable[str]) -> dict[str, str]:
    """Map names, without what DataParallel, torch.compile and Lightning put before them, to the original ones."""
    plain = {name.replace("_orig_mod.", ""): name for name in names}
    for prefix in ("module.", "model.", "module."):
        while plain and all(name.startswith(prefix) for name in plain):
            plain = {name.removeprefix(prefix): original for name, original in plain.items()}
    return plain


def _find(names: Iterable[str]) -> dict[str, _Recurrent]:
    """Return the recurrent modules by their paths."""
    modules: dict[str, _Recurrent] = {}
    for name in names:
        match = RECURRENT.fullmatch(name)
        if not match:
            continue
        path = match["path"] or ""
        module = modules.setdefault(path, _Recurrent(path))
        module.is_cell |= match["layer"] is None
        key = (int(match["layer"] or 0), match["back"] is not None, f"{match['role']}_{match['side']}")
        module.names[key] = name
    return {path: module for path, module in modules.items() if (0, False, "weight_hh") in module.names}


def _measure(tensors: Tensors, module: _Recurrent) -> tuple[str, tuple[bool, ...]]:
    """Return the cell and the directions, all weights checked against them. Raises GruvizError."""
    shapes = tensors.shapes
    recurrent = shapes[module.names[0, False, "weight_hh"]]
    path = module.path or "what is in it"
    projection = module.names.get((0, False, "weight_hr"))
    fed_back = recurrent[-1] if len(recurrent) == 2 else 0
    hidden = fed_back
    if projection:
        _expect(tensors, projection, (fed_back, shapes[projection][-1] if shapes[projection] else 0))
        hidden = shapes[projection][1]
    ratio = recurrent[0] // max(hidden, 1) if len(recurrent) == 2 else 0
    if ratio not in ROWS or recurrent[0] != ratio * hidden or (projection and ROWS[ratio] != "lstm"):
        raise GruvizError(
            f"{path} is no GRU, LSTM or RNN: weight_hh has the shape {recurrent}, and needs 3, 4 or 1 times as many "
            "rows as columns"
        )
    layers = 1 + max(layer for layer, _, _ in module.names)
    turns = (False, True) if any(backward for _, backward, _ in module.names) else (False,)
    present = {role for _, _, role in module.names}
    roles = [role for role in (*ROLES, "weight_hr") if role in present]
    if layers * len(roles) * len(turns) != len(module.names):
        raise GruvizError(f"{path} is incomplete: its layers differ in their weights, or one is missing")
    first = shapes[module.names.get((0, False, "weight_ih"), module.names[0, False, "weight_hh"])]
    width = first[-1] if first else 0
    for layer in range(layers):
        for backward in turns:
            for role in roles:
                name = module.names.get((layer, backward, role))
                if name is None:
                    raise GruvizError(f"{path} is incomplete: layer {layer} has no {role}")
                columns = {"weight_ih": (width,), "weight_hh": (fed_back,), "weight_hr": (hidden,)}.get(role, ())
                _expect(tensors, name, (fed_back if role == "weight_hr" else recurrent[0], *columns))
        width = fed_back * len(turns)
    if "weight_ih" not in roles:
        raise GruvizError(f"{path} is incomplete: layer 0 has no weight_ih")
    return ROWS[ratio], turns


def _learned(
    shapes: Mapping[str, tuple[int, ...]],
    path: str,
    paths: tuple[str, ...],
    cell: str,
    rows: int,
    fed_back: int,
    hidden: int,
) -> tuple[dict[str, str], list[str]]:
    """Learned initial states by name of the state, and what is to be said of them."""
    learned, notes = {}, []
    for state in CELLS[cell].states:
        size = hidden if state == "cell" else fed_back
        named = [name for name, shape in shapes.items() if INITIAL[state].fullmatch(name) and shape[-1:] == (size,)]
        whole = [name for name in named if _count(shapes[name]) == rows * size]
        name = _nearest(whole, path, paths)
        if name:
            learned[state] = name
            notes.append(f"{name} was taken for the {state} state that was learned to begin with")
        notes += [
            f"{other} may be an initial state that was learned; it is not used, for it has the shape {shapes[other]}"
            for other in named
            if other not in whole
        ]
    return learned, notes


def _nearest(names: Iterable[str], path: str, paths: Iterable[str]) -> str | None:
    """Return the one name that stands nearest to a module; None where there are several, or another is nearer."""
    mine = {name: _shared(name, path) for name in names}
    mine = {name: near for name, near in mine.items() if near >= max(_shared(name, other) for other in paths)}
    best = [name for name, near in mine.items() if near == max(mine.values())]
    return best[0] if len(best) == 1 else None


def _shared(name: str, path: str) -> int:
    """How many parts a name and a path have in common before they part."""
    count = 0
    for mine, other in zip(name.split(".")[:-1], path.split(".") if path else (), strict=False):
        if mine != other:
            break
        count += 1
    return count


def _count(shape: tuple[int, ...]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


def _expect(tensors: Tensors, name: str, shape: tuple[int, ...]) -> None:
    if tensors.shapes[name] != shape:
        raise GruvizError(
            f"{name} has the shape {tensors.shapes[name]} where {shape} fits the rest: the file is damaged, or not a "
            "whole state dict"
        )


def _array(tensor: Tensor) -> Floats:
    array: Floats = tensor.numpy()
    return array
