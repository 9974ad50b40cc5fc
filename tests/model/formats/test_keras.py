"""Keras files, saved by Keras 3 itself with PyTorch below it, run by gruviz and held against Keras's own outputs.

Keras is in a process of its own: it takes seconds to import, and is not to be there when its files are read.
"""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from gruviz.errors import GruvizError
from gruviz.model import checkpoint
from gruviz.model.formats import read

SUFFIXES = (".keras", ".h5")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keras")
    program = [sys.executable, "-W", "ignore", str(Path(__file__).with_name("keras_files.py")), str(folder)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def expected(files, name):
    """One sequence (T, I) or tokens (T,), and what Keras's model gives for it."""
    with np.load(files / f"{name}.npz") as arrays:
        return arrays["x"], arrays["y"]


def outputs(path, x, module=None):
    """What the loaded network gives for one sequence: (T, O) or (T, D·H)."""
    model = checkpoint.load(path, module).model
    x = torch.as_tensor(x)[None]
    with torch.no_grad():
        return model(x.to(next(model.parameters()).dtype) if x.is_floating_point() else x)[0][0].numpy()


def only(path):
    found = read(path)
    assert len(found.modules) == 1
    assert not found.refused
    return found.modules[0]


def refused(path, module=None):
    with pytest.raises(GruvizError) as caught:
        checkpoint.load(path, module)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def close(ours, theirs, tolerance=1e-5):
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance)


def edited(path, target, change):
    """A copy of an HDF5 file, or of the one within a .keras file, with `change` made to it."""
    if path.suffix == ".h5":
        shutil.copy(path, target)
        with h5py.File(target, "a") as file:
            change(file)
        return target
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    inner = target.with_suffix(".inner")
    inner.write_bytes(content["model.weights.h5"])
    with h5py.File(inner, "a") as file:
        change(file)
    content["model.weights.h5"] = inner.read_bytes()
    return zipped(target, content)


def zipped(target, content, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return target


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("name", "reset"),
    [
        *((f"{cell}{kind}", "after") for cell in ("gru", "lstm", "rnn") for kind in ("", " no bias", " both")),
        *((f"before{kind}", "before") for kind in ("", " no bias", " both")),
        ("relu", "after"),
        ("cell", "after"),
        ("cells", "after"),
    ],
)
def test_a_layer_gives_kerass_states(files, name, reset, suffix):
    x, y = expected(files, name)
    close(outputs(files / f"{name}{suffix}", x), y)
    module = only(files / f"{name}{suffix}")
    assert (module.convention, module.reset, module.directions) == ("keras", reset, 1 + ("both" in name))
    loaded = checkpoint.load(files / f"{name}{suffix}")
    assert (loaded.source, loaded.convention) == ("Keras", "keras")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", ["gru", "before", "lstm", "rnn"])
