"""Labels are brought along into a recording, and read with it."""

from pathlib import Path

import h5py
import numpy as np
import pytest

import gruviz.recording
from gruviz.errors import GruvizError
from gruviz.recording import add_label

from .written import write


def test_a_label_is_read_with_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    write(path, (40, 20))
    with gruviz.recording.open(path) as recording:
        digest, hidden = recording.digest, recording.layers["rnn.l0"]["hidden"][:60]
    loud = np.arange(60) % 3 == 0
    add_label(path, "loud", loud)
    add_label(path, "pitch", np.linspace(0, 1, 60))
    add_label(path, "pitch", np.full(60, np.nan))
    with gruviz.recording.open(path) as recording:
        tape = recording.tapes["main"]
        assert tape.labels == ("loud", "pitch")
        assert np.array_equal(tape.label("loud", slice(10, 50)), loud[10:50])
        assert np.isnan(tape.label("pitch", slice(0, 60))).all()
        assert recording.digest == digest
        assert np.array_equal(recording.layers["rnn.l0"]["hidden"][:60], hidden)


@pytest.mark.parametrize(
    ("name", "values", "tape", "message"),
    [
        ("loud", np.zeros(59), "main", "has 59 values, tape main has 60"),
        ("loud", np.zeros((60, 2)), "main", r"one number for each timestep, not an array \(60, 2\)"),
        ("loud", np.array(["a"] * 60), "main", "one number for each timestep"),
        ("a/b", np.zeros(60), "main", "without a slash"),
        ("", np.zeros(60), "main", "needs a name"),
        ("loud", np.zeros(60), "second", "no tape second, only main"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, name: str, values: np.ndarray, tape: str, message: str) -> None:
    path = tmp_path / "run.h5"
    write(path, (40, 20))
    before = path.read_bytes()
    with pytest.raises(GruvizError, match=message):
        add_label(path, name, values, tape)
    assert path.read_bytes() == before


def test_a_recording_that_is_open_elsewhere_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    write(path, (40,))
    with gruviz.recording.open(path), pytest.raises(GruvizError, match="open elsewhere"):
        add_label(path, "loud", np.zeros(40))
    with pytest.raises(GruvizError, match="does not exist"):
        add_label(tmp_path / "none.h5", "loud", np.zeros(40))


@pytest.mark.parametrize(
    "make",
    [
        lambda tape: tape.create_dataset("labels/words", data=["a"] * 40),
        lambda tape: tape.create_dataset("labels/cube", data=np.zeros((40, 2, 2))),
        lambda tape: tape.create_group("labels/nested"),
        lambda tape: tape.create_dataset("labels", data=np.zeros(40)),
    ],
)
def test_labels_that_are_no_numbers_are_refused(tmp_path: Path, make) -> None:
    path = tmp_path / "run.h5"
    write(path, (40,))
    with h5py.File(path, "r+") as file:
        make(file["tapes/main"])
    with pytest.raises(GruvizError, match=r"damaged: .*label"):
        gruviz.recording.open(path)
