import h5py
import numpy as np
import pytest

from gruviz.errors import GruvizError
from gruviz.sequences import TEXTS, distinct, read_folder


def test_all_files_in_natural_order(tmp_path):
    for name in ("b.txt", "run10.csv", "run9.csv", "Run1.csv"):
        (tmp_path / name).write_text("1\n0\n")
    np.save(tmp_path / "batch.npy", np.ones((2, 3, 1)))
    sequences, left_out = read_folder(tmp_path)
    assert [each.name for each in sequences] == ["b", "batch[0]", "batch[1]", "Run1", "run9", "run10"]
    assert left_out == ""


def test_what_is_of_another_kind_is_left_out_and_named(tmp_path):
    (tmp_path / "a.txt").write_text("hello")
    (tmp_path / "b.csv").write_text("1\n")
    (tmp_path / "c.pdf").write_bytes(b"%PDF")
    (tmp_path / ".hidden.txt").write_text("hidden")
    (tmp_path / "more").mkdir()
    with h5py.File(tmp_path / "run.h5", "w") as file:
        file.attrs["format"] = "gruviz-recording"
    sequences, left_out = read_folder(tmp_path, suffixes=TEXTS)
    assert [each.name for each in sequences] == ["a"]
    assert left_out == f"left out of {tmp_path.name}, as not to be read here: b.csv, c.pdf, more, run.h5"
    assert "c.pdf, more, run.h5" in read_folder(tmp_path)[1]


def test_a_file_that_cannot_be_read_is_an_error_that_names_it(tmp_path):
    (tmp_path / "a.csv").write_text("1\n2\n")
    (tmp_path / "b.csv").write_text("1\ntwo\n")
    with pytest.raises(GruvizError, match=r"b\.csv has the word 'two'"):
        read_folder(tmp_path)
    with pytest.raises(GruvizError, match="no file that can be read"):
        read_folder(tmp_path, suffixes=TEXTS)
    with pytest.raises(GruvizError, match="cannot read the folder"):
        read_folder(tmp_path / "missing")


def test_equal_names_are_told_apart(tmp_path):
    for suffix in ("txt", "md"):
        (tmp_path / f"a.{suffix}").write_text("x")
    assert [each.name for each in distinct(read_folder(tmp_path)[0])] == ["a", "a (2)"]
