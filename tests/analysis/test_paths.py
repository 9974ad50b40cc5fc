"""The direct path is held against all paths: known matrices, and a recording's."""

import numpy as np
import pytest
import torch
from torch import nn

import gruviz
from gruviz.analysis import paths, paths_to_reached, survival
from gruviz.errors import GruvizError
from gruviz.model.chain import Link
from gruviz.model.measuring import Wanted, measure

H = 4


def described(M):
    """What a recording keeps of the matrices dh_T/dh_s, (n, H, H)."""
    norms = np.linalg.norm(M, 2, axis=(1, 2))
    shares = norms[:, None]
    return np.log10(norms), np.linalg.norm(M, axis=1) / shares, np.diagonal(M, axis1=1, axis2=2) / shares


def diagonal_matrices(S):
    return np.stack([np.diag(row) for row in S])


def kept(keep):
    """S(s→T) for every s, by definition."""
    return np.stack([survival(keep, s)[-1] for s in range(len(keep))])


@pytest.fixture
def keep():
    return np.random.default_rng(0).uniform(0.2, 1, (30, H))


def test_where_the_direct_path_is_all_there_is_nothing_is_apart(keep):
    S = kept(keep)
    found = paths(keep, *described(diagonal_matrices(S)))
    np.testing.assert_allclose(10**found.direct, S)
    np.testing.assert_allclose(10**found.itself, S)
    np.testing.assert_allclose(10**found.column, S)
    assert found.apart.max() < 1e-6
    assert found.unit_apart.max() < 1e-6


def test_what_is_apart_is_so_by_definition(keep):
    rng = np.random.default_rng(1)
    S = kept(keep)
    M = diagonal_matrices(S) + rng.normal(0, 1, (30, H, H)) * np.geomspace(1e-9, 1e-1, 30)[:, None, None]
    found = paths(keep, *described(M))
    apart = np.linalg.norm(M - diagonal_matrices(S), axis=(1, 2))
    apart /= np.maximum(np.linalg.norm(M, axis=(1, 2)), np.linalg.norm(S, axis=1))
    np.testing.assert_allclose(found.apart, apart, atol=1e-6)
    columns = np.linalg.norm(M - diagonal_matrices(S), axis=1) / np.maximum(np.linalg.norm(M, axis=1), S)
    np.testing.assert_allclose(found.unit_apart, columns, atol=1e-6)


def test_the_ends_of_the_scale(keep):
    S = kept(keep)
    assert paths(keep, *described(-diagonal_matrices(S))).apart == pytest.approx(2)  # they oppose each other
    much = np.ones((30, H, H)) * 1e9
    assert paths(keep, *described(much)).apart == pytest.approx(1)  # the direct path is nothing beside all
    nothing = (np.full(30, -np.inf), np.zeros((30, H)), np.zeros((30, H)))
    assert paths(keep, *nothing).apart == pytest.approx(1)


def test_nothing_is_too_small():
    keep = np.full((4000, H), 0.5, np.float32)
    S = -np.arange(3999, -1, -1) * np.log10(2)  # down to 1e-1204
    found = paths(keep, S, np.ones((4000, H)), np.ones((4000, H)))
    np.testing.assert_allclose(found.direct, np.repeat(S[:, None], H, 1), atol=1e-9)
    assert found.apart.max() < 1e-6
    keep[1000] = 0
    found = paths(keep, S, np.ones((4000, H)), np.ones((4000, H)))
    assert np.isneginf(found.direct[:1000]).all()
    assert found.apart[:1000] == pytest.approx(1)
    assert found.apart[1000:].max() < 1e-6


@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM])
@pytest.mark.parametrize("name", ["l0", "l0_reverse"])
def test_of_a_recording(tmp_path, kind, name):
    torch.manual_seed(0)
    path = tmp_path / "run.h5"
    gruviz.record(kind(3, H, bidirectional=True), torch.randn(25, 2, 3), path=path, lengths=[25, 20]).close()
    with gruviz.open(path) as run, pytest.raises(GruvizError, match="is not in the recording: compute it"):
        paths_to_reached(run.layers[name], 1)
    measure(path, Wanted(loss=None, lags=0, steps=False, followed=12), sequences=[1])
    with gruviz.open(path) as run:
        layer = run.layers[name]
        found = paths_to_reached(layer, 1)
        assert found.start == 20 - 13
        keep = layer.processing(layer.cell.keep, 1, found.start).astype(np.float64)
        M = totals(Link(run, layer, 1))[found.start :]
        exact = paths(keep, *described(M))
        np.testing.assert_allclose(10**found.direct, kept(keep), rtol=1e-5)
        np.testing.assert_allclose(10**found.itself, np.abs(np.diagonal(M, axis1=1, axis2=2)), atol=1e-5)
        np.testing.assert_allclose(found.apart, exact.apart, atol=1e-3)
        np.testing.assert_allclose(found.unit_apart, exact.unit_apart, atol=2e-3)
        assert 0.05 < found.apart[0] < 2
        assert found.apart[-1] == 0  # T itself
        with pytest.raises(GruvizError, match="compute it"):
            paths_to_reached(layer, 0)


def totals(link):
    """What the last state in processing order depends on every one by, (T, H, H)."""
    slopes = link.slopes(0, link.length)
    M = torch.eye(slopes.size, dtype=torch.float64)[-H:]  # of an LSTM, of c
    found = []
    for at in link.on_the_way_back(link.length):
        found.append(slopes[at].in_all(M)[link.layer.cell.state])
        M = M @ slopes[at : at + 1].matrix()[0]
    return torch.stack(found[::-1]).numpy()


def test_a_cell_without_a_keep_is_refused():
    run = gruviz.record(nn.RNN(3, H), torch.randn(5, 1, 3))
    with pytest.raises(GruvizError, match="has no keep"):
        paths_to_reached(run.layers["l0"], 0)