def test_a_layer_that_goes_backwards_is_shown_in_times_order(files, name, suffix):
    x, y = expected(files, f"{name} back")
    path = files / f"{name} back{suffix}"
    close(outputs(path, x), y[::-1])
    assert any("in the order in which it reads" in note for note in checkpoint.load(path).notes)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_model_in_float64_stays_in_it(files, suffix):
    x, y = expected(files, "float64")
    ours = outputs(files / f"float64{suffix}", x)
    assert ours.dtype == y.dtype == np.float64
    close(ours, y, 1e-12)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_layers_that_follow_each_other_are_one_module_with_its_embedding_and_read_out(files, suffix):
    x, y = expected(files, "stacked")
    path = files / f"stacked{suffix}"
    assert len(only(path).layers) == 3
    close(outputs(path, x), y)
    x, y = expected(files, "stacked both")
    path = files / f"stacked both{suffix}"
    assert len(only(path).layers) == 2
    close(softmax(outputs(path, x)), y)
    notes = checkpoint.load(path).notes
    assert any("mask_zero" in note and "padding" in note for note in notes)
    assert any("ends in a softmax" in note for note in notes)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_read_out_of_the_last_state_is_applied_to_all(files, suffix):
    x, y = expected(files, "last")
    close(1 / (1 + np.exp(-outputs(files / f"last{suffix}", x)[-1])), y)
    assert only(files / f"last both{suffix}").readout is None  # its two last states are of different timesteps


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_does_not_follow_plainly_stays_apart(files, suffix):
    for name, layers in {"sum": [1, 1], "back and back": [1, 1], "unlike": [1, 1, 1], "shared": [1, 1]}.items():
        assert [len(module.layers) for module in read(files / f"{name}{suffix}").modules] == layers
    assert only(files / f"head{suffix}").readout is None
    assert only(files / f"sum and head{suffix}").readout is None


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_layers_of_a_functional_model_are_found_whatever_else_is_in_it(files, suffix):
    """A Lambda, a layer of somebody's own, masks, a model within the model, and a decoder with an initial state."""
    path = files / f"functional{suffix}"
    found = {module.path: module for module in read(path).modules}
    assert found.keys() == {"first", "second", "inner.deep", "decoder"}
    assert "out of first, inner.deep, second, decoder" in refused(path)
    assert any("sequences start from zero" in note for note in found["decoder"].notes)
    assert any("masking leaves out timesteps" in note for note in found["first"].notes)
    assert (found["decoder"].reset, found["first"].reset) == ("before", "after")
    assert found["decoder"].readout is not None
    assert found["inner.deep"].cell == "lstm"
    with h5py.File(files / "functional.h5") as file:
        kernel = file["model_weights/inner/inner/deep/lstm_cell/kernel"][()]
    assert np.array_equal(found["inner.deep"].layers[0][0].W_ih, kernel.T)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("hard", "recurrent_activation hard_sigmoid"),
        ("linear", "the activation linear"),
        ("own function", "a function of somebody's own"),
        ("own layer", "a layer of somebody's own"),
        ("unequal", "differ in kind or size"),
        ("images", "its states are images"),
        ("dense", "no GRU, LSTM or SimpleRNN"),
    ],
)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_layers_that_gruviz_does_not_compute_are_refused(files, name, words, suffix):
    assert words in refused(files / f"{name}{suffix}")


@pytest.mark.parametrize("name", ["gru", "lstm both", "before", "rnn no bias", "last"])
def test_weights_alone_are_read_by_name_and_shape(files, tmp_path, name):
    x, y = expected(files, name)
    path = files / f"{name}.weights.h5"
    ours = outputs(path, x)
    close(1 / (1 + np.exp(-ours[-1])) if name == "last" else ours, y)
    assert any("was assumed" in note or "were assumed" in note for note in checkpoint.load(path).notes)
    # As Keras 2 wrote them: groups named after the layers, and a mark on the names of arrays.
    old = tmp_path / "old.h5"
    with h5py.File(files / f"{name}.h5") as whole, h5py.File(old, "w") as file:

        def copy(where, item):
            if isinstance(item, h5py.Dataset):
                file[f"{where}:0"] = item[()]

        whole["model_weights"].visititems(copy)
    ours = outputs(old, x)
    close(1 / (1 + np.exp(-ours[-1])) if name == "last" else ours, y)


def test_a_model_of_somebodys_own_class_is_read_by_name_and_shape(files):
    x, y = expected(files, "whole")
    for path in (files / "whole.keras", files / "whole.weights.h5"):
        close(outputs(path, x), y)
        assert checkpoint.load(path).model.path == "encoder"


def test_several_modules_of_weights_alone_share_no_read_out(files):
    modules = read(files / "unlike.weights.h5").modules
    assert [module.path for module in modules] == ["gru", "gru_1", "gru_2"]
    modules = read(files / "functional.weights.h5").modules
    assert all(module.readout is None for module in modules)
    cells = read(files / "cells.weights.h5").modules
    assert [module.path for module in cells] == [f"rnn.cell.cells.lstm_cell{end}" for end in ("", "_1", "_2")]


