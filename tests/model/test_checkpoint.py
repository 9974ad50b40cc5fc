import hashlib
import json
import pickle
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from gruviz.errors import GruvizError
from gruviz.model import checkpoint
from gruviz.model.network import Architecture, build
from gruviz.sequences import Vocabulary


class Net(nn.Module):
    """Somebody else's model: 3 layers, other names."""

    def __init__(self, cell=nn.GRU, bias=True, bidirectional=False):
        super().__init__()
        self.char_emb = nn.Embedding(10, 6)
        self.encoder = nn.ModuleDict({"gru": cell(6, 8, 3, batch_first=True, bias=bias, bidirectional=bidirectional)})
        self.norm = nn.LayerNorm(8)
        self.fc = nn.Linear(16 if bidirectional else 8, 4)

    def forward(self, x):
        return self.fc(self.encoder["gru"](self.char_emb(x))[0])


class Stranger:
    def __reduce__(self):
        return print, ("this must not be printed",)


def refused(path, module=None):
    with pytest.raises(GruvizError) as caught:
        checkpoint.load(path, module)
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return message


@pytest.fixture
def saved(tmp_path):
    model = build(Architecture("gru", 5, 8, 2, 5, 4), 1)
    path = tmp_path / "model.safetensors"
    checkpoint.save(path, model, vocabulary=Vocabulary.of("abcde"), task={"name": "char"}, training={"steps": 3})
    return model, path


def described(path):
    with safetensors.safe_open(path, framework="pt") as file:
        return json.loads(file.metadata()["gruviz"])


def rewrite(path, tensors=None, **changes):
    """Write the model file anew with other tensors or another description."""
    tensors = safetensors.torch.load_file(path) | (tensors or {})
    safetensors.torch.save_file(tensors, path, {"gruviz": json.dumps(described(path) | changes)})
    return path


def test_a_saved_model_comes_back_the_same(saved):
    model, path = saved
    loaded = checkpoint.load(path)
    x = torch.randint(5, (2, 7))
    assert torch.equal(loaded.model(x)[0], model(x)[0])
    assert loaded.model.architecture == model.architecture
    assert loaded.model.path == "rnn"
    assert not loaded.model.training
    assert loaded.vocabulary == Vocabulary.of("abcde")
    assert (loaded.task, loaded.training) == ({"name": "char"}, {"steps": 3})
    assert (loaded.source, loaded.convention, loaded.notes) == ("gruviz", "pytorch", ())
    assert loaded.mean is None
    assert list(path.parent.iterdir()) == [path]


def test_columns_and_their_normalisation_come_back(tmp_path):
    path = tmp_path / "m.safetensors"
    model = build(Architecture("lstm", 2, 3, outputs=2, skip=True), 0).double()
    mean, std = np.array([1.5, -2], np.float32), np.array([0.1, 4], np.float32)
    checkpoint.save(path, model, columns=("u", "v"), mean=mean, std=std, task={}, training={})
    loaded = checkpoint.load(path)
    assert loaded.columns == ("u", "v")
    assert np.array_equal(loaded.mean, mean)
    assert np.array_equal(loaded.std, std)
    assert {parameter.dtype for parameter in loaded.model.parameters()} == {torch.float32}


def test_the_fingerprint_is_what_its_docstring_says(saved):
    model, path = saved
    digest = hashlib.sha256()
    for name in sorted(model.state_dict()):
        tensor = model.state_dict()[name]
        digest.update(f"{name} {tuple(tensor.shape)}\n".encode() + tensor.numpy().tobytes())
    assert checkpoint.load(path).sha256 == digest.hexdigest()
    with torch.no_grad():
        model.readout.bias[0] += 1e-6
    assert checkpoint.fingerprint(model) != digest.hexdigest()


