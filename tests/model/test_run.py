"""gruviz's own recording of models from files: in chunks, with the same numbers as in one piece."""

import numpy as np
import pytest
import torch
from torch import nn

import gruviz
from gruviz.errors import GruvizError
from gruviz.model import checkpoint
from gruviz.model.network import Architecture, build
from gruviz.model.run import record_sequences
from gruviz.sequences import Sequence, Vocabulary

TEXT = "to be, or not to be: that is the question " * 20


@pytest.fixture
def char(tmp_path):
    vocabulary = Vocabulary.of(TEXT)
    size = len(vocabulary)
    model = build(Architecture("gru", size, 12, layers=2, outputs=size, embedding=5), seed=3)
    path = tmp_path / "char.safetensors"
    checkpoint.save(path, model, vocabulary=vocabulary, task={"name": "char"}, training={})
    return checkpoint.load(path)


def foreign(tmp_path, module):
    torch.save({f"net.rnn.{name}": value for name, value in module.state_dict().items()}, tmp_path / "foreign.pt")
    return checkpoint.load(tmp_path / "foreign.pt")


def test_a_text_in_chunks_is_the_text_in_one_piece(char, tmp_path):
    text = Sequence("hamlet", text=TEXT)
    run = record_sequences(char, [text, Sequence("short", text="to be")], tmp_path / "run.h5", chunk=100, device="cpu")
    tokens = torch.from_numpy(char.vocabulary.encode(TEXT).astype(np.int64))[None]
    whole = gruviz.record(char.model, tokens)
    for name, layer in whole.layers.items():
        for quantity in layer.quantities:
            mine = run.layers[name][quantity][run.layers[name].slice(0)]
            np.testing.assert_allclose(mine, layer[quantity][:], atol=1e-6)
    assert run.complete
    tape = run.tapes["main"]
    assert [s.name for s in tape.sequences] == ["hamlet", "short"]
    assert "".join(tape.symbols(tape.sequences[0].rows)) == TEXT
    logits = whole.output[0][0]
    np.testing.assert_allclose(tape.output("values", tape.sequences[0].rows), logits, atol=1e-5)
    expected = torch.softmax(logits, 1)[torch.arange(len(TEXT) - 1), tokens[0, 1:]]
    rows = tape.sequences[0].rows
    np.testing.assert_allclose(tape.output("probability", rows)[:-1], expected, atol=1e-6)
    assert np.isnan(tape.output("probability", rows)[-1])
    np.testing.assert_array_equal(tape.output("targets", rows), [*tokens[0, 1:].tolist(), -1])
    assert run.checkpoints[-1]["sha256"] == char.sha256
    assert all(layer.trusted for layer in run.layers.values())
    assert np.isfinite(run.layers["rnn.l0"].residuals).all()


@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM, nn.RNN])
@pytest.mark.parametrize("layers", [1, 3])
def test_a_bidirectional_network_in_chunks_is_itself_in_one_piece(kind, layers, tmp_path):
    torch.manual_seed(0)
    module = kind(4, 6, layers, bidirectional=True, batch_first=True).eval()
    loaded = foreign(tmp_path, module)
    values = np.random.default_rng(0).standard_normal((501, 4)).astype(np.float32)
    sequence = Sequence("noise", values=values, columns=("a", "b", "c", "d"))
    run = record_sequences(loaded, [sequence], None, chunk=64, device="cpu")
    whole = gruviz.record(module, torch.from_numpy(values)[None])
    assert set(run.layers) == {f"net.rnn.{name}" for name in whole.layers}
    for name, layer in whole.layers.items():
        mine = run.layers[f"net.rnn.{name}"]
        for quantity in layer.quantities:
            np.testing.assert_allclose(mine[quantity][:], layer[quantity][:], atol=1e-5)
        for state in layer.cell.states:
            np.testing.assert_array_equal(mine.initial(0, state), 0)
            np.testing.assert_allclose(mine.previous(state, 0, 100, 200), layer.previous(state, 0, 100, 200), atol=1e-5)
        np.testing.assert_array_equal(
            mine.counts(slice(0, 501)) if mine.cell.keep else 0, layer.counts(slice(0, 501)) if layer.cell.keep else 0
        )
    np.testing.assert_array_equal(run.tapes["main"].values(slice(0, 501)), values)


