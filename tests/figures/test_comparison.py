"""The figure of a comparison holds the numbers of its runs, at any width, and draws itself again."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gruviz import comparison
from gruviz.cli import main
from gruviz.comparison import Asked, Backward, Comparison, Memory, Model, Recorded, Run
from gruviz.errors import GruvizError
from gruviz.figures import comparison as draw
from gruviz.figures import save
from gruviz.figures.names import OF_FOLDERS

from .made import assert_legible, small_print

CELLS = ("rnn", "gru", "lstm")


def made(seeds: int = 2) -> Comparison:
    """A comparison of which every number is another."""
    models = tuple(
        Model(
            cell,
            10 + place,
            100 + place,
            f"kernel {place}",
            Memory(1, 2, 3, 4),
            (0.01 + place, 0.02 + place, 0.04 + place),
            9,
        )
        for place, cell in enumerate(CELLS)
    )
    runs = tuple(
        Run(
            cell,
            seed,
            f"{cell}-{seed}.safetensors",
            "",
            (50, 100),
            (2.0 + place, 0.01 + 0.1 * place + 0.02 * seed),
            ((50.0, 0.9 + place), (100.0, 0.3 + place + 0.1 * seed)),
            1.0,
        )
        for seed in range(seeds)
        for place, cell in enumerate(CELLS)
    )
    gradients = tuple(
        Backward(
            cell, how, 4, tuple(-0.1 * (place + 1 + how) * lag for lag in range(30)), (-1.0,) * 30 * (cell == "lstm")
        )
        for place, cell in enumerate(CELLS)
        for how in (False, True)
    )
    return Comparison(
        asked=Asked({"name": "adding", "length": 30}, "", "hidden", 10, 100, "cpu"),
        title="the sum of two marked numbers",
        command=("gruviz", "compare", "adding"),
        seeds=seeds,
        metric="RMSE",
        higher_is_better=False,
        baseline_name="always saying 1",
        baseline=0.4,
        batch=64,
        learning_rate=5e-3,
        epoch=None,
        machine="cpu, 1 thread",
        models=models,
        runs=runs,
        recordings=tuple(Recorded(cell, True, 0, f"{cell}.h5") for cell in CELLS),
        gradients=gradients,
    )


def lines(page: object) -> dict[str, object]:
    return {line.get_gid(): line for axes in page.axes for line in axes.lines if line.get_gid()}


@pytest.mark.parametrize("width", [85.0, 170.0])
def test_lines_and_bands_are_those_of_the_runs(width: float) -> None:
    found = made()
    page = draw(found, width=width)
    drawn = lines(page)
    for place, cell in enumerate(CELLS):
        assert list(drawn[f"loss {cell}"].get_xdata()) == [50, 100]
        assert drawn[f"loss {cell}"].get_ydata() == pytest.approx([2.0 + place, 0.02 + 0.1 * place])
        assert drawn[f"judged {cell}"].get_ydata() == pytest.approx([0.9 + place, 0.35 + place])
        assert drawn[f"result {cell}"].get_xdata() == pytest.approx([0.3 + place, 0.4 + place])
        for how in (False, True):
            line = drawn[f"{'trained' if how else 'initialised'} {cell}"]
            assert list(line.get_xdata()) == [-lag for lag in range(30)]
            assert line.get_ydata() == pytest.approx([-0.1 * (place + 1 + how) * lag for lag in range(30)])
    assert list(drawn["baseline"].get_ydata()) == [0.4, 0.4] or list(drawn["baseline"].get_xdata()) == [0.4, 0.4]
    bands = [axes.collections for axes in page.axes if axes.collections]
    held_out = bands[1][0].get_paths()[0].vertices
    assert held_out[held_out[:, 0] == 100][:, 1].min() == pytest.approx(0.3)
    assert held_out[held_out[:, 0] == 100][:, 1].max() == pytest.approx(0.4)
    bars = [patch for axes in page.axes for patch in axes.patches if str(patch.get_gid()).startswith("step")]
    assert [bar.get_width() for bar in bars] == pytest.approx([20.0, 1020.0, 2020.0])
    assert list(drawn["c trained"].get_ydata()) == [-1.0] * 30
    assert page.width == width


def test_it_says_what_it_is(tmp_path: Path) -> None:
    told = small_print(draw(made()))
    for part in ("length 30", "Equal hidden units", "100 steps of 64", "cpu, 1 thread", "lower is better", "seed 0"):
        assert part in told
    told = small_print(draw(replace(made(1), seeds=3)))
    assert "Not complete: of 3 runs each, there are RNN 1, GRU 1, LSTM 1." in told


@pytest.mark.parametrize("width", [85.0, 170.0])
def test_all_of_it_can_be_read(width: float) -> None:
    assert_legible(draw(made(), width=width))


def test_one_run_and_a_failed_one_are_drawn_too() -> None:
    found = made(1)
    failed = replace(found.runs[0], failed="the loss was not finite", model="", judged=())
    drawn = lines(draw(replace(found, runs=(failed, *found.runs[1:]), gradients=(), recordings=())))
    assert "loss rnn" not in drawn
    assert "loss gru" in drawn
    assert "trained gru" not in drawn


def test_a_baseline_far_from_all_results_is_told_and_not_drawn_among_them() -> None:
    def marks(baseline: float) -> tuple[int, str]:
        page = draw(replace(made(), baseline=baseline))
        axes = next(each for each in page.axes if "better" in each.get_xlabel())
        return sum(line.get_gid() == "baseline" for line in axes.lines), axes.get_xlabel()

    assert marks(0.4) == (1, "RMSE, lower is better; dashed: always saying 1")
    assert marks(40.0) == (0, "RMSE, lower is better; always saying 1: 40.0")


def test_what_cannot_be_drawn_is_said() -> None:
    with pytest.raises(GruvizError, match="no training of this comparison is finished"):
        draw(replace(made(), runs=()))
    with pytest.raises(GruvizError, match="needs at least 80 mm"):
        draw(made(), width=20)


def test_the_command_line_draws_it_and_the_command_in_it_draws_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "compared"
    folder.mkdir()
    made().save(folder)
    kept = comparison.read(folder)
    assert kept.results("gru") == pytest.approx(made().results("gru"))
    assert kept.models == made().models
    monkeypatch.chdir(tmp_path)
    assert main(["export", "compared", "comparison", "-o", "first.svg", "--width", "120"]) == 0
    first = (tmp_path / "first.svg").read_text()
    page = draw(comparison.read(folder), width=120, folder="compared")
    path, *words = page.provenance.command
    assert main(["export", path, "comparison", "-o", "again.svg", *words]) == 0
    assert (tmp_path / "again.svg").read_text().replace("again.svg", "first.svg") == first
    assert main(["export", "nowhere", "comparison", "-o", "x.svg"]) == 2
    assert "no comparison in nowhere" in capsys.readouterr().err
    assert main(["export", "--list"]) == 0
    assert f"comparison  {OF_FOLDERS['comparison']}" in capsys.readouterr().out
    save(page, tmp_path / "out.pdf")
    assert np.frombuffer((tmp_path / "out.pdf").read_bytes()[:4], "S4") == b"%PDF"
