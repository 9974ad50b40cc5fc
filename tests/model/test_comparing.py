"""RNN, GRU and LSTM side by side: the same data and seeds for all, sizes as asked for, and nothing that is lost."""

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import gruviz
from gruviz import comparison
from gruviz.comparison import KINDS, Comparison
from gruviz.comparison_table import CSV, MARKDOWN, plain, rows
from gruviz.errors import GruvizError
from gruviz.model import checkpoint, tasks
from gruviz.model._costs import COUNTED, TURNS, footprint
from gruviz.model._probes import held_out
from gruviz.model._sizes import parameters, sizes
from gruviz.model.comparing import Experiment, Now, compare
from gruviz.model.network import build
from gruviz.model.tasks import Batch
from gruviz.model.tasks.adding import Adding
from gruviz.model.training import train
from gruviz.sequences import read

DATA = Path(__file__).parents[2] / "assets" / "data"
STEPS = 20


class Watched(Adding):
    """Adds, and remembers what was asked for in training, by cell."""

    def __init__(self) -> None:
        super().__init__(12)
        self.drawn: list[tuple[str, Batch]] = []
        self.at = ""

    def batch(self, generator: torch.Generator) -> Batch:
        drawn = super().batch(generator)
        self.drawn.append((self.at, drawn))
        return drawn


def experiment(folder: Path, **other: object) -> Experiment:
    wanted = {"task": Adding(12), "folder": folder, "hidden": 6, "steps": STEPS, "seeds": 2, "device": "cpu"}
    return Experiment(**(wanted | other))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Comparison, Path, list[Now]]:
    """A comparison of two seeds."""
    folder = tmp_path_factory.mktemp("compared") / "adding"
    told: list[Now] = []

    def watch(now: Now) -> bool:
        told.append(now)
        return True

    return compare(experiment(folder, command=("gruviz", "compare", "adding")), watch), folder, told


@pytest.mark.parametrize(
    ("task", "hidden"), [("adding", 64), ("adding", 100), ("char", 96), ("anbn", 32), ("copy", 96)]
)
def test_equal_parameters_are_equal_within_one_percent(task: str, hidden: int) -> None:
    made = tasks.make(task, read(DATA / "sonnets.txt") if task == "char" else None)
    found = sizes(made, hidden, "parameters")
    counts = [
        sum(p.numel() for p in build(made.architecture(cell, size, 1), 0).parameters()) for cell, size in found.items()
    ]
    assert set(found) == set(KINDS)
    assert max(counts) / min(counts) <= 1.01
    assert abs(found["gru"] - hidden) <= 0.1 * hidden
    assert found["rnn"] > found["gru"] > found["lstm"]
    assert counts == [parameters(made, cell, size) for cell, size in found.items()]


def test_equal_hidden_units_are_equal_and_tiny_sizes_come_as_close_as_they_can() -> None:
    assert sizes(Adding(), 17, "hidden") == {"rnn": 17, "gru": 17, "lstm": 17}
    tiny = sizes(Adding(), 2, "parameters")
    wanted = parameters(Adding(), "gru", 2)
    for cell in ("rnn", "lstm"):
        away = {size: abs(parameters(Adding(), cell, size) - wanted) for size in range(1, 20)}
        assert away[tiny[cell]] == min(away.values())
    before = torch.get_rng_state()
    sizes(Adding(), 8, "parameters")
    assert torch.equal(torch.get_rng_state(), before)


def test_all_cells_learn_from_the_same_batches_and_each_seed_from_others(tmp_path: Path) -> None:
    task = Watched()

    def watch(now: Now) -> bool:
        task.at = f"{now.cell} {now.seed}" if now.left is not None else ""
        return True

    compare(experiment(tmp_path / "run", task=task), watch)
    of = {at: [batch for name, batch in task.drawn if name == at] for at in dict(task.drawn)}
    assert {f"{cell} {seed}" for cell in KINDS for seed in range(2)} == of.keys() - {""}
    for seed in range(2):
        first = of[f"rnn {seed}"]
        assert len(first) == STEPS
        for cell in ("gru", "lstm"):
            for one, other in zip(first, of[f"{cell} {seed}"], strict=True):
                assert torch.equal(one.inputs, other.inputs)
                assert torch.equal(one.targets, other.targets)
    assert not torch.equal(of["gru 0"][0].inputs, of["gru 1"][0].inputs)


