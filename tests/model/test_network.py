import json

import numpy as np
import pytest
import torch

from gruviz.errors import GruvizError
from gruviz.model import device
from gruviz.model.network import Architecture, SequenceModel, build


@pytest.mark.parametrize("cell", ["gru", "lstm", "rnn"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_shapes(cell, bidirectional):
    architecture = Architecture(cell, 7, 4, layers=2, outputs=5, embedding=3, bidirectional=bidirectional, bias=False)
    outputs, state = build(architecture, 0)(torch.randint(7, (2, 6)))
    assert outputs.shape == (2, 6, 5)
    states = state if cell == "lstm" else (state,)
    assert all(part.shape == (4 if bidirectional else 2, 2, 4) for part in states)


def test_numbers_go_in_as_they_are_and_hidden_states_come_out():
    model = build(Architecture("gru", 3, 4), 0)
    x = torch.randn(2, 6, 3)
    outputs, _ = model(x)
    assert torch.equal(outputs, model.rnn(x)[0])
    assert model.embedding is None
    assert model.readout is None


def test_a_state_continues_a_sequence():
    model = build(Architecture("gru", 7, 4, outputs=7, embedding=3), 0)
    x = torch.randint(7, (2, 9))
    whole, _ = model(x)
    first, state = model(x[:, :5])
    second, _ = model(x[:, 5:], state)
    np.testing.assert_allclose(torch.cat([first, second], 1).detach(), whole.detach(), atol=1e-6)


def test_skip_adds_the_inputs():
    model = build(Architecture("gru", 2, 4, outputs=2, skip=True), 0)
    x = torch.randn(1, 5, 2)
    torch.testing.assert_close(model(x)[0], x + model.readout(model.rnn(x)[0]))


def test_weights_follow_from_the_seed_and_leave_the_global_state_alone():
    architecture = Architecture("gru", 7, 4, outputs=7, embedding=3)
    before = torch.get_rng_state()
    one, two, other = (build(architecture, seed).state_dict() for seed in (5, 5, 6))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_architecture_survives_json():
    architecture = Architecture("lstm", 7, 4, 2, 7, 3, bidirectional=True, bias=False)
    assert Architecture.from_json(json.loads(json.dumps(architecture.to_json()))) == architecture


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"cell": "gruu"}, "gruu"),
        ({"cell": ["gru"]}, "gru"),
        ({"hidden": 0}, "hidden"),
        ({"hidden": True}, "hidden"),
        ({"hidden": 2.5}, "hidden"),
        ({"layers": 10**9}, "layers"),
        ({"outputs": -1}, "outputs"),
        ({"embedding": 0}, "embedding"),
        ({"bias": 1}, "bias"),
        ({"dropout": 1.0}, "dropout"),
        ({"skip": True}, "inputs"),
        ({"wings": 2}, "architecture"),
    ],
)
def test_architectures_that_make_no_sense_are_refused(change, word):
    good = Architecture("gru", 7, 4, outputs=5, embedding=3).to_json()
    with pytest.raises(GruvizError, match=word):
        Architecture.from_json(good | change)
    for data in (None, [], {}, "gru"):
        with pytest.raises(GruvizError, match="architecture"):
            Architecture.from_json(data)


def test_devices():
    assert device.pick("cpu") == torch.device("cpu")
    assert device.pick("auto").type in ("cpu", "cuda", "mps")
    assert device.describe(torch.device("cpu")) == f"cpu, {torch.get_num_threads()} thread" + "s" * (
        torch.get_num_threads() != 1
    )
    with pytest.raises(GruvizError, match="auto, cpu, cuda, mps"):
        device.pick("gpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(GruvizError, match=r"only .*cpu"):
        device.pick("cuda")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_is_described_by_name():
    chosen = device.pick("cuda")
    assert torch.cuda.get_device_name() in device.describe(chosen)
    model = SequenceModel(Architecture("gru", 3, 4)).to(chosen)
    assert model(torch.randn(1, 5, 3, device=chosen))[0].device.type == "cuda"
