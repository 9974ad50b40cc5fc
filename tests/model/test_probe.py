"""A training that is recorded: what the recording holds, and that the training is what it would have been without."""

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import gruviz.recording
from gruviz.cli import main
from gruviz.errors import GruvizError
from gruviz.model import checkpoint, tasks
from gruviz.model.probe import Plan, Probe, checkpoints, train_watched
from gruviz.model.run import record_sequences
from gruviz.model.training import train
from gruviz.recording.training import beside
from gruviz.sequences import read

DATA = Path(__file__).parents[2] / "assets" / "data"


@given(st.integers(1, 100_000), st.integers(2, 200), st.sampled_from(["log", "linear"]))
def test_checkpoints_ascend_from_the_first_to_the_last_step(steps, count, spacing):
    found = checkpoints(steps, count, spacing)
    assert (found[0], found[-1], len(found)) == (0, steps, min(count, steps + 1))
    assert (np.diff(found) > 0).all()


def test_log_and_linear_spacing():
    assert checkpoints(100, 5, "linear") == (0, 25, 50, 75, 100)
    early = checkpoints(4000, 20)
    assert sum(step < 400 for step in early) == 14
    with pytest.raises(GruvizError, match="two or more"):
        checkpoints(100, 1)


@pytest.fixture(scope="module", params=["gru", "lstm", "rnn"])
def watched(request, tmp_path_factory):
    """A small training on the flip-flop, its recording, and the same training unwatched."""
    folder = tmp_path_factory.mktemp(request.param)
    model = folder / "model.safetensors"
    trained, probe = train_watched(
        tasks.make("flipflop"), model, Plan(count=5), cell=request.param, hidden=7, steps=12, seed=3
    )
    trained.save(model)
    alone = train(tasks.make("flipflop"), cell=request.param, hidden=7, steps=12, seed=3)
    return model, trained, probe, alone


def test_the_training_is_what_it_would_have_been(watched):
    _, trained, probe, alone = watched
    assert not probe.wrong
    assert checkpoint.fingerprint(trained.model) == checkpoint.fingerprint(alone.model)
    assert np.array_equal(trained.history.loss, alone.history.loss)


def test_one_sequence_at_every_checkpoint_with_its_weights(watched):
    model, trained, probe, _ = watched
    with gruviz.recording.open(beside(model)) as run:
        assert run.complete
        sequences = run.tapes["main"].sequences
        assert tuple(info.checkpoint for info in sequences) == probe.steps == tuple(run.checkpoints)
        assert len({(info.name, info.length) for info in sequences}) == 1
        first = run.tapes["main"].values(sequences[0].rows)
        assert all(np.array_equal(run.tapes["main"].values(info.rows), first) for info in sequences)
        assert run.checkpoints[12]["sha256"] == checkpoint.fingerprint(trained.model)
        name = "weight_hh_l0"
        last = run.weights(12)
        wanted = getattr(trained.model.rnn, name).detach().numpy()
        assert any(np.array_equal(array, wanted) for key, array in last.items() if "weight_hh" in key)
        (layer,) = run.layers.values()
        assert layer.trusted
        # The last checkpoint did what the model does that came of it.
        again = record_sequences(
            checkpoint.load(model), tasks.make("flipflop").sample(16, 2**40)[:1], None, device="cpu"
        )
        (other,) = again.layers.values()
        assert np.array_equal(layer["hidden"][sequences[-1].rows], other["hidden"][:])


def test_the_course_of_the_training(watched):
    model, trained, _, _ = watched
    with gruviz.recording.open(beside(model)) as run:
        course, history = run.training, trained.history
        assert np.array_equal(course.step, history.step)
        assert np.array_equal(course.loss, history.loss)
        assert np.array_equal(course.gradient_norm, history.gradient_norm)
        judged = np.flatnonzero(~np.isnan(course.metric))
        assert [(int(course.step[each]), float(course.metric[each])) for each in judged] == list(history.metric)
        assert (course.steps, course.metric_name, course.baseline) == (12, "bits right", 0.5)
        assert course.loss_at(5) == history.loss[4]
        assert np.isnan(course.loss_at(0))


def test_a_training_that_is_stopped_is_looked_at_where_it_ends(tmp_path):
    task = tasks.make("flipflop")
    trained, probe = train_watched(
        task, tmp_path / "m.safetensors", Plan(4, "linear"), hidden=5, steps=30, on_progress=lambda now: now.step < 14
    )
    assert len(trained.history.step) == 14
    with probe.recording as run:
        assert [info.checkpoint for info in run.tapes["main"].sequences] == [0, 10, 14]
        assert run.checkpoints[14]["sha256"] == checkpoint.fingerprint(trained.model)
        assert (run.training.step[-1], run.training.steps) == (14, 30)


