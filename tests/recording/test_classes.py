import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gruviz.cells import CLASSES, Thresholds
from gruviz.recording import classify, count

fractions = arrays(np.float32, (7, 3), elements=st.sampled_from([0.0, 0.05, 0.1, 0.11, 0.5, 0.89, 0.9, 1.0]))
states = arrays(np.float32, (7, 3), elements=st.floats(-1, 1, width=32))


def name(keep: float, moved: float, limits: Thresholds) -> str:
    """The table of the design, read aloud."""
    if keep >= np.float32(limits.retained):
        return "retained"
    if keep <= np.float32(limits.overwritten):
        return "overwritten" if moved > limits.moved else "rewritten alike"
    return "mixed"


@pytest.mark.parametrize("limits", [None, Thresholds(0.8, 0.3, 0.5), Thresholds(1, 0, 0)])
@given(keep=fractions, state=states, previous=states)
def test_classes_are_those_of_the_table(
    limits: Thresholds | None, keep: np.ndarray, state: np.ndarray, previous: np.ndarray
) -> None:
    expected = [
        [name(k, abs(s - p), limits or Thresholds()) for k, s, p in zip(*rows, strict=True)]
        for rows in zip(keep, state, previous, strict=True)
    ]
    classes = classify(keep, state, previous, limits)
    assert [[CLASSES[c] for c in row] for row in classes] == expected
    counts = count(keep, state, previous, limits)
    assert counts.tolist() == [[row.count(word) for word in CLASSES] for row in expected]
    assert (counts.sum(axis=1) == 3).all()


def test_the_edges_belong_to_retained_and_overwritten() -> None:
    keep = np.array([[0.9, 0.1, 0.1]], np.float32)
    state = np.array([[0.0, 0.06, 0.05]], np.float32)
    assert [CLASSES[c] for c in classify(keep, state, np.zeros_like(state))[0]] == [
        "retained",
        "overwritten",
        "rewritten alike",
    ]


def test_a_unit_whose_keep_is_missing_is_mixed() -> None:
    keep = np.full((1, 1), np.nan, np.float32)
    assert CLASSES[classify(keep, keep, keep)[0, 0]] == "mixed"
    assert count(keep, keep, keep).tolist() == [[0, 1, 0, 0]]
