"""Where in a Keras file the weights of a layer stand.

Keras 3 names groups after the classes of layers, in the order of the model, and numbers the arrays:
`layers/gru/cell/vars/0`, `layers/gru_1/...`; in the `.keras` files of Keras 2.12 to 2.15 some are called
`_layer_checkpoint_dependencies/gru/...`. The older `.h5` names groups after the layers, and arrays after what they are:
`gru/gru_cell/kernel:0`, all of them in `model_weights` where the model is in the file too.
"""

import re
from collections.abc import Mapping

import h5py

from ._found import Floats
from ._hdf5 import attribute, numbers
from ._keras_layers import Layer

_NUMBERED = re.compile(r"(?:(?P<group>.*)/)?vars/(?P<role>\d+)")
_NAMED = re.compile(r"(?:model_weights/)?(?P<group>.*)/(?P<role>kernel|recurrent_kernel|bias|embeddings)(:0)?")
_ORDER = ("kernel", "embeddings", "recurrent_kernel", "bias")


class KerasWeights:
    """The arrays of a file in groups, each in the order in which a layer has them: kernel, recurrent kernel, bias."""

    def __init__(self, datasets: Mapping[str, h5py.Dataset]) -> None:
        self._numbered = any(_NUMBERED.fullmatch(name.replace("\\", "/")) for name in datasets)
        self.groups: dict[str, list[h5py.Dataset]] = {}
        """Datasets by the name of their group: `layers/gru/cell`, or `gru/gru_cell`."""
        pattern = _NUMBERED if self._numbered else _NAMED
        found: dict[str, dict[str, h5py.Dataset]] = {}
        for name, dataset in datasets.items():
            match = pattern.fullmatch(name.replace("\\", "/"))  # as early versions wrote on Windows
            if match and not name.startswith(("optimizer/", "optimizer_weights/")):
                found.setdefault(match["group"] or "", {})[match["role"]] = dataset
        for group, roles in sorted(found.items()):
            in_order = sorted(roles, key=int if self._numbered else _ORDER.index)
            self.groups[group] = [roles[role] for role in in_order]

    def take(self, group: str) -> list[Floats]:
        """The arrays of a group. Raises GruvizError where they are not floats."""
        return [numbers(dataset) for dataset in self.groups[group]]

    def shapes(self, group: str) -> list[tuple[int, ...]]:
        """The shapes of the arrays of a group."""
        return [dataset.shape for dataset in self.groups[group]]

    def conversions(self, group: str) -> list[str]:
        """Sentences about what `take` converts."""
        small = {str(dataset.dtype) for dataset in self.groups[group] if dataset.dtype.itemsize < 4}
        return [f"weights in {name} were converted to float32" for name in sorted(small)]

    def label(self, group: str) -> str:
        """What Keras calls the layer of a group, as in `gru_cell`; where it does not say, the group's own name."""
        name = attribute(self.groups[group][0].parent, "name") if self._numbered else None
        return name if isinstance(name, str) else group.rpartition("/")[2]

    def is_cell(self, group: str) -> bool:
        """Whether a group is named as a recurrent cell is, and has arrays of the right shapes."""
        if not self._numbered:
            named = any("recurrent_kernel" in dataset.name for dataset in self.groups[group])
        else:
            named = group.rpartition("/")[2] == "cell" or "cell" in self.label(group)
        shapes = self.shapes(group)
        if not named or len(shapes) not in (2, 3) or any(len(shape) != 2 or 0 in shape for shape in shapes[:2]):
            return False
        hidden, columns = shapes[1]
        return shapes[0][1] == columns and columns in (hidden, 3 * hidden, 4 * hidden)

    def within(self, layer: Layer) -> list[str]:
        """The groups of a layer and of all that it wraps."""
        if not self._numbered:
            return self._named_within(layer)
        place = self._place(layer)
        return [group for group in self.groups if place is not None and f"{group}/".startswith(f"{place}/")]

    def find(self, layer: Layer, part: str) -> str | None:
        """The group of a part of a layer; None where it cannot be told.

        The part is empty for the layer's own arrays, else as Keras 3 says it: `cell`, `forward_layer/cell`, `layer`,
        or `cell/cells/1` for the second cell of several.
        """
        if not self._numbered:
            return self._find_named(layer, part)
        place = self._place(layer)
        if place is None:
            return None
        above, _, last = part.rpartition("/")
        if last.isdecimal():
            cells = _children(self.groups, f"{place}/{above}")
            return cells[int(last)] if int(last) < len(cells) else None
        group = f"{place}/{part}" if part else place
        return group if group in self.groups else None

    def _place(self, layer: Layer) -> str | None:
        """The group of a layer, which may have none of its own arrays; None where it cannot be told."""
        place: str | None = ""
        for each in (*layer.container, layer):
            place = None if place is None else self._name_in(place, each)
        return place

    def _name_in(self, place: str, layer: Layer) -> str | None:
        """The group of a layer of the model at `place`."""
        kind, start = _snake(layer.kind), f"{place}/" if place else ""
        exact = f"{start}layers/{kind}_{layer.number}" if layer.number else f"{start}layers/{kind}"
        children = _children(self.groups, f"{start}layers")
        if children:
            return exact if exact in children else None
        # Here every layer was counted twice, or not at all: their order is what is left.
        children = _children(self.groups, f"{start}_layer_checkpoint_dependencies")
        alike = [name for name in children if re.sub(r"_\d+$", "", name.rpartition("/")[2]) == kind]
        return alike[layer.number] if len(alike) == layer.alike else None

    def _named_within(self, layer: Layer) -> list[str]:
        """The groups of a layer, which stand in one that is named after the layer, or after the model that it is in."""
        top = layer.container[0].name if layer.container else layer.name
        split = {group: group.split("/") for group in self.groups}
        return [
            group
            for group, steps in split.items()
            if steps[0] == top and (not layer.container or layer.name in steps[1:])
        ]

    def _find_named(self, layer: Layer, part: str) -> str | None:
        found = self._named_within(layer)
        turn, _, _ = part.partition("_")
        if turn in ("forward", "backward"):
            found = [group for group in found if any(step.startswith(f"{turn}_") for step in group.split("/"))]
        elif part.startswith("cell/cells/"):
            cell = layer.inner("cell").several("cells")[int(part.rpartition("/")[2])]
            found = [group for group in found if group.rpartition("/")[2] == cell.name]
        return found[0] if len(found) == 1 else None


def _children(groups: Mapping[str, object], place: str) -> list[str]:
    """The groups directly in `place` that have weights in them, in the order in which Keras numbers them."""
    start = f"{place}/" if place else ""
    names = {start + group.removeprefix(start).split("/")[0] for group in groups if group.startswith(start)}

    def number(name: str) -> tuple[str, int]:
        stem, _, last = name.rpartition("_")
        return (stem, int(last)) if last.isdecimal() else (name, 0)

    return sorted(names, key=number)


def _snake(kind: str) -> str:
    """What Keras makes of the name of a class: SimpleRNN is simple_rnn."""
    words = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", kind.rpartition(">")[2])
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()
