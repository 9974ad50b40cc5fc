import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

import gruviz.recording
from gruviz.cells import GRU, LSTM, RNN, Cell, Thresholds
from gruviz.errors import GruvizError
from gruviz.recording import Block, Writer

from .written import add_layer, content, initial, previous, write, write_sequence


@pytest.mark.parametrize("cell", [GRU, LSTM, RNN])
@pytest.mark.parametrize("lengths", [[1], [7, 1, 1030], [3000]])
def test_float32_comes_back_bit_for_bit(tmp_path: Path, cell: Cell, lengths: list[int]) -> None:
    made = write(tmp_path / "run.h5", lengths, units=70, cell=cell, cuts=[1, 500, 600])
    with gruviz.recording.open(tmp_path / "run.h5") as run:
        layer = run.layers["rnn.l0"]
        assert layer.quantities == cell.names
        for sequence, values in enumerate(made):
            rows = layer.slice(sequence)
            for name in cell.names:
                np.testing.assert_array_equal(layer[name][rows], values[name])
            for state in cell.states:
                np.testing.assert_array_equal(layer.initial(sequence, state), initial(cell, 70)[state])
        assert run.complete
        assert layer.residual == np.float32(1e-7)


def test_float16_comes_back_nearly(tmp_path: Path) -> None:
    (made,) = write(tmp_path / "run.h5", [2000], units=64, cell=LSTM, dtype="float16")
    write(tmp_path / "single.h5", [2000], units=64, cell=LSTM)
    with gruviz.recording.open(tmp_path / "run.h5") as run:
        for name in LSTM.names:
            values = run.layers["rnn.l0"][name][:]
            assert values.dtype == np.float32
            np.testing.assert_allclose(values, made[name], atol=2e-3)
    assert (tmp_path / "run.h5").stat().st_size < 0.6 * (tmp_path / "single.h5").stat().st_size


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("cell", [GRU, LSTM])
def test_counts_equal_a_loop(tmp_path: Path, cell: Cell, backward: bool) -> None:
    limits = Thresholds(0.8, 0.2, 0.3)
    made = write(tmp_path / "run.h5", [40, 1, 9], 6, cell, backward=backward, cuts=[13], thresholds=limits)
    with gruviz.recording.open(tmp_path / "run.h5") as run:
        layer = run.layers["rnn.l0"]
        assert layer.thresholds == limits
        for sequence, values in enumerate(made):
            keep, state = values[cell.keep], values[cell.state]
            moved = np.abs(state - previous(state, initial(cell, 6)[cell.state], backward)) > 0.3
            low = keep <= np.float32(0.2)
            classes = [keep >= np.float32(0.8), (keep < np.float32(0.8)) & ~low, low & moved, low & ~moved]
            expected = np.stack([members.sum(axis=1) for members in classes], axis=1)
            np.testing.assert_array_equal(layer.counts(layer.slice(sequence)), expected)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_what_a_projected_lstm_gave_out_comes_back(tmp_path: Path, dtype: str) -> None:
    values, projected = content(LSTM, 9, 5), np.linspace(-1, 1, 18, dtype=np.float32).reshape(9, 2)
    start = initial(LSTM, 5) | {"projected": np.array([0.25, -0.5], np.float32)}
    with Writer(tmp_path / "run.h5", dtype=dtype) as writer:
        writer.add_tape("main")
        writer.add_layer("rnn.l0", tape="main", cell=LSTM, size=5, projection=2)
        writer.begin("main", "s", initial={"rnn.l0": start})
        writer.append("main", {"rnn.l0": Block(values, values["cell"], projected=projected)})
        writer.end("main")
    with gruviz.recording.open(tmp_path / "run.h5") as run:
        layer = run.layers["rnn.l0"]
        assert layer.projection == 2
        np.testing.assert_allclose(layer.projected[:9], projected, atol=1e-6 if dtype == "float32" else 1e-3)
        np.testing.assert_array_equal(layer.initial(0, "projected"), start["projected"])
    with Writer(None) as writer:
        writer.add_tape("main")
        writer.add_layer("rnn.l0", tape="main", cell=LSTM, size=5, projection=2)
        writer.begin("main", "s", initial={"rnn.l0": start})
        with pytest.raises(ValueError, match="needs what it gave out"):
            writer.append("main", {"rnn.l0": Block(values, values["cell"])})


