"""The derivative of one step of a cell, in closed form, at many timesteps at once.

A step takes the state before it, s', and an input x to the state after it, s. Here stands its Jacobian ds/ds', in
three uses: `forth` carries a small change of the state over a step, `back` carries a gradient the other way, as
backpropagation through time does (Werbos 1990), and `matrix` is the thing itself. All are made of what the recording
holds, the gates and the states; no graph is kept, so a million timesteps cost no more memory than a few.

Arrays are NumPy's or tensors of PyTorch, whichever they are made from: the equations are written in what both of them
have, and this module imports neither.

The state is h; of an LSTM it is h and c side by side, (..., 2H). Products are elementwise unless a matrix is named.
Symbols as in `gruviz.cells`: a primed state is the one before the step, `a_x` what the input gives to the gates,
W_ih x + b_ih, (..., G·H).
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Array = Any
"""Of NumPy or of PyTorch."""


def _library(array: Array) -> Any:
    """Whose array it is."""
    return sys.modules[type(array).__module__.partition(".")[0]]


def _beside(*arrays: Array) -> Array:
    """Joined along their last axis."""
    return _library(arrays[0]).concatenate(arrays, axis=-1)


def _identity(units: int, like: Array) -> Array:
    return _library(like).eye(units, dtype=like.dtype)


def _parts(array: Array, width: int) -> list[Array]:
    """Its last axis in parts of that width."""
    return [array[..., start : start + width] for start in range(0, array.shape[-1], width)]


def _blocks(W_hh: Array) -> list[Array]:
    """The rows of each gate, (H, H) each."""
    units = W_hh.shape[1]
    return [W_hh[start : start + units] for start in range(0, len(W_hh), units)]


class Slope(ABC):
    """What one step of a cell does to small changes, at some timesteps: every factor is (n, H)."""

    W_hh: Array
    """(G·H, H), rows in PyTorch's order of gates."""

    @property
    @abstractmethod
    def factors(self) -> tuple[Array, ...]:
        """What is different at each timestep, in the order of `taking`."""

    @abstractmethod
    def taking(self, *factors: Array) -> "Slope":
        """The same cell with other factors."""

    @abstractmethod
    def forth(self, v: Array) -> Array:
        """ds/ds' v, (..., S): where a change v of the state before leads."""

    @abstractmethod
    def back(self, g: Array) -> tuple[Array, Array]:
        """The gradient with respect to s', (..., S), and to a_x, (..., G·H), from g, the one with respect to s."""

    def gradient(self, g: Array) -> Array:
        """The first of the two that `back` gives: (ds/ds')ᵀ g."""
        return self.back(g)[0]

    @property
    def hidden(self) -> int:
        """H."""
        return int(self.W_hh.shape[1])

    @property
    def size(self) -> int:
        """S, the numbers in a state."""
        return self.hidden

    def in_all(self, g: Array) -> dict[str, Array]:
        """The gradient with respect to each of the states by name, (..., H), all ways of theirs counted."""
        return {"hidden": g}

    def changes(self) -> dict[str, Array]:
        """Of one timestep: a change of 1 of every unit in each of the states by name, (H, S), with what it shows in."""
        return {"hidden": _identity(self.hidden, self.W_hh)}

    def __getitem__(self, index: Any) -> "Slope":
        """At some of its timesteps, or at one; `slope[:, None]` is one for several vectors at each."""
        return self.taking(*(factor[index] for factor in self.factors))

    def __len__(self) -> int:
        return len(self.factors[0])

    def matrix(self) -> Array:
        """ds/ds' at each timestep, (n, S, S): row i says what state number i after the step depends on."""
        columns = _identity(self.size, self.W_hh)
        return self[:, None].forth(columns).mT  # column j is where a change of number j leads


