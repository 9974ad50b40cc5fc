"""Reduced heatmaps, from the pyramid or not, equal brute force for any range."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import gruviz.recording
from gruviz.cells import GRU, Thresholds
from gruviz.figures._columns import Columns, counts, extremes, fit, heatmap
from gruviz.recording import Block, Writer
from gruviz.view import Reduction

from .made import Content, content, initial, previous

LENGTHS = [37, 5000, 1300]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Content]]:
    path = tmp_path_factory.mktemp("columns") / "run.h5"
    made = [content(GRU, length, 3, seed=length) for length in LENGTHS]
    with Writer(path) as writer:
        writer.add_tape("main")
        writer.add_layer("rnn.l0", tape="main", cell=GRU, size=3)
        for values in made:
            start = initial(GRU, 3)
            writer.begin("main", "s", initial={"rnn.l0": start})
            writer.append("main", {"rnn.l0": Block(values, previous(values["hidden"], start["hidden"]))})
            writer.end("main", {"rnn.l0": 0.0})
    return path, made


@settings(deadline=None, max_examples=150)
@given(
    sequence=st.integers(0, 2),
    ends=st.tuples(st.integers(0, 5000), st.integers(0, 5000)),
    most=st.integers(1, 60),
    how=st.sampled_from(["mean", "min", "max"]),
)
@example(1, (0, 5000), 4, "mean")
@example(1, (15, 17), 1, "mean")
@example(2, (0, 1300), 300, "max")
def test_any_range_in_any_number_of_columns(
    recorded: tuple[Path, list[Content]], sequence: int, ends: tuple[int, int], most: int, how: Reduction
) -> None:
    path, made = recorded
    length = LENGTHS[sequence]
    start, stop = sorted((ends[0] % length, ends[1] % (length + 1)))
    stop = max(stop, start + 1)
    with gruviz.recording.open(path) as run:
        layer = run.layers["rnn.l0"]
        columns = fit(layer, start, stop, most)
        values = heatmap(layer, "reset", sequence, columns, how)
        counted = counts(layer, sequence, columns, None, Thresholds())
        low, high = extremes(layer, "reset", sequence, columns)
    expected = [getattr(np, how)(made[sequence]["reset"][a:b], axis=0) for a, b in pairwise(columns.edges)]
    assert len(columns) <= most + 1
    assert columns.edges[0] == start
    assert columns.edges[-1] == stop
    assert set(np.diff(columns.edges)[1:-1]) <= {columns.factor}
    np.testing.assert_allclose(values, expected, atol=5e-6)  # means in float32, added up in another order
    assert counted.shape == (len(columns), 4)
    np.testing.assert_allclose(counted.sum(axis=1), 3)
    assert (low, high) == (made[sequence]["reset"].min(), made[sequence]["reset"].max())


def test_few_timesteps_are_columns_of_their_own(recorded: tuple[Path, list[Content]]) -> None:
    with gruviz.recording.open(recorded[0]) as run:
        assert fit(run.layers["rnn.l0"], 3, 40, 37) == Columns(3, 40, 1)
        assert fit(run.layers["rnn.l0"], 3, 41, 37) == Columns(3, 41, 2)
        assert fit(run.layers["rnn.l0"], 0, 5000, 200).factor == 32  # 25 are needed, and 16 is in the pyramid
