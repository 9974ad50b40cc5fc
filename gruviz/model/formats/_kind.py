"""Which reader reads a file."""

import zipfile
from pathlib import Path

from gruviz.errors import GruvizError

SUFFIXES = (".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".pt2", ".npz", ".onnx", ".keras", ".h5", ".hdf5")
"""What model files end in."""
READABLE = (
    "gruviz reads its own models, PyTorch state dicts, Lightning checkpoints, .pt2, safetensors, NumPy .npz, ONNX "
    "and Keras"
)
_HDF5 = b"\x89HDF\r\n\x1a\n"


def reader_of(path: Path) -> str:
    """The name of the module that reads a file."""
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
    if path.suffix.lower() == ".onnx":
        return "_onnx"
    if head.startswith(_HDF5):
        return "_keras"
    if head.startswith(b"PK") and "model.weights.h5" in zip_entries(path):
        return "_keras"
    return "_state_dict"


def zip_entries(path: Path) -> list[str]:
    """The names of what is in a zip file. Raises GruvizError where it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise GruvizError(f"{path} is cut off or damaged: copy it again") from error
