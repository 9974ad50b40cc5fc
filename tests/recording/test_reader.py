from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gruviz.recording
from gruviz.cells import GRU, LSTM, RNN, Cell
from gruviz.errors import GruvizError
from gruviz.recording import Altered, Block, Writer

from .written import content, initial, previous, write, write_sequence


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reader")


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("cell", [GRU, LSTM])
@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_the_previous_state_of_any_range_is_what_a_loop_finds(
    folder: Path, cell: Cell, backward: bool, data: st.DataObject
) -> None:
    path = folder / f"{cell.name}-{backward}.h5"
    lengths = [6, 1, 9]
    if not path.exists():
        write(path, lengths, cell=cell, backward=backward)
    sequence = data.draw(st.integers(0, 2))
    start = data.draw(st.integers(0, lengths[sequence]))
    stop = data.draw(st.integers(start, lengths[sequence]))
    state = data.draw(st.sampled_from(cell.states))
    values = content(cell, lengths[sequence], 5, sequence)[state]
    expected = previous(values, initial(cell, 5)[state], backward)[start:stop]
    with gruviz.recording.open(path) as run:
        np.testing.assert_array_equal(run.layers["rnn.l0"].previous(state, sequence, start, stop), expected)


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_where_the_state_was_changed_in_between_the_previous_one_is_what_the_step_got(
    folder: Path, data: st.DataObject
) -> None:
    path, lengths, changed = folder / "altered.h5", [6, 1, 9], {0: [1, 5], 1: [], 2: [0, 3, 4, 8]}
    rng = np.random.default_rng(0)
    if not path.exists():
        with Writer(path) as writer:
            writer.add_tape("main")
            writer.add_layer("rnn.l0", tape="main", cell=GRU, size=5)
            for number, length in enumerate(lengths):
                values = content(GRU, length, 5, number)
                before = previous(values["hidden"], initial(GRU, 5)["hidden"], False)
                got = rng.random((length, 5), np.float32)
                writer.begin("main", f"s{number}", initial={"rnn.l0": initial(GRU, 5)})
                for start in range(0, length, 4):
                    part = slice(start, start + 4)
                    rows = np.array([t - start for t in changed[number] if start <= t < start + 4], np.int64)
                    altered = Altered(rows, {"hidden": got[part][rows]})
                    block = {name: array[part] for name, array in values.items()}
                    writer.append("main", {"rnn.l0": Block(block, before[part], altered=altered)})
                writer.end("main")
    sequence = data.draw(st.integers(0, 2))
    start = data.draw(st.integers(0, lengths[sequence]))
    stop = data.draw(st.integers(start, lengths[sequence]))
    rng = np.random.default_rng(0)
    given_states = [rng.random((length, 5), np.float32) for length in lengths][sequence]
    expected = previous(content(GRU, lengths[sequence], 5, sequence)["hidden"], initial(GRU, 5)["hidden"], False)
    expected[changed[sequence]] = given_states[changed[sequence]]
    with gruviz.recording.open(path) as run:
        layer = run.layers["rnn.l0"]
        np.testing.assert_array_equal(layer.previous("hidden", sequence, start, stop), expected[start:stop])
        assert layer.altered.tolist() == [1, 5, 7, 10, 11, 15]


def test_a_backward_layer_is_stored_in_time_and_computed_from_the_end(tmp_path: Path) -> None:
    made = write(tmp_path / "run.h5", [5, 3], backward=True)
    with gruviz.recording.open(tmp_path / "run.h5") as run:
        layer = run.layers["rnn.l0"]
        assert layer.backward
        np.testing.assert_array_equal(layer["hidden"][layer.slice(1)], made[1]["hidden"])
        turned = made[1]["hidden"][::-1]
        np.testing.assert_array_equal(layer.processing("hidden", 1), turned)
        for start, stop in ((0, 5), (3, 9), (7, 10**6), (4, 4)):
            np.testing.assert_array_equal(layer.processing("hidden", 1, start, stop), turned[start:stop])


def test_values_are_read_by_rows_and_units(tmp_path: Path) -> None:
    (made,) = write(tmp_path / "run.h5", [50], units=8)
    with gruviz.recording.open(tmp_path / "run.h5") as run:
        update = run.layers["rnn.l0"]["update"]
        assert update.shape == (50, 8)
        np.testing.assert_array_equal(update[10:20, 3], made["update"][10:20, 3])
        np.testing.assert_array_equal(update[7], made["update"][7])
        np.testing.assert_array_equal(np.asarray(update), made["update"])
        with pytest.raises(KeyError, match="has update, reset, candidate, hidden, not forget"):
            run.layers["rnn.l0"]["forget"]


