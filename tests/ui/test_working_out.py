"""What the loader works out equals what whole arrays give, whichever stretch and resolution it is asked for."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import gruviz.recording
from gruviz.analysis import CARRIED, CHANGE, HELD, HORIZONS, SURVIVAL, WRITTEN, composition, horizon, survival
from gruviz.cells import Cell
from gruviz.errors import GruvizError
from gruviz.recording import Block
from gruviz.ui.reading import (
    DerivedRequest,
    Heatmap,
    MemoryRequest,
    PointRequest,
    Request,
    Source,
    SurvivalRequest,
    Survived,
    Unfinished,
)
from gruviz.ui.reading import _derived as derived_reading

from .recordings import drawn, make

LENGTH, UNITS = 9000, 5
LAYERS = ("rnn.l0", "rnn.l0_reverse")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    """A short sequence, and a long one: units that forget at once, in some ten, hundred, thousand steps, and never."""
    path, values = tmp_path_factory.mktemp("working") / "out.h5", np.random.default_rng(3).random((37 + LENGTH, 1))
    values = values.astype(np.float32)
    make(path, (37, LENGTH), units=UNITS, layers=LAYERS, values=values, columns=["x"], draw=_fading)
    with gruviz.recording.open(path) as recording:
        yield Source(recording)


def _fading(rng: np.random.Generator, cell: Cell, count: int, units: int, scale: float) -> Block:
    block = drawn(rng, cell, count, units, scale)
    keep = block.values["update"]
    keep[:] = 1 - keep * np.array([1, 0.1, 0.01, 0.001, 0], np.float32)
    keep[count // 2, 1] = 0.0
    return block


def answer(source: Source, request: Request) -> tuple[Heatmap, int]:
    """The finished answer, and how many came before it."""
    for turns in range(10_000):
        found = request.read(source)
        if not isinstance(found, Unfinished):
            return found, turns
    raise AssertionError("it never ends")


def since(layer: str, sequence: int, s: int, source: Source) -> np.ndarray:
    """Survival in the sequence's own time order."""
    found = source.recording.layers[layer]
    keep = found.processing("update", sequence)
    if not found.backward:
        return survival(keep, s)
    return survival(keep, len(keep) - 1 - s)[::-1]


def columns_of(values: np.ndarray, heatmap: Heatmap, reduction: str) -> np.ndarray:
    columns = heatmap.columns
    edges = range(columns.start, min(columns.stop, len(values)), columns.step)
    reduce = {"mean": np.nanmean, "min": np.nanmin, "max": np.nanmax}[reduction]
    with np.errstate(invalid="ignore"):
        parts = [values[edge : edge + columns.step] for edge in edges]
        return np.array([np.full(UNITS, np.nan) if np.isnan(p).all() else reduce(p, axis=0) for p in parts])


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("reduction", ["mean", "min", "max"])
@pytest.mark.parametrize(
    ("start", "stop", "width"),
    [(0, LENGTH, 100), (0, LENGTH, 8), (4300, 4700, 400), (100, 8000, 500), (8990, 9000, 10)],
)
def test_survival_is_drawn_exactly_up_to_columns_of_a_thousand_steps(
    source: Source, layer: str, reduction: str, start: int, stop: int, width: int
) -> None:
    for s in (0, 4321, LENGTH - 1):
        request = _survival(layer, 1, start, stop, width, s, reduction)
        heatmap, _ = answer(source, request)
        assert isinstance(heatmap, Survived)
        assert heatmap.since == s
        exact = since(layer, 1, s, source)
        expected = columns_of(exact, heatmap, reduction)
        shown = np.where(heatmap.image.T == 255, np.nan, heatmap.image.T / 254)
        assert np.array_equal(np.isnan(shown), np.isnan(expected))
        assert heatmap.sampled == (heatmap.columns.step > 1024)
        off = np.nanmax(np.abs(shown - expected), initial=0)
        assert off <= 1 / 508 + 1e-5 or heatmap.sampled
        # Between the ends of blocks of 1,024 steps it may fade otherwise than evenly, but ends are exact.
        low, high = columns_of(exact, heatmap, "min"), columns_of(exact, heatmap, "max")
        slow = slice(2, None)
        assert (shown[:, slow] >= low[:, slow] - 0.25)[~np.isnan(low[:, slow])].all()
        assert (shown[:, slow] <= high[:, slow] + 0.25)[~np.isnan(low[:, slow])].all()
        known = ~np.isnan(expected[:, 0])
        assert np.array_equal(np.isfinite(heatmap.median), known)
        if not heatmap.sampled:
            np.testing.assert_allclose(heatmap.median[known], np.median(expected[known], axis=1), atol=1e-5)


