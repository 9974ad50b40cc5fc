"""The Jacobian at a timestep, and what goes from any timestep to any other, are those of autograd."""

import math

import numpy as np
import pytest
import torch
from torch import nn

import gruviz
from gruviz.analysis import Onward, Unrolled, between, step_at, survival
from gruviz.errors import GruvizError
from gruviz.model.measuring import Wanted, measure

from .alone import KINDS, NAMES, Alone, T, recorded


@pytest.fixture(scope="module", params=KINDS)
def network(request, tmp_path_factory):
    """The model, what it read, and the recording."""
    path = tmp_path_factory.mktemp(request.param) / "run.h5"
    model, x = recorded(path, request.param)
    with gruviz.open(path) as run:
        yield model, x, run


class Exact(Unrolled):
    """A layer whose steps are known in float64, where a recording has them in float32."""

    def __init__(self, run, name, alone):
        super().__init__(run, run.layers[name], 0)
        object.__setattr__(self, "alone", alone)

    def slopes(self, start, stop):
        return self.alone.slopes(start, stop)


def both(model, x, run, name):
    """What is exact, and what the recording holds; each with the error that it may have."""
    alone = Alone(model, x, name)
    return alone, ((Exact(run, name, alone), 1e-6), (Unrolled(run, run.layers[name], 0), 1e-5))


@pytest.mark.parametrize("name", NAMES)
def test_a_step_is_autograds(network, name):
    alone, layers = both(*network, name)
    for t in (0, 7, T - 1):
        exact = alone.step(t)
        radius, norm = np.abs(np.linalg.eigvals(exact)).max(), np.linalg.norm(exact, 2)
        for unrolled, error in layers:
            J = unrolled.slopes(t, t + 1).matrix()[0]
            assert J.dtype == np.float64
            np.testing.assert_allclose(J, exact, rtol=0, atol=error * max(norm, 1))
            found = step_at(unrolled, t)
            assert found.timestep == t
            assert found.radius == pytest.approx(radius, rel=error)
            assert found.norm == pytest.approx(norm, rel=error)


@pytest.mark.parametrize("name", NAMES)
def test_from_any_timestep_to_any_later_one_it_is_autograds(network, name):
    alone, layers = both(*network, name)
    for s, t in ((0, 1), (3, 3), (3, 9), (11, 20), (0, T - 1)):
        s, t = (T - 1 - s, T - 1 - t) if alone.backward else (s, t)
        for unrolled, error in layers:
            onward = Onward(unrolled, s)
            assert onward.carry(t)
            for state, found in onward.dependences.items():
                M = alone.product(s, t, state)
                norm = np.linalg.norm(M, 2)
                assert 10**found.total == pytest.approx(norm, rel=error)
                np.testing.assert_allclose(10**found.units, np.linalg.norm(M, axis=0), rtol=0, atol=error * norm)
                own = found.signs * 10**found.itself
                np.testing.assert_allclose(own, M.diagonal(), rtol=0, atol=error * norm)


@pytest.mark.parametrize("name", NAMES[:2])
def test_it_stands_beside_the_direct_path_as_what_is_worked_out_does(network, tmp_path, name):
    _, _, run = network
    copy = tmp_path / "run.h5"
    copy.write_bytes(run.path.read_bytes())
    s = T - 5 if name.endswith("reverse") else 4
    measure(copy, Wanted(None, False, since=s, lags=0))
    with gruviz.open(copy) as measured:
        layer = measured.layers[name]
        worked_out, onward = between(layer, 0, "since"), Onward(Unrolled(measured, layer, 0), s)
        for later in (0, 1, 2, 7, 19):
            t = s - later if layer.backward else s + later
            assert onward.carry(t)
            found, expected = onward.pair(), worked_out.pair(t)
            assert (found.s, found.t) == (s, t)
            assert found.total == pytest.approx(expected.total, abs=1e-4)
            if layer.cell.keep is None:
                assert math.isnan(found.direct)
                assert onward.direct is None
                continue
            assert found.direct == pytest.approx(expected.direct, abs=1e-6)
            assert found.apart == pytest.approx(expected.apart, abs=2e-3)
            keep = layer.processing(layer.cell.keep, 0)
            np.testing.assert_allclose(10**onward.direct, survival(keep, 4)[4 + later], rtol=1e-5)


def test_nothing_vanishes_or_overflows_however_far_it_goes(tmp_path):
    long, factors = 4000, torch.tensor([0.5, 2.0**-0.25, 20.0, 0.0])
    with torch.no_grad():
        model = nn.RNN(1, 4, bias=False)
        model.weight_hh_l0.copy_(torch.diag(factors))  # states stay at 0, where tanh is 1 for 1
    with gruviz.record(model, torch.zeros(long, 1, 1), path=tmp_path / "run.h5") as run:
        onward = Onward(Unrolled(run, run.layers["l0"], 0), 0)
        turns = 1
        while not onward.carry(long - 1, 0.0):  # whatever the time, one timestep at least
            turns += 1
        assert turns == long - 1
        found, steps = onward.dependences["hidden"], (long - 1) * np.log10([0.5, 2**-0.25, 20])
        np.testing.assert_allclose(found.units, [*steps, -np.inf], rtol=1e-6)
        np.testing.assert_allclose(found.itself, [*steps, -np.inf], rtol=1e-6)
        assert found.total == pytest.approx(steps[2], rel=1e-6)
        with pytest.raises(GruvizError, match="did not read timestep 3 after 3999"):
            onward.carry(3)


def test_what_cannot_be_computed_is_said(network, tmp_path):
    _, _, run = network
    unrolled = Unrolled(run, run.layers["l0"], 0)
    for t in (-1, T):
        with pytest.raises(GruvizError, match=f"there is no timestep {t}: give 0 to {T - 1}"):
            step_at(unrolled, t)
        with pytest.raises(GruvizError, match="there is no timestep"):
            Onward(unrolled, t)
    broken = nn.GRU(1, 2)
    with torch.no_grad():
        broken.bias_hh_l0.fill_(float("nan"))
    with pytest.warns(UserWarning, match="residual of nan"):
        bad = gruviz.record(broken, torch.zeros(3, 1, 1), path=tmp_path / "nan.h5")
    with bad, pytest.raises(GruvizError, match="not finite"):
        step_at(Unrolled(bad, bad.layers["l0"], 0), 1)