def test_a_plain_rnn_has_no_counts(tmp_path: Path) -> None:
    write(tmp_path / "run.h5", [3], cell=RNN)
    with gruviz.recording.open(tmp_path / "run.h5") as run:
        assert run.layers["rnn.l0"].thresholds is None


def test_tapes_are_apart(tmp_path: Path) -> None:
    letters, sounds = content(GRU, 12, 4, seed=1), content(LSTM, 7, 3, seed=2)
    with Writer(tmp_path / "run.h5", model={"name": "letters to sounds"}) as writer:
        writer.add_tape("letters", vocabulary=["a", "b"])
        writer.add_tape("sounds", columns=["loud", "high"], rate=100.0, unit="s")
        writer.add_layer("encoder.l0", tape="letters", cell=GRU, size=4)
        writer.add_layer("decoder.l0", tape="sounds", cell=LSTM, size=3)
        writer.begin("letters", "word", initial={"encoder.l0": initial(GRU, 4)}, pass_=3, item=1)
        writer.begin("sounds", "word", initial={"decoder.l0": initial(LSTM, 3)}, pass_=3, item=1, checkpoint=500)
        for half in (slice(0, 5), slice(5, 12)):
            block = Block({k: v[half] for k, v in letters.items()}, letters["hidden"][half])
            writer.append("letters", {"encoder.l0": block}, tokens=np.arange(12)[half] % 2)
        numbers = np.arange(14, dtype=np.float32).reshape(7, 2)
        chances = {"probability": numbers[:, 0]}
        block = Block(sounds, sounds["cell"])
        writer.append(
            "sounds", {"decoder.l0": block}, values=numbers, outputs=chances, labels={"loud": np.ones(7, "u1")}
        )
        writer.end("letters", {"encoder.l0": 0.0})
        writer.end("sounds", {"decoder.l0": 0.5})
    with gruviz.recording.open(tmp_path / "run.h5") as run:
        first, second = run.tapes["letters"], run.tapes["sounds"]
        assert (len(first), len(second)) == (12, 7)
        assert first.symbols(slice(3, 6)) == ("b", "a", "b")
        assert first.values(slice(0, 3)) is None
        assert second.symbols(slice(0, 3)) is None
        assert (second.columns, second.rate, second.unit) == (("loud", "high"), 100, "s")
        np.testing.assert_array_equal(second.values(slice(0, 7)), numbers)
        np.testing.assert_array_equal(second.output("probability", slice(0, 7)), numbers[:, 0])
        assert second.labels == ("loud",)
        assert second.label("loud", slice(2, 4)).tolist() == [1, 1]
        there = second.sequences[0]
        assert (there.name, there.pass_, there.item, there.checkpoint) == ("word", 3, 1, 500)
        np.testing.assert_array_equal(run.layers["encoder.l0"]["reset"][:], letters["reset"])
        np.testing.assert_array_equal(run.layers["decoder.l0"]["cell"][:], sounds["cell"])
        assert run.model == {"name": "letters to sounds"}
        assert not run.layers["decoder.l0"].trusted


def test_in_memory_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    writer = Writer(None)
    add_layer(writer, GRU, 3)
    values = content(GRU, 20, 3)
    write_sequence(writer, values, "s")
    writer.close()
    np.testing.assert_array_equal(writer.file["layers/rnn.l0/update"][:], values["update"])
    assert not list(tmp_path.iterdir())


def digest(path: Path, lengths: list[int] = [1500, 20], **options: object) -> str:  # noqa: B006
    write(path, lengths, **options)
    with gruviz.recording.open(path) as run:
        return run.digest


def test_the_digest_is_the_same_however_the_appends_were_cut(tmp_path: Path) -> None:
    whole = digest(tmp_path / "a.h5")
    assert whole.startswith("sha256:")
    for number, cuts in enumerate([[1], [1024], [700, 700], [3] * 40, [0, 0, 1499]]):
        assert digest(tmp_path / f"{number}.h5", cuts=cuts) == whole


