"""The command line, as a person types it: in a process of its own where that matters, on real files."""

import json
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

import gruviz
from gruviz.cli import main

DATA = Path(__file__).parents[2] / "assets" / "data"


def run(capsys, *arguments):
    """Exit status, standard output, standard error."""
    status = main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


@pytest.fixture(scope="module")
def hamlet(tmp_path_factory):
    """The main job: train on Hamlet for a few hundred steps, record 20,000 characters of it."""
    folder = tmp_path_factory.mktemp("hamlet")
    model, recording = folder / "model.safetensors", folder / "run.h5"
    text = DATA / "hamlet.txt"
    command = [sys.executable, "-m", "gruviz"]
    train = [*command, "train", "char", "--text", text, "--steps", "300", "--hidden", "64", "-o", model]
    record = [*command, "record", model, text, "--range", "0:20000", "-o", recording]
    for arguments in (train, record):
        done = subprocess.run(list(map(str, arguments)), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert f"Saved {arguments[-1]}" in done.stdout
    return model, recording


def test_train_record_info(hamlet, capsys):
    model, recording = hamlet
    status, printed, _ = run(capsys, "info", recording, "--json")
    facts = json.loads(printed)
    assert status == 0
    assert facts["layers"][0]["name"] == "rnn.l0"
    assert facts["layers"][0]["timesteps"] == 20_000
    assert facts["complete"] is True
    status, printed, _ = run(capsys, "info", model)
    assert status == 0
    assert "bits per character" in printed
    with gruviz.open(recording) as opened:
        text = (DATA / "hamlet.txt").read_text()[:20_000]
        assert "".join(opened.tapes["main"].symbols(slice(0, 20_000))) == text
        assert opened.layers["rnn.l0"].trusted
        loss = -np.log2(opened.tapes["main"].output("probability", slice(0, 19_999))).mean()
        assert loss < 3.3, "300 steps beat the bigram model's 3.5 bits on what was read"


@pytest.mark.parametrize("suffix", ["pdf", "svg", "png"])
def test_export_draws_200_timesteps(hamlet, tmp_path, capsys, suffix):
    target = tmp_path / f"gates.{suffix}"
    status, _, _ = run(capsys, "export", hamlet[1], "gates", "--range", "1000:1200", "-o", target)
    assert status == 0
    head = {"pdf": b"%PDF", "svg": b"<?xml", "png": b"\x89PNG"}[suffix]
    assert target.read_bytes().startswith(head)


def test_export_lists_its_figures(capsys):
    status, printed, _ = run(capsys, "export", "--list")
    assert status == 0
    assert next(line.split()[0] for line in printed.splitlines()) == "gates"


def test_made_up_sequences_of_a_task(tmp_path, capsys):
    model, recording = tmp_path / "flipflop.safetensors", tmp_path / "run.h5"
    assert run(capsys, "train", "flipflop", "--steps", "2", "--hidden", "8", "-o", model)[0] == 0
    assert run(capsys, "record", model, "task:flipflop", "--count", "3", "-o", recording, "--dtype", "float16")[0] == 0
    with gruviz.open(recording) as opened:
        assert len(opened.tapes["main"].sequences) == 3
        assert opened.tapes["main"].columns


def test_all_cells_train_and_record(tmp_path, capsys):
    for cell, quantities in (("lstm", 6), ("rnn", 1)):
        model, recording = tmp_path / f"{cell}.safetensors", tmp_path / f"{cell}.h5"
        arguments = ["train", "series", "--data", DATA / "co2.csv", "--cell", cell, "--steps", "2", "-o", model]
        status, _, notes = run(capsys, *arguments)
        assert status == 0
        assert "59" in notes, "the missing values are spoken of"
        assert run(capsys, "record", model, DATA / "co2.csv", "-o", recording)[0] == 0
        with gruviz.open(recording) as opened:
            assert len(opened.layers["rnn.l0"].quantities) == quantities
            assert opened.layers["rnn.l0"].trusted
            assert opened.tapes["main"].label("missing", slice(0, 2284)).sum() == 59


def test_expected_outputs(hamlet, tmp_path, capsys):
    module = torch.nn.GRU(3, 5, batch_first=True).eval()
    torch.save(module.state_dict(), tmp_path / "gru.pt")
    x = np.random.default_rng(0).standard_normal((40, 3)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    expected = module(torch.from_numpy(x)[None])[0][0].detach().numpy()
    arguments = ["record", tmp_path / "gru.pt", tmp_path / "x.npy", "-o", tmp_path / "run.h5", "--expect"]
    np.save(tmp_path / "right.npy", expected)
    status, printed, _ = run(capsys, *arguments, tmp_path / "right.npy")
    assert status == 0
    assert "The model is proved against reference outputs: they differ by" in printed
    np.save(tmp_path / "wrong.npy", expected + 0.5)
    status, _, error = run(capsys, *arguments, tmp_path / "wrong.npy")
    assert status == 2
    assert "differ from the expected ones by up to 0.5" in error


def test_models_of_other_programs(tmp_path, capsys):
    both = torch.nn.ModuleDict({"encoder": torch.nn.GRU(2, 3), "decoder": torch.nn.RNN(2, 4)})
    model, out = tmp_path / "both.ckpt", tmp_path / "run.h5"
    torch.save({"state_dict": both.state_dict(), "pytorch-lightning_version": "2.5"}, model)
    np.save(tmp_path / "x.npy", np.ones((9, 2), np.float32))
    status, printed, _ = run(capsys, "info", model)
    assert status == 0
    assert "encoder: GRU, 2 inputs, 3 units" in printed
    assert "decoder: RNN, 2 inputs, 4 units" in printed
    status, printed, _ = run(capsys, "info", model, "--module", "decoder", "--nonlinearity", "relu", "--json")
    assert json.loads(printed)["architecture"]["nonlinearity"] == "relu"
    status, _, error = run(capsys, "record", model, tmp_path / "x.npy", "-o", out)
    assert status == 2
    assert "--module NAME out of encoder, decoder" in error
    said = ["--module", "encoder", "--update-gate", "write", "--reset", "before"]
    status, printed, error = run(capsys, "record", model, tmp_path / "x.npy", "-o", out, *said)
    assert status == 0
    assert "The model is not proved against reference outputs." in printed
    assert "negated" in error
    status, printed, _ = run(capsys, "info", out, "--json")
    facts = json.loads(printed)
    assert facts["module"] == "encoder"
    assert facts["said of the model"] == {"update_gate": "write", "reset": "before"}
    assert facts["layers"][0]["convention"] == "chung convention, reset before"
    assert facts["proof"] == "not proved against reference outputs"
    status, _, error = run(
        capsys, "record", model, tmp_path / "x.npy", "-o", out, "--module", "encoder", "--names", "no"
    )
    assert status == 2
    assert "cannot read no" in error


def bad_inputs(folder):
    """Each mistake of a newcomer, the command, and words that its one line must hold."""
    (folder / "words.csv").write_text("when,what\nmonday,rain\ntuesday,sun\n")
    (folder / "mixed.csv").write_text("t,v\n1,2\n2,two\n")
    (folder / "empty.txt").write_text("")
    torch.save(torch.nn.Linear(2, 2).state_dict(), folder / "linear.pt")
    with h5py.File(folder / "other.h5", "w") as file:
        file["data"] = [1, 2, 3]
    text, model, out = DATA / "sonnets.txt", folder / "linear.pt", ["-o", folder / "run.h5"]
    to = ["-o", folder / "m.safetensors"]
    return [
        (["record", folder / "missing.safetensors", text, *out], "missing.safetensors"),
        (["record", text, text, *out], "not a model file"),
        (["record", model, text, *out], "GRU"),
        (["train", "char", "--text", folder / "empty.txt", *to], "empty"),
        (["train", "char", "--text", folder / "missing.txt", *to], "missing.txt"),
        (["train", "series", "--data", folder / "words.csv", *to], "words.csv"),
        (["train", "series", "--data", folder / "mixed.csv", *to], "two"),
        (["train", "char", *to], "--text"),
        (["train", "chess", *to], "chess"),
        (["train", "copy", "-o", folder / "no" / "m.safetensors"], "no"),
        (["train", "copy", "--steps", "many", *to], "many"),
        (["train", "copy"], "--output"),
        (["info", folder / "missing.h5"], "missing.h5"),
        (["info", folder / "other.h5"], "not a gruviz recording"),
        (["export", text, "gates", "-o", folder / "g.pdf"], "not a gruviz recording"),
        (["export", folder / "missing.h5", "gates", "-o", folder / "g.pdf"], "missing.h5"),
        (["export"], "give a recording"),
        (["train", "copy", "--steps", "1", "-o", folder / "words.csv"], "not replaced"),
        (["export", folder / "other.h5", "gates", "-o", folder / "g.pdf", "--dpi", "0"], "not a gruviz recording"),
        ([text, "--screenshot", folder / "s.jpg"], ".png"),
        ([folder / "missing.h5", "--screenshot", folder / "s.png"], "missing.h5"),
        ([text, "--screenshot", folder / "s.png"], "sonnets.txt"),
        (["--screenshot"], "--screenshot"),
        (["--size", "big"], "1280x800"),
    ]


def test_every_mistake_is_one_line_and_status_2(tmp_path):
    cases = bad_inputs(tmp_path)
    program = (
        "import json, sys\nfrom gruviz.cli import main\n"
        "for arguments in json.load(sys.stdin):\n"
        "    print('>', flush=True, file=sys.stderr)\n    print(main(arguments), flush=True)"
    )
    given = json.dumps([[str(argument) for argument in arguments] for arguments, _ in cases])
    done = subprocess.run([sys.executable, "-c", program], input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["2"] * len(cases), done.stderr
    said = [part.strip() for part in done.stderr.split(">\n")[1:]]
    for (arguments, word), line in zip(cases, said, strict=True):
        assert line.startswith("gruviz: "), arguments
        assert len(line.splitlines()) == 1, line
        assert word in line, line
    assert not list(tmp_path.glob("*.part"))
    assert not (tmp_path / "run.h5").exists()


def test_export_names_what_there_is(hamlet, tmp_path, capsys):
    _, recording = hamlet
    for arguments, word in (
        (["nothing"], "gates"),
        (["gates", "--layer", "rnn.l7"], "rnn.l0"),
        (["gates", "--sequence", "5"], "5"),
        (["gates", "--range", "30000:30100"], "20,000"),
        (["gates", "--units", "64"], "64"),
        (["gates", "--range", "0:9", "--dpi", "0"], "dots per inch"),
        (["gates", "--quantities", "forget"], "update"),
    ):
        status, _, error = run(capsys, "export", recording, *arguments, "-o", tmp_path / "g.pdf")
        assert status == 2
        assert word in error
        assert len(error.splitlines()) == 1


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="/proc is a folder that not even root can write to")
def test_an_unwritable_folder_is_said_before_the_work(hamlet, capsys):
    model, recording = hamlet
    for arguments in (
        ["train", "copy", "-o", "/proc/m.safetensors"],
        ["record", model, DATA / "hamlet.txt", "-o", "/proc/run.h5"],
        ["export", recording, "gates", "--range", "0:50", "-o", "/proc/g.pdf"],
    ):
        status, printed, error = run(capsys, *arguments)
        assert status == 2
        assert printed == ""
        said = [line for line in error.splitlines() if not line.startswith("note: ")]
        assert len(said) == 1, error
        assert "/proc" in said[0]


def test_ctrl_c_is_no_traceback(tmp_path: Path) -> None:
    program = (
        "import signal, sys\n"
        "from gruviz.cli import main\n"
        "signal.signal(signal.SIGALRM, signal.default_int_handler)\n"  # as Ctrl+C, while the figure is being drawn
        "signal.setitimer(signal.ITIMER_REAL, 0.2)\n"
        "sys.exit(main(['export', 'demo', 'gates', '-o', sys.argv[1]]))\n"
    )
    words = [sys.executable, "-c", program, str(tmp_path / "a.pdf")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr.strip()) == (130, "gruviz: stopped")
    assert not list(tmp_path.iterdir())
