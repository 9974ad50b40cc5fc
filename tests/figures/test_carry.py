"""Carry and write, drawn."""

from pathlib import Path

import numpy as np
import pytest

from gruviz import palette
from gruviz.analysis import candidate_weights, derived, through_reset
from gruviz.cells import GRU, LSTM, RNN
from gruviz.errors import GruvizError
from gruviz.figures import Page, carry
from gruviz.figures._carry import worked_out
from gruviz.figures._columns import fit
from gruviz.recording import open as open_recording

from .made import TEXT, assert_legible, content, initial, make, pixels, previous, small_print, texts, write

DEMO = Path(__file__).parents[2] / "assets" / "demo.h5"


def line(page: Page, name: str, unit: int) -> np.ndarray:
    (found,) = (each for axes in page.axes for each in axes.lines if each.get_gid() == f"{name}-{unit}")
    return np.asarray(found.get_ydata())


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("cell", [GRU, LSTM])
def test_lines_hold_what_is_carried_written_and_changed(tmp_path: Path, cell, backward: bool) -> None:
    run, (values,) = make(tmp_path / "run.h5", (TEXT[:100],), cell=cell, backward=backward)
    before = previous(values[cell.state], initial(cell, 6)[cell.state], backward)
    write_gate = values["input"] if cell is LSTM else 1 - values["update"]
    with run:
        page = carry(run, units=(4, 1))
        assert_legible(page)
    for unit in (4, 1):
        carried = np.abs(values[cell.keep] * before)[:, unit]
        np.testing.assert_allclose(line(page, "carried", unit), carried, atol=1e-6)
        np.testing.assert_allclose(
            line(page, "written", unit), np.abs(write_gate * values["candidate"])[:, unit], atol=1e-6
        )
        np.testing.assert_allclose(line(page, "change", unit), (values[cell.state] - before)[:, unit], atol=1e-6)
        assert np.abs(line(page, "change", unit)).max() <= page.axes[-1].get_ylim()[1]


def test_heatmaps_have_the_colours_of_their_values(tmp_path: Path) -> None:
    run, (values,) = make(tmp_path / "run.h5", (TEXT[:50],), units=7)
    before = previous(values["hidden"], initial(GRU, 7)["hidden"])
    with run:
        page = carry(run)
        assert_legible(page)
    shown = {each.name: each for each in derived(GRU)}
    for name, expected, low, high in (
        ("carried", np.abs(values["update"] * before), 0, 1),
        ("written", np.abs((1 - values["update"]) * values["candidate"]), 0, 1),
        ("change", values["hidden"] - before, -2, 2),
    ):
        table = palette.colour_map(shown[name])
        wanted = table[np.rint((expected.T - low) / (high - low) * 255).astype(int)].astype(int)
        assert np.abs(pixels(page, name).astype(int) - wanted).max() <= 6  # a colour next to it, where it is rounded
    assert "held back" not in texts(page)  # this recording has no weights
    assert "Carried over |z h′|; written |(1 − z) n|" in small_print(page)


def test_what_the_reset_held_back_is_there_where_the_weights_are() -> None:
    with open_recording(DEMO) as run:
        layer = run.layers["rnn.l0"]
        page = carry(run, units=(7,), quantities=("held", "read"), start=3, stop=40)
        assert_legible(page)
        assert "held back" in texts(carry(run, stop=30))
        weight, bias = candidate_weights(run, layer)
        both = through_reset(layer["reset"][3:40], layer.previous("hidden", 0, 3, 40), weight, bias, layer.reset)
        write_gate = 1 - layer["update"][3:40]
    for name, part in (("read", 0), ("held", 1)):
        np.testing.assert_allclose(line(page, name, 7), (write_gate * np.abs(both[part]))[:, 7], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("how", ["mean", "min", "max"])
@pytest.mark.parametrize("most", [7, 50, 1000])
def test_a_long_range_is_reduced(tmp_path: Path, how, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gruviz.figures._carry._VALUES", 600)
    values = content(GRU, 1500, 3)
    with write(tmp_path / "run.h5", GRU, values) as run:
        columns = fit(run.layers["rnn.l0"], 37, 1411, most)
        found = worked_out(run.layers["rnn.l0"], 0, "change", columns, how, None)
    moved = values["hidden"] - previous(values["hidden"], initial(GRU, 3)["hidden"])
    edges = zip(columns.edges, columns.edges[1:], strict=False)
    expected = [getattr(moved[a:b], how)(axis=0) for a, b in edges]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_plain_network_only_changes(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", cell=RNN)
    with run:
        assert_legible(carry(run))
        with pytest.raises(GruvizError, match=r"there is no carried to draw: .* has change"):
            carry(run, quantities=("carried",))


def test_what_cannot_be_drawn(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5")
    with run:
        with pytest.raises(GruvizError, match="does not hold the weights of"):
            carry(run, quantities=("held",))
        with pytest.raises(GruvizError, match="nothing chosen"):
            carry(run, quantities=())
        with pytest.raises(TypeError, match="no option colour"):
            carry(run, colour="red")


def test_one_timestep_of_one_unit_is_legible(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:1],), units=1)
    with run:
        assert_legible(carry(run))
        assert_legible(carry(run, units=(0,)))