def test_numbers_are_those_of_the_runs(done: tuple[Comparison, Path, list[Now]]) -> None:
    found, folder, _ = done
    assert found.complete
    assert [(run.seed, run.cell) for run in found.runs] == [(seed, cell) for seed in range(2) for cell in KINDS]
    for run in found.runs:
        loaded = checkpoint.load(folder / run.model)
        assert loaded.sha256 == run.sha256
        assert loaded.training["seed"] == run.seed
        assert loaded.training["history"]["loss"] == pytest.approx(run.loss)
        assert [tuple(point) for point in loaded.training["history"]["metric"]] == list(run.judged)
        assert loaded.training["result"]["value"] == run.result
        assert Adding(12).evaluate(loaded.model).value == pytest.approx(run.result, rel=1e-5)
    alone = train(Adding(12), cell="lstm", hidden=6, steps=STEPS, seed=1)
    assert checkpoint.fingerprint(alone.model) == found.of("lstm")[1].sha256
    for model, row in zip(found.models, rows(found), strict=False):
        values = [run.result for run in found.of(model.cell)]
        assert row[5].startswith(f"{10 ** found.shrunk(model.cell, False):.0e}"[0])
        shown = row[3].replace("(", "").replace(")", "").replace("to ", "").split()
        assert [float(each) for each in shown] == pytest.approx([np.mean(values), min(values), max(values)], rel=5e-3)
        assert row[2] == f"{parameters(Adding(12), model.cell, 6):,}"
    assert float(rows(found)[-1][3]) == pytest.approx(found.baseline, rel=5e-3)
    first, *listed = [line.split(",") for line in plain(found).splitlines()]
    for line, model in zip(listed, found.models, strict=True):
        told = dict(zip(first, line, strict=True))
        assert float(told["mean"]) == np.mean(found.results(model.cell))
        assert float(told["step_seconds"]) == model.step[1]
        assert int(told["activations_bytes"]) == model.memory.activations


def test_what_is_in_the_folder_is_what_was_returned(done: tuple[Comparison, Path, list[Now]]) -> None:
    found, folder, _ = done
    kept = comparison.read(folder)
    assert replace(kept, models=(), runs=(), gradients=(), baseline=0.0) == replace(
        found, models=(), runs=(), gradients=(), baseline=0.0
    )
    for one, other in zip(kept.runs, found.runs, strict=True):
        assert one.loss == pytest.approx(other.loss, rel=1e-5)
    assert (folder / CSV).read_text() == plain(found)
    assert "`gruviz compare adding -o FOLDER`" in (folder / MARKDOWN).read_text()
    assert not [each for each in folder.iterdir() if each.name.endswith(".part")]


def test_times_are_of_all_cells_in_turns_and_progress_never_goes_back(
    done: tuple[Comparison, Path, list[Now]],
) -> None:
    found, _, told = done
    for model in found.models:
        assert 0 < model.step[0] <= model.step[1] <= model.step[2]
        assert model.timed == TURNS * min(COUNTED, STEPS)
    fractions = [now.fraction for now in told]
    assert all(later >= earlier - 1e-9 for earlier, later in itertools.pairwise(fractions))
    assert 0.9 < fractions[-1] <= 1
    assert {(now.cell, now.seed) for now in told if now.step} == {(cell, seed) for cell in KINDS for seed in range(2)}


@pytest.mark.parametrize("cell", KINDS)
def test_memory_is_what_autograd_and_adam_keep(cell: str) -> None:
    short, kernel = footprint(Adding(20), cell, 16, torch.device("cpu"))
    long, _ = footprint(Adding(40), cell, 16, torch.device("cpu"))
    weights = 4 * parameters(Adding(), cell, 16)
    assert short.weights == short.gradients == weights
    assert 2 * weights <= short.optimizer <= 2 * weights + 64  # two moments, and a count of steps for each tensor
    assert long.activations == pytest.approx(2 * short.activations, rel=0.1)
    states = 64 * 20 * 16 * 4  # B T H float32: less cannot be kept
    assert states < short.activations < 40 * states
    if cell == "gru":  # the others keep copies of some weights, and a workspace of a size of its own
        few, many = (footprint(Adding(n), cell, 64, torch.device("cpu"))[0] for n in (20, 40))
        assert abs(2 * few.activations - many.activations) < few.weights / 2, "weights are not counted again"
    assert ("oneDNN" in kernel) == (cell == "lstm" and torch.backends.mkldnn.is_available())


