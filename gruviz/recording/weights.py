"""The weights of one layer in a recording, under the names that PyTorch gives them; and what it reads."""

import re
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gruviz.recording.layer import Layer
from gruviz.recording.reader import Recording

Values = NDArray[np.floating]
Matrix = Literal["weight_ih", "weight_hh"]
Bias = Literal["bias_ih", "bias_hh"]


class LayerWeights:
    """Those of the checkpoint that read a sequence. Nothing is read before it is asked for."""

    def __init__(self, recording: Recording, layer: Layer, sequence: int) -> None:
        self._recording, self._step = recording, layer.tape.sequences[sequence].checkpoint
        path, _, last = layer.name.rpartition(".")
        if re.fullmatch(r"l\d+(_reverse)?", last):
            self._name = f"{path}.{{}}_{last}" if path else f"{{}}_{last}"
        else:  # a cell: where the model itself is one, its weights have no path
            self._name = "{}" if layer.name == f"{layer.cell.name}cell" else f"{layer.name}.{{}}"

    def matrix(self, name: Matrix, rows: int | slice, width: int | None = None) -> Values | None:
        """Rows of a matrix, (width,) or (n, width); None where there is none of that width, if one is given."""
        stored = self._stored(name, rows)
        if stored is None or stored.ndim != (2 if isinstance(rows, slice) else 1):
            return None
        return stored if width in (None, stored.shape[-1]) else None

    def bias(self, name: Bias, rows: int | slice) -> Values | None:
        """Biases, () or (n,); None in a layer without."""
        return self._stored(name, rows)

    def _stored(self, name: str, rows: int | slice) -> Values | None:
        """What is there of these rows: a file may hold fewer than the layer has."""
        block = rows if isinstance(rows, slice) else slice(rows, rows + 1)
        stored = self._recording.weight(self._name.format(name), block, self._step)
        if stored is None or not len(stored):
            return None
        return stored if block is rows else stored[0]


def fed_by(recording: Recording, layer: Layer) -> Sequence[Layer]:
    """The layers whose hidden states go into a layer, the forward one first; none for the first of a stack."""
    found = re.fullmatch(r"((?:.*\.)?l)(\d+)(_reverse)?", layer.name)
    if found is None or found[2] == "0":
        return ()
    below = f"{found[1]}{int(found[2]) - 1}"
    names = [name for name in (below, f"{below}_reverse") if name in recording.layers]
    return [recording.layers[name] for name in names if recording.layers[name].tape is layer.tape]
