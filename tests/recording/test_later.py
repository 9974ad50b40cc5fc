"""Pyramids and counts that a recording lacks: made later, the same as those written at once, and found again."""

import os
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

import gruviz.recording
from gruviz.cells import CELLS
from gruviz.errors import GruvizError
from gruviz.recording import Recording, _later, complement, lacking

from .written import write

LENGTHS = (5000, 3, 70_000, 17)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("GRUVIZ_CACHE_DIR", str(folder))
    return folder


def strip(path: Path, *, counts: bool = True) -> Path:
    """Take away what a program that writes by the README alone might leave out."""
    bare = path.with_name(f"bare-{path.name}")
    shutil.copy(path, bare)
    with h5py.File(bare, "r+") as file:
        for layer in file["layers"].values():
            del layer["pyramid"]
            if counts and "counts" in layer:
                del layer["counts"]
    return bare


def complete(path: Path) -> None:
    with gruviz.recording.open(path) as run:
        assert complement(run, lambda done: True)


def assert_alike(one: Recording, other: Recording) -> None:
    a, b = one.layers["rnn.l0"], other.layers["rnn.l0"]
    assert a.thresholds == b.thresholds
    if a.thresholds is not None:
        assert np.array_equal(a.counts(slice(None)), b.counts(slice(None)))
    for name in a.quantities:
        assert a.factors(name) == b.factors(name)
        assert a.extremes(name) == b.extremes(name)
        for factor in a.factors(name):
            for info in one.tapes["main"].sequences:
                read = [each.blocks(name, info.index, factor, 0, 10**6) for each in (a, b)]
                for what in ("mean", "min", "max"):
                    assert np.array_equal(*(getattr(each, what) for each in read))


@pytest.mark.parametrize("cell", ["gru", "lstm", "rnn"])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_they_are_the_same_as_those_written_at_once(tmp_path: Path, cache: Path, cell: str, dtype: str) -> None:
    path = tmp_path / "run.h5"
    backward = cell == "lstm"
    write(path, LENGTHS, 3, CELLS[cell], dtype=dtype, backward=backward)
    bare = strip(path)
    before = bare.read_bytes()
    with gruviz.recording.open(bare) as run:
        (lack,) = lacking(run)
        assert lack.levels == (*CELLS[cell].names, *(() if cell == "rnn" else ("counts",)))
        assert lack.counts == (cell != "rnn")
        assert run.layers["rnn.l0"].factors("hidden") == ()
        told: list[float] = []
        assert complement(run, lambda done: told.append(done) is None)
        assert told == sorted(told)
        assert told[-1] == pytest.approx(1)
    assert bare.read_bytes() == before  # never into the recording
    assert len(list(cache.iterdir())) == 1
    with gruviz.recording.open(bare) as run, gruviz.recording.open(path) as whole:
        assert lacking(run) == lacking(whole) == ()
        if dtype == "float32":
            assert_alike(run, whole)
        else:  # made of rounded values
            for name in run.layers["rnn.l0"].quantities:
                a, b = (each.layers["rnn.l0"].blocks(name, 2, 64, 0, 2000) for each in (run, whole))
                np.testing.assert_allclose(a.mean, b.mean, atol=2e-3)
                np.testing.assert_allclose(a.max, b.max, atol=2e-3)