def _survival(layer: str, sequence: int, start: int, stop: int, width: int, s: int, reduction: str = "mean") -> Request:
    return SurvivalRequest("derived survival", layer, sequence, SURVIVAL, start, stop, width, 100, reduction, since=s)


@pytest.mark.parametrize("layer", LAYERS)
def test_horizons_are_those_of_the_median_and_values_are_read_off_exactly(source: Source, layer: str) -> None:
    s = 3000
    heatmap, _ = answer(source, _survival(layer, 1, 0, LENGTH, 400, s))
    exact = since(layer, 1, s, source)
    turn = slice(None, None, -1 if layer.endswith("reverse") else 1)
    median = np.median(exact[turn], axis=1)
    places = [int(horizon(median, below)) for below in HORIZONS]
    expected = tuple(None if p == LENGTH else LENGTH - 1 - p if turn.step == -1 else p for p in places)
    assert heatmap.horizons == expected
    assert None not in expected
    lasted = [int(place) for place in horizon(exact[turn])]
    assert max(lasted) == LENGTH  # one never forgets
    expected = [-1 if p == LENGTH else LENGTH - 1 - p if turn.step == -1 else p for p in lasted]
    assert heatmap.lasting.tolist() == expected
    for timestep in (s, s - 1, s + 1, s - 900, s + 900, 0, LENGTH - 1):
        for unit in range(UNITS):
            point = PointRequest("point", layer, 1, timestep, unit, (SURVIVAL,), s).read(source)
            np.testing.assert_allclose(point.values[SURVIVAL], exact[timestep, unit], atol=1e-6)
    elsewhere = PointRequest("point", layer, 1, s, 0, (SURVIVAL,), s + 1).read(source)
    assert np.isnan(elsewhere.values[SURVIVAL])  # nobody has looked at that one


