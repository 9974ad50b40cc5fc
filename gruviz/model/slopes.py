"""The derivative of one step of a cell, in closed form, at many timesteps at once.

A step takes the state before it, s', and an input x to the state after it, s. Here stands its Jacobian ds/ds', in
three uses: `forth` carries a small change of the state over a step, `back` carries a gradient the other way, as
backpropagation through time does (Werbos 1990), and `matrix` is the thing itself. All are made of what the recording
holds, the gates and the states; no graph is kept, so a million timesteps cost no more memory than a few.

The state is h; of an LSTM it is h and c side by side, (..., 2H). Products are elementwise unless a matrix is named.
Symbols as in `gruviz.cells`: a primed state is the one before the step, `a_x` what the input gives to the gates,
W_ih x + b_ih, (..., G·H).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


class Slope(ABC):
    """What one step of a cell does to small changes, at some timesteps: every factor is (n, H)."""

    W_hh: Tensor
    """(G·H, H), rows in PyTorch's order of gates."""

    @property
    @abstractmethod
    def factors(self) -> tuple[Tensor, ...]:
        """What is different at each timestep, in the order of `taking`."""

    @abstractmethod
    def taking(self, *factors: Tensor) -> "Slope":
        """The same cell with other factors."""

    @abstractmethod
    def forth(self, v: Tensor) -> Tensor:
        """ds/ds' v, (..., S): where a change v of the state before leads."""

    @abstractmethod
    def back(self, g: Tensor) -> tuple[Tensor, Tensor]:
        """The gradient with respect to s', (..., S), and to a_x, (..., G·H), from g, the one with respect to s."""

    def gradient(self, g: Tensor) -> Tensor:
        """The first of the two that `back` gives: (ds/ds')ᵀ g."""
        return self.back(g)[0]

    @property
    def hidden(self) -> int:
        """H."""
        return self.W_hh.shape[1]

    @property
    def size(self) -> int:
        """S, the numbers in a state."""
        return self.hidden

    def in_all(self, g: Tensor) -> dict[str, Tensor]:
        """The gradient with respect to each of the states by name, (..., H), all ways of theirs counted."""
        return {"hidden": g}

    def changes(self) -> dict[str, Tensor]:
        """Of one timestep: a change of 1 of every unit in each of the states by name, (H, S), with what it shows in."""
        return {"hidden": torch.eye(self.hidden, dtype=self.W_hh.dtype, device=self.W_hh.device)}

    def __getitem__(self, index: Any) -> "Slope":
        """At some of its timesteps, or at one; `slope[:, None]` is one for several vectors at each."""
        return self.taking(*(factor[index] for factor in self.factors))

    def __len__(self) -> int:
        return len(self.factors[0])

    def matrix(self) -> Tensor:
        """ds/ds' at each timestep, (n, S, S): row i says what state number i after the step depends on."""
        columns = torch.eye(self.size, dtype=self.W_hh.dtype, device=self.W_hh.device)
        return self[:, None].forth(columns).mT  # column j is where a change of number j leads


