"""The sequence model: an embedding or the numbers themselves, a recurrent network, a read-out.

Notation in the comments: B sequences in a batch, T timesteps, I inputs, E width of the embedding, H hidden units, P
values of them that are fed back (H, unless an LSTM projects), D directions (1 or 2), L layers, O outputs.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn

from gruviz.cells import CELLS
from gruviz.errors import GruvizError

from .reset_before import ResetBeforeGRU

State = Tensor | tuple[Tensor, Tensor]
"""(L*D, B, H); an LSTM's is a pair, hidden (L*D, B, P) and cell state."""

LARGEST = 1 << 24
CHOICES = {"reset": ("after", "before"), "nonlinearity": ("tanh", "relu"), "dtype": ("float32", "float64")}


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
    reset: str = "after"
    """Where a GRU's reset gate acts: `after` the product with W_hn, as in PyTorch, or `before` it."""
    nonlinearity: str = "tanh"
    """What a plain RNN squashes with: `tanh` or `relu`."""
    projection: int | None = None
    """P, the values that an LSTM's hidden units are projected to; None for none."""
    backward: bool = False
    """Whether its only direction reads from the end."""
    initial: bool = False
    """Whether sequences start from a state that was learned, and not from zero."""
    dtype: str = "float32"
    """That it computes in: `float32` or `float64`."""

    def __post_init__(self) -> None:
        if self.cell not in CELLS:
            raise GruvizError(f"the cell {self.cell!r} is unknown: choose one of {', '.join(CELLS)}")
        smallest = {"inputs": 1, "hidden": 1, "layers": 1, "outputs": 0, "embedding": 1, "projection": 1}
        for name, least in smallest.items():
            value = getattr(self, name)
            if name in ("embedding", "projection") and value is None:
                continue
            if type(value) is not int or not least <= value <= LARGEST:
                raise GruvizError(f"{name} = {value!r}: it must be a whole number from {least} to {LARGEST:,}")
        for name in ("bidirectional", "bias", "skip", "backward", "initial"):
            if type(getattr(self, name)) is not bool:
                raise GruvizError(f"{name} = {getattr(self, name)!r}: it must be true or false")
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise GruvizError(f"{name} = {getattr(self, name)!r}: it must be one of {', '.join(choices)}")
        if self.reset == "before" and self.cell != "gru":
            raise GruvizError("the reset gate can act before the product in a GRU alone")
        if self.projection is not None and (self.cell != "lstm" or self.projection >= self.hidden):
            raise GruvizError("only an LSTM projects its hidden states, and to fewer values than it has units")
        if self.backward and self.bidirectional:
            raise GruvizError("a bidirectional network is not backward alone")
        if type(self.dropout) is not float or not 0 <= self.dropout < 1:
            raise GruvizError(f"dropout = {self.dropout!r}: it must be a fraction from 0 to less than 1")
        if self.skip and (self.embedding is not None or self.outputs != self.inputs):
            raise GruvizError("outputs can be added to the inputs only where numbers go in and as many come out")

    @property
    def directions(self) -> int:
        """2 for a bidirectional network, else 1."""
        return 2 if self.bidirectional else 1

    @property
    def fed_back(self) -> int:
        """P, the width of the hidden state."""
        return self.projection or self.hidden

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

    initial_hidden: Tensor
    initial_cell: Tensor

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        a = architecture
        self.architecture = a
        self.path = "rnn"
        """What the recurrent module is called where the weights come from; recordings name layers after it."""
        self.embedding = None if a.embedding is None else nn.Embedding(a.inputs, a.embedding)
        self.rnn = _recurrent(a)
        if a.initial:  # (L*D, P) and (L*D, H)
            self.register_buffer("initial_hidden", torch.zeros(a.layers * a.directions, a.fed_back))
            if a.cell == "lstm":
                self.register_buffer("initial_cell", torch.zeros(a.layers * a.directions, a.hidden))
        self.dropout = nn.Dropout(a.dropout)
        self.readout = nn.Linear(a.fed_back * a.directions, a.outputs) if a.outputs else None
        self.to(getattr(torch, a.dtype))

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Read `x`, tokens (B, T) or numbers (B, T, I), from `state` on; `begin` says from where if it is None.

        Returns the outputs (B, T, O), logits or predictions, or the hidden states (B, T, D*P) where there is no
        read-out; and the state after the last timestep, or after the first one in a network that reads backward.
        """
        features = x if self.embedding is None else self.dropout(self.embedding(x))  # (B, T, I) or (B, T, E)
        if self.architecture.backward:
            features = features.flip(1)
        hidden, state = self.rnn(features, self.begin(len(x)) if state is None else state)  # (B, T, D*P)
        if self.architecture.backward:
            hidden = hidden.flip(1)
        if self.readout is None:
            return hidden, state
        outputs = self.readout(self.dropout(hidden))  # (B, T, O)
        return (x + outputs if self.architecture.skip else outputs), state

    def begin(self, batch: int) -> State | None:
        """The state that sequences start from: the learned one, or None for zero."""
        if not self.architecture.initial:
            return None
        kinds = [kind.expand(-1, batch, -1).contiguous() for kind in self.start()]
        return (kinds[0], kinds[1]) if len(kinds) == 2 else kinds[0]

    def start(self) -> tuple[Tensor, ...]:
        """The state that one sequence starts from, zero or learned: (L*D, 1, P), and an LSTM's cell (L*D, 1, H)."""
        a = self.architecture
        if a.initial:
            learned = (self.initial_hidden, self.initial_cell) if a.cell == "lstm" else (self.initial_hidden,)
            return tuple(kind[:, None] for kind in learned)
        some, widths = next(self.rnn.parameters()), (a.fed_back, a.hidden) if a.cell == "lstm" else (a.hidden,)
        return tuple(some.new_zeros(a.layers * a.directions, 1, width) for width in widths)


def _recurrent(a: Architecture) -> nn.RNNBase:
    shape = (a.inputs if a.embedding is None else a.embedding, a.hidden, a.layers)
    options: dict[str, Any] = {"bias": a.bias, "batch_first": True, "bidirectional": a.bidirectional}
    if a.cell == "lstm":
        return nn.LSTM(*shape, **options, proj_size=a.projection or 0)
    if a.cell == "rnn":
        return nn.RNN(*shape, **options, nonlinearity=a.nonlinearity)
    return (ResetBeforeGRU if a.reset == "before" else nn.GRU)(*shape, **options)


def build(architecture: Architecture, seed: int) -> SequenceModel:
    """Return a fresh model, initialised as PyTorch does, from `seed`; the global random state is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return SequenceModel(architecture)
