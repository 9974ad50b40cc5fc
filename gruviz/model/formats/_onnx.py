"""ONNX files: GRU, LSTM and RNN nodes, with the embedding before them and the read-out behind them where plain.

Equations and layouts are those of the operator specification (onnx.ai/onnx/operators: GRU, LSTM, RNN): D directions,
G gates, H hidden units, W (D, G·H, I), R (D, G·H, H) and B (D, 2·G·H), with the gates in the order z, r, h and
i, o, f, c. Its z keeps, `Ht = (1 - zt) (.) ht + zt (.) Ht-1`, as PyTorch's does.
"""

import re
from collections.abc import Container, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from gruviz.cells import CELLS
from gruviz.errors import GruvizError

from ._found import Direction, Floats, Found, RecurrentModule
from ._onnx_graph import Graph, Node
from ._onnx_neighbours import Layer, embedding, floats, readout, stacks
from ._onnx_values import Array, Values

_CELL = {"GRU": "gru", "LSTM": "lstm", "RNN": "rnn"}
_BLOCKS = {"gru": (1, 0, 2), "lstm": (0, 2, 3, 1), "rnn": (0,)}
"""Where PyTorch's blocks of rows stand among ONNX's."""
_ACTIVATIONS = {"gru": ["sigmoid", "tanh"], "lstm": ["sigmoid", "tanh", "tanh"], "rnn": ["tanh"]}
_TURNS = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}
_INITIAL = {"hidden": 5, "cell": 6}
"""Which input of a node is the state that it starts from."""
_PEEPHOLES = 7
_QUANTISED = re.compile(r".+\.(DynamicQuantizeLSTM|QLinear\w+)")


def read(path: Path) -> Found:
    """Return the recurrent modules of an ONNX file; nodes that directly follow each other are layers of one.

    Raises GruvizError where it is no ONNX file, keeps weights in other files, or has no GRU, LSTM or RNN node.
    """
    graph = Graph(path)
    values = Values(graph)
    layers: list[Layer] = []
    refused: dict[str, str] = {}
    for node in graph.nodes:
        try:
            if node.op in _CELL:
                layers.append(_layer(values, node))
            elif _QUANTISED.fullmatch(node.op):
                raise GruvizError(f"{_name(node)} is quantised ({node.op}): export the model as it was before that")
        except GruvizError as error:
            refused[_unused(_name(node), refused)] = str(error)
    if not layers and not refused:
        raise GruvizError(
            f"{path} has no GRU, LSTM or RNN node in it, and cells that were exported as plain operators are not "
            "recognised: save the weights instead, as with torch.save(model.state_dict(), 'model.pt')"
        )
    modules: dict[str, RecurrentModule] = {}
    for stack in stacks(graph, values, layers):
        name = _unused(_name(stack[0].node), modules.keys() | refused.keys())
        modules[name] = _module(graph, values, stack, name)
    return Found("ONNX", tuple(modules.values()), refused)


def _module(graph: Graph, values: Values, stack: Sequence[Layer], name: str) -> RecurrentModule:
    """The layers of a stack as one module, with what stands around it."""
    notes = [note for layer in stack for note in layer.module.notes]
    outputs = readout(graph, values, stack[-1])
    if outputs is not None and outputs.ending:
        notes.append(f"the model ends in a {outputs.ending}: gruviz shows the outputs before it")
    return replace(
        stack[0].module,
        path=name,
        layers=tuple(layer.module.layers[0] for layer in stack),
        embedding=embedding(graph, values, stack[0]),
        readout=None if outputs is None else (outputs.weight, outputs.bias),
        notes=tuple(dict.fromkeys(notes)),
    )


def _layer(values: Values, node: Node) -> Layer:
    """A node as a module of one layer. Raises GruvizError for what is no plain GRU, LSTM or RNN."""
    cell, name = _CELL[node.op], _name(node)
    turns = _TURNS.get(_word(node.attributes.get("direction", "forward")))
    if turns is None:
        raise GruvizError(f"{name} has a direction that ONNX does not know: the file is damaged")
    nonlinearity = _nonlinearity(node, len(turns))
    _refuse_variants(values, node)

    W, R = (_weights(values, node, index) for index in (1, 2))
    B = _weights(values, node, 3) if node.input(3) else None
    D, G, H = len(turns), len(CELLS[cell].rows), (0, *R.shape)[-1]
    if W.ndim != 3 or W.shape[:2] != (D, G * H) or R.shape != (D, G * H, H):
        raise GruvizError(f"{name} has weights of the shapes {W.shape} and {R.shape}: the file is damaged")
    if B is not None and B.shape != (D, 2 * G * H):
        raise GruvizError(f"{name} has biases of the shape {B.shape}, where {(D, 2 * G * H)} fits: the file is damaged")

    batch_first = node.attributes.get("layout", 0) == 1
    notes = {f"weights in {W.dtype} were converted to float32"} if W.dtype == np.float16 else set()
    initial: dict[str, Floats] = {}
    for state in CELLS[cell].states:
        start = _initial(values, node, state, (D, H), batch_first)
        if isinstance(start, str):
            notes.add(start)
        elif start is not None:
            initial[state] = start
    directions = []
    for index, backward in enumerate(turns):
        b_ih, b_hh = (None, None) if B is None else (_ordered(half, cell) for half in np.split(B[index], 2))
        states = {state: floats(array[index]) for state, array in initial.items()}
        W_ih, W_hh = _ordered(W[index], cell), _ordered(R[index], cell)
        directions.append(Direction(W_ih, W_hh, b_ih, b_hh, initial=states, backward=backward))
    reset: Literal["after", "before"] = "after"
    if cell == "gru" and not node.attributes.get("linear_before_reset", 0):
        reset = "before"
    module = RecurrentModule(
        name, cell, (tuple(directions),), "onnx", reset, nonlinearity=nonlinearity, notes=tuple(sorted(notes))
    )
    return Layer(node, module, batch_first)


