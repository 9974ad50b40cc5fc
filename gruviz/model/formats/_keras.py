"""Keras files: .keras (zip), .h5 and .hdf5, read as JSON and HDF5. Nothing in them is run, and Keras is not needed."""

import io
import json
import zipfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from gruviz.cells import CELLS
from gruviz.errors import GruvizError

from ._found import Found, RecurrentModule
from ._hdf5 import attribute, opened
from ._keras_cell import cell_of
from ._keras_layers import Layer, layers
from ._keras_neighbours import Read, joined
from ._keras_unnamed import unnamed
from ._keras_weights import KerasWeights

_LAYERS = {"GRU": "gru", "LSTM": "lstm", "SimpleRNN": "rnn"}
_CELLS = _LAYERS | {f"{kind}Cell": cell for kind, cell in _LAYERS.items()}
_OTHERS = {
    "CuDNNGRU": "keeps its weights in cuDNN's own order: load them in Keras 2 into a GRU(reset_after=True)",
    "CuDNNLSTM": "keeps its weights in cuDNN's own order: load them in Keras 2 into an LSTM",
    **{
        f"ConvLSTM{n}D": "convolves, and its states are images: gruviz reads GRU, LSTM and SimpleRNN" for n in (1, 2, 3)
    },
}
_INFLATION, _SMALL = 100, 2**24
"""What is in a zip file may be this many times larger than the file, or this many bytes."""


@dataclass(frozen=True)
class _Cell:
    """The cell of one layer in one direction."""

    described: Layer
    part: str
    """Where its weights stand in the layer of the model."""
    backward: bool


def read(path: Path) -> Found:
    """Return the recurrent modules of a Keras file; layers that directly follow each other are one.

    Raises GruvizError where it is no Keras file, and where there is no recurrent layer in it.
    """
    source: Path | io.BytesIO = path
    text: object = None
    if zipfile.is_zipfile(path):
        source, text = _unzip(path)
    with opened(source, path) as (file, datasets):
        described = _described(attribute(file, "model_config") if text is None else text, path)
        weights = KerasWeights(datasets)
        good: list[Read] = []
        refused: dict[str, str] = {}
        told: set[str] = set()
        for layer in described:
            try:
                cells = _cells(layer, weights)
                if cells:
                    told.update(weights.within(layer))
                    good.append(_read(layer, cells, weights))
            except GruvizError as error:
                told.update(weights.within(layer))
                refused[layer.path] = str(error)
        modules = list(joined(good, weights))
        for each in unnamed(weights, told, alone=not described):
            if not isinstance(each, RecurrentModule):
                refused[each[0]] = str(each[1])
            elif any(each.path == module.path for module in modules):
                modules.append(replace(each, path=f"{each.path} (not described)"))
            else:
                modules.append(each)
    if not modules and not refused:
        raise GruvizError(f"{path} has no GRU, LSTM or SimpleRNN in it: choose a model that has one")
    return Found("Keras", tuple(modules), refused)


def _cells(layer: Layer, weights: KerasWeights) -> list[list[_Cell]]:
    """For each layer that a Keras layer stands for, its cells: one, or forward and backward. None if not recurrent.

    Raises GruvizError for recurrent layers that gruviz does not know.
    """
    if layer.kind in _OTHERS:
        raise GruvizError(f"{layer.path} {_OTHERS[layer.kind]}")
    if layer.kind in _LAYERS:
        return [[_Cell(layer, "cell", bool(layer["go_backwards"]))]]
    if layer.kind == "Bidirectional":
        forward = layer.inner("layer")
        backward = layer.inner("backward_layer") if layer["backward_layer"] else forward
        if forward.kind not in _LAYERS or backward.kind != forward.kind:
            raise GruvizError(f"{layer.path} runs {forward.kind} both ways, and gruviz reads GRU, LSTM and SimpleRNN")
        if forward["go_backwards"]:
            raise GruvizError(f"{layer.path} has a forward layer that goes backwards: exchange its two layers")
        return [[_Cell(forward, "forward_layer/cell", False), _Cell(backward, "backward_layer/cell", True)]]
    if layer.kind == "RNN":
        cell, turned = layer.inner("cell"), bool(layer["go_backwards"])
        if cell.kind in _CELLS:
            return [[_Cell(cell, "cell", turned)]]
        stacked = cell.several("cells") if cell.kind == "StackedRNNCells" else []
        if stacked and all(each.kind in _CELLS for each in stacked):
            return [[_Cell(each, f"cell/cells/{number}", turned)] for number, each in enumerate(stacked)]
        raise GruvizError(f"{layer.path} has the cell {cell.kind}, and gruviz knows GRU, LSTM and SimpleRNN alone")
    if ">" in layer.kind and any(weights.is_cell(group) for group in weights.within(layer)):
        raise GruvizError(
            f"{layer.path} is a layer of somebody's own ({layer.kind}), whose equations the file does not tell: save "
            "the model with one of Keras's in its place"
        )
    return []


