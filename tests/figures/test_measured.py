"""Timescales and saturation, drawn."""

from pathlib import Path

import numpy as np
import pytest

from gruviz import analysis
from gruviz.cells import GRU, LSTM, RNN
from gruviz.cli import main
from gruviz.errors import GruvizError
from gruviz.figures import Page, saturation, timescales
from gruviz.view import View, saturate

from .made import TEXT, assert_legible, content, make, small_print, texts, write


def dots(page: Page, gid: str) -> tuple[np.ndarray, np.ndarray]:
    (found,) = (line for axes in page.axes for line in axes.lines if line.get_gid() == gid)
    return np.asarray(found.get_xdata()), np.asarray(found.get_ydata())


def histogram(page: Page, name: str) -> np.ndarray:
    (found,) = (each for axes in page.axes for each in axes.patches if each.get_gid() == f"histogram {name}")
    return np.asarray(found.get_data().values)


@pytest.mark.parametrize("cell", [GRU, LSTM])
def test_dots_are_the_timescales_of_the_range(tmp_path: Path, cell) -> None:
    run, (values,) = make(tmp_path / "run.h5", (TEXT[:300],), units=9, cell=cell)
    with run:
        page = timescales(run, start=20, stop=220)
        assert_legible(page)
    keep, state = values[cell.keep][20:220], values[cell.state][20:220]
    times, symbol = analysis.timescales(keep), cell[cell.keep].symbol
    order = np.argsort(-times.of_log)
    for gid, expected in (
        (f"−1/mean(ln {symbol})", times.of_log),
        (f"−1/ln(mean {symbol})", times.of_mean),
        ("autocorrelation", analysis.autocorrelation_time(state)),
    ):
        ranks, drawn = dots(page, gid)
        np.testing.assert_allclose(drawn, np.clip(expected, 0.1, None), rtol=1e-5)
        assert histogram(page, gid).sum() == 9
        if expected is times.of_log:
            assert ranks[order].tolist() == list(range(1, 10))
    (spread,) = (each for axes in page.axes for each in axes.collections if each.get_gid() == "spread")
    low = [segment[0, 1] for segment in spread.get_segments()]
    np.testing.assert_allclose(low, np.clip(times.quartiles[0], 0.1, None), rtol=1e-5)
    assert "timesteps 20 to 219" in small_print(page)
    assert "The direct path alone" in small_print(page)


def test_a_plain_network_has_the_autocorrelation_alone(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", cell=RNN)
    with run:
        page = timescales(run)
        assert_legible(page)
        assert "direct path" not in small_print(page)
        assert not [line for axes in page.axes for line in axes.lines if "ln" in str(line.get_gid())]


def test_what_never_forgets_stands_at_the_end_and_is_told(tmp_path: Path) -> None:
    values = content(GRU, 50, 3)
    values["update"][:, 0] = 1.0
    values["hidden"][:, 1] = 0.25
    with write(tmp_path / "run.h5", GRU, values) as run:
        page = timescales(run)
        assert_legible(page)
    _, drawn = dots(page, "−1/mean(ln z)")
    assert np.isfinite(drawn).all()
    assert drawn[0] == max(axes.get_ylim()[1] for axes in page.axes if axes.get_yscale() == "log")
    assert "2 beyond the ends of the axis, drawn there; 1 not known in this range" in small_print(page)


def test_time_is_told_in_its_own_unit_too(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (np.zeros((80, 1), np.float32),), rate=50.0)
    with run:
        page = timescales(run)
        assert_legible(page)
        assert {"s", "steps"} <= set(texts(page))
        seconds = [axes for axes in page.axes if axes.yaxis.get_ticks_position() == "right"]
        places = {
            label.get_text(): at
            for at, label in zip(seconds[0].get_yticks(), seconds[0].get_yticklabels(), strict=True)
        }
        assert places["0.01"] == pytest.approx(0.5)  # timesteps at 50 a second


@pytest.mark.parametrize("cell", [GRU, LSTM])
def test_a_dot_is_how_often_a_gate_is_saturated(tmp_path: Path, cell) -> None:
    run, (values,) = make(tmp_path / "run.h5", units=20, cell=cell)
    gates = [quantity.name for quantity in cell.quantities if quantity.fraction]
    with run:
        page = saturation(run, start=50, stop=250, units=(3, 8, 1), sides=(0.2, 0.7))
        assert_legible(page)
        for width in (85, 170):
            assert_legible(saturation(run, width=width))
        viewed = saturation(run, saturate(View(), 0.3, 0.6))
    assert sum(len(axes.lines) == 2 for axes in page.axes) == len(gates)
    for gate in gates:
        expected = analysis.saturation(values[gate][50:250], 0.2, 0.7)
        left, right = dots(page, f"saturation-{gate}")
        np.testing.assert_allclose(left, expected.left[[3, 8, 1]])
        np.testing.assert_allclose(right, expected.right[[3, 8, 1]])
    assert "(< 0.2)" in small_print(page)
    assert "(> 0.6)" in small_print(viewed)
    assert page.provenance.command[page.provenance.command.index("--sides") + 1] == "0.2,0.7"


@pytest.mark.parametrize(("cell", "options", "message"), [
    (RNN, {}, "a plain RNN: it has no gates"),
    (GRU, {"sides": (0.9, 0.1)}, "cannot be left-saturated below 0.9 and right-saturated above 0.1"),
    (GRU, {"quantities": ("hidden",)}, "hidden is no gate: choose among update, reset"),
    (LSTM, {"quantities": ("update",)}, "no quantity update"),
])  # fmt: skip
def test_what_has_no_saturation(tmp_path: Path, cell, options, message: str) -> None:
    run, _ = make(tmp_path / "run.h5", cell=cell)
    with run, pytest.raises(GruvizError, match=message):
        saturation(run, **options)


def test_one_timestep_of_one_unit_is_legible(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:1],), units=1)
    with run:
        assert_legible(timescales(run))
        assert_legible(saturation(run))


def test_they_are_exported_without_a_screen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, _ = make(tmp_path / "run.h5")
    run.close()
    path, out = str(tmp_path / "run.h5"), str(tmp_path / "out.pdf")
    assert main(["export", path, "timescales", "-o", out]) == 0
    assert main(["export", path, "saturation", "--sides", "0.2,0.8", "-o", out]) == 0
    assert main(["export", path, "saturation", "--sides", "0.2", "-o", out]) == 2
    assert "write 0.1,0.9" in capsys.readouterr().err
