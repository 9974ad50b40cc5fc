"""The command that a figure asks for, where gradients are lacking, gives what the figure needs."""

import shlex
from pathlib import Path

import h5py
import pytest
import torch
from torch import nn

import gruviz
from gruviz.cli import main
from gruviz.model import checkpoint
from gruviz.model.network import Architecture, build
from gruviz.model.run import record_sequences
from gruviz.sequences import Sequence, Vocabulary


def advised(capsys: pytest.CaptureFixture[str], path: Path, figure: str) -> tuple[str, list[str]]:
    """What `gruviz export` says, and the command in it."""
    assert main(["export", str(path), figure, "-o", str(path.with_suffix(".svg"))]) == 2
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    words = shlex.split(said[said.index("gruviz gradient") :])
    return said, words[1:]


def with_a_read_out(folder: Path) -> tuple[Path, Path]:
    vocabulary = Vocabulary.of("to be or not to be")
    network = build(Architecture("gru", len(vocabulary), 4, outputs=len(vocabulary), embedding=3), seed=0)
    model, path = folder / "model.safetensors", folder / "a run.h5"
    checkpoint.save(model, network, vocabulary=vocabulary, task={"name": "char"}, training={})
    read = [Sequence("one", text="to be or not to be")]
    record_sequences(checkpoint.load(model), read, path, device="cpu").close()
    return model, path


@pytest.mark.parametrize("lacking", [(), ("readout.weight", "readout.bias"), ("rnn.weight_hh_l0",)])
def test_it_gives_the_loss_that_the_figure_draws(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lacking: tuple[str, ...]
) -> None:
    model, path = with_a_read_out(tmp_path)
    with h5py.File(path, "r+") as file:
        for name in lacking:
            del file[f"checkpoints/-1/weights/{name}"]
    said, words = advised(capsys, path, "gradient")
    assert "holds no gradient of a loss for sequence 0: compute it, gruviz gradient" in said
    assert ("--model" in words) == bool(lacking)
    assert main([str(model) if word == "MODEL" else word for word in words]) == 0
    assert main(["export", str(path), "gradient", "-o", str(tmp_path / "out.svg")]) == 0


@pytest.mark.parametrize("figure", ["gradient", "paths"])
def test_where_there_can_be_no_loss_it_leads_to_what_needs_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], figure: str
) -> None:
    path = tmp_path / "run.h5"
    gruviz.record(nn.GRU(3, 4, num_layers=2, bidirectional=True), torch.randn(9, 1, 3), path=path).close()
    said, words = advised(capsys, path, figure)
    assert ("it does not say what would have been right, so there is no loss" in said) == (figure == "gradient")
    assert words == ["gradient", str(path)]
    assert main(words) == 0
    assert main(["export", str(path), "paths", "-o", str(tmp_path / "out.svg")]) == 0


def test_it_names_the_tape_where_another_would_be_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder, self.decoder = nn.GRU(3, 4), nn.GRU(3, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.decoder(x[:4], self.encoder(x)[1])[0]

    path = tmp_path / "run.h5"
    gruviz.record(Two(), torch.randn(9, 1, 3), path=path).close()
    with gruviz.open(path) as run:
        first, second = run.tapes
        layer = next(each for each in run.layers.values() if each.tape.name == second)
    assert main(["export", str(path), "paths", "--layer", layer.name, "-o", str(tmp_path / "out.svg")]) == 2
    assert f"--tape {second}" in capsys.readouterr().err
    assert f"--tape {first}" not in advised(capsys, path, "paths")[0]
