"""Gradients are computed from a recording and added to it, from Python and from the command line."""

import itertools
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
from gruviz.model.chain import Link, stack
from gruviz.model.connectivity import Outputs, connectivity
from gruviz.model.gradients import gradients, loss_of
from gruviz.model.jacobians import growth, reach, spread, step_norms, step_radius
from gruviz.model.measuring import LAGS, Wanted, measure
from gruviz.model.network import Architecture, build
from gruviz.model.run import record_sequences
from gruviz.recording.gradient import FIELDS, NONE, SUM
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
    assert measure(run, Wanted(since=7), on_progress=lambda done, total: told.append((done, total)) is None)
    assert told[-1][0] == told[-1][1] == 3 * 39 + 2 * (2 * 39 + 2 * 16 + 39 + 39 - 2 * 7) + 39
    assert told == sorted(told)
    with gruviz.open(run) as recording:
        for sequence in (0, 1):
            links = [Link(recording, layer, sequence) for layer in recording.layers.values()]
            found = collected(gradients(recording, loss_of(recording, sequence=sequence), sequence=sequence))
            found |= collected(connectivity(Outputs(recording, sequence=sequence), LAGS))
            for link in links:
                found |= collected(itertools.chain(step_norms(link), growth(link)))
                found |= collected(reach(link, link.length - 1, 1000))
            since = {}
            for link in links:
                since |= collected(spread(link, 7, 1000))
            for (layer, name), values in found.items():
                gradient = recording.layers[layer].gradient
                assert gradient.loss(sequence) == SUM
                assert gradient.reached(sequence) == len(TEXTS[sequence]) - 1
                stored = gradient.read(name, recording.layers[layer].slice(sequence))
                np.testing.assert_array_equal(stored, values.astype(stored.dtype))
            for (layer, name), values in since.items():
                gradient, (first, last, _) = (
                    recording.layers[layer].gradient,
                    links[0].layer.slice(sequence).indices(39),
                )
                assert gradient.since(sequence) == 7
                stored = gradient.read(name, slice(first, last))
                np.testing.assert_array_equal(stored[7:], values.astype(stored.dtype))
                assert np.isnan(stored[:7]).all()
            radii = recording.layers["rnn.l1"].gradient.read("step_radius", recording.layers["rnn.l1"].slice(sequence))
            assert np.isfinite(radii).sum() == 16
            assert radii[-1] == pytest.approx(step_radius(links[1], len(radii) - 1), rel=1e-6)
        assert {name for layer in recording.layers.values() for name in layer.gradient.names} == set(FIELDS)
        assert "norm_input" not in recording.layers["rnn.l1"].gradient


def test_the_command_line_does_the_same(run, capsys):
    few = ["--loss", "last", "--no-units", "--single", "--no-steps", "--reach", "10", "--followed", "3", "--lags", "2"]
    few += ["--since", "4"]
    assert main(["gradient", str(run), "--sequence", "1", *few]) == 0
    printed = capsys.readouterr()
    assert f"Added gradients to {run}." in printed.out
    assert "100% of the gradients" in printed.err
    with gruviz.open(run) as recording:
        gradient = recording.layers["rnn.l0"].gradient
        assert (gradient.loss(0), gradient.loss(1)) == (NONE, 18)
        assert (gradient.reached(0), gradient.reached(1)) == (NONE, 10)
        assert (gradient.since(0), gradient.since(1)) == (NONE, 4)
        reach = ("reach_hidden", "reach_cell", "spread_hidden", "spread_cell")
        assert gradient.names == ("norm_hidden", "norm_cell", "norm_input", *reach, "connectivity")
        norms = gradient.read("norm_hidden", slice(None))
        assert np.isnan(norms[:19]).all()
        assert np.isfinite(norms[19:38]).all()
        assert np.isneginf(norms[38])
        reached = np.flatnonzero(np.isfinite(gradient.read("reach_cell", slice(None))))
        np.testing.assert_array_equal(reached, 19 + np.arange(7, 11))
        followed = np.flatnonzero(np.isfinite(gradient.read("spread_hidden", slice(None))))
        np.testing.assert_array_equal(followed, 19 + np.arange(4, 8))
        assert gradient.read("connectivity", slice(None)).shape == (39, 2)
    assert main(["info", str(run)]) == 0
    assert "gradient: norm_hidden, norm_cell, norm_input, reach_hidden" in capsys.readouterr().out
    for loss in ("19", "20"):  # nothing comes after the last character; and there is none after that
        assert main(["gradient", str(run), "--loss", loss, "--sequence", "1"]) == 2
        assert f"has no loss at timestep {loss}" in capsys.readouterr().err
    for arguments, message in (
        (["--loss", "x"], "is no timestep"),
        (["--sequence", "2"], "has the sequences 0 to 1"),
        (["--tape", "other"], "has no tape other"),
        (["--reach", "20"], "there is no timestep 20 to be reached"),
        (["--lags", "-1"], "'-1' is no number of timesteps: write 0 or more"),
        (["--followed", "-5"], "'-5' is no number of timesteps"),
        (["--since", "20"], "there is no timestep 20 to be followed"),
        (["--lags", "0", "--reach", "none", "--no-steps", "--loss", "none"], "nothing is asked for"),
    ):
        assert main(["gradient", str(run), *arguments]) == 2
        assert message in capsys.readouterr().err


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
        measure(bare, Wanted(loss="sum"))
    with pytest.raises(GruvizError, match="holds no read-out"):
        measure(bare, Wanted(loss=None, lags=3))
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


