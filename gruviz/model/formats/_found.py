"""What a reader finds in a model file: recurrent modules as plain arrays, whatever the format was.

Notation: I inputs, H hidden units, P values that are fed back (H, or fewer where an LSTM projects), G gates (3 for a
GRU, 4 for an LSTM, 1 for a plain RNN), D directions (1 or 2), V tokens, E width of the embedding, O outputs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gruviz.cells import CELLS
from gruviz.errors import GruvizError

Floats = NDArray[np.float32] | NDArray[np.float64]
"""float32 or float64; a reader converts what is smaller to float32."""


@dataclass(frozen=True, eq=False)
class Direction:
    """The weights of one layer in one direction.

    Rows are in PyTorch's order of gates (`Cell.rows` in `gruviz.cells`: r, z, n and i, f, g, o), and the update gate
    is the keep: a reader turns its format's own order, orientation and meaning round.
    """

    W_ih: Floats
    """(G·H, I)"""
    W_hh: Floats
    """(G·H, P)"""
    b_ih: Floats | None = None
    """(G·H,), None for no bias."""
    b_hh: Floats | None = None
    """(G·H,), None for no bias. It may be None where b_ih is not: zeros then stand for it."""
    W_hr: Floats | None = None
    """(P, H), the projection of an LSTM's hidden state."""
    initial: Mapping[str, Floats] = field(default_factory=dict)
    """States that every sequence starts from, by name (`hidden` (P,), an LSTM's `cell` (H,)); zero where not there."""
    backward: bool = False
    """Whether it reads a sequence from its end."""


@dataclass(frozen=True, eq=False)
class RecurrentModule:
    """One recurrent network in a file: one or more layers, and what stands directly before and behind it."""

    path: str
    """Its name in the file, after which the layers of a recording are named: `encoder.gru`."""
    cell: str
    """`gru`, `lstm` or `rnn`."""
    layers: tuple[tuple[Direction, ...], ...]
    """For each layer its directions: forward, or forward and backward, or backward alone; the same in every layer."""
    convention: str
    """Whose meaning the update gate had in the file: `pytorch`, `keras`, `onnx`, or `chung` where 1 - z kept."""
    reset: Literal["after", "before"] = "after"
    """Of a GRU: whether the reset gate acts after the product with W_hn, or before it."""
    nonlinearity: Literal["tanh", "relu"] | None = None
    """Of a plain RNN; None where the file does not say, and for other cells."""
    embedding: Floats | None = None
    """(V, I), where tokens go in and the file says through which embedding."""
    vocabulary: tuple[str, ...] | None = None
    """V symbols, where the file says them."""
    readout: tuple[Floats, Floats | None] | None = None
    """Weight (O, D·P) and bias (O,) of what reads the states of the last layer, forward ones first."""
    notes: tuple[str, ...] = ()
    """What was assumed or converted, one sentence each."""
    assumed: tuple[str, ...] = ()
    """Which of `reset` and `nonlinearity` the reader took to be as usual, for the file does not say."""

    @property
    def hidden(self) -> int:
        """H."""
        return len(self.layers[0][0].W_hh) // len(CELLS[self.cell].rows)

    @property
    def fed_back(self) -> int:
        """P."""
        return int(self.layers[0][0].W_hh.shape[1])

    @property
    def inputs(self) -> int:
        """I of the first layer."""
        return int(self.layers[0][0].W_ih.shape[1])

    @property
    def directions(self) -> int:
        """D."""
        return len(self.layers[0])

    def describe(self) -> str:
        """Path, cell and sizes, as in `encoder: GRU, 256 inputs, 512 units, 2 layers, bidirectional`."""
        layers = f", {len(self.layers)} layers" if len(self.layers) > 1 else ""
        direction = ", bidirectional" if self.directions > 1 else ", backward" if self.layers[0][0].backward else ""
        title = CELLS[self.cell].title
        return f"{self.path}: {title}, {self.inputs:,} inputs, {self.hidden:,} units{layers}{direction}"


