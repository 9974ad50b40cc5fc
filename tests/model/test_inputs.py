"""What a model is fed, from files to the tape of the recording."""

import h5py
import numpy as np
import pytest
import torch
from scipy.io import wavfile

from gruviz.errors import GruvizError
from gruviz.model import checkpoint
from gruviz.model.inputs import MOST_NOTES, notes_on, read_inputs, with_vocabulary
from gruviz.model.network import Architecture, build
from gruviz.model.run import record_sequences
from gruviz.sequences import Reading, Sequence, Vocabulary

WORDS = ("<unk>", "the", "cat", "sat", "on", "mat", ".")


def save(path, *, inputs, embedding=None, vocabulary=None):
    model = build(Architecture("gru", inputs, 6, outputs=inputs if embedding else 0, embedding=embedding), seed=1)
    checkpoint.save(path, model, vocabulary=vocabulary, task={}, training={})
    return checkpoint.load(path)


@pytest.fixture
def reader(tmp_path):
    """Reads tokens 0 to 6, and does not say which they are."""
    return save(tmp_path / "reader.safetensors", inputs=7, embedding=4)


@pytest.fixture
def pairs(tmp_path):
    """Reads two columns."""
    return save(tmp_path / "pairs.safetensors", inputs=2)


def record(loaded, *sources, how=None, **options):
    read = read_inputs(loaded, map(str, sources), how or Reading(), **options)
    return record_sequences(loaded, read, None, device="cpu")


def test_words_are_timesteps(reader, tmp_path):
    (tmp_path / "cat.txt").write_text("the cat sat\non the dog .")
    loaded = with_vocabulary(reader, Vocabulary(WORDS), "words.txt")
    run = record(loaded, tmp_path / "cat.txt", steps=(1, 9))
    tape = run.tapes["main"]
    assert tape.symbols(slice(0, 6)) == ("cat", "sat", "on", "the", "<unk>", ".")
    hidden, _ = loaded.model.rnn(loaded.model.embedding(torch.tensor([[2, 3, 4, 1, 0, 6]])))
    np.testing.assert_allclose(run.layers["rnn.l0"]["hidden"][:], hidden[0].detach(), atol=1e-6)
    assert run.model["notes"] == [
        "text was read word by word, since the vocabulary is of words",
        "1 of 7 words of cat are not in the vocabulary and were read as <unk>: 'dog'",
        "cat ends after 7 timesteps: the range 1:9 was cut to 1:7",
    ]


def test_a_model_file_may_hold_words(tmp_path):
    loaded = save(tmp_path / "own.safetensors", inputs=7, embedding=4, vocabulary=Vocabulary(WORDS))
    run = record_sequences(loaded, [Sequence("s", text="the cat sat")], None, device="cpu")
    assert len(run.tapes["main"]) == 3, "also where nobody has split the text beforehand"


def test_a_vocabulary_must_fit(reader, pairs, tmp_path):
    for symbols in (WORDS[:6], (*WORDS, "dog")):
        with pytest.raises(GruvizError, match=rf"v has {len(symbols)} symbols, and the embedding of this model has 7"):
            with_vocabulary(reader, Vocabulary(symbols), "v")
    with pytest.raises(GruvizError, match="reads numbers, not text"):
        with_vocabulary(pairs, Vocabulary(("a", "b")), "v")
    with pytest.raises(GruvizError, match="a vocabulary of its own, of 7 symbols"):
        with_vocabulary(with_vocabulary(reader, Vocabulary(WORDS), "v"), Vocabulary(WORDS), "v")


def test_text_without_a_vocabulary_is_not_guessed_at(reader, tmp_path):
    (tmp_path / "a.txt").write_text("abc")
    with pytest.raises(GruvizError, match="--vocabulary"):
        record(reader, tmp_path / "a.txt")


def test_characters_of_a_vocabulary_that_is_given(reader, tmp_path):
    (tmp_path / "a.txt").write_text("cab")
    run = record(with_vocabulary(reader, Vocabulary(("<s>", *"abcdef")), "v"), tmp_path / "a.txt")
    assert run.tapes["main"].tokens(slice(0, 3)).tolist() == [3, 1, 2]
    assert run.tapes["main"].symbols(slice(0, 3)) == ("c", "a", "b")


def test_chosen_columns_reach_the_network_with_their_rate(pairs, tmp_path):
    (tmp_path / "t.csv").write_text("t,u,v\n0,5,1\n1,6,2\n2,6,4\n")
    with pytest.raises(GruvizError, match=r"t has 3 columns of numbers, and this model reads 2: choose 2 of them"):
        record(pairs, tmp_path / "t.csv", how=Reading(("t", "u", "v")))
    run = record(pairs, tmp_path / "t.csv", how=Reading(("v", "1"), rate=4))
    tape = run.tapes["main"]
    assert tape.columns == ("v", "t")
    assert tape.values(slice(0, 3)).tolist() == [[1, 0], [2, 1], [4, 2]]
    assert (tape.rate, tape.unit) == (4, "s")
    hidden, _ = pairs.model.rnn(torch.tensor([[[1.0, 0], [2, 1], [4, 2]]]))
    np.testing.assert_allclose(run.layers["rnn.l0"]["hidden"][:], hidden[0].detach(), atol=1e-6)


def test_without_a_rate_time_is_counted(pairs, tmp_path):
    np.save(tmp_path / "a.npy", np.ones((4, 2)))
    tape = record(pairs, tmp_path / "a.npy").tapes["main"]
    assert (tape.rate, tape.unit) == (None, None)


