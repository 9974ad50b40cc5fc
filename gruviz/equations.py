"""The equations of a cell for one unit at one timestep: symbols first, then the numbers put in.

As PyTorch's `nn.GRU`, `nn.LSTM` and `nn.RNN` have them, with the update gate as the keep. Lines are made of terms in
TeX's notation, as far as mathtext knows it, without dollars. What it comes to is printed with three significant
digits, and what goes in with as many as it takes to come to that by hand.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache

from gruviz.arithmetic import number, operands, sigma
from gruviz.cells import Cell

THIN, WIDE = 0.14, 0.24
"""Gaps between factors and around signs, in sizes of the font."""
_CLOSE = 0.03
_SIGNS = (r"\times", r"\odot", "+", "-")
_RELU = r"\mathrm{relu}"
_ENDS = {r"\sigma": ("< -103", "> 16"), r"\tanh": ("< -9", "> 9"), _RELU: (r"\leq 0", r"\infty")}
"""Beyond these, float32 has only the ends of a gate's or a candidate's range."""
_FUNCTIONS: dict[str, Callable[[float], float]] = {
    r"\sigma": sigma,
    r"\tanh": math.tanh,
    _RELU: lambda total: max(total, 0.0),
}


@dataclass(frozen=True)
class Step:
    """What one unit holds at one timestep, in float64."""

    cell: Cell
    values: Mapping[str, float]
    """All that the cell computes for it, by the names of the quantities."""
    previous: Mapping[str, float]
    """Its states before, in the order in which the cell reads."""
    parts: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Of what is squashed: the part that comes from the input, and the part that comes from the old hidden states.

    Of the candidate of a GRU whose reset gate acts after the product, the latter is before it acts. Empty where the
    weights are not known.
    """
    reset: str = "after"
    """Of a GRU: whether the reset gate acts `after` the product with W_hn or `before` it."""

    @property
    def shares(self) -> dict[str, float]:
        """The fractions that channels of the drawing are filled with."""
        made = {"all": 1.0}
        if self.cell.keep is not None:
            keep = self.values[self.cell.keep]
            write = self.values["input"] if self.cell.name == "lstm" else 1 - keep
            made |= {"keep": keep, "write": write, "half keep": keep / 2, "half write": write / 2}
        return made | {name: self.values[name] for name in ("reset", "output") if name in self.values}

    @property
    def amounts(self) -> dict[str, float]:
        """The numbers that stand in the drawing."""
        made = dict(self.values) | {f"before {state}": value for state, value in self.previous.items()}
        if self.cell.keep is not None:
            made["write"] = self.shares["write"]
            made["kept"] = self.values[self.cell.keep] * self.previous[self.cell.state]
            made["written"] = self.shares["write"] * self.values["candidate"]
        squashed = "candidate" if self.cell.name == "gru" else "hidden"
        if squashed in self.parts:
            given, recurrent = self.parts[squashed]
            made |= {"given": given, "recurrent": recurrent}
            made["sum"] = given + recurrent
            made["read"] = self.values.get("reset", 1.0) * recurrent
        return made


@dataclass(frozen=True)
class Term:
    """A part of a line."""

    tex: str
    quantity: str = ""
    """Whose colour marks it; empty for none."""


@dataclass(frozen=True)
class Equation:
    """How one quantity comes about."""

    quantity: str
    left: Term
    """Its symbol."""
    symbols: tuple[Term, ...]
    """What it is equal to."""


@cache
def equations(cell: Cell, *, reset: str = "after", backward: bool = False) -> tuple[Equation, ...]:
    """The equations of a cell, in the order in which it goes through them.

    Args:
        cell: which.
        reset: of a GRU, whether the reset gate acts `after` the product with W_hn or `before` it.
        backward: it reads from the end, and what came before a timestep is what stands after it.
    """
    before = "t+1" if backward else "t-1"
    old = f"h_{{{before}}}"
    if cell.name == "gru":
        read = (
            (Term("r_t", "reset"), Term(rf"(W_{{hn}} {old} + b_{{hn}}))"))
            if reset == "after"
            else (Term("W_{hn}("), Term("r_t", "reset"), Term(rf"\odot {old}) + b_{{hn}})"))
        )
        return (
            _gate("reset", "r", old),
            _gate("update", "z", old),
            Equation("candidate", Term("n_t", "candidate"), (Term(r"\tanh(W_{in} x_t + b_{in} +"), *read)),
            Equation(
                "hidden",
                Term("h_t"),
                (
                    Term("z_t", "update"),
                    Term(rf"{old} + (1 -"),
                    Term("z_t", "update"),
                    Term(")"),
                    Term("n_t", "candidate"),
                ),
            ),
        )
    if cell.name == "lstm":
        return (
            _gate("forget", "f", old),
            _gate("input", "i", old),
            _gate("candidate", "g", old, r"\tanh"),
            _gate("output", "o", old),
            Equation(
                "cell",
                Term("c_t"),
                (
                    Term("f_t", "forget"),
                    Term(rf"c_{{{before}}} +"),
                    Term("i_t", "input"),
                    Term("g_t", "candidate"),
                ),
            ),
            Equation("hidden", Term("h_t"), (Term("o_t", "output"), Term(r"\tanh(c_t)"))),
        )
    squash = _squash(cell)
    return (
        Equation("hidden", Term("h_t"), (Term(rf"{squash}(W_{{ih}} x_t + b_{{ih}} + W_{{hh}} {old} + b_{{hh}})"),)),
    )


