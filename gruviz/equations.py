"""The equations of a cell for one unit at one timestep: symbols first, then the numbers put in.

As PyTorch's `nn.GRU`, `nn.LSTM` and `nn.RNN` have them, with the update gate as the keep. Lines are made of terms in
TeX's notation, as far as mathtext knows it, without dollars. Numbers are printed with three digits after the point;
what is 1 minus another, or the sum of others, is worked out from what is printed, so that a reader can add it up.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache

from gruviz.cells import Cell

THIN, WIDE = 0.14, 0.24
"""Gaps between factors and around signs, in sizes of the font."""
_CLOSE = 0.03
_SIGNS = (r"\times", r"\odot", "+", "-")
_MANY = 1000.0
_ENDS = {r"\sigma": ("< -103", "> 16"), r"\tanh": ("< -9", "> 9")}
"""Beyond these, float32 has only the ends of a gate's or a candidate's range."""


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
            keep = float(f"{self.values[self.cell.keep]:.3f}")
            made["write"] = self.values["input"] if self.cell.name == "lstm" else 1 - keep
            made["kept"] = self.values[self.cell.keep] * self.previous[self.cell.state]
            made["written"] = self.shares["write"] * self.values["candidate"]
        squashed = "candidate" if self.cell.name == "gru" else "hidden"
        if squashed in self.parts:
            given, recurrent = self.parts[squashed]
            made |= {"given": given, "recurrent": recurrent}
            made["sum"] = round(given, 3) + round(recurrent, 3)
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
        made["cell"] = (
            Term(number(values["forget"]), "forget"),
            Term(rf"\times {_factor(previous['cell'])} +"),
            Term(number(values["input"]), "input"),
            Term(r"\times"),
            Term(_factor(values["candidate"]), "candidate"),
        )
        made["hidden"] = (Term(number(values["output"]), "output"), Term(rf"\times \tanh({number(values['cell'])})"))
    else:
        made["reset"] = _squashed(step, "reset", r"\sigma")
        made["update"] = _squashed(step, "update", r"\sigma")
        made["candidate"] = _squashed(step, "candidate", r"\tanh")
        if "candidate" in step.parts and step.reset == "after":
            given, recurrent = step.parts["candidate"]
            made["candidate"] = (
                Term(rf"\tanh({number(given)} +"),
                Term(number(values["reset"]), "reset"),
                Term(rf"\times {_factor(recurrent)})"),
            )
        made["hidden"] = (
            Term(number(values["update"]), "update"),
            Term(rf"\times {_factor(previous['hidden'])} +"),
            Term(number(step.amounts["write"]), "update"),
            Term(r"\times"),
            Term(_factor(values["candidate"]), "candidate"),
        )
    return {name: (*terms, Term(number(values[name]), name)) for name, terms in made.items()}


@lru_cache(4096)  # numbers come again
def gap(before: str, after: str) -> float:
    """Between two terms of a line, in sizes of the font."""
    if before.endswith("(") or after.startswith(")"):
        return _CLOSE
    return WIDE if before.endswith(_SIGNS) or after.startswith(_SIGNS) else THIN


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


def number(value: float) -> str:
    """Three digits after the point, or four in all of a large one; a minus sign as TeX has it."""
    if not math.isfinite(value):
        return "?" if math.isnan(value) else r"\infty" if value > 0 else r"-\infty"
    printed = f"{value:.3f}" if abs(value) < _MANY else f"{value:.4g}"
    return printed.removeprefix("-") if float(printed) == 0 else printed


def _percent(value: float) -> str:
    return f"{round(100 * value)} %" if math.isfinite(value) else "?"


def _factor(value: float) -> str:
    """A number as the second factor of a product."""
    printed = number(value)
    return f"({printed})" if printed.startswith("-") else printed


def _gate(quantity: str, letter: str, old: str, squash: str = r"\sigma") -> Equation:
    inner = rf"W_{{i{letter}}} x_t + b_{{i{letter}}} + W_{{h{letter}}} {old} + b_{{h{letter}}}"
    return Equation(quantity, Term(f"{letter}_t", quantity), (Term(f"{squash}({inner})"),))


def _squash(cell: Cell) -> str:
    return r"\mathrm{relu}" if "relu" in cell["hidden"].formula else r"\tanh"


def _squashed(step: Step, quantity: str, squash: str) -> tuple[Term, ...]:
    """What is squashed: its two parts where they are known, else the sum, worked out from what came of it."""
    if quantity in step.parts:
        given, recurrent = step.parts[quantity]
        printed = number(recurrent)
        sign = "-" if printed.startswith("-") else "+"
        return (Term(f"{squash}({number(given)} {sign} {printed.removeprefix('-')})"),)
    return (Term(f"{squash}({_before(step.values[quantity], squash)})"),)


def _before(value: float, squash: str) -> str:
    """What was squashed to this value, in print; of the ends of the range, that it lies beyond."""
    if squash == r"\mathrm{relu}":
        return number(value) if value > 0 else r"\leq 0"
    total = unsquashed(value, squash)
    if math.isinf(total):
        return _ENDS[squash][total > 0]
    return number(total)


def unsquashed(value: float, squash: str) -> float:
    r"""What `\sigma` or `\tanh` made this of; infinite where that cannot be told any more."""
    low = 0.0 if squash == r"\sigma" else -1.0
    if not low < value < 1:
        return math.nan if math.isnan(value) else math.inf if value >= 1 else -math.inf
    return math.log(value) - math.log1p(-value) if squash == r"\sigma" else math.atanh(value)