def test_loading_leaves_the_global_random_state_alone(saved):
    before = torch.get_rng_state()
    checkpoint.load(saved[1])
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize(("cell", "name"), [(nn.GRU, "gru"), (nn.LSTM, "lstm"), (nn.RNN, "rnn")])
def test_a_strangers_state_dict_gives_the_strangers_outputs(tmp_path, cell, name, bias, bidirectional):
    net = Net(cell, bias, bidirectional)
    torch.save(net.state_dict(), tmp_path / "m.pt")
    loaded = checkpoint.load(tmp_path / "m.pt")
    x = torch.randint(10, (2, 9))
    torch.testing.assert_close(loaded.model(x)[0], net(x), atol=1e-6, rtol=0)
    assert loaded.model.architecture == Architecture(name, 10, 8, 3, 4, 6, bidirectional, bias)
    assert loaded.model.path == "encoder.gru"
    assert loaded.source == "state dict"
    assert any("char_emb.weight was taken for the embedding" in note for note in loaded.notes)
    assert any("fc.weight was taken for the read-out" in note for note in loaded.notes)
    assert loaded.vocabulary is None


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {"state_dict": state, "epoch": 3},
        lambda state: {"model_state_dict": state, "optimizer": {"lr": 0.1}},
        lambda state: {"model": OrderedDict(state)},
        lambda state: {f"module.{key}": value for key, value in state.items()},
        lambda state: {f"_orig_mod.module.{key}": value for key, value in state.items()},
        lambda state: {f"module._orig_mod.{key}": nn.Parameter(value) for key, value in state.items()},
        lambda state: {key: value.t().contiguous().t() if value.ndim == 2 else value for key, value in state.items()},
    ],
)
def test_the_wrappings_of_the_wild(tmp_path, wrap):
    net = Net()
    torch.save(wrap(net.state_dict()), tmp_path / "m.pth")
    x = torch.randint(10, (2, 9))
    loaded = checkpoint.load(tmp_path / "m.pth")
    assert torch.equal(loaded.model(x)[0], net(x))
    assert loaded.model.path == "encoder.gru"


def test_safetensors_and_the_old_format_of_torch_load_too(tmp_path):
    net = Net()
    safetensors.torch.save_file(net.state_dict(), tmp_path / "m.safetensors")
    torch.save(net.state_dict(), tmp_path / "m.pt", _use_new_zipfile_serialization=False)
    x = torch.randint(10, (2, 9))
    for name in ("m.safetensors", "m.pt"):
        assert torch.equal(checkpoint.load(tmp_path / name).model(x)[0], net(x))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_other_floats_are_converted_and_noted(tmp_path, dtype):
    torch.save(nn.GRU(3, 4).to(dtype).state_dict(), tmp_path / "m.pt")
    loaded = checkpoint.load(tmp_path / "m.pt")
    assert {parameter.dtype for parameter in loaded.model.parameters()} == {torch.float32}
    assert any(str(dtype).removeprefix("torch.") in note for note in loaded.notes)


def test_a_bare_gru_and_a_cell(tmp_path):
    gru, cell = nn.GRU(3, 4, batch_first=True), nn.GRUCell(3, 4)
    torch.save(gru.state_dict(), tmp_path / "gru.pt")
    torch.save({f"cell.{key}": value for key, value in cell.state_dict().items()}, tmp_path / "cell.pt")
    x = torch.randn(1, 5, 3)
    loaded = checkpoint.load(tmp_path / "gru.pt")
    assert torch.equal(loaded.model(x)[0], gru(x)[0])
    assert loaded.model.path == "gru"
    loaded = checkpoint.load(tmp_path / "cell.pt")
    torch.testing.assert_close(loaded.model(x[:, :1])[0][:, 0], cell(x[:, 0]))
    assert loaded.model.path == "cell"


def test_one_of_several_is_chosen_by_name(tmp_path):
    two = nn.ModuleDict({"encoder": nn.GRU(3, 4), "decoder": nn.LSTM(5, 6)})
    path = tmp_path / "m.pt"
    torch.save(two.state_dict(), path)
    message = refused(path)
    assert "--module NAME" in message
    assert "encoder, decoder" in message
    assert checkpoint.load(path, "decoder").model.architecture.cell == "lstm"
    assert "encoder, decoder" in refused(path, "middle")


def test_ambiguous_embeddings_and_readouts_are_left_out(tmp_path):
    net = nn.ModuleDict({"emb1": nn.Embedding(9, 3), "emb2": nn.Embedding(8, 3), "gru": nn.GRU(3, 4)})
    net["out"], net["head"] = nn.Linear(4, 2), nn.Linear(4, 2)
    torch.save(net.state_dict(), tmp_path / "m.pt")
    loaded = checkpoint.load(tmp_path / "m.pt")
    assert loaded.model.embedding is None
    assert loaded.model.readout is None


