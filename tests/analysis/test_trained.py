"""What units of trained networks hold, and for how long. The networks are what these commands make, with the seed 0:

gruviz train anbn --cell gru --device cpu -o tests/analysis/trained/anbn-gru.safetensors
gruviz train anbn --cell lstm --device cpu -o tests/analysis/trained/anbn-lstm.safetensors
gruviz train flipflop --cell gru --device cpu -o tests/analysis/trained/flipflop-gru.safetensors
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis import autocorrelation_time, timescales
from gruviz.model import checkpoint
from gruviz.model.run import record_sequences
from gruviz.model.tasks.flipflop import RATE, FlipFlop
from gruviz.recording import Layer
from gruviz.sequences import Sequence as Fed

TRAINED = Path(__file__).parent / "trained"
UNSEEN = range(31, 46)
"""Counts beyond those that were trained on."""


def _read(model: str, sequences: Sequence[Fed]) -> Layer:
    run = record_sequences(checkpoint.load(TRAINED / f"{model}.safetensors"), sequences, None, device="cpu")
    (layer,) = run.layers.values()
    return layer


def _correlation(values: NDArray[np.floating], with_: NDArray[np.floating]) -> NDArray[np.floating]:
    """Of each column of (T, H) with one trace (T,): (H,) magnitudes."""
    return np.abs([np.corrcoef(column, with_)[0, 1] for column in values.T])


def _counts(cell: str) -> dict[str, NDArray[np.floating]]:
    """How well each unit's state follows the count, up to n and down again, and in each half alone: (H,)."""
    layer = _read(f"anbn-{cell}", [Fed(f"n = {n}", text="a" * n + "X" + "b" * n) for n in UNSEEN])
    state = np.concatenate([layer[layer.cell.state][layer.slice(place)] for place in range(len(UNSEEN))])
    count = np.concatenate([[*range(1, n + 1), n, *range(n - 1, -1, -1)] for n in UNSEEN]).astype(float)
    rising = np.concatenate([np.arange(2 * n + 1) < n for n in UNSEEN])
    parts = {"whole": np.ones(len(count), bool), "up": rising, "down": ~rising}
    return {name: _correlation(state[part], count[part]) for name, part in parts.items()}


def test_an_lstm_has_one_unit_that_counts_up_and_down() -> None:
    found = _counts("lstm")
    unit = int(found["whole"].argmax())
    assert min(each[unit] for each in found.values()) > 0.99


def test_a_gru_counts_up_with_one_unit_and_down_with_another() -> None:
    """As Weiss, Goldberg and Yahav 2018 (arXiv:1805.04908) found: no unit of a GRU goes up and down with the count."""
    found = _counts("gru")
    assert found["up"].max() > 0.95
    assert found["down"].max() > 0.95
    assert found["up"].argmax() != found["down"].argmax()
    assert found["whole"].max() < 0.7


def test_flip_flop_units_hold_their_bit_by_writing_it_anew() -> None:
    """A bit lasts 1 / (2 x the rate at which it turns) timesteps by its autocorrelation, and so do the units that hold
    it, longer than the others. But their keep lets go within two timesteps: the candidate reads the bit and writes it
    again. Survival is the direct path only, and here it is not the one that holds.
    """
    length = 2000
    sequences = FlipFlop(length).sample(4, seed=99)
    layer = _read("flipflop-gru", sequences)
    state, keep, pulses = layer["hidden"][:], layer["update"][:], np.concatenate([each.values for each in sequences])
    latest = np.where(pulses != 0, np.arange(len(pulses))[:, None], 0)
    latest[::length] = np.arange(0, len(pulses), length)[:, None]
    bits = np.take_along_axis(pulses, np.maximum.accumulate(latest, axis=0), axis=0)
    alike = np.array([_correlation(state, bit) for bit in bits.T])
    holds, others = alike.max(axis=0) > 0.95, alike.max(axis=0) < 0.7
    assert (alike > 0.95).any(axis=1).all()  # each of the three bits is held
    lasting, kept = autocorrelation_time(state), timescales(keep).of_log
    assert np.abs(autocorrelation_time(bits) * RATE - 1).max() < 0.2
    assert np.abs(lasting[holds] * RATE - 1).max() < 0.2
    assert np.median(lasting[holds]) > 2 * np.median(lasting[others])
    assert kept.max() < 2
