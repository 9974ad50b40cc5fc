"""The sequence model: an embedding or the numbers themselves, a recurrent network, a read-out.

Notation in the comments: B sequences in a batch, T timesteps, I inputs, E width of the embedding, H hidden units,
D directions (1 or 2), L layers, O outputs.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn

from gruviz.cells import CELLS
from gruviz.errors import GruvizError

State = Tensor | tuple[Tensor, Tensor]
"""(L*D, B, H); an LSTM's is a pair, hidden and cell state."""

RECURRENT: dict[str, type[nn.GRU | nn.LSTM | nn.RNN]] = {"gru": nn.GRU, "lstm": nn.LSTM, "rnn": nn.RNN}
LARGEST = 1 << 24


@dataclass(frozen=True)
class Architecture:
    """All that is needed to build a `SequenceModel`. Raises GruvizError where a value makes no sense."""

    cell: str
    """`gru`, `lstm` or `rnn`."""
    inputs: int
    """The size of the vocabulary, or the number of columns where numbers go in."""
    hidden: int
    layers: int = 1
    outputs: int = 0
    """What the read-out gives per timestep; 0 for no read-out."""
    embedding: int | None = None
    """The width of the embedding of tokens; None where numbers go in as they are."""
    bidirectional: bool = False
    bias: bool = True
    skip: bool = False
    """Whether the outputs are added to the inputs: the read-out then gives the change to the next timestep."""
    dropout: float = 0.0
    """The share of embedding values and of hidden units that are zeroed on their way in and out; in training only."""

    def __post_init__(self) -> None:
        if self.cell not in CELLS:
            raise GruvizError(f"the cell {self.cell!r} is unknown: choose one of {', '.join(CELLS)}")
        smallest = {"inputs": 1, "hidden": 1, "layers": 1, "outputs": 0, "embedding": 1}
        for name, least in smallest.items():
            value = getattr(self, name)
            if name == "embedding" and value is None:
                continue
            if type(value) is not int or not least <= value <= LARGEST:
                raise GruvizError(f"{name} = {value!r}: it must be a whole number from {least} to {LARGEST:,}")
        for name in ("bidirectional", "bias", "skip"):
            if type(getattr(self, name)) is not bool:
                raise GruvizError(f"{name} = {getattr(self, name)!r}: it must be true or false")
        if type(self.dropout) is not float or not 0 <= self.dropout < 1:
            raise GruvizError(f"dropout = {self.dropout!r}: it must be a fraction from 0 to less than 1")
        if self.skip and (self.embedding is not None or self.outputs != self.inputs):
            raise GruvizError("outputs can be added to the inputs only where numbers go in and as many come out")

    @property
    def directions(self) -> int:
        """2 for a bidirectional network, else 1."""
        return 2 if self.bidirectional else 1

    def to_json(self) -> dict[str, Any]:
        """Return the fields as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: object) -> "Architecture":
        """Return the architecture of `to_json`'s values. Raises GruvizError where they are not that."""
        known = {field.name for field in fields(cls)}
        if not isinstance(data, dict) or not {"cell", "inputs", "hidden"} <= data.keys() <= known:
            raise GruvizError("the architecture of the model is not one that this version of gruviz knows")
        if not isinstance(data["cell"], str):
            raise GruvizError(f"the cell {data['cell']!r} is unknown: choose one of {', '.join(CELLS)}")
        return cls(**data)


class SequenceModel(nn.Module):
    """A recurrent network that reads tokens or numbers and says something at every timestep."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        a = architecture
        self.architecture = a
        self.path = "rnn"
        """What the recurrent module is called where the weights come from; recordings name layers after it."""
        self.embedding = None if a.embedding is None else nn.Embedding(a.inputs, a.embedding)
        self.rnn = RECURRENT[a.cell](
            a.inputs if a.embedding is None else a.embedding,
            a.hidden,
            a.layers,
            bias=a.bias,
            batch_first=True,
            bidirectional=a.bidirectional,
        )
        self.dropout = nn.Dropout(a.dropout)
        self.readout = nn.Linear(a.hidden * a.directions, a.outputs) if a.outputs else None

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Read `x`, tokens (B, T) or numbers (B, T, I), from `state` on, which is zero where None.

        Returns the outputs (B, T, O), logits or predictions, or the hidden states (B, T, D*H) where there is no
        read-out; and the state after the last timestep.
        """
        features = x if self.embedding is None else self.dropout(self.embedding(x))  # (B, T, I) or (B, T, E)
        hidden, state = self.rnn(features, state)  # (B, T, D*H)
        if self.readout is None:
            return hidden, state
        outputs = self.readout(self.dropout(hidden))  # (B, T, O)
        return (x + outputs if self.architecture.skip else outputs), state


def build(architecture: Architecture, seed: int) -> SequenceModel:
    """Return a fresh model, initialised as PyTorch does, from `seed`; the global random state is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return SequenceModel(architecture)
