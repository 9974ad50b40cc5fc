"""Weights that are stored as direction and length."""

import re
from dataclasses import replace

import torch

from gruviz.errors import GruvizError

from ._tensors import Tensors


def without_norm(tensors: Tensors) -> tuple[Tensors, dict[str, str]]:
    """Put weights with weight normalisation together again, and say so of each: w = g v / |v|.

    Salimans and Kingma 2016 (arXiv:1602.07868), equation 2, as `torch.nn.utils.weight_norm` stores it (`weight_g` and
    `weight_v`) and `torch.nn.utils.parametrizations.weight_norm` (`parametrizations.weight.original0`, `.original1`).
    The norm is taken over the axes along which g has one value.
    """
    whole, notes = dict(tensors.tensors), {}
    for name in tensors.tensors:
        old = re.fullmatch(r"(.*weight[^.]*)_g", name)
        new = re.fullmatch(r"(?:(.*)\.)?parametrizations\.([^.]+)\.original0", name)
        if old:
            plain, other = old[1], f"{old[1]}_v"
        elif new:
            plain, other = ".".join(filter(None, new.groups())), name.removesuffix("0") + "1"
        else:
            continue
        if plain in whole or other not in whole:
            continue
        pair, _ = tensors.take((name, other))
        g, v = pair[name].double(), pair[other].double()
        if g.dim() not in (0, v.dim()) or any(a not in (1, b) for a, b in zip(g.shape, v.shape, strict=False)):
            raise GruvizError(f"{name} has the shape {tuple(g.shape)}, which does not fit {other}: the file is damaged")
        axes = [axis for axis in range(v.dim()) if g.dim() == 0 or g.shape[axis] == 1]
        norm = torch.linalg.vector_norm(v, dim=axes, keepdim=g.dim() > 0) if axes else v.abs()
        whole[plain] = (g * (v / norm)).to(pair[other].dtype)
        notes[plain] = f"{plain} was put together from its direction and length (weight norm)"
        del whole[name], whole[other]
    return replace(tensors, tensors=whole), notes
