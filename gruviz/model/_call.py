"""What flowed through the layers of one call of a recurrent kernel."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gruviz.cells import Cell
from gruviz.model.replay import (
    Replay,
    Weights,
    relative,
    replay_gru,
    replay_lstm,
    replay_lstm_steps,
    replay_rnn,
)


@dataclass
class LayerRun:
    """What flowed through one layer, in one direction, in one call. Time first: x is (T, B, I), hidden (T, B, H).

    The batch is in the caller's order, also where packing sorted it.
    """

    name: str
    """As in a recording: `<module path>.l<k>`, with `_reverse` for the backward direction; a cell's `<module path>`."""
    cell: Cell
    backward: bool
    x: Tensor
    hidden: Tensor
    """What the kernel gave out: (T, B, P) where an LSTM projects it to P numbers."""
    initial: dict[str, Tensor]
    """The states that each sequence started from, (B, H) by name of the state; `hidden` is (B, P) with a projection."""
    final: dict[str, Tensor]
    """The states that the kernel ended with."""
    weights: Weights
    ran: torch.dtype
    """What its matrix products ran in: autocast leaves no trace of it in what a GRU gives out."""
    nonlinearity: str = "tanh"
    reset: str = "after"
    """Of a GRU: whether the reset gate acts after the product with W_hn, or before it."""
    before: dict[str, Tensor] | None = None
    """The states that each timestep got, (T, B, H) by name, where every one was a call of its own."""
    cells: Tensor | None = None
    """The cell states that were given out, (T, B, H), where every timestep was a call of its own."""
    altered: bool = False
    """Whether the caller changed the state between two timesteps."""

    @property
    def size(self) -> int:
        """Hidden units, H."""
        return self.weights.W_hh.shape[0] // len(self.cell.rows)

    @property
    def projection(self) -> int | None:
        """To how many numbers an LSTM projects its hidden state, P, or None."""
        return None if self.weights.W_hr is None else self.weights.W_hr.shape[0]

    def previous(self, lengths: Tensor, start: int, stop: int) -> Tensor:
        """The hidden state before each timestep from `start` up to `stop`, in processing order, (n, B, H).

        `lengths` (B,) are the timesteps that the kernel processed of each sequence: where a backward layer began.
        """
        if self.before is not None:
            return self.before["hidden"][start:stop]
        h_0 = self.initial["hidden"]
        if not self.backward:
            head = h_0 if start == 0 else self.hidden[start - 1]
            return torch.cat([head[None], self.hidden[start : stop - 1]])
        after = self.hidden[start + 1 : stop + 1]
        if stop == len(self.hidden):
            after = torch.cat([after, h_0[None]])
        steps = torch.arange(start, stop, device=after.device)[:, None, None]
        return torch.where(steps == lengths.to(after.device)[None, :, None] - 1, h_0[None], after)

    def replay(self, lengths: Tensor, start: int, stop: int, entered: Tensor | None = None) -> Replay:
        """Every quantity at timesteps `start` up to `stop`, (n, B, H), computed in float32 at least.

        `entered` (B, H) is the cell state of an LSTM with which these timesteps are entered, from the side that it
        reads from; without it, the one that the call began with.
        """
        dtype = torch.promote_types(self.hidden.dtype, torch.float32)
        weights = self.weights.to(self.hidden.device, dtype, self.ran)
        x, h = self.x[start:stop].to(self.ran).to(dtype), self.hidden[start:stop].to(dtype)
        h_prev = self.previous(lengths, start, stop).to(dtype)
        if self.cell.name == "gru":
            return replay_gru(x, h, h_prev, weights, self.reset)
        if self.cell.name == "rnn":
            return replay_rnn(x, h, h_prev, weights, self.nonlinearity)
        if self.cells is not None and self.before is not None:
            c, c_prev = self.cells[start:stop].to(dtype), self.before["cell"][start:stop].to(dtype)
            return replay_lstm_steps(x, h, h_prev, c, c_prev, weights)
        c_0 = (self.initial["cell"] if entered is None else entered).to(dtype)
        ends = lengths.to(h.device) - 1 - start if self.backward else None
        replay = replay_lstm(x, h, h_prev, c_0, weights, ends)
        self._hold_against_the_end(replay, lengths.to(h.device), start)
        return replay

    def _hold_against_the_end(self, replay: Replay, lengths: Tensor, start: int) -> None:
        """Let the residual of an LSTM's last step tell whether the scan ended where the kernel did."""
        cell = replay.values["cell"]
        last = (torch.zeros_like(lengths) if self.backward else lengths - 1) - start
        items = ((last >= 0) & (last < len(cell)) & (lengths > 0)).nonzero()[:, 0]
        at = last[items], items
        off = relative(cell[at], self.final["cell"][items].to(cell.dtype))
        replay.difference[at] = torch.maximum(replay.difference[at], off)

    def altered_at(self, start: int, stop: int) -> Tensor:
        """Whether each timestep from `start` up to `stop` got another state than the one before it gave out, (n, B)."""
        assert self.before is not None
        out = {"hidden": self.hidden} if self.cells is None else {"hidden": self.hidden, "cell": self.cells}
        found = torch.zeros(stop - start, self.hidden.shape[1], dtype=torch.bool, device=self.hidden.device)
        for name, states in out.items():
            first = self.initial[name] if start == 0 else states[start - 1]
            given = torch.cat([first[None], states[start : stop - 1]])
            found |= (self.before[name][start:stop] != given).any(-1)
        return found

    def select(self, items: slice | Tensor) -> "LayerRun":
        """The same for some sequences of the batch, or for all of them in another order."""
        states = ({name: state[items] for name, state in which.items()} for which in (self.initial, self.final))
        initial, final = states
        return replace(
            self,
            x=self.x[:, items],
            hidden=self.hidden[:, items],
            initial=initial,
            final=final,
            before=self.before and {name: state[:, items] for name, state in self.before.items()},
            cells=None if self.cells is None else self.cells[:, items],
        )


@dataclass
class Call:
    """One call of a recurrent kernel, or several of which each goes on where the one before ended."""

    module: str
    """Path of the module that made it; empty for the root itself."""
    layers: list[LayerRun]
    """In the order in which they ran."""
    lengths: Tensor
    """Timesteps that the kernel processed of each sequence, (B,) int64 on the CPU."""
    batch_first: bool | None
    """How its input was laid out; None for a packed one and for single steps."""
    packed: bool = False
    """Whether its input was packed."""
    tokens: Tensor | None = None
    """The tokens that its input stands for, (T, B), where they were looked up in an embedding."""
    span: tuple[int, int] = (0, 0)
    """The numbers of the first and the last of these calls, among all calls."""

    @property
    def x(self) -> Tensor:
        """What went into the first layer, (T, B, I)."""
        return self.layers[0].x

    @property
    def steps(self) -> int:
        """Timesteps of its longest sequence, T."""
        return self.x.shape[0]