def test_tied_weights_and_a_readout_without_bias(tmp_path):
    net = nn.ModuleDict({"embedding": nn.Embedding(500, 4), "gru": nn.GRU(4, 4), "out": nn.Linear(4, 500, bias=False)})
    net["out"].weight = net["embedding"].weight
    torch.save(net.state_dict(), tmp_path / "m.pt")
    model = checkpoint.load(tmp_path / "m.pt").model
    assert torch.equal(model.readout.weight, net["embedding"].weight)
    assert not model.readout.bias.any()


def test_what_is_no_model_is_said_in_a_line(tmp_path):
    def file(name, content):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    assert "no file" in refused(tmp_path / "nowhere.pt")
    assert "folder" in refused(tmp_path)
    assert "empty" in refused(file("empty.pt", b""))
    assert "not a model" in refused(file("hamlet.txt", b"To be, or not to be"))
    assert "not a model" in refused(file("short.pt", b"x"))
    assert "zip file" in refused(_zip(tmp_path / "other.zip", {"a.txt": b"hello"}))
    assert "damaged" in refused(file("cut.zip", b"PK\x03\x04 and no more"))
    assert "damaged" in refused(file("odd.pt", b"\x80\x02 and no more"))
    assert "could run code" in refused(file("bare.pt", pickle.dumps(Stranger())))


def test_nothing_is_run(tmp_path, capsys):
    for name, content in {"net.pt": Net(), "dict.pt": {"state_dict": {"a": Stranger()}}}.items():
        torch.save(content, tmp_path / name)
        message = refused(tmp_path / name)
        assert "could run code" in message
        assert "torch.save(model.state_dict()" in message
    assert "must not" not in capsys.readouterr().out


def test_torchscript_is_refused(tmp_path):
    with pytest.warns(DeprecationWarning, match="jit"):
        torch.jit.script(nn.GRU(3, 4)).save(tmp_path / "m.pt")
    assert "TorchScript" in refused(tmp_path / "m.pt")


def test_what_has_no_recurrent_network_lists_what_it_has(tmp_path):
    torch.save(nn.Sequential(*(nn.Linear(2, 2) for _ in range(5))).state_dict(), tmp_path / "m.pt")
    message = refused(tmp_path / "m.pt")
    assert "0.weight, 0.bias" in message
    assert "and 4 more" in message
    torch.save([torch.ones(2)], tmp_path / "list.pt")
    assert "list" in refused(tmp_path / "list.pt")
    torch.save({"lr": 0.1}, tmp_path / "none.pt")
    assert "no tensors" in refused(tmp_path / "none.pt")


@pytest.mark.parametrize(
    ("key", "value", "word"),
    [
        ("weight_hh_l0", torch.zeros(1).expand(12, 4), "fewer values"),
        ("weight_hh_l0", torch.zeros(20).as_strided((12, 4), (1, 2)), "fewer values"),
        ("weight_hh_l0", torch.zeros(100).as_strided((12, 4), (1, 1)), "fewer values"),
        ("weight_ih_l0", torch.zeros(1).expand(12, 10**11), "fewer values"),
        ("weight_hh_l0", torch.zeros(12, 4, device="meta"), "plain tensor"),
        ("weight_hh_l0", torch.zeros(12, 4).to_sparse(), "plain tensor"),
        ("weight_hh_l0", torch.zeros(12, 4, dtype=torch.int64), "int64"),
        ("weight_hh_l0", torch.zeros(12, 4, dtype=torch.complex64), "complex64"),
        ("weight_hh_l0", torch.full((12, 4), float("nan")), "not finite"),
        ("bias_hh_l0", torch.full((12,), float("-inf")), "not finite"),
        ("weight_hh_l0", torch.zeros(0, 0), "no GRU"),
        ("weight_hh_l0", torch.zeros(12), "no GRU"),
        ("weight_hh_l0", torch.zeros(13, 4), "no GRU"),
        ("weight_hh_l0", torch.zeros(8, 4), "no GRU"),
        ("weight_ih_l0", torch.zeros(()), "shape"),
        ("weight_ih_l0", torch.zeros(12, 0), "empty"),
        ("bias_ih_l0", torch.zeros(11), "shape"),
        ("weight_ih_l7", torch.zeros(12, 3), "incomplete"),
        ("weight_ih_l0_reverse", torch.zeros(12, 3), "incomplete"),
        ("weight_ih_l99999999999999999999999999", torch.zeros(12, 3), "incomplete"),
    ],
)
def test_tensors_that_cannot_be_trusted_are_refused(tmp_path, key, value, word):
    torch.save(nn.GRU(3, 4).state_dict() | {key: value}, tmp_path / "m.pt")
    assert word in refused(tmp_path / "m.pt")


