import numpy as np
import pytest

from gruviz.analysis import carried, change, written
from gruviz.recording import Layer

from .made import recorded


def before(layer: Layer, sequence: int) -> np.ndarray:
    return layer.previous(layer.cell.state, sequence, 0, layer.tape.sequences[sequence].length)


@pytest.mark.parametrize("kind", ["gru", "lstm"])
def test_the_two_terms_are_what_makes_the_new_state(kind: str) -> None:
    with recorded(kind, (60, 20)) as run:
        for layer in run.layers.values():
            for info in layer.tape.sequences:
                rows, old = info.rows, before(layer, info.index)
                keep, candidate = layer[layer.cell.keep][rows], layer["candidate"][rows]
                write = layer["input"][rows] if kind == "lstm" else 1 - keep
                state = layer[layer.cell.state][rows]
                old_part, new_part = carried(keep, old), written(write, candidate)
                np.testing.assert_allclose(old_part, np.abs(state - write * candidate), atol=1e-5)
                np.testing.assert_allclose(new_part, np.abs(state - keep * old), atol=1e-5)
                np.testing.assert_allclose(change(state, old), write * candidate - (1 - keep) * old, atol=1e-5)
