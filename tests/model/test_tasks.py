import math
from pathlib import Path

import numpy as np
import pytest
import torch

from gruviz.errors import GruvizError
from gruviz.model import tasks
from gruviz.model.network import Architecture, build
from gruviz.model.tasks.copy import _held_out
from gruviz.sequences import Sequence, Vocabulary, read

DATA = Path(__file__).parents[2] / "assets" / "data"
SYNTHETIC = ("copy", "adding", "flipflop", "anbn")


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


class Oracle(torch.nn.Module):
    """A model that says what it is told to."""

    def __init__(self, answer):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.answer = answer

    def forward(self, x, state=None):
        return self.answer(x), state


def one_hot(tokens, classes):
    return torch.nn.functional.one_hot(tokens, classes).float()


@pytest.mark.parametrize("name", SYNTHETIC)
def test_synthetic_tasks_hang_together(name):
    task = tasks.make(name)
    batch = task.batch(generator())
    model = build(task.architecture("gru", 8, 1), 0)
    loss = task.loss(model(batch.inputs)[0], batch)
    loss.backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in model.parameters())
    result = task.evaluate(model)
    assert any(f"{result.value:{form}}" in result.sentence for form in (".1f", ".3f", ".1%"))
    assert math.isfinite(result.value)
    again = task.batch(generator())
    assert torch.equal(batch.inputs, again.inputs)
    assert torch.equal(batch.targets, again.targets)


@pytest.mark.parametrize("name", SYNTHETIC)
def test_samples_fit_the_model_of_the_task(name):
    task = tasks.make(name)
    model = build(task.architecture("gru", 8, 1), 0)
    sequences = tasks.sample(task.describe(), 3, seed=1)
    assert len(sequences) == 3
    for sequence in sequences:
        if task.vocabulary:
            assert task.vocabulary.encode(sequence.text).tolist() == sequence.tokens.tolist()
            x = torch.from_numpy(sequence.tokens).long()
        else:
            assert sequence.columns == task.columns
            x = torch.from_numpy(sequence.values)
        assert model(x[None])[0].shape[:2] == (1, len(sequence))
    same = tasks.sample({"name": name}, 3, seed=1)
    assert [s.text for s in same] == [s.text for s in sequences]
    assert all(np.array_equal(a.values, b.values) for a, b in zip(same, sequences, strict=True) if a.values is not None)


def test_copy_asks_for_the_symbols_after_the_delimiter():
    task = tasks.make("copy")
    batch = task.examples(4, generator(), held_out=False)
    text, wanted = (task.vocabulary.decode(part[0]) for part in (batch.inputs, batch.targets))
    symbols = text[:6]
    assert text == symbols + "." * 9 + "|" + "." * 6
    assert wanted == "." * 16 + symbols
    assert task.evaluate(Oracle(lambda x: one_hot(torch.roll(x, 16, 1), 10))).value == 1
    assert task.evaluate(Oracle(lambda x: one_hot(torch.zeros_like(x), 10))).value == pytest.approx(1 / 8, abs=0.02)


def test_copy_never_trains_on_what_it_is_judged_by():
    task = tasks.make("copy")
    trained = torch.cat([task.batch(generator(seed)).inputs[:, :6] for seed in range(50)])
    assert not _held_out(trained).any()
    judged = task.examples(512, generator(), held_out=True).inputs[:, :6]
    assert _held_out(judged).all()
    everything = torch.randint(8, (100_000, 6), generator=generator())
    assert float(_held_out(everything).double().mean()) == pytest.approx(0.1, abs=0.01)


