"""The recurrent modules in anybody's network, and what they are called."""

import warnings
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from gruviz.errors import GruvizError

Recurrent = nn.RNNBase | nn.RNNCellBase


def recurrent_modules(model: nn.Module) -> Iterator[tuple[str, Recurrent]]:
    """Every `nn.GRU`, `nn.LSTM`, `nn.RNN` and every cell of theirs in `model`, itself included, with its path.

    Wrappers (`torch.compile`, `nn.DataParallel`) are looked through and have no part in the path. A module that is
    held under two names has the first.
    """
    return _found(model, "", set())


def _found(module: nn.Module, path: str, seen: set[nn.Module]) -> Iterator[tuple[str, Recurrent]]:
    module = unwrapped(module)
    if module in seen:
        return
    seen.add(module)
    if isinstance(module, Recurrent):
        yield path, module
    for name, child in module.named_children():
        yield from _found(child, f"{path}.{name}" if path else name, seen)


def unwrapped(module: nn.Module) -> nn.Module:
    """The module inside the wrappers of `torch.compile`, `nn.DataParallel` and `DistributedDataParallel`."""
    while True:
        if isinstance(compiled := getattr(module, "_orig_mod", None), nn.Module):
            module = compiled
        elif isinstance(module, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
            module = module.module
        else:
            return module


def check_recordable(model: nn.Module) -> None:
    """Raise GruvizError, with what to do instead, where there is nothing that can be recorded."""
    name = type(model).__name__
    if isinstance(model, torch.jit.ScriptModule):
        raise GruvizError(f"{name} is TorchScript, which hides its layers: record the nn.Module that it was made from")
    if isinstance(model, nn.DataParallel) and len(model.device_ids) > 1:
        raise GruvizError(f"{name} runs copies of its module on {len(model.device_ids)} devices: record its .module")
    if any(True for _ in recurrent_modules(model)):
        scripted = [path for path, module in model.named_modules() if isinstance(module, torch.jit.ScriptModule)]
        if scripted:
            warnings.warn(f"{scripted[0]} is TorchScript, which hides its layers: they are not recorded", stacklevel=3)
        return
    kinds = [type(module) for module in model.modules()]
    if any(".quantized" in kind.__module__ and kind.__name__ in ("GRU", "LSTM", "RNN") for kind in kinds):
        raise GruvizError(f"{name} holds quantised layers, which give out no states: record it before it is quantised")
    raise GruvizError(f"{name} holds no nn.GRU, nn.LSTM or nn.RNN, and no cell of theirs: there are no gates to record")


def escaped(path: str) -> str:
    """The path of a module as a name in HDF5, where a slash would begin a group."""
    return path.replace("/", "_")


def layer_name(module: str, number: int, backward: bool) -> str:
    """`<module path>.l<k>`, with `_reverse` for the backward direction, after PyTorch's own parameter names."""
    return f"{module}.l{number}{'_reverse' if backward else ''}" if module else f"l{number}{'_reverse' * backward}"


def cell_name(module: str, cell: str) -> str:
    """`<module path>`; a model that is itself a cell has none, and is called `grucell`, `lstmcell` or `rnncell`."""
    return module or f"{cell}cell"


def recurrent_weights(model: nn.Module) -> dict[str, Any]:
    """Weights of the recurrent layers by their full names, as float32 arrays: the views of a cell need no others.

    Weights that are computed from others, by weight norm for instance, are given as they are used.
    """
    return {
        f"{escaped(path)}.{name}" if path else name: weight.detach().float().cpu().numpy()
        for path, module in recurrent_modules(model)
        for name in _weight_names(module)
        if isinstance(weight := getattr(module, name, None), torch.Tensor)
    }


def _weight_names(module: Recurrent) -> list[str]:
    if isinstance(module, nn.RNNBase):
        return [name for names in module._all_weights for name in names]
    return ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
