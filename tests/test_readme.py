"""What the README says is so: its way to read a recording without gruviz, its commands, its pictures."""

import re
import shlex
from pathlib import Path

import h5py
import numpy as np
import pytest

import gruviz
from gruviz.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DEMO = ROOT / "assets" / "demo.h5"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_a_recording_is_read_by_plain_h5py_as_written(tmp_path, monkeypatch):
    (program,) = [block for block in blocks("python") if "import h5py" in block]
    (tmp_path / "run.h5").write_bytes(DEMO.read_bytes())
    monkeypatch.chdir(tmp_path)
    found: dict[str, object] = {}
    exec(program, found)
    with gruviz.open(DEMO) as run:
        layer = run.layers["rnn.l0"]
        np.testing.assert_array_equal(found["update"], layer["update"][layer.slice(0)])


def test_the_format_is_described_down_to_the_last_name():
    described = README[README.index("## File format") : README.index("## Speed")]
    with h5py.File(DEMO) as file:
        names: set[str] = set()
        file.visititems(lambda name, item: names.update(item.attrs, [name.rpartition("/")[2]]))
        names |= set(file.attrs)
    free = {
        "main",
        "rnn.l0",
        "16",
        "64",
        "-1",
        "weights",
        *(name for name in names if name.startswith(("weight_", "rnn."))),
    }
    free |= {"classes", "retained", "overwritten", "moved"}  # the thresholds
    assert [name for name in sorted(names - free) if not re.search(rf"\b{re.escape(name)}\b", described)] == []


def test_equations_hold_in_the_demo_by_the_readme_alone():
    """h_t = z h_(t-1) + (1 - z) n, with the states, the initial states and the sequences as described."""
    with h5py.File(DEMO) as file:
        layer = file["layers/rnn.l0"]
        table = file["tapes"][layer.attrs["tape"]]["sequences"]
        for i, (start, length) in enumerate(zip(table["offset"][:], table["length"][:], strict=True)):
            z, n, h = (layer[name][start : start + length] for name in ("update", "candidate", "hidden"))
            before = np.concatenate([layer["initial"][i][None], h[:-1]])
            assert np.abs(z * before + (1 - z) * n - h).max() <= layer["residual"][i] + 1e-7 <= 1e-5
            moved = np.abs(h - before) > layer["counts"].attrs["moved"]
            counts = layer["counts"][start : start + length]
            assert (counts[:, 0] == (z >= layer["counts"].attrs["retained"]).sum(1)).all()
            assert (counts[:, 2] == ((z <= layer["counts"].attrs["overwritten"]) & moved).sum(1)).all()
            first = sum(-(-int(one) // 16) for one in table["length"][:i])
            np.testing.assert_allclose(layer["pyramid/update/16/mean"][first], z[:16].mean(0), atol=1e-6)


def test_the_tour_says_what_was_measured():
    with gruviz.open(DEMO) as run:
        tape, layer = run.tapes["main"], run.layers["rnn.l0"]
        rows = slice(0, len(tape))
        symbols = np.array(tape.symbols(rows))
        space, letter = symbols == " ", np.char.isalpha(symbols)
        reset, counts = layer["reset"][:], layer.counts(rows) / layer.size
        told = f"{reset[space].mean():.2f} at a space and {reset[letter].mean():.2f}\n   at a letter, and "
        told += f"{100 * counts[space, 2].mean():.0f} % of the units are overwritten at a space, "
        told += f"{100 * counts[letter, 2].mean():.0f} % at a letter"
        assert told in README


def test_the_demo_is_small_and_its_figures_are_in_the_readme(capsys):
    assert DEMO.stat().st_size + DEMO.with_suffix(".safetensors").stat().st_size < 6e6
    assert main(["info", str(DEMO.with_suffix(".safetensors"))]) == 0
    bits, bigram = re.search(r"([\d.]+) bits per character .* has ([\d.]+)", capsys.readouterr().out).groups()
    assert f"(the demo), 4,000 steps, 80 s | {bits} bits per character | {bigram}, a bigram model" in README


@pytest.mark.parametrize("command", [line for line in "\n".join(blocks("")).splitlines() if line.startswith("gruviz ")])
def test_commands_are_understood(command, tmp_path, monkeypatch, capsys):
    """Each fails for its missing file alone, not for a name or an option that is not there; exporting works."""
    arguments = shlex.split(command.partition("#")[0])[1:]
    monkeypatch.chdir(tmp_path)
    if arguments[0] == "train":
        arguments[arguments.index("--text") + 1] = "missing.txt"
    if arguments[-2:] == ["hamlet.h5"] or arguments == ["hamlet.h5"]:
        arguments += ["--screenshot", "window.png"]
    assert main(arguments) == 2
    assert re.search("does not exist|there is no file|no such file", capsys.readouterr().err.lower())


def test_its_pictures_and_pages_are_there():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
