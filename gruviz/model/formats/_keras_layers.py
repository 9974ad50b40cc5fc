"""The layers of a Keras model, as its JSON describes them: what follows what, and what a recurrent layer computes.

The configurations are those of Keras 3 (`inbound_nodes` with `keras_history`) and of Keras 2 (nested lists). Nothing is
made from them but what stands here: a class that is not known is a name.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

PASSING = {
    "ActivityRegularization",
    "AlphaDropout",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
    "Masking",
    "SpatialDropout1D",
}
"""Layers that change nothing once the model is trained."""
ENDING = {"Activation", "Softmax"}
"""Layers that may follow a read-out."""


@dataclass(eq=False)
class Layer:
    """A layer of a model, or of a model within it."""

    kind: str
    """Its class; led by its package where it is not one of Keras: `mine>GRU`."""
    name: str
    config: dict[str, Any]
    container: tuple["Layer", ...]
    """The models that it is in, the outermost first; not the whole one."""
    number: int = 0
    """How many layers of its kind come before it in its model."""
    alike: int = 1
    """How many layers of its kind are in its model."""
    inputs: tuple["Layer", ...] = ()
    """What it reads, where that can be told."""
    consumers: list["Layer"] = field(default_factory=list)
    started: bool = False
    """Whether it is given a state to start from."""

    @property
    def path(self) -> str:
        """Its name, led by those of the models that it is in: `encoder.gru`."""
        return ".".join(each.name for each in (*self.container, self))

    def inner(self, key: str) -> "Layer":
        """The layer that a wrapper wraps, under this key of its configuration."""
        return _layer(self.config.get(key), (*self.container, self))

    def several(self, key: str) -> list["Layer"]:
        """The layers in a list of its configuration."""
        entries = self.config.get(key)
        return [_layer(entry, (*self.container, self)) for entry in entries] if isinstance(entries, list) else []

    def __getitem__(self, key: str) -> Any:
        """A value of the configuration, None where it is not there."""
        return self.config.get(key)


def layers(model: object) -> list[Layer]:
    """All layers of a model and of the models within it, in the order of the file."""
    return list(_walk(model, ()))


def passed(layer: Layer) -> list[Layer]:
    """The layers directly before a layer that change nothing, the nearest first."""
    found: list[Layer] = []
    while len(layer.inputs) == 1 and layer.inputs[0].kind in PASSING and layer.inputs[0] not in found:
        layer = layer.inputs[0]
        found.append(layer)
    return found


def before(layer: Layer) -> Layer | None:
    """The layer that a layer reads, but for such as change nothing; None where there are several or none."""
    inputs = [layer, *passed(layer)][-1].inputs
    return inputs[0] if len(inputs) == 1 and inputs[0].kind not in PASSING else None


def after(layer: Layer) -> list[Layer]:
    """The layers that read a layer, but for such as change nothing."""
    found: dict[Layer, None] = {}  # for its order
    waiting, seen = list(layer.consumers), set()
    while waiting:
        consumer = waiting.pop(0)
        if consumer.kind not in PASSING:
            found[consumer] = None
        elif consumer not in seen:
            seen.add(consumer)
            waiting += consumer.consumers
    return list(found)


def _walk(model: object, container: tuple[Layer, ...]) -> Iterator[Layer]:
    config = _dict(_dict(model).get("config"))
    # A Sequential model of early Keras is a list of layers.
    whole = _dict(model).get("config")
    entries = whole if isinstance(whole, list) else config.get("layers")
    entries = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    made = [_layer(entry, container) for entry in entries]
    counted: dict[str, int] = {}
    for layer in made:
        layer.number = counted.get(layer.kind, 0)
        counted[layer.kind] = layer.number + 1
    for layer in made:
        layer.alike = counted[layer.kind]
    _join(entries, made)
    for entry, layer in zip(entries, made, strict=True):
        yield layer
        yield from _walk(entry, (*container, layer))


def _join(entries: list[dict[str, Any]], made: list[Layer]) -> None:
    """Say what each layer of a model reads."""
    by_name = {layer.name: layer for layer in made}
    if any("inbound_nodes" in entry for entry in entries):
        for entry, layer in zip(entries, made, strict=True):
            read, layer.started = _inbound(entry.get("inbound_nodes"))
            layer.inputs = tuple(by_name[name] for name in read if name in by_name)
    else:
        for previous, layer in pairwise(made):
            layer.inputs = (previous,)
    for layer in made:
        for read_layer in layer.inputs:
            read_layer.consumers.append(layer)


def _inbound(nodes: object) -> tuple[list[str], bool]:
    """The names of the layers whose outputs go in, and whether some of them go in as a state to start from.

    A layer that is used in several places reads several things; what it starts from comes after what it reads.
    """
    if not isinstance(nodes, list) or len(nodes) != 1:
        return [name for name, _ in _tensors(nodes)], False
    node = nodes[0]
    if isinstance(node, dict):
        read = [name for name, _ in _tensors(node.get("args"))]
        return read[:1], len(read) > 1 or any(_tensors(_dict(node.get("kwargs")).get("initial_state")))
    tensors = list(_tensors(node))
    return [name for name, _ in tensors[:1]], len(tensors) > 1 or any("initial_state" in more for _, more in tensors)


def _tensors(value: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """The layers that tensors come from: `keras_history` in Keras 3, `[name, node, tensor, {...}]` in Keras 2."""
    if isinstance(value, dict):
        history = _dict(value.get("config")).get("keras_history")
        if isinstance(history, list) and history and isinstance(history[0], str):
            yield history[0], {}
        else:
            for inner in value.values():
                yield from _tensors(inner)
    elif isinstance(value, list):
        if len(value) in (3, 4) and isinstance(value[0], str) and isinstance(value[1], int):
            yield value[0], _dict(value[3]) if len(value) == 4 else {}
        else:
            for inner in value:
                yield from _tensors(inner)


def _layer(entry: object, container: tuple[Layer, ...]) -> Layer:
    described = _dict(entry)
    config = _dict(described.get("config"))
    module = str(described.get("module") or "keras")
    kind = str(described.get("class_name"))
    if described.get("registered_name") or module.partition(".")[0] not in ("keras", "tf_keras"):
        kind = f"{module}>{kind}"  # somebody's own, which may have the name of one of Keras
    return Layer(kind, str(described.get("name") or config.get("name")), config, container)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
