"""`gruviz compare`, as a person types it: in a process of its own, interrupted and gone on with."""

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import gruviz
from gruviz.cli import main
from gruviz.cli._compare import command
from gruviz.model import checkpoint

ROOT = Path(__file__).parents[2]


def start(*arguments: object) -> subprocess.Popen[str]:
    typed = [sys.executable, "-m", "gruviz", "compare", *map(str, arguments)]
    return subprocess.Popen(typed, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)


def test_interrupted_and_gone_on_with(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    asked = ("adding", "--set", "length=20", "--hidden", 8, "--steps", 100, "--seeds", 2, "--equal", "parameters")
    process = start(*asked, "-o", folder)
    while not list(folder.glob("*.safetensors")):  # the first run is written
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    printed, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert "stopping, and keeping what is finished" in said
    assert "this goes on from there: gruviz compare adding" in printed
    kept = json.loads((folder / "comparison.json").read_text())["runs"]
    assert 1 <= len(kept) < 6
    assert len(list(folder.glob("*.safetensors"))) == len(kept)

    process = start(*asked, "-o", folder)
    printed, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    data = json.loads((folder / "comparison.json").read_text())
    assert data["runs"][: len(kept)] == kept
    assert len(data["runs"]) == 6
    assert printed.startswith((folder / "table.md").read_text())
    assert "| always saying 1 |" in printed
    assert f"`gruviz {' '.join(map(str, ('compare', *asked)))} -o FOLDER`" in printed
    listed = list(csv.DictReader((folder / "table.csv").open()))
    assert [row["cell"] for row in listed] == ["rnn", "gru", "lstm"]
    for row in listed:
        results = [
            checkpoint.load(folder / f"{row['cell']}-{seed}.safetensors").training["result"]["value"] for seed in (0, 1)
        ]
        assert float(row["mean"]) == pytest.approx(sum(results) / 2, rel=1e-5)
        assert float(row["lowest"]) == pytest.approx(min(results), rel=1e-5)
        with gruviz.open(folder / f"{row['cell']}.h5") as run:
            assert run.tapes["main"].sequences[0].length == 20


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["addition"], "there is no task 'addition'"),
        (["char"], "needs a text to learn from"),
        (["adding", "--set", "length"], "write length=200"),
        (["adding", "--set", "depth=3"], "has no setting 'depth'"),
        (["adding", "--set", "length=1"], "must be a whole number from 2"),
        (["char", "--text", "assets/data/sonnets.txt", "--set", "length=3"], "it has no setting 'length'"),
        (["adding", "--text", "assets/data/sonnets.txt"], "makes up its sequences"),
        (["adding", "--seeds", "0"], "ask for one or more"),
        (["adding", "--equal", "time"], "invalid choice"),
        (["adding", "--device", "abacus"], "there is no device called"),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_line(
    typed: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["compare", *typed, "-o", str(tmp_path / "new")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert told in lines[-1]
    assert not (tmp_path / "new").exists()


def test_the_command_it_remembers_names_no_place_of_this_machine() -> None:
    typed = ["char", "--text", "/home/me/hamlet.txt", "-o", "/tmp/run", "--steps", "3"]
    assert command(typed) == ("gruviz", "compare", "char", "--text", "hamlet.txt", "--steps", "3")
    assert (
        command(["adding", "--output=/tmp/run"]) == command(["adding", "-o/tmp/run"]) == ("gruviz", "compare", "adding")
    )
