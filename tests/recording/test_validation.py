"""A stranger's file is refused in one line, before anything is read from it."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

import gruviz.recording
from gruviz.cells import LSTM
from gruviz.errors import GruvizError

from .written import write

H = 5
ATTACKS: dict[str, tuple[Callable[[h5py.File, Path], None], str]] = {}


def attack(message: str) -> Callable[[Callable[[h5py.File, Path], None]], None]:
    def register(function: Callable[[h5py.File, Path], None]) -> None:
        ATTACKS[function.__name__] = (function, message)

    return register


def replace(file: h5py.File, name: str, **dataset: object) -> None:
    """Put another dataset in the place of one, with the attributes of the first."""
    attributes = dict(file[name].attrs)
    del file[name]
    made = file.create_dataset(name, **dataset)
    made.attrs.update(attributes)


@attack("is a link to somewhere else")
def external_link(file: h5py.File, secret: Path) -> None:
    del file["layers/rnn.l0/hidden"]
    file["layers/rnn.l0/hidden"] = h5py.ExternalLink(str(secret), "/data")


@attack("is a link to somewhere else")
def external_link_beside(file: h5py.File, secret: Path) -> None:
    file["notes"] = h5py.ExternalLink(str(secret), "/")


@attack("is a link to somewhere else")
def soft_link(file: h5py.File, secret: Path) -> None:
    file["layers/rnn.l0/gradient"] = h5py.SoftLink("/layers/rnn.l0/hidden")


@attack("keeps its data in another file")
def virtual_dataset(file: h5py.File, secret: Path) -> None:
    layout = h5py.VirtualLayout((90, H), "f4")
    layout[:] = h5py.VirtualSource(str(secret), "data", (90, H))
    del file["layers/rnn.l0/hidden"]
    file.create_virtual_dataset("layers/rnn.l0/hidden", layout)


@attack("keeps its data in another file")
def external_storage(file: h5py.File, secret: Path) -> None:
    replace(file, "layers/rnn.l0/hidden", shape=(90, H), dtype="f4", external=[(str(secret), 0, 90 * H * 4)])


@attack("declares 21,990,232,555,520 bytes and holds 0")
def terabytes(file: h5py.File, secret: Path) -> None:
    replace(file, "layers/rnn.l0/hidden", shape=(2**40, H), dtype="f4", chunks=(1024, H))


@attack("declares .* bytes and holds 0")
def terabytes_of_tokens(file: h5py.File, secret: Path) -> None:
    replace(file, "tapes/main/inputs/token", shape=(2**40,), dtype="i4", chunks=(1024,))


@attack("declares .* bytes and holds")
def compressed_nothing(file: h5py.File, secret: Path) -> None:
    replace(file, "layers/rnn.l0/hidden", data=np.zeros((200_000, H), "f4"), compression="gzip", compression_opts=9)


@attack("nested without end")
def group_in_itself(file: h5py.File, secret: Path) -> None:
    file["tapes/main/left"] = file["tapes"]
    file["tapes/main/right"] = file["tapes"]


@attack("has no hidden of the right shape")
def other_width(file: h5py.File, secret: Path) -> None:
    replace(file, "layers/rnn.l0/hidden", data=np.zeros((90, H + 1), "f4"))


@attack("has no hidden of the right shape")
def one_dimension(file: h5py.File, secret: Path) -> None:
    replace(file, "layers/rnn.l0/hidden", data=np.zeros(90, "f4"))


@attack("has no reset of the right shape")
def group_for_data(file: h5py.File, secret: Path) -> None:
    del file["layers/rnn.l0/reset"]
    file.create_group("layers/rnn.l0/reset")


@attack("not of floating-point numbers")
def words_for_numbers(file: h5py.File, secret: Path) -> None:
    replace(file, "layers/rnn.l0/hidden", shape=(90, H), dtype=h5py.string_dtype())


@attack("kind of cell that this gruviz does not know")
def unknown_cell(file: h5py.File, secret: Path) -> None:
    file["layers/rnn.l0"].attrs["cell"] = "transformer"


@attack("kind of cell that this gruviz does not know")
def cell_that_is_an_array(file: h5py.File, secret: Path) -> None:
    file["layers/rnn.l0"].attrs["cell"] = np.arange(3)


@attack("has no hidden of the right shape|is damaged")
def no_size(file: h5py.File, secret: Path) -> None:
    del file["layers/rnn.l0"].attrs["size"]


@attack("tape that is not there")
def no_tape(file: h5py.File, secret: Path) -> None:
    file["layers/rnn.l0"].attrs["tape"] = "elsewhere"


@attack("has no group /tapes")
def no_tapes(file: h5py.File, secret: Path) -> None:
    del file["tapes"]


@attack("is not a group")
def layer_that_is_data(file: h5py.File, secret: Path) -> None:
    file.create_dataset("layers/other", data=np.zeros(3))


@attack("does not say which hidden its sequences started from")
def no_initial(file: h5py.File, secret: Path) -> None:
    del file["layers/rnn.l0/initial"]


@attack("no residual")
def no_residual(file: h5py.File, secret: Path) -> None:
    del file["layers/rnn.l0/residual"]


@attack("counts of the wrong shape")
def counts_of_three_classes(file: h5py.File, secret: Path) -> None:
    replace(file, "layers/rnn.l0/counts", data=np.zeros((90, 3), "u2"))


@attack("does not hold what it says that it projects to")
def projection_of_a_gru(file: h5py.File, secret: Path) -> None:
    file["layers/rnn.l0"].attrs["projection"] = 3


def alter(file: h5py.File, rows: object, width: int = H) -> None:
    file["layers/rnn.l0/altered/row"] = np.array(rows)
    file["layers/rnn.l0/altered/hidden"] = np.zeros((len(np.array(rows)), width), "f4")


@attack("does not say what its altered steps got")
def altered_rows_out_of_order(file: h5py.File, secret: Path) -> None:
    alter(file, [5, 3])


@attack("does not say what its altered steps got")
def altered_rows_before_the_first(file: h5py.File, secret: Path) -> None:
    alter(file, [-1, 3])


@attack("does not say what its altered steps got")
def altered_rows_between_rows(file: h5py.File, secret: Path) -> None:
    alter(file, [1.5, 3])


@attack("does not say what its altered steps got")
def altered_states_of_another_width(file: h5py.File, secret: Path) -> None:
    alter(file, [1, 3], H + 1)


@attack("does not say what its altered steps got")
def altered_that_is_data(file: h5py.File, secret: Path) -> None:
    file["layers/rnn.l0/altered"] = np.arange(3)


@attack("pyramid of update of the wrong shape")
def narrow_pyramid(file: h5py.File, secret: Path) -> None:
    replace(file, "layers/rnn.l0/pyramid/update/16/mean", data=np.zeros((6, 1), "f4"))


@attack("pyramid of update of the wrong shape")
def pyramid_of_numbers(file: h5py.File, secret: Path) -> None:
    del file["layers/rnn.l0/pyramid/update"]
    file["layers/rnn.l0/pyramid/update"] = np.zeros((6, H), "f4")


@attack("pyramid of update of the wrong shape")
def level_of_numbers(file: h5py.File, secret: Path) -> None:
    del file["layers/rnn.l0/pyramid/update/16"]
    file["layers/rnn.l0/pyramid/update/16"] = np.zeros((6, H), "f4")


@attack("pyramid of update of the wrong shape")
def level_of_groups(file: h5py.File, secret: Path) -> None:
    del file["layers/rnn.l0/pyramid/update/16/mean"]
    file.create_group("layers/rnn.l0/pyramid/update/16/mean")


@attack("pyramid of update of the wrong shape")
def pyramid_without_number(file: h5py.File, secret: Path) -> None:
    file.move("layers/rnn.l0/pyramid/update/16", "layers/rnn.l0/pyramid/update/sixteen")


@attack("do not lie end to end")
def negative_offset(file: h5py.File, secret: Path) -> None:
    file["tapes/main/sequences/offset"][0] = -50


@attack("do not lie end to end")
def negative_length(file: h5py.File, secret: Path) -> None:
    file["tapes/main/sequences/length"][0] = -1


@attack("is damaged")
def uneven_table(file: h5py.File, secret: Path) -> None:
    file["tapes/main/sequences/item"].resize((7,))


@attack("is damaged")
def table_of_tables(file: h5py.File, secret: Path) -> None:
    replace(file, "tapes/main/sequences/offset", data=np.zeros((1, 2), "i8"))


@attack("is damaged")
def no_names(file: h5py.File, secret: Path) -> None:
    del file["tapes/main/sequences/name"]


@attack("is damaged")
def description_that_is_no_json(file: h5py.File, secret: Path) -> None:
    file["model"].attrs["description"] = "{"


@attack("is damaged")
def description_without_end(file: h5py.File, secret: Path) -> None:
    file["model"].attrs["description"] = "[" * 50_000


@attack("is damaged")
def description_that_is_a_list(file: h5py.File, secret: Path) -> None:
    file["model"].attrs["description"] = "[1, 2]"


@attack("checkpoint of step best")
def checkpoint_without_number(file: h5py.File, secret: Path) -> None:
    file.create_group("checkpoints/best")


@attack("not a gruviz recording")
def other_format(file: h5py.File, secret: Path) -> None:
    file.attrs["format"] = "something else"


@attack("of version 2, this gruviz reads version 1: update gruviz")
def later_version(file: h5py.File, secret: Path) -> None:
    file.attrs["version"] = 2


@pytest.mark.parametrize("name", ATTACKS)
def test_refused(tmp_path: Path, name: str) -> None:
    path, secret = tmp_path / "run.h5", tmp_path / "secret.h5"
    write(path, [90], units=H)
    gruviz.recording.open(path).close()
    with h5py.File(secret, "w") as file:
        file["data"] = np.ones((90, H), "f4")
    change, message = ATTACKS[name]
    with h5py.File(path, "a") as file:
        change(file, secret)
    with pytest.raises(GruvizError, match=message) as caught:
        gruviz.recording.open(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("state", ["initial", "initial_cell"])
def test_an_lstm_starts_from_two_states(tmp_path: Path, state: str) -> None:
    path = tmp_path / "run.h5"
    write(path, [9], cell=LSTM)
    with h5py.File(path, "a") as file:
        del file[f"layers/rnn.l0/{state}"]
    with pytest.raises(GruvizError, match="does not say which"):
        gruviz.recording.open(path)


def test_a_projected_lstm_holds_what_it_projects_to(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    write(path, [9], cell=LSTM)
    with h5py.File(path, "a") as file:
        layer = file["layers/rnn.l0"]
        layer.attrs["projection"] = 3
        layer["projected"], layer["initial_projected"] = np.zeros((9, 3), "f4"), np.zeros((1, 3), "f4")
    gruviz.recording.open(path).close()
    for name in ("projected", "initial_projected"):
        with h5py.File(path, "a") as file:
            replace(file, f"layers/rnn.l0/{name}", data=np.zeros((9, 2), "f4"))
        with pytest.raises(GruvizError, match="does not hold what it says that it projects to"):
            gruviz.recording.open(path)
        with h5py.File(path, "a") as file:
            replace(file, f"layers/rnn.l0/{name}", data=np.zeros((9, 3), "f4"))


@pytest.mark.parametrize(
    "bytes_", [b"", b"To be, or not to be\n", b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" + bytes(500)]
)
def test_what_is_no_hdf5_file(tmp_path: Path, bytes_: bytes) -> None:
    path = tmp_path / "run.h5"
    path.write_bytes(bytes_)
    with pytest.raises(GruvizError, match=r"not a gruviz recording|damaged") as caught:
        gruviz.recording.open(path)
    assert "\n" not in str(caught.value)


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(GruvizError, match="does not exist: check the name"):
        gruviz.recording.open(tmp_path / "run.h5")
    with pytest.raises(GruvizError, match="is a folder"):
        gruviz.recording.open(tmp_path)


def test_any_hdf5_file_is_not_a_recording(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = np.arange(3)
    with pytest.raises(GruvizError, match="is an HDF5 file, but not a gruviz recording"):
        gruviz.recording.open(tmp_path / "other.h5")


def test_the_file_is_closed_again_when_it_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    write(path, [9])
    with h5py.File(path, "a") as file:
        file.attrs["version"] = 99
    with pytest.raises(GruvizError):
        gruviz.recording.open(path)
    with h5py.File(path, "a") as file:  # would fail while it is open for reading
        file.attrs["version"] = 1
    gruviz.recording.open(path).close()