def test_the_digest_changes_with_any_value_and_with_where_sequences_end(tmp_path: Path) -> None:
    def made(name: str, change: str | None = None) -> str:
        with Writer(tmp_path / name) as writer:
            add_layer(writer, GRU, 3)
            values, start = content(GRU, 30, 3), initial(GRU, 3)
            if change == "initial":
                start["hidden"][1] += 1e-3
            elif change:
                values[change][17, 2] = np.nextafter(values[change][17, 2], np.float32(2))
            writer.begin("main", "s", initial={"rnn.l0": start})
            writer.append("main", {"rnn.l0": Block(values, values["hidden"])}, tokens=np.zeros(30, int))
            writer.end("main", {"rnn.l0": 0.0})
        with gruviz.recording.open(tmp_path / name) as run:
            return run.digest

    seen = [made("same.h5"), *(made(f"{name}.h5", name) for name in (*GRU.names, "initial"))]
    assert len(set(seen)) == len(GRU.names) + 2
    assert made("again.h5") == seen[0]
    assert digest(tmp_path / "x.h5", [30], cell=RNN) != digest(tmp_path / "y.h5", [20, 10], cell=RNN)


def test_a_label_of_another_dtype_is_stored_and_digested_as_the_first_one(tmp_path: Path) -> None:
    def made(name: str, *dtypes: str) -> str:
        with Writer(tmp_path / name) as writer:
            add_layer(writer, RNN, 2)
            writer.begin("main", "s", initial={"rnn.l0": initial(RNN, 2)})
            for dtype in dtypes:
                writer.append("main", {"rnn.l0": Block(content(RNN, 4, 2))}, labels={"odd": np.arange(4).astype(dtype)})
            writer.end("main", {"rnn.l0": 0.0})
        with gruviz.recording.open(tmp_path / name) as run:
            assert run.tapes["main"].label("odd", slice(0, 8)).tolist() == [0, 1, 2, 3] * 2
            return run.digest

    assert made("a.h5", "u1", "i8") == made("b.h5", "u1", "u1")


def test_a_recording_bears_its_name_only_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    with Writer(path) as writer:
        add_layer(writer, GRU, 3)
        write_sequence(writer, content(GRU, 5, 3), "s")
        assert not path.exists()
        assert (tmp_path / "run.h5.part").exists()
    assert [file.name for file in tmp_path.iterdir()] == ["run.h5"]


class Interrupting(dict[str, NDArray[np.float32]]):
    """Quantities of which the third is asked for when the user presses Ctrl-C."""

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        if name == "candidate":
            raise KeyboardInterrupt
        return super().__getitem__(name)


def interrupted(path: Path, within_append: bool = False, before: int = 50) -> Path:
    """Write 50 timesteps of a sequence that was to be longer, and return where they are."""
    writer = Writer(path)

    def record() -> None:
        add_layer(writer, GRU, 3)
        writer.begin("main", "s", initial={"rnn.l0": initial(GRU, 3)})
        values = content(GRU, before, 3)
        writer.append("main", {"rnn.l0": Block(values, values["hidden"])}, tokens=np.zeros(before, int))
        if within_append:
            more = content(GRU, 2000, 3)
            block = Block(Interrupting(more), more["hidden"])
            writer.append("main", {"rnn.l0": block}, tokens=np.zeros(2000, int))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), writer:
        record()
    assert writer.path is not None
    return writer.path


