"""What torch.save and torch.export write, and what in it is refused."""

import argparse
import json
import warnings
import zipfile

import pytest
import torch
from torch import nn

from gruviz.errors import GruvizError
from gruviz.model import checkpoint


class Net(nn.Module):
    """Tokens through an embedding that the read-out shares, from a learned state."""

    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(10, 8)
        self.gru = nn.GRU(8, 4, 2, batch_first=True, bidirectional=True)
        self.h0 = nn.Parameter(torch.randn(4, 1, 4))
        self.fc = nn.Linear(8, 10)
        self.emb.weight = nn.Parameter(torch.randn(8, 10).t())  # not as it lies in memory
        self.fc.weight = self.emb.weight
        self.register_buffer("steps", torch.tensor(3))

    def forward(self, tokens):
        return self.fc(self.gru(self.emb(tokens), self.h0.expand(-1, len(tokens), -1).contiguous())[0])


class Stranger:
    """An object whose pickle calls print."""

    def __reduce__(self):
        return print, ("this must not be printed",)


def refused(path):
    with pytest.raises(GruvizError) as caught:
        checkpoint.load(path)
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return message


TOKENS = torch.tensor([[1, 9, 4, 0, 4]])


def lightning(state, **more):
    return {"epoch": 1, "global_step": 9, "pytorch-lightning_version": "2.5.0", "state_dict": state, **more}


@pytest.mark.parametrize(
    "beside",
    [
        {"hyper_parameters": {"lr": 0.1, "path": None}},
        {"hyper_parameters": argparse.Namespace(lr=0.1, net=nn.GRU(2, 2))},
        {"callbacks": {"ModelCheckpoint": Stranger()}, "hyper_parameters": Stranger()},
    ],
)
def test_lightning_checkpoints_load_whatever_else_is_in_them(tmp_path, beside, capsys):
    net = Net()
    state = {f"model.{key}": value for key, value in net.state_dict().items()}
    torch.save(lightning(state, **beside), tmp_path / "epoch=1.ckpt")
    loaded = checkpoint.load(tmp_path / "epoch=1.ckpt")
    torch.testing.assert_close(loaded.model(TOKENS)[0], net(TOKENS).detach())
    assert loaded.source == "Lightning checkpoint"
    assert loaded.model.path == "gru"
    assert "must not" not in capsys.readouterr().out


def test_what_is_pickled_in_a_state_dict_is_refused_and_not_run(tmp_path, capsys):
    for name, content in {
        "in.ckpt": lightning({**nn.GRU(2, 3).state_dict(), "extra": Stranger()}),
        "module.pt": nn.GRU(2, 3),
        "nested.pt": {"model": nn.GRU(2, 3)},
    }.items():
        torch.save(content, tmp_path / name)
        message = refused(tmp_path / name)
        assert "save" in message
    assert "must not" not in capsys.readouterr().out


def test_quantised_networks_are_refused(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that this way of it is an older one
        net = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.LSTM(3, 4)), {nn.LSTM}, dtype=torch.qint8)
        torch.save(net.state_dict(), tmp_path / "q.pt")
        torch.save(
            nn.GRU(3, 4).state_dict()
            | {"weight_hh_l0": torch.quantize_per_tensor(torch.zeros(12, 4), 0.1, 0, torch.qint8)},
            tmp_path / "tensor.pt",
        )
    for name in ("q.pt", "tensor.pt"):
        message = refused(tmp_path / name)
        assert "quantised" in message
        assert "save" in message


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    torch.manual_seed(0)
    net, path = Net().eval(), tmp_path_factory.mktemp("pt2") / "net.pt2"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of attributes that the export itself assigns
        torch.export.save(torch.export.export(net, (TOKENS,)), path)
    return net, path


def test_an_exported_program_gives_its_weights_and_is_not_run(exported):
    net, path = exported
    loaded = checkpoint.load(path)
    torch.testing.assert_close(loaded.model(TOKENS)[0], net(TOKENS).detach())
    assert loaded.source == ".pt2 archive"
    assert loaded.model.path == "gru"
    assert loaded.model.architecture.initial


def changed(path, target, change):
    """The archive with another description of its weights."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    name = next(name for name in content if name.endswith("model_weights_config.json"))
    config = json.loads(content[name])
    change(config["config"])
    content[name] = json.dumps(config).encode()
    with zipfile.ZipFile(target, "w") as archive:
        for entry, data in content.items():
            archive.writestr(entry, data)
    return target


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda c: c["gru.weight_hh_l0"]["tensor_meta"]["sizes"][0].update(as_int=10**12), "damaged"),
        (lambda c: c["gru.weight_hh_l0"]["tensor_meta"]["sizes"][0].update(as_int=13), "damaged"),
        (lambda c: c["gru.weight_hh_l0"]["tensor_meta"]["sizes"][0].update(as_int=-1), "damaged"),
        (lambda c: c["gru.weight_hh_l0"]["tensor_meta"]["sizes"][0].update(as_int="12"), "damaged"),
        (lambda c: c["gru.weight_hh_l0"]["tensor_meta"]["strides"][0].update(as_int=0), "fewer values"),
        (lambda c: c["gru.weight_hh_l0"]["tensor_meta"]["storage_offset"].update(as_int=5), "damaged"),
        (lambda c: c["gru.weight_hh_l0"].update(path_name="../../etc/passwd"), "damaged"),
        (lambda c: c["gru.weight_hh_l0"].update(use_pickle=True), "no GRU"),
        (lambda c: c.update({"gru.weight_hh_l0": None}), "damaged"),
        (lambda c: c.pop("gru.weight_hh_l1"), "incomplete"),
    ],
)
def test_archives_that_lie_are_refused(exported, tmp_path, change, word):
    assert word in refused(changed(exported[1], tmp_path / "lies.pt2", change))


def test_archives_of_other_kinds_say_what_to_save(exported, tmp_path):
    with zipfile.ZipFile(tmp_path / "old.pt2", "w") as archive:
        archive.writestr("serialized_exported_program.json", "{}")
        archive.writestr("version", "1")
    assert "before PyTorch 2.8" in refused(tmp_path / "old.pt2")
    with (
        zipfile.ZipFile(exported[1]) as whole,
        zipfile.ZipFile(tmp_path / "packed.pt2", "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name in whole.namelist():
            archive.writestr(name, whole.read(name))
    assert "unpacks to more" in refused(tmp_path / "packed.pt2")
    data = exported[1].read_bytes()
    (tmp_path / "cut.pt2").write_bytes(data[: len(data) // 2])
    assert "cut off" in refused(tmp_path / "cut.pt2")
