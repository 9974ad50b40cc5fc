import dataclasses
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from gruviz.errors import GruvizError
from gruviz.model import checkpoint, tasks
from gruviz.model.training import Progress, train
from gruviz.sequences import Sequence, read

DATA = Path(__file__).parents[2] / "assets" / "data"


def char():
    return tasks.make("char", read(DATA / "sonnets.txt"))


def test_a_seed_gives_the_same_weights_bit_for_bit_here_and_in_another_process():
    def run(seed):
        return checkpoint.fingerprint(train(char(), hidden=24, steps=12, seed=seed).model)

    one = run(7)
    torch.manual_seed(123)  # what others drew makes no difference
    torch.rand(5)
    assert run(7) == one
    assert run(8) != one
    program = (
        "import sys\n"
        "from gruviz.model import checkpoint, tasks, training; from gruviz.sequences import read\n"
        "task = tasks.make('char', read(sys.argv[1]))\n"
        "print(checkpoint.fingerprint(training.train(task, hidden=24, steps=12, seed=7).model))"
    )
    command = [sys.executable, "-c", program, str(DATA / "sonnets.txt")]
    other = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert other.stdout.strip() == one


def test_training_leaves_global_randomness_and_threads_alone():
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    trained = train(char(), hidden=8, steps=2)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads
    assert trained.device == "cpu, 1 thread"


def test_numbers_too_small_for_float32_are_zero_in_training_and_what_they_were_after_it():
    def smallest():
        return float(torch.full((1,), 1e-39).mul(1.0))

    assert smallest() > 0
    seen = []
    train(char(), hidden=8, steps=2, on_progress=lambda progress: seen.append(smallest()))
    assert set(seen) == {0.0}
    assert smallest() > 0
    torch.set_flush_denormal(True)
    try:
        train(char(), hidden=8, steps=1)
        assert smallest() == 0
    finally:
        torch.set_flush_denormal(False)


def test_the_number_of_threads_makes_no_difference_to_a_small_network():
    threads = torch.get_num_threads()
    fingerprints = set()
    for number in (1, 2):
        torch.set_num_threads(number)
        fingerprints.add(checkpoint.fingerprint(train(char(), hidden=24, steps=3).model))
    torch.set_num_threads(threads)
    assert len(fingerprints) == 1


def test_those_who_watch_change_nothing():
    seen: list[Progress] = []

    def watch(progress):
        torch.rand(3)
        seen.append(progress)

    watched = train(char(), hidden=8, steps=20, on_progress=watch)
    alone = train(char(), hidden=8, steps=20)
    assert checkpoint.fingerprint(watched.model) == checkpoint.fingerprint(alone.model)
    judging = [progress.judging for progress in seen if progress.judging is not None]
    seen = [progress for progress in seen if progress.judging is None]
    assert len(judging) == 10
    assert all(0 < fraction < 1 for fraction in judging)
    assert [progress.step for progress in seen] == list(range(1, 21))
    assert [progress.step for progress in seen if progress.result] == list(range(2, 21, 2))
    assert np.array_equal([progress.loss for progress in seen], alone.history.loss)
    assert np.array_equal([progress.gradient_norm for progress in seen], alone.history.gradient_norm)
    assert seen[-1].result == watched.result
    assert [progress.seconds for progress in seen] == sorted(progress.seconds for progress in seen)


def test_stopping_early_keeps_what_was_learned(tmp_path, monkeypatch):
    monkeypatch.setattr("gruviz.model.training._GRACE", 60)  # seconds, for a machine that is busy
    trained = train(char(), hidden=8, steps=100, on_progress=lambda progress: progress.step < 7)
    assert trained.history.step.tolist() == list(range(1, 8))
    assert trained.history.metric == ((7, trained.result.value),)
    assert not trained.model.training
    trained.save(tmp_path / "m.safetensors")
    assert checkpoint.load(tmp_path / "m.safetensors").training["steps_done"] == 7


def test_stopping_while_it_is_judged_keeps_what_was_learned(tmp_path, monkeypatch):
    monkeypatch.setattr("gruviz.model.training._GRACE", 60)  # seconds, for a machine that is busy
    trained = train(char(), hidden=8, steps=100, on_progress=lambda progress: progress.judging is None)
    assert trained.history.step.tolist() == list(range(1, 11))
    assert trained.history.metric == ((10, trained.result.value),)
    trained.save(tmp_path / "m.safetensors")
    assert checkpoint.load(tmp_path / "m.safetensors").training["steps_done"] == 10


def test_stopping_where_judging_takes_long_says_what_is_known(tmp_path):
    def stop(progress):
        return progress.judging is None and progress.step < 3

    unjudged = train(Slow(), hidden=8, steps=20, on_progress=stop)
    assert unjudged.result is None
    assert unjudged.sentence == "Stopped before it was judged on held-out data."
    unjudged.save(tmp_path / "m.safetensors")
    assert checkpoint.load(tmp_path / "m.safetensors").training["result"] is None
    judged = train(Slow(patient=1), hidden=8, steps=20, on_progress=stop)
    assert judged.history.metric == ((2, judged.result.value),)
    assert judged.sentence == f"After step 2: {judged.result.sentence}"