def test_a_recording_whose_writer_was_killed_is_completed(tmp_path: Path) -> None:
    """It has the first level, but for its last block, and none above."""
    from .written import GRU, add_layer, write_sequence
    from .written import content as made

    writer = gruviz.recording.Writer(tmp_path / "run.h5")
    add_layer(writer, GRU, 3)
    write_sequence(writer, made(GRU, 70_005, 3), "s0")
    writer.flush()
    writer._files.close()  # as the system does for one that is killed
    part = tmp_path / "run.h5.part"
    with gruviz.recording.open(part) as run:
        assert run.layers["rnn.l0"].factors("update") == (16,)
        assert not lacking(run)[0].counts
    complete(part)
    with gruviz.recording.open(part) as run:
        assert run.layers["rnn.l0"].factors("update") == (16, 64, 256)
        values = run.layers["rnn.l0"]["update"][70_000 // 64 * 64 :]
        (mean,) = run.layers["rnn.l0"].blocks("update", 0, 64, 70_000 // 64, 2000).mean
        np.testing.assert_allclose(mean, values[-53:].mean(axis=0), rtol=1e-5)


def test_another_file_is_not_taken_for_it(tmp_path: Path) -> None:
    for number in (1, 2):
        write(tmp_path / f"{number}.h5", (5000,), seed=number)
    first, second = (strip(tmp_path / f"{number}.h5") for number in (1, 2))
    complete(first)
    copy = first.with_name("moved.h5")
    first.rename(copy)
    with gruviz.recording.open(copy) as run:
        assert not lacking(run)  # found by what is in it, wherever it stands
    with gruviz.recording.open(second) as run:
        assert lacking(run)
        assert run.layers["rnn.l0"].thresholds is None
    with h5py.File(second, "r+") as file:
        del file.attrs["digest"]
    complete(second)
    with gruviz.recording.open(second) as run:
        assert not lacking(run)
    os.utime(second, (0, 0))  # without a digest, it is another after a change
    with gruviz.recording.open(second) as run:
        assert lacking(run)


def test_it_can_be_ended_and_short_ones_lack_nothing(tmp_path: Path, cache: Path) -> None:
    write(tmp_path / "run.h5", (20_000,))
    write(tmp_path / "short.h5", (4000,))
    with gruviz.recording.open(strip(tmp_path / "run.h5")) as run:
        assert not complement(run, lambda done: done < 0.5)
        assert lacking(run)
    assert list(cache.iterdir()) == []
    with gruviz.recording.open(strip(tmp_path / "short.h5")) as run:
        assert lacking(run) == ()


def test_what_was_not_used_for_longest_goes(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = []
    for number in range(4):
        write(tmp_path / f"{number}.h5", (5000,), seed=number)
        files.append(strip(tmp_path / f"{number}.h5"))
    for file in files[:3]:
        complete(file)
    for age, path in enumerate(sorted(cache.iterdir())):
        os.utime(path, (1000 + age, 1000 + age))
    with gruviz.recording.open(files[0]) as run:
        assert not lacking(run)  # used just now
    each = max(path.stat().st_size for path in cache.iterdir())
    half_made = cache / "making-x.h5"
    half_made.touch()
    os.utime(half_made, (0, 0))
    monkeypatch.setattr(_later, "MOST", 2 * each)
    complete(files[3])
    assert not half_made.exists()
    kept = []
    for file in files:
        with gruviz.recording.open(file) as run:
            kept.append(not lacking(run))
    assert kept == [True, False, False, True]


def test_a_damaged_cache_is_as_none(tmp_path: Path, cache: Path) -> None:
    write(tmp_path / "run.h5", (5000,))
    bare = strip(tmp_path / "run.h5")
    complete(bare)
    (made,) = cache.iterdir()
    whole = made.read_bytes()
    made.write_bytes(whole[:3000])
    with gruviz.recording.open(bare) as run:
        assert lacking(run)
        assert complement(run, lambda done: True)
    with h5py.File(made, "r+") as file:
        del file["layers/rnn.l0/pyramid/update/16/min"]
        file["layers/rnn.l0/pyramid/reset/16/mean"].resize(3, axis=0)
        del file["layers/rnn.l0/counts"]
    with gruviz.recording.open(bare) as run:
        assert lacking(run)[0].levels == ("update", "reset", "counts")
        assert lacking(run)[0].counts


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "run.h5", (5000,))
    (tmp_path / "file").touch()
    monkeypatch.setenv("GRUVIZ_CACHE_DIR", str(tmp_path / "file" / "cache"))
    with (
        gruviz.recording.open(strip(tmp_path / "run.h5")) as run,
        pytest.raises(GruvizError, match="cannot keep an overview in"),
    ):
        complement(run, lambda done: True)


def test_the_scale_of_a_long_tape_comes_from_a_part_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gruviz.recording.layer._ENOUGH", 2**13)
    write(tmp_path / "run.h5", (20_000,))
    with gruviz.recording.open(strip(tmp_path / "run.h5")) as run, gruviz.recording.open(tmp_path / "run.h5") as whole:
        low, high = run.layers["rnn.l0"].extremes("hidden")
        least, most = whole.layers["rnn.l0"].extremes("hidden")
        assert least <= low < -0.9
        assert 0.9 < high <= most