def test_progress_is_told_and_no_ends_it_with_what_there_is(char, tmp_path):
    seen = []

    def watch(done, total):
        seen.append((done, total))
        return done < 300

    run = record_sequences(char, [Sequence("hamlet", text=TEXT)], tmp_path / "run.h5", chunk=100, on_progress=watch)
    assert seen == [(100, 840), (200, 840), (300, 840)]
    assert not run.complete
    assert run.layers["rnn.l0"].trusted, "what was recorded until then is as good as ever"
    assert len(run.tapes["main"]) == 300
    assert "".join(run.tapes["main"].symbols(slice(0, 300))) == TEXT[:300]
    assert run.layers["rnn.l0"].factors("update") == (16,)


def test_expected_outputs_prove_a_model_or_refuse_it(char, tmp_path):
    text = Sequence("hamlet", text=TEXT)
    outputs, _ = char.model(torch.from_numpy(char.vocabulary.encode(TEXT).astype(np.int64))[None])
    expected = outputs[0].detach().numpy()
    record_sequences(char, [text], tmp_path / "run.h5", expect=expected, chunk=100).close()
    wrong = expected.copy()
    wrong[500, 3] += 0.01
    with pytest.raises(GruvizError, match=r"differ from the expected ones by up to 0\.01"):
        record_sequences(char, [text], tmp_path / "wrong.h5", expect=wrong)
    assert (tmp_path / "wrong.h5").exists()
    with pytest.raises(GruvizError, match="shape"):
        record_sequences(char, [text], tmp_path / "wrong.h5", expect=expected[1:])
    with pytest.raises(GruvizError, match="columns"):
        record_sequences(char, [text], tmp_path / "wrong.h5", expect=expected[:, 1:])


def test_sequences_that_the_model_cannot_read_are_refused(char, tmp_path):
    numbers = Sequence("table", values=np.zeros((3, 2), np.float32), columns=("a", "b"))
    for loaded, sequence, message in (
        (char, numbers, "table holds numbers, and this model reads text"),
        (char, Sequence("odd", text="to be ☃"), "☃"),
        (char, Sequence("odd", tokens=np.array([0, 99], np.int32)), "the token 99"),
        (foreign(tmp_path, nn.GRU(3, 4)), numbers, "2 columns of numbers, and this model reads 3"),
        (foreign(tmp_path, nn.GRU(3, 4)), Sequence("words", text="ab"), "words is text"),
    ):
        with pytest.raises(GruvizError, match=message):
            record_sequences(loaded, [sequence], tmp_path / "run.h5")
    with pytest.raises(GruvizError, match="no sequence"):
        record_sequences(char, [], tmp_path / "run.h5")
    assert not list(tmp_path.glob("run.h5*"))


def test_series_are_stored_in_their_own_units_with_their_gaps_marked(tmp_path):
    model = build(Architecture("gru", 2, 6, outputs=2, skip=True), seed=0)
    path = tmp_path / "series.safetensors"
    mean, std = [300.0, 1.0], [20.0, 0.5]
    checkpoint.save(path, model, columns=("co2", "t"), mean=mean, std=std, task={"name": "series"}, training={})
    rng = np.random.default_rng(0)
    values = rng.normal([300, 0, 1], [20, 1, 0.5], (50, 3)).astype(np.float32)
    missing = np.zeros((50, 3), bool)
    missing[7, 0] = missing[9, 1] = True
    sequence = Sequence("co2", values=values, columns=("co2", "unused", "t"), missing=missing)
    run = record_sequences(checkpoint.load(path), [sequence], None, chunk=16)
    tape, rows = run.tapes["main"], slice(0, 50)
    assert tape.columns == ("co2", "t")
    np.testing.assert_array_equal(tape.values(rows), values[:, [0, 2]])
    assert tape.label("missing", rows).nonzero()[0].tolist() == [7]
    fed = torch.from_numpy((values[:, [0, 2]] - np.float32(mean)) / np.float32(std))[None]
    expected = model.eval()(fed)[0][0].detach().numpy() * std + mean
    np.testing.assert_allclose(tape.output("values", rows), expected, rtol=1e-5)
