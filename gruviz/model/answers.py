"""What a model file cannot say of itself, and its user does."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from gruviz.errors import GruvizError

from .formats import Direction, Floats, RecurrentModule

CHOICES = {
    "update_gate": ("keep", "write"),
    "reset": ("after", "before"),
    "nonlinearity": ("tanh", "relu"),
    "reads": ("tokens", "numbers"),
}


@dataclass(frozen=True)
class Answers:
    """Each is None where the file is to be believed, or what is usual holds. Raises GruvizError for other values."""

    update_gate: str | None = None
    """What a GRU's update gate of 1 does: `keep` the old state (PyTorch), or `write` the candidate (Chung et al. 2014,
    arXiv:1412.3555, equation 5)."""
    reset: str | None = None
    """Whether a GRU's reset gate acts `after` the product with W_hn, or `before` it."""
    nonlinearity: str | None = None
    """What a plain RNN squashes with: `tanh` or `relu`."""
    reads: str | None = None
    """What goes in: `tokens`, through the embedding that was found, or `numbers` in its place."""
    names: str | None = None
    """Path of a JSON file that says which array is which, see `formats.NameMap`."""

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if getattr(self, name) not in (None, *choices):
                raise GruvizError(f"{name} = {getattr(self, name)!r}: it must be {' or '.join(choices)}")

    def to_json(self) -> dict[str, str]:
        """The answers that were given."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def public(self) -> dict[str, str]:
        """The same for a recording, which says the names of files and not where they are."""
        given = self.to_json()
        return given | ({"names": Path(given["names"]).name} if "names" in given else {})

    @classmethod
    def from_json(cls, data: object) -> "Answers":
        """The answers of `to_json`, as far as they can be understood."""
        known = {field.name for field in fields(cls)}
        if not isinstance(data, dict):
            return cls()
        try:
            return cls(**{name: value for name, value in data.items() if name in known and isinstance(value, str)})
        except GruvizError:
            return cls()

    @property
    def map(self) -> Path | None:
        """Where the map of names is."""
        return None if self.names is None else Path(self.names)

    def apply(self, module: RecurrentModule) -> RecurrentModule:
        """Return the module as the answers say it is. Raises GruvizError for an answer that does not fit it."""
        notes: list[str] = []
        changes: dict[str, Any] = {}
        if module.cell != "gru" and (self.update_gate or self.reset):
            raise GruvizError(f"{module.path} is no GRU: it has no update gate and no reset gate to speak of")
        if module.cell != "rnn" and self.nonlinearity:
            raise GruvizError(f"{module.path} is no plain RNN: its nonlinearities are not for choosing")
        self._agree_with(module)
        if self.update_gate == "write":
            changes["layers"] = tuple(tuple(_negated(direction) for direction in layer) for layer in module.layers)
            changes["convention"] = "chung"
            notes.append("the update gate of the file writes: its rows and biases were negated, so that it keeps")
        if self.reset:
            changes["reset"] = self.reset
        if module.cell == "rnn":
            changes["nonlinearity"] = self.nonlinearity or module.nonlinearity or "tanh"
            if not (self.nonlinearity or module.nonlinearity):
                notes.append("the file does not say what a plain RNN squashes with: tanh was assumed")
        if self.reads == "numbers":
            changes |= {"embedding": None, "vocabulary": None}
            notes.append(f"numbers go in, {module.inputs} a timestep, as was asked for")
        if self.reads == "tokens" and module.embedding is None:
            raise GruvizError(f"{module.path} has no embedding that tokens could go through: give it numbers")
        return replace(module, **changes, notes=(*module.notes, *notes))

    def _agree_with(self, module: RecurrentModule) -> None:
        """Raise GruvizError for an answer that is not what the file says."""
        says: dict[str, str] = {}
        if module.cell == "gru" and module.convention in ("keras", "onnx"):  # formats that define all of their GRU
            says = {"update_gate": "keep", "reset": module.reset}
        if module.nonlinearity is not None:
            says["nonlinearity"] = module.nonlinearity
        refuse_other(self, {name: said for name, said in says.items() if name not in module.assumed}, module.path)


def refuse_other(answers: Answers, says: Mapping[str, str], where: str) -> None:
    """Raise GruvizError for an answer that is not what a file says of `where`, by the names of the answers."""
    for name, said in says.items():
        given = getattr(answers, name)
        if given not in (None, said):
            what = name.replace("_", " ")
            raise GruvizError(f"the file says that the {what} of {where} is {said!r}, not {given!r}: leave that out")


def _negated(direction: Direction) -> Direction:
    """Turn a writing update gate into a keeping one: sigma(-a) = 1 - sigma(a), so its rows and biases are negated."""

    def negate(array: Floats | None) -> Floats | None:
        if array is None:
            return None
        negated = array.copy()
        rows = len(array) // 3
        negated[rows : 2 * rows] *= -1  # r, z, n
        return negated

    W_ih, W_hh = negate(direction.W_ih), negate(direction.W_hh)
    assert W_ih is not None
    assert W_hh is not None
    return replace(direction, W_ih=W_ih, W_hh=W_hh, b_ih=negate(direction.b_ih), b_hh=negate(direction.b_hh))
