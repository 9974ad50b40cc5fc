"""What the network of the demo learnt by itself: where in its line it is."""

import numpy as np

import gruviz.recording
from gruviz._assets import asset
from gruviz.analysis import Symbols, correlation


def test_a_unit_follows_the_place_in_the_line() -> None:
    """Chosen on one half of the text, scored on the other, against the best of as many shuffled units."""
    rng = np.random.default_rng(0)
    with gruviz.recording.open(asset("demo.h5")) as recording:
        layer = recording.layers["rnn.l0"]
        tape, hidden = layer.tape, layer["hidden"][:]
        starts = np.array([info.offset for info in tape.sequences])
        place = Symbols(tape.tokens(slice(0, len(tape))), tape.vocabulary, starts).label("place in the line")
    half = len(place) // 2
    unit = int(np.abs(correlation(hidden[:half], place[:half])).argmax())
    found = abs(correlation(hidden[half:], place[half:])[unit])
    apart = rng.integers(len(place) // 8, len(place) * 7 // 8, hidden.shape[1])
    shuffled = np.stack([np.roll(trace, by) for trace, by in zip(hidden.T, apart, strict=True)], axis=1)
    chance = np.abs(correlation(shuffled[half:], place[half:])).max()
    assert found > 0.9
    assert chance < 0.2
