"""What a GRU, an LSTM and a plain RNN are: their quantities, symbols and ranges, and which gate keeps. Data only.

Equations are those of PyTorch's `nn.GRU`, `nn.LSTM` and `nn.RNN`; see Cho et al. 2014 (arXiv:1406.1078),
Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000, and Elman 1990.
"""

from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["keep", "gate", "candidate", "state", "kept", "carried", "written", "read", "difference"]


@dataclass(frozen=True)
class Quantity:
    """One thing a cell computes for each hidden unit at each timestep."""

    name: str
    """Its name in a recording and in Python: `update`."""
    symbol: str
    """One plain character or so, for a row title or the end of a line: `z`."""
    mathtext: str
    """The symbol as the papers set it: `$z_t$`."""
    title: str
    """What a row of the window is called: `update (keep)`."""
    kind: Kind
    """Decides its colours and its scale. What is recorded: a keep diverges from overwritten to retained, a gate is
    sequential, a candidate and a state lie around 0. What is worked out: a share that is kept, and the sizes of what is
    carried, written and read of the old states, all from 0 up; and the difference of two recordings, around 0."""
    formula: str
    """How it comes about, in one line of plain text."""
    meaning: str
    """What a reader should take from it, in one sentence."""

    @property
    def fraction(self) -> bool:
        """Whether it lies in [0, 1] by construction, and is shown on that fixed scale."""
        return self.kind in ("keep", "gate", "kept")

    @property
    def signed(self) -> bool:
        """Whether it lies around 0."""
        return self.kind in ("candidate", "state", "difference")


@dataclass(frozen=True)
class Cell:
    """A kind of recurrent cell."""

    name: str
    """`gru`, `lstm` or `rnn`: as in a file and on the command line."""
    title: str
    quantities: tuple[Quantity, ...]
    """What is recorded, in the order in which the heatmaps stand."""
    keep: str | None
    """The quantity that says how much of the old state survives, or None where nothing does."""
    state: str
    """The quantity that is carried from step to step by the keep: `hidden`, or an LSTM's `cell`."""
    write: str | None
    """The gate that says how much of the candidate is taken, or None where that is what the keep leaves over."""
    rows: tuple[str, ...]
    """The order of the blocks of rows in PyTorch's weight matrices."""

    def __getitem__(self, name: str) -> Quantity:
        """Return the quantity called `name`. Raises KeyError."""
        for quantity in self.quantities:
            if quantity.name == name:
                return quantity
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the quantities, in order."""
        return tuple(quantity.name for quantity in self.quantities)

    @property
    def states(self) -> tuple[str, ...]:
        """The quantities that a sequence starts from: `hidden`, and an LSTM's `cell`."""
        return tuple(quantity.name for quantity in self.quantities if quantity.kind == "state")


GRU = Cell(
    name="gru",
    title="GRU",
    quantities=(
        Quantity(
            "update",
            "z",
            "$z_t$",
            "update (keep)",
            "keep",
            "z = σ(W_iz x + b_iz + W_hz h′ + b_hz)",
            "The fraction of the unit's old state that survives this timestep: 1 keeps all of it, 0 overwrites it.",
        ),
        Quantity(
            "reset",
            "r",
            "$r_t$",
            "reset",
            "gate",
            "r = σ(W_ir x + b_ir + W_hr h′ + b_hr)",
            "How much of the old states the candidate gets to read: 0 makes it as if the sequence began here.",
        ),
        Quantity(
            "candidate",
            "n",
            r"$\tilde h_t$",
            "candidate",
            "candidate",
            "n = tanh(W_in x + b_in + r (W_hn h′ + b_hn))",
            "What would be written: the new state is z of the old one and 1 − z of this.",
        ),
        Quantity(
            "hidden",
            "h",
            "$h_t$",
            "hidden state",
            "state",
            "h = z h′ + (1 − z) n",
            "What the unit holds after this timestep, and all that the rest of the network sees of it.",
        ),
    ),
    keep="update",
    state="hidden",
    write=None,
    rows=("reset", "update", "candidate"),
)

