"""The numbers that are saved are those that are drawn."""

import csv
from pathlib import Path

import numpy as np
import pytest

from gruviz.cells import CLASSES, GRU, LSTM
from gruviz.figures import Page, carry, draw, gates, saturation, save, timeline
from gruviz.figures._heatmap import paint
from gruviz.palette import colour_map

from .made import TEXT, image
from .test_every_figure import EVERY, OWN, make


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def column(rows: list[dict[str, str]], name: str, **at: str) -> np.ndarray:
    return np.array([float(row["value"]) for row in rows if row["name"] == name and at.items() <= row.items()])


@pytest.mark.parametrize("cell", [GRU, LSTM])
def test_the_table_holds_what_a_heatmap_is_painted_of(tmp_path: Path, cell) -> None:
    run, (values,) = make(tmp_path / "run.h5", (TEXT[:120],), cell=cell)
    with run:
        page = gates(run, start=20, stop=70, units=(4, 0, 2))
        rows = table(save(page, tmp_path / "out.csv"))
    for quantity in (each for each in cell.quantities if each.kind != "candidate"):
        told = column(rows, quantity.name).reshape(50, 3)
        np.testing.assert_array_equal(told.astype(np.float32), values[quantity.name][20:70][:, [4, 0, 2]])
        low, high = (0.0, 1.0) if quantity.fraction else (-1.0, 1.0)
        painted = paint(told.T.astype(np.float32), colour_map(quantity), low, high)
        np.testing.assert_array_equal(np.asarray(image(page, quantity.name).get_array()), painted)
    assert [row["value"] for row in rows if row["name"] == "x"] == list(TEXT[20:70])
    counted = np.array([column(rows, "counts", **{"class": name}) for name in CLASSES])
    np.testing.assert_array_equal(counted.sum(axis=0), 3)
    assert rows[50] | {"value": ""} == {
        "name": cell.quantities[0].name,
        "timestep": "20",
        "unit": "4",
        "class": "",
        "value": "",
    }


def test_the_points_of_lines(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],))
    with run:
        page = timeline(run, stop=80, units=(3, 1), reduction="max")
        rows = table(save(page, tmp_path / "out.csv"))
        drawn = {line.get_gid(): line for axes in page.axes for line in axes.lines if line.get_gid()}
        for name in ("update", "hidden"):
            told = column(rows, name, unit="1")
            low = 0.0 if name == "update" else -1.0
            np.testing.assert_allclose(drawn[f"{name}-1"].get_ydata(), (told - low) / (1 - low), atol=1e-7)
        page = carry(run, stop=80, units=(3, 1))
        told = table(save(page, tmp_path / "carry.csv"))
        drawn = {line.get_gid(): line for axes in page.axes for line in axes.lines if line.get_gid()}
        np.testing.assert_array_equal(
            column(told, "change", unit="3").astype(np.float32), drawn["change-3"].get_ydata()
        )
        page = saturation(run)
        rows = table(save(page, tmp_path / "saturation.csv"))
        (dots,) = (line for axes in page.axes for line in axes.lines if line.get_gid() == "saturation-reset")
        np.testing.assert_array_equal(column(rows, "reset", side="left"), dots.get_xdata())
        np.testing.assert_array_equal(column(rows, "reset", side="right"), dots.get_ydata())


@pytest.mark.parametrize("name", EVERY)
def test_both_formats_hold_the_same_and_every_figure_has_some(tmp_path: Path, name: str) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],))
    with run:
        page = draw(run, name, start=20, stop=70, **OWN.get(name, {}))
    rows = table(save(page, tmp_path / "out.csv"))
    with np.load(save(page, tmp_path / "out.npz")) as arrays:
        names = [key for key in arrays if "." not in key and key != "provenance"]
        assert set(names) == {row["name"] for row in rows} == {each.name for each in page.plotted}
        for key in names:
            assert arrays[f"{key}.about"]
            if arrays[key].dtype.kind == "f":
                np.testing.assert_array_equal(column(rows, key).astype(arrays[key].dtype), arrays[key].reshape(-1))
    assert names, page


def test_floats_are_written_so_that_nothing_is_lost(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:50],))
    with run:
        page: Page = gates(run, stop=10)
    values = np.array([1 / 3, -0.0, np.nan, np.inf, 1e-42, 16777217.0])
    page.hold("single", values.astype(np.float32), "made up", place=np.arange(6))
    page.hold('double, of "two"', values, "made up", place=np.arange(6))
    rows = table(save(page, tmp_path / "out.csv"))
    np.testing.assert_array_equal(column(rows, "single").astype(np.float32), values.astype(np.float32))
    np.testing.assert_array_equal(column(rows, 'double, of "two"'), values)


def test_numbers_without_places_are_refused(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:50],))
    with run:
        page = gates(run, stop=10)
    with pytest.raises(ValueError, match=r"extra has the shape \(3,\), its places \(2,\)"):
        page.hold("extra", np.zeros(3), "made up", place=np.arange(2))
    with pytest.raises(ValueError, match="there are two update"):
        page.hold("update", np.zeros(3), "made up", place=np.arange(3))