@dataclass(frozen=True)
class GRUSlope(Slope):
    """h = (1 - z) n + z h', n = tanh(W_in x + b_in + r (W_hn h' + b_hn)).

    dh/dh' = diag(z) + diag((h' - n) z (1 - z)) W_hz + diag(d r) W_hn + diag(d (W_hn h' + b_hn) r (1 - r)) W_hr,
    where d = (1 - z) (1 - n²): the direct path, then through each of the gates.
    """

    W_hh: Array
    keep: Array
    """z"""
    to_reset: Array
    """dh/da_r, where a_r is what the reset gate squashes."""
    to_update: Array
    """dh/da_z"""
    to_candidate: Array
    """dh/da_n"""
    reset: Array
    """r"""

    @classmethod
    def at(cls, values: Mapping[str, Array], h_prev: Array, W_hh: Array, b_hn: Array | None) -> "GRUSlope":
        """From what the recording holds of some timesteps, (n, H) each, and the states before them."""
        r, z, n = values["reset"], values["update"], values["candidate"]
        recurrent = h_prev @ _blocks(W_hh)[2].mT + (0 if b_hn is None else b_hn)
        to_candidate = (1 - z) * (1 - n * n)
        return cls(W_hh, z, to_candidate * recurrent * r * (1 - r), (h_prev - n) * z * (1 - z), to_candidate, r)

    @property
    def factors(self) -> tuple[Array, ...]:
        """See `Slope`."""
        return self.keep, self.to_reset, self.to_update, self.to_candidate, self.reset

    def taking(self, *factors: Array) -> "GRUSlope":
        """See `Slope`."""
        return GRUSlope(self.W_hh, *factors)

    def forth(self, v: Array) -> Array:
        """See `Slope`."""
        a_r, a_z, a_n = _parts(v @ self.W_hh.mT, self.hidden)
        return self.keep * v + self.to_reset * a_r + self.to_update * a_z + self.to_candidate * self.reset * a_n

    def back(self, g: Array) -> tuple[Array, Array]:
        """See `Slope`."""
        g_r, g_z, g_n = g * self.to_reset, g * self.to_update, g * self.to_candidate
        before = g * self.keep + _beside(g_r, g_z, g_n * self.reset) @ self.W_hh
        return before, _beside(g_r, g_z, g_n)


@dataclass(frozen=True)
class ResetBeforeSlope(Slope):
    """h = (1 - z) n + z h', n = tanh(W_in x + W_hn (r h') + b_n): the reset gate acts on the states themselves.

    dh/dh' = diag(z) + diag((h' - n) z (1 - z)) W_hz + diag((1 - z) (1 - n²)) W_hn (diag(r) + diag(h' r (1 - r)) W_hr).
    """

    W_hh: Array
    keep: Array
    """z"""
    to_update: Array
    """dh/da_z"""
    to_candidate: Array
    """dh/da_n"""
    reset: Array
    """r"""
    read: Array
    """d(r h')/da_r = h' r (1 - r)"""

    @classmethod
    def at(cls, values: Mapping[str, Array], h_prev: Array, W_hh: Array) -> "ResetBeforeSlope":
        """From what the recording holds of some timesteps, (n, H) each, and the states before them."""
        r, z, n = values["reset"], values["update"], values["candidate"]
        return cls(W_hh, z, (h_prev - n) * z * (1 - z), (1 - z) * (1 - n * n), r, h_prev * r * (1 - r))

    @property
    def factors(self) -> tuple[Array, ...]:
        """See `Slope`."""
        return self.keep, self.to_update, self.to_candidate, self.reset, self.read

    def taking(self, *factors: Array) -> "ResetBeforeSlope":
        """See `Slope`."""
        return ResetBeforeSlope(self.W_hh, *factors)

    def forth(self, v: Array) -> Array:
        """See `Slope`."""
        W_hr, W_hz, W_hn = _blocks(self.W_hh)
        read = self.reset * v + self.read * (v @ W_hr.mT)
        return self.keep * v + self.to_update * (v @ W_hz.mT) + self.to_candidate * (read @ W_hn.mT)

    def back(self, g: Array) -> tuple[Array, Array]:
        """See `Slope`."""
        W_hr, W_hz, W_hn = _blocks(self.W_hh)
        g_z, g_n = g * self.to_update, g * self.to_candidate
        g_read = g_n @ W_hn
        g_r = g_read * self.read
        return g * self.keep + g_z @ W_hz + g_read * self.reset + g_r @ W_hr, _beside(g_r, g_z, g_n)