def test_recordings_are_of_the_same_sequences_and_hold_the_gradient(
    done: tuple[Comparison, Path, list[Now]],
) -> None:
    found, folder, _ = done
    assert {(each.cell, each.trained) for each in found.recordings} == {(cell, how) for cell in KINDS for how in (0, 1)}
    values = {}
    for each in found.recordings:
        with gruviz.open(folder / each.file) as run:
            tape = run.tapes["main"]
            values[each.cell, each.trained] = tape.values(slice(0, len(tape)))
            (layer,) = run.layers.values()
            assert layer.cell.name == each.cell
            weights = next(iter(run.checkpoints.values()))["sha256"]
            assert (weights == found.of(each.cell)[0].sha256) == each.trained
            ends = [layer.gradient.loss(info.index) for info in tape.sequences]
            assert ends == [11] * len(tape.sequences)
            norms = layer.gradient.read("norm_hidden", slice(0, len(tape))).reshape(-1, 12)[:, ::-1]
            back = found.backward(each.cell, each.trained)
            assert back.hidden == pytest.approx(norms.mean(axis=0), rel=1e-6)
            mean = norms.mean(axis=0)
            assert found.shrunk(each.cell, each.trained) == pytest.approx(mean[11] - mean[0], abs=1e-5)
            assert bool(back.memory) == (each.cell == "lstm")
            assert back.sequences == len(tape.sequences) == len(held_out(Adding(12), None))
    first = values["gru", True]
    assert all(np.array_equal(first, other) for other in values.values())
    fresh = build(Adding(12).architecture("gru", 6, 1), 0)
    with gruviz.open(folder / "gru-untrained.h5") as run:
        assert next(iter(run.checkpoints.values()))["sha256"] == checkpoint.fingerprint(fresh)


def test_what_was_interrupted_goes_on_and_comes_to_the_same(
    done: tuple[Comparison, Path, list[Now]], tmp_path: Path
) -> None:
    found, _, _ = done
    folder = tmp_path / "run"

    def stop(now: Now) -> bool:
        return not (now.finished == 2 and now.step is not None and now.step.step == 5)

    cut = compare(experiment(folder), stop)
    assert not cut.complete
    assert [(run.cell, run.sha256) for run in cut.runs] == [(run.cell, run.sha256) for run in found.runs[:2]]
    assert comparison.read(folder).runs[1].sha256 == found.runs[1].sha256
    times = {path.name: path.stat().st_mtime_ns for path in folder.glob("*-0.safetensors")}
    assert set(times) == {"rnn-0.safetensors", "gru-0.safetensors"}

    def stop_recording(now: Now) -> bool:
        return not (len(list(folder.glob("*.h5"))) == 3 and "recording" in now.text)

    compare(experiment(folder), stop_recording)
    assert len(comparison.read(folder).recordings) == 2
    again = compare(experiment(folder))
    assert again.complete
    assert [run.sha256 for run in again.runs] == [run.sha256 for run in found.runs]
    assert {name: (folder / name).stat().st_mtime_ns for name in times} == times
    more = compare(experiment(folder, seeds=3))
    assert [run.seed for run in more.of("gru")] == [0, 1, 2]
    assert more.complete
    assert more.models == again.models
    assert len(compare(experiment(folder, seeds=1)).runs) == 9, "fewer seeds take nothing away"


def test_stopped_before_anything_is_finished(tmp_path: Path) -> None:
    with pytest.raises(GruvizError, match="stopped before its first training"):
        compare(experiment(tmp_path / "run"), lambda now: False)
    cut = compare(experiment(tmp_path / "other"), lambda now: now.step is None)
    assert not cut.runs
    assert not cut.complete
    assert [model.cell for model in comparison.read(tmp_path / "other").models] == list(KINDS)


