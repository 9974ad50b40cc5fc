"""Results of the literature, on networks that PyTorch runs and gruviz records."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

import gruviz
from gruviz.analysis import timescales


def _keep(model: nn.Module, gate: slice, bias: torch.Tensor) -> NDArray[np.float32]:
    """The keep of a network whose keep gate is its bias alone, over 300 random inputs."""
    torch.manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "weight" in name:
                parameter[gate] = 0
            else:
                parameter[gate] = bias if "ih" in name else 0
    run = gruviz.record(model, torch.randn(300, 3))
    (layer,) = run.layers.values()
    keep = layer[layer.cell.keep or ""][:]
    run.close()
    return keep


H = 64
GATES = {"gru": (nn.GRU, slice(H, 2 * H)), "lstm": (nn.LSTM, slice(H, 2 * H))}  # r z n, and i f g o: the second block


# The cell state of an LSTM that hardly forgets drifts far: a residual of 2e-5 is what that comes to.
@pytest.mark.filterwarnings("ignore:l0 has a residual")
@pytest.mark.parametrize("cell", GATES)
def test_assigned_timescales_are_recovered(cell: str) -> None:
    """Mahto et al. 2021 (arXiv:2009.12727): a unit of timescale T has the keep exp(-1 / T), so that its bias is
    -ln(exp(1 / T) - 1). PyTorch's z, like f, is the keep.
    """
    kind, gate = GATES[cell]
    T = torch.logspace(0, 3, H, dtype=torch.float64)
    found = timescales(_keep(kind(3, H), gate, -torch.log(torch.expm1(1 / T)).float()))
    for values in (found.of_mean, found.of_log, *found.quartiles):
        assert np.abs(values / T.numpy() - 1).max() < 1e-4


# The cell state of an LSTM that hardly forgets drifts far: a residual of 2e-5 is what that comes to.
@pytest.mark.filterwarnings("ignore:l0 has a residual")
@pytest.mark.parametrize("cell", GATES)
def test_chrono_initialisation_gives_the_keep_that_it_promises(cell: str) -> None:
    """Tallec and Ollivier 2018 (arXiv:1804.11188): a bias of ln u, u drawn from 1 to T_max - 1, gives a leak of
    1 / (u + 1), so that the unit forgets over u + 1 timesteps.
    """
    kind, gate = GATES[cell]
    u = torch.empty(H, dtype=torch.float64).uniform_(1, 999, generator=torch.Generator().manual_seed(2))
    keep = _keep(kind(3, H), gate, u.log().float())
    exact = 1 - 1 / (u.numpy() + 1)
    assert np.abs(keep - exact).max() < 1e-7  # a float32 just below 1 is no finer than 6e-8
    assert np.allclose(timescales(keep).of_log, -1 / np.log(exact), rtol=1e-4)
