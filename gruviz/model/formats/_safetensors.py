"""Safetensors files: plain tensors by construction."""

from pathlib import Path

import safetensors

from gruviz.errors import GruvizError

from ._tensors import Tensors

HEADER_LIMIT = 100_000_000
"""Bytes, safetensors' own."""


def is_safetensors(head: bytes) -> bool:
    """Whether a file that begins with these 9 bytes says that it is one."""
    return head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= HEADER_LIMIT


def read_safetensors(path: Path) -> tuple[Tensors, dict[str, str]]:
    """Return the tensors, which are mapped from the file and not copied, and the metadata. Raises GruvizError."""
    try:
        with safetensors.safe_open(path, framework="pt", device="cpu") as file:
            metadata = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
    except (safetensors.SafetensorError, OSError, ValueError, RuntimeError, MemoryError) as error:
        raise GruvizError(f"{path} is not a whole safetensors file ({error}): copy it again") from error
    return Tensors(tensors, path.stat().st_size, "safetensors"), metadata


def read_own(path: Path) -> tuple[Tensors, str] | None:
    """The tensors and the description in a file that gruviz wrote; None for any other file. Raises GruvizError."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        if not is_safetensors(file.read(9)):
            return None
    tensors, metadata = read_safetensors(path)
    return (tensors, metadata["gruviz"]) if "gruviz" in metadata else None
