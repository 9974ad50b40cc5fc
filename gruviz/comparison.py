"""What came of training several kinds of cells on one task: as plain values, read and written as JSON without torch.

A comparison is a folder. `comparison.json` holds all numbers, `table.md` and `table.csv` the same for people and for
spreadsheets; beside them lie the models, and a recording of each kind of cell on the same sequences.
"""

import json
import math
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from gruviz.errors import GruvizError

FILE = "comparison.json"
FORMAT, VERSION = "gruviz-comparison", 1
KINDS = ("rnn", "gru", "lstm")
"""The cells that are compared, in this order."""
_LARGEST = 2**26
"""Bytes of a file that is read; a comparison has some ten thousand."""

Equal = Literal["hidden", "parameters"]


@dataclass(frozen=True)
class Asked:
    """What was to be compared. Where two agree in it, their runs can stand in one table."""

    task: dict[str, Any]
    """Name and settings, as `Task.describe` gives them."""
    sha256: str
    """Of the data that the task learns from; empty where it makes up its sequences."""
    equal: Equal
    """What all cells have alike: hidden units, or parameters."""
    hidden: int
    """Units that were asked for; with equal parameters of the GRU, about."""
    steps: int
    """Training steps of each run."""
    device: str
    """`cpu`, `cuda` or `mps`."""


@dataclass(frozen=True)
class Memory:
    """Bytes that a training step holds."""

    weights: int
    gradients: int
    optimizer: int
    """What AdamW remembers of each weight."""
    activations: int
    """What the way forward keeps of one batch for the way back: the storages that autograd saves, each once."""

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.gradients + self.optimizer + self.activations


@dataclass(frozen=True)
class Model:
    """One kind of cell, as large as it was trained."""

    cell: str
    """`rnn`, `gru` or `lstm`."""
    hidden: int
    parameters: int
    kernel: str
    """What computes it, in words."""
    memory: Memory
    step: tuple[float, ...]
    """Lower quartile, median and upper quartile of the seconds that a training step takes."""
    timed: int
    """Steps that they are of, in turns with the other cells."""


@dataclass(frozen=True)
class Run:
    """One training."""

    cell: str
    seed: int
    model: str
    """The file's name; empty where there is none."""
    sha256: str
    """Of the weights."""
    step: tuple[int, ...]
    """The last of the steps that each loss is the mean of."""
    loss: tuple[float, ...]
    judged: tuple[tuple[float, ...], ...]
    """Step and metric on held-out data."""
    seconds: float
    failed: str = ""
    """Why it came to no end; empty where it did."""

    @property
    def result(self) -> float | None:
        """The metric on held-out data at its end; None where it failed."""
        return self.judged[-1][1] if self.judged and not self.failed else None


@dataclass(frozen=True)
class Backward:
    """How a loss at one timestep runs back: means of log10 of norms over several held-out sequences."""

    cell: str
    trained: bool
    """Or as it was initialised."""
    sequences: int
    hidden: tuple[float, ...]
    """Of dL/dh_(t-j), j from 0, t being the timestep of the loss; minus infinity stands as -400."""
    memory: tuple[float, ...]
    """Of dL/dc_(t-j), of an LSTM; empty for others."""


@dataclass(frozen=True)
class Recorded:
    """A recording of the comparison: all of them are of the same sequences."""

    cell: str
    trained: bool
    seed: int
    file: str


@dataclass(frozen=True)
class Curve:
    """Something over training steps, of all runs of a kind."""

    step: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    """The lowest and the highest of the runs."""


