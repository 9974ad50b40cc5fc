"""What `torch.save` wrote: state dicts, and Lightning's checkpoints. Nothing that is pickled in them is run.

Beside a state dict there may be anything: the hyper-parameters, callbacks and optimisers of whoever trained it. What
PyTorch's own restricted loader does not know of that becomes an object that does nothing, and is thrown away.
"""

import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gruviz.errors import GruvizError

from ._tensors import WANTED, Tensors

NESTED = ("state_dict", "model_state_dict", "model")
QUANTISED = re.compile(r"\bScriptObject\b|_unpickle_script|quantiz|rnn\.CellParams|_rebuild_qtensor")


def read_torch(path: Path, zipped: bool) -> Tensors:
    """Return the tensors of a state dict. Raises GruvizError for whatever else the file holds."""
    if zipped:
        _check_zip(path)
    content = _load(path)
    lightning = isinstance(content, Mapping) and "pytorch-lightning_version" in content
    for key in NESTED:
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
            break
    if isinstance(content, _Unknown):
        raise _refusal(path, content.name)
    if not isinstance(content, Mapping):
        raise GruvizError(f"{path} holds a {type(content).__name__} and not a state dict: {WANTED}")
    for value in content.values():
        if isinstance(value, _Unknown):
            raise _refusal(path, value.name)
    tensors = {name: value for name, value in content.items() if isinstance(name, str) and isinstance(value, Tensor)}
    return Tensors(tensors, path.stat().st_size, "Lightning checkpoint" if lightning else "state dict")


class _Unknown:
    """Stands for an object of somebody else's class: takes whatever it is given, and does nothing."""

    name = ""

    def __new__(cls, *args: Any, **kwargs: Any) -> "_Unknown":
        return super().__new__(cls)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


def _load(path: Path) -> Any:
    """What the file holds; objects of other classes than PyTorch's own come as `_Unknown`. Raises GruvizError."""
    try:
        return _restricted(path, [])
    except Exception as error:  # whatever a made-up file brings forth, it is the file's fault
        name = _foreign(error)
        if name is None:
            raise GruvizError(f"{path} is damaged or not from torch.save: {WANTED}") from error
        try:
            names = torch.serialization.get_unsafe_globals_in_checkpoint(path)
            return _restricted(path, [(type("_Unknown", (_Unknown,), {"name": name}), name) for name in names])
        except Exception:  # such as a file of an older PyTorch, or an object that is made in another way
            raise _refusal(path, name) from error


def _restricted(path: Path, stand_ins: list[Any]) -> Any:
    with warnings.catch_warnings(), torch.serialization.safe_globals(stand_ins):
        warnings.simplefilter("ignore")  # of what in old files is no longer made like that
        return torch.load(path, map_location="cpu", weights_only=True)


def _refusal(path: Path, name: str) -> GruvizError:
    if QUANTISED.search(name):
        return GruvizError(
            f"{path} holds a quantised network (a pickled {name}), which is a program with rounded weights: save the "
            "state dict of the model before it was quantised"
        )
    return GruvizError(f"{path} holds a pickled {name}, which could run code and is not loaded: {WANTED}")


def _foreign(error: Exception) -> str | None:
    """The name of the class or function that PyTorch's restricted loader stumbled upon."""
    if not isinstance(error, pickle.UnpicklingError):
        return None
    found = re.search(r"GLOBAL ([\w.]+)|Unsupported (?:class|global|type) ([\w.]+)", str(error))
    return found and (found[1] or found[2])


def _check_zip(path: Path) -> None:
    """Raise GruvizError for TorchScript, for zip files of others, and for such as unpack to more than they are."""
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if any(name.endswith("/constants.pkl") or "/code/" in name for name in names):
        raise GruvizError(f"{path} is TorchScript, a program rather than weights, and is not loaded: {WANTED}")
    stored = all(entry.compress_type == zipfile.ZIP_STORED for entry in entries)
    if not stored or sum(entry.file_size for entry in entries) > path.stat().st_size:
        raise GruvizError(f"{path} unpacks to more than it holds, which torch.save never writes: {WANTED}")