@pytest.mark.parametrize("before", [50, 1024, 3000])
def test_an_interruption_within_an_append_leaves_what_all_quantities_have(tmp_path: Path, before: int) -> None:
    path = interrupted(tmp_path / "run.h5", within_append=True, before=before)
    made = content(GRU, before, 3)
    with gruviz.recording.open(path) as run:
        layer = run.layers["rnn.l0"]
        assert run.tapes["main"].sequences[0].length == before
        for name in GRU.names:
            np.testing.assert_array_equal(layer[name][layer.slice(0)], made[name])
            for factor in layer.factors(name):
                assert len(layer.blocks(name, 0, factor, 0, 10**9)) == -(-before // factor)


def test_what_was_recorded_until_an_interruption_is_kept_and_marked(tmp_path: Path) -> None:
    path = interrupted(tmp_path / "run.h5")
    assert path == tmp_path / "run.h5"
    with gruviz.recording.open(path) as run:
        assert not run.complete
        layer = run.layers["rnn.l0"]
        np.testing.assert_array_equal(layer["update"][:], content(GRU, 50, 3)["update"])
        assert layer.factors("update") == (16,)
        assert np.isnan(layer.residual)


def test_an_unfinished_recording_does_not_replace_a_file(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    write(path, [9])
    before = path.read_bytes()
    assert interrupted(path) == tmp_path / "run.h5.part"
    assert path.read_bytes() == before
    with gruviz.recording.open(tmp_path / "run.h5.part") as run:
        assert len(run.tapes["main"]) == 50


def test_one_that_holds_nothing_is_removed(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "run.h5")
    add_layer(writer, GRU, 3)
    writer.close(complete=False)
    assert not list(tmp_path.iterdir())


def run_python(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    program = "import sys, numpy as np\nfrom gruviz.cells import GRU\nfrom gruviz.recording import Block, Writer\n"
    program += textwrap.dedent(code)
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


WRITING = """
    rng = np.random.default_rng(0)
    H = 32
    def write_some(writer, n):
        values = {name: rng.random((n, H), np.float32) for name in GRU.names}
        writer.append("main", {"rnn.l0": Block(values, values["hidden"])}, tokens=np.arange(n))
    def begin(path):
        writer = Writer(path)
        writer.add_tape("main")
        writer.add_layer("rnn.l0", tape="main", cell=GRU, size=H)
        writer.begin("main", "s", initial={"rnn.l0": {"hidden": np.zeros(H, np.float32)}})
        return writer
"""


def test_an_exit_with_a_writer_that_nobody_closed_is_clean(tmp_path: Path) -> None:
    code = """
    import ctypes
    writer = begin(sys.argv[1])
    write_some(writer, 3)
    writer.flush()
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(writer))  # held on to, as by a thread that hangs
"""
    done = run_python(textwrap.dedent(WRITING) + textwrap.dedent(code), tmp_path / "run.h5")
    assert (done.returncode, done.stderr) == (0, "")
    with gruviz.recording.open(tmp_path / "run.h5.part") as run:
        assert not run.complete
        assert run.layers["rnn.l0"]["update"][:].shape == (3, 32)


@pytest.mark.skipif(sys.platform == "win32", reason="no kill -9")
@pytest.mark.parametrize("after", [0, 100, 5000])
def test_kill_leaves_what_was_flushed(tmp_path: Path, after: int) -> None:
    code = """
    import os, signal
    writer = begin(sys.argv[1])
    write_some(writer, 3000)
    writer.flush()
    for _ in range(int(sys.argv[2]) // 100):
        write_some(writer, 100)
    os.kill(os.getpid(), signal.SIGKILL)
    """
    result = run_python(WRITING + code, tmp_path / "run.h5", after)
    assert result.returncode == -signal.SIGKILL
    assert [file.name for file in tmp_path.iterdir()] == ["run.h5.part"]
    values = dict.fromkeys(GRU.names)
    rng = np.random.default_rng(0)
    values = {name: rng.random((3000, 32), np.float32) for name in GRU.names}
    with gruviz.recording.open(tmp_path / "run.h5.part") as run:
        assert not run.complete
        assert run.tapes["main"].sequences[0].length == 3000
        for name in GRU.names:
            np.testing.assert_array_equal(run.layers["rnn.l0"][name][:3000], values[name])
        assert len(run.layers["rnn.l0"].counts(slice(0, 3000))) == 3000
        assert np.isnan(run.layers["rnn.l0"].residuals).tolist() == [True]


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of the size of a file")
@pytest.mark.parametrize("flushing", [False, True])
@pytest.mark.parametrize("kibibytes", [0, 1, 64, 900, 4000, 14000])
def test_a_full_disk_is_one_line_and_a_clean_exit(tmp_path: Path, kibibytes: int, flushing: bool) -> None:
    code = """
    import resource, signal
    from gruviz.errors import GruvizError
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limit = int(sys.argv[2]) * 1024
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        with begin(sys.argv[1]) as writer:
            for _ in range(100):
                write_some(writer, 1000)
                if sys.argv[3] == "True":
                    writer.flush()
            writer.end("main", {"rnn.l0": 0.0})
    except GruvizError as error:
        print(error)
        sys.exit(2)
    """
    path = tmp_path / "run.h5"
    result = run_python(WRITING + code, path, kibibytes, flushing)
    assert result.returncode == 2, result.stderr
    assert result.stderr == ""
    assert len(result.stdout.splitlines()) == 1
    said = f"cannot write {path}: file too large"
    if not (flushing and kibibytes >= 900):  # nothing that could be read
        assert result.stdout.strip() == said
        assert not list(tmp_path.iterdir())
        return
    assert result.stdout.strip() == f"{said}; what was flushed until then is in run.h5.part"
    assert [file.name for file in tmp_path.iterdir()] == ["run.h5.part"]
    rng = np.random.default_rng(0)
    first = {name: rng.random((1000, 32), np.float32) for name in GRU.names}
    with gruviz.recording.open(tmp_path / "run.h5.part") as run:
        length = run.tapes["main"].sequences[0].length
        assert length >= 1000
        assert length % 1000 == 0
        layer = run.layers["rnn.l0"]
        for name in GRU.names:
            np.testing.assert_array_equal(layer[name][:1000], first[name])
            assert layer[name][:length].shape == (length, 32)
        assert layer.counts(slice(0, length)).sum() == 32 * length


def test_two_do_not_write_to_one_file(tmp_path: Path) -> None:
    with Writer(tmp_path / "run.h5") as writer:
        add_layer(writer, GRU, 3)
        write_sequence(writer, content(GRU, 5, 3), "s")
        with pytest.raises(GruvizError, match="another recording is being written there"):
            Writer(tmp_path / "run.h5")
    with gruviz.recording.open(tmp_path / "run.h5") as run:
        assert len(run.tapes["main"]) == 5


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(GruvizError, match="does not exist: make it"):
        Writer(tmp_path / "none" / "run.h5")
    with pytest.raises(GruvizError, match="is a folder"):
        Writer(tmp_path)
    with pytest.raises(GruvizError, match="float32 or float16, not in int8"):
        Writer(tmp_path / "run.h5", dtype="int8")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(GruvizError, match="permission denied"):
        Writer(tmp_path / "run.h5")


def test_the_name_is_taken_by_a_folder_meanwhile(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "run.h5")
    add_layer(writer, GRU, 3)
    write_sequence(writer, content(GRU, 5, 3), "s")
    (tmp_path / "run.h5").mkdir()
    with pytest.raises(GruvizError, match=r"cannot write .*run.h5: is a directory; .*is in run.h5.part"):
        writer.close()


def test_blocks_that_do_not_fit_together_are_a_mistake_of_the_caller(tmp_path: Path) -> None:
    values = content(GRU, 5, 3)
    with Writer(tmp_path / "run.h5") as writer:
        add_layer(writer, GRU, 3)
        with pytest.raises(ValueError, match="no sequence was begun"):
            writer.append("main", {"rnn.l0": Block(values, values["hidden"])})
        writer.begin("main", "s", initial={"rnn.l0": initial(GRU, 3)})
        with pytest.raises(ValueError, match="has not ended"):
            writer.begin("main", "s", initial={"rnn.l0": initial(GRU, 3)})
        with pytest.raises(ValueError, match="equally long"):
            writer.append("main", {"rnn.l0": Block({**values, "reset": values["reset"][:4]}, values["hidden"])})
        with pytest.raises(ValueError, match="token has 4 timesteps, the layers have 5"):
            writer.append("main", {"rnn.l0": Block(values, values["hidden"])}, tokens=np.zeros(4, int))
        writer.append("main", {"rnn.l0": Block(values, values["hidden"])}, tokens=np.zeros(5, int))
        with pytest.raises(ValueError, match="the same data throughout"):
            writer.append("main", {"rnn.l0": Block(values, values["hidden"])})
        writer.end("main", {"rnn.l0": 0.0})
    with gruviz.recording.open(tmp_path / "run.h5") as run:
        assert len(run.tapes["main"]) == 5


@pytest.mark.parametrize("width", [1, 2, 4])
def test_rows_of_another_width_are_refused_and_not_repeated(tmp_path: Path, width: int) -> None:
    values = content(GRU, 2000, width)
    with Writer(tmp_path / "run.h5") as writer:
        add_layer(writer, GRU, 3)
        writer.begin("main", "s", initial={"rnn.l0": initial(GRU, 3)})
        with pytest.raises(ValueError, match=rf"rows of shape \(3,\), not \({width},\)"):
            writer.append("main", {"rnn.l0": Block(values, values["hidden"])})
        writer.close(complete=False)


def test_checkpoints_keep_their_weights(tmp_path: Path) -> None:
    weights = {"rnn.weight_hh_l0": np.arange(6, dtype=np.float32).reshape(3, 2), "scale": np.float32(3.5)}
    with Writer(tmp_path / "run.h5") as writer:
        add_layer(writer, GRU, 3)
        write_sequence(writer, content(GRU, 5, 3), "s")
        writer.add_checkpoint(
            -1, weights={k: np.asarray(v) for k, v in weights.items()}, sha256="abc", metric="2.1 bits"
        )
        writer.add_checkpoint(200, weights={}, sha256="def")
    with gruviz.recording.open(tmp_path / "run.h5") as run:
        assert run.checkpoints == {-1: {"sha256": "abc", "metric": "2.1 bits"}, 200: {"sha256": "def"}}
        read = run.weights()
        assert read.keys() == weights.keys()
        np.testing.assert_array_equal(read["rnn.weight_hh_l0"], weights["rnn.weight_hh_l0"])
        assert float(read["scale"]) == 3.5
        assert run.weights(200) == {}


def test_plain_h5py_reads_what_the_design_describes(tmp_path: Path) -> None:
    made = write(tmp_path / "run.h5", [40, 9], units=70, cell=LSTM, cuts=[11])
    with h5py.File(tmp_path / "run.h5", "r") as file:
        assert file.attrs["format"] == "gruviz-recording"
        assert file.attrs["version"] == 1
        assert file.attrs["complete"]
        assert {"gruviz", "uuid", "created", "digest"} <= set(file.attrs)
        tape, layer = file["tapes/main"], file["layers/rnn.l0"]
        sequences = tape["sequences"]
        assert set(sequences) == {"name", "offset", "length", "pass", "item", "checkpoint"}
        assert sequences["name"].asstr()[:].tolist() == ["s0", "s1"]
        assert sequences["offset"][:].tolist() == [0, 40]
        assert sequences["length"][:].tolist() == [40, 9]
        assert sequences["checkpoint"][:].tolist() == [-1, -1]
        assert tape["inputs/token"][:].tolist() == [*(t % 3 for t in range(40)), *(t % 3 for t in range(9))]
        assert [symbol.decode() for symbol in tape["inputs/vocabulary"]] == ["a", "b", "c"]
        assert layer.attrs["tape"] == "main"
        assert layer.attrs["cell"] == "lstm"
        assert layer.attrs["size"] == 70
        for name in ("input", "forget", "candidate", "output", "cell", "hidden"):
            np.testing.assert_array_equal(layer[name][40:49], made[1][name])
            assert layer[name].dtype == np.float32
            assert layer[name].fletcher32
            assert layer[name].attrs["scale"] == "linear"
            level = layer[f"pyramid/{name}/16"]
            assert level["mean"].shape == (3 + 1, 70)  # 40 timesteps are three blocks, 9 are one
            np.testing.assert_array_equal(level["max"][3], made[1][name].max(axis=0))
        assert layer["initial"].shape == layer["initial_cell"].shape == (2, 70)
        assert layer["residual"].shape == (2,)
        assert layer["counts"].shape == (49, 4)
        assert (layer["counts"][:].sum(axis=1) == 70).all()
        assert list(layer["counts"].attrs["classes"]) == ["retained", "mixed", "overwritten", "rewritten alike"]
        assert layer["counts"].attrs["retained"] == 0.9


def test_logits_are_read_by_plain_h5py_with_one_formula(tmp_path: Path) -> None:
    (made,) = write(tmp_path / "run.h5", [30], dtype="float16")
    with h5py.File(tmp_path / "run.h5", "r") as file:
        data = file["layers/rnn.l0/update"]
        assert data.attrs["scale"] == "logit"
        np.testing.assert_allclose(1 / (1 + np.exp(-data[:].astype(float))), made["update"], atol=1e-3)
