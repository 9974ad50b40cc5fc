"""Tensors by name out of a file that cannot be trusted: looked at before they are copied."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gruviz.errors import GruvizError

WANTED = "save the weights with torch.save(model.state_dict(), 'model.pt') or with safetensors"
FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)


@dataclass(frozen=True, eq=False)
class Tensors:
    """Named tensors as they stand in a file: not yet checked, not yet copied."""

    tensors: Mapping[str, Tensor]
    size: int
    """Bytes of the file, unpacked: it cannot hold more values than that."""
    source: str
    """What kind of file it is, as told to the user."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every tensor, as the file declares it."""
        return {name: tuple(tensor.shape) for name, tensor in self.tensors.items()}

    def renamed(self, names: Mapping[str, str]) -> "Tensors":
        """The same tensors under other names, `{new: old}`, and no others."""
        return replace(self, tensors={new: self.tensors[old] for new, old in names.items()})

    def take(self, names: Iterable[str]) -> tuple[dict[str, Tensor], tuple[str, ...]]:
        """Return these tensors as float32, or float64 where they are that, and sentences about what was converted.

        Raises GruvizError for tensors that are not plain, that promise more values than the file holds, or that hold
        values that are not finite: all before anything is copied.
        """
        chosen = {name: self.tensors[name] for name in names}
        for name, tensor in chosen.items():
            _check(name, tensor)
        # A read-out often shares its weights with the embedding, so the same bytes may count twice, but not oftener.
        if sum(tensor.nbytes for tensor in chosen.values()) > 2 * self.size:
            raise GruvizError(f"the file promises more weights than it holds: {WANTED}")
        for name, tensor in chosen.items():
            if not bool(torch.isfinite(tensor).all()):
                raise GruvizError(f"{name} holds values that are not finite: take an earlier checkpoint")
        others = sorted({str(t.dtype).removeprefix("torch.") for t in chosen.values()} - {"float32", "float64"})
        taken = {
            name: tensor.detach().to(torch.promote_types(tensor.dtype, torch.float32))
            for name, tensor in chosen.items()
        }
        return taken, tuple(f"weights in {dtype} were converted to float32" for dtype in others)


def _check(name: str, tensor: Tensor) -> None:
    """Raise GruvizError unless the tensor is a plain, dense block of floats that is really there."""
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.device.type != "cpu":
        quantised = "quantised, and " if tensor.is_quantized else ""
        raise GruvizError(f"{name} is {quantised}not a plain tensor with values: {WANTED}")
    if tensor.dtype not in FLOATS:
        dtype = str(tensor.dtype).removeprefix("torch.")
        raise GruvizError(f"{name} has the type {dtype}, and weights are floats: {WANTED}")
    if tensor.numel() == 0:
        raise GruvizError(f"{name} is empty, its shape is {tuple(tensor.shape)}: {WANTED}")
    if tensor.nbytes > tensor.untyped_storage().nbytes() or _overlaps(tensor):
        raise GruvizError(f"{name} has the shape {tuple(tensor.shape)} and fewer values behind it: {WANTED}")


def _overlaps(tensor: Tensor) -> bool:
    """Whether two indices of the tensor may share one value, as in one that is expanded with stride 0."""
    span = 1
    for stride, size in sorted(zip(tensor.stride(), tensor.shape, strict=True)):
        if size > 1:
            if stride < span:
                return True
            span = stride * size
    return False
