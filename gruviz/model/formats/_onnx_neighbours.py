"""Which nodes of an ONNX graph follow each other: layers of one stack, an embedding before it, a read-out behind it.

Between two nodes stand operators that move values about. Whether they only turn the one's layout into the other's is
tried: the states are numbered, moved in the same way, and must arrive as whole vectors.

Notation: T timesteps, B sequences, D directions, H hidden units.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ._found import Floats, RecurrentModule
from ._onnx_graph import MOVING, Graph, Node
from ._onnx_values import Array, Values

_ENDINGS = {"Softmax", "LogSoftmax", "Sigmoid"}
_MOST = 2**22  # states that are numbered at most


@dataclass(frozen=True, eq=False)
class Layer:
    """A recurrent node, and the module of one layer that it is."""

    node: Node
    module: RecurrentModule
    batch_first: bool
    """Whether its inputs are laid out (B, T, I), and its outputs (B, T, D, H); else (T, B, I) and (T, D, B, H)."""


@dataclass(frozen=True, eq=False)
class Readout:
    """A linear map of the states, on its way to an output of the model."""

    weight: Floats
    """(O, D·H)"""
    bias: Floats | None
    """(O,)"""
    ending: str
    """The operator between it and the output, such as Softmax; empty for none."""


def stacks(graph: Graph, values: Values, layers: Sequence[Layer]) -> Iterator[list[Layer]]:
    """Yield the layers that belong together, each once: one alone, or several where each reads just the one before."""
    after: dict[str, list[Layer]] = {}
    before: dict[int, Layer] = {}
    outputs = {layer.node.output(0): layer for layer in layers if layer.node.output(0)}
    for layer in layers:
        previous = outputs.get(graph.source(layer.node.input(0)))
        if previous is not None and _alike(previous, layer) and _reads(graph, values, layer, previous):
            after.setdefault(previous.node.output(0), []).append(layer)
            before[id(layer)] = previous
    for layer in layers:
        follows = before.get(id(layer))
        if follows is not None and len(after[follows.node.output(0)]) == 1:
            continue  # told with the layer that it follows
        stack = [layer]
        while len(following := after.get(stack[-1].node.output(0), [])) == 1:
            stack.append(following[0])
        yield stack


def embedding(graph: Graph, values: Values, layer: Layer) -> Floats | None:
    """The table (V, I) whose rows the layer reads, where tokens are fed and nothing else comes between."""
    source = graph.source(layer.node.input(0))
    picking = graph.producer.get(source)
    if picking is None or picking.op != "Gather" or picking.attributes.get("axis", 0) != 0:
        return None
    if graph.source(picking.input(1)) not in graph.inputs:
        return None
    table = values(picking.input(0))
    if table is None or table.dtype.kind != "f" or table.ndim != 2 or table.shape[1] != layer.module.inputs:
        return None
    for tokens in ((2, 3), (2,)):  # (B, T) or (T, B), or one sequence (T,)
        numbers = np.arange(np.prod(tokens) * table.shape[1]).reshape(*tokens, table.shape[1])
        read = values(layer.node.input(0), {source: numbers})
        if read is not None and read.ndim == 3 and _are_whole(read, table.shape[1]):
            return floats(table)
    return None


def readout(graph: Graph, values: Values, layer: Layer) -> Readout | None:
    """The linear map that reads the layer's states at each timestep, or at the last, where there is just one."""
    D, H = layer.module.directions, layer.module.hidden
    numbers, _ = _number(graph, layer)
    sources = {layer.node.output(0): numbers}
    if D == 1 and layer.node.output(1):  # the last state of each sequence
        sources[layer.node.output(1)] = np.arange(3 * H).reshape((3, 1, H) if layer.batch_first else (1, 3, H))
    found = []
    for source, numbered in sources.items():
        for value in _moved(graph, source):
            for node in graph.consumers.get(value, ()):
                linear = _linear(graph, values, node, value, D * H)
                if linear is not None:
                    read = values(value, {source: numbered})
                    if read is not None and _are_whole(read, D * H):
                        found.append(linear)
    return found[0] if len(found) == 1 else None


def floats(array: Array) -> Floats:
    """A copy as float64 where it was that, else as float32."""
    return array.astype(np.float64) if array.dtype == np.float64 else array.astype(np.float32)