@dataclass(frozen=True)
class Comparison:
    """All that is known so far."""

    asked: Asked
    title: str
    """What is to be learned, in a few words."""
    command: tuple[str, ...]
    """What makes it again, without the folder."""
    seeds: int
    """Runs of each kind that were asked for, from seeds 0 on."""
    metric: str
    """On held-out data."""
    higher_is_better: bool
    baseline_name: str
    baseline: float
    batch: int
    learning_rate: float
    epoch: float | None
    """Training steps that read as much as there is to learn from; None where the task has no end of sequences."""
    machine: str
    """Where it ran, in words."""
    models: tuple[Model, ...]
    runs: tuple[Run, ...] = ()
    recordings: tuple[Recorded, ...] = ()
    gradients: tuple[Backward, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all that was asked for is there."""
        missing = {model.cell for model in self.models if any(run.model for run in self.of(model.cell))}
        missing -= {each.cell for each in self.recordings if each.trained}
        return len(self.runs) >= self.seeds * len(self.models) and not missing

    def of(self, cell: str) -> tuple[Run, ...]:
        """The runs of a kind."""
        return tuple(run for run in self.runs if run.cell == cell)

    def results(self, cell: str) -> list[float]:
        """The metric of each run of a kind that came to its end."""
        return [run.result for run in self.of(cell) if run.result is not None]

    def losses(self, cell: str) -> Curve | None:
        """The loss on the training data, over the runs of a kind that came to their end; None where none did."""
        return _curve([(run.step, run.loss) for run in self.of(cell) if not run.failed])

    def held_out(self, cell: str) -> Curve | None:
        """The metric on held-out data, likewise."""
        judged = [run.judged for run in self.of(cell) if not run.failed]
        return _curve([([step for step, _ in points], [value for _, value in points]) for points in judged])

    def backward(self, cell: str, trained: bool) -> Backward | None:
        """How the loss runs back through a kind, where that was computed."""
        return next((each for each in self.gradients if each.cell == cell and each.trained == trained), None)

    @property
    def lag(self) -> int | None:
        """The timesteps that every loss is followed back; None where none is."""
        return min((len(each.hidden) for each in self.gradients), default=0) - 1 if self.gradients else None

    def shrunk(self, cell: str, trained: bool) -> float | None:
        """log10 of |dL/dh| that many timesteps back over |dL/dh| where the loss is; None where it is not known."""
        back, lag = self.backward(cell, trained), self.lag
        return None if back is None or lag is None else back.hidden[lag] - back.hidden[0]

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {"format": FORMAT, "version": VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, data: object) -> "Comparison":
        """Return the comparison of `to_json`'s values. Raises ValueError where they are not that."""
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ValueError("it is no comparison")
        if data.get("version") != VERSION:
            raise ValueError(f"it is of version {data.get('version')!r}, and this gruviz reads version {VERSION}")
        made: Comparison = _made(cls, {key: data[key] for key in data if key not in ("format", "version")}, "")
        for name in (*(run.model for run in made.runs), *(each.file for each in made.recordings)):
            if name != os.path.basename(name) or name in (".", ".."):  # noqa: PTH119 - a name, not a path
                raise ValueError(f"{name!r} is no name of a file beside it")
        if {run.cell for run in made.runs} - {model.cell for model in made.models} or not made.models:
            raise ValueError("it has runs of cells that it does not describe")
        if any(len(model.step) != 3 for model in made.models) or any(
            len(run.step) != len(run.loss) or any(len(point) != 2 for point in run.judged) for run in made.runs
        ):
            raise ValueError("its curves are cut")
        return made

    def save(self, folder: Path) -> None:
        """Write it into a folder, whole or not at all. Raises GruvizError."""
        text = json.dumps(_rounded(self.to_json()), ensure_ascii=False, allow_nan=False)
        write_whole(folder / FILE, text + "\n")


def read(path: str | os.PathLike[str]) -> Comparison:
    """Read the comparison in a folder, or its `comparison.json`. Raises GruvizError where there is none."""
    path = Path(path)
    file = path / FILE if path.is_dir() else path
    try:
        if file.stat().st_size > _LARGEST:
            raise GruvizError(f"{file} is too large for a comparison: give the folder that gruviz compare made")
        return Comparison.from_json(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise GruvizError(f"there is no comparison in {path}: make one with gruviz compare TASK -o {path}") from error
    except (ValueError, RecursionError) as error:
        raise GruvizError(f"{file} is damaged, or no comparison of gruviz: {error}") from error
    except OSError as error:
        raise GruvizError(f"cannot read {file}: {(error.strerror or str(error)).lower()}") from error


def write_whole(path: Path, text: str) -> None:
    """Write a text file under another name first, so that it is never seen half written. Raises GruvizError."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise GruvizError(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from error
    finally:
        part.unlink(missing_ok=True)


def _curve(lines: "Iterable[tuple[Iterable[float], Iterable[float]]]") -> Curve | None:
    """Mean and ends of several lines over the steps that all of them have."""
    known = [dict(zip(steps, values, strict=True)) for steps, values in lines]
    if not known:
        return None
    steps = sorted(set.intersection(*(set(line) for line in known)))
    values = np.array([[line[step] for step in steps] for line in known], np.float64)
    return Curve(np.array(steps, np.float64), values.mean(0), values.min(0), values.max(0))


def _rounded(value: Any) -> Any:
    """Numbers to six digits: what was measured has no more."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list | tuple) else value


def _made(wanted: Any, value: Any, where: str) -> Any:
    """A value out of a JSON file as what a field says it is. Raises ValueError, saying where it is not that."""
    origin, inner = get_origin(wanted), get_args(wanted)
    if wanted is Any:
        return value
    if is_dataclass(wanted) and isinstance(wanted, type):
        if not isinstance(value, dict):
            raise ValueError(f"{where or 'it'} should be an object")
        hints = get_type_hints(wanted)
        known = {field.name for field in fields(wanted)}
        if unknown := value.keys() - known:
            raise ValueError(f"{where} {min(unknown)} is not known".strip())
        try:
            return wanted(**{key: _made(hints[key], each, f"{where} {key}".strip()) for key, each in value.items()})
        except TypeError as error:
            raise ValueError(f"{where or 'it'} lacks something ({error})") from error
    if origin is Literal and value in inner:
        return value
    if origin is UnionType:
        return None if value is None else _made(inner[0], value, where)
    if origin is tuple and isinstance(value, list):
        return tuple(_made(inner[0], each, where) for each in value)
    if origin is dict and isinstance(value, dict):
        return value
    if wanted is float and type(value) in (int, float) and math.isfinite(value):
        return float(value)
    if wanted in (int, str, bool) and type(value) is wanted:
        return value
    raise ValueError(f"{where} = {str(value)[:40]!r} makes no sense")