@dataclass(frozen=True)
class GRUSlope(Slope):
    """h = (1 - z) n + z h', n = tanh(W_in x + b_in + r (W_hn h' + b_hn)).

    dh/dh' = diag(z) + diag((h' - n) z (1 - z)) W_hz + diag(d r) W_hn + diag(d (W_hn h' + b_hn) r (1 - r)) W_hr,
    where d = (1 - z) (1 - n²): the direct path, then through each of the gates.
    """

    W_hh: Tensor
    keep: Tensor
    """z"""
    to_reset: Tensor
    """dh/da_r, where a_r is what the reset gate squashes."""
    to_update: Tensor
    """dh/da_z"""
    to_candidate: Tensor
    """dh/da_n"""
    reset: Tensor
    """r"""

    @classmethod
    def at(cls, values: Mapping[str, Tensor], h_prev: Tensor, W_hh: Tensor, b_hn: Tensor | None) -> "GRUSlope":
        """From what the recording holds of some timesteps, (n, H) each, and the states before them."""
        r, z, n = values["reset"], values["update"], values["candidate"]
        recurrent = torch.nn.functional.linear(h_prev, W_hh.chunk(3)[2], b_hn)
        to_candidate = (1 - z) * (1 - n * n)
        return cls(W_hh, z, to_candidate * recurrent * r * (1 - r), (h_prev - n) * z * (1 - z), to_candidate, r)

    @property
    def factors(self) -> tuple[Tensor, ...]:
        """See `Slope`."""
        return self.keep, self.to_reset, self.to_update, self.to_candidate, self.reset

    def taking(self, *factors: Tensor) -> "GRUSlope":
        """See `Slope`."""
        return GRUSlope(self.W_hh, *factors)

    def forth(self, v: Tensor) -> Tensor:
        """See `Slope`."""
        a_r, a_z, a_n = (v @ self.W_hh.mT).chunk(3, dim=-1)
        return self.keep * v + self.to_reset * a_r + self.to_update * a_z + self.to_candidate * self.reset * a_n

    def back(self, g: Tensor) -> tuple[Tensor, Tensor]:
        """See `Slope`."""
        g_r, g_z, g_n = g * self.to_reset, g * self.to_update, g * self.to_candidate
        before = g * self.keep + torch.cat([g_r, g_z, g_n * self.reset], -1) @ self.W_hh
        return before, torch.cat([g_r, g_z, g_n], -1)


@dataclass(frozen=True)
class ResetBeforeSlope(Slope):
    """h = (1 - z) n + z h', n = tanh(W_in x + W_hn (r h') + b_n): the reset gate acts on the states themselves.

    dh/dh' = diag(z) + diag((h' - n) z (1 - z)) W_hz + diag((1 - z) (1 - n²)) W_hn (diag(r) + diag(h' r (1 - r)) W_hr).
    """

    W_hh: Tensor
    keep: Tensor
    """z"""
    to_update: Tensor
    """dh/da_z"""
    to_candidate: Tensor
    """dh/da_n"""
    reset: Tensor
    """r"""
    read: Tensor
    """d(r h')/da_r = h' r (1 - r)"""

    @classmethod
    def at(cls, values: Mapping[str, Tensor], h_prev: Tensor, W_hh: Tensor) -> "ResetBeforeSlope":
        """From what the recording holds of some timesteps, (n, H) each, and the states before them."""
        r, z, n = values["reset"], values["update"], values["candidate"]
        return cls(W_hh, z, (h_prev - n) * z * (1 - z), (1 - z) * (1 - n * n), r, h_prev * r * (1 - r))

    @property
    def factors(self) -> tuple[Tensor, ...]:
        """See `Slope`."""
        return self.keep, self.to_update, self.to_candidate, self.reset, self.read

    def taking(self, *factors: Tensor) -> "ResetBeforeSlope":
        """See `Slope`."""
        return ResetBeforeSlope(self.W_hh, *factors)

    def forth(self, v: Tensor) -> Tensor:
        """See `Slope`."""
        W_hr, W_hz, W_hn = self.W_hh.chunk(3)
        read = self.reset * v + self.read * (v @ W_hr.mT)
        return self.keep * v + self.to_update * (v @ W_hz.mT) + self.to_candidate * (read @ W_hn.mT)

    def back(self, g: Tensor) -> tuple[Tensor, Tensor]:
        """See `Slope`."""
        W_hr, W_hz, W_hn = self.W_hh.chunk(3)
        g_z, g_n = g * self.to_update, g * self.to_candidate
        g_read = g_n @ W_hn
        g_r = g_read * self.read
        return g * self.keep + g_z @ W_hz + g_read * self.reset + g_r @ W_hr, torch.cat([g_r, g_z, g_n], -1)


