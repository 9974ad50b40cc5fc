"""An ONNX graph as plain nodes, joined by the names of the values that go in and come out. Nothing in it is run."""

from collections import ChainMap
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError

from gruviz.errors import GruvizError

MOVING = {"Identity", "Cast", "Dropout", "Transpose", "Squeeze", "Unsqueeze", "Reshape", "Flatten", "Gather", "Slice"}
"""Operators whose output holds the numbers of their first input, moved about or some of them left out."""


@dataclass(frozen=True, eq=False)
class Node:
    """An operator of the graph, or of a branch or loop in it."""

    op: str
    """Its operator; one that is not of ONNX itself is led by its domain: `com.microsoft.GRU`."""
    name: str
    module: str
    """The module that it was exported from, where PyTorch's exporter says it: `encoder.gru`; else empty."""
    inputs: tuple[str, ...]
    """Names of values; empty for one that is left out."""
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    def input(self, index: int) -> str:
        """The name of an input, empty where it is left out."""
        return self.inputs[index] if index < len(self.inputs) else ""

    def output(self, index: int) -> str:
        """The name of an output, empty where it is left out."""
        return self.outputs[index] if index < len(self.outputs) else ""


class Graph:
    """All nodes of a model in an order in which they could be run; the names of values are unique throughout.

    Raises GruvizError where the file is not ONNX, and where it keeps weights in another file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.nodes: list[Node] = []
        self.producer: dict[str, Node] = {}
        """The node that a value comes out of."""
        self.consumers: dict[str, list[Node]] = {}
        """The nodes that a value goes into."""
        self.tensors: dict[str, onnx.TensorProto] = {}
        """Values that are stored."""
        self.shapes: dict[str, tuple[int, ...]] = {}
        """The declared shapes of values; 0 for an extent that is left open."""
        graph = _parse(path)
        try:
            self._add(graph, ChainMap(), "")
        except (TypeError, ValueError) as error:  # names that are no text, attributes of no known type
            raise GruvizError(f"{path} is damaged: its graph cannot be read; export it again") from error
        self.inputs = {value.name for value in graph.input} - self.tensors.keys()
        """Values that are fed."""
        self.outputs = {value.name for value in graph.output}
        self._position = {id(node): index for index, node in enumerate(self.nodes)}
        for node in self.nodes:
            for name in set(node.inputs) - {""}:
                self.consumers.setdefault(name, []).append(node)

    def source(self, name: str) -> str:
        """The value whose numbers `name` holds, as it was before they were moved about."""
        while (node := self.producer.get(name)) and node.op in MOVING and node.inputs and node.outputs[0] == name:
            if node.op == "Gather" and not self.needs(node.inputs[0])[1]:
                break  # rows picked from a table: an embedding
            name = node.inputs[0]
        return name

    def needs(self, name: str, given: Collection[str] = ()) -> tuple[list[Node], set[str]]:
        """The nodes that make `name` out of what is stored and `given`, in order; and what else they need to be fed."""
        positions: set[int] = set()
        fed: set[str] = set()
        waiting = [name]
        while waiting:
            value = waiting.pop()
            if not value or value in given or value in self.tensors:
                continue
            node = self.producer.get(value)
            if node is None:
                fed.add(value)
            elif self._position[id(node)] not in positions:
                positions.add(self._position[id(node)])
                waiting += node.inputs
        return [self.nodes[position] for position in sorted(positions)], fed

    def _add(self, graph: onnx.GraphProto, around: ChainMap[str, str], prefix: str) -> None:
        """Add the nodes of a graph; of a branch or loop, before the node that it belongs to."""
        names = around.new_child()  # as the graph calls values, to their names in the whole model
        for tensor in graph.initializer:
            self._refuse_external(tensor)
            names[tensor.name] = prefix + tensor.name
            self.tensors[prefix + tensor.name] = tensor
        for name in (*(value.name for value in graph.input), *(each.values.name for each in graph.sparse_initializer)):
            names[name] = prefix + name
        for value in (*graph.input, *graph.value_info):
            extents = value.type.tensor_type.shape.dim
            self.shapes[prefix + value.name] = tuple(max(extent.dim_value, 0) for extent in extents)
        for proto in graph.node:
            attributes = {each.name: onnx.helper.get_attribute_value(each) for each in proto.attribute}
            for attribute in attributes.values():
                for body in attribute if isinstance(attribute, list) else [attribute]:
                    if isinstance(body, onnx.GraphProto):
                        self._add(body, names, f"{prefix}{len(self.nodes)}:")
                    elif isinstance(body, onnx.TensorProto):
                        self._refuse_external(body)
            outputs = tuple(prefix + name if name else "" for name in proto.output)
            if not {*proto.input} - {""} <= names.keys() or not self.producer.keys().isdisjoint(outputs):
                raise GruvizError(f"{self.path} is damaged: its nodes are not in an order in which they could be run")
            inputs = tuple(names[name] if name else "" for name in proto.input)
            names.update({name: prefix + name for name in proto.output})
            if not isinstance(proto.op_type, str) or not isinstance(proto.name, str):  # bytes where it is no UTF-8
                raise TypeError("a name that is no text")
            op = proto.op_type if proto.domain in ("", "ai.onnx") else f"{proto.domain}.{proto.op_type}"
            node = Node(op, proto.name, _module(proto), inputs, outputs, attributes)
            self.nodes.append(node)
            self.producer.update({name: node for name in outputs if name})

    def _refuse_external(self, tensor: onnx.TensorProto) -> None:
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            raise GruvizError(
                f"{self.path} keeps weights in another file, which is not followed: export it with "
                "torch.onnx.export(..., external_data=False), or save it whole with onnx.save(onnx.load(old), new)"
            )


def _parse(path: Path) -> onnx.GraphProto:
    try:
        model = onnx.load(path, format="protobuf", load_external_data=False)
    except (DecodeError, OSError, ValueError, MemoryError) as error:
        raise GruvizError(f"{path} is not a whole ONNX file: copy or export it again") from error
    return model.graph


def _module(node: onnx.NodeProto) -> str:
    """The module around a node, which PyTorch's exporter notes as in `['', 'encoder', 'encoder.gru', 'gru']`."""
    for noted in node.metadata_props:
        if noted.key == "pkg.torch.onnx.name_scopes":
            scopes = noted.value.strip("[]").split(", ")
            return scopes[-2].strip("'\"") if len(scopes) > 1 else ""
    return ""
