"""What the command line reads: sounds, tables, arrays, vocabularies, folders, on real files."""

import json

import h5py
import numpy as np
import pytest
import torch
from scipy.io import wavfile

import gruviz
from gruviz.cli import main

RATE = 8000


def run(capsys, *arguments):
    """Exit status, standard output, standard error."""
    status = main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


@pytest.fixture
def sweep(tmp_path):
    """Two seconds of a tone that rises, in 16 bits."""
    time = np.arange(2 * RATE) / RATE
    samples = 0.5 * np.sin(2 * np.pi * (200 + 400 * time) * time)
    wavfile.write(tmp_path / "sweep.wav", RATE, np.rint(samples * 32767).astype(np.int16))
    return tmp_path / "sweep.wav"


def test_a_network_learns_frames_of_a_sound_and_is_recorded_on_them(sweep, tmp_path, capsys):
    model, recording = tmp_path / "m.safetensors", tmp_path / "run.h5"
    frames = ["--mel", "20", "--hop-ms", "10", "--window-ms", "32"]
    train = ["train", "series", "--data", sweep, *frames, "--steps", "3", "--hidden", "8", "-o", model]
    assert run(capsys, *train)[0] == 0
    status, _, said = run(capsys, "record", model, sweep, *frames, "--range", "50:900", "-o", recording)
    assert status == 0
    assert "note: sweep ends after 200 timesteps: the range 50:900 was cut to 50:200" in said
    with gruviz.open(recording) as opened:
        tape = opened.tapes["main"]
        assert (len(tape), tape.rate, tape.unit) == (150, 100, "s")
        assert tape.columns == tuple(f"mel {band}" for band in range(1, 21))
        assert opened.layers["rnn.l0"].trusted
        peaks = tape.values(slice(0, 150)).argmax(1)
        assert peaks[120] > peaks[20], "the tone rises"
        assert opened.model["reading"]["mel"] == 20


def test_samples_of_a_sound(sweep, tmp_path, capsys):
    model, recording = tmp_path / "m.safetensors", tmp_path / "run.h5"
    assert run(capsys, "train", "series", "--data", sweep, "--steps", "2", "--hidden", "4", "-o", model)[0] == 0
    assert run(capsys, "record", model, sweep, "--range", "0:800", "-o", recording)[0] == 0
    with gruviz.open(recording) as opened:
        assert opened.tapes["main"].rate == RATE
        _, samples = wavfile.read(sweep)
        np.testing.assert_allclose(opened.tapes["main"].values(slice(0, 800))[:, 0], samples[:800] / 32768, atol=1e-6)


def test_columns_and_rate_of_a_table(tmp_path, capsys):
    rng = np.random.default_rng(0)
    rows = "\n".join(f"{t / 4},{a:.3f},{b:.3f},note" for t, (a, b) in enumerate(rng.random((60, 2))))
    (tmp_path / "t.csv").write_text(f'time,"x, east",y,remark\n{rows}\n')
    model, recording = tmp_path / "m.safetensors", tmp_path / "run.h5"
    train = ["train", "series", "--data", tmp_path / "t.csv", "--columns", '"x, east",y', "--steps", "2"]
    assert run(capsys, *train, "--hidden", "4", "-o", model)[0] == 0
    arguments = ["record", model, tmp_path / "t.csv", "--columns", "3, 2", "--rate", "4", "-o", recording]
    status, _, said = run(capsys, *arguments)
    assert (status, "note" in said) == (0, False)
    with gruviz.open(recording) as opened:
        assert opened.tapes["main"].columns == ("x, east", "y"), "in the order of the model"
        assert opened.tapes["main"].rate == 4
        np.testing.assert_allclose(opened.tapes["main"].values(slice(0, 1)), rng_first(rows), atol=1e-6)


def rng_first(rows):
    return [[float(cell) for cell in rows.split("\n")[0].split(",")[1:3]]]


@pytest.fixture
def embedding(tmp_path):
    """A model of gruviz for tokens 0 to 3, whose vocabulary nobody wrote down."""
    from gruviz.model import checkpoint
    from gruviz.model.network import Architecture, build

    path = tmp_path / "tokens.safetensors"
    checkpoint.save(path, build(Architecture("gru", 4, 3, embedding=2), seed=0), task={}, training={})
    return path


