"""A recording that is looked at while it grows: what is new is found, and what is torn is not believed."""

import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import gruviz.recording
from gruviz.cells import GRU
from gruviz.errors import GruvizError
from gruviz.recording import Block, Recording, Writer, being_written, newer, open_growing

UNITS = 70
_HURRIED = """
import sys, time
from pathlib import Path
import numpy as np
from gruviz.cells import GRU
from gruviz.recording import Block, Writer

with Writer(sys.argv[1]) as writer:
    writer.add_tape("main")
    writer.add_layer("rnn.l0", tape="main", cell=GRU, size=70)
    for sequence in range(100_000):
        writer.begin("main", str(sequence), initial={"rnn.l0": {"hidden": np.zeros(70, np.float32)}})
        for _ in range(3):
            at = np.full((57, 70), sequence % 1000, np.float32)
            writer.append("main", {"rnn.l0": Block(dict.fromkeys(GRU.names, at), at, 0.0)})
            writer.flush()
            time.sleep(0.02)
        writer.end("main")
"""


def _begin(path: Path) -> Writer:
    writer = Writer(path)
    writer.add_tape("main")
    writer.add_layer("rnn.l0", tape="main", cell=GRU, size=UNITS)
    writer.begin("main", "a", initial={"rnn.l0": {"hidden": np.zeros(UNITS, np.float32)}})
    return writer


def _append(writer: Writer, count: int, value: float) -> None:
    values = np.full((count, UNITS), value, np.float32)
    writer.append("main", {"rnn.l0": Block(dict.fromkeys(GRU.names, values), values, 0.0)})
    writer.flush()


def _mean(run: Recording) -> float:
    return float(run.layers["rnn.l0"]["update"][:].mean())


def test_what_is_new_is_found_and_the_old_opening_stays(tmp_path: Path) -> None:
    writer = _begin(tmp_path / "run.h5")
    _append(writer, 100, 0.5)
    before = open_growing(tmp_path / "run.h5.part")
    for number in range(1, 4):  # each opening beside the one before
        assert newer(before) is None
        _append(writer, 2000, 1.0)
        now = newer(before)
        assert now is not None
        length = 100 + 2000 * number
        assert [info.length for info in now.tapes["main"].sequences] == [length]
        assert _mean(now) == pytest.approx((50 + 2000 * number) / length)
        assert len(before.tapes["main"]) == length - 2000
        assert _mean(before) == pytest.approx((50 + 2000 * (number - 1)) / (length - 2000))
        assert now.layers["rnn.l0"].factors("update") == (16,)
        assert now.layers["rnn.l0"].ended == 0
        before.close()
        before = now
    writer.close()
    now = newer(before)
    assert now is not None
    assert (now.path, now.complete) == (tmp_path / "run.h5", True)
    assert now.layers["rnn.l0"].ended == 1
    assert newer(now) is None
    (tmp_path / "run.h5").unlink()
    with pytest.raises(GruvizError, match="does not exist"):
        newer(now)
    before.close()
    now.close()


def test_as_many_openings_as_one_likes_show_what_there_was(tmp_path: Path) -> None:
    writer = _begin(tmp_path / "run.h5")
    runs = []
    for number in range(1, 5):
        _append(writer, 1500, number)
        runs.append(gruviz.recording.open(tmp_path / "run.h5.part"))
    writer.close()
    runs.append(gruviz.recording.open(tmp_path / "run.h5"))
    for number, run in enumerate(runs, start=1):
        assert len(run.tapes["main"]) == 1500 * min(number, 4)
        assert _mean(run) == pytest.approx((min(number, 4) + 1) / 2)
        assert run.complete == (number == 5)
    for run in runs:
        run.close()


def test_one_that_is_watched_can_be_begun_again(tmp_path: Path) -> None:
    """No lock is held on a file that another may want to write."""
    writer = _begin(tmp_path / "run.h5")
    _append(writer, 100, 0.5)
    with gruviz.recording.open(tmp_path / "run.h5.part") as run:
        assert being_written(run)
        writer._files.close()  # as if it had been killed
        os.utime(tmp_path / "run.h5.part", (0, 0))
        assert not being_written(run)
        again = _begin(tmp_path / "run.h5")
        _append(again, 200, 0.5)
        with pytest.raises(GruvizError, match="another recording"):
            newer(run)
        again.close()


def test_a_torn_file_is_refused_and_then_read(tmp_path: Path) -> None:
    part, whole = tmp_path / "run.h5.part", tmp_path / "whole"
    writer = _begin(tmp_path / "run.h5")
    _append(writer, 100, 0.5)
    shutil.copy(part, tmp_path / "early")
    before = gruviz.recording.open(part)
    _append(writer, 3000, 1.0)
    shutil.copy(part, whole)
    size, rng = whole.stat().st_size, np.random.default_rng()
    for cut in (0, 1, 511, size - 1, *rng.integers(size, size=40).tolist()):
        shutil.copy(whole, part)
        os.truncate(part, cut)
        with pytest.raises(GruvizError):
            newer(before)
    shutil.copy(tmp_path / "early", part)
    shutil.copy(whole, part)
    now = newer(before)
    assert now is not None
    assert len(now.tapes["main"]) == 3100
    shutil.copy(tmp_path / "early", part)
    with pytest.raises(GruvizError, match="holds less than before"):
        newer(now)
    before.close()
    now.close()
    writer._files.close()


def test_beside_a_hurried_writer(tmp_path: Path) -> None:
    """Another process flushes as often as it can, and is killed: what is read was written, or is refused."""
    path = tmp_path / "run.h5"
    process = subprocess.Popen([sys.executable, "-c", _HURRIED, str(path)])
    part, run, read = tmp_path / "run.h5.part", None, 0
    try:
        while not part.exists():
            time.sleep(0.01)
        while read < 20:
            try:
                found = open_growing(part) if run is None else newer(run)
                if found is None:
                    continue
                if run is not None:
                    run.close()
                run = found
                _check(run)
                read += 1
            except GruvizError:
                time.sleep(0.01)  # it was written just then
    finally:
        process.kill()
        process.wait()
    assert run is not None
    with suppress(GruvizError):  # it may have been killed within a flush
        last = newer(run, again=True)
        assert last is not None
        _check(last)
        assert len(last.tapes["main"]) >= len(run.tapes["main"])
        last.close()
    run.close()


def _check(run: Recording) -> None:
    """The rows of every sequence hold its number."""
    tape, layer = run.tapes["main"], run.layers["rnn.l0"]
    if len(tape):
        expected = np.concatenate([np.full(info.length, info.index % 1000) for info in tape.sequences])
        for name in layer.quantities:
            assert np.array_equal(layer[name][: len(expected), 0], expected)