@dataclass(frozen=True)
class Translation:
    """How two modules make an encoder-decoder, whose decoder begins with the last state of its encoder.

    Raises ValueError where a value makes no sense.
    """

    encoder: str
    """Path of the module that reads, letter by letter."""
    decoder: str
    """Path of the module that writes, the likeliest symbol each time, which it then reads."""
    start: str
    """The symbol that the decoder reads first."""
    stop: str
    """The symbol that it ends with."""
    limit: int
    """How many symbols it writes at most, the last one included."""
    end: str | None = None
    """The symbol that the encoder reads last; None for no such symbol."""
    unknown: str | None = None
    """The symbol for letters that the encoder does not know; None where those are an error."""
    lower: bool = False
    """Whether the encoder knows small letters alone, and others are made so."""

    def __post_init__(self) -> None:
        texts = (self.encoder, self.decoder, self.start, self.stop, self.end or "", self.unknown or "")
        if not all(isinstance(text, str) for text in texts) or type(self.lower) is not bool:
            raise ValueError("a translation is described by strings, and `lower` is true or false")
        if type(self.limit) is not int or not 1 <= self.limit <= 10_000:
            raise ValueError("the limit of a translation is a whole number from 1 to 10,000")


@dataclass(frozen=True, eq=False)
class Found:
    """All that a reader found in a file."""

    source: str
    """The kind of file, as told to the user: `state dict`, `ONNX`, `Keras`."""
    modules: tuple[RecurrentModule, ...]
    """In the order of the file."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Recurrent modules that cannot be read, by path: a sentence that says why and what to do."""
    translation: Translation | None = None
    """Where two of the modules make an encoder-decoder."""


def check(module: RecurrentModule) -> None:
    """Raise GruvizError unless shapes, types and values of a module are those of a recurrent network."""
    if module.cell not in CELLS or not module.layers or not all(module.layers):
        raise GruvizError(f"{module.path} is no GRU, LSTM or RNN")
    first = module.layers[0][0]
    gates = len(CELLS[module.cell].rows)
    if first.W_hh.ndim != 2 or 0 in first.W_hh.shape or len(first.W_hh) % gates:
        raise GruvizError(
            f"{module.path} is no {CELLS[module.cell].title}: its recurrent weights have the shape {first.W_hh.shape}"
        )
    H, P = module.hidden, module.fed_back
    if P != H and first.W_hr is None:
        raise GruvizError(
            f"{module.path} is no {CELLS[module.cell].title}: its recurrent weights have the shape {first.W_hh.shape}, "
            f"and need {gates} times as many rows as columns"
        )
    width = module.inputs if first.W_ih.ndim == 2 else 0
    turns = [direction.backward for direction in module.layers[0]]
    if turns not in ([False], [True], [False, True]):
        raise GruvizError(f"{module.path} reads in directions that do not go together")
    for number, layer in enumerate(module.layers):
        if [direction.backward for direction in layer] != turns:
            raise GruvizError(f"{module.path} is incomplete: its layers differ in their directions")
        for direction in layer:
            _expect(module, f"the input weights of layer {number}", direction.W_ih, (gates * H, width))
            _expect(module, f"the recurrent weights of layer {number}", direction.W_hh, (gates * H, P))
            _expect(module, f"a bias of layer {number}", direction.b_ih, (gates * H,))
            _expect(module, f"a bias of layer {number}", direction.b_hh, (gates * H,))
            _expect(module, f"the projection of layer {number}", direction.W_hr, (P, H))
            if (direction.W_hr is None) != (first.W_hr is None):
                raise GruvizError(f"{module.path} is incomplete: layer {number} differs in its projection")
            for state, values in direction.initial.items():
                if state not in CELLS[module.cell].states:
                    raise GruvizError(f"{module.path} has an initial {state}, which no {CELLS[module.cell].title} has")
                _expect(module, f"the initial {state}", values, (H if state == "cell" else P,))
        width = P * module.directions
    if module.embedding is not None:
        _expect(module, "the embedding", module.embedding, (len(module.embedding), module.inputs))
        if module.vocabulary is not None and len(module.vocabulary) != len(module.embedding):
            raise GruvizError(
                f"{module.path} has {len(module.vocabulary)} symbols for an embedding of {len(module.embedding)}"
            )
    if module.readout is not None:
        weight, bias = module.readout
        _expect(module, "the read-out", weight, (len(weight), width))
        _expect(module, "the bias of the read-out", bias, (len(weight),))


def _expect(module: RecurrentModule, what: str, array: Floats | None, shape: tuple[int, ...]) -> None:
    if array is None:
        return
    if array.dtype not in (np.float32, np.float64):
        raise GruvizError(f"{what} of {module.path} have the type {array.dtype}, and weights are floats")
    if array.shape != shape or not array.size:
        raise GruvizError(
            f"{what} of {module.path} have the shape {array.shape} where {shape} fits the rest: the file is damaged"
        )
    if not np.isfinite(array).all():
        raise GruvizError(f"{what} of {module.path} hold values that are not finite: take an earlier checkpoint")
