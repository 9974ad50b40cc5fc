"""A model that runs, from what a reader found."""

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor

from gruviz.errors import GruvizError

from .formats import Direction, Floats, RecurrentModule
from .network import Architecture, SequenceModel


def build_module(module: RecurrentModule) -> SequenceModel:
    """Return the model, in evaluation mode, in float64 where any of its weights are. Its `path` is the module's."""
    directions = [direction for layer in module.layers for direction in layer]
    architecture = Architecture(
        cell=module.cell,
        inputs=module.inputs if module.embedding is None else len(module.embedding),
        hidden=module.hidden,
        layers=len(module.layers),
        outputs=0 if module.readout is None else len(module.readout[0]),
        embedding=None if module.embedding is None else module.inputs,
        bidirectional=module.directions == 2,
        bias=any(bias is not None for direction in directions for bias in (direction.b_ih, direction.b_hh)),
        reset=module.reset,
        nonlinearity=module.nonlinearity or "tanh",
        projection=None if directions[0].W_hr is None else module.fed_back,
        backward=module.directions == 1 and directions[0].backward,
        initial=any(np.any(state) for direction in directions for state in direction.initial.values()),
        dtype="float64" if any(array.dtype == np.float64 for array in _arrays(module)) else "float32",
    )
    tensors: dict[str, Tensor] = {}
    for number, layer in enumerate(module.layers):
        for direction in layer:
            backward = "_reverse" if architecture.bidirectional and direction.backward else ""
            arrays = _weights(direction)
            if architecture.bias:
                zeros: Floats = np.zeros(len(direction.W_ih), np.float32)
                arrays = {"bias_ih": zeros, "bias_hh": zeros} | arrays
            for role, array in arrays.items():
                tensors[f"rnn.{role}_l{number}{backward}"] = torch.from_numpy(array)
    if architecture.initial:
        for state, size in {"hidden": module.fed_back, "cell": module.hidden}.items():
            rows = [direction.initial.get(state, np.zeros(size, np.float32)) for direction in directions]
            if state == "hidden" or module.cell == "lstm":
                tensors[f"initial_{state}"] = torch.from_numpy(np.stack(rows))
    if module.embedding is not None:
        tensors["embedding.weight"] = torch.from_numpy(module.embedding)
    if module.readout is not None:
        weight, bias = module.readout
        tensors["readout.weight"] = torch.from_numpy(weight)
        tensors["readout.bias"] = torch.zeros(len(weight)) if bias is None else torch.from_numpy(bias)
    model = with_tensors(architecture, tensors)
    model.path = module.path
    return model


def with_tensors(architecture: Architecture, tensors: Mapping[str, Tensor]) -> SequenceModel:
    """Return the model with copies of these weights, whose shapes have been checked.

    Raises GruvizError for values that are too large for the type that it computes in.
    """
    with torch.device("meta"):  # no random initialisation, which would be overwritten anyway
        model = SequenceModel(architecture)
    model = model.to_empty(device="cpu")
    model.load_state_dict(tensors)
    for name, tensor in model.state_dict().items():
        if not bool(torch.isfinite(tensor).all()):
            raise GruvizError(f"{name} holds values beyond {architecture.dtype}: take an earlier checkpoint")
    return model.eval()


def _weights(direction: Direction) -> dict[str, Floats]:
    """The arrays of one direction that are there, by PyTorch's names."""
    named = {
        "weight_ih": direction.W_ih,
        "weight_hh": direction.W_hh,
        "bias_ih": direction.b_ih,
        "bias_hh": direction.b_hh,
        "weight_hr": direction.W_hr,
    }
    return {name: array for name, array in named.items() if array is not None}


def _arrays(module: RecurrentModule) -> Iterator[Floats]:
    for layer in module.layers:
        for direction in layer:
            yield from _weights(direction).values()
            yield from direction.initial.values()
