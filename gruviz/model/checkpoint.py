"""Model files: gruviz's own, and those of others. Nothing in a file is ever run.

gruviz's own are safetensors files; the metadata key `gruviz` holds JSON with the architecture, the vocabulary or the
columns with their normalisation, the task and how it was trained. The tensors are named as in `SequenceModel`.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch
from numpy.typing import ArrayLike, NDArray

from gruviz.errors import GruvizError
from gruviz.folders import check_folder
from gruviz.sequences import Vocabulary

from . import formats
from ._built import build_module, with_tensors
from .answers import Answers, refuse_other
from .formats import Found, RecurrentModule
from .formats._safetensors import read_own
from .formats._tensors import Tensors
from .network import Architecture, SequenceModel
from .networks import choose
from .translation import Translator

FORMAT, VERSION = "gruviz-model", 1


@dataclass(frozen=True, eq=False)
class Loaded:
    """A model out of a file, with all that the file says about it."""

    model: SequenceModel
    """In evaluation mode, on the CPU, in float32, or float64 where the file is; of an encoder-decoder the encoder."""
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
    """`gruviz`, or the kind of file: `state dict`, `ONNX`."""
    convention: str
    """Whose meaning of the update gate the weights had: `pytorch`, whose update gate is the keep, or `chung`."""
    notes: tuple[str, ...]
    """What had to be assumed or converted, one sentence each."""
    answers: Answers = field(default_factory=Answers)
    """What its user said of it."""
    translator: Translator | None = None
    """What spells words for the model and writes from its last state on, where it is an encoder."""

    below: tuple[str, ...] = ()
    """Other networks of its file that give out as many values as it reads, and may be what it reads."""

    @property
    def symbols(self) -> tuple[str, ...] | None:
        """What its tokens stand for; None where that is not known."""
        if self.translator is not None:
            return self.translator.letters
        return None if self.vocabulary is None else self.vocabulary.symbols

    @property
    def parts(self) -> tuple[SequenceModel, ...]:
        """The model, and the decoder where it is an encoder."""
        return (self.model,) if self.translator is None else (self.model, self.translator.decoder)

    @property
    def converted(self) -> bool:
        """Whether it is another's file: it takes reference outputs to prove that it does here what it did there."""
        return self.source != "gruviz"


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
    if path.is_dir():
        raise GruvizError(f"cannot write {path}: it is a folder; name a file, such as {path / 'model.safetensors'}")
    if path.exists() and not _is_safetensors(path):
        raise GruvizError(f"{path} is there already and is no model: it is not replaced, give another name")
    check_folder(path.absolute().parent)


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


def load(path: str | os.PathLike[str], module: str | None = None, answers: Answers | None = None) -> Loaded:
    """Read a model file of gruviz, or one of those that `formats` reads and that has a GRU, LSTM or RNN in it.

    `module` says which, where a file holds several recurrent modules; `answers` what the file does not say. Raises
    GruvizError for whatever is not a model, and for tensors whose shapes, strides, types or values cannot be trusted.
    """
    path = Path(path)
    answers = answers or Answers()
    own = read_own(path)
    if own is not None:
        loaded = _load_own(path, *own, module)
        _agree(path, loaded.model.architecture, answers)
        return loaded
    names = None if answers.map is None else formats.NameMap.load(answers.map)
    found = formats.read(path, names)
    if module is None and found.translation is not None and answers.to_json().keys() <= {"names"}:
        return _load_translation(path, found, answers)
    chosen = answers.apply(choose(path, found, module))
    model = build_module(chosen)
    return Loaded(
        model=model,
        vocabulary=_vocabulary(chosen.vocabulary),
        columns=(),
        mean=None,
        std=None,
        task={},
        training={},
        sha256=fingerprint(model),
        source=found.source,
        convention=chosen.convention,
        notes=(*_around(chosen), *chosen.notes),
        answers=answers,
        below=tuple(
            each.path
            for each in found.modules
            if each.path != chosen.path and each.directions * each.fed_back == chosen.inputs
        ),
    )


def _around(module: RecurrentModule) -> tuple[str, ...]:
    """What is left out of the model that the network stands in: only it, its embedding and its read-out are run."""
    notes = []
    if module.embedding is None:
        notes.append(
            f"no embedding was found: the {module.inputs} numbers that {module.path} itself reads go in, and what may "
            "stand before it in its model is not run"
        )
    if module.readout is None:
        notes.append(f"no read-out was found: the outputs are the hidden states of {module.path}")
    return tuple(notes)


def _agree(path: Path, architecture: Architecture, answers: Answers) -> None:
    """Raise GruvizError for answers that are not what a model of gruviz says of itself."""
    says = {"reads": "numbers" if architecture.embedding is None else "tokens"}
    if architecture.cell == "gru":
        says |= {"update_gate": "keep", "reset": architecture.reset}
    if architecture.cell == "rnn":
        says["nonlinearity"] = architecture.nonlinearity
    refuse_other(answers, says, str(path))
    if answers.to_json().keys() - says:
        raise GruvizError(f"{path} was written by gruviz and says all of itself: leave out what you said of it")


def _load_translation(path: Path, found: Found, answers: Answers) -> Loaded:
    """Load both networks of an encoder-decoder. Raises GruvizError where they do not fit together."""
    translation = found.translation
    assert translation is not None
    encoder, decoder = (choose(path, found, name) for name in (translation.encoder, translation.decoder))
    try:
        translator = Translator.of(translation, encoder, decoder, build_module(decoder))
    except ValueError as error:
        raise GruvizError(f"{path} is no encoder-decoder: {error}; look at its map of names") from error
    model = build_module(encoder)
    return Loaded(
        model=model,
        vocabulary=None,
        columns=(),
        mean=None,
        std=None,
        task={},
        training={},
        sha256=fingerprint(torch.nn.ModuleDict({"encoder": model, "decoder": translator.decoder})),
        source=found.source,
        convention=encoder.convention,
        notes=(
            f"it was read as an encoder-decoder: {encoder.path} reads letters, and {decoder.path} goes on from there",
        ),
        answers=answers,
        translator=translator,
    )


def _vocabulary(symbols: tuple[str, ...] | None) -> Vocabulary | None:
    """What encodes text for a model with these symbols; None where a text cannot be taken apart into them."""
    try:
        return None if symbols is None else Vocabulary(symbols)
    except ValueError:
        return None


def _load_own(path: Path, weights: Tensors, description: str, module: str | None) -> Loaded:
    if module not in (None, "rnn"):
        raise GruvizError(f"{path} has no module {module!r}: the recurrent network of a gruviz model is called rnn")
    damaged = f"{path} is damaged: its description cannot be read; train or copy it again"
    try:
        about = json.loads(description)
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

    try:
        tensors, notes = weights.take(wanted)
        model = with_tensors(architecture, tensors)
    except GruvizError as error:
        raise GruvizError(f"{path}: {error}") from error
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
