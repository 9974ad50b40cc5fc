"""Survival and the counts, drawn."""

from pathlib import Path

import numpy as np
import pytest

from gruviz.analysis import HORIZONS
from gruviz.analysis import survival as worked_out
from gruviz.cells import GRU, LSTM, RNN
from gruviz.cli import main
from gruviz.errors import GruvizError
from gruviz.figures import Page, counts, draw, survival
from gruviz.figures._columns import fit
from gruviz.figures._survived import survived
from gruviz.recording import open as open_recording
from gruviz.view import Pane, View

from .made import TEXT, assert_legible, content, make, pixels, small_print, texts, write


def median(page: Page) -> np.ndarray:
    (found,) = (line for axes in page.axes for line in axes.lines if line.get_gid() == "median")
    return np.asarray(found.get_ydata())


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("cell", [GRU, LSTM])
def test_it_is_the_product_of_the_keeps_since_the_marked_timestep(tmp_path: Path, cell, backward: bool) -> None:
    run, (values,) = make(tmp_path / "run.h5", cell=cell, backward=backward)
    keep = values[cell.keep] ** 0.2  # kept for longer
    with write(tmp_path / "long.h5", cell, values | {cell.keep: keep}, direction="backward" if backward else "forward"):
        pass
    run.close()
    with open_recording(tmp_path / "long.h5") as run:
        page = survival(run, since=40, start=20, stop=80)
        assert_legible(page)
    turned = keep[::-1] if backward else keep
    expected = worked_out(turned, len(keep) - 1 - 40 if backward else 40)
    expected = (expected[::-1] if backward else expected)[20:80]
    np.testing.assert_allclose(median(page), np.median(expected, axis=1), atol=1e-6)
    seen = pixels(page, "survival").astype(int)
    known = ~np.isnan(expected[:, 0])
    assert known.sum() == (21 if backward else 40)
    whiter = seen.sum(axis=2)
    order = np.argsort(-expected[known, 3], kind="stable")  # the less is left, the paler
    assert (np.diff(whiter[3][known][order]) >= 0).all()
    assert page.provenance.command[page.provenance.command.index("--since") + 1] == "40"
    assert "The direct path alone: a candidate reads the old states again" in small_print(page)


def test_the_median_over_units_has_its_horizons(tmp_path: Path) -> None:
    values = content(GRU, 60, 5)
    values["update"][:] = 0.9
    with write(tmp_path / "run.h5", GRU, values) as run:
        page = survival(run, since=10)
    fallen = [int(np.ceil(np.log(below) / np.log(0.9))) for below in sorted(HORIZONS, reverse=True)]
    assert fallen == [7, 10, 22]
    assert "below 1/2 after 7, below 1/e after 10, below 1/10 after 22 timesteps" in small_print(page)
    marks = {line.get_gid(): line.get_xdata()[0] for axes in page.axes for line in axes.lines if line.get_gid()}
    assert (marks["below 1/2"], marks["below 1/e"], marks["below 1/10"]) == (17, 20, 32)


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("how", ["mean", "min", "max"])
def test_a_long_range_is_followed_in_pieces_and_reduced(tmp_path: Path, how, backward: bool) -> None:
    values = content(GRU, 9000, 3)
    values["update"] = np.clip(values["update"], 0.999, 0.9999)
    with write(tmp_path / "run.h5", GRU, values, direction="backward" if backward else "forward") as run:
        layer = run.layers["rnn.l0"]
        columns = fit(layer, 100, 8900, 200)
        found = survived(layer, 0, columns, 4500, how)
    keep = values["update"][::-1] if backward else values["update"]
    whole = worked_out(keep, 8999 - 4500 if backward else 4500)
    whole = whole[::-1] if backward else whole
    for row, first, stop in zip(found.values, columns.edges, columns.edges[1:], strict=False):
        known = whole[first:stop][~np.isnan(whole[first:stop, 0])]
        if len(known):
            np.testing.assert_allclose(row, getattr(known, how)(axis=0), atol=2e-6)
        else:
            assert np.isnan(row).all()


def test_what_is_gone_is_not_followed_any_further(tmp_path: Path) -> None:
    values = content(GRU, 6000, 2)
    values["update"][:] = 0.5
    with write(tmp_path / "run.h5", GRU, values) as run:
        layer = run.layers["rnn.l0"]
        for how, last in (("mean", 0.0), ("min", 0.0), ("max", 0.0)):
            found = survived(layer, 0, fit(layer, 0, 6000, 6000), 3, how)
            assert (found.values[-1000:] == last).all()
            assert found.values[3].tolist() == [1.0, 1.0]


def test_what_is_left_open_the_view_decides(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],))
    with run:
        view = View(length=120, start=10, stop=60, reference=30, panes=(Pane(layer="rnn.l0"),))
        assert "at s = 30 that" in small_print(survival(run, view))
        assert "at s = 12 that" in small_print(draw(run, "survival", view, since=12))
        assert "at s = 7 that" in small_print(survival(run, start=7, stop=20))


@pytest.mark.parametrize(("cell", "options", "message"), [
    (RNN, {}, "it has no keep, so nothing of a state survives"),
    (GRU, {"since": 300}, "there is no timestep 300 in a sequence of 300"),
    (GRU, {"since": -1}, "there is no timestep -1"),
    (GRU, {"width": 30}, "at least 80 mm"),
])  # fmt: skip
def test_what_cannot_survive(tmp_path: Path, cell, options, message: str) -> None:
    run, _ = make(tmp_path / "run.h5", cell=cell)
    with run, pytest.raises(GruvizError, match=message):
        survival(run, **options)


def test_one_timestep_of_one_unit_is_legible(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:1],), units=1)
    with run:
        for figure in (survival(run), counts(run)):
            assert_legible(figure)


def test_counts_alone_are_those_of_the_recording(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5")
    with run:
        page = counts(run, start=20, stop=70)
        layer = run.layers["rnn.l0"]
        stored = layer.counts(slice(20, 70))
        assert_legible(page)
        drawn = {patch.get_gid(): patch for axes in page.axes for patch in axes.patches if patch.get_gid()}
        below = np.zeros(50)
        for number in range(4):
            below = below + stored[:, number]
            np.testing.assert_allclose(drawn[f"count-{number}"].get_data().values, below)
        assert "Retained: keep ≥ 0.9" in small_print(page)
        assert "overwritten" in texts(page)


def test_a_plain_network_has_no_counts(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", cell=RNN)
    with run, pytest.raises(GruvizError, match="it has no keep to class its units by"):
        counts(run)


def test_an_option_of_another_figure_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, _ = make(tmp_path / "run.h5")
    run.close()
    path, out = str(tmp_path / "run.h5"), str(tmp_path / "out.svg")
    assert main(["export", path, "survival", "--since", "9", "-o", out]) == 0
    assert main(["export", path, "gates", "--since", "9", "-o", out]) == 2
    assert "the figure gates has no option since: leave it out" in capsys.readouterr().err
