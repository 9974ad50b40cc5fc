"""The values of an ONNX graph that do not depend on what is fed, worked out with NumPy.

Exporters write weights and initial states as slices, transposes and concatenations of what the file holds. Only
operators that move numbers about are known here, as the ONNX operator specification (domain ai.onnx) has them, in their
older form too, where axes and ranges were attributes.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from gruviz.errors import GruvizError

from ._onnx_graph import Graph, Node

Array = NDArray[Any]
_Arguments = Sequence[Array | None]

_DTYPES: dict[int, type[np.generic]] = {
    onnx.TensorProto.FLOAT: np.float32,
    onnx.TensorProto.FLOAT16: np.float16,
    onnx.TensorProto.BFLOAT16: np.float32,  # NumPy has none; all its values are float32's too
    onnx.TensorProto.DOUBLE: np.float64,
    onnx.TensorProto.INT32: np.int32,
    onnx.TensorProto.INT64: np.int64,
}
_SWELL, _SPARE = 16, 2**26
"""All values worked out may take this many times the bytes of the file, and this many more."""


class Values:
    """Works out values of a graph. Raises GruvizError where they take far more room than the file does."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._room = _SWELL * graph.path.stat().st_size + _SPARE

    def __call__(self, name: str, given: Mapping[str, Array] | None = None) -> Array | None:
        """The numbers of `name`, where those of the values in `given` are known.

        None where they depend on what else is fed, or come from an operator that is not known here. A state that is
        repeated for a batch of any size comes out once; one that is a single number everywhere, with no axes at all.
        """
        known: dict[str, Array | None] = dict(given or {})
        nodes, _ = self.graph.needs(name, known.keys())
        stored = {name, *(value for node in nodes for value in node.inputs)} & self.graph.tensors.keys()
        for value in stored - known.keys():
            known[value] = self._take(self.graph.tensors[value])
        for node in nodes:
            known[node.outputs[0]] = self._work_out(node, [known.get(value) for value in node.inputs])
        return known.get(name)

    def _work_out(self, node: Node, arguments: _Arguments) -> Array | None:
        try:
            if node.op == "Constant":
                stored = node.attributes.get("value")
                return self._roomy(_plain_constant(node.attributes)) if stored is None else self._take(stored)
            if node.op in _REPEATING:
                return self._repeat(node, arguments)
            if node.op not in _OPERATORS or any(argument is None for argument in arguments):
                return None
            self._pay((_copied(node, [each for each in arguments if each is not None]),), 8)
            return _OPERATORS[node.op](node, arguments)
        except (ValueError, IndexError, KeyError, TypeError, OverflowError):
            return None  # what does not fit together is no value

    def _repeat(self, node: Node, arguments: _Arguments) -> Array | None:
        """Expand, Tile and ConstantOfShape: numbers repeated, often for a batch whose size is not known."""
        if node.op == "ConstantOfShape":
            value = node.attributes.get("value")
            values = np.zeros(1, np.float32) if value is None else self._take(value)
            values = None if values is None else values.reshape(())
        else:
            values = arguments[0]
        extents = arguments[0 if node.op == "ConstantOfShape" else 1]
        if values is None or extents is None:
            return values
        if node.op == "Tile":
            shape = tuple(int(a * b) for a, b in zip(values.shape, extents, strict=True))
            self._pay(shape, values.itemsize)
            return np.tile(values, tuple(int(extent) for extent in extents))
        shape = np.broadcast_shapes(values.shape, tuple(int(extent) for extent in extents))
        self._pay(shape, values.itemsize)
        return np.broadcast_to(values, shape)

    def _take(self, tensor: object) -> Array | None:
        """What is stored, None where it is not of numbers; bfloat16 as float32."""
        if not isinstance(tensor, onnx.TensorProto) or tensor.data_type not in _DTYPES:
            return None
        try:
            array = numpy_helper.to_array(tensor)
        except (ValueError, TypeError, OverflowError) as error:
            raise GruvizError(
                f"{self.graph.path} is damaged: {tensor.name} has not the shape that it declares"
            ) from error
        return self._roomy(array.astype(_DTYPES[tensor.data_type], copy=False))

    def _roomy(self, array: Array | None) -> Array | None:
        if array is not None:
            self._pay(array.shape, array.itemsize)
        return array

    def _pay(self, shape: Sequence[int], itemsize: int) -> None:
        if min(shape, default=0) < 0:
            raise ValueError("a negative extent")
        self._room -= math.prod(shape) * itemsize
        if self._room < 0:
            raise GruvizError(f"{self.graph.path} is refused: it declares far more values than it holds")