def test_adding_sums_the_two_marked_numbers():
    task = tasks.make("adding")
    batch = task.examples(100, generator())
    value, marker = batch.inputs.unbind(2)
    assert (marker[:, :25].sum(1) == 1).all()
    assert (marker[:, 25:].sum(1) == 1).all()
    torch.testing.assert_close((value * marker).sum(1), batch.targets[:, -1, 0])
    assert batch.mask.sum(1).tolist() == [1] * 100
    perfect = task.evaluate(Oracle(lambda x: x.prod(2, keepdim=True).cumsum(1)))
    assert perfect.value < 1e-6
    # Two numbers drawn evenly from 0 to 1: the variance of their sum is 1/6.
    assert perfect.baseline == pytest.approx(math.sqrt(1 / 6), abs=0.02)
    assert perfect.better


def test_flipflop_holds_the_last_pulse():
    batch = tasks.make("flipflop").examples(20, generator())
    held = torch.zeros(20, 3)
    for step in range(100):
        pulse = batch.inputs[:, step]
        held = torch.where(pulse != 0, pulse, held)
        assert torch.equal(batch.targets[:, step], held)
    assert set(batch.inputs.unique().tolist()) == {-1, 0, 1}
    assert tasks.make("flipflop").evaluate(Oracle(lambda x: torch.ones_like(x))).value == pytest.approx(0.5, abs=0.02)


def test_anbn_strings_and_targets():
    task = tasks.make("anbn")
    batch = task.batch(generator())
    decode = task.vocabulary.decode
    for inputs, targets, mask in zip(batch.inputs, batch.targets, batch.mask, strict=True):
        n = int((inputs == 0).sum())
        assert 1 <= n <= 30
        assert decode(inputs).rstrip("$") == "a" * n + "X" + "b" * n
        assert decode(targets[mask]) == "b" * n + "$"


def test_anbn_is_judged_by_how_far_off_the_end_is_said():
    task = tasks.make("anbn")

    def counter(off):
        def answer(x):
            a, b = (x == 0).cumsum(1), (x == 2).cumsum(1)
            return one_hot(torch.where((x != 0) & (b >= a + off), 3, 2), 4)

        return Oracle(answer)

    assert task.evaluate(counter(0)).value == 0
    assert task.evaluate(counter(-3)).value == 3
    assert task.evaluate(counter(5)).value == 5
    assert task.evaluate(Oracle(lambda x: one_hot(torch.full_like(x, 2), 4))).value == 90 - 38
    stops = task.evaluate(Oracle(lambda x: one_hot(torch.where((x == 2).cumsum(1) >= 30, 3, 2), 4)))
    assert stops.value == stops.baseline == 8


def test_char_holds_out_the_last_tenth():
    text = read(DATA / "sonnets.txt").text
    task = tasks.make("char", Sequence("sonnets", text=text))
    assert len(task.held_out) == 9573
    batch = task.batch(generator())
    assert torch.equal(batch.inputs[:, 1:], batch.targets[:, :-1])
    trained = task.vocabulary.decode(task.train)
    assert trained + task.vocabulary.decode(task.held_out) == text
    assert all(task.vocabulary.decode(row) in trained for row in batch.targets)


def test_char_windows_reach_both_ends_of_the_training_text():
    task = tasks.make("char", Sequence("s", text="".join(chr(65 + number) for number in range(300))))
    batches = [task.batch(generator(seed)) for seed in range(200)]
    assert min(int(batch.inputs.min()) for batch in batches) == 0
    assert max(int(batch.targets.max()) for batch in batches) == 269


def test_bits_per_character_and_the_bigram_follow_from_counts():
    text = "ab" * 90 + "ba" * 10
    task = tasks.make("char", Sequence("s", text=text))
    result = task.evaluate(Oracle(lambda x: torch.zeros(*x.shape, 2)))
    assert result.value == pytest.approx(1)
    # Trained on 90 times "ab": b follows a 90 times, a follows b 89 times. Held out: "ba" ten times, after a "b".
    p_same, p_ab, p_ba = 0.1 / 89.2, 90.1 / 90.2, 89.1 / 89.2
    expected = -(math.log2(p_same) + 9 * math.log2(p_ab) + 10 * math.log2(p_ba)) / 20
    assert result.baseline == pytest.approx(expected)
    assert "20 held-out characters" in result.sentence
    assert result.to_json()["metric"] == "bits per character"


