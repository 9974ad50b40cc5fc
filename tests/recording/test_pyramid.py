from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gruviz.recording
from gruviz.cells import GRU, RNN
from gruviz.recording import Layer, Reduced, reduce_rows, schema
from gruviz.recording.pyramid import FirstLevel, factors, reduce_blocks

from .written import write


def brute_force(values: np.ndarray, factor: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    pieces = [values[at : at + factor] for at in range(0, len(values), factor)]
    return [(piece.mean(axis=0, dtype=np.float64), piece.min(axis=0), piece.max(axis=0)) for piece in pieces]


@pytest.fixture(autouse=True, scope="module")
def _high_pyramids() -> Iterator[None]:
    """Levels on levels for short sequences too, as a million timesteps have them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gruviz.recording.pyramid.ENOUGH", 1)
        yield


def agrees(made: Reduced, values: np.ndarray, factor: int, mean: float = 1e-6) -> None:
    expected = brute_force(values, factor)
    assert len(made) == len(expected)
    for row, (average, low, high) in enumerate(expected):
        np.testing.assert_allclose(made.mean[row], average, atol=mean)
        np.testing.assert_array_equal(made.min[row], low)
        np.testing.assert_array_equal(made.max[row], high)


def check(layer: Layer, made: list[dict[str, np.ndarray]]) -> None:
    """Every level of every quantity of every sequence is what a loop over its timesteps gives."""
    for name in layer.quantities:
        assert layer.factors(name)
        for factor in layer.factors(name):
            for sequence, values in enumerate(made):
                agrees(layer.blocks(name, sequence, factor, 0, 10**9), values[name], factor)


@given(st.integers(0, 200), st.integers(1, 40))
def test_rows_are_reduced_to_blocks(length: int, factor: int) -> None:
    values = np.random.default_rng(length).normal(size=(length, 3)).astype(np.float32)
    agrees(reduce_rows(values, factor), values, factor)


@given(st.integers(1, 300), st.integers(1, 6), st.integers(2, 6))
def test_blocks_reduced_again_are_as_if_reduced_at_once(length: int, first: int, second: int) -> None:
    values = np.random.default_rng(length).normal(size=(length, 2)).astype(np.float32)
    below = reduce_rows(values, first)
    sizes = np.full(len(below), first)
    sizes[-1] = length - first * (len(below) - 1)
    agrees(reduce_blocks(below, sizes, second), values, first * second)


@given(st.lists(st.integers(0, 50), max_size=12))
def test_the_first_level_does_not_depend_on_the_pieces(pieces: list[int]) -> None:
    values = np.random.default_rng(0).normal(size=(sum(pieces), 2)).astype(np.float32)
    level, parts, at = FirstLevel(2), [], 0
    for piece in pieces:
        parts.append(level.push(values[at : at + piece]))
        at += piece
    parts.append(level.finish())
    whole = Reduced(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("mean", "min", "max")))
    agrees(whole, values, 16)


@pytest.mark.parametrize(
    ("longest", "made"), [(1, [16]), (16_383, [16]), (16_384, [16, 64]), (10**6, [16, 64, 256, 1024])]
)
def test_levels_go_up_while_a_screen_has_use_for_their_blocks(
    longest: int, made: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gruviz.recording.pyramid.ENOUGH", schema.ENOUGH)
    assert factors(longest) == made


@settings(max_examples=25, deadline=None)
@given(
    lengths=st.lists(st.one_of(st.integers(1, 70), st.sampled_from([1023, 1024, 1025, 4097])), min_size=1, max_size=5),
    cuts=st.lists(st.integers(0, 1100), max_size=4),
)
def test_the_pyramid_equals_brute_force(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], cuts: list[int]
) -> None:
    path = tmp_path_factory.mktemp("pyramid") / "run.h5"
    made = write(path, lengths, units=2, cell=RNN, cuts=cuts)
    with gruviz.recording.open(path) as run:
        check(run.layers["rnn.l0"], made)


@pytest.mark.parametrize("length", [1, 15, 16, 17, 63, 64, 65, 255, 256, 257, 1024, 5000])
def test_every_quantity_at_every_level(tmp_path: Path, length: int) -> None:
    made = write(tmp_path / "run.h5", [length], units=3, cell=GRU, cuts=[7, 100])
    with gruviz.recording.open(tmp_path / "run.h5") as run:
        check(run.layers["rnn.l0"], made)


def test_a_long_sequence_is_reduced_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gruviz.recording._levels._PIECE", 16)  # as 16,384 are for a million timesteps
    made = write(tmp_path / "run.h5", [3000, 5, 700, 1], units=2)
    with gruviz.recording.open(tmp_path / "run.h5") as run:
        check(run.layers["rnn.l0"], made)


def test_blocks_do_not_straddle_thousands_of_short_sequences(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    lengths = rng.integers(1, 40, 2000).tolist()
    made = write(tmp_path / "run.h5", lengths, units=2, cell=RNN)
    with gruviz.recording.open(tmp_path / "run.h5") as run:
        layer = run.layers["rnn.l0"]
        assert layer.factors("hidden")[0] == 16
        for sequence in (0, 1, 999, 1998, 1999):
            agrees(layer.blocks("hidden", sequence, 16, 0, 10), made[sequence]["hidden"], 16)


def test_a_range_of_blocks(tmp_path: Path) -> None:
    made = write(tmp_path / "run.h5", [100, 1000], units=2)
    with gruviz.recording.open(tmp_path / "run.h5") as run:
        blocks = run.layers["rnn.l0"].blocks("reset", 1, 64, 3, 7)
    agrees(blocks, made[1]["reset"][3 * 64 : 7 * 64], 64)


def test_float16_levels_hold_means_of_the_fractions_not_of_their_logits(tmp_path: Path) -> None:
    made = write(tmp_path / "run.h5", [200], units=4, dtype="float16")
    with gruviz.recording.open(tmp_path / "run.h5") as run:
        blocks = run.layers["rnn.l0"].blocks("update", 0, 64, 0, 4)
    for row, (mean, low, high) in enumerate(brute_force(made[0]["update"], 64)):
        np.testing.assert_allclose(blocks.mean[row], mean, atol=1e-3)
        np.testing.assert_allclose(blocks.min[row], low, atol=1e-3)
        np.testing.assert_allclose(blocks.max[row], high, atol=1e-3)


def test_the_pyramid_of_a_short_recording_is_small(tmp_path: Path) -> None:
    write(tmp_path / "run.h5", [2000], units=128)
    assert (tmp_path / "run.h5").stat().st_size < 2 * 2000 * 128 * 4 * 4


@pytest.mark.parametrize("lengths", [(3,), (40, 1, 500), (1,) * 100])
def test_extremes_are_those_of_all_values(tmp_path: Path, lengths: tuple[int, ...]) -> None:
    made = write(tmp_path / "r.h5", lengths)
    with gruviz.recording.open(tmp_path / "r.h5") as recording:
        layer = recording.layers["rnn.l0"]
        for quantity in layer.quantities:
            everything = np.concatenate([values[quantity] for values in made])
            assert layer.extremes(quantity) == (everything.min(), everything.max())


def test_counts_have_a_pyramid_of_their_own(tmp_path: Path) -> None:
    write(tmp_path / "run.h5", [700, 45], units=6, cuts=[3, 500])
    with gruviz.recording.open(tmp_path / "run.h5") as run:
        layer = run.layers["rnn.l0"]
        assert layer.factors("counts") == layer.factors("update")
        for sequence in (0, 1):
            counts = layer.counts(layer.slice(sequence)).astype(np.float32)
            for factor in layer.factors("counts"):
                agrees(layer.blocks("counts", sequence, factor, 0, 1000), counts, factor)