def test_a_training_that_comes_to_nothing_leaves_nothing(tmp_path):
    with pytest.raises(GruvizError, match="stopped before its first step"):
        train_watched(tasks.make("flipflop"), tmp_path / "m.safetensors", Plan(4), hidden=5, stop=lambda: True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("task", "data", "length"), [("char", "sonnets.txt", 40), ("series", "co2.csv", 50), ("anbn", None, 500)]
)
def test_what_is_read_is_held_out(tmp_path, task, data, length):
    made = tasks.make(task, read(DATA / data) if data else None)
    probe = made.probe(length)
    assert len(probe) <= length
    if task == "char":
        text = read(DATA / data).text
        assert text[made.trained_on :].startswith(probe.text)
    if task == "series":
        assert np.array_equal(probe.values, read(DATA / data).values[-50:], equal_nan=True)
    _, watching = train_watched(made, tmp_path / "m.safetensors", Plan(3, length=length), hidden=4, steps=4)
    with watching.recording as run:
        assert all(info.length == len(probe) for info in run.tapes["main"].sequences)
        assert next(iter(run.layers.values())).trusted


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of the size of a file")
def test_a_disk_that_is_full_ends_the_recording_and_not_the_training(tmp_path):
    program = """
import resource, signal, sys
from pathlib import Path
from gruviz.model import tasks
from gruviz.model.probe import Plan, train_watched
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[1])
def watch(progress):
    if progress.step == 3:
        limit = path.with_name("m-training.h5.part").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
plan = Plan(600, "linear")
trained, probe = train_watched(tasks.make("flipflop"), path, plan, hidden=40, steps=120, on_progress=watch)
print(len(trained.history.step), probe.wrong)
"""
    command = [sys.executable, "-c", program, str(tmp_path / "m.safetensors")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert done.stdout.startswith("120 cannot write ")
    assert "too large; what was flushed until then is in m-training.h5.part" in done.stdout
    with gruviz.recording.open(tmp_path / "m-training.h5.part") as run:
        assert not run.complete
        assert [info.checkpoint for info in run.tapes["main"].sequences][:3] == [0, 1, 2]


def test_on_the_command_line(tmp_path, capsys):
    out = str(tmp_path / "m.safetensors")
    command = ["train", "flipflop", "--hidden", "4", "--steps", "9", "--device", "cpu", "-o", out]
    assert main([*command, "--probe", "4", "--probe-spacing", "linear"]) == 0
    assert f"Recorded {tmp_path / 'm-training.h5'}." in capsys.readouterr().out
    with gruviz.recording.open(tmp_path / "m-training.h5") as run:
        assert [info.checkpoint for info in run.tapes["main"].sequences] == [0, 3, 6, 9]
        assert run.model["file"] == "m.safetensors"
        loss = run.training.loss[-1]
    assert main(["info", str(tmp_path / "m-training.h5")]) == 0
    assert "training: steps 9 of 9, first loss" in (said := capsys.readouterr().out)
    assert f"last loss {loss:.4g}, bits right" in said
    for count in ("0", "1"):
        assert main([*command, "--probe", count]) == 2
        assert "ask for two or more" in capsys.readouterr().err
    for alone in (["--probe-length", "30"], ["--probe-spacing", "log"]):
        assert main([*command, *alone]) == 2
        assert "give --probe too" in capsys.readouterr().err
    (tmp_path / "m-training.h5").unlink()
    assert main(command) == 0
    assert not (tmp_path / "m-training.h5").exists()


def test_a_course_that_is_no_course_is_refused(tmp_path):
    with Probe(tasks.make("flipflop"), 2, tmp_path / "run.h5", Plan(2)) as probe:
        probe.finish(train(tasks.make("flipflop"), hidden=3, steps=2, on_step=probe))
    for name, change in (("loss", np.zeros((2, 2))), ("step", np.zeros(2))):
        path = tmp_path / f"{name}.h5"
        path.write_bytes((tmp_path / "run.h5").read_bytes())
        with h5py.File(path, "r+") as file:
            del file[f"training/{name}"]
            file[f"training/{name}"] = change
        with pytest.raises(GruvizError, match=f"/training has no {name} for each step"):
            gruviz.recording.open(path)


def test_the_mode_and_the_randomness_are_left_alone(tmp_path):
    before = torch.get_rng_state()
    with Probe(tasks.make("flipflop"), 3, tmp_path / "run.h5", Plan(2)) as probe:
        modes = []

        def step(model, number):
            probe(model, number)
            modes.append(model.training)

        probe.finish(train(tasks.make("flipflop"), hidden=3, steps=3, on_step=step))
    assert modes == [True] * 4
    assert torch.equal(torch.get_rng_state(), before)