def test_many_tensors_over_one_storage_are_refused(tmp_path):
    one = torch.zeros(3 * 64, 64)
    state = {f"weight_{side}_l{layer}": one for layer in range(50) for side in ("ih", "hh")}
    torch.save(state, tmp_path / "m.pt")
    assert "more weights than it holds" in refused(tmp_path / "m.pt")


def test_zip_files_that_swell_are_refused(tmp_path):
    torch.save(nn.GRU(3, 256).state_dict(), tmp_path / "m.pt")
    with zipfile.ZipFile(tmp_path / "m.pt") as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    assert "unpacks to more" in refused(_zip(tmp_path / "packed.pt", content, zipfile.ZIP_DEFLATED))


def test_cut_files_are_refused_wherever_they_are_cut(tmp_path, saved):
    torch.save(Net().state_dict(), tmp_path / "net.pt")
    for whole in (saved[1], tmp_path / "net.pt"):
        data = whole.read_bytes()
        for length in (1, 8, 9, 100, len(data) // 2, len(data) - 1):
            (tmp_path / "cut.bin").write_bytes(data[:length])
            refused(tmp_path / "cut.bin")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"format": "other"}, "damaged"),
        ({"version": "1"}, "damaged"),
        ({"version": 2}, "newer gruviz"),
        ({"vocabulary": ["a", "b"]}, "damaged"),
        ({"vocabulary": ["a"] * 5}, "damaged"),
        ({"vocabulary": 5}, "damaged"),
        ({"columns": None}, "damaged"),
        ({"columns": [1, 2, 3, 4, 5]}, "damaged"),
        ({"mean": [1.0] * 5}, "damaged"),
        ({"mean": [1.0] * 5, "std": [0.0] * 5}, "damaged"),
        ({"mean": [float("nan")] * 5, "std": [1.0] * 5}, "damaged"),
        ({"task": 3}, "damaged"),
    ],
)
def test_a_description_that_does_not_fit_is_refused(saved, changes, word):
    assert word in refused(rewrite(saved[1], **changes))


def test_an_architecture_that_lies_takes_no_memory(saved):
    path = saved[1]
    architecture = described(path)["architecture"]
    for change in ({"hidden": 2**24}, {"layers": 2**24}, {"layers": 1}, {"outputs": 0}, {"bidirectional": True}):
        assert "damaged" in refused(rewrite(path, architecture=architecture | change))
    with pytest.raises(GruvizError, match="hidden"):
        checkpoint.load(rewrite(path, architecture=architecture | {"hidden": -1}))


def test_own_files_are_checked_like_others(saved):
    path = saved[1]
    assert "not finite" in refused(rewrite(path, {"rnn.bias_hh_l0": torch.full((24,), float("nan"))}))
    large = torch.full((24,), 1e300, dtype=torch.float64)
    assert "beyond float32" in refused(rewrite(path, {"rnn.bias_hh_l0": large}))
    assert "damaged" in refused(rewrite(path, {"extra": torch.zeros(2)}))
    safetensors.torch.save_file({"a": torch.zeros(2)}, path, {"gruviz": "[" * 100_000})
    assert "damaged" in refused(path)


UNWRITABLE = r"cannot write|the folder \S+/no does not exist: make it"


def test_places_that_cannot_be_written_are_refused_beforehand(tmp_path, saved):
    model, path = saved
    for target in (tmp_path, tmp_path / "no" / "m.safetensors", path / "m.safetensors"):
        with pytest.raises(GruvizError, match=UNWRITABLE):
            checkpoint.check_writable(target)
        with pytest.raises(GruvizError, match=UNWRITABLE):
            checkpoint.save(target, model, task={}, training={})
    checkpoint.check_writable(tmp_path / "new.safetensors")
    assert not (tmp_path / "new.safetensors").exists()


def test_a_failed_write_leaves_the_old_file(saved):
    model, path = saved
    before = path.read_bytes()
    (path.parent / "model.safetensors.part").mkdir()
    with pytest.raises(GruvizError, match="cannot write"):
        checkpoint.save(path, model, task={}, training={})
    assert path.read_bytes() == before


def _zip(path, content, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path