@pytest.mark.parametrize("name", ["stacked", "gru both"])
def test_the_names_of_keras_2_are_understood(files, tmp_path, name):
    """Of 2.12 to 2.15, which counted layers twice, and named groups with backslashes on Windows."""

    def rename(file):
        listed = file.create_group("_layer_checkpoint_dependencies")
        for child in list(file["layers"]):
            stem, _, number = child.rpartition("_")
            again = f"{stem}_{2 * int(number)}" if number.isdecimal() else child
            file.move(f"layers/{child}", f"_layer_checkpoint_dependencies/{again}")
        del file["layers"], listed

    x, y = expected(files, name)
    close(outputs(edited(files / f"{name}.keras", tmp_path / "old.keras", rename), x), y)

    def backslashes(file):
        for child in list(file["layers"]):
            file.move(f"layers/{child}", f"layers\\{child}")
        del file["layers"]

    close(outputs(edited(files / f"{name}.keras", tmp_path / "windows.keras", backslashes), x), y)


def test_the_descriptions_of_keras_2_are_understood(files, tmp_path):
    """Nodes as nested lists, a Bidirectional without a layer for the way back, a list for a Sequential model."""

    def old_nodes(file):
        model = json.loads(file.attrs["model_config"])
        for layer in model["config"]["layers"]:
            nodes = []
            for node in layer["inbound_nodes"]:
                read_, state = (
                    [each["config"]["keras_history"] for each in given if isinstance(each, dict)]
                    for given in (node["args"], [node["kwargs"].get("initial_state")])
                )
                nodes.append([[*history, {}] for history in [*read_, *state]])
            layer["inbound_nodes"] = nodes
        file.attrs["model_config"] = json.dumps(model)

    paths = [files / "functional.h5", edited(files / "functional.h5", tmp_path / "functional.h5", old_nodes)]
    new, old = (read(path).modules for path in paths)
    assert [(each.path, each.notes) for each in new] == [(each.path, each.notes) for each in old]
    assert old[-1].readout is not None

    def old_sequence(file):
        model = json.loads(file.attrs["model_config"])
        for layer in model["config"]["layers"]:
            layer.pop("module", None)
            layer["config"].pop("backward_layer", None)
        model["config"] = model["config"]["layers"]
        file.attrs["model_config"] = json.dumps(model)

    for name in ("stacked both", "gru both"):
        x, y = expected(files, name)
        path = edited(files / f"{name}.h5", tmp_path / f"{name}.h5", old_sequence)
        close(softmax(outputs(path, x)) if name == "stacked both" else outputs(path, x), y)


def test_files_are_read_without_keras(files):
    program = """
import sys
sys.modules["keras"] = sys.modules["tensorflow"] = None  # importing them fails
import numpy, torch
from gruviz.model import checkpoint
for path, source in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
    with numpy.load(source) as arrays:
        x, y = torch.as_tensor(arrays["x"])[None], arrays["y"]
    print(abs(checkpoint.load(path).model(x)[0][0].detach().numpy() - y).max())
"""
    names = ("gru.keras", "gru.npz", "lstm both.h5", "lstm both.npz", "stacked.keras", "stacked.npz")
    program = [sys.executable, "-c", program, *(str(files / name) for name in names)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert [float(line) < 1e-5 for line in done.stdout.split()] == [True, True, True]


def test_half_precision_is_read_as_float32(files, tmp_path):
    def halve(file):
        cell = file["layers/gru/cell/vars"]
        for name in list(cell):
            values = cell[name][()].astype(np.float16)
            del cell[name]
            cell[name] = values

    x, y = expected(files, "gru")
    path = edited(files / "gru.keras", tmp_path / "half.keras", halve)
    close(outputs(path, x), y, 5e-3)
    assert "weights in float16 were converted to float32" in checkpoint.load(path).notes


def cell_of(file):
    found = []
    file.visititems(lambda where, item: found.append(item) if where.endswith(("cell/vars", "gru_cell")) else None)
    return found[0]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.full((4, 12), np.nan, np.float32), "not finite"),
        (np.zeros((4, 11), np.float32), "shape"),
        (np.zeros((5, 12), np.float32), "shape"),
        (np.zeros((12,), np.float32), "damaged"),
        (np.zeros((4, 12), np.int32), "weights are floats"),
        (np.array(b"text"), "weights are floats"),
        (None, "damaged"),
    ],
)
def test_weights_that_do_not_fit_are_refused(files, tmp_path, suffix, values, words):
    def change(file):
        cell = cell_of(file)
        name = "1" if suffix == ".keras" else "recurrent_kernel"
        del cell[name]
        if values is not None:
            cell[name] = values

    assert words in refused(edited(files / f"gru{suffix}", tmp_path / f"m{suffix}", change))


