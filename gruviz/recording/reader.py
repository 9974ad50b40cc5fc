"""Reading a recording. Nothing is read before it is asked for, and torch is never needed."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
from numpy.typing import NDArray

from gruviz.cells import CELLS
from gruviz.errors import GruvizError
from gruviz.recording import schema
from gruviz.recording._later import Later
from gruviz.recording._opening import open_to_read
from gruviz.recording._reading import first_line, reading, text
from gruviz.recording.layer import Layer
from gruviz.recording.tape import Tape
from gruviz.recording.training import Training, training_of
from gruviz.recording.validation import validate
from gruviz.recording.values import Opened


@dataclass(frozen=True)
class Stamp:
    """By which a file that has changed is told from one that has not."""

    inode: int
    size: int
    modified: int
    """Nanoseconds since 1970."""


def stamp_of(path: Path) -> Stamp | None:
    """How a file is now; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return Stamp(found.st_ino, found.st_size, found.st_mtime_ns)


class Recording:
    """An open recording. Close it, or use it as a context manager."""

    def __init__(self, file: h5py.File, path: Path | None, stamp: "Stamp | None" = None) -> None:
        self.path = path
        self.stamp = stamp
        """How its file was when it was opened."""
        self._file = file
        attributes = file.attrs
        self.uuid = text(attributes.get("uuid", ""))
        self.created = text(attributes.get("created", ""))
        self.written_by = text(attributes.get("gruviz", ""))
        """The version of gruviz that wrote it."""
        self.complete = bool(attributes.get("complete", False))
        self.digest = text(attributes.get("digest", ""))
        self._later, opened = Later(self), Opened()
        self.model: dict[str, Any] = dict(json.loads(text(file["model"].attrs.get("description", "{}"))))
        """What is known of the model."""
        groups: dict[str, list[h5py.Group]] = {}
        for layer in file["layers"].values():
            groups.setdefault(text(layer.attrs["tape"]), []).append(layer)
        self.tapes: Mapping[str, Tape] = {
            name: Tape(name, group, _shared_rows(groups.get(name, []))) for name, group in file["tapes"].items()
        }
        self.layers: Mapping[str, Layer] = {
            name: Layer(name, group, self.tapes[text(group.attrs["tape"])], self._later, opened)
            for name, group in _in_order(file["layers"])
        }
        self._lent: dict[int, Mapping[str, NDArray[Any]]] = {}
        self.output: Any = None
        """What the model returned, where `gruviz.record` made this recording."""

    @property
    def name(self) -> str:
        """The file's name, or `in memory`."""
        return self.path.name if self.path else "in memory"

    @property
    def checkpoints(self) -> Mapping[int, Mapping[str, str]]:
        """By training step, -1 for a model that was not in training: `sha256` of the weights, and `metric`."""
        groups = self._file.get("checkpoints", {})
        return {
            int(step): {key: text(value) for key, value in group.attrs.items()}
            for step, group in sorted(groups.items(), key=lambda entry: int(entry[0]))
        }

    @property
    def training(self) -> Training | None:
        """The course of the training that it was recorded in, as far as it is known; None where there was none."""
        return training_of(self._file.get("training"))

    def weights(self, step: int = schema.NO_CHECKPOINT) -> dict[str, NDArray[Any]]:
        """Weights of a checkpoint by parameter name; empty where they were left out."""
        group = self._file.get(f"checkpoints/{step}/weights", {})
        return {name: reading(group[name], ()) for name in group}

    def weight(self, name: str, rows: slice, step: int = schema.NO_CHECKPOINT) -> NDArray[Any] | None:
        """Rows of one weight of a checkpoint, as many as are there; None where there is no weight of that name."""
        stored = self._file.get(f"checkpoints/{step}/weights/{name}")
        if stored is None and name in self._lent.get(step, {}):
            return self._lent[step][name][rows]
        return reading(stored, rows) if isinstance(stored, h5py.Dataset) and stored.ndim else None

    def lend(self, weights: Mapping[str, NDArray[Any]], step: int = schema.NO_CHECKPOINT) -> None:
        """Take weights of a checkpoint from elsewhere, by name: `weight` gives them where the file has none."""
        self._lent[step] = {name: array for name, array in weights.items() if array.ndim}

    def close(self) -> None:
        """Close the file. A recording in memory is gone with it."""
        self._file.close()
        self._later.close()

    def __enter__(self) -> "Recording":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Recording {self.name}: {', '.join(map(repr, self.layers.values()))}>"


def open(path: str | os.PathLike[str]) -> Recording:
    """Open a recording for reading.

    Raises:
        GruvizError: there is no such file, or it is not a recording, or it is one that is refused.
    """
    path = Path(path)
    if path.is_dir():
        raise GruvizError(f"{path} is a folder: give the name of a recording in it")
    if not path.exists():
        raise GruvizError(f"{path} does not exist: check the name")
    try:
        if not h5py.is_hdf5(path):
            raise GruvizError(f"{path} is not a gruviz recording: those are HDF5 files, made by gruviz record")
        stamp = stamp_of(path)  # before it is opened: a change while it is read counts as one
        file = open_to_read(path)
    except OSError as error:
        raise GruvizError(
            f"cannot read {path}: it is damaged, or still being written; copy or record it again ({first_line(error)})"
        ) from error
    try:
        validate(file, path)
        return Recording(file, path, stamp)
    except GruvizError:
        file.close()
        raise
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        file.close()
        raise GruvizError(f"{path} is damaged: {first_line(error)}") from error


def _shared_rows(layers: Sequence[h5py.Group]) -> int:
    """Rows that every quantity of every layer of a tape has: a file that is still being written may be uneven."""
    return min((len(layer[name]) for layer in layers for name in CELLS[text(layer.attrs["cell"])].names), default=0)


def _in_order(layers: h5py.Group) -> Iterator[tuple[str, h5py.Group]]:
    """Layers as they were added, which is how the model ran them; by name where a file does not say."""

    def key(name: str) -> tuple[int, str, int, str]:
        added = int(layers[name].attrs.get("number", 0))
        path, _, last = name.rpartition(".")
        number = last.removesuffix("_reverse").removeprefix("l")  # l2 before l10, a direction and its reverse together
        return (added, path, int(number), last) if number.isdecimal() else (added, name, -1, "")

    for name in sorted(layers, key=key):
        yield name, layers[name]