def _read(layer: Layer, cells: list[list[_Cell]], weights: KerasWeights) -> Read:
    """The module that a Keras layer is. Raises GruvizError where gruviz does not compute its equations."""
    notes = []
    if layer.started:
        notes.append(f"sequences start from zero, and not from the state that {layer.path} is given in the model")
    kinds, resets, made = set(), set(), []
    for both in cells:
        directions = []
        for cell in both:
            group = weights.find(layer, cell.part)
            if group is None:
                raise GruvizError(f"the weights of {layer.path} are not where Keras puts them: save the model again")
            kind = _CELLS[cell.described.kind]
            direction, reset = cell_of(kind, weights.take(group), cell.described["reset_after"], layer.path)
            kinds.add((kind, _nonlinearity(kind, cell.described, layer.path), direction.W_hh.shape))
            resets.add(reset)
            notes += weights.conversions(group)
            directions.append(replace(direction, backward=cell.backward))
        made.append(tuple(directions))
    if len(kinds) != 1 or len(resets) != 1:
        raise GruvizError(f"{layer.path} is made of cells that differ in kind or size, and gruviz runs only like ones")
    ((kind, nonlinearity, _),) = kinds
    module = RecurrentModule(
        layer.path, kind, tuple(made), "keras", resets.pop(), nonlinearity=nonlinearity, notes=tuple(notes)
    )
    return Read(layer, cells[0][0].described, module)


def _nonlinearity(cell: str, described: Layer, where: str) -> Literal["tanh", "relu"] | None:
    """What a plain RNN squashes with; None for other cells. Raises GruvizError for activations not the cell's own."""
    own = {"activation": "tanh"} | ({} if cell == "rnn" else {"recurrent_activation": "sigmoid"})
    for key, expected in own.items():
        used = described.config.get(key, expected)
        if cell == "rnn" and used == "relu":
            return "relu"
        if used != expected:
            name = used if isinstance(used, str) else "a function of somebody's own"
            raise GruvizError(
                f"{where} has the {key} {name}, and gruviz's {CELLS[cell].title} computes with {expected}: "
                f"train it with {key}='{expected}'"
            )
    return "tanh" if cell == "rnn" else None


def _unzip(path: Path) -> tuple[io.BytesIO, bytes]:
    """The weights of a .keras file, and the description of its model."""
    try:
        with zipfile.ZipFile(path) as archive:
            for name in ("config.json", "model.weights.h5"):
                size = archive.getinfo(name).file_size
                if size > max(_SMALL, _INFLATION * path.stat().st_size):
                    raise GruvizError(f"{path} is refused: its {name} declares {size:,} bytes")
            return io.BytesIO(archive.read("model.weights.h5")), archive.read("config.json")
    except KeyError as error:
        raise GruvizError(f"{path} has no config.json and model.weights.h5 in it: save it with model.save()") from error
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, NotImplementedError, EOFError) as error:
        raise GruvizError(f"{path} is cut off or damaged: copy it again") from error


def _described(text: object, path: Path) -> list[Layer]:
    """The layers that a model consists of; none where there is no description of it."""
    if text is None:
        return []
    try:
        model = json.loads(text if isinstance(text, bytes) else str(text))
        return [layer for layer in layers(model) if layer["layers"] is None]
    except (ValueError, RecursionError) as error:
        raise GruvizError(f"{path} is damaged: its description of the model cannot be read") from error
