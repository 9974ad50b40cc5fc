"""The parts of what is squashed, against PyTorch's weights in float64."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import gruviz
import gruviz.recording
from gruviz.analysis import fed_by, parts
from gruviz.cells import GRU
from gruviz.model import checkpoint
from gruviz.model.network import Architecture, build
from gruviz.model.run import record_sequences
from gruviz.recording import Block, Layer, Recording, Writer
from gruviz.sequences import Sequence, Vocabulary

LENGTH, UNIT = 60, 3


def sigma(total: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-total))


def relu(total: np.ndarray) -> np.ndarray:
    return np.maximum(total, 0)


def doubled(recording: Recording, name: str, suffix: str) -> list[np.ndarray]:
    """The four weights of a layer, in float64."""
    weights = recording.weights()
    kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return [weights[f"{name}{kind}{suffix}"].astype(np.float64) for kind in kinds]


def assert_split(recording: Recording, layer: Layer, given: np.ndarray, name: str, suffix: str, start: int = 0) -> None:
    """Each part is what the weights make of what went in, and of the states before."""
    weight_ih, weight_hh, bias_ih, bias_hh = doubled(recording, name, suffix)
    states = layer["hidden"][:].astype(np.float64)
    zero = np.zeros((1, layer.size))
    old = np.concatenate([states[1:], zero]) if layer.backward else np.concatenate([zero, states[:-1]])
    stop = min(start + 20, len(states))
    found = parts(recording, layer, 0, start, stop, UNIT)
    assert list(found) == list(layer.cell.rows)
    for place, quantity in enumerate(layer.cell.rows):
        row = place * layer.size + UNIT
        seen = old * layer["reset"][:] if quantity == "candidate" and layer.reset == "before" else old
        for part, expected in zip(
            found[quantity],
            (given @ weight_ih[row] + bias_ih[row], seen @ weight_hh[row] + bias_hh[row]),
            strict=True,
        ):
            np.testing.assert_allclose(part, expected[start:stop], atol=2e-5)
        gated = layer.cell.name == "gru" and quantity == "candidate" and layer.reset == "after"
        through = layer["reset"][:][start:stop, UNIT] if gated else 1.0
        total = found[quantity][0] + through * found[quantity][1]
        squash = sigma if layer.cell[quantity].fraction else relu if layer.nonlinearity == "relu" else np.tanh
        np.testing.assert_allclose(squash(total), layer[quantity][start:stop, UNIT], atol=1e-5)


@pytest.fixture
def given() -> torch.Tensor:
    torch.manual_seed(0)
    return torch.randn(1, LENGTH, 5)


@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM, nn.RNN, lambda *a, **k: nn.RNN(*a, nonlinearity="relu", **k)])
@pytest.mark.parametrize("start", [0, 40, 55])
def test_parts_are_those_of_the_weights(kind, start: int, given: torch.Tensor, tmp_path: Path) -> None:
    torch.manual_seed(1)
    model = kind(5, 8, batch_first=True)
    with gruviz.record(model, given, path=tmp_path / "run.h5") as run:
        assert_split(run, run.layers["l0"], given[0].numpy().astype(float), "", "_l0", start)


def test_layers_above_and_backward_ones_read_the_layers_below(given: torch.Tensor, tmp_path: Path) -> None:
    torch.manual_seed(1)
    model = nn.ModuleDict({"rnn": nn.GRU(5, 8, num_layers=2, bidirectional=True, batch_first=True)})
    model.forward = lambda x: model["rnn"](x)
    with gruviz.record(model, given, path=tmp_path / "run.h5") as run:
        below = [run.layers["rnn.l0"], run.layers["rnn.l0_reverse"]]
        both = np.concatenate([layer["hidden"][:] for layer in below], axis=1).astype(float)
        assert [layer.name for layer in fed_by(run, run.layers["rnn.l1"])] == ["rnn.l0", "rnn.l0_reverse"]
        assert not fed_by(run, below[1])
        for name, read in (("l0_reverse", given[0].numpy().astype(float)), ("l1", both), ("l1_reverse", both)):
            for start in (0, 45):
                assert_split(run, run.layers[f"rnn.{name}"], read, "rnn.", f"_{name}", start)


def test_a_cell_of_its_own_is_found_too(given: torch.Tensor, tmp_path: Path) -> None:
    class Loop(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.step = nn.GRUCell(5, 8, bias=False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            state = torch.zeros(len(x), 8)
            for column in range(x.shape[1]):
                state = self.step(x[:, column], state)
            return state

    with gruviz.record(Loop(), given, path=tmp_path / "run.h5") as run:
        layer, weights = run.layers["step"], run.weights()
        found = parts(run, layer, 0, 0, LENGTH, UNIT)
        old = np.concatenate([np.zeros((1, 8)), layer["hidden"][: LENGTH - 1]])
        recurrent = old @ weights["step.weight_hh"][8 + UNIT].astype(float)
        np.testing.assert_allclose(found["update"][1], recurrent, atol=1e-6)
        np.testing.assert_allclose(sigma(sum(found["update"])), layer["update"][:, UNIT], atol=1e-5)


@pytest.mark.parametrize("reset", ["after", "before"])
def test_what_an_embedding_gives_is_what_is_left(reset: str, tmp_path: Path) -> None:
    words = "the quick brown fox jumps over the lazy dog " * 2
    vocabulary = Vocabulary.of(words)
    shape = Architecture("gru", len(vocabulary), 8, embedding=5, reset=reset)
    network, model = build(shape, seed=5), tmp_path / "model.safetensors"
    checkpoint.save(model, network, vocabulary=vocabulary, task={"name": "char"}, training={})
    loaded = checkpoint.load(model)
    with record_sequences(loaded, [Sequence("words", text=words)], tmp_path / "run.h5", device="cpu") as run:
        layer = run.layers["rnn.l0"]
        assert layer.reset == reset
        tokens = torch.tensor(layer.tape.tokens(slice(0, len(words))))
        assert_split(run, layer, network.embedding(tokens).detach().numpy().astype(float), "rnn.", "_l0", 20)


def test_an_input_that_is_not_what_the_layer_read_is_not_believed(given: torch.Tensor, tmp_path: Path) -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.GRU(5, 8, batch_first=True)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.rnn(2 * x + 1)[0]

    with gruviz.record(Scaled(), given, path=tmp_path / "run.h5") as run:
        layer = run.layers["rnn.l0"]
        read = 2 * given[0].numpy().astype(float) + 1
        assert_split(run, layer, read, "rnn.", "_l0")


@pytest.mark.parametrize(
    "stored", [{}, {"rnn.weight_hh_l0": np.zeros((3, 4))}, {"rnn.weight_hh_l0": np.zeros((12, 5))}]
)
def test_without_weights_that_fit_nothing_is_split(stored: dict[str, np.ndarray], tmp_path: Path) -> None:
    path, values = tmp_path / "run.h5", np.random.default_rng(0).random((9, 4), np.float32)
    with Writer(path) as writer:
        writer.add_tape("main")
        writer.add_layer("rnn.l0", tape="main", cell=GRU, size=4)
        writer.begin("main", "one", initial={"rnn.l0": {"hidden": np.zeros(4, np.float32)}})
        writer.append("main", {"rnn.l0": Block(dict.fromkeys(GRU.names, values), values)})
        writer.end("main", {"rnn.l0": 0.0})
        if stored:
            writer.add_checkpoint(-1, weights=stored, sha256="")
    with gruviz.recording.open(path) as run:
        assert parts(run, run.layers["rnn.l0"], 0, 0, 9, 1) == {}


def test_a_projected_lstm_is_not_split(given: torch.Tensor, tmp_path: Path) -> None:
    with gruviz.record(nn.LSTM(5, 8, proj_size=3, batch_first=True), given, path=tmp_path / "run.h5") as run:
        assert run.layers["l0"].projection == 3
        assert parts(run, run.layers["l0"], 0, 0, 9, 1) == {}