def test_layers_stand_as_the_model_computes_them(tmp_path: Path) -> None:
    names = ["rnn.l10", "rnn.l2_reverse", "cell", "rnn.l2", "rnn.l0"]
    with Writer(tmp_path / "run.h5") as writer:
        writer.add_tape("main")
        for name in names:
            writer.add_layer(name, tape="main", cell=GRU, size=2)
    with gruviz.recording.open(tmp_path / "run.h5") as run:
        assert list(run.layers) == names  # as they were added
    with h5py.File(tmp_path / "run.h5", "r+") as file:
        for name in names:
            del file[f"layers/{name}"].attrs["number"]
    with gruviz.recording.open(tmp_path / "run.h5") as run:  # where a file does not say
        assert list(run.layers) == ["cell", "rnn.l0", "rnn.l2", "rnn.l2_reverse", "rnn.l10"]


def test_vocabularies_of_words_may_be_large(tmp_path: Path) -> None:
    words = [f"wörd {number}" for number in range(30_000)]
    with Writer(tmp_path / "run.h5") as writer:
        writer.add_tape("main", vocabulary=words)
        writer.add_layer("rnn", tape="main", cell=RNN, size=1)
        writer.begin("main", "one", initial={"rnn": {"hidden": np.zeros(1, np.float32)}})
        tokens = np.array([29_999, 0])
        writer.append("main", {"rnn": Block({"hidden": np.ones((2, 1), np.float32)})}, tokens=tokens)
        writer.end("main")
    with gruviz.recording.open(tmp_path / "run.h5") as run:
        assert run.tapes["main"].symbols(slice(0, 2)) == ("wörd 29999", "wörd 0")


def test_a_token_outside_the_vocabulary_reads_as_its_number(tmp_path: Path) -> None:
    with Writer(tmp_path / "run.h5") as writer:
        writer.add_tape("main", vocabulary=["a", "b"])
        writer.add_layer("rnn.l0", tape="main", cell=GRU, size=5)
        write_sequence(writer, content(GRU, 4, 5), "s")  # tokens 0, 1, 2, 0
    with gruviz.recording.open(tmp_path / "run.h5") as run:
        assert run.tapes["main"].symbols(slice(0, 4)) == ("a", "b", "<2>", "a")


def corrupt(path: Path, dataset: str) -> None:
    """Flip one bit in the middle of what a dataset stores."""
    with h5py.File(path, "r") as file:
        chunk = file[dataset].id.get_chunk_info(0)
    raw = bytearray(path.read_bytes())
    raw[chunk.byte_offset + chunk.size // 3] ^= 0x10
    path.write_bytes(raw)


READS = {
    "layers/rnn.l0/update": lambda run: run.layers["rnn.l0"]["update"][:],
    "layers/rnn.l0/counts": lambda run: run.layers["rnn.l0"].counts(slice(0, 99)),
    "layers/rnn.l0/initial": lambda run: run.layers["rnn.l0"].initial(0),
    "layers/rnn.l0/residual": lambda run: run.layers["rnn.l0"].residual,
    "layers/rnn.l0/pyramid/reset/16/max": lambda run: run.layers["rnn.l0"].blocks("reset", 0, 16, 0, 9),
    "tapes/main/inputs/token": lambda run: run.tapes["main"].symbols(slice(0, 99)),
    "tapes/main/sequences/length": lambda run: run.tapes["main"].sequences,
}


@pytest.mark.parametrize("dataset", READS)
def test_a_flipped_bit_is_an_error_and_never_a_wrong_number(tmp_path: Path, dataset: str) -> None:
    path = tmp_path / "run.h5"
    write(path, [90, 20])
    corrupt(path, dataset)
    with pytest.raises(GruvizError, match="damaged") as caught, gruviz.recording.open(path) as run:
        READS[dataset](run)
    assert "\n" not in str(caught.value)


def test_a_cut_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    write(path, [90])
    raw = path.read_bytes()
    for share in (0.1, 0.5, 0.9, 0.999):
        path.write_bytes(raw[: int(len(raw) * share)])
        with pytest.raises(GruvizError, match=r"damaged|not a gruviz recording") as caught:
            gruviz.recording.open(path)
        assert "\n" not in str(caught.value)


def test_reading_needs_no_lock_and_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    write(path, [9])
    before = path.read_bytes()
    path.chmod(0o400)
    with gruviz.recording.open(path) as one, gruviz.recording.open(path) as other:
        assert one.uuid == other.uuid
    assert path.read_bytes() == before