@dataclass(frozen=True)
class LSTMSlope(Slope):
    """c = f c' + i g, h = o tanh(c), on the states h and c side by side.

    dc/dc' = diag(f), dc/dh' = diag(g i (1 - i)) W_hi + diag(c' f (1 - f)) W_hf + diag(i (1 - g²)) W_hg, and
    dh = diag(tanh(c) o (1 - o)) W_ho dh' + diag(o (1 - tanh² c)) dc.
    """

    W_hh: Tensor
    keep: Tensor
    """f"""
    to_input: Tensor
    """dc/da_i"""
    to_forget: Tensor
    """dc/da_f"""
    to_candidate: Tensor
    """dc/da_g"""
    to_output: Tensor
    """dh/da_o"""
    shown: Tensor
    """dh/dc"""

    @classmethod
    def at(cls, values: Mapping[str, Tensor], c_prev: Tensor, W_hh: Tensor) -> "LSTMSlope":
        """From what the recording holds of some timesteps, (n, H) each, and the cell states before them."""
        f, i, g, o = (values[name] for name in ("forget", "input", "candidate", "output"))
        tanh_c = torch.tanh(values["cell"])
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
    def factors(self) -> tuple[Tensor, ...]:
        """See `Slope`."""
        return self.keep, self.to_input, self.to_forget, self.to_candidate, self.to_output, self.shown

    @property
    def size(self) -> int:
        """2H."""
        return 2 * self.hidden

    def taking(self, *factors: Tensor) -> "LSTMSlope":
        """See `Slope`."""
        return LSTMSlope(self.W_hh, *factors)

    def forth(self, v: Tensor) -> Tensor:
        """See `Slope`."""
        v_h, v_c = v.chunk(2, dim=-1)
        a_i, a_f, a_g, a_o = (v_h @ self.W_hh.mT).chunk(4, dim=-1)
        c = self.keep * v_c + self.to_input * a_i + self.to_forget * a_f + self.to_candidate * a_g
        return torch.cat([self.to_output * a_o + self.shown * c, c], -1)

    def back(self, g: Tensor) -> tuple[Tensor, Tensor]:
        """See `Slope`."""
        g_h = g[..., : self.hidden]
        g_c = self.in_all(g)["cell"]
        g_a = torch.cat([g_c * self.to_input, g_c * self.to_forget, g_c * self.to_candidate, g_h * self.to_output], -1)
        return torch.cat([g_a @ self.W_hh, g_c * self.keep], -1), g_a

    def in_all(self, g: Tensor) -> dict[str, Tensor]:
        """A cell state acts on later cell states, and is shown in the hidden state of its own timestep."""
        g_h, g_c = g.chunk(2, dim=-1)
        return {"hidden": g_h, "cell": g_c + g_h * self.shown}

    def changes(self) -> dict[str, Tensor]:
        """See `Slope`: a cell state is shown in the hidden state of its own timestep."""
        itself = torch.eye(self.hidden, dtype=self.W_hh.dtype, device=self.W_hh.device)
        hidden, cell = torch.cat([itself, 0 * itself], -1), torch.cat([self.shown.diag(), itself], -1)
        return {"hidden": hidden, "cell": cell}


@dataclass(frozen=True)
class RNNSlope(Slope):
    """h = tanh(W_ih x + b_ih + W_hh h' + b_hh): dh/dh' = diag(1 - h²) W_hh; with relu, diag(h > 0) W_hh."""

    W_hh: Tensor
    to_sum: Tensor
    """dh/da, where a is what is squashed."""

    @classmethod
    def at(cls, values: Mapping[str, Tensor], W_hh: Tensor, nonlinearity: str) -> "RNNSlope":
        """From what the recording holds of some timesteps, (n, H)."""
        h = values["hidden"]
        return cls(W_hh, (h > 0).to(h.dtype) if nonlinearity == "relu" else 1 - h * h)

    @property
    def factors(self) -> tuple[Tensor, ...]:
        """See `Slope`."""
        return (self.to_sum,)

    def taking(self, *factors: Tensor) -> "RNNSlope":
        """See `Slope`."""
        return RNNSlope(self.W_hh, *factors)

    def forth(self, v: Tensor) -> Tensor:
        """See `Slope`."""
        return self.to_sum * (v @ self.W_hh.mT)

    def back(self, g: Tensor) -> tuple[Tensor, Tensor]:
        """See `Slope`."""
        g_a = g * self.to_sum
        return g_a @ self.W_hh, g_a
