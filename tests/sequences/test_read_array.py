import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from gruviz.errors import GruvizError
from gruviz.sequences import Reading, list_arrays, read, read_all


def refused(path: Path | str, how: Reading | None = None) -> str:
    with pytest.raises(GruvizError) as caught:
        read_all(path, how or Reading())
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_array_kinds(tmp_path):
    def array(values, **options):
        np.save(tmp_path / "a.npy", np.asarray(values), **options)
        return read(tmp_path / "a.npy")

    assert array([3, 1, 2]).tokens.tolist() == [3, 1, 2]
    assert array(np.array([3, 1], ">u2")).tokens.dtype == np.int32
    one = array([1.0, np.nan, 3.0])
    assert one.values.tolist() == [[1], [2], [3]]
    assert one.columns == ("value",)
    assert one.missing.tolist() == [[False], [True], [False]]
    two = array(np.asfortranarray([[1, 2, 3], [4, 5, 6]]))
    assert two.values.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert two.columns == ("column 1", "column 2", "column 3")
    assert array(np.array([[True], [False]])).values.tolist() == [[1], [0]]


@pytest.mark.parametrize(
    ("values", "word"),
    [
        (np.array([{}, []], dtype=object), "Python objects"),
        (np.ones(3, complex), "complex128"),
        (np.array(["a", "b"]), "<U1"),
        (np.zeros((2, 2, 2, 2)), "(2, 2, 2, 2)"),
        (np.float64(1), "()"),
        (np.zeros((0, 3)), "(0, 3)"),
        (np.array([-1, 2]), "tokens"),
        (np.array([2**31]), "tokens"),
        (np.array([np.inf, 1]), "infinite"),
        (np.array([np.nan, np.nan]), "missing"),
    ],
)
def test_arrays_that_are_no_sequence_are_refused(tmp_path, values, word):
    np.save(tmp_path / "a.npy", values, allow_pickle=True)
    with pytest.raises(GruvizError) as caught:
        read(tmp_path / "a.npy")
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_damaged_arrays_are_refused_before_memory_is_taken(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.ones(100))
    whole = path.read_bytes()
    for damaged in (whole[:-8], whole[:20], b"not an array", whole.replace(b"(100,)", b"(9**9,", 1)):
        path.write_bytes(damaged)
        with pytest.raises(GruvizError, match="not a whole NumPy array"):
            read(path)
    path.write_bytes(whole.replace(b"(100,), }        ", b"(100000000000,), }", 1))
    with pytest.raises(GruvizError, match="not a whole NumPy array"):
        read(path)
    with path.open("wb") as file:
        np.savez(file, a=np.ones(3), b=np.ones(3))
    with pytest.raises(GruvizError, match=r"several arrays: rename it to end in \.npz"):
        read(path)


def test_three_dimensions_are_several_sequences(tmp_path):
    batch = np.arange(24, dtype=np.float32).reshape(2, 4, 3)
    batch[1, 2:] = np.nan  # shorter than the other
    batch[0, 1, 0] = np.nan
    np.save(tmp_path / "b.npy", batch)
    first, second = read_all(tmp_path / "b.npy")
    assert (first.name, second.name) == ("b[0]", "b[1]")
    assert (len(first), len(second)) == (4, 2)
    assert first.missing.sum() == 1
    assert second.values.tolist() == [[12, 13, 14], [15, 16, 17]]
    assert second.notes == ("shorter sequences were taken to end at their last number",)
    with pytest.raises(GruvizError, match="holds 2 sequences where one is needed"):
        read(tmp_path / "b.npy")


def test_columns_and_rate_of_arrays(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(6.0).reshape(2, 3))
    chosen = read(tmp_path / "a.npy", Reading(("3", "column 1"), rate=50))
    assert chosen.values.tolist() == [[2, 0], [5, 3]]
    assert (chosen.columns, chosen.rate) == (("column 3", "column 1"), 50)
    assert "no column '4': it has column 1, column 2, column 3" in refused(tmp_path / "a.npy", Reading(("4",)))
    np.save(tmp_path / "tokens.npy", np.arange(3))
    assert read(tmp_path / "tokens.npy", Reading(("value",))).values.tolist() == [[0], [1], [2]]