def test_a_long_step_is_stopped_within_and_left_out():
    asked = []

    def stop(after):
        asked.append(len(asked))
        return len(asked) > after

    whole = train(char(), hidden=384, steps=1, stop=lambda: stop(10**9))
    in_a_step = len(asked)
    assert in_a_step > 6  # forth and back
    asked.clear()
    steps = []
    trained = train(
        char(), hidden=384, steps=9, on_progress=lambda p: steps.append(p.step), stop=lambda: stop(in_a_step * 3 // 2)
    )
    assert trained.history.step.tolist() == [1]
    assert set(steps) == {1}
    assert trained.history.loss[0] == whole.history.loss[0]
    asked.clear()
    with pytest.raises(GruvizError, match="before its first step"):
        train(char(), hidden=384, steps=9, stop=lambda: stop(in_a_step - 3))


def test_a_step_in_pieces_learns_what_a_whole_one_does(monkeypatch):
    task = tasks.make("flipflop")  # without dropout, which would be drawn piece by piece
    whole = train(task, hidden=24, steps=4)
    monkeypatch.setattr("gruviz.model.training.steps_at_a_time", lambda model, batch, least: 7)
    pieces = train(task, hidden=24, steps=4)
    np.testing.assert_allclose(pieces.history.loss, whole.history.loss, rtol=1e-4)
    for a, b in zip(whole.model.parameters(), pieces.model.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-4)


class Slow(tasks.Char):
    """Takes its time over all judgements but the first ones."""

    def __init__(self, patient: int = 0) -> None:
        super().__init__(read(DATA / "sonnets.txt"))
        self.patient = patient

    def evaluate(self, model, watch):
        self.patient -= 1
        if self.patient < 0:
            while True:
                time.sleep(0.05)
                watch(0.5)
        return super().evaluate(model)


@pytest.mark.parametrize("cell", ["gru", "lstm", "rnn"])
def test_every_cell_learns_and_is_saved_with_all_that_is_needed(tmp_path, cell):
    task = tasks.make("flipflop")
    trained = train(task, cell=cell, hidden=16, layers=2, steps=100, seed=1)
    assert trained.history.loss[-10:].mean() < 0.8 * trained.history.loss[:5].mean()
    trained.save(tmp_path / "m.safetensors")
    loaded = checkpoint.load(tmp_path / "m.safetensors")
    assert loaded.columns == task.columns
    assert loaded.task == task.describe()
    assert loaded.training["result"]["sentence"] == trained.result.sentence
    assert loaded.training["history"]["loss"] == trained.history.loss.tolist()
    assert loaded.training["seed"] == 1
    assert loaded.sha256 == checkpoint.fingerprint(trained.model)
    assert len(tasks.sample(loaded.task, 2, 0)) == 2


def test_char_beats_the_bigram_soon(tmp_path):
    trained = train(char(), hidden=48, steps=250)
    assert trained.result.better
    assert trained.result.value < 3.3
    trained.save(tmp_path / "m.safetensors")
    loaded = checkpoint.load(tmp_path / "m.safetensors")
    assert loaded.vocabulary == trained.task.vocabulary
    assert trained.task.evaluate(loaded.model) == trained.result


def test_series_beats_the_last_value(tmp_path):
    time = np.arange(600)
    wave = np.sin(time / 4) * 20 + 300
    trained = train(
        tasks.make("series", Sequence("wave", values=wave[:, None].astype(np.float32), columns=("u",))), steps=80
    )
    assert trained.result.value < 0.5 * trained.result.baseline
    trained.save(tmp_path / "m.safetensors")
    loaded = checkpoint.load(tmp_path / "m.safetensors")
    assert np.array_equal(loaded.mean, trained.task.mean)
    assert np.array_equal(loaded.std, trained.task.std)


def test_a_long_history_is_thinned_in_the_file(tmp_path):
    task = tasks.make("anbn")
    task.settings = dataclasses.replace(task.settings, batch=1)
    trained = train(task, hidden=2, steps=1100)
    trained.save(tmp_path / "m.safetensors")
    history = checkpoint.load(tmp_path / "m.safetensors").training["history"]
    assert history["step"] == list(range(3, 1101, 3))
    assert history["loss"] == trained.history.loss[2::3].tolist()
    assert len(history["metric"]) == 10


def test_what_makes_no_sense_is_said():
    for options, word in [
        ({"steps": 0}, "steps"),
        ({"seed": -1}, "seed"),
        ({"hidden": 0}, "hidden"),
        ({"layers": 0}, "layers"),
        ({"cell": "gruu"}, "gruu"),
    ]:
        with pytest.raises(GruvizError, match=word):
            train(tasks.make("copy"), **options)


def test_a_loss_that_is_not_finite_is_said():
    task = tasks.make("adding")
    task.settings = dataclasses.replace(task.settings, learning_rate=1e30)
    with pytest.raises(GruvizError, match="not finite at step"):
        train(task, hidden=4, steps=50)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_training_on_a_gpu_gives_a_model_on_the_cpu():
    before = torch.cuda.get_rng_state()
    trained = train(char(), hidden=16, steps=10, device=torch.device("cuda", torch.cuda.current_device()))
    assert torch.equal(torch.cuda.get_rng_state(), before)
    assert {parameter.device.type for parameter in trained.model.parameters()} == {"cpu"}
    assert trained.device.startswith("cuda")