def _nonlinearity(node: Node, directions: int) -> Literal["tanh", "relu"] | None:
    """What a plain RNN squashes with; None for other cells. Raises GruvizError for activations not the cell's own."""
    cell = _CELL[node.op]
    own = _ACTIVATIONS[cell] * directions
    activations = node.attributes.get("activations", [])
    named = [_word(word) for word in (activations if isinstance(activations, list) else [activations])]
    if cell == "rnn" and named == ["relu"] * directions:
        return "relu"
    if named and named != own:
        raise GruvizError(
            f"{_name(node)} uses {', '.join(dict.fromkeys(named))} where the {CELLS[cell].title} has "
            f"{' and '.join(dict.fromkeys(own))}, and gruviz knows no other: train it with those"
        )
    return "tanh" if cell == "rnn" else None


def _refuse_variants(values: Values, node: Node) -> None:
    """Raise GruvizError for cells whose equations are not those that gruviz computes."""
    name = _name(node)
    if "clip" in node.attributes:
        raise GruvizError(
            f"{name} clips what its gates are computed from, which gruviz does not: export it without clip"
        )
    if node.attributes.get("input_forget", 0):
        raise GruvizError(
            f"{name} couples its input gate to its forget gate (input_forget), and an LSTM has both: "
            "gruviz cannot read it"
        )
    if node.op == "LSTM" and node.input(_PEEPHOLES):
        peepholes = values(node.input(_PEEPHOLES))
        if peepholes is None or peepholes.any():
            raise GruvizError(
                f"{name} has peepholes, gates that read the cell state, and gruviz's LSTM has none: train it without"
            )


def _weights(values: Values, node: Node, index: int) -> Array:
    what = {1: "input weights", 2: "recurrent weights", 3: "biases"}[index]
    array = values(node.input(index)) if node.input(index) else None
    if array is None or array.dtype.kind != "f":
        raise GruvizError(
            f"the {what} of {_name(node)} are not in the file as floats, but fed to it or computed: export the model "
            "with its weights, and not quantised"
        )
    return array


def _initial(values: Values, node: Node, state: str, shape: tuple[int, int], batch_first: bool) -> Array | str | None:
    """The state (D, H) that every sequence starts from; None where zero, a sentence where it cannot be known."""
    source = node.input(_INITIAL[state])
    if not source:
        return None
    zero = f"sequences start from zero instead of the initial {state} state that"
    array = values(source)
    extents = array.shape if array is not None and array.ndim == 3 else values.graph.shapes.get(source, ())
    if len(extents) == 3 and extents[-1] not in (0, shape[-1]):
        raise GruvizError(
            f"{_name(node)} has {shape[-1]} units and starts from a {state} state of {extents[-1]}: PyTorch exports an "
            "LSTM with projections in this way, and wrongly; save its state dict instead"
        )
    if array is None or not array.size:
        return f"{zero} is fed to {_name(node)} or computed in the model"
    if not array.any():
        return None
    if array.ndim == 0:
        return np.full(shape, array)
    if array.ndim == 3:
        batch = array.swapaxes(0, 1) if not batch_first else array  # (B, D, H)
        if batch.shape[1:] == shape:
            return (
                batch[0]
                if (batch == batch[0]).all()
                else f"{zero} {_name(node)} has for each of {len(batch)} sequences"
            )
    raise GruvizError(f"{_name(node)} has an initial state of the shape {array.shape}: the file is damaged")


def _ordered(rows: Array, cell: str) -> Floats:
    """Rows in ONNX's order of gates, (G·H, ...), in PyTorch's."""
    blocks = np.split(rows, len(CELLS[cell].rows))
    return floats(np.concatenate([blocks[index] for index in _BLOCKS[cell]]))


def _word(value: object) -> str:
    return (value.decode(errors="replace") if isinstance(value, bytes) else str(value)).lower()


def _name(node: Node) -> str:
    """What the user calls it: the module it came from where that is known, else the node's own name.

    PyTorch's older exporter names nodes after their module and operator, such as /encoder/gru/GRU_1.
    """
    parts = [part for part in node.name.split("/") if part]
    if len(parts) > 1 and re.fullmatch(rf"{node.op}(_\d+)?", parts[-1]):
        parts.pop()
    return node.module or ".".join(parts) or node.op.lower()


def _unused(name: str, taken: Container[str]) -> str:
    """The name, numbered where it is taken."""
    number = 1
    while (numbered := name if number == 1 else f"{name}_{number}") in taken:
        number += 1
    return numbered
