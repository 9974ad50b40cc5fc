"""Real recordings, of networks that nobody trained."""

from collections.abc import Callable

import torch
from torch import nn

import gruviz
from gruviz.recording import Recording

NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "gru": lambda: nn.GRU(3, 6, num_layers=2, bidirectional=True),
    "lstm": lambda: nn.LSTM(3, 6, num_layers=2, bidirectional=True),
}


def recorded(kind: str, lengths: tuple[int, ...] = (300, 170, 1)) -> Recording:
    """Several sequences on a tape, both directions, states that are not zero at the start."""
    torch.manual_seed(1)
    network = NETWORKS[kind]()
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if "bias" in name:  # units that keep for some ten timesteps, and that forget at once
                weight[6:12] = torch.linspace(-3, 3, 6)
    x, h = torch.randn(max(lengths), len(lengths), 3), torch.randn(4, len(lengths), 6)
    state = (h, 3 * torch.randn(4, len(lengths), 6)) if kind == "lstm" else h
    return gruviz.record(network, x, state, lengths=torch.tensor(lengths))


class Interfered(nn.Module):
    """A cell in a loop whose state somebody changes now and then."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.cell = nn.LSTMCell(3, 6) if kind == "lstm" else nn.GRUCell(3, 6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        state, outputs = None, []
        for t, row in enumerate(x):
            if t % 7 == 5:
                state = tuple(0.3 * part + 0.1 for part in state) if isinstance(state, tuple) else 0.3 * state + 0.1
            state = self.cell(row, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return torch.stack(outputs)
