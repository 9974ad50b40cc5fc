"""Gradients are added to a recording that is there already, and read with it; what is no gradient is refused."""

from pathlib import Path

import h5py
import numpy as np
import pytest

import gruviz.recording
from gruviz.errors import GruvizError
from gruviz.recording import GradientWriter
from gruviz.recording.gradient import NONE, SUM

from .written import write

H = 5


def made(path: Path) -> Path:
    write(path, (40, 20), H)
    return path


def add(path: Path, sequence: int, values: dict[str, np.ndarray], start: int = 0, loss: int = SUM) -> None:
    with gruviz.recording.open(path) as run, GradientWriter(run) as writer:
        writer.of_loss("rnn.l0", sequence, loss, "cross entropy")
        writer.write("rnn.l0", sequence, start, values)


def test_they_are_read_with_the_recording(tmp_path: Path) -> None:
    path = made(tmp_path / "run.h5")
    with gruviz.recording.open(path) as run:
        assert run.layers["rnn.l0"].gradient is None
        digest, hidden = run.digest, run.layers["rnn.l0"]["hidden"][:]
    rng = np.random.default_rng(0)
    norms, directions = rng.normal(-400, 100, 20), rng.normal(size=(20, H)).astype(np.float32)
    directions[3] = 0
    norms[3] = -np.inf
    add(path, 1, {"norm_hidden": norms[:12], "direction_hidden": directions[:12]})
    with gruviz.recording.open(path) as run, GradientWriter(run) as writer:
        writer.write("rnn.l0", 1, 12, {"norm_hidden": norms[12:], "direction_hidden": directions[12:]})
    with gruviz.recording.open(path) as run:
        layer = run.layers["rnn.l0"]
        gradient = layer.gradient
        assert gradient is not None
        assert gradient.names == ("norm_hidden", "direction_hidden")
        assert "norm_hidden" in gradient
        assert "norm_cell" not in gradient
        assert gradient.error == "cross entropy"
        assert (gradient.loss(0), gradient.loss(1)) == (NONE, SUM)
        assert np.isnan(gradient.read("norm_hidden", slice(0, 40))).all()
        np.testing.assert_array_equal(gradient.read("norm_hidden", layer.slice(1)), norms)
        np.testing.assert_array_equal(
            gradient.read("direction_hidden", slice(45, 50), [0, 3]), directions[5:10, [0, 3]]
        )
        with np.errstate(divide="ignore"):
            expected = norms[:, None] + np.log10(np.abs(directions.astype(float)))
        np.testing.assert_allclose(gradient.hidden(layer.slice(1)), np.where(np.isnan(expected), -np.inf, expected))
        with pytest.raises(KeyError, match="has norm_hidden, direction_hidden, not norm_cell"):
            gradient.read("norm_cell", slice(0, 1))
        assert run.digest == digest
        np.testing.assert_array_equal(layer["hidden"][:], hidden)
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_there_of_other_sequences_stays_and_of_another_loss_goes(tmp_path: Path) -> None:
    path = made(tmp_path / "run.h5")
    add(path, 0, {"norm_hidden": np.ones(40), "direction_hidden": np.ones((40, H))}, loss=39)
    add(path, 1, {"norm_hidden": np.full(20, 2.0), "direction_hidden": np.ones((20, H))})
    add(path, 1, {"norm_hidden": np.full(5, 3.0)}, start=3, loss=7)
    with gruviz.recording.open(path) as run:
        gradient = run.layers["rnn.l0"].gradient
        assert gradient is not None
        assert (gradient.loss(0), gradient.loss(1)) == (39, 7)
        norms = gradient.read("norm_hidden", slice(None))
        assert (norms[:40] == 1).all()
        assert (norms[43:48] == 3).all()
        assert np.isnan(norms[40:43]).all()
        assert np.isnan(norms[48:]).all()
        assert np.isnan(gradient.read("direction_hidden", slice(40, 60))).all()
        assert (gradient.read("direction_hidden", slice(0, 40)) == 1).all()
    for reached in (15, 19):
        with gruviz.recording.open(path) as run, GradientWriter(run) as writer:
            writer.of_reached("rnn.l0", 1, reached)
            writer.write("rnn.l0", 1, reached - 5, {"reach_hidden": np.zeros(6)})
    with gruviz.recording.open(path) as run:
        gradient = run.layers["rnn.l0"].gradient
        assert gradient is not None
        assert (gradient.reached(0), gradient.reached(1), gradient.loss(1)) == (NONE, 19, 7)
        assert np.isnan(gradient.read("reach_hidden", slice(0, 54))).all()
        assert (gradient.read("reach_hidden", slice(54, 60)) == 0).all()
        assert (gradient.read("norm_hidden", slice(43, 48)) == 3).all()
    with (
        gruviz.recording.open(path) as run,
        GradientWriter(run) as writer,
        pytest.raises(GruvizError, match="of a loss that is a cross entropy, and this one is a squared error"),
    ):
        writer.of_loss("rnn.l0", 1, SUM, "squared error")