LSTM = Cell(
    name="lstm",
    title="LSTM",
    quantities=(
        Quantity(
            "forget",
            "f",
            "$f_t$",
            "forget (keep)",
            "keep",
            "f = σ(W_if x + b_if + W_hf h′ + b_hf)",
            "The fraction of the unit's old cell state that survives this timestep: 1 keeps all of it, 0 discards it.",
        ),
        Quantity(
            "input",
            "i",
            "$i_t$",
            "input",
            "gate",
            "i = σ(W_ii x + b_ii + W_hi h′ + b_hi)",
            "The fraction of the candidate that is added to the cell state.",
        ),
        Quantity(
            "candidate",
            "g",
            r"$\tilde c_t$",
            "candidate",
            "candidate",
            "g = tanh(W_ig x + b_ig + W_hg h′ + b_hg)",
            "What would be added to the cell state.",
        ),
        Quantity(
            "output",
            "o",
            "$o_t$",
            "output",
            "gate",
            "o = σ(W_io x + b_io + W_ho h′ + b_ho)",
            "How much of the cell state shows in the hidden state.",
        ),
        Quantity(
            "cell",
            "c",
            "$c_t$",
            "cell state",
            "state",
            "c = f c′ + i g",
            "What the unit holds after this timestep. It is not bounded to [−1, 1].",
        ),
        Quantity(
            "hidden",
            "h",
            "$h_t$",
            "hidden state",
            "state",
            "h = o tanh(c)",
            "What the rest of the network sees of the unit.",
        ),
    ),
    keep="forget",
    state="cell",
    write="input",
    rows=("input", "forget", "candidate", "output"),
)

RNN = Cell(
    name="rnn",
    title="RNN",
    quantities=(
        Quantity(
            "hidden",
            "h",
            "$h_t$",
            "hidden state",
            "state",
            "h = tanh(W_ih x + b_ih + W_hh h′ + b_hh)",
            "What the unit holds after this timestep. A plain RNN has no gates: all of it is written anew each step.",
        ),
    ),
    keep=None,
    state="hidden",
    write=None,
    rows=("hidden",),
)

CELLS = {cell.name: cell for cell in (GRU, LSTM, RNN)}

CONVENTIONS = {
    "pytorch": "PyTorch’s",
    "keras": "Keras’s",
    "onnx": "ONNX’s",
    "cudnn": "cuDNN’s",
    "chung": "Chung’s (1 − z)",
}
"""Whose meaning an update gate had where the model comes from, by the name that a recording gives it."""
RESETS = {"after": "reset after the product", "before": "reset before the product"}
"""Where a GRU's reset gate acts: on W_hn h, or on h."""
NONLINEARITIES = ("tanh", "relu")
"""What a plain RNN squashes with."""


def variant(cell: Cell, reset: str = "after", nonlinearity: str = "tanh") -> Cell:
    """The cell with the formulas that it has with another place of the reset, or another nonlinearity."""
    if cell.name == "gru" and reset == "before":
        return _with_formula(cell, "candidate", "n = tanh(W_in x + b_in + W_hn (r h′) + b_hn)")
    if cell.name == "rnn" and nonlinearity == "relu":
        return _with_formula(cell, "hidden", "h = relu(W_ih x + b_ih + W_hh h′ + b_hh)")
    return cell


def difference(quantity: Quantity) -> Quantity:
    """What one recording has more of a quantity than another, unit by unit."""
    return replace(
        quantity,
        title=f"difference of {quantity.title}",
        kind="difference",
        formula=f"{quantity.symbol} of the first − {quantity.symbol} of the other",
        meaning=f"By how much the first recording has more of {quantity.symbol}, {quantity.title}, than the other in "
        "the same unit. That a number means the same unit in both holds for checkpoints of one network, and for seeds "
        "from one start.",
    )


def _with_formula(cell: Cell, name: str, formula: str) -> Cell:
    changed = (replace(q, formula=formula) if q.name == name else q for q in cell.quantities)
    return replace(cell, quantities=tuple(changed))


@dataclass(frozen=True)
class Thresholds:
    """Where a unit counts as retained, overwritten or rewritten alike. No convention is published: they are ours."""

    retained: float = 0.9
    """Retained: keep at or above this."""
    overwritten: float = 0.1
    """Overwritten, or rewritten alike: keep at or below this."""
    moved: float = 0.05
    """Overwritten rather than rewritten alike: its state moved by more than this."""

    def __post_init__(self) -> None:
        if not 0 <= self.overwritten < self.retained <= 1:
            raise ValueError("thresholds must satisfy 0 <= overwritten < retained <= 1")
        if self.moved < 0:
            raise ValueError("the threshold of movement must not be negative")

    def describe(self) -> str:
        """The three of them in the small print of a figure or the status bar."""
        return (
            f"retained: keep ≥ {self.retained:g}; overwritten: keep ≤ {self.overwritten:g} and state moved "
            f"> {self.moved:g}; rewritten alike: keep ≤ {self.overwritten:g}, moved ≤ {self.moved:g}"
        )


CLASSES = ("retained", "mixed", "overwritten", "rewritten alike")
"""The classes of a unit at a timestep, in the order of the columns of `counts` and of the stacked bars."""
RETAINED, MIXED, OVERWRITTEN, REWRITTEN = range(4)