def test_a_run_that_comes_to_no_end_is_told_of_and_the_others_go_on(tmp_path: Path) -> None:
    task = Adding(10)
    task.settings = replace(task.settings, learning_rate=1e19, batch=8)
    found = compare(experiment(tmp_path / "run", task=task, steps=3))
    assert len(found.runs) == 6
    assert all("not finite" in run.failed and run.result is None and not run.model for run in found.runs)
    assert found.complete
    assert not found.recordings
    assert found.losses("gru") is None
    text = (tmp_path / "run" / MARKDOWN).read_text()
    assert "2, 2 failed" in text
    assert "GRU, seed 1: the loss or its gradient was not finite at step" in text


def test_text_and_tables_are_compared_on_what_is_held_out(tmp_path: Path) -> None:
    text = read(DATA / "sonnets.txt")
    found = compare(
        experiment(tmp_path / "char", task=tasks.make("char", text), data=text, steps=2, seeds=1, equal="parameters")
    )
    assert found.epoch == pytest.approx(len(text.text) * 9 // 10 / (32 * 64))
    with gruviz.open(tmp_path / "char" / "gru.h5") as run:
        tape = run.tapes["main"]
        assert len(tape.sequences) == 8
        assert len({info.name for info in tape.sequences}) == 8
        for info in tape.sequences:
            symbols = "".join(tape.symbols(slice(info.offset, info.offset + info.length)))
            assert symbols in text.text[len(text.text) * 9 // 10 :]
    table = read(DATA / "sunspots.csv")
    rows_ = held_out(tasks.make("series", table), table)
    assert sum(map(len, rows_)) <= len(table) - len(table) * 9 // 10
    assert np.array_equal(rows_[-1].values, table.values[-len(rows_[-1]) :])


def test_a_folder_of_something_else_is_left_alone(done: tuple[Comparison, Path, list[Now]], tmp_path: Path) -> None:
    _, folder, _ = done
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for change, what in (
        ({"hidden": 7}, "of other hidden sizes"),
        ({"steps": 21}, "of another number of steps"),
        ({"task": Adding(13)}, "of another task"),
        ({"equal": "parameters"}, "with other things equal"),
    ):
        with pytest.raises(GruvizError, match=f"holds a comparison {what}: give another folder"):
            compare(experiment(folder, **change))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(GruvizError, match="is not empty"):
        compare(experiment(tmp_path / "mine"))
    with pytest.raises(GruvizError, match="cannot make the folder"):
        compare(experiment(tmp_path / "mine" / "letter.txt" / "below"))
    for wrong in ({"steps": 0}, {"seeds": 0}, {"hidden": 0}):
        with pytest.raises(GruvizError, match="ask for one or more"):
            compare(experiment(tmp_path / "new", **wrong))


def test_a_file_that_is_none_is_refused_in_a_line(done: tuple[Comparison, Path, list[Now]], tmp_path: Path) -> None:
    _, folder, _ = done
    right = json.loads((folder / comparison.FILE).read_text())

    def refused(data: object) -> str:
        (tmp_path / comparison.FILE).write_text(json.dumps(data))
        with pytest.raises(GruvizError) as error:
            comparison.read(tmp_path)
        assert "\n" not in str(error.value)
        return str(error.value)

    assert "no comparison" in refused([])
    assert "version 9" in refused(right | {"version": 9})
    assert "runs" in refused(right | {"runs": 3})
    assert "makes no sense" in refused(right | {"baseline": "low"})
    assert "is no name of a file" in refused(right | {"recordings": [right["recordings"][0] | {"file": "../x.h5"}]})
    assert "is no name of a file" in refused(right | {"runs": [right["runs"][0] | {"model": "/etc/passwd"}]})
    assert "cut" in refused(right | {"runs": [right["runs"][0] | {"loss": []}]})
    assert "lacks" in refused({key: value for key, value in right.items() if key != "models"})
    assert "not known" in refused(right | {"more": 1})
    assert "describe" in refused(right | {"models": []})
    (tmp_path / comparison.FILE).write_text("{")
    with pytest.raises(GruvizError, match="is damaged"):
        comparison.read(tmp_path)
    with pytest.raises(GruvizError, match="there is no comparison"):
        comparison.read(tmp_path / "nowhere")