@dataclass(frozen=True)
class LSTMSlope(Slope):
    """c = f c' + i g, h = o tanh(c), on the states h and c side by side.

    dc/dc' = diag(f), dc/dh' = diag(g i (1 - i)) W_hi + diag(c' f (1 - f)) W_hf + diag(i (1 - g²)) W_hg, and
    dh = diag(tanh(c) o (1 - o)) W_ho dh' + diag(o (1 - tanh² c)) dc.
    """

    W_hh: Array
    keep: Array
    """f"""
    to_input: Array
    """dc/da_i"""
    to_forget: Array
    """dc/da_f"""
    to_candidate: Array
    """dc/da_g"""
    to_output: Array
    """dh/da_o"""
    shown: Array
    """dh/dc"""

    @classmethod
    def at(cls, values: Mapping[str, Array], c_prev: Array, W_hh: Array) -> "LSTMSlope":
        """From what the recording holds of some timesteps, (n, H) each, and the cell states before them."""
        f, i, g, o = (values[name] for name in ("forget", "input", "candidate", "output"))
        tanh_c = _library(c_prev).tanh(values["cell"])
        return cls(
            W_hh,
            f,
            g * i * (1 - i),
            c_prev * f * (1 - f),
            i * (1 - g * g),
            tanh_c * o * (1 - o),
            o * (1 - tanh_c * tanh_c),
        )

    @property
    def factors(self) -> tuple[Array, ...]:
        """See `Slope`."""
        return self.keep, self.to_input, self.to_forget, self.to_candidate, self.to_output, self.shown

    @property
    def size(self) -> int:
        """2H."""
        return 2 * self.hidden

    def taking(self, *factors: Array) -> "LSTMSlope":
        """See `Slope`."""
        return LSTMSlope(self.W_hh, *factors)

    def forth(self, v: Array) -> Array:
        """See `Slope`."""
        v_h, v_c = _parts(v, self.hidden)
        a_i, a_f, a_g, a_o = _parts(v_h @ self.W_hh.mT, self.hidden)
        c = self.keep * v_c + self.to_input * a_i + self.to_forget * a_f + self.to_candidate * a_g
        return _beside(self.to_output * a_o + self.shown * c, c)

    def back(self, g: Array) -> tuple[Array, Array]:
        """See `Slope`."""
        g_h = g[..., : self.hidden]
        g_c = self.in_all(g)["cell"]
        g_a = _beside(g_c * self.to_input, g_c * self.to_forget, g_c * self.to_candidate, g_h * self.to_output)
        return _beside(g_a @ self.W_hh, g_c * self.keep), g_a

    def in_all(self, g: Array) -> dict[str, Array]:
        """A cell state acts on later cell states, and is shown in the hidden state of its own timestep."""
        g_h, g_c = _parts(g, self.hidden)
        return {"hidden": g_h, "cell": g_c + g_h * self.shown}

    def changes(self) -> dict[str, Array]:
        """See `Slope`: a cell state is shown in the hidden state of its own timestep."""
        itself = _identity(self.hidden, self.W_hh)
        hidden, cell = _beside(itself, 0 * itself), _beside(_library(self.shown).diag(self.shown), itself)
        return {"hidden": hidden, "cell": cell}


@dataclass(frozen=True)
class RNNSlope(Slope):
    """h = tanh(W_ih x + b_ih + W_hh h' + b_hh): dh/dh' = diag(1 - h²) W_hh; with relu, diag(h > 0) W_hh."""

    W_hh: Array
    to_sum: Array
    """dh/da, where a is what is squashed."""

    @classmethod
    def at(cls, values: Mapping[str, Array], W_hh: Array, nonlinearity: str) -> "RNNSlope":
        """From what the recording holds of some timesteps, (n, H)."""
        h = values["hidden"]
        return cls(W_hh, _library(h).asarray(h > 0, dtype=h.dtype) if nonlinearity == "relu" else 1 - h * h)

    @property
    def factors(self) -> tuple[Array, ...]:
        """See `Slope`."""
        return (self.to_sum,)

    def taking(self, *factors: Array) -> "RNNSlope":
        """See `Slope`."""
        return RNNSlope(self.W_hh, *factors)

    def forth(self, v: Array) -> Array:
        """See `Slope`."""
        return self.to_sum * (v @ self.W_hh.mT)

    def back(self, g: Array) -> tuple[Array, Array]:
        """See `Slope`."""
        g_a = g * self.to_sum
        return g_a @ self.W_hh, g_a
