"""Model files: gruviz's own, and the state dicts of others. Nothing in a file is ever run.

gruviz's own are safetensors files; the metadata key `gruviz` holds JSON with the architecture, the vocabulary or the
columns with their normalisation, the task and how it was trained. The tensors are named as in `SequenceModel`.
"""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch
from numpy.typing import ArrayLike, NDArray

from gruviz.errors import GruvizError
from gruviz.sequences import Vocabulary

from ._foreign import interpret
from ._weights import Weights, read_weights
from .network import Architecture, SequenceModel

FORMAT, VERSION = "gruviz-model", 1


@dataclass(frozen=True, eq=False)
class Loaded:
    """A model out of a file, with all that the file says about it."""

    model: SequenceModel
    """In evaluation mode, on the CPU, in float32."""
    vocabulary: Vocabulary | None
    columns: tuple[str, ...]
    mean: NDArray[np.float32] | None
    """(I,) what was taken from each column before it went in, in the units of the data."""
    std: NDArray[np.float32] | None
    """(I,) what it was then divided by."""
    task: dict[str, Any]
    """The task it was trained on, as `tasks.make` and `tasks.sample` understand it; empty where unknown."""
    training: dict[str, Any]
    """How it was trained, and how well it did; empty where unknown."""
    sha256: str
    """Of the weights, see `fingerprint`."""
    source: str
    """`gruviz` or `state dict`."""
    convention: str
    """Whose meaning of the update gate the weights had: `pytorch`, whose update gate is the keep."""
    notes: tuple[str, ...]
    """What had to be assumed or converted, one sentence each."""


def fingerprint(model: torch.nn.Module) -> str:
    """Return the SHA-256 of the weights, in hexadecimal.

    It is taken over the tensors of the state dict sorted by name: for each, its name and its shape as in
    `rnn.weight_ih_l0 (288, 32)` in UTF-8, a newline, and its values as little-endian float32 in row-major order.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().float().numpy().astype("<f4").tobytes())
    return digest.hexdigest()


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise GruvizError where no model can be written to `path`: better before the training than after it."""
    path = Path(path)
    folder = path.absolute().parent
    if path.is_dir():
        raise GruvizError(f"cannot write {path}: it is a folder; name a file, such as {path / 'model.safetensors'}")
    if path.exists() and not _is_safetensors(path):
        raise GruvizError(f"{path} is there already and is no model: it is not replaced, give another name")
    if not folder.is_dir():
        raise GruvizError(f"cannot write {path}: there is no folder {folder}; make it first, or choose another")
    try:  # a read-only disk or a share may refuse what the folder's permissions allow
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise GruvizError(f"cannot write {path}: the folder {folder} is not writable; choose another") from error


def _is_safetensors(path: Path) -> bool:
    try:
        with safetensors.safe_open(path, framework="pt"):
            return True
    except (safetensors.SafetensorError, OSError):
        return False


def save(
    path: str | os.PathLike[str],
    model: SequenceModel,
    *,
    vocabulary: Vocabulary | None = None,
    columns: Sequence[str] = (),
    mean: ArrayLike | None = None,
    std: ArrayLike | None = None,
    task: Mapping[str, Any],
    training: Mapping[str, Any],
) -> None:
    """Write a model file, under a temporary name beside `path` first. Raises GruvizError where that cannot be."""
    path = Path(path)
    check_writable(path)
    about = {
        "format": FORMAT,
        "version": VERSION,
        "architecture": model.architecture.to_json(),
        "vocabulary": None if vocabulary is None else list(vocabulary.symbols),
        "columns": list(columns),
        "mean": None if mean is None else np.asarray(mean, np.float64).tolist(),
        "std": None if std is None else np.asarray(std, np.float64).tolist(),
        "task": dict(task),
        "training": dict(training),
    }
    tensors = {name: tensor.detach().cpu().float().contiguous() for name, tensor in model.state_dict().items()}
    data = safetensors.torch.save(tensors, {"gruviz": json.dumps(about, allow_nan=False)})
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise GruvizError(f"cannot write {path}: {error.strerror or error}; choose another folder") from error


