"""Gradients are computed from a recording and added to it, from Python and from the command line."""

import shutil

import h5py
import numpy as np
import pytest
import torch
from torch import nn

import gruviz
from gruviz.cli import main
from gruviz.errors import GruvizError
from gruviz.model import checkpoint
from gruviz.model._chain import Link, stack
from gruviz.model.gradients import gradients, loss_of
from gruviz.model.measuring import measure
from gruviz.model.network import Architecture, build
from gruviz.model.run import record_sequences
from gruviz.recording.gradient import NONE, SUM
from gruviz.sequences import Sequence, Vocabulary

from .test_gradients import collected

TEXTS = ("to be, or not to be", "that is the question")


@pytest.fixture
def model(tmp_path):
    vocabulary = Vocabulary.of("".join(TEXTS))
    size = len(vocabulary)
    network = build(Architecture("lstm", size, 6, layers=2, outputs=size, embedding=4), seed=3)
    path = tmp_path / "model.safetensors"
    checkpoint.save(path, network, vocabulary=vocabulary, task={"name": "char"}, training={})
    return path


@pytest.fixture
def run(model, tmp_path):
    path = tmp_path / "run.h5"
    record_sequences(checkpoint.load(model), [Sequence(text, text=text) for text in TEXTS], path, device="cpu").close()
    return path


def test_they_are_added_for_all_sequences(run):
    told = []
    assert measure(run, on_progress=lambda done, total: told.append((done, total)) is None)
    assert told[-1] == (3 * 39, 3 * 39)
    with gruviz.open(run) as recording:
        for sequence in (0, 1):
            for (layer, name), values in collected(
                gradients(recording, loss_of(recording, sequence=sequence), sequence=sequence)
            ).items():
                gradient = recording.layers[layer].gradient
                assert gradient.loss(sequence) == SUM
                np.testing.assert_array_equal(gradient.read(name, recording.layers[layer].slice(sequence)), values)
        assert "norm_input" not in recording.layers["rnn.l1"].gradient


def test_the_command_line_does_the_same(run, capsys):
    assert main(["gradient", str(run), "--loss", "last", "--sequence", "1", "--no-units", "--single"]) == 0
    printed = capsys.readouterr()
    assert f"Added gradients to {run}." in printed.out
    assert "60 of 60 timesteps" in printed.err
    with gruviz.open(run) as recording:
        gradient = recording.layers["rnn.l0"].gradient
        assert (gradient.loss(0), gradient.loss(1)) == (NONE, 18)
        assert gradient.names == ("norm_hidden", "norm_cell", "norm_input")
        norms = gradient.read("norm_hidden", slice(None))
        assert np.isnan(norms[:19]).all()
        assert np.isfinite(norms[19:38]).all()
        assert np.isneginf(norms[38])
    for loss, message in (
        ("19", "has no loss at timestep 19"),
        ("20", "has no loss at timestep 20"),
        ("x", "is no loss"),
    ):
        assert main(["gradient", str(run), "--loss", loss, "--sequence", "1"]) == 2
        assert message in capsys.readouterr().err
    assert main(["gradient", str(run), "--sequence", "2"]) == 2
    assert "has the sequences 0 to 1" in capsys.readouterr().err
    assert main(["gradient", str(run), "--tape", "other"]) == 2
    assert "has no tape other" in capsys.readouterr().err


def test_it_can_be_ended(run):
    before = run.read_bytes()
    assert not measure(run, on_progress=lambda done, total: False)
    assert run.read_bytes() == before
    assert not list(run.parent.glob("*.part"))


def test_a_recording_without_a_readout_takes_that_of_its_model(model, run, tmp_path):
    loaded = checkpoint.load(model)
    bare = tmp_path / "bare.h5"
    shutil.copy(run, bare)
    with h5py.File(bare, "r+") as file:
        for name in ("readout.weight", "readout.bias"):
            del file[f"checkpoints/-1/weights/{name}"]
    with pytest.raises(GruvizError, match="holds no read-out, so there is no loss: give its model with --model"):
        measure(bare)
    assert measure(bare, model=loaded)
    assert measure(run)
    with gruviz.open(bare) as one, gruviz.open(run) as other:
        norms = [each.layers["rnn.l0"].gradient.read("norm_hidden", slice(None)) for each in (one, other)]
        np.testing.assert_allclose(*norms, rtol=1e-6)
    with torch.no_grad():
        loaded.model.readout.bias.add_(1)
    path = tmp_path / "other.safetensors"
    checkpoint.save(path, loaded.model, vocabulary=loaded.vocabulary, task={}, training={})
    with pytest.raises(GruvizError, match="recorded with other weights"):
        measure(bare, model=checkpoint.load(path))


def test_anybodys_network_has_no_loss(tmp_path):
    gruviz.record(nn.GRU(3, 4), torch.randn(7, 1, 3), path=tmp_path / "run.h5").close()
    with pytest.raises(GruvizError, match="no read-out"):
        measure(tmp_path / "run.h5")


class Dropping(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRUCell(3, 4)

    def forward(self, x):
        h = torch.zeros(1, 4)
        for row in x:
            h = self.cell(row, h) * 0.5
        return h


@pytest.mark.parametrize(
    ("module", "shape", "message"),
    [
        (Dropping(), (7, 1, 3), "changed the state of cell between two timesteps"),
        (nn.LSTM(3, 4, proj_size=2), (7, 1, 3), "projects its hidden state"),
        (nn.ModuleDict({"a": nn.GRU(3, 4), "b": nn.GRU(4, 4)}), None, "holds several networks on one tape"),
    ],
)
def test_what_cannot_be_known_is_refused(module, shape, message, tmp_path):
    if shape is None:
        module.forward = lambda x: module["b"](module["a"](x)[0])[0]
        shape = (7, 1, 3)
    path = tmp_path / "run.h5"
    gruviz.record(module, torch.randn(shape), path=path).close()
    with gruviz.open(path) as recording, pytest.raises(GruvizError, match=message):
        [Link(recording, layer, 0) for level in stack(recording, "main") for layer in level]