def test_files_that_reach_out_are_refused(files, tmp_path):
    (tmp_path / "secret.bin").write_bytes(b"\0" * 10_000)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["kernel"] = np.zeros((3, 12), np.float32)
    layout = h5py.VirtualLayout((3, 12), np.float32)
    layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "kernel", (3, 12))

    def external_link(cell):
        cell["kernel"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "kernel")

    def soft_link(cell):
        cell["kernel"] = h5py.SoftLink("/elsewhere")

    def virtual(cell):
        cell.create_virtual_dataset("kernel", layout)

    def external(cell):
        cell.create_dataset("kernel", (3, 12), np.float32, external=[(str(tmp_path / "secret.bin"), 0, 144)])

    def endless(cell):
        cell["again"] = cell.file["/"]

    def huge(cell):
        cell.create_dataset("kernel", (2**20, 2**20), np.float32, chunks=(1024, 1024))

    cases = {external_link: "link", soft_link: "link", virtual: "another file", external: "another file"}
    for change, words in (cases | {endless: "without end", huge: "declares"}).items():

        def lie(file, change=change):
            cell = cell_of(file)
            del cell["kernel"]
            change(cell)

        assert words in refused(edited(files / "gru.h5", tmp_path / "m.h5", lie))


@pytest.mark.parametrize("name", ["functional.h5", "cells.weights.h5"])
def test_flipped_bytes_do_no_harm(files, tmp_path, name):
    """Such a file is read, or refused in a line; nothing else comes of it."""
    whole, random, refusals = (files / name).read_bytes(), np.random.default_rng(0), 0
    for _ in range(150):
        data = bytearray(whole)
        for place in random.integers(len(data), size=8):
            data[place] = random.integers(256)
        (tmp_path / "m.h5").write_bytes(data)
        message = ""
        try:
            read(tmp_path / "m.h5")
        except GruvizError as error:
            message = str(error)
        assert "\n" not in message
        refusals += bool(message)
    assert refusals


def test_damaged_files_are_refused_in_a_line(files, tmp_path):
    for suffix in SUFFIXES:
        whole = (files / f"gru{suffix}").read_bytes()
        for length in (1, 100, len(whole) // 2, len(whole) - 1):
            (tmp_path / f"cut{suffix}").write_bytes(whole[:length])
            refused(tmp_path / f"cut{suffix}")
    with zipfile.ZipFile(files / "gru.keras") as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    for name, data in {"config.json": b"[" * 100_000, "model.weights.h5": b"no HDF5"}.items():
        refused(zipped(tmp_path / "m.keras", content | {name: data}))
    for config in (
        b"3",
        b"[]",
        b'{"config": {"layers": [3, {}, {"class_name": 4, "config": [], "inbound_nodes": 3}]}}',
    ):
        zipped(tmp_path / "m.keras", content | {"config.json": config})
        assert only(tmp_path / "m.keras").path == "gru"  # by name and shape
    assert "config.json" in refused(zipped(tmp_path / "m.keras", {"model.weights.h5": content["model.weights.h5"]}))
    swelling = content | {"config.json": b" " * 2**25}
    assert "declares" in refused(zipped(tmp_path / "m.keras", swelling, zipfile.ZIP_DEFLATED))
    with h5py.File(tmp_path / "recording.h5", "w") as file:
        file["numbers"] = np.zeros(3)
    assert "no GRU, LSTM or SimpleRNN" in refused(tmp_path / "recording.h5")
