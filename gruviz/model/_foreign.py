"""Finding the network in a state dict that somebody else wrote, by the names and shapes PyTorch gives to weights."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from torch import Tensor, zeros

from gruviz.cells import CELLS
from gruviz.errors import GruvizError

from ._weights import Weights
from .network import Architecture

RECURRENT = re.compile(
    r"(?:(?P<path>.*)\.)?(?P<role>weight|bias)_(?P<side>ih|hh)(?:_l(?P<layer>\d+))?(?P<back>_reverse)?"
)
READOUT = re.compile(r"fc|linear|out|head|decoder", re.IGNORECASE)
INITIAL = re.compile(r"(.*[._])?(h_?0|h_?init|init(ial)?_?(h|hidden|state)s?)", re.IGNORECASE)
ROWS = {len(cell.rows): cell.name for cell in CELLS.values()}
"""How many times as many rows as columns W_hh has: 3 in a GRU, 4 in an LSTM, 1 in a plain RNN."""
LISTED = 6


@dataclass(frozen=True)
class Network:
    """What was found: an architecture, its weights under the names of `SequenceModel`, and what was assumed."""

    path: str
    architecture: Architecture
    tensors: dict[str, Tensor]
    notes: tuple[str, ...]


@dataclass
class _Recurrent:
    """One recurrent module of the state dict."""

    path: str
    names: dict[tuple[int, bool, str], str] = field(default_factory=dict)
    """Layer, whether backward, and `weight_ih` and so on, to the name in the file."""
    is_cell: bool = False

    def describe(self) -> str:
        return self.path or "(the whole file)"


def interpret(weights: Weights, module: str | None) -> Network:
    """Find the recurrent module (the one called `module`, where given), its embedding and its read-out.

    Raises GruvizError where there is none, where there are several to choose from, and where shapes do not fit.
    """
    shapes = weights.shapes
    names = _without_wrappers(shapes)
    recurrent = _choose(weights, _find(names), module)
    if f"{recurrent.path}.weight_hr_l0".removeprefix(".") in names:
        raise GruvizError(
            f"{recurrent.describe()} in {weights.path} is an LSTM with projections (proj_size), which gruviz does not "
            "read: train it without"
        )
    notes = []
    cell, inputs, hidden, layers, bidirectional, bias = _measure(weights, recurrent)
    width = hidden * (2 if bidirectional else 1)
    kind = CELLS[cell].title
    if cell == "rnn":
        notes.append("a state dict does not say what a plain RNN squashes with: tanh was assumed")
    if recurrent.is_cell:
        notes.append(f"{recurrent.describe()} is a {kind}Cell, and runs as a {kind} of one layer")

    matrices = {
        name: shapes[original]
        for name, original in names.items()
        if len(shapes[original]) == 2 and name.endswith("weight") and not RECURRENT.fullmatch(name)
    }
    embedding = _only(name for name, shape in matrices.items() if "emb" in name.lower() and shape[1] == inputs)
    readout = _only(
        name for name, shape in matrices.items() if name != embedding and READOUT.search(name) and shape[1] == width
    )
    wanted = {f"rnn.{_own_name(key)}": original for key, original in recurrent.names.items()}
    if embedding:
        wanted["embedding.weight"] = names[embedding]
        rows, columns = matrices[embedding]
        notes.append(f"{embedding} was taken for the embedding of {rows:,} tokens, for it is {columns} wide")
    else:
        notes.append(f"no embedding was found: numbers go in, {inputs} a timestep")
    if readout:
        wanted["readout.weight"] = names[readout]
        notes.append(f"{readout} was taken for the read-out, for it reads {width} values, as many as the {kind} gives")
        readout_bias = readout.removesuffix("weight") + "bias"
        if readout_bias in names:
            _expect(weights, names[readout_bias], (matrices[readout][0],))
            wanted["readout.bias"] = names[readout_bias]
    else:
        notes.append("no read-out was found: the outputs are the hidden states")
    notes += [
        f"{name} may be an initial state that was learned; it is not used, sequences start from zero"
        for name in names
        if INITIAL.fullmatch(name) and shapes[names[name]][-1:] == (hidden,)
    ]

    taken, conversions = weights.take(sorted(set(wanted.values())))
    tensors = {own: taken[original] for own, original in wanted.items()}
    if readout and "readout.bias" not in tensors:
        tensors["readout.bias"] = zeros(matrices[readout][0])
    architecture = Architecture(
        cell=cell,
        inputs=matrices[embedding][0] if embedding else inputs,
        hidden=hidden,
        layers=layers,
        outputs=matrices[readout][0] if readout else 0,
        embedding=inputs if embedding else None,
        bidirectional=bidirectional,
        bias=bias,
    )
    return Network(recurrent.path or cell, architecture, tensors, (*notes, *conversions))


def _without_wrappers(names: Iterable[str]) -> dict[str, str]:
    """Map the names, without what DataParallel (`module.`) and torch.compile (`_orig_mod.`) add, to the originals."""
    plain = {name.replace("_orig_mod.", ""): name for name in names}
    while plain and all(name.startswith("module.") for name in plain):
        plain = {name.removeprefix("module."): original for name, original in plain.items()}
    return plain


def _find(names: dict[str, str]) -> dict[str, _Recurrent]:
    """Return the recurrent modules by their paths."""
    modules: dict[str, _Recurrent] = {}
    for name, original in names.items():
        match = RECURRENT.fullmatch(name)
        if not match:
            continue
        path = match["path"] or ""
        module = modules.setdefault(path, _Recurrent(path))
        module.is_cell |= match["layer"] is None
        key = (int(match["layer"] or 0), match["back"] is not None, f"{match['role']}_{match['side']}")
        module.names[key] = original
    return {path: module for path, module in modules.items() if (0, False, "weight_hh") in module.names}


def _choose(weights: Weights, modules: dict[str, _Recurrent], wanted: str | None) -> _Recurrent:
    listed = ", ".join(sorted(module.describe() for module in modules.values()))
    if not modules:
        keys = list(weights.tensors)
        if not keys:
            raise GruvizError(f"{weights.path} holds no tensors by name: save the weights of a model that has a GRU")
        some = ", ".join(keys[:LISTED]) + (f" and {len(keys) - LISTED} more" if len(keys) > LISTED else "")
        raise GruvizError(
            f"{weights.path} has no GRU, LSTM or RNN in it (no weight_hh_l0, only {some}): choose a model that has one"
        )
    if wanted is not None:
        if wanted not in modules:
            raise GruvizError(f"{weights.path} has no recurrent module {wanted!r}: choose one of {listed}")
        return modules[wanted]
    if len(modules) > 1:
        raise GruvizError(
            f"{weights.path} has several recurrent modules: choose one with --module NAME out of {listed}"
        )
    return next(iter(modules.values()))


def _measure(weights: Weights, module: _Recurrent) -> tuple[str, int, int, int, bool, bool]:
    """Return cell, inputs, hidden, layers, bidirectional and bias, all weights checked against them."""
    shapes, where = weights.shapes, f"{module.describe()} in {weights.path}"
    recurrent = shapes[module.names[0, False, "weight_hh"]]
    ratio = recurrent[0] // max(recurrent[-1], 1) if len(recurrent) == 2 else 0
    if ratio not in ROWS or recurrent[0] != ratio * recurrent[1]:
        raise GruvizError(
            f"{where} is no GRU, LSTM or RNN: weight_hh has the shape {recurrent}, and needs 3, 4 or 1 times as many "
            "rows as columns"
        )
    rows, hidden = recurrent
    layers = 1 + max(layer for layer, _, _ in module.names)
    bidirectional = any(backward for _, backward, _ in module.names)
    bias = any(role.startswith("bias") for _, _, role in module.names)
    roles = ("weight_ih", "weight_hh") + (("bias_ih", "bias_hh") if bias else ())
    if layers * len(roles) * (2 if bidirectional else 1) != len(module.names):
        raise GruvizError(f"{where} is incomplete: its layers differ in their weights, or one is missing")
    first = shapes[module.names.get((0, False, "weight_ih"), module.names[0, False, "weight_hh"])]
    inputs = first[-1] if first else 0
    for layer in range(layers):
        width = inputs if layer == 0 else hidden * (2 if bidirectional else 1)
        for backward in (False, True)[: 2 if bidirectional else 1]:
            for role in roles:
                name = module.names.get((layer, backward, role))
                if name is None:
                    raise GruvizError(f"{where} is incomplete: layer {layer} has no {role}")
                columns = {"weight_ih": (width,), "weight_hh": (hidden,)}.get(role, ())
                _expect(weights, name, (rows, *columns))
    return ROWS[ratio], inputs, hidden, layers, bidirectional, bias


def _expect(weights: Weights, name: str, shape: tuple[int, ...]) -> None:
    if weights.shapes[name] != shape:
        raise GruvizError(
            f"{name} in {weights.path} has the shape {weights.shapes[name]} where {shape} fits the rest: "
            "the file is damaged, or not a whole state dict"
        )


def _only(names: Iterable[str]) -> str | None:
    """Return the one name there is; None where there are none or several."""
    found = list(names)
    return found[0] if len(found) == 1 else None


def _own_name(key: tuple[int, bool, str]) -> str:
    layer, backward, role = key
    return f"{role}_l{layer}{'_reverse' if backward else ''}"