def test_the_only_suitable_array_of_an_archive_needs_no_name(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=np.ones((4, 2)), about=np.array("words"), scale=np.float64(3), no=np.array([{}], dtype=object))
    assert read(path).values.shape == (4, 2)
    assert read(path).name == "a"
    assert read(f"{path}:x").columns == ("column 1", "column 2")
    assert list_arrays(path) == {"x": (4, 2)}
    assert "about is not one that can be read" in refused(f"{path}:about")
    assert "no is not one that can be read" in refused(f"{path}:no")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_one_of_several_arrays_of_an_archive_is_named(tmp_path, save):
    path = tmp_path / "a.npz"
    save(path, x=np.ones((4, 2)), tokens=np.arange(5), batch=np.zeros((3, 4, 2)))
    assert read(f"{path}:tokens").tokens.tolist() == [0, 1, 2, 3, 4]
    assert read(f"{path}:tokens").name == "a:tokens"
    assert [len(each) for each in read_all(f"{path}:batch")] == [4, 4, 4]
    message = refused(path)
    assert "x (4, 2), tokens (5,), batch (3, 4, 2)" in message
    assert f"{path}:x" in message
    assert "z is not in it" in refused(f"{path}:z")


def test_archives_that_lie_are_refused_before_memory_is_taken(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=np.ones(100))
    whole = path.read_bytes()
    for damaged in (whole[:50], b"PK\x03\x04 nothing", whole.replace(b"(100,), }        ", b"(9**9**9,), }    ")):
        path.write_bytes(damaged)
        assert "not a whole NumPy archive" in refused(path)
    np.save(tmp_path / "x.npy", np.ones(100))
    promised = (tmp_path / "x.npy").read_bytes().replace(b"(100,), }        ", b"(100000000000,), }", 1)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", promised)
    assert "not as long as it says" in refused(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x.npy", "w") as file:
        np.lib.format.write_array(file, np.zeros(2**24))
    assert "declares 134,217,728 bytes" in refused(path)
    np.savez(path, words=np.array(["a"]))
    assert "no array of numbers with one, two or three dimensions (there are words)" in refused(path)


@pytest.fixture
def datasets(tmp_path):
    """Two datasets to read, and all that must not be followed."""
    path = tmp_path / "data.h5"
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["x"] = np.ones((5, 2))
    with h5py.File(path, "w") as file:
        file["group/x"] = np.arange(6.0).reshape(3, 2)
        file["tokens"] = np.array([1, 0, 2])
        file["words"] = "hello"
        file["group/circle"] = file["group"]
        file["soft"] = h5py.SoftLink("/tokens")
        file["outside"] = h5py.ExternalLink("secret.h5", "/x")
        layout = h5py.VirtualLayout((5, 2), float)
        layout[:] = h5py.VirtualSource(str(tmp_path / "secret.h5"), "x", (5, 2))
        file.create_virtual_dataset("virtual", layout)
        file.create_dataset("stored", (5, 2), float, external=[(str(tmp_path / "raw"), 0, 80)])
    return path


def test_datasets_of_an_hdf5_file(datasets):
    assert list_arrays(datasets) == {"/group/x": (3, 2), "/tokens": (3,)}
    assert read(f"{datasets}:/group/x", Reading(rate=10)).values.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert read(f"{datasets}:group/x").name == "data:group/x"
    assert read(f"{datasets}:tokens").tokens.tolist() == [1, 0, 2]
    message = refused(datasets)
    assert "several arrays" in message
    assert "/group/x (3, 2)" in message
    assert f"{datasets}:/" in message
    assert "is not in it" in refused(f"{datasets}:/nothing")


@pytest.mark.parametrize("name", ["soft", "outside", "virtual", "stored", "words"])
def test_what_lies_elsewhere_is_not_read(datasets, name):
    assert f"/{name} is not one that can be read" in refused(f"{datasets}:{name}")


def test_the_only_dataset_needs_no_name(tmp_path):
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        file["deep/down/x"] = np.zeros((2, 5, 1), np.int16)
    assert [each.name for each in read_all(tmp_path / "a.hdf5")] == ["a[0]", "a[1]"]


def test_hdf5_files_that_lie_are_refused_before_memory_is_taken(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("x", (10**12, 8), "f4", chunks=(1024, 8))
    assert "declares 32,000,000,000,000 bytes" in refused(path)
    path.write_bytes(path.read_bytes()[:600])
    assert "not a whole HDF5 file" in refused(path)
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(500))
    assert "not a whole HDF5 file" in refused(path)


def test_a_recording_is_no_data(tmp_path):
    with h5py.File(tmp_path / "run.h5", "w") as file:
        file.attrs["format"] = "gruviz-recording"
        file["tapes/main/inputs/values"] = np.ones((5, 2))
    assert "is a recording" in refused(tmp_path / "run.h5")
    assert len(read(f"{tmp_path / 'run.h5'}:tapes/main/inputs/values")) == 5
