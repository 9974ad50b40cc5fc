"""What goes from one timestep to another: on the direct path, on all paths, and in words."""

import numpy as np
import pytest
import torch
from torch import nn

import gruviz
from gruviz.analysis import Pair, between, in_words, survival
from gruviz.model.chain import Link
from gruviz.model.measuring import Wanted, measure

from .test_paths import described, diagonal_matrices, kept, totals

H, T = 4, 20


def recorded(path, kind, wanted, still=False, **options):
    """A network of two directions that read 20 rows; `still`, without what leads from state to state but the keep."""
    torch.manual_seed(0)
    network = kind(3, H, bidirectional=True, **options)
    if still:
        with torch.no_grad():
            for name, weight in network.named_parameters():
                if "weight_hh" in name:
                    weight.zero_()
    gruviz.record(network, torch.randn(T, 1, 3), path=path).close()
    measure(path, wanted)
    return gruviz.open(path)


@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM, nn.RNN])
@pytest.mark.parametrize("name", ["l0", "l0_reverse"])
@pytest.mark.parametrize("units", [True, False])
def test_it_is_that_of_the_matrices(tmp_path, kind, name, units):
    s = 4 if name == "l0" else 15
    with recorded(tmp_path / "run.h5", kind, Wanted(None, False, since=s, followed=9, lags=0, units=units)) as run:
        layer = run.layers[name]
        back, on = between(layer, 0, "reached"), between(layer, 0, "since")
        turn = -1 if layer.backward else 1
        M = totals(Link(run, layer, 0))[-10:]  # in processing order, the last of which is T itself
        assert (back.fixed, back.since, back.start) == ((0, False, 0) if layer.backward else (19, False, 10))
        np.testing.assert_allclose(10 ** back.total[::turn], np.linalg.norm(M, 2, axis=(1, 2)), rtol=1e-4)
        assert (on.fixed, on.since, on.start) == (s, True, s - 9 if layer.backward else s)
        slopes = Link(run, layer, 0).slopes(0, T)
        v = slopes[s].changes()[layer.cell.state]
        for later in range(10):
            t = s + turn * later
            if later:
                v = slopes[t].forth(v)
            norm = np.linalg.norm(v[:, -H:].numpy(), 2)
            assert 10 ** on.pair(t).total == pytest.approx(norm, rel=1e-4)
            assert (on.pair(t).s, on.pair(t).t) == (s, t)
            assert (back.pair(back.start).s, back.pair(back.start).t) == (back.start, back.fixed)
            if units:
                np.testing.assert_allclose(
                    10 ** on.unit_total[t - on.start], np.linalg.norm(v[:, -H:].numpy(), axis=1), rtol=1e-3, atol=1e-5
                )
        assert (on.unit_total is None) == (not units)
        if kind is nn.RNN:
            assert on.unit_direct is None
            assert np.isnan(on.direct).all()
            assert on.pair(s + turn).words == ""
            return
        keep = layer.processing(layer.cell.keep, 0).astype(np.float64)
        S = survival(keep, 4)[4:14][::turn]
        np.testing.assert_allclose(10**on.unit_direct, S, rtol=1e-5)
        np.testing.assert_allclose(10**on.direct, S.max(axis=1), rtol=1e-5)
        np.testing.assert_allclose(10 ** back.direct[::turn], kept(keep)[-10:].max(axis=1), rtol=1e-5)
        if units:
            exact = described(M)[1]
            assert exact.shape == back.unit_total.shape
            D = diagonal_matrices(kept(keep)[-10:])
            apart = np.linalg.norm(M - D, axis=(1, 2))
            apart /= np.maximum(np.linalg.norm(M, axis=(1, 2)), np.linalg.norm(D, axis=(1, 2)))
            np.testing.assert_allclose(back.apart[::turn], apart, atol=2e-3)


@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM])
@pytest.mark.parametrize("units", [True, False])
def test_without_recurrent_weights_the_direct_path_is_all_there_is(tmp_path, kind, units):
    wanted = Wanted(None, False, since=2, lags=0, units=units)
    with recorded(tmp_path / "still.h5", kind, wanted, still=True) as run:
        for fixed in ("since", "reached"):
            found = between(run.layers["l0"], 0, fixed)
            np.testing.assert_allclose(found.total, found.direct, atol=1e-4)
            assert found.apart.max() < 1e-3
            pair = found.pair(10)
            assert not pair.disagrees
            assert pair.words.endswith("they agree.")
    with recorded(tmp_path / "run.h5", kind, wanted) as run:
        pair = between(run.layers["l0"], 0, "since").pair(15)
        assert pair.disagrees
        assert f"Survival says {in_words(pair.direct)} is left" in pair.words
        assert f"the gradient that arrives is {in_words(pair.total)}: " in pair.words
        assert pair.words.endswith(".")


def test_words_say_which_way_it_is():
    assert "read the old state again." in Pair(20, 45, np.log10(0.8), np.log10(0.02), 0.9).words
    assert Pair(20, 45, np.log10(0.8), np.log10(0.02), 0.9).words.startswith(
        "Survival says 0.02 is left on the direct path, the gradient that arrives is 0.8"
    )
    assert "works against it" in Pair(0, 1, -2.0, -1.0, 0.9).words
    assert "through other units" in Pair(0, 1, -1.0, -1.0, 1.2).words
    assert Pair(0, 0, 0.0, 0.0, 0.0).words == ""


@pytest.mark.parametrize(
    ("log10", "words"),
    [
        (0.0, "1"),
        (-1.69897, "0.02"),
        (-17.5063, "3.12 × 10⁻¹⁸"),
        (120.0, "1.00 × 10¹²⁰"),
        (-3.0, "0.001"),
        (-4.0, "1.00 × 10⁻⁴"),
        (-4.0000001, "1.00 × 10⁻⁴"),
        (np.nan, "–"),
        (-np.inf, "0"),
        (3.5, "3,160"),
    ],
)
def test_numbers_beyond_what_a_float_holds_are_written(log10, words):
    assert in_words(log10) == words.replace(" ", "\u00a0")


def test_nothing_is_known_of_what_was_not_computed(tmp_path):
    with recorded(tmp_path / "run.h5", nn.GRU, Wanted(None, False, reach=None, since=3, followed=2, lags=0)) as run:
        layer = run.layers["l0"]
        assert between(layer, 0, "reached") is None
        found = between(layer, 0, "since")
        assert [found.knows(t) for t in (2, 3, 5, 6)] == [False, True, True, False]
    measured = tmp_path / "none.h5"
    gruviz.record(nn.GRU(3, H), torch.randn(5, 1, 3), path=measured).close()
    with gruviz.open(measured) as run:
        assert between(run.layers["l0"], 0, "since") is None
