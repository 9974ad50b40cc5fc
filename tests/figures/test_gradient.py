"""The gradient through time, and survival beside it, drawn."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import gruviz
from gruviz.analysis import between, in_words, set_out
from gruviz.cells import CELLS
from gruviz.cli import main
from gruviz.errors import GruvizError
from gruviz.figures import Page, gradient, paths
from gruviz.model.measuring import Wanted, measure
from gruviz.recording import Recording
from gruviz.view import Pane, View

from .made import add_gradients, assert_legible, make, small_print, texts

T = 40


def lines(page: Page) -> dict[str, np.ndarray]:
    """What is drawn under each name."""
    return {
        line.get_gid(): np.asarray(line.get_ydata())
        for axes in page.axes
        for line in axes.lines
        if line.get_gid() and not line.get_gid().startswith("_")
    }


def grounds(page: Page) -> set[str]:
    """The words of the grounds that say what has become of a gradient."""
    return {patch.get_gid() for axes in page.axes for patch in axes.patches} & {"vanishing", "exploding"}


def recorded(path: Path, kind: type[nn.Module], still: bool = False, wanted: Wanted | None = None) -> Recording:
    torch.manual_seed(0)
    network = kind(3, 5, bidirectional=True)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if "weight_hh" in name:
                weight.mul_(0.0 if still else 1.5)
    gruviz.record(network, torch.randn(T, 1, 3), path=path).close()
    measure(path, wanted or Wanted(None, False, since=20, lags=0))
    return gruviz.open(path)


@pytest.mark.parametrize("cell", ["gru", "lstm", "rnn"])
def test_the_lines_are_the_norms_in_the_file(tmp_path: Path, cell: str) -> None:
    with add_gradients(make(tmp_path / "run.h5", cell=CELLS[cell])[0]) as run:
        page = gradient(run, start=20, stop=90)
        assert_legible(page)
        layer = run.layers["rnn.l0"]
        drawn = lines(page)
        np.testing.assert_array_equal(drawn["hidden-0"], layer.gradient.read("norm_hidden", layer.slice(0))[20:90])
        assert ("cell-0" in drawn) == (cell == "lstm")
        if cell == "lstm":
            np.testing.assert_array_equal(drawn["cell-0"], layer.gradient.read("norm_cell", layer.slice(0))[20:90])
        assert "cross entropy at T = 299" in small_print(page)
        assert "a convention of ours" in small_print(page)


def test_what_vanishes_and_explodes_has_a_ground(tmp_path: Path) -> None:
    with add_gradients(make(tmp_path / "run.h5")[0], slope=0.05) as run:  # 300 steps, from 1e-15
        assert grounds(gradient(run)) == {"vanishing"}
        assert grounds(gradient(run, start=250, stop=300)) == set()
    with add_gradients(make(tmp_path / "up.h5")[0], slope=-0.05) as run:
        page = gradient(run)
        assert grounds(page) == {"exploding"}
        assert "exploding" in texts(page)


def test_several_recordings_stand_beside_each_other(tmp_path: Path) -> None:
    first, second = tmp_path / "gru.h5", tmp_path / "rnn.h5"
    with (
        add_gradients(make(first)[0]) as run,
        add_gradients(make(second, cell=CELLS["rnn"])[0], slope=0.05) as other,
    ):
        page = gradient(run, beside=[other])
        assert_legible(page)
        drawn = lines(page)
        for number, each in enumerate((run, other)):
            layer = each.layers["rnn.l0"]
            norms = layer.gradient.read("norm_hidden", layer.slice(0))
            np.testing.assert_allclose(drawn[f"hidden-{number}"][-1], 0)  # over the norm at T
            own = norms - set_out(norms, layer.gradient.loss(0))
            np.testing.assert_allclose(drawn[f"hidden-{number}"][0], own[:1], atol=1e-12)
        assert {"gru.h5 (GRU)", "rnn.h5 (RNN)"} <= set(texts(page))
        assert "over the norm at T" in small_print(page)
        assert page.provenance.facts["beside"] == "rnn.h5"
    out = tmp_path / "out.svg"
    assert main(["export", str(first), "gradient", "--beside", str(second), "-o", str(out)]) == 0
    assert "rnn.h5 (RNN)" in out.read_text()


@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM, nn.RNN])
@pytest.mark.parametrize("name", ["l0", "l0_reverse"])
def test_survival_stands_beside_what_arrives(tmp_path: Path, kind: type[nn.Module], name: str) -> None:
    with recorded(tmp_path / "run.h5", kind) as run:
        page = paths(run, layer=name, units=(1,))
        assert_legible(page)
        found, drawn = between(run.layers[name], 0, "since"), lines(page)
        np.testing.assert_array_equal(drawn["total"], found.total)
        np.testing.assert_array_equal(drawn["all-1"], np.maximum(found.unit_total[:, 1], drawn["all-1"].min()))
        if kind is nn.RNN:
            assert "direct" not in drawn
            assert "direct path alone" not in small_print(page)
            return
        np.testing.assert_allclose(drawn["direct"], np.maximum(found.direct, drawn["direct"].min()))
        far = 0 if name.endswith("reverse") else T - 1
        pair = found.pair(far)
        assert pair.disagrees
        left = in_words(pair.direct).replace("\u00a0", " ")
        assert f"survival says {left} is left" in small_print(page)
        view = View(length=T, stop=T, cursor=5, reference=7, panes=(Pane(layer=name),))
        back = paths(run, view)  # another timestep is marked than was followed
        assert ("t = 0" if name.endswith("reverse") else f"t = {T - 1}") in small_print(back)


def test_where_they_agree_the_figure_says_so(tmp_path: Path) -> None:
    with recorded(tmp_path / "run.h5", nn.GRU, still=True) as run:
        assert "they agree" in small_print(paths(run))
        np.testing.assert_allclose(lines(paths(run))["total"][:10], lines(paths(run))["direct"][:10], atol=1e-4)


def test_what_was_not_computed_is_not_drawn(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5")
    with run:
        with pytest.raises(
            GruvizError, match=r"run\.h5 holds no gradient of a loss for sequence 0: it does not say what"
        ):
            gradient(run)
        with pytest.raises(GruvizError, match=r"is not in run\.h5 for sequence 0: compute it, gruviz gradient"):
            paths(run)
    with recorded(tmp_path / "more.h5", nn.GRU) as run, pytest.raises(GruvizError, match="room for 3 units, not 4"):
        paths(run, units=(0, 1, 2, 3))


@pytest.mark.parametrize("shape", ["falling", "rising", "waves"])
def test_the_word_for_a_ground_stands_where_no_line_runs(tmp_path: Path, shape: str) -> None:
    from gruviz.figures._columns import Columns
    from gruviz.figures._courses import Course, draw_courses, draw_thresholds

    t = np.arange(200)
    course = {"falling": -t / 20, "rising": t / 20 - 10, "waves": -8 * np.sin(t / 30) ** 2}[shape]
    run, _ = make(tmp_path / "run.h5", (np.zeros((200, 1), np.float32),))
    with add_gradients(run) as run:
        page = gradient(run)
        axes = page.axes[-1]
        for artist in (*axes.lines, *axes.texts, *axes.patches):
            artist.remove()
        courses, scale = [Course("x", course, "#000000", gid="x")], (-10.5, 0.5)
        page.plotted.clear()
        draw_courses(page, axes, courses, Columns(0, 200, 1), scale)
        draw_thresholds(page, axes, courses, scale, 0.0, marks=(199,))
        page.canvas.draw()
        (word,) = (each for each in axes.texts if each.get_text() == "vanishing")
        box = word.get_window_extent(page.canvas.get_renderer())
    (x0, y0), (x1, y1) = axes.transData.inverted().transform(box.get_points())
    fine = np.linspace(x0, x1, 200)
    line = np.interp(fine, t, course)
    assert ((line < y0) | (line > y1)).all()
    assert -10.5 < y0 < y1 < -3
    assert not x0 <= 199 <= x1