def test_a_folder_is_many_sequences_of_what_the_model_reads(pairs, reader, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("a10", "a9"):
        np.save(folder / f"{name}.npy", np.ones((3, 2)))
    (folder / "notes.txt").write_text("about")
    run = record(pairs, folder)
    assert [info.name for info in run.tapes["main"].sequences] == ["a9", "a10"]
    assert run.model["notes"] == ["left out of data, as not to be read here: notes.txt"]
    loaded = with_vocabulary(reader, Vocabulary(tuple("abotuxy")), "v")
    with pytest.raises(GruvizError, match="a9 holds numbers"):
        record(loaded, folder)


def test_several_files_of_one_name_are_told_apart(pairs, tmp_path):
    for part in ("one", "two"):
        (tmp_path / part).mkdir()
        np.save(tmp_path / part / "x.npy", np.ones((2, 2)))
    run = record(pairs, tmp_path / "one" / "x.npy", tmp_path / "two" / "x.npy")
    assert [info.name for info in run.tapes["main"].sequences] == ["x", "x (2)"]


def test_one_recording_has_one_rate(pairs, tmp_path):
    for name, rate in (("a", 8000), ("b", 16_000)):
        wavfile.write(tmp_path / f"{name}.wav", rate, np.zeros((50, 2), np.int16))
    np.save(tmp_path / "c.npy", np.ones((4, 2)))
    with pytest.raises(GruvizError, match="a has 8,000 timesteps a second and b 16,000 timesteps a second"):
        record(pairs, tmp_path / "a.wav", tmp_path / "b.wav")
    with pytest.raises(GruvizError, match="c no rate"):
        record(pairs, tmp_path / "a.wav", tmp_path / "c.npy")
    assert record(pairs, tmp_path / "a.wav").tapes["main"].rate == 8000


def test_a_sound_for_a_model_of_frames_is_told_how(tmp_path):
    wavfile.write(tmp_path / "a.wav", 16_000, np.zeros(16_000, np.float32))
    loaded = save(tmp_path / "m.safetensors", inputs=40)
    with pytest.raises(
        GruvizError, match=r"a has 1 column of numbers, and this model reads 40: perhaps .*\(--mel 40\)"
    ):
        record(loaded, tmp_path / "a.wav")
    tape = record(loaded, tmp_path / "a.wav", how=Reading(mel=40)).tapes["main"]
    assert (len(tape), tape.rate, len(tape.columns)) == (100, 100, 40)


def test_a_sound_of_two_channels_is_not_told_of_frames_that_there_are_not(tmp_path):
    wavfile.write(tmp_path / "a.wav", 16_000, np.zeros((50, 2), np.int16))
    loaded = save(tmp_path / "m.safetensors", inputs=1)
    with pytest.raises(GruvizError, match=r"2 columns of numbers, and this model reads 1: choose 1 .*\(--columns\)$"):
        record(loaded, tmp_path / "a.wav")
    assert len(record(loaded, tmp_path / "a.wav", how=Reading(("1",))).tapes["main"].columns) == 1


def test_a_network_above_another_says_what_it_may_read(tmp_path):
    both = torch.nn.ModuleDict({"lower": torch.nn.GRU(3, 4), "other": torch.nn.GRU(3, 7), "upper": torch.nn.GRU(4, 2)})
    torch.save(both.state_dict(), tmp_path / "both.pt")
    np.save(tmp_path / "x.npy", np.ones((9, 3), np.float32))
    upper, lower = (checkpoint.load(tmp_path / "both.pt", name) for name in ("upper", "lower"))
    with pytest.raises(GruvizError, match=r"reads 4; it may read what another .* gives out \(lower\): give it that$"):
        record(upper, tmp_path / "x.npy")
    np.save(tmp_path / "x.npy", np.ones((9, 2), np.float32))
    with pytest.raises(GruvizError, match=r"2 columns of numbers, and this model reads 3$"):
        record(lower, tmp_path / "x.npy")


def test_datasets_and_archives(pairs, tmp_path):
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file["x"], file["y"] = np.ones((3, 5, 2)), np.ones(4)
    run = record(pairs, f"{tmp_path / 'd.h5'}:x")
    assert [info.name for info in run.tapes["main"].sequences] == ["d:x[0]", "d:x[1]", "d:x[2]"]
    assert [info.length for info in run.tapes["main"].sequences] == [5, 5, 5]


def test_very_many_notes_stay_few():
    sequences = [Sequence(str(n), text="a", notes=(f"note {n}", "the same")) for n in range(200)]
    notes = notes_on(sequences)
    assert len(notes) == MOST_NOTES + 1
    assert notes[-1] == "and 151 more notes of this kind"


def test_the_range_is_cut_only_where_it_must(pairs, tmp_path):
    np.save(tmp_path / "a.npy", np.ones((9, 2)))
    for steps, length, notes in (((2, None), 7, 0), ((2, 9), 7, 0), ((0, 10), 9, 1)):
        (read,) = read_inputs(pairs, [str(tmp_path / "a.npy")], Reading(), steps=steps)
        assert (len(read), len(read.notes)) == (length, notes)
    with pytest.raises(GruvizError, match=r"9 timesteps: the range 9: is not in it"):
        read_inputs(pairs, [str(tmp_path / "a.npy")], Reading(), steps=(9, None))