def numbers(step: Step) -> dict[str, tuple[Term, ...]]:
    """By quantity, its equation with the numbers put in; the last term is what it comes to."""
    values, previous, cell = step.values, step.previous, step.cell
    made: dict[str, tuple[Term, ...]] = {}
    if cell.name == "rnn":
        made["hidden"] = _squashed(step, "hidden", _squash(cell))
    elif cell.name == "lstm":
        for name in ("forget", "input", "candidate", "output"):
            made[name] = _squashed(step, name, r"\tanh" if name == "candidate" else r"\sigma")
        into = (values["forget"], previous["cell"], values["input"], values["candidate"])
        made["cell"] = _mixed(("forget", "input"), operands(into, _mix, values["cell"]))
        shown, state = operands((values["output"], values["cell"]), lambda o, c: o * math.tanh(c), values["hidden"])
        made["hidden"] = (Term(shown, "output"), Term(rf"\times \tanh({state})"))
    else:
        made["reset"] = _squashed(step, "reset", r"\sigma")
        made["update"] = _squashed(step, "update", r"\sigma")
        made["candidate"] = _squashed(step, "candidate", r"\tanh")
        if "candidate" in step.parts and step.reset == "after":
            given, recurrent = step.parts["candidate"]
            read = (given, values["reset"], recurrent)
            new, reset, old = operands(read, lambda a, r, b: math.tanh(a + r * b), values["candidate"])
            made["candidate"] = (
                Term(rf"\tanh({new} +"),
                Term(reset, "reset"),
                Term(rf"\times {_factor(old)})"),
            )
        keep = values["update"]
        into = (keep, previous["hidden"], 1 - keep, values["candidate"])
        made["hidden"] = _mixed(("update", "update"), operands(into, _mix, values["hidden"], complement=(0, 2)))
    return {name: (*terms, Term(number(values[name]), name)) for name, terms in made.items()}


@lru_cache(4096)  # numbers come again
def gap(before: str, after: str) -> float:
    """Between two terms of a line, in sizes of the font."""
    if before.endswith("(") or after.startswith(")"):
        return _CLOSE
    return WIDE if before.endswith(_SIGNS) or after.startswith(_SIGNS) else THIN


def _mix(keep: float, old: float, write: float, new: float) -> float:
    """A state."""
    return keep * old + write * new


def _mixed(gates: tuple[str, str], printed: list[str]) -> tuple[Term, ...]:
    """A state in print."""
    keep, old, write, new = printed
    return (
        Term(keep, gates[0]),
        Term(rf"\times {_factor(old)} +"),
        Term(write, gates[1]),
        Term(r"\times"),
        Term(_factor(new), "candidate"),
    )


def in_words(step: Step) -> tuple[str, ...]:
    """What the gates let pass, in two sentences or one."""
    if step.cell.keep is None:
        return ("nothing is kept: all of the state is written anew",)
    percent = {name: _percent(value) for name, value in step.values.items() if step.cell[name].fraction}
    keep = percent[step.cell.keep]
    if step.cell.name == "lstm":
        return (
            f"{keep} of the old cell state is kept, {percent['input']} of g added",
            f"{percent['output']} of tanh(c) shows in h",
        )
    written = f"{100 - int(keep.removesuffix(' %'))} %" if keep[0].isdigit() else keep
    if step.reset == "before":
        read = f"{percent['reset']} of its old state gets past r to the candidates"
    else:
        read = f"{percent['reset']} of the old states gets past r to the candidate"
    return f"{keep} of its old state is kept, {written} written anew", read


def _percent(value: float) -> str:
    return f"{round(100 * value)} %" if math.isfinite(value) else "?"


def _factor(printed: str) -> str:
    """A number as the second factor of a product."""
    return f"({printed})" if printed.startswith("-") else printed


def _gate(quantity: str, letter: str, old: str, squash: str = r"\sigma") -> Equation:
    inner = rf"W_{{i{letter}}} x_t + b_{{i{letter}}} + W_{{h{letter}}} {old} + b_{{h{letter}}}"
    return Equation(quantity, Term(f"{letter}_t", quantity), (Term(f"{squash}({inner})"),))


def _squash(cell: Cell) -> str:
    return _RELU if "relu" in cell["hidden"].formula else r"\tanh"


def _squashed(step: Step, quantity: str, squash: str) -> tuple[Term, ...]:
    """What is squashed: its two parts where they are known, else the sum, worked out from what came of it."""
    value, function = step.values[quantity], _FUNCTIONS[squash]
    if quantity in step.parts:
        given, recurrent = operands(step.parts[quantity], lambda a, b: function(a + b), value)
        sign = "-" if recurrent.startswith("-") else "+"
        return (Term(f"{squash}({given} {sign} {recurrent.removeprefix('-')})"),)
    total = unsquashed(value, squash)
    if math.isfinite(total):
        return (Term(f"{squash}({operands((total,), function, value)[0]})"),)
    return (Term(f"{squash}({_ENDS[squash][total > 0] if math.isinf(total) else number(total)})"),)


def unsquashed(value: float, squash: str) -> float:
    r"""What `\sigma`, `\tanh` or `\mathrm{relu}` made this of; infinite where that cannot be told any more."""
    if squash == _RELU:
        return -math.inf if value == 0 else value
    low = 0.0 if squash == r"\sigma" else -1.0
    if not low < value < 1:
        return math.nan if math.isnan(value) else math.inf if value >= 1 else -math.inf
    return math.log(value) - math.log1p(-value) if squash == r"\sigma" else math.atanh(value)