def test_the_recording_is_whole_whatever_happens(tmp_path: Path) -> None:
    path = made(tmp_path / "run.h5")
    before = path.read_bytes()
    with gruviz.recording.open(path) as run:
        with pytest.raises(TypeError, match="broadcast"), GradientWriter(run) as writer:
            writer.write("rnn.l0", 1, 0, {"norm_hidden": np.zeros(21)})  # more than the tape has
        assert path.read_bytes() == before
        assert list(tmp_path.iterdir()) == [path]
        with GradientWriter(run) as writer:
            writer.write("rnn.l0", 0, 0, {"norm_hidden": np.zeros(40)})
        assert run.layers["rnn.l0"]["hidden"][:].shape == (60, H)  # whoever had it open reads on
        with pytest.raises(GruvizError, match="was changed meanwhile"), GradientWriter(run):
            pass
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_added_to_is_refused(tmp_path: Path) -> None:
    with gruviz.recording.Writer(tmp_path / "run.h5") as writer:
        writer.add_tape("main")
    with gruviz.recording.open(tmp_path / "run.h5") as run:
        run.complete = False
        with pytest.raises(GruvizError, match="not complete"):
            GradientWriter(run)
        run.complete, run.path = True, None
        with pytest.raises(GruvizError, match="in memory"):
            GradientWriter(run)


DAMAGE = {
    "a dataset for the group": (lambda layer: layer.create_dataset("gradient", data=np.zeros(60)), "is not a group"),
    "no loss": (lambda layer: layer.create_group("gradient"), "does not say of what"),
    "too many losses": (lambda layer: layer.create_dataset("gradient/loss", data=np.zeros(3, int)), "gradient loss of"),
    "a loss of words": (lambda layer: layer.create_dataset("gradient/loss", data=["a", "b"]), "gradient loss of"),
    "too few rows": (lambda layer: _with(layer, norm_hidden=np.zeros(59)), "gradient norm_hidden of the wrong shape"),
    "a number": (lambda layer: _with(layer, norm_hidden=1.0), "gradient norm_hidden of the wrong shape"),
    "whole numbers": (lambda layer: _with(layer, norm_hidden=np.zeros(60, int)), "norm_hidden of the wrong shape"),
    "another width": (lambda layer: _with(layer, direction_hidden=np.zeros((60, H + 1))), "direction_hidden of"),
    "a group for data": (lambda layer: layer.create_group("gradient/norm_hidden"), "norm_hidden of the wrong shape"),
}


def _with(layer: h5py.Group, **data: object) -> None:
    layer["gradient/loss"] = layer["gradient/reached"] = np.zeros(2, int)
    for name, values in data.items():
        layer[f"gradient/{name}"] = values


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_refused(tmp_path: Path, damage: str) -> None:
    path = made(tmp_path / "run.h5")
    make, message = DAMAGE[damage]
    with h5py.File(path, "r+") as file:
        make(file["layers/rnn.l0"])
    with pytest.raises(GruvizError, match=f"damaged: layer rnn.l0 has a gradient.*{message.removeprefix('gradient ')}"):
        gruviz.recording.open(path)


def test_what_a_later_gruviz_may_add_is_left_alone(tmp_path: Path) -> None:
    path = made(tmp_path / "run.h5")
    with h5py.File(path, "r+") as file:
        _with(file["layers/rnn.l0"], **{"norm_hidden": np.ones(60), "something else": np.zeros((2, 2))})
    with gruviz.recording.open(path) as run:
        gradient = run.layers["rnn.l0"].gradient
        assert gradient is not None
        assert gradient.names == ("norm_hidden",)


def test_flipped_bytes_are_an_error(tmp_path: Path) -> None:
    path = made(tmp_path / "run.h5")
    add(path, 0, {"norm_hidden": np.full(40, 1234.5)})
    data = bytearray(path.read_bytes())
    where = data.index(np.full(40, 1234.5).tobytes())
    data[where + 100] ^= 255
    path.write_bytes(data)
    with gruviz.recording.open(path) as run:
        gradient = run.layers["rnn.l0"].gradient
        assert gradient is not None
        with pytest.raises(GruvizError, match="checksum does not fit"):
            gradient.read("norm_hidden", slice(0, 10))
