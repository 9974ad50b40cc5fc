"""The tensors in a file that cannot be trusted: looked at before they are copied, and nothing is run."""

import pickle
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import safetensors
import torch
from torch import Tensor

from gruviz.errors import GruvizError

WANTED = "save the weights with torch.save(model.state_dict(), 'model.pt') or with safetensors"
NESTED = ("state_dict", "model_state_dict", "model")
FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)
HEADER_LIMIT = 100_000_000  # bytes, safetensors' own


@dataclass(frozen=True, eq=False)
class Weights:
    """Named tensors as they stand in a file: not yet checked, not yet copied."""

    path: Path
    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every tensor, as the file declares it."""
        return {name: tuple(tensor.shape) for name, tensor in self.tensors.items()}

    def take(self, names: Iterable[str]) -> tuple[dict[str, Tensor], tuple[str, ...]]:
        """Return these tensors as float32, and sentences about what was converted.

        Raises GruvizError for tensors that are not plain, that promise more values than the file holds, or that hold
        values that are not finite: all before anything is copied.
        """
        chosen = {name: self.tensors[name] for name in names}
        for name, tensor in chosen.items():
            self._check(name, tensor)
        # A read-out often shares its weights with the embedding, so the same bytes may count twice, but not oftener.
        if sum(tensor.nbytes for tensor in chosen.values()) > 2 * self.path.stat().st_size:
            raise GruvizError(f"{self.path} promises more weights than it holds: {WANTED}")
        for name, tensor in chosen.items():
            if not bool(torch.isfinite(tensor).all()):
                raise GruvizError(f"{name} in {self.path} holds values that are not finite: take an earlier checkpoint")
        single = {name: tensor.detach().to(torch.float32) for name, tensor in chosen.items()}
        for name, tensor in single.items():
            if not bool(torch.isfinite(tensor).all()):
                raise GruvizError(f"{name} in {self.path} holds values beyond float32: take an earlier checkpoint")
        others = sorted({str(tensor.dtype).removeprefix("torch.") for tensor in chosen.values()} - {"float32"})
        return single, tuple(f"weights in {dtype} were converted to float32" for dtype in others)

    def _check(self, name: str, tensor: Tensor) -> None:
        """Raise GruvizError unless the tensor is a plain, dense block of floats that is really there."""
        if tensor.layout != torch.strided or tensor.is_quantized or tensor.device.type != "cpu":
            raise GruvizError(f"{name} in {self.path} is not a plain tensor with values: {WANTED}")
        if tensor.dtype not in FLOATS:
            dtype = str(tensor.dtype).removeprefix("torch.")
            raise GruvizError(f"{name} in {self.path} has the type {dtype}, and weights are floats: {WANTED}")
        if tensor.numel() == 0:
            raise GruvizError(f"{name} in {self.path} is empty, its shape is {tuple(tensor.shape)}: {WANTED}")
        if tensor.nbytes > tensor.untyped_storage().nbytes() or _overlaps(tensor):
            raise GruvizError(
                f"{name} in {self.path} has the shape {tuple(tensor.shape)} and fewer values behind it: {WANTED}"
            )


def read_weights(path: Path) -> Weights:
    """Open a safetensors file or what `torch.save` wrote; which of them, its first bytes say. Raises GruvizError."""
    if path.is_dir():
        raise GruvizError(f"{path} is a folder: name a model file in it")
    if not path.exists():
        raise GruvizError(f"there is no file {path}: check its name and folder")
    if not path.is_file():
        raise GruvizError(f"{path} is not an ordinary file: copy what it gives into one")
    try:
        with path.open("rb") as file:
            head = file.read(9)
    except OSError as error:
        raise GruvizError(f"cannot read {path}: {error.strerror or error}") from error
    if not head:
        raise GruvizError(f"{path} is empty: there is no model in it")
    if head[8:] == b"{" and int.from_bytes(head[:8], "little") <= HEADER_LIMIT:
        return _read_safetensors(path)
    if head.startswith(b"\x80") and head[1:2] != b"\x02":  # torch.save writes protocol 2
        raise GruvizError(f"{path} is a Python pickle, which could run code and is not loaded: {WANTED}")
    if head.startswith((b"PK", b"\x80")):  # a zip file, or the bare pickle of an older torch.save
        return _read_torch(path, zipped=head.startswith(b"PK"))
    raise GruvizError(f"{path} is not a model file: gruviz reads its own models, and PyTorch state dicts; {WANTED}")


def _read_safetensors(path: Path) -> Weights:
    try:
        with safetensors.safe_open(path, framework="pt", device="cpu") as file:
            metadata = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
    except (safetensors.SafetensorError, OSError, ValueError, RuntimeError, MemoryError) as error:
        raise GruvizError(f"{path} is not a whole safetensors file ({error}): copy it again") from error
    return Weights(path, tensors, metadata)


def _read_torch(path: Path, zipped: bool) -> Weights:
    if zipped:
        _check_zip(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a made-up file brings forth, it is the file's fault
        found = re.search(r"GLOBAL ([\w.]+)", str(error)) if isinstance(error, pickle.UnpicklingError) else None
        if found:
            raise GruvizError(
                f"{path} holds a pickled {found[1]}, which could run code and is not loaded: {WANTED}"
            ) from error
        raise GruvizError(f"{path} is damaged or not from torch.save: {WANTED}") from error
    for key in NESTED:
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
            break
    if not isinstance(content, Mapping):
        raise GruvizError(f"{path} holds a {type(content).__name__} and not a state dict: {WANTED}")
    tensors = {name: value for name, value in content.items() if isinstance(name, str) and isinstance(value, Tensor)}
    return Weights(path, tensors, {})


def _check_zip(path: Path) -> None:
    """Raise GruvizError for TorchScript, for zip files of others, and for such as unpack to more than they are."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise GruvizError(f"{path} is cut off or damaged: copy it again") from error
    names = [entry.filename for entry in entries]
    if any(name.endswith("/constants.pkl") or "/code/" in name for name in names):
        raise GruvizError(f"{path} is TorchScript, a program rather than weights, and is not loaded: {WANTED}")
    if not any(name.endswith("/data.pkl") for name in names):
        raise GruvizError(f"{path} is a zip file that torch.save did not write: {WANTED}")
    stored = all(entry.compress_type == zipfile.ZIP_STORED for entry in entries)
    if not stored or sum(entry.file_size for entry in entries) > path.stat().st_size:
        raise GruvizError(f"{path} unpacks to more than it holds, which torch.save never writes: {WANTED}")


def _overlaps(tensor: Tensor) -> bool:
    """Whether two indices of the tensor may share one value, as in one that is expanded with stride 0."""
    span = 1
    for stride, size in sorted(zip(tensor.stride(), tensor.shape, strict=True)):
        if size > 1:
            if stride < span:
                return True
            span = stride * size
    return False
