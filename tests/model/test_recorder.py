"""Gates and states out of `gruviz.record` against an explicit float64 network that takes one step after the other."""

import itertools
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

import gruviz
from gruviz.errors import GruvizError

from .stepwise import unroll

KINDS = {"gru": nn.GRU, "lstm": nn.LSTM, "rnn": nn.RNN}
LENGTHS = [5, 11, 1, 8]
B, T, X, H = 4, 11, 3, 7


class Tagger(nn.Module):
    """A module as people write them: tokens in, something in between, a recurrent network deep inside."""

    def __init__(self, kind="gru", **options):
        super().__init__()
        self.embed = nn.Embedding(10, X)
        self.encoder = nn.ModuleDict({"rnn": KINDS[kind](X, H, **options)})
        self.head = nn.LazyLinear(2)

    def forward(self, tokens, state=None):
        hidden, _ = self.encoder["rnn"](self.embed(tokens), state)
        return self.head(hidden)


def made(kind="gru", seed=0, **options):
    torch.manual_seed(seed)
    return KINDS[kind](X, H, **options).eval()


def states(kind, module, batch=B, zero=False):
    shape = (module.num_layers * (2 if module.bidirectional else 1), batch, module.hidden_size)
    h, c = (torch.zeros(shape), torch.zeros(shape)) if zero else (torch.randn(shape), torch.randn(shape))
    return {"hidden": h, "cell": c} if kind == "lstm" else {"hidden": h}


def as_hx(kind, initial):
    return (initial["hidden"], initial["cell"]) if kind == "lstm" else initial["hidden"]


def worst_difference(run, kind, module, x, initial, lengths, path=""):
    """The largest difference in any quantity of any layer, over all sequences of x (B, T, X)."""
    worst = 0.0
    for item, length in enumerate(lengths):
        expected = unroll(
            kind,
            module,
            x[item, :length].double().numpy(),
            {name: state[:, item].double().numpy() for name, state in initial.items()},
        )
        for (number, backward), quantities in expected.items():
            layer = run.layers[f"{path}l{number}{'_reverse' if backward else ''}"]
            rows = layer.slice(item)
            assert rows.stop - rows.start == length
            for name, values in quantities.items():
                worst = max(worst, float(np.abs(layer[name][rows] - values).max()))
    return worst


