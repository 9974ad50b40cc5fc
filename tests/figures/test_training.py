"""A training, drawn: what stands on the curves, and what cannot be drawn."""

from pathlib import Path

import numpy as np
import pytest

import gruviz.recording
from gruviz.cells import GRU, LSTM, RNN, Cell
from gruviz.cli import main
from gruviz.errors import GruvizError
from gruviz.figures import Page, draw, gates, save, training
from gruviz.recording import Block, Recording, Writer
from gruviz.view import Pane, View, saturate, showing, with_pane

from .made import assert_legible, content, initial, make, previous, small_print, texts
from .test_export import drawn_text

STEPS = (0, 1, 4, 11, 40, 120)
UNITS, LENGTH = 7, 90


def trained(path: Path, cell: Cell = GRU, steps: tuple[int, ...] = STEPS, course: bool = True) -> Recording:
    """One sequence as checkpoints read it, with a loss that falls."""
    with Writer(path) as writer:
        writer.add_tape("main")
        writer.add_layer("rnn.l0", tape="main", cell=cell, size=UNITS)
        if course:
            writer.add_training(steps[-1])
            for step in range(1, steps[-1] + 1):
                writer.append_step(step, 4 / step, 1 / step)
        start = initial(cell, UNITS)
        for number, step in enumerate(steps):
            values = content(cell, LENGTH, UNITS, seed=number)
            writer.begin("main", "probe", initial={"rnn.l0": start}, pass_=number, checkpoint=step)
            before = previous(values[cell.state], start[cell.state])
            writer.append("main", {"rnn.l0": Block(values, before)}, values=np.zeros((LENGTH, 1), np.float32))
            writer.end("main", {"rnn.l0": 1e-7})
    return gruviz.recording.open(path)


def line(page: Page, gid: str) -> tuple[np.ndarray, np.ndarray]:
    (found,) = (each for axes in page.axes for each in axes.lines if each.get_gid() == gid)
    return np.asarray(found.get_xdata()), np.asarray(found.get_ydata())


@pytest.mark.parametrize("cell", [GRU, LSTM, RNN])
@pytest.mark.parametrize("width", [85.0, 170.0])
def test_curves_are_those_of_the_range_and_the_units(tmp_path: Path, cell: Cell, width: float) -> None:
    with trained(tmp_path / "run.h5", cell) as run:
        page = training(run, sequence=3, start=10, stop=70, units=(5, 2), sides=(0.2, 0.7), width=width)
        assert_legible(page)
        layer = run.layers["rnn.l0"]
        for gate in (each.name for each in cell.quantities if each.fraction):
            values = [layer[gate][info.offset + 10 : info.offset + 70][:, [5, 2]] for info in layer.tape.sequences]
            x, shut = line(page, f"shut-{gate}")
            np.testing.assert_allclose(x, np.log1p(STEPS))
            np.testing.assert_allclose(shut, [(each < np.float32(0.2)).mean() for each in values])
            np.testing.assert_allclose(
                line(page, f"open-{gate}")[1], [(each > np.float32(0.7)).mean() for each in values]
            )
        if cell.keep:
            kept = [layer[cell.keep][info.offset + 10 : info.offset + 70][:, [5, 2]] for info in layer.tape.sequences]
            least = [(-1 / np.log(each.astype(float)).mean(axis=0)).min() for each in kept]
            np.testing.assert_allclose(line(page, "median")[1], least, rtol=1e-6)  # of two, the one that half has
        x, loss = line(page, "loss")
        np.testing.assert_allclose([x[0], x[-1], loss[0], loss[-1]], [np.log(2), np.log(121), 4.0, 4 / 120])
        np.testing.assert_allclose(line(page, "norm")[1][-1], 1 / 120)
        assert "6 checkpoints at the training steps 0 to 120" in small_print(page)
        assert ("The direct path alone" in small_print(page)) == (cell is not RNN)
        assert ("above 0.7" in small_print(page)) == (cell is not RNN)


def test_the_command_in_it_draws_it_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with trained(tmp_path / "run.h5") as run:
        view = saturate(View(length=LENGTH, stop=LENGTH, panes=(Pane(layer="rnn.l0"),)), 0.3, 0.8)
        first = draw(run, "training", view, start=20, stop=70, units=(3, 1))
        save(first, tmp_path / "first.svg")
        written = save(draw(run, "training"), tmp_path / "out.pdf")
    assert min(size for _, size, _ in drawn_text(written)) >= 6 - 1e-3
    monkeypatch.chdir(tmp_path)
    recording, *words = first.provenance.command
    assert main(["export", recording, "training", "-o", "again.svg", *words]) == 0
    again = (tmp_path / "again.svg").read_text().replace("again.svg", "first.svg")
    assert again == (tmp_path / "first.svg").read_text()


def test_linear_checkpoints_have_a_linear_axis(tmp_path: Path) -> None:
    with trained(tmp_path / "run.h5", steps=(0, 300, 600, 900, 1200)) as run:
        page = training(run)
        assert_legible(page)
        assert line(page, "open-update")[0].tolist() == [0, 300, 600, 900, 1200]
        assert "training step" in texts(page)
        assert "1,200" in texts(page)


def test_without_a_course_there_are_the_gates_alone(tmp_path: Path) -> None:
    with trained(tmp_path / "run.h5", course=False) as run:
        page = training(run)
        assert_legible(page)
        assert not {"loss", "gradient norm"} & set(texts(page))
        assert "gradient" not in small_print(page)


def test_what_has_no_training(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5")
    with run:
        with pytest.raises(GruvizError, match=r"was not read at several training steps: record a training with gruviz"):
            training(run)
        with pytest.raises(GruvizError, match="the figure training has no choice of quantities"):
            training(run, quantities=("update",))
    with trained(tmp_path / "trained.h5") as run:
        with pytest.raises(GruvizError, match=r"cannot be saturated below 0\.8 and above 0\.2"):
            training(run, sides=(0.8, 0.2))
        with pytest.raises(GruvizError, match="the figure training has no option colour: leave it out"):
            draw(run, "training", colour="red")


def test_other_figures_keep_the_order_that_the_window_has(tmp_path: Path) -> None:
    """Rows stand by the checkpoint at which their order was chosen, and so they do on paper."""
    with trained(tmp_path / "run.h5") as run:
        layer = run.layers["rnn.l0"]
        view = showing(View(), LENGTH, recording="run.h5", layer="rnn.l0", sequence=1, checkpoint=1)
        view = showing(with_pane(view, order="keep"), LENGTH, alike=True, sequence=4, checkpoint=40)
        by = [np.argsort(-layer["update"][layer.slice(each)].mean(axis=0), kind="stable") for each in (1, 4)]
        assert by[0].tolist() != by[1].tolist()
        assert gates(run, view).provenance.facts["units"] == ",".join(map(str, by[0].tolist()))
        drawn = [_first_column(gates(run, view, **how)) for how in ({}, {"order": "keep"})]
        for found, order in zip(drawn, by, strict=True):
            np.testing.assert_array_equal(found, _first_column(gates(run, view, units=order.tolist())))


def _first_column(page: Page) -> np.ndarray:
    (image,) = (each for axes in page.axes for each in axes.images if each.get_gid() == "heatmap-update")
    return np.asarray(image.get_array())[:, 0]
