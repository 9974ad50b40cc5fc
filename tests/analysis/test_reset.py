from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import gruviz
from gruviz.analysis import candidate_weights, through_reset
from gruviz.cells import CELLS
from gruviz.errors import GruvizError
from gruviz.recording import Recording, Writer

from .made import Interfered, recorded
from .test_carry import before


def read_by(run: Recording, network: nn.Module, x: torch.Tensor) -> None:
    """What gets through the reset is what the candidate read, beside its input."""
    for name, layer in run.layers.items():
        weight, bias = candidate_weights(run, layer)
        reset, candidate = layer["reset"][:], layer["candidate"][:]
        through, held = through_reset(reset, before(layer, 0), weight, bias)
        own = dict(network.named_parameters())
        end = name.replace("cell", "").replace("l0", "_l0")
        prefix = "cell." if "cell" in name else ""
        from_x = x @ own[f"{prefix}weight_ih{end}"].T + own[f"{prefix}bias_ih{end}"]
        np.testing.assert_allclose(np.tanh(from_x[:, -6:].detach().numpy() + through), candidate, atol=1e-5)
        np.testing.assert_allclose(held * reset, through * (1 - reset), atol=1e-5)


def test_what_gets_through_is_what_the_candidate_read() -> None:
    torch.manual_seed(3)
    x = torch.randn(40, 3)
    gru = nn.GRU(3, 6, bidirectional=True)
    with gruviz.record(gru, x) as run:
        assert list(run.layers) == ["l0", "l0_reverse"]
        read_by(run, gru, x)
    loop = Interfered("gru")
    with gruviz.record(loop, x) as run:
        read_by(run, loop, x)


def test_before_the_product_the_resets_of_all_units_hold_back() -> None:
    rng = np.random.default_rng(0)
    reset, previous, weight, bias = rng.random((9, 4)), rng.normal(size=(9, 4)), rng.normal(size=(4, 4)), np.ones(4)
    through, held = through_reset(reset, previous, weight, bias, "before")
    np.testing.assert_allclose(through, (reset * previous) @ weight.T + 1)
    np.testing.assert_allclose(held, ((1 - reset) * previous) @ weight.T)
    with pytest.raises(ValueError, match="after or before the product, not beside"):
        through_reset(reset, previous, weight, bias, "beside")


def test_without_a_bias_nothing_but_the_old_states_is_read() -> None:
    with gruviz.record(nn.GRU(3, 6, bias=False), torch.randn(5, 3)) as run:
        weight, bias = candidate_weights(run, run.layers["l0"])
        assert bias is None
        through, held = through_reset(np.ones((1, 6)), np.eye(6)[:1], weight)
        np.testing.assert_array_equal(through[0], weight[:, 0])
        assert not held.any()


def test_where_weights_are_not_there_it_says_so(tmp_path: Path) -> None:
    with recorded("lstm", (5,)) as run, pytest.raises(GruvizError, match="l0 has no reset gate: only a GRU has one"):
        candidate_weights(run, run.layers["l0"])
    with Writer(tmp_path / "run.h5") as writer:
        writer.add_tape("main", columns=["x"])
        writer.add_layer("rnn.l0", tape="main", cell=CELLS["gru"], size=6)
        writer.begin("main", "nothing", initial={"rnn.l0": {"hidden": np.zeros(6, np.float32)}})
        writer.end("main", {"rnn.l0": 0.0})
    with (
        gruviz.open(tmp_path / "run.h5") as run,
        pytest.raises(GruvizError, match=r"does not hold the weights of rnn\.l0"),
    ):
        candidate_weights(run, run.layers["rnn.l0"])