def test_it_comes_a_piece_at_a_time(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("_derived", "_survival", "_memory"):
        name = "_TURN" if module == "_memory" else "TURN"
        monkeypatch.setattr(f"gruviz.ui.reading.{module}.{name}", -1.0)
    source.known.pop("fade", None)
    request = _survival("rnn.l0", 1, 0, LENGTH, 300, 10)
    first = request.read(source)
    assert isinstance(first, Unfinished)
    assert np.isnan(first.answer.median[-1])
    again, turns = answer(source, request)
    assert turns > 4
    assert np.isfinite(again.median[1:]).all()
    whole, turns = answer(source, MemoryRequest("memory", "rnn.l0", 1, LENGTH - 1, None))
    assert turns > 4
    np.testing.assert_allclose(whole.total, 1, atol=1e-6)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("name", [CARRIED, WRITTEN, CHANGE])
def test_parts_of_the_new_state_are_worked_out_exactly_zoomed_in_and_by_stretches_zoomed_out(
    source: Source, layer: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = source.recording.layers[layer]
    rows = found.slice(1)
    keep, candidate, old = found["update"][rows], found["candidate"][rows], found.previous("hidden", 1, 0, LENGTH)
    change = found["hidden"][rows] - old
    values = {CARRIED: np.abs(keep * old), WRITTEN: np.abs((1 - keep) * candidate), CHANGE: change}[name]
    low = -1.0 if name == CHANGE else 0.0
    for start, stop, width in ((4000, 4100, 100), (100, 8000, 300), (0, LENGTH, 4)):
        for reduction in ("mean", "max"):
            request = DerivedRequest("derived", layer, 1, name, start, stop, width, 100, reduction)
            heatmap, _ = answer(source, request)
            shown = heatmap.image.T / 254 * (heatmap.limit - low) + low
            exact = np.clip(columns_of(values, heatmap, reduction), low, heatmap.limit)
            assert not heatmap.sampled
            assert np.abs(shown - exact)[:-1].max() <= (heatmap.limit - low) / 508 + 1e-5
    monkeypatch.setattr(derived_reading, "_ENOUGH", 2048 * UNITS)
    heatmap, _ = answer(source, DerivedRequest("some", layer, 1, name, 0, LENGTH, 40, 100))
    assert heatmap.sampled
    shown = heatmap.image.T / 254 * (heatmap.limit - low) + low
    exact = columns_of(values, heatmap, "mean")
    read = np.arange(len(exact)) * heatmap.columns.step % 8192 < 1024
    assert np.abs(shown - exact)[read][:-1].max() <= (heatmap.limit - low) / 508 + 1e-5
    assert np.array_equal(shown[4:32], np.broadcast_to(shown[3], shown[4:32].shape))


def test_without_weights_it_says_what_is_lacking(source: Source) -> None:
    with pytest.raises(GruvizError, match="does not hold the weights"):
        DerivedRequest("derived", "rnn.l0", 1, HELD, 0, 100, 100, 100).read(source)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("units", [None, (0,), (1, 4), (0, 1, 2, 3, 4)])
def test_a_state_is_made_of_what_its_composition_says(
    source: Source, layer: str, units: tuple[int, ...] | None
) -> None:
    found = source.recording.layers[layer]
    keep, candidate = found.processing("update", 1), found.processing("candidate", 1)
    for t in (0, 300, LENGTH - 1):
        memory, _ = answer(source, MemoryRequest("memory", layer, 1, t, units))
        at = LENGTH - 1 - t if found.backward else t
        weights = composition(keep, at)[:, slice(None) if units is None else list(units)]
        written = weights[1:] * candidate[: at + 1, slice(None) if units is None else list(units)]
        given = written.mean(axis=1)
        mean = weights[1:].mean(axis=1)
        if found.backward:
            mean, given = mean[::-1], given[::-1]
        first = t if found.backward else 0
        told = memory.of(first, first + len(mean))
        assert np.abs(told - mean)[told > 0].max() < 1e-9
        assert np.abs(told - mean).max() < 1e-6
        assert memory.total == pytest.approx(1, abs=1e-6)
        assert memory.initial == (memory.followed == at + 1)
        listed = [share.weight for share in memory.shares]
        assert listed == sorted(listed, reverse=True)
        for share in memory.shares[:20]:
            assert share.weight == pytest.approx(mean[share.timestep - first], abs=1e-12)
            assert share.contribution == pytest.approx(given[share.timestep - first], abs=1e-6)
            value = found.tape.values(found.slice(1))[share.timestep, 0]
            assert share.words == f"{value:.4g}"
        if units in ((0,), None):
            assert memory.followed == (at + 1 if units is None else min(at + 1, 64))


def test_an_lstm_has_two_gates(tmp_path: Path) -> None:
    path = make(tmp_path / "lstm.h5", (300,), cell="lstm", units=4)
    with gruviz.recording.open(path) as run:
        layer, source = run.layers["rnn.l0"], Source(run)
        memory, _ = answer(source, MemoryRequest("memory", "rnn.l0", 0, 200, (2,)))
        weights = composition(layer["forget"][:], 200, layer["input"][:])[:, 2]
        np.testing.assert_allclose(memory.of(0, 201)[-50:], weights[-50:], atol=1e-9)
        assert memory.total == pytest.approx(weights.sum(), abs=1e-5)
        assert abs(memory.total - 1) > 0.1
        assert memory.state == pytest.approx(layer["cell"][200, 2])
        with pytest.raises(GruvizError, match="only a GRU has one"):
            DerivedRequest("derived", "rnn.l0", 0, HELD, 0, 100, 100, 100).read(source)


def test_a_plain_rnn_has_nothing_that_keeps(tmp_path: Path) -> None:
    with gruviz.recording.open(make(tmp_path / "rnn.h5", (30,), cell="rnn", units=4)) as run:
        source = Source(run)
        with pytest.raises(GruvizError, match="no gate that keeps"):
            MemoryRequest("memory", "rnn.l0", 0, 20, None).read(source)
        with pytest.raises(GruvizError, match="no gate that keeps"):
            _survival("rnn.l0", 0, 0, 30, 30, 3).read(source)
        moved, _ = answer(source, DerivedRequest("derived", "rnn.l0", 0, CHANGE, 0, 30, 30, 100))
        assert moved.columns.count == 30
