"""Gradients in columns of the screen are the least and the greatest of what the file holds, in either direction."""

from collections.abc import Iterator

import numpy as np
import pytest

import gruviz.recording
from gruviz.analysis import vanishing
from gruviz.recording import GradientWriter
from gruviz.ui.reading import (
    GradientAtRequest,
    GradientsRequest,
    PairRequest,
    SensitivityRequest,
    Source,
    facts_of,
)

from .recordings import make

LENGTH, UNITS, LAGS = 5000, 4, 6
LAYERS = ("rnn.l0", "rnn.l0_reverse")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    """A short sequence of which nothing is known, and a long one."""
    path, rng = tmp_path_factory.mktemp("gradients") / "run.h5", np.random.default_rng(3)
    make(path, (37, LENGTH), units=UNITS, layers=LAYERS, values=rng.random((37 + LENGTH, 1), np.float32), columns=["x"])
    with gruviz.recording.open(path) as recording, GradientWriter(recording) as writer:
        for layer in LAYERS:
            last = 0 if layer.endswith("reverse") else LENGTH - 1
            norms = rng.normal(-2, 2, LENGTH)
            norms[100:200] = -np.inf
            writer.of_loss(layer, 1, last, "squared error")
            writer.write(layer, 1, 0, {"norm_hidden": norms, "step_norm": np.exp(rng.normal(size=LENGTH))})
            writer.write(layer, 1, 0, {"growth": rng.normal(size=LENGTH), "connectivity": rng.random((LENGTH, LAGS))})
            writer.write(layer, 1, 600, {"step_radius": np.array([0.5], np.float32)})
            writer.of_since(layer, 1, 2000)
            first = 1500 if last == 0 else 2000
            writer.write(layer, 1, first, {"spread_hidden": rng.normal(size=501)})
    with gruviz.recording.open(path) as recording:
        yield Source(recording)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize(("start", "stop", "width"), [(0, LENGTH, 90), (0, LENGTH, 1), (37, 300, 800), (4990, 5000, 4)])
def test_columns_hold_the_least_and_the_greatest(
    source: Source, monkeypatch: pytest.MonkeyPatch, layer: str, start: int, stop: int, width: int
) -> None:
    monkeypatch.setattr("gruviz.ui.reading._gradients._PIECE", 700)
    held = source.recording.layers[layer]
    norms = held.gradient.read("norm_hidden", held.slice(1))
    steps = np.log10(held.gradient.read("step_norm", held.slice(1)).astype(float))
    for what, name, exact in (("gradient", "norm_hidden", norms), ("steps", "step_norm", steps)):
        found = GradientsRequest("g", layer, 1, what, start, stop, width).read(source)
        columns = found.columns
        edges = range(columns.start, min(columns.stop, LENGTH), columns.step)
        parts = [exact[edge : edge + columns.step] for edge in edges]
        np.testing.assert_array_equal(found.courses[name].low, [part.min() for part in parts])
        np.testing.assert_array_equal(found.courses[name].high, [part.max() for part in parts])
        known = exact[np.isfinite(exact)]
        assert found.scale[0] <= known.min()
        assert found.scale[1] >= known.max()
        if what == "gradient":
            last = 0 if held.backward else LENGTH - 1
            assert found.fixed == last
            assert found.against == norms[last]
            marks = [vanishing(part, norms[last]) for part in parts]
            expected = [1 if (mark > 0).any() else -1 if (mark < 0).any() else 0 for mark in marks]
            np.testing.assert_array_equal(found.marks, expected)


@pytest.mark.parametrize("layer", LAYERS)
def test_paths_are_those_from_the_timestep_that_was_followed(source: Source, layer: str) -> None:
    held = source.recording.layers[layer]
    spread = held.gradient.read("spread_hidden", held.slice(1))
    found = GradientsRequest("g", layer, 1, "paths", 1400, 2600, 5000, reference=2000).read(source)
    assert (found.fixed, found.since) == (2000, True)
    np.testing.assert_array_equal(found.courses["total"].low, spread[1400:2600])
    keep = held["update"][held.slice(1)].astype(float)
    later = slice(1500, 2000) if held.backward else slice(2001, 2501)
    after = keep[later][::-1] if held.backward else keep[later]
    direct = np.log10(np.cumprod(after, axis=0)).max(axis=1)
    shown = found.courses["direct"].low[later.start - 1400 : later.stop - 1400]
    np.testing.assert_allclose(shown[::-1] if held.backward else shown, direct)
    assert GradientsRequest("g", layer, 1, "paths", 1400, 2600, 5000, reference=7).read(source) is None
    t = 1700 if held.backward else 2300
    pair = PairRequest("p", layer, 1, t, 2000).read(source)
    assert (pair.s, pair.t, pair.total) == (2000, t, spread[t])
    for timestep, reference in ((t, 7), (t, None), (4000 - t, 2000)):  # not followed; not marked; before it
        assert PairRequest("p", layer, 1, timestep, reference).read(source) is None


def test_of_a_sequence_without_any_nothing_is_known(source: Source) -> None:
    for what in ("gradient", "steps", "paths"):
        assert GradientsRequest("g", "rnn.l0", 0, what, 0, 37, 100).read(source) is None
    assert GradientAtRequest("a", "rnn.l0", 0, 5, None).read(source).known == ()
    assert SensitivityRequest("s", "rnn.l0", 0, 5).read(source) is None
    assert facts_of(source.recording).layers["rnn.l0"].measured


@pytest.mark.parametrize("layer", LAYERS)
def test_one_timestep_is_told_as_the_file_has_it(source: Source, layer: str) -> None:
    held = source.recording.layers[layer]
    gradient, rows = held.gradient, held.slice(1)
    found = GradientAtRequest("a", layer, 1, 700, None).read(source)
    assert set(found.known) == {"norm_hidden", "step_norm", "step_radius", "growth", "spread_hidden", "connectivity"}
    assert found.norms["norm_hidden"] == gradient.read("norm_hidden", rows)[700]
    assert np.isnan(found.norms["norm_cell"])
    assert found.radius == (600, 0.5)
    assert found.mean_growth == pytest.approx(gradient.read("growth", rows).mean())
    growth, turn = gradient.read("growth", rows), -1 if held.backward else 1
    for s in (600, 700, 800):
        spanned = GradientAtRequest("a", layer, 1, 700, s).read(source).span_growth
        later = (700 - s) * turn
        steps = growth[700:s] if held.backward else growth[s + 1 : 701]
        assert spanned == pytest.approx(steps.sum(), abs=1e-9) if later >= 0 else np.isnan(spanned)
    assert (found.error, found.since, found.reached, found.pair) == ("squared error", 2000, None, None)
    shaded = SensitivityRequest("s", layer, 1, 700).read(source)  # of the first layer of the tape
    assert (shaded.start, len(shaded.weights)) == (695, LAGS)
    assert shaded.weights.max() == 1
    powers = source.recording.layers["rnn.l0"].gradient.read("connectivity", slice(rows.start + 700, rows.start + 701))
    np.testing.assert_allclose(shaded.weights[::-1], 10.0 ** (powers[0] - powers.max()))