def test_a_vocabulary_from_a_file(embedding, tmp_path, capsys):
    (tmp_path / "v.json").write_text(json.dumps({"to": 0, "be": 1, "or": 2, "not": 3}))
    (tmp_path / "a.txt").write_text("to be or not to be")
    out = ["-o", tmp_path / "run.h5"]
    status, _, said = run(capsys, "record", embedding, tmp_path / "a.txt", "--vocabulary", tmp_path / "v.json", *out)
    assert status == 0
    assert "note: text was read word by word" in said
    with gruviz.open(tmp_path / "run.h5") as opened:
        assert " ".join(opened.tapes["main"].symbols(slice(0, 6))) == "to be or not to be"


def test_a_folder_and_a_dataset(tmp_path, capsys):
    torch.save(torch.nn.GRU(2, 3).state_dict(), tmp_path / "gru.pt")
    folder = tmp_path / "many"
    folder.mkdir()
    for number in (1, 2, 10):
        np.savez(folder / f"x{number}.npz", x=np.ones((number + 1, 2)), about=np.array("words"))
    with h5py.File(folder / "y.h5", "w") as file:
        file["y"] = np.ones((2, 4, 2))
    (folder / "readme.pdf").write_bytes(b"%PDF")
    status, _, said = run(capsys, "record", tmp_path / "gru.pt", folder, "-o", folder / "run.h5", "--rate", "50")
    assert status == 0, said
    assert "note: left out of many, as not to be read here: readme.pdf" in said
    with gruviz.open(folder / "run.h5") as opened:
        assert [info.name for info in opened.tapes["main"].sequences] == ["x1", "x2", "x10", "y[0]", "y[1]"]
    assert run(capsys, "record", tmp_path / "gru.pt", f"{folder}/y.h5:/y", "-o", tmp_path / "run2.h5")[0] == 0
    status, _, said = run(capsys, "record", tmp_path / "gru.pt", folder, "-o", tmp_path / "run3.h5")
    assert status == 0, "a recording in the folder is not data"
    assert "run.h5" in said


def test_mistakes_are_one_line(embedding, sweep, tmp_path, capsys):
    torch.save(torch.nn.GRU(2, 3).state_dict(), tmp_path / "gru.pt")
    (tmp_path / "t.csv").write_text("u;v\n1,5;2\n3;4\n")
    (tmp_path / "v.txt").write_text("a\nb\n")
    (tmp_path / "a.txt").write_text("abba")
    np.savez(tmp_path / "two.npz", x=np.ones((4, 2)), y=np.ones((5, 2)))
    gru, out = tmp_path / "gru.pt", ["-o", tmp_path / "run.h5"]
    for arguments, word in (
        ([gru, tmp_path / "t.csv"], "decimals have a comma there"),
        ([gru, tmp_path / "t.csv", "--columns", "w"], "it has u, v"),
        ([gru, tmp_path / "two.npz"], "x (4, 2), y (5, 2)"),
        ([gru, f"{tmp_path}/two.npz:z"], "z is not in it"),
        ([gru, tmp_path / "two.npz", "--rate", "0"], "rate must be a number above 0"),
        ([gru, sweep], "reads 2"),
        ([gru, sweep, "--hop-ms", "5"], "--mel 80"),
        ([gru, sweep, "--mel", "1000"], "3 to 512 bands"),
        ([gru, sweep, "--rate", "5"], "says its own rate"),
        ([embedding, tmp_path / "a.txt", "--vocabulary", tmp_path / "v.txt"], "2 symbols"),
        ([gru, tmp_path / "two.npz", "--vocabulary", tmp_path / "v.txt"], "reads numbers"),
        ([embedding, tmp_path / "a.txt", "--vocabulary", tmp_path / "none.txt"], "none.txt"),
        ([gru, tmp_path / "empty"], "no file"),
    ):
        status, printed, error = run(capsys, "record", *arguments, *out)
        assert (status, printed) == (2, ""), arguments
        said = [line for line in error.splitlines() if not line.startswith("note: ")]
        assert len(said) == 1, error
        assert word in said[0]
    assert not (tmp_path / "run.h5").exists()
