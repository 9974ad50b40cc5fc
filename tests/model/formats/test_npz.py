"""Arrays of NumPy, by PyTorch's names or by a map of names."""

import json
import zipfile

import numpy as np
import pytest
import torch
from torch import nn

from gruviz.errors import GruvizError
from gruviz.model import checkpoint
from gruviz.model.answers import Answers
from gruviz.model.networks import choices


@pytest.fixture
def net():
    torch.manual_seed(0)
    return nn.ModuleDict({"embed": nn.Embedding(6, 3), "rnn": nn.GRU(3, 4, batch_first=True), "out": nn.Linear(4, 2)})


TOKENS = torch.tensor([[1, 5, 0, 2]])


def outputs(net):
    return net["out"](net["rnn"](net["embed"](TOKENS))[0]).detach()


def arrays(net):
    return {name: tensor.numpy() for name, tensor in net.state_dict().items()}


def refused(path, **answers):
    with pytest.raises(GruvizError) as caught:
        checkpoint.load(path, answers=Answers(**answers))
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_pytorchs_names_need_no_map(tmp_path, net, save):
    save(tmp_path / "m.npz", **arrays(net), steps=np.array(3))
    loaded = checkpoint.load(tmp_path / "m.npz")
    torch.testing.assert_close(loaded.model(TOKENS)[0], outputs(net))
    assert loaded.source == "NumPy archive"
    assert choices(tmp_path / "m.npz")[0].asks == ("update_gate", "reset", "reads")


def test_other_types_and_orders_of_bytes(tmp_path, net):
    np.savez(tmp_path / "m.npz", **{name: array.astype(">f4") for name, array in arrays(net).items()})
    torch.testing.assert_close(checkpoint.load(tmp_path / "m.npz").model(TOKENS)[0], outputs(net))
    np.savez(tmp_path / "m.npz", **{name: np.asfortranarray(array, np.float64) for name, array in arrays(net).items()})
    torch.testing.assert_close(checkpoint.load(tmp_path / "m.npz").model(TOKENS)[0], outputs(net.double()))


NAMES = {
    "E": "rnn.embedding.weight",
    "W": "rnn.weight_ih_l0",
    "U": "rnn.weight_hh_l0",
    "b": "rnn.bias_ih_l0",
    "c": "rnn.bias_hh_l0",
    "V": "rnn.readout.weight",
    "d": "rnn.readout.bias",
    "junk": None,
}


@pytest.fixture
def mapped(tmp_path, net):
    """A file of short names, and its map."""
    order = ["embed.weight", *(f"rnn.{name}" for name, _ in net["rnn"].named_parameters()), "out.weight", "out.bias"]
    own = arrays(net)
    np.savez(tmp_path / "m.npz", **dict(zip(NAMES, (own[name] for name in order), strict=False)), junk=np.ones((9, 9)))
    (tmp_path / "map.json").write_text(json.dumps({"names": NAMES, "vocabularies": {"rnn": list("abcdef")}}))
    return tmp_path / "m.npz"


def test_a_map_says_which_array_is_which(tmp_path, net, mapped):
    loaded = checkpoint.load(mapped, answers=Answers(names=str(tmp_path / "map.json")))
    torch.testing.assert_close(loaded.model(TOKENS)[0], outputs(net))
    assert loaded.vocabulary.symbols == tuple("abcdef")
    assert "map of names" in refused(mapped)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("{", "not JSON"),
        ("[]", "not a map"),
        ('{"nmaes": {}}', "not a map"),
        ('{"names": {"E": 3}}', "not a map"),
        ('{"names": []}', "not a map"),
        ('{"names": {"E": "x", "W": "x"}}', "one name twice"),
        ('{"names": {"nowhere": "x"}}', "no such array"),
        ('{"names": {"E": "U"}}', "two arrays"),
        ('{"vocabularies": {"rnn": [1, 2]}}', "not a map"),
        ('{"translation": {"encoder": "a"}}', "not a map"),
        ('{"shapes": {"E": "wide"}}', "not a map"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_maps_that_make_no_sense_are_refused(tmp_path, mapped, content, word):
    (tmp_path / "map.json").write_text(content)
    message = refused(mapped, names=str(tmp_path / "map.json"))
    assert word in message
    assert "m.npz" in message or "map.json" in message


def test_a_vocabulary_of_another_size_is_refused(tmp_path, mapped):
    (tmp_path / "map.json").write_text(json.dumps({"names": NAMES, "vocabularies": {"rnn": ["a"]}}))
    assert "1 symbols for an embedding of 6" in refused(mapped, names=str(tmp_path / "map.json"))
    assert "cannot read" in refused(mapped, names=str(tmp_path / "nowhere.json"))


def test_arrays_that_cannot_be_trusted_are_refused(tmp_path, net):
    path = tmp_path / "m.npz"
    np.savez(path, **arrays(net) | {"rnn.weight_hh_l0": np.array([print], object)})
    message = refused(path)
    assert "Python objects" in message
    assert "numpy.savez" in message
    np.savez(path, **arrays(net) | {"rnn.weight_hh_l0": np.full((12, 4), np.nan, np.float32)})
    assert "not finite" in refused(path)
    np.savez(path, **arrays(net) | {"rnn.weight_hh_l0": np.zeros((12, 5), np.float32)})
    assert "shape" in refused(path)
    np.savez_compressed(path, **arrays(net), zeros=np.zeros(30_000_000, np.float32))
    assert "unpacks to" in refused(path)
    np.savez(path, **arrays(net))
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"'shape': (12, 4)", b"'shape': (90, 9)"))
    assert "damaged" in refused(path)
    path.write_bytes(whole[: len(whole) // 2])
    assert "cut off" in refused(path)


def test_an_archive_that_declares_more_than_it_holds_takes_no_memory(tmp_path):
    header = b"\x93NUMPY\x01\x00"
    text = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 1000), }"
    text += b" " * (117 - len(text)) + b"\n"
    with zipfile.ZipFile(tmp_path / "m.npz", "w") as archive:
        archive.writestr("weight_hh_l0.npy", header + len(text).to_bytes(2, "little") + text)
    assert "damaged" in refused(tmp_path / "m.npz")
