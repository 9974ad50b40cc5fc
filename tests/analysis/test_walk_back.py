"""The state of real recordings, put together again from what was written at every timestep."""

import numpy as np
import pytest
import torch
from torch import nn

import gruviz
from gruviz.analysis import LEAST, MOST, Steps, composition, contribution, steps, walk_back
from gruviz.errors import GruvizError
from gruviz.recording import Layer

from .made import Interfered, recorded


def followed(layer: Layer, sequence: int, t: int, **how: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The state put together, all weights from the oldest on, the first that of what is older, and what was added."""
    stretches = list(walk_back(lambda start, stop: steps(layer, sequence, start, stop), t, **how))
    last = stretches[-1]
    state = layer.cell.state
    older = layer.processing(state, sequence)[last.start - 1] if last.start else layer.initial(sequence, state)
    added = sum(stretch.added for stretch in stretches)
    total = last.left * older + added + sum(stretch.contributions.sum(axis=0) for stretch in stretches)
    return total, np.concatenate([last.left[None], *(stretch.weights for stretch in stretches[::-1])]), added


@pytest.mark.parametrize("kind", ["gru", "lstm"])
def test_every_state_is_rebuilt_from_what_was_written(kind: str) -> None:
    with recorded(kind) as run:
        assert len(run.layers) == 4
        for layer in run.layers.values():
            cell = layer.cell
            for info in layer.tape.sequences:
                state = layer.processing(cell.state, info.index)
                keep, candidate = (layer.processing(name, info.index) for name in (cell.keep, "candidate"))
                write = layer.processing(cell.write, info.index) if cell.write else None
                for t in {0, 1, info.length // 2, info.length - 1} & set(range(info.length)):
                    weights = composition(keep, t, write)
                    rebuilt = contribution(weights, candidate, layer.initial(info.index, cell.state)).sum(axis=0)
                    np.testing.assert_allclose(rebuilt, state[t], atol=1e-5)
                    if kind == "gru":
                        np.testing.assert_allclose(weights.sum(axis=0), 1, atol=1e-6)
                    total, found, _ = followed(layer, info.index, t)
                    np.testing.assert_allclose(total, state[t], atol=1e-5)
                    np.testing.assert_allclose(found[1:], weights[-len(found) + 1 :], rtol=1e-12, atol=1e-300)
                    assert len(found) == t + 2 or (found[0] <= LEAST).all()


@pytest.mark.parametrize("kind", ["gru", "lstm"])
def test_what_the_caller_did_to_the_state_is_told_apart(kind: str) -> None:
    with gruviz.record(Interfered(kind), torch.randn(400, 3)) as run:
        layer = run.layers["cell"]
        assert len(layer.altered) == 57
        state = layer.processing(layer.cell.state, 0)
        for t in (0, 4, 5, 6, 399):
            total, weights, added = followed(layer, 0, t, least=0)
            np.testing.assert_allclose(total, state[t], atol=1e-5)
            assert (np.abs(added) > 1e-3).any() == (t >= 5)
            if kind == "gru":
                np.testing.assert_allclose(weights.sum(axis=0), 1, atol=1e-12)


def test_it_goes_no_further_back_than_anything_is_left() -> None:
    rng = np.random.default_rng(0)
    values, read = rng.random((2, 5000, 8)), []

    def give(start: int, stop: int) -> Steps:
        read.append((start, stop))
        return Steps(values[0, start:stop], values[1, start:stop])

    for t in (1000, 4900):
        read.clear()
        stretches = list(walk_back(give, t))
        assert sum(stop - start for start, stop in read) <= 64 + 256
        assert read[0][1] == t + 1
        assert (stretches[-1].left <= LEAST).all()


def test_it_goes_back_until_hardly_anything_is_left_of_any_unit() -> None:
    keep = np.where(np.arange(3) == 1, 0.99, 0.1) * np.ones((5000, 1))  # 0.99 ** 1375 is 1e-6
    stretches = list(walk_back(lambda start, stop: Steps(keep[start:stop], keep[start:stop]), 4900))
    assert all((each.left > LEAST).any() for each in stretches[:-1])
    assert (stretches[-1].left <= LEAST).all()
    assert 1375 <= 4901 - stretches[-1].start <= 1375 + 256


def test_a_unit_that_never_forgets_is_followed_so_far_and_no_further() -> None:
    def give(start: int, stop: int) -> Steps:
        keep = np.full((stop - start, 2), 0.5)
        keep[:, 0] = 1.0
        return Steps(keep, np.ones_like(keep))

    stretches = list(walk_back(give, 999_999))
    assert stretches[-1].start == 1_000_000 - MOST
    assert stretches[-1].left.tolist() == [1.0, 0.0]
    assert sum(len(stretch.weights) for stretch in stretches) == MOST
    assert list(walk_back(give, 99, most=10))[-1].start == 90


def test_a_plain_rnn_has_nothing_that_keeps() -> None:
    with gruviz.record(nn.RNN(3, 4), torch.randn(5, 3)) as run, pytest.raises(GruvizError, match="has no keep"):
        steps(run.layers["l0"], 0, 0, 5)
