"""Networks in state dicts: what PyTorch itself computes with them is what the loaded model computes."""

import warnings

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

import gruviz
from gruviz.errors import GruvizError
from gruviz.model import checkpoint
from gruviz.model.answers import Answers
from gruviz.model.networks import choices
from gruviz.model.run import record_sequences
from gruviz.sequences import Sequence


def saved(tmp_path, state, name="m.pt"):
    torch.save(state, tmp_path / name)
    return tmp_path / name


def x(inputs=3, steps=11):
    return torch.randn(2, steps, inputs, generator=torch.Generator().manual_seed(0))


def close(mine, theirs, atol=1e-6):
    torch.testing.assert_close(mine, theirs.detach(), atol=atol, rtol=0)


class Normed(nn.Module):
    """A bidirectional GRU and a read-out, both with weight norm."""

    def __init__(self, norm):
        super().__init__()
        self.gru = nn.GRU(3, 4, 2, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(8, 2)
        for name in [name for name, _ in self.gru.named_parameters() if name.startswith("weight")]:
            norm(self.gru, name)
        norm(self.fc)
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                if name.endswith(("_g", "original0")):  # else the length is what the direction has anyway
                    parameter.mul_(torch.linspace(0.5, 2, parameter.numel()).reshape(parameter.shape))

    def forward(self, data):
        return self.fc(self.gru(data)[0])


@pytest.mark.parametrize("norm", [nn.utils.weight_norm, nn.utils.parametrizations.weight_norm])
def test_weight_norm_is_folded(tmp_path, norm):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the older one says that it is older
        net = Normed(norm)
        expected = net(x())
    loaded = checkpoint.load(saved(tmp_path, net.state_dict()))
    close(loaded.model(x())[0], expected)
    assert any("weight norm" in note and "weight_hh_l1_reverse" in note for note in loaded.notes)


def test_weight_norm_over_all_axes_and_one_that_does_not_fit(tmp_path):
    gru, linear = nn.GRU(3, 4, batch_first=True), nn.Linear(4, 2)
    nn.utils.parametrizations.weight_norm(linear, dim=None)
    linear.parametrizations.weight.original0.data.fill_(3.0)
    state = {f"gru.{key}": value for key, value in gru.state_dict().items()}
    state |= {f"out.{key}": value for key, value in linear.state_dict().items()}
    close(checkpoint.load(saved(tmp_path, state)).model(x())[0], linear(gru(x())[0]))
    state["out.parametrizations.weight.original0"] = torch.ones(3, 1)
    with pytest.raises(GruvizError, match=r"m\.pt: out\.parametrizations\.weight\.original0 has the shape"):
        checkpoint.load(saved(tmp_path, state))


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("bidirectional", [True, False])
def test_a_projected_lstm(tmp_path, bidirectional, bias):
    lstm = nn.LSTM(3, 6, 2, batch_first=True, proj_size=2, bidirectional=bidirectional, bias=bias)
    loaded = checkpoint.load(saved(tmp_path, lstm.state_dict()))
    assert loaded.model.architecture.projection == 2
    close(loaded.model(x())[0], lstm(x())[0])


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize("bidirectional", [True, False])
def test_a_projected_lstm_is_recorded_in_chunks_as_in_one_piece(tmp_path, bidirectional):
    lstm = nn.LSTM(3, 6, 2, batch_first=True, proj_size=2, bidirectional=bidirectional)
    state = {f"rnn.{name}": value for name, value in lstm.state_dict().items()}
    begin = torch.randn(2 * (1 + bidirectional), 2), torch.randn(2 * (1 + bidirectional), 6)
    loaded = checkpoint.load(saved(tmp_path, state | dict(zip(("h0", "c0"), begin, strict=True))))
    data = x(steps=50)[:1]
    whole = gruviz.record(lstm, data, tuple(kind[:, None].contiguous() for kind in begin))
    mine = record_sequences(loaded, [Sequence("x", values=data[0].numpy(), columns=tuple("abc"))], None, chunk=16)
    for name, layer in whole.layers.items():
        for quantity in layer.quantities:
            np.testing.assert_allclose(mine.layers[f"rnn.{name}"][quantity][:], layer[quantity][:], atol=1e-6)
        for kind in ("hidden", "cell", "projected"):
            np.testing.assert_allclose(mine.layers[f"rnn.{name}"].initial(0, kind), layer.initial(0, kind), atol=1e-7)
        assert mine.layers[f"rnn.{name}"].residual <= 1e-5


def test_a_projection_that_does_not_fit_is_refused(tmp_path):
    lstm = nn.LSTM(3, 6, proj_size=2).state_dict()
    for change, word in (
        ({"weight_hr_l0": torch.zeros(3, 6)}, "shape"),
        ({"weight_hr_l0": torch.zeros(6)}, "shape"),
        ({"weight_hr_l0": torch.zeros(2, 8)}, "no GRU"),
        ({"weight_hr_l1": torch.zeros(2, 6)}, "incomplete"),
    ):
        with pytest.raises(GruvizError, match=word):
            checkpoint.load(saved(tmp_path, lstm | change))


@pytest.mark.parametrize(("cell", "names"), [(nn.GRU, ["h0"]), (nn.LSTM, ["h0", "c0"]), (nn.RNN, ["init_hidden"])])
@pytest.mark.parametrize("shape", [(4, 1, 5), (4, 5)])
def test_learned_initial_states_are_used(tmp_path, cell, names, shape):
    net, states = cell(3, 5, 2, batch_first=True, bidirectional=True), [torch.randn(4, 1, 5) for _ in names]
    given = [state.expand(4, 2, 5).contiguous() for state in states]
    expected = net(x(), given[0] if len(given) == 1 else tuple(given))[0]
    state = {f"rnn.{key}": value for key, value in net.state_dict().items()}
    state |= {name: value.reshape(shape) for name, value in zip(names, states, strict=True)}
    loaded = checkpoint.load(saved(tmp_path, state))
    close(loaded.model(x())[0], expected)
    assert (expected - net(x())[0]).abs().max() > 0.05
    assert any(note.startswith(f"{names[0]} was taken for the hidden state") for note in loaded.notes)


def test_initial_states_that_fit_nothing_are_noted_and_not_used(tmp_path):
    net = nn.GRU(3, 5, 2, batch_first=True)
    loaded = checkpoint.load(saved(tmp_path, {**net.state_dict(), "h0": torch.ones(1, 1, 5), "cell.h0": torch.ones(7)}))
    close(loaded.model(x())[0], net(x())[0])
    assert any(note.startswith("h0 may be an initial state") for note in loaded.notes)
    assert not loaded.model.architecture.initial


class Seq2Seq(nn.Module):
    """Two recurrent modules with what belongs to each beside them, and a read-out that fits both."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.ModuleDict({"embedding": nn.Embedding(7, 3), "rnn": nn.LSTM(3, 5, batch_first=True)})
        self.decoder = nn.ModuleDict({"embedding": nn.Embedding(9, 3), "rnn": nn.GRU(3, 5, batch_first=True)})
        self.decoder["out"] = nn.Linear(5, 9)


def test_each_of_several_has_what_stands_nearest_to_it(tmp_path):
    net = Seq2Seq()
    path = saved(tmp_path, net.state_dict())
    encoder, decoder = checkpoint.load(path, "encoder.rnn"), checkpoint.load(path, "decoder.rnn")
    tokens = torch.tensor([[1, 6, 2]])
    close(encoder.model(tokens)[0], net.encoder["rnn"](net.encoder["embedding"](tokens))[0])
    close(decoder.model(tokens)[0], net.decoder["out"](net.decoder["rnn"](net.decoder["embedding"](tokens))[0]))
    listed = choices(path)
    assert [choice.module for choice in listed] == ["encoder.rnn", "decoder.rnn"]
    assert listed[0].description == "encoder.rnn: LSTM, 3 inputs, 5 units"
    assert [choice.asks for choice in listed] == [("reads",), ("reads",)]
    with pytest.raises(GruvizError, match=r"choose one with --module NAME out of encoder\.rnn, decoder\.rnn"):
        checkpoint.load(path)


def test_one_that_is_damaged_does_not_keep_the_other_from_loading(tmp_path):
    state = Seq2Seq().state_dict()
    state["encoder.rnn.weight_hh_l0"][0, 0] = float("nan")
    path = saved(tmp_path, state)
    assert checkpoint.load(path, "decoder.rnn").model.architecture.cell == "gru"
    with pytest.raises(GruvizError, match=r"m\.pt: encoder\.rnn\.weight_hh_l0 holds values that are not finite"):
        checkpoint.load(path, "encoder.rnn")
    assert [bool(choice.refused) for choice in choices(path)] == [False, True]


def test_numbers_in_place_of_tokens(tmp_path):
    path = saved(tmp_path, Seq2Seq().state_dict())
    loaded = checkpoint.load(path, "encoder.rnn", Answers(reads="numbers"))
    assert loaded.model.embedding is None
    assert loaded.model.architecture.inputs == 3
    assert loaded.answers == Answers(reads="numbers")


def test_float64_stays_float64(tmp_path):
    net = nn.GRU(3, 4, batch_first=True).double()
    for name in ("m.pt", "m.safetensors"):
        safetensors.torch.save_file(net.state_dict(), tmp_path / name) if "safe" in name else saved(
            tmp_path, net.state_dict()
        )
        loaded = checkpoint.load(tmp_path / name)
        assert loaded.model.architecture.dtype == "float64"
        close(loaded.model(x().double())[0], net(x().double())[0], atol=1e-14)


def test_a_plain_rnns_nonlinearity_is_assumed_and_can_be_said(tmp_path):
    net = nn.RNN(3, 4, batch_first=True, nonlinearity="relu")
    path = saved(tmp_path, net.state_dict())
    close(checkpoint.load(path, answers=Answers(nonlinearity="relu")).model(x())[0], net(x())[0])
    assumed = checkpoint.load(path)
    assert any("tanh was assumed" in note for note in assumed.notes)
    assert (assumed.model(x())[0] - net(x())[0]).abs().max() > 0.01
    assert choices(path)[0].asks == ("nonlinearity",)


def test_own_files_take_no_answers(tmp_path):
    from gruviz.model.network import Architecture, build

    path = tmp_path / "own.safetensors"
    checkpoint.save(path, build(Architecture("gru", 3, 4), 0), task={}, training={})
    assert len(choices(path)) == 1
    with pytest.raises(GruvizError, match="'keep', not 'write'"):
        checkpoint.load(path, answers=Answers(update_gate="write"))
    with pytest.raises(GruvizError, match="'after', not 'before'"):
        checkpoint.load(path, answers=Answers(reset="before"))
    with pytest.raises(GruvizError, match="says all of itself"):
        checkpoint.load(path, answers=Answers(nonlinearity="relu"))
    same = Answers(update_gate="keep", reset="after", reads="numbers")
    assert checkpoint.load(path, answers=same).model.architecture.reset == "after"