def load(path: str | os.PathLike[str], module: str | None = None) -> Loaded:
    """Read a model file of gruviz, or a PyTorch state dict (.pt, .pth, .safetensors) that has a GRU, LSTM or RNN in it.

    `module` says which, where a state dict holds several recurrent modules. Raises GruvizError for whatever is not a
    model, and for tensors whose shapes, strides, types or values cannot be trusted.
    """
    path = Path(path)
    weights = read_weights(path)
    if "gruviz" in weights.metadata:
        return _load_own(weights, module)
    network = interpret(weights, module)
    model = _with_tensors(network.architecture, network.tensors)
    model.path = network.path
    return Loaded(
        model=model,
        vocabulary=None,
        columns=(),
        mean=None,
        std=None,
        task={},
        training={},
        sha256=fingerprint(model),
        source="state dict",
        convention="pytorch",
        notes=network.notes,
    )


def _load_own(weights: Weights, module: str | None) -> Loaded:
    path = weights.path
    if module not in (None, "rnn"):
        raise GruvizError(f"{path} has no module {module!r}: the recurrent network of a gruviz model is called rnn")
    damaged = f"{path} is damaged: its description cannot be read; train or copy it again"
    try:
        about = json.loads(weights.metadata["gruviz"])
    except (ValueError, RecursionError) as error:
        raise GruvizError(damaged) from error
    if not isinstance(about, dict) or about.get("format") != FORMAT or type(about.get("version")) is not int:
        raise GruvizError(damaged)
    if about["version"] > VERSION:
        raise GruvizError(f"{path} was written by a newer gruviz (model format {about['version']}): update gruviz")

    architecture = Architecture.from_json(about.get("architecture"))
    if architecture.layers > len(weights.shapes):
        raise GruvizError(f"{path} is damaged: it lacks weights of its {architecture.layers:,} layers")
    with torch.device("meta"):  # shapes without memory: the file may declare anything
        wanted = {name: tuple(tensor.shape) for name, tensor in SequenceModel(architecture).state_dict().items()}
    if wanted != weights.shapes:
        odd = sorted(name for name in wanted.keys() | weights.shapes if wanted.get(name) != weights.shapes.get(name))
        raise GruvizError(f"{path} is damaged: {odd[0]} is not there, or not in the shape of its architecture")

    try:
        symbols = about["vocabulary"]
        vocabulary = None if symbols is None else Vocabulary(tuple(symbols))
        columns = tuple(about["columns"])
        mean, std = (_per_column(about[name], architecture.inputs) for name in ("mean", "std"))
        task, training = dict(about["task"]), dict(about["training"])
    except (KeyError, TypeError, ValueError) as error:
        raise GruvizError(damaged) from error
    if vocabulary is not None and len(vocabulary) != architecture.inputs:
        raise GruvizError(damaged)
    if columns and (len(columns) != architecture.inputs or not all(isinstance(column, str) for column in columns)):
        raise GruvizError(damaged)
    if (mean is None) != (std is None) or (std is not None and not (std > 0).all()):
        raise GruvizError(damaged)

    tensors, notes = weights.take(wanted)
    model = _with_tensors(architecture, tensors)
    return Loaded(
        model=model,
        vocabulary=vocabulary,
        columns=columns,
        mean=mean,
        std=std,
        task=task,
        training=training,
        sha256=fingerprint(model),
        source="gruviz",
        convention="pytorch",
        notes=notes,
    )


def _per_column(values: object, columns: int) -> NDArray[np.float32] | None:
    """Return (I,) finite numbers. Raises ValueError or TypeError where they are not."""
    if values is None:
        return None
    array = np.array(values, np.float32)
    if array.shape != (columns,) or not np.isfinite(array).all():
        raise ValueError("not one finite number a column")
    return array


def _with_tensors(architecture: Architecture, tensors: Mapping[str, torch.Tensor]) -> SequenceModel:
    """Return the model with copies of these weights, whose shapes have been checked."""
    with torch.device("meta"):  # no random initialisation, which would be overwritten anyway
        model = SequenceModel(architecture)
    model = model.to_empty(device="cpu")
    model.load_state_dict(tensors)
    return model.eval()
