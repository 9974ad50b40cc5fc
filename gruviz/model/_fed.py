"""What a network was given, timestep by timestep: looked up in an embedding, or among the root module's arguments."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from gruviz.model._call import Call
from gruviz.model._chains import widened


@dataclass(frozen=True)
class Fed:
    """What a tape's network was given: tokens (B, T), or numbers (B, T, I), in the caller's order of sequences."""

    data: Tensor

    @property
    def tokens(self) -> bool:
        """Whether it is tokens."""
        return self.data.dim() == 2


def fed(given: Sequence[Any], call: Call) -> Fed | None:
    """What went, step by step, into this call: tokens that were looked up for it, or an argument of the root module.

    Among arguments, numbers that are exactly what the first layer got come first; then tokens, if there are any; then
    other numbers.
    """
    if call.tokens is not None:
        return Fed(call.tokens.transpose(0, 1))
    laid_out = [data for value in _tensors(given) for data in _batch_first(*value, call)]
    found = sorted(laid_out, key=lambda data: (not _is(data, call), data.dim()))
    return Fed(found[0].detach().cpu()) if found else None


def joined(parts: Sequence[Fed | None]) -> Fed | None:
    """What was given in passes that follow each other, as one; None where it does not fit together."""
    data = [part.data for part in parts if part is not None]
    if len(data) < len(parts) or len({(*item.shape[2:], item.dtype) for item in data}) != 1:
        return None
    return Fed(torch.cat([widened(item, len(data[0])) for item in data], dim=1))


def _is(data: Tensor, call: Call) -> bool:
    """Whether these numbers (B, T, I) are what the call got, as far as each sequence goes."""
    x = call.x.transpose(0, 1)
    if data.shape != x.shape or data.device != x.device or data.dtype != x.dtype:
        return False
    if int(call.lengths.min()) == call.steps:  # all of it, without a copy
        return torch.equal(data, x)
    read = torch.arange(call.steps, device=x.device) < call.lengths.to(x.device)[:, None]
    return torch.equal(data[read], x[read])


def _tensors(given: Any) -> Iterator[tuple[Tensor, bool]]:
    """Tensors among the arguments, also in lists and dictionaries, and whether they came out of a packed one."""
    for value in given:
        if isinstance(value, PackedSequence):
            yield pad_packed_sequence(value)[0], True
        elif isinstance(value, Tensor):
            yield value, False
        elif isinstance(value, Mapping):
            yield from _tensors(value.values())
        elif isinstance(value, (list, tuple)):
            yield from _tensors(value)


def _batch_first(data: Tensor, packed: bool, call: Call) -> Iterator[Tensor]:
    """(B, T) tokens or (B, T, I) numbers, as what the argument can be."""
    steps, batch = call.x.shape[:2]
    tokens = not data.is_floating_point() and not data.is_complex() and data.dtype != torch.bool
    missing = (2 if tokens else 3) - data.dim()
    if missing == 1 and batch == 1 and len(data) == steps:
        yield data[None]
    elif missing == 1 and steps == 1 and len(data) == batch:
        yield data[:, None]
    elif missing == 2 and batch == steps == 1:
        yield data[None, None]
    if missing != 0:
        return
    layouts = [False] if packed else [True, False] if call.batch_first is None else [call.batch_first]
    for first in layouts:
        laid_out = data if first else data.transpose(0, 1)
        if laid_out.shape[0] == batch and (laid_out.shape[1] == steps or (call.packed and laid_out.shape[1] > steps)):
            yield laid_out