def test_a_recording_without_weights_takes_those_of_its_model(model, run, tmp_path):
    loaded, bare = checkpoint.load(model), tmp_path / "bare.h5"
    shutil.copy(run, bare)
    with h5py.File(bare, "r+") as file:
        del file["checkpoints/-1/weights"]
    with pytest.raises(GruvizError, match=r"are not in bare\.h5: give its model with --model"):
        measure(bare, Wanted(loss=None))
    for path in (run, bare):
        measure(path, Wanted(since=3), model=loaded)
    with gruviz.open(run) as one, gruviz.open(bare) as other:
        assert other.weight("readout.weight", slice(None)) is None  # they were lent, not kept
        for name, layer in one.layers.items():
            assert layer.gradient.names == other.layers[name].gradient.names
            for field in layer.gradient.names:
                mine, its = (each.layers[name].gradient.read(field, slice(None)) for each in (one, other))
                np.testing.assert_array_equal(mine, its)


def test_without_a_readout_anywhere_all_but_a_loss_is_computed(tmp_path):
    network = build(Architecture("gru", 3, 5), seed=1)
    path, inputs = tmp_path / "bare.safetensors", np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32)
    checkpoint.save(path, network, columns=("a", "b", "c"), task={}, training={})
    loaded = checkpoint.load(path)
    read = [Sequence("numbers", values=inputs, columns=("a", "b", "c"))]
    record_sequences(loaded, read, tmp_path / "run.h5", device="cpu").close()
    assert measure(tmp_path / "run.h5", model=loaded)
    with gruviz.open(tmp_path / "run.h5") as recording:
        assert "reach_hidden" in recording.layers["rnn.l0"].gradient
        assert "norm_hidden" not in recording.layers["rnn.l0"].gradient
    with pytest.raises(GruvizError, match="the model has no read-out, so there is no loss"):
        measure(tmp_path / "run.h5", Wanted(loss="sum"), model=loaded)


def test_anybodys_network_has_no_loss_and_all_else(tmp_path):
    path = tmp_path / "run.h5"
    gruviz.record(nn.GRU(3, 4, bidirectional=True), torch.randn(7, 1, 3), path=path).close()
    with pytest.raises(GruvizError, match="no read-out"):
        measure(path, Wanted(loss="sum"))
    with pytest.raises(GruvizError, match=r"no read-out, .* or ask for --loss none --lags 0"):
        measure(path, Wanted(loss=None, lags=3))
    assert measure(path)
    with gruviz.open(path) as recording:
        for layer in recording.layers.values():
            names = ("step_norm", "step_radius", "growth", "reach_hidden", "column_hidden", "diagonal_hidden")
            assert layer.gradient.names == names
            assert layer.gradient.error == ""
            assert layer.gradient.reached(0) == (0 if layer.backward else 6)
            assert np.isfinite(layer.gradient.read("reach_hidden", slice(None))).all()


def test_an_empty_recording_has_nothing_to_compute(tmp_path):
    with gruviz.recording.Writer(tmp_path / "run.h5") as writer:
        writer.add_tape("main")
    with pytest.raises(GruvizError, match="holds no sequence"):
        measure(tmp_path / "run.h5")


def test_half_precision_costs_digits_and_no_more(model, run, tmp_path):
    texts = [Sequence(text, text=text) for text in TEXTS]
    path = tmp_path / "half.h5"
    record_sequences(checkpoint.load(model), texts, path, dtype="float16", device="cpu").close()
    assert measure(run)
    assert measure(path)
    with gruviz.open(path) as half, gruviz.open(run) as full:
        for name in ("rnn.l0", "rnn.l1"):
            norms = [each.layers[name].gradient.read("norm_cell", slice(None)) for each in (half, full)]
            np.testing.assert_allclose(10 ** norms[0], 10 ** norms[1], rtol=0.02)


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