def test_series_is_judged_in_the_units_of_the_file():
    values = np.stack([np.arange(100.0), np.tile([5, -5], 50)], 1).astype(np.float32)
    task = tasks.make("series", Sequence("s", values=values, columns=("u", "v")))
    assert task.mean.tolist() == [pytest.approx(44.5), 0]
    assert task.std.tolist() == [pytest.approx(np.arange(90).std()), 5]
    last = task.evaluate(Oracle(lambda x: x))
    assert last.value == pytest.approx(last.baseline)
    assert last.baseline == pytest.approx(math.sqrt((1 + 100) / 2), rel=1e-5)
    scale = torch.from_numpy(task.std)
    ahead = task.evaluate(Oracle(lambda x: torch.stack([x[..., 0] + 1 / scale[0], -x[..., 1]], 2)))
    assert ahead.value < 1e-3
    batch = task.batch(generator())
    assert float(task.loss(batch.inputs, batch)) == pytest.approx(1, rel=0.05)
    assert batch.targets.max() <= (89 - 44.5) / task.std[0] + 1e-5


def test_series_counts_no_filled_values():
    values = np.arange(100, dtype=np.float32)[:, None] % 7
    missing = np.zeros((100, 1), bool)
    missing[[20, 95]] = True
    values[[20, 95]] = 1000
    task = tasks.make("series", Sequence("s", values=values, columns=("u",), missing=missing))
    assert task.evaluate(Oracle(lambda x: x)).value < 7
    task.length = 89
    batch = task.batch(generator())
    assert batch.mask.shape == (32, 89, 1)
    assert float(batch.targets[batch.mask].max()) < float(batch.targets.max())
    missing[90:] = True
    with pytest.raises(GruvizError, match="missing"):
        tasks.make("series", Sequence("s", values=values, columns=("u",), missing=missing))


def test_constant_columns_are_no_trouble():
    task = tasks.make("series", Sequence("s", values=np.ones((60, 1), np.float32), columns=("u",)))
    model = build(task.architecture("gru", 4, 1), 0)
    batch = task.batch(generator())
    assert math.isfinite(task.loss(model(batch.inputs)[0], batch).item())
    assert math.isfinite(task.evaluate(model).value)


def test_what_does_not_fit_is_said():
    text = Sequence("hamlet", text="To be. " * 100)
    table = Sequence("co2", values=np.zeros((99, 1), np.float32), columns=("u",))
    for name, data, word in [
        ("sing", None, "char, series, copy, adding, flipflop, anbn"),
        ("char", None, "--text FILE"),
        ("series", None, "--data FILE"),
        ("char", table, "use the task series"),
        ("series", text, "use the task char"),
        ("copy", text, "leave out hamlet"),
        ("char", Sequence("s", text="short"), "5 characters"),
        ("series", Sequence("s", values=np.zeros((3, 1), np.float32), columns=("u",)), "3 rows"),
    ]:
        with pytest.raises(GruvizError, match=word):
            tasks.make(name, data)
    for description, word in [
        ({}, "no task"),
        ({"name": "char"}, "makes up no sequences"),
        ({"name": "copy", "length": 10**9}, "length"),
        ({"name": "copy", "delay": "10"}, "delay"),
        ({"name": "adding", "wings": 2}, "wings"),
    ]:
        with pytest.raises(GruvizError, match=word):
            tasks.sample(description, 1, 0)
    with pytest.raises(GruvizError, match="one or more"):
        tasks.sample({"name": "copy"}, 0, 0)


def test_architectures_of_every_cell():
    for name in SYNTHETIC:
        for cell in ("gru", "lstm", "rnn"):
            assert isinstance(tasks.make(name).architecture(cell, 8, 2), Architecture)
    assert Vocabulary(("a", "X", "b", "$")) == tasks.make("anbn").vocabulary