def _alike(one: Layer, other: Layer) -> bool:
    """Whether both can be layers of one module."""
    a, b = one.module, other.module
    turns = [[direction.backward for direction in module.layers[0]] for module in (a, b)]
    dtypes = {direction.W_hh.dtype for module in (a, b) for direction in module.layers[0]}
    same = (a.cell, a.hidden, a.reset, a.nonlinearity) == (b.cell, b.hidden, b.reset, b.nonlinearity)
    return same and turns[0] == turns[1] and len(dtypes) == 1


def _reads(graph: Graph, values: Values, layer: Layer, previous: Layer) -> bool:
    """Whether a layer reads just what the previous one gives, each timestep's states as one vector."""
    numbers, expected = _number(graph, previous)
    read = values(layer.node.input(0), {previous.node.output(0): numbers})
    return read is not None and np.array_equal(read, expected.swapaxes(0, 1) if layer.batch_first else expected)


def _number(graph: Graph, layer: Layer) -> tuple[Array, Array]:
    """Numbers in place of a layer's outputs, as its node lays them out, and as (T, B, D·H).

    T and B are those that the file declares, for a graph may be made for them alone; else small ones.
    """
    D, H = layer.module.directions, layer.module.hidden
    declared = graph.shapes.get(layer.node.output(0), ())
    T, B = 2, 3
    if len(declared) == 4:
        t, b = (declared[1], declared[0]) if layer.batch_first else (declared[0], declared[2])
        if t * b * D * H <= _MOST:
            T, B = t or T, b or B
    states = np.arange(T * B * D * H).reshape(T, B, D, H)
    laid_out = states.transpose(1, 0, 2, 3) if layer.batch_first else states.transpose(0, 2, 1, 3)
    return laid_out, states.reshape(T, B, D * H)


def _are_whole(numbers: Array, width: int) -> bool:
    """Whether numbered vectors of this width arrive as they were: each in its order, none torn apart."""
    if not numbers.size or numbers.shape[-1] != width:
        return False
    rows = numbers.reshape(-1, width)
    return bool((rows[:, :1] % width == 0).all() and (rows == rows[:, :1] + np.arange(width)).all())


def _moved(graph: Graph, source: str) -> list[str]:
    """The values that hold those of `source`, moved about; itself first."""
    found = {source: None}  # a dict for its order
    waiting = [source] if source else []
    while waiting:
        value = waiting.pop()
        for node in graph.consumers.get(value, ()):
            if node.op in MOVING and node.inputs[0] == value and node.output(0) not in found:
                found[node.output(0)] = None
                waiting.append(node.output(0))
    return list(found)


def _linear(graph: Graph, values: Values, node: Node, value: str, width: int) -> Readout | None:
    """A MatMul or Gemm of `value`, (.., D·H), with its bias, if it leads to an output of the model."""
    if node.op not in ("MatMul", "Gemm") or node.input(0) != value:
        return None
    gemm = node.op == "Gemm"
    scaled = any(node.attributes.get(name, 1.0) != 1.0 for name in ("alpha", "beta"))
    if gemm and (node.attributes.get("transA", 0) or scaled):
        return None
    weight = values(node.input(1))
    if weight is None or weight.dtype.kind != "f" or weight.ndim != 2:
        return None
    weight = weight if gemm and node.attributes.get("transB", 0) else weight.T  # (O, D·H)
    if weight.shape[1] != width:
        return None
    output, bias = node.output(0), node.input(2) if gemm else ""
    adding = graph.consumers.get(output, [])
    if not gemm and len(adding) == 1 and adding[0].op == "Add" and len(adding[0].inputs) == 2:
        first, second = adding[0].inputs
        output, bias = adding[0].output(0), second if first == output else first
    added = values(bias) if bias else None
    if bias and (added is None or added.size != len(weight)):
        return None
    ending = _ending(graph, output)
    if ending is None:
        return None
    return Readout(floats(weight), None if added is None else floats(added.reshape(-1)), ending)


def _ending(graph: Graph, value: str) -> str | None:
    """What stands between a value and the output of the model that it becomes; None where it becomes none."""
    for moved in _moved(graph, value):
        if moved in graph.outputs:
            return ""
        for node in graph.consumers.get(moved, ()):
            if node.op in _ENDINGS and not graph.outputs.isdisjoint(_moved(graph, node.output(0))):
                return node.op
    return None
