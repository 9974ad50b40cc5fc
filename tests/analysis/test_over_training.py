"""Curves over a training, against NumPy on whole arrays."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gruviz.recording
from gruviz import analysis
from gruviz.analysis import QUANTILES, along, binned, finish, gather_over_training, logarithmic
from gruviz.analysis._over_training import quantiles
from gruviz.cells import CELLS
from gruviz.recording import Block, Writer, over_training, scrubbed

STEPS = (0, 3, 50)
T, H = 70, 9


def record(path, cell="gru", steps=STEPS, names=("a", "b")):
    """Two sequences at each step, the gates sharper the later it is."""
    rng, kind = np.random.default_rng(4), CELLS[cell]
    with Writer(path) as writer:
        writer.add_tape("main")
        writer.add_layer("rnn.l0", tape="main", cell=kind, size=H)
        for number, step in enumerate(steps):
            for item, name in enumerate(names):
                zero = {"rnn.l0": {state: np.zeros(H, np.float32) for state in kind.states}}
                writer.begin("main", name, initial=zero, pass_=number, item=item, checkpoint=step)
                values = {}
                for quantity in kind.quantities:
                    raw = rng.normal(size=(T, H)) * (1 + number)
                    values[quantity.name] = (1 / (1 + np.exp(-raw)) if quantity.fraction else np.tanh(raw)).astype("f4")
                writer.append("main", {"rnn.l0": Block(values, 0.0)}, values=np.zeros((T, 1), np.float32))
                writer.end("main")
    return path


@pytest.mark.parametrize("cell", ["gru", "lstm", "rnn"])
def test_curves_are_those_of_whole_arrays(tmp_path, cell):
    with gruviz.recording.open(record(tmp_path / "run.h5", cell)) as run:
        layer = run.layers["rnn.l0"]
        alike = over_training(layer.tape.sequences, 1)
        assert [(info.checkpoint, info.name, info.index) for info in alike] == [(0, "b", 1), (3, "b", 3), (50, "b", 5)]
        over = finish(gather_over_training(layer, alike))
        assert over.steps.tolist() == list(STEPS)
        gates = [quantity.name for quantity in layer.cell.quantities if quantity.fraction]
        assert list(over.gates) == gates
        assert (cell == "rnn") == (not gates)
        for gate in gates:
            for low, high in ((0.1, 0.9), (0.25, 0.5)):
                left, right = over.saturation(gate, low, high)
                for place, info in enumerate(alike):
                    values = layer[gate][info.rows]
                    assert left[place] == pytest.approx((values < np.float32(low)).mean(), abs=1e-12)
                    assert right[place] == pytest.approx((values > np.float32(high)).mean(), abs=1e-12)
            assert (np.diff(over.saturation(gate)[1]) > 0).all()  # they were made sharper
        for place, info in enumerate(alike):
            if layer.cell.keep:
                units = -1 / np.log(layer[layer.cell.keep][info.rows].astype(float)).mean(axis=0)
            else:
                units = analysis.autocorrelation_time(layer[layer.cell.state][info.rows])
            ranked = np.sort(units)
            wanted = [ranked[math.ceil(part * H) - 1] for part in QUANTILES]
            np.testing.assert_allclose(over.timescales[place], wanted, rtol=1e-6)


def test_it_is_told_how_far_it_is(tmp_path):
    with gruviz.recording.open(record(tmp_path / "run.h5")) as run:
        layer = run.layers["rnn.l0"]
        told = list(gather_over_training(layer, over_training(layer.tape.sequences, 0)))
        assert told == sorted(told)
        assert 0 < told[0] < told[-1] <= 1


def test_which_sequences_are_the_same(tmp_path):
    with gruviz.recording.open(record(tmp_path / "run.h5", steps=(7, 7, 9, -1))) as run:
        sequences = run.tapes["main"].sequences
        assert [info.index for info in over_training(sequences, 0)] == [0, 4]  # of two at one step, the one on show
        assert [info.index for info in over_training(sequences, 2)] == [2, 4]
        assert over_training(sequences, 6) == ()
        assert scrubbed(sequences)
        assert not scrubbed(sequences[:4])
        assert not scrubbed([sequences[0], sequences[5]])  # another name
        assert not scrubbed([sequences[0], sequences[6]])


def test_infinite_timescales_and_unknown_ones():
    values = np.array([np.inf, 1.0, np.nan, 3.0, np.inf, 2.0])
    assert quantiles(values).tolist() == [1.0, 3.0, np.inf]
    assert np.isnan(quantiles(np.array([np.nan]))).all()


def test_the_axis_is_as_the_checkpoints_are():
    assert not logarithmic(range(0, 100, 10))
    assert logarithmic([0, 1, 3, 7, 15, 31])
    assert not logarithmic([5, 900])
    np.testing.assert_allclose(along([0, 1, 3, 7], [0, 1, 3, 7]), [0, 1 / 3, 2 / 3, 1])
    np.testing.assert_allclose(along([10, 20, 30], [15, 30, 40]), [0.25, 1, 1.5])
    assert along([4], [4]).tolist() == [0]


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(-1e6, 1e6)), max_size=60), st.integers(1, 20))
def test_bins_keep_the_mean(points, bins):
    places, values = (np.array([each[axis] for each in points]) for axis in (0, 1))
    x, y = binned(places, values, bins)
    assert len(x) == len(y) <= min(bins, len(points))
    assert (np.diff(x) > 0).all()
    if len(points) and bins == 1:
        assert y[0] == pytest.approx(values.mean(), abs=1e-6)
    assert len(binned(places, np.full(len(points), np.nan), bins)[0]) == 0
