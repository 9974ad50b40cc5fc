"""Arrays by name, out of whichever file holds them."""

from pathlib import Path

from gruviz.errors import GruvizError

from ._kind import READABLE, zip_entries
from ._npz import read_npz
from ._pt2 import is_pt2, read_pt2
from ._safetensors import is_safetensors, read_safetensors
from ._tensors import WANTED, Tensors
from ._torch import read_torch


def read_arrays(path: Path) -> Tensors:
    """The arrays of a file. Raises GruvizError where there are none to be had."""
    with path.open("rb") as file:
        head = file.read(9)
    if is_safetensors(head):
        return read_safetensors(path)[0]
    if head.startswith(b"\x80") and head[1:2] != b"\x02":  # torch.save writes protocol 2
        raise GruvizError(f"{path} is a Python pickle, which could run code and is not loaded: {WANTED}")
    if head.startswith(b"\x80"):  # the bare pickle of an older torch.save
        return read_torch(path, zipped=False)
    if not head.startswith(b"PK"):
        raise GruvizError(f"{path} is not a model file: {READABLE}; {WANTED}")
    entries = zip_entries(path)
    if is_pt2(entries):
        return read_pt2(path)
    if any(name.endswith("/data.pkl") for name in entries):
        return read_torch(path, zipped=True)
    if entries and all(name.endswith(".npy") for name in entries):
        return read_npz(path)
    raise GruvizError(f"{path} is a zip file that holds no weights: {READABLE}; {WANTED}")