def _copied(node: Node, arguments: Sequence[Array]) -> int:
    """How many numbers an operator copies at most, known before it is worked out; none where it gives a view."""
    if node.op == "Concat":
        return sum(each.size for each in arguments)
    if node.op == "Mul":
        return math.prod(np.broadcast_shapes(*(each.shape for each in arguments)))
    if node.op == "Gather":
        values, indices = arguments
        rows: int = values.shape[node.attributes.get("axis", 0)]
        return indices.size * values.size // max(rows, 1)
    return arguments[0].size if node.op in ("Cast", "Flatten", "Reshape") else 0


def _plain_constant(attributes: Mapping[str, Any]) -> Array | None:
    for name, dtype in (("value_float", "f4"), ("value_floats", "f4"), ("value_int", "i8"), ("value_ints", "i8")):
        if name in attributes:
            return np.array(attributes[name], dtype)
    return None


def _numbers(node: Node, arguments: _Arguments, index: int, attribute: str) -> list[int] | None:
    """Axes, ranges and the like: an input, or in older operators an attribute; None where there is neither."""
    given = arguments[index] if index < len(arguments) else None
    if given is None:
        return node.attributes.get(attribute)
    return [int(number) for number in given.reshape(-1)]


def _cast(node: Node, arguments: _Arguments) -> Array:
    return _first(arguments).astype(_DTYPES[node.attributes["to"]])


def _transpose(node: Node, arguments: _Arguments) -> Array:
    values = _first(arguments)
    return values.transpose(node.attributes.get("perm")) if values.ndim else values


def _squeeze(node: Node, arguments: _Arguments) -> Array:
    axes = _numbers(node, arguments, 1, "axes")
    return np.squeeze(_first(arguments), None if axes is None else tuple(axes))


def _unsqueeze(node: Node, arguments: _Arguments) -> Array:
    return np.expand_dims(_first(arguments), tuple(_numbers(node, arguments, 1, "axes") or ()))


def _reshape(node: Node, arguments: _Arguments) -> Array:
    values, shape = _first(arguments), _numbers(node, arguments, 1, "shape") or []
    if not node.attributes.get("allowzero"):
        shape = [values.shape[axis] if extent == 0 else extent for axis, extent in enumerate(shape)]
    return values.reshape(shape)


def _flatten(node: Node, arguments: _Arguments) -> Array:
    values, axis = _first(arguments), node.attributes.get("axis", 1)
    return values.reshape(math.prod(values.shape[:axis]), -1)


def _slice(node: Node, arguments: _Arguments) -> Array:
    values = _first(arguments)
    if not values.ndim:
        return values
    starts = _numbers(node, arguments, 1, "starts") or []
    ends = _numbers(node, arguments, 2, "ends") or []
    axes = _numbers(node, arguments, 3, "axes") or range(len(starts))
    steps = _numbers(node, arguments, 4, "steps") or [1] * len(starts)
    cuts = [slice(None)] * values.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        # Counting down past the first value: ONNX writes a number below it, Python None.
        cuts[axis] = slice(start, None if step < 0 and end < -values.shape[axis] else end, step)
    return values[tuple(cuts)]


def _gather(node: Node, arguments: _Arguments) -> Array:
    return np.take(_first(arguments), np.asarray(arguments[1], np.int64), node.attributes.get("axis", 0))


def _shape(node: Node, arguments: _Arguments) -> Array:
    whole = np.array(_first(arguments).shape, np.int64)
    return whole[node.attributes.get("start", 0) : node.attributes.get("end", len(whole))]


def _first(arguments: _Arguments) -> Array:
    if not arguments or arguments[0] is None:
        raise ValueError("an operator without its input")
    return arguments[0]


_REPEATING = ("ConstantOfShape", "Expand", "Tile")
_OPERATORS: dict[str, Callable[[Node, _Arguments], Array]] = {
    "Identity": lambda node, arguments: _first(arguments),
    "Dropout": lambda node, arguments: _first(arguments),
    "Cast": _cast,
    "Transpose": _transpose,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Slice": _slice,
    "Gather": _gather,
    "Shape": _shape,
    "Concat": lambda node, arguments: np.concatenate(
        [each for each in arguments if each is not None], node.attributes.get("axis", 1)
    ),
    "Mul": lambda node, arguments: np.multiply(*(each for each in arguments if each is not None)),
}
