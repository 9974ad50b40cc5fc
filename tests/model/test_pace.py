import numpy as np
import pytest
import torch
from torch import nn

from gruviz.errors import GruvizError
from gruviz.model import checkpoint
from gruviz.model.network import Architecture, build
from gruviz.model.pace import steps_at_a_time
from gruviz.model.run import record_sequences
from gruviz.model.tasks._task import CutShortError, predict
from gruviz.sequences import Sequence


def test_larger_networks_and_batches_read_less_at_a_time():
    hidden = [steps_at_a_time(nn.GRU(8, size), 1) for size in (1, 256, 512, 2048)]
    assert hidden[0] == 8192
    assert hidden == sorted(hidden, reverse=True)
    assert hidden[-1] >= 16
    assert steps_at_a_time(nn.GRU(8, 64), 512) < steps_at_a_time(nn.GRU(8, 64), 8)
    model = build(Architecture("gru", 50, 16, embedding=8), 0)
    more_words = build(Architecture("gru", 50_000, 16, embedding=8), 0)
    assert steps_at_a_time(model, 64) == steps_at_a_time(more_words, 64)


@pytest.mark.parametrize("cell", ["gru", "lstm", "rnn"])
def test_outputs_in_pieces_are_those_in_one_go(cell):
    model = build(Architecture(cell, 3, 300, 2, outputs=2), 0)
    x = torch.randn(2, 3000, 3, generator=torch.Generator().manual_seed(0))
    told = []
    pieces = predict(model, x, told.append)
    assert len(told) >= 2
    assert told == sorted(told)
    assert told[0] > 0
    assert told[-1] < 1
    with torch.no_grad():
        torch.testing.assert_close(pieces, model(x)[0], rtol=0, atol=1e-5)


def test_one_who_watches_ends_it_and_leaves_the_model_as_it_was():
    model = build(Architecture("gru", 3, 300, outputs=2), 0).train()

    def stop(fraction):
        raise CutShortError

    with pytest.raises(CutShortError):
        predict(model, torch.zeros(2, 3000, 3), stop)
    assert model.training


def test_a_recording_is_stopped_soon_even_before_its_first_timestep(tmp_path):
    model = build(Architecture("gru", 3, 512, bidirectional=True), 0).eval()
    loaded = checkpoint.Loaded(
        model, None, (), None, None, {}, {}, checkpoint.fingerprint(model), "gruviz", "pytorch", ()
    )
    values = Sequence("noise", values=np.zeros((20_000, 3), np.float32), columns=("a", "b", "c"))
    asked = []

    def watch(done, total):
        asked.append(done)
        return len(asked) < 3

    with pytest.raises(GruvizError, match="before its first timestep: nothing is kept"):
        record_sequences(loaded, [values], tmp_path / "run.h5", on_progress=watch)
    assert asked == [0, 0, 0]
    assert not list(tmp_path.iterdir())
