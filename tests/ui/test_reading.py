"""What the loader reads equals what was recorded, whichever way it comes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import gruviz.recording
from gruviz.cells import Thresholds
from gruviz.recording import classify
from gruviz.ui.reading import (
    BLOCK,
    CountsRequest,
    CurvesRequest,
    HeatmapRequest,
    RowsRequest,
    Source,
    TextRequest,
    Unfinished,
    _inputs,
    columns_for,
)
from gruviz.ui.reading._strips import strip_for

from .recordings import make, text


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory):
    layers = ("rnn.l0", "rnn.l0_reverse")
    path = make(tmp_path_factory.mktemp("reading") / "r.h5", (37, 5000), units=12, layers=layers, scale=3.0)
    with gruviz.recording.open(path) as recording:
        yield Source(recording)


@pytest.mark.parametrize("span", [1, 7, 100, 101, 1000, 4999, 5000])
@pytest.mark.parametrize("pixels", [1, 100, 800])
def test_columns_cover_the_range_and_are_no_finer_than_pixels(span: int, pixels: int) -> None:
    for start in (0, 1, 333):
        columns = columns_for(start, start + span, pixels)
        assert columns.start % columns.step == 0
        assert columns.start <= start < columns.start + columns.step
        assert columns.stop - columns.step < start + span <= columns.stop
        assert columns.count <= pixels + 1
        assert columns.step == 1 or span > columns.step / 2 * pixels  # and no coarser than needed


@pytest.mark.parametrize("reduction", ["mean", "min", "max"])
@pytest.mark.parametrize("quantity", ["update", "hidden"])
@pytest.mark.parametrize(("start", "stop"), [(0, 5000), (100, 900), (4000, 5000), (2000, 2090)])
def test_a_heatmap_is_the_reduction_of_its_values(
    source: Source, reduction, quantity: str, start: int, stop: int
) -> None:
    layer = source.recording.layers["rnn.l0"]
    values = layer[quantity][layer.slice(1)]
    for width, height in ((100, 100), (100, 5), (3, 1)):
        request = HeatmapRequest("h", "rnn.l0", 1, quantity, start, stop, width, height, reduction)
        heatmap = request.read(source)
        columns, reduce = heatmap.columns, getattr(np, reduction)
        edges = range(columns.start, min(columns.stop, 5000), columns.step)
        expected = np.array([reduce(values[edge : edge + columns.step], axis=0) for edge in edges])
        rows = range(0, 12, heatmap.units)
        expected = np.array([reduce(expected[:, row : row + heatmap.units], axis=1) for row in rows])
        assert heatmap.image.shape == expected.shape
        assert len(heatmap.image) <= height
        low = 0.0 if quantity == "update" else -heatmap.limit
        shown = heatmap.image / 254 * (heatmap.limit - low) + low
        off = np.abs(shown - expected)
        # The last column of a sequence may weigh its blocks alike, though the last block is shorter.
        assert off[:, :-1].max(initial=0) <= (heatmap.limit - low) / 508 + 1e-5


def test_a_scale_is_that_of_all_sequences(source: Source) -> None:
    layer = source.recording.layers["rnn.l0"]
    largest = np.abs(layer["hidden"][:]).max()
    for sequence in (0, 1):
        heatmap = HeatmapRequest("h", "rnn.l0", sequence, "hidden", 0, 37, 100, 100).read(source)
        assert largest <= heatmap.limit <= largest * 1.1
        assert HeatmapRequest("h", "rnn.l0", sequence, "update", 0, 37, 100, 100).read(source).limit == 1


def test_counts_stored_and_counted_anew_agree(source: Source) -> None:
    stored = CountsRequest("c", "rnn.l0", 1, 0, 5000, 6000, 50, Thresholds()).read(source)
    assert stored.columns.step == 1
    assert (stored.values.sum(axis=1) == 12).all()
    strict = CountsRequest("c", "rnn.l0", 1, 0, 5000, 6000, 50, Thresholds(0.99, 0.01)).read(source)
    keep = source.recording.layers["rnn.l0"]["update"][source.recording.layers["rnn.l0"].slice(1)]
    assert (strict.values[:, 0] == (keep >= 0.99).sum(axis=1)).all()
    assert (stored.values[:, 0] == (keep >= 0.9).sum(axis=1)).all()
    coarse = CountsRequest("c", "rnn.l0", 1, 0, 5000, 100, 50, Thresholds()).read(source)
    assert coarse.columns.step == 64
    assert np.allclose(coarse.values[0], stored.values[: coarse.columns.step].mean(axis=0))
    same = CountsRequest("c", "rnn.l0", 1, 0, 5000, 100, 50, Thresholds(0.9, 0.1 + 1e-7)).read(source)
    assert np.allclose(same.values[:-1, :2], coarse.values[:-1, :2])


def test_counting_anew_gives_way_and_goes_on(tmp_path: Path) -> None:
    path = make(tmp_path / "r.h5", (60_000,), units=64)
    with gruviz.recording.open(path) as recording:
        source, thresholds = Source(recording), Thresholds(0.8, 0.2)
        seen = CountsRequest("c", "rnn.l0", 0, 40_000, 40_500, 1000, 50, thresholds).read(source)
        assert not isinstance(seen, Unfinished)  # what is on show is counted first, and nothing else
        whole = CountsRequest("overview", "rnn.l0", 0, 0, 60_000, 500, 50, thresholds)
        recount = source.recount(recording.layers["rnn.l0"], 0, thresholds)
        assert np.isnan(recount[0:30_000]).all()
        assert np.isfinite(recount[40_000:40_500]).all()
        parts = 0
        while isinstance(answer := whole.read(source), Unfinished):
            unknown = np.isnan(answer.answer.values[:, 0])
            assert (answer.answer.image[:, unknown] == 4).all()
            assert (answer.answer.image[:, ~unknown] < 4).all()
            parts += 1
            assert parts < 1000
        keep = recording.layers["rnn.l0"]["update"][:]
        blocks = (keep >= 0.8).sum(axis=1)[: 60_000 // 128 * 128].reshape(-1, 128).mean(axis=1)
        assert np.allclose(answer.values[: len(blocks), 0], blocks, atol=1e-3)


def test_a_picture_that_takes_long_is_coarse_first(tmp_path: Path) -> None:
    with gruviz.recording.open(make(tmp_path / "r.h5", (20_000,), units=8)) as recording:
        source = Source(recording)
        source.tiles._rate = 100.0  # values a second: a very slow disk
        request = HeatmapRequest("h", "rnn.l0", 0, "update", 3000, 3900, 1000, 100)
        first = request.read(source)
        assert isinstance(first, Unfinished)
        exact = recording.layers["rnn.l0"]["update"][3000:3900].T
        level = recording.layers["rnn.l0"].blocks("update", 0, 16, 187, 244).mean.T
        image = np.repeat(level, 16, axis=1)[:, 3000 - 187 * 16 :][:, :900]
        assert np.abs(first.answer.image / 254 - image).max() < 0.003
        then = request.read(source)
        assert np.abs(then.image / 254 - exact).max() < 0.003
        assert then.columns == first.answer.columns


def test_the_tiles_ahead_are_read_and_old_ones_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with gruviz.recording.open(make(tmp_path / "r.h5", (20_000,), units=8)) as recording:
        source = Source(recording)
        one, two, three = (
            HeatmapRequest("h", "rnn.l0", 0, "update", start, start + 256, 300, 9) for start in (512, 768, 1024)
        )
        one.read(source)
        two.read(source)
        strip = strip_for(recording.layers["rnn.l0"], 0, "update", 1, "mean")
        assert source.tiles.seconds(strip, 1024, 1280) > 0
        two.look_ahead(source, one)
        assert source.tiles.seconds(strip, 1024, 1280) == 0
        assert np.array_equal(source.tiles.blocks(strip, 1024, 1280), recording.layers["rnn.l0"]["update"][1024:1280])
        assert source.tiles.seconds(strip, 256, 512) > 0
        two.look_ahead(source, three)  # coming from the right
        one.look_ahead(source, two)
        assert source.tiles.seconds(strip, 256, 512) == 0
        monkeypatch.setattr("gruviz.ui.reading._tiles.BUDGET", 5 * 256 * 8 * 4)
        for start in range(0, 19_000, 256):
            replace(one, start=start, stop=start + 256).read(source)
        assert source.tiles.held <= 5 * 256 * 8 * 4
        assert source.tiles.seconds(strip, 512, 768) > 0


def test_the_stack_shows_each_class_as_high_as_it_is(source: Source) -> None:
    counts = CountsRequest("c", "rnn.l0", 1, 100, 150, 800, 50, Thresholds()).read(source)
    assert counts.image.shape == (12, 50)
    for column in range(50):
        assert np.array_equal(np.bincount(counts.image[:, column], minlength=4), counts.values[column])
        assert (np.diff(counts.image[:, column].astype(int)) <= 0).all()  # retained at the bottom


@pytest.mark.parametrize("layer", ["rnn.l0", "rnn.l0_reverse"])
@pytest.mark.parametrize("block", [0, 1, 19])
def test_rows_around_the_cursor_are_exact(source: Source, layer: str, block: int) -> None:
    rows = RowsRequest("r", layer, 1, block).read(source)
    recorded = source.recording.layers[layer]
    here = slice(37 + block * BLOCK, 37 + min((block + 1) * BLOCK, 5000))
    assert (rows.start, len(rows)) == (block * BLOCK, here.stop - here.start)
    assert np.array_equal(rows.values["update"], recorded["update"][here])
    assert np.array_equal(rows.previous, recorded.previous("hidden", 1, block * BLOCK, here.stop - 37))
    assert rows.symbols == tuple(text(5037)[here])
    classes = classify(rows.values["update"], rows.values["hidden"], rows.previous)
    assert classes.shape == (len(rows), 12)


def test_text_is_cut_to_the_sequence(source: Source) -> None:
    read = TextRequest("t", "rnn.l0", 1, -100, 10**6).read(source)
    assert "".join(read.symbols) == text(5037)[37:]
    assert read.at(0) == text(38)[37]
    assert read.at(-1) is None
    assert read.at(5000) is None


def test_curves_have_gaps_where_values_were_missing(tmp_path: Path) -> None:
    values = np.stack([np.sin(np.arange(1000) / 9), np.arange(1000) / 100], axis=1).astype(np.float32)
    missing = np.zeros((1000, 2), bool)
    missing[200:260, 0] = True
    path = make(tmp_path / "s.h5", (1000,), values=values, missing=missing, columns=("a", "b"))
    with gruviz.recording.open(path) as recording:
        source = Source(recording)
        exact = CurvesRequest("c", "rnn.l0", 0, 0, 1000, 2000, 6).read(source)
        assert np.array_equal(np.isnan(exact.low), missing)
        assert np.array_equal(exact.low[~missing], values[~missing])
        assert exact.span == (values[~missing].min(), values[~missing].max())
        coarse = CurvesRequest("c", "rnn.l0", 0, 0, 1000, 100, 6).read(source)
        assert coarse.columns.step == 16
        assert np.isnan(coarse.low[13:16, 0]).all()
        assert not np.isnan(coarse.low[:, 1]).any()
        assert coarse.high[0, 1] == values[15, 1]
        assert coarse.low[0, 1] == values[0, 1]


@pytest.mark.parametrize("width", [10, 70, 300, 5000])
def test_long_input_is_read_in_pieces_and_only_what_is_drawn_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setattr(_inputs, "_PIECE", 1024)
    rng = np.random.default_rng(0)
    values = np.cumsum(rng.standard_normal((5000, 3)), 0, np.float32)
    values[:, 2] *= 1000  # is not drawn, and must not press flat what is
    values[130, 0], values[2000:2300, 1] = np.inf, np.nan
    path = make(tmp_path / "long.h5", (5000,), units=2, values=values, columns=("a", "b", "c"))
    with gruviz.recording.open(path) as recording:
        source, request = Source(recording), CurvesRequest("c", "rnn.l0", 0, 0, 5000, width, 2)
        told = [request.read(source)]
        while isinstance(told[-1], Unfinished):
            told.append(request.read(source))
    assert len(told) == 5
    curves, drawn = told[-1], values[:, :2]
    if curves.columns.step >= 64:
        assert np.isnan(told[0].answer.low[-1]).all()
    starts = np.arange(0, 5000, curves.columns.step)
    assert np.array_equal(curves.low, np.fmin.reduceat(drawn, starts), equal_nan=True)
    assert np.array_equal(curves.high, np.fmax.reduceat(drawn, starts), equal_nan=True)
    finite = drawn[np.isfinite(drawn)]
    assert curves.span == (finite.min(), finite.max())


def test_a_value_that_is_none_has_its_own_colour(tmp_path: Path) -> None:
    path = make(tmp_path / "nan.h5", (100,), units=4, scale=float("nan"))
    with gruviz.recording.open(path) as recording:
        heatmap = HeatmapRequest("h", "rnn.l0", 0, "hidden", 0, 100, 100, 100).read(Source(recording))
        assert (heatmap.image == 255).all()
        assert heatmap.limit == 1
