"""What a made-up task asks for is recorded with what a model said, and its gradient is that of the task's own loss."""

import numpy as np
import pytest
import torch

from gruviz.errors import GruvizError
from gruviz.model import checkpoint, tasks
from gruviz.model.gradients import gradients, loss_of
from gruviz.model.network import Architecture, build
from gruviz.model.run import record_sequences
from gruviz.sequences import Sequence

from . import unrolled
from .test_gradients import assert_alike, collected


def made(tmp_path, name, cell="gru"):
    task = tasks.make(name)
    model = build(task.architecture(cell, 7, 1), seed=0)
    path = tmp_path / "model.safetensors"
    options = {"vocabulary": task.vocabulary, "columns": task.columns}
    checkpoint.save(path, model, **options, task=task.describe(), training={})
    loaded = checkpoint.load(path)
    sequences = tasks.sample(task.describe(), 2, seed=5)
    return task, loaded, sequences, record_sequences(loaded, sequences, None, device="cpu")


@pytest.mark.parametrize("name", ["adding", "flipflop", "copy"])
def test_it_is_what_the_task_trains_on(tmp_path, name):
    _, _, sequences, run = made(tmp_path, name)
    for info, sequence in zip(run.tapes["main"].sequences, sequences, strict=True):
        wanted = run.tapes["main"].output("wanted", info.rows)
        if name == "adding":
            assert np.isnan(wanted[:-1]).all()
            assert wanted[-1, 0] == pytest.approx(sequence.values.prod(axis=1).sum())
        elif name == "flipflop":
            for t in range(1, len(wanted)):
                held = np.where(sequence.values[t] != 0, sequence.values[t], wanted[t - 1])
                np.testing.assert_array_equal(wanted[t], held)
        else:
            symbols = run.tapes["main"].vocabulary
            assert "".join(symbols[token] for token in wanted[-6:]) == sequence.text[:6]
            assert set(wanted[:-6].tolist()) == {symbols.index(".")}


@pytest.mark.parametrize(("name", "at"), [("adding", "last"), ("adding", "sum"), ("flipflop", "sum"), ("copy", 20)])
def test_the_gradient_is_that_of_the_tasks_loss(tmp_path, name, at):
    task, loaded, sequences, run = made(tmp_path, name)
    model = loaded.model
    tokens = sequences[1].tokens
    given = torch.from_numpy(sequences[1].values if tokens is None else tokens.astype(np.int64))
    nodes, top = unrolled.states(model, given if tokens is None else model.embedding.weight.detach()[given])
    said = top @ model.readout.weight.double().T + model.readout.bias.double()
    batch = task.asked(given[None])
    if name == "copy":
        loss = torch.nn.functional.cross_entropy(said[at], batch.targets[0, at])
    else:  # the task's mean over timesteps, as a sum
        counted = said.shape[0] if batch.mask is None else int(batch.mask.sum())
        loss = task.loss(said[None], tasks.Batch(given, batch.targets.double(), batch.mask)) * counted
    loss.backward()
    assert_alike(collected(gradients(run, loss_of(run, at, sequence=1), sequence=1)), nodes)


def test_sequences_of_another_length_are_asked_for_nothing(tmp_path):
    _, loaded, sequences, _ = made(tmp_path, "copy")
    run = record_sequences(loaded, [*sequences, Sequence("short", tokens=sequences[0].tokens[:5])], None, device="cpu")
    tape = run.tapes["main"]
    assert (tape.output("wanted", tape.sequences[2].rows) == -1).all()
    assert (tape.output("wanted", tape.sequences[1].rows) >= 0).all()


def test_a_description_that_makes_no_sense_asks_for_nothing():
    x = torch.zeros(1, 5, 2)
    assert tasks.asked({"name": "adding"}, x) is not None
    assert tasks.asked({"name": "adding", "length": "many"}, x) is None
    assert tasks.asked({"name": "adding"}, torch.zeros(1, 5, dtype=torch.int64)) is None
    assert tasks.asked({"name": "char"}, torch.zeros(1, 5, dtype=torch.int64)) is None
    assert tasks.asked({}, x) is None


def test_of_a_series_it_is_the_next_row_in_the_networks_own_units(tmp_path):
    architecture = Architecture("lstm", 2, 7, outputs=2, skip=True)
    path, rng = tmp_path / "model.safetensors", np.random.default_rng(0)
    mean, std = np.array([3.0, -1.0]), np.array([2.0, 0.25])
    about = {"columns": ("a", "b"), "task": {"name": "series", "source": "x", "trained_on": 20}, "training": {}}
    checkpoint.save(path, build(architecture, 0), mean=mean, std=std, **about)
    loaded = checkpoint.load(path)
    values = (rng.normal(size=(30, 2)) * std + mean).astype(np.float32)
    missing = np.zeros((30, 2), bool)
    missing[[7, 8, 20], [0, 1, 1]] = True
    series = Sequence("series", values=values, columns=("a", "b"), missing=missing)
    run = record_sequences(loaded, [series], None, device="cpu")
    x = torch.from_numpy((values - mean) / std)
    nodes, top = unrolled.states(loaded.model, x)
    said = x + top @ loaded.model.readout.weight.double().T + loaded.model.readout.bias.double()
    counts = torch.from_numpy(~missing.any(axis=1)[1:])
    ((said[:-1] - x[1:])[counts] ** 2).mean(dim=1).sum().backward()
    loss = loss_of(run)
    assert loss.kind == "squared error"
    assert_alike(collected(gradients(run, loss)), nodes)
    assert [loss_of(run, "last").at, loss_of(run, 5).at] == [28, 5]
    with pytest.raises(GruvizError, match="no loss at timestep 19"):
        loss_of(run, 19)