@pytest.mark.parametrize(
    ("kind", "layers", "bidirectional", "bias"),
    [
        *itertools.product(["gru"], [1, 3], [False, True], [False, True]),
        ("lstm", 2, True, True),
        ("lstm", 1, False, False),
        ("rnn", 2, True, True),
    ],
)
@pytest.mark.parametrize("how", ["padded", "packed", "time first", "one by one"])
def test_every_quantity_equals_the_stepwise_network(kind, layers, bidirectional, bias, how, tmp_path):
    module = made(kind, num_layers=layers, bidirectional=bidirectional, bias=bias, batch_first=how != "time first")
    x, initial = torch.randn(B, T, X), states(kind, module)
    hx = as_hx(kind, initial)
    lengths = [T] * B
    if how == "packed":
        lengths = LENGTHS
        packed = pack_padded_sequence(x, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
        run = gruviz.record(module, packed, hx, path=tmp_path / "run.h5")
    elif how == "one by one":
        lengths = LENGTHS
        with gruviz.Recorder(module, tmp_path / "run.h5") as recorder, torch.no_grad():
            for item, length in enumerate(lengths):
                mine = as_hx(kind, {name: state[:, item : item + 1].contiguous() for name, state in initial.items()})
                module(x[item : item + 1, :length], hx=mine)
        run = recorder.recording
    else:
        run = gruviz.record(module, x if how == "padded" else x.transpose(0, 1), hx, path=tmp_path / "run.h5")

    assert worst_difference(run, kind, module, x, initial, lengths) < 1e-5
    assert len(run.layers) == layers * (2 if bidirectional else 1)
    for layer in run.layers.values():
        assert layer.residual < 1e-5
        assert layer.trusted
        assert [sequence.length for sequence in layer.tape.sequences] == lengths
    with run:
        values = run.tapes["main"].values(run.tapes["main"].sequences[1].rows)
        np.testing.assert_array_equal(values, x[1, : lengths[1]].numpy())


def test_the_models_output_is_its_own_to_the_bit(tmp_path):
    for kind, dropout in itertools.product(KINDS, [0.0, 0.5]):
        module = made(kind, num_layers=3, bidirectional=True, dropout=dropout, batch_first=True).train(dropout > 0)
        x, hx = torch.randn(B, T, X), as_hx(kind, states(kind, module))
        torch.manual_seed(1)
        expected, _ = module(x, hx)
        torch.manual_seed(1)
        run = gruviz.record(module, x, hx)
        assert torch.equal(run.output[0], expected)
        assert max(layer.residual for layer in run.layers.values()) < 1e-5


def test_given_lengths_cut_the_padding_off_and_keep_what_flowed(tmp_path):
    """Without packing, a backward layer reads the padding first: the sequence starts from what that left."""
    module = made("gru", bidirectional=True, batch_first=True)
    x, initial = torch.randn(B, T, X), states("gru", made("gru", bidirectional=True))
    run = gruviz.record(module, x, initial["hidden"], lengths=LENGTHS, names=list("abcd"))
    assert [s.length for s in run.tapes["main"].sequences] == LENGTHS
    assert [s.name for s in run.tapes["main"].sequences] == list("abcd")
    for item, length in enumerate(LENGTHS):
        expected = unroll(
            "gru", module, x[item].double().numpy(), {"hidden": initial["hidden"][:, item].double().numpy()}
        )
        for (_, backward), quantities in expected.items():
            layer = run.layers["l0_reverse" if backward else "l0"]
            for name, values in quantities.items():
                np.testing.assert_allclose(layer[name][layer.slice(item)], values[:length], atol=1e-5)
            h = layer["hidden"][layer.slice(item)]
            keep, candidate = (layer[name][layer.slice(item)] for name in ("update", "candidate"))
            previous = layer.previous("hidden", item, 0, length)
            np.testing.assert_allclose(keep * previous + (1 - keep) * candidate, h, atol=1e-5)


def test_an_lstm_that_reads_padding_backward_starts_from_the_cell_state_that_this_left():
    module = made("lstm", bidirectional=True, batch_first=True)
    run = gruviz.record(module, torch.randn(B, T, X), lengths=LENGTHS)
    layer = run.layers["l0_reverse"]
    for item, length in enumerate(LENGTHS):
        rows = layer.slice(item)
        previous = layer.previous("cell", item, 0, length)
        rebuilt = layer["forget"][rows] * previous + layer["input"][rows] * layer["candidate"][rows]
        np.testing.assert_allclose(layer["cell"][rows], rebuilt, atol=1e-5)


def test_long_sequences_are_replayed_in_pieces_without_a_seam():
    module = made("gru", bidirectional=True, batch_first=True)
    x = torch.randn(1, 20_000, X)
    run = gruviz.record(module, x)
    expected = unroll("gru", module, x[0].double().numpy(), {"hidden": np.zeros((2, H))})
    for (_, backward), quantities in expected.items():
        layer = run.layers["l0_reverse" if backward else "l0"]
        for name, values in quantities.items():
            np.testing.assert_allclose(layer[name][:], values, atol=1e-5)


def test_layers_inside_a_module_are_named_after_their_path_and_tokens_are_kept(tmp_path):
    model = Tagger(num_layers=2, batch_first=True).eval()
    tokens = torch.randint(0, 10, (B, T))
    model(tokens)  # the lazy layer
    before = model.encoder["rnn"].forward.__func__
    run = gruviz.record(model, tokens, path=tmp_path / "run.h5", vocabulary="abcdefghij")
    assert list(run.layers) == ["encoder.rnn.l0", "encoder.rnn.l1"]
    assert torch.equal(run.output, model(tokens))
    tape = run.tapes["main"]
    np.testing.assert_array_equal(tape.tokens(tape.sequences[2].rows), tokens[2])
    assert "".join(tape.symbols(tape.sequences[2].rows)) == "".join("abcdefghij"[t] for t in tokens[2])
    assert set(run.weights()) == {f"encoder.rnn.{name}" for name, _ in model.encoder["rnn"].named_parameters()}
    assert "forward" not in vars(model), "the model is left as it was found"
    assert model.encoder["rnn"].forward.__func__ is before


def test_direct_calls_of_forward_are_seen_and_packed_batches_keep_their_order():
    module = made("gru", batch_first=True)
    x = torch.randn(B, T, X)
    packed = pack_padded_sequence(x, torch.tensor(LENGTHS), batch_first=True, enforce_sorted=False)
    with gruviz.Recorder(module) as recorder, torch.no_grad():
        module.forward(packed)
        module.forward(x)
    sequences = recorder.recording.tapes["main"].sequences
    assert [(s.pass_, s.item) for s in sequences] == [(n, item) for n in (0, 1) for item in range(B)]
    assert [s.length for s in sequences] == [*LENGTHS, *[T] * B]


def test_a_call_that_goes_on_where_the_one_before_ended_continues_its_sequence():
    class Stepper(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = made("gru", num_layers=2, batch_first=True)

        def forward(self, x):
            state, outputs = None, []
            for t in range(x.shape[1]):
                output, state = self.rnn(x[:, t : t + 1], state)
                outputs.append(output)
            return torch.cat(outputs, 1)

    model = Stepper()
    x = torch.randn(B, T, X)
    run = gruviz.record(model, x)
    assert [s.length for s in run.tapes["main"].sequences] == [T] * B
    initial = states("gru", model.rnn, zero=True)
    assert worst_difference(run, "gru", model.rnn, x, initial, [T] * B, "rnn.") < 1e-5


def test_an_encoder_and_a_decoder_lie_on_tapes_of_their_own():
    class Translator(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder, self.decoder = made("gru", batch_first=True), made("gru", seed=1, batch_first=True)

        def forward(self, source, target):
            _, state = self.encoder(source)
            return self.decoder(target, state)[0]

    run = gruviz.record(Translator(), torch.randn(B, T, X), torch.randn(B, 4, X))
    assert set(run.tapes) == {"encoder", "decoder"}
    assert run.layers["decoder.l0"].tape.name == "decoder"
    np.testing.assert_array_equal(
        run.layers["decoder.l0"].initial(2), run.layers["encoder.l0"]["hidden"][run.layers["encoder.l0"].slice(2)][-1]
    )
    assert [(s.pass_, s.item) for s in run.tapes["decoder"].sequences] == [(0, item) for item in range(B)]


def test_a_recorder_in_a_training_loop_records_every_nth_pass_and_lets_gradients_through(tmp_path):
    model = Tagger(num_layers=2, batch_first=True, dropout=0.1)
    tokens = torch.randint(0, 10, (B, T))
    model(tokens)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with gruviz.Recorder(model, tmp_path / "run.h5", every=3) as recorder:
        for _ in range(7):
            optimizer.zero_grad()
            model(tokens).square().mean().backward()
            assert model.encoder["rnn"].weight_hh_l0.grad.abs().sum() > 0
            optimizer.step()
            model.eval()
            model(tokens)
            model.train()
    run = recorder.recording
    assert sorted({s.checkpoint for s in run.tapes["main"].sequences}) == [3, 6]
    assert len(run.tapes["main"].sequences) == 2 * B
    assert list(run.checkpoints) == [3, 6]
    assert run.checkpoints[3]["sha256"] != run.checkpoints[6]["sha256"]
    assert max(layer.residual for layer in run.layers.values()) < 1e-5


def test_what_the_caller_does_to_the_output_in_place_does_not_reach_the_recording():
    class Masking(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = made("gru", batch_first=True)

        def forward(self, x):
            hidden, _ = self.rnn(x)
            x.zero_()
            return hidden.mul_(0)

    model, x = Masking(), torch.randn(1, T, X)
    kept = x.clone()
    run = gruviz.record(model, x)
    expected, _ = model.rnn(kept)
    np.testing.assert_array_equal(run.layers["rnn.l0"]["hidden"][:], expected[0].detach().numpy())
    assert run.layers["rnn.l0"].residual < 1e-5


def test_half_precision_has_residuals_of_its_kind():
    for dtype, most in ((torch.bfloat16, 3e-2), (torch.float64, 1e-5)):
        module = made("gru", batch_first=True).to(dtype)
        layer = gruviz.record(module, torch.randn(B, T, X, dtype=dtype)).layers["l0"]
        assert layer.dtype == str(dtype).removeprefix("torch.")
        assert 0 < layer.residual <= most
        assert layer.trusted


@pytest.mark.parametrize("mistake", ["r and z swapped", "initial state dropped", "backward not turned round"])
def test_the_comparison_would_notice(mistake, monkeypatch):
    """The tests above can fail: three mistakes, put in on purpose."""
    from gruviz.model import _call, replay

    module = made("gru", num_layers=1, bidirectional=True, batch_first=True)
    x, initial = torch.randn(B, T, X), states("gru", module)
    if mistake == "r and z swapped":
        original = replay.replay_gru

        def swapped(*args):
            found = original(*args)
            found.values["reset"], found.values["update"] = found.values["update"], found.values["reset"]
            return found

        monkeypatch.setattr(_call, "replay_gru", swapped)
    else:
        original = _call.LayerRun.previous

        def previous(run, lengths, start, stop):
            if mistake == "initial state dropped":
                run.initial["hidden"] = torch.zeros_like(run.initial["hidden"])
            else:
                run.backward = False
            return original(run, lengths, start, stop)

        monkeypatch.setattr(_call.LayerRun, "previous", previous)
    run = gruviz.record(module, x, initial["hidden"])
    assert worst_difference(run, "gru", module, x, initial, [T] * B) > 1e-2
    if mistake != "r and z swapped":
        assert not all(layer.trusted for layer in run.layers.values()), "the residual notices it by itself"


def test_errors_say_what_to_do(tmp_path):
    with pytest.raises(GruvizError, match=r"holds no nn.GRU, nn.LSTM or nn.RNN"):
        gruviz.record(nn.Linear(2, 2), torch.zeros(1, 2))
    with pytest.raises(GruvizError, match="does not exist"):
        gruviz.record(made(), torch.randn(T, X), path=tmp_path / "no" / "run.h5")
    with pytest.raises(GruvizError, match="every=0"):
        gruviz.Recorder(made(), every=0)

    class Idle(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = made()

        def forward(self, x):
            return x

    with pytest.raises(GruvizError, match="ran no recurrent layer"):
        gruviz.record(Idle(), torch.zeros(1), path=tmp_path / "run.h5")
    assert list(Path(tmp_path).iterdir()) == []


def test_an_exception_in_the_users_loop_keeps_what_was_recorded(tmp_path):
    module = made("gru", batch_first=True)

    def loop():
        with gruviz.Recorder(module, tmp_path / "run.h5"):
            module(torch.randn(1, T, X))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        loop()
    assert "gruviz kept what was recorded" in caught.value.__notes__[0]
    with gruviz.open(tmp_path / "run.h5") as run:
        assert not run.complete
        assert len(run.tapes["main"]) == T
    assert "forward" not in vars(module)


def test_what_is_not_a_number_proves_nothing():
    module = made("gru", batch_first=True)
    x = torch.randn(2, T, X)
    x[1, 4] = torch.nan
    layer = gruviz.record(module, x).layers["l0"]
    assert layer.residuals[0] < 1e-5
    assert layer.residual == np.inf
    assert not layer.trusted


def test_a_slash_in_the_name_of_a_module_is_no_group(tmp_path):
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = nn.ModuleDict({"enc/a": made("gru", batch_first=True)})

        def forward(self, x):
            return self.parts["enc/a"](x)

    run = gruviz.record(Odd().eval(), torch.randn(1, T, X), path=tmp_path / "run.h5")
    assert list(run.layers) == ["parts.enc_a.l0"]
    assert "parts.enc_a.weight_hh_l0" in run.weights()


@pytest.mark.parametrize("lengths", [[6, 2], [12, 1, 1, 1], [0, 1, 1, 1], [-1, 2, 3, 3], [1.5, 2, 3, 3], 3, [[1]]])
def test_lengths_that_cannot_be_are_refused(lengths):
    with pytest.raises(GruvizError, match="give one whole number"):
        gruviz.record(made("gru", batch_first=True), torch.randn(B, T, X), lengths=lengths)


def test_other_peoples_files_are_not_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(GruvizError, match="is no recording: it is not replaced"):
        gruviz.record(made(), torch.randn(T, X), path=tmp_path / "thesis.txt")
    assert (tmp_path / "thesis.txt").read_text() == "precious"


def test_plain_h5py_reads_a_recording_that_is_open_in_the_same_process(tmp_path):
    run = gruviz.record(made(), torch.randn(T, X), path=tmp_path / "run.h5")
    with h5py.File(tmp_path / "run.h5") as file:
        np.testing.assert_array_equal(file["layers/l0/update"][:], run.layers["l0"]["update"][:])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu_gates_equal_the_stepwise_network():
    module = made("gru", num_layers=3, bidirectional=True, batch_first=True).cuda()
    x, initial = torch.randn(B, T, X), states("gru", module)
    with torch.backends.cudnn.flags(allow_tf32=False):
        run = gruviz.record(module, x.cuda(), initial["hidden"].cuda())
    assert worst_difference(run, "gru", module.cpu(), x, initial, [T] * B) < 1e-5
    assert all(layer.trusted for layer in run.layers.values())


def test_what_the_recording_alone_would_say_is_warned_of():
    with pytest.warns(UserWarning, match="do not trust these gates"):
        gruviz.record(nn.GRU(3, 4), torch.full((5, 1, 3), float("nan"))).close()
    with pytest.warns(UserWarning, match="nothing was recorded"), gruviz.Recorder(nn.GRU(3, 4), every=100) as recorder:
        recorder.model(torch.randn(5, 1, 3))


def test_a_scripted_part_is_said_to_be_left_out():
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.GRU(3, 4)
            self.b = torch.jit.script(nn.Linear(4, 2))

        def forward(self, x):
            return self.b(self.a(x)[0])

    with pytest.warns(UserWarning, match="b is TorchScript"):
        gruviz.record(Two(), torch.randn(5, 1, 3)).close()


def test_layers_stand_in_the_order_in_which_they_ran(tmp_path):
    class Backwards(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.z = nn.GRU(3, 4), nn.GRU(2, 3)

        def forward(self, x):
            return self.a(self.z(x)[0])[0]

    with gruviz.record(Backwards(), torch.randn(5, 1, 2), path=tmp_path / "run.h5") as run:
        assert list(run.layers) == ["z.l0", "a.l0"]
