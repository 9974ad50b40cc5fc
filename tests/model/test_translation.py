"""The encoder-decoder of the g2p_en package: its checkpoint alone is read, and the package never imported."""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from gruviz import recording
from gruviz.cli import main
from gruviz.errors import GruvizError
from gruviz.model import checkpoint
from gruviz.model.answers import Answers
from gruviz.model.networks import choices
from gruviz.model.run import record_sequences
from gruviz.sequences import Sequence

PACKAGE = find_spec("g2p_en")
WORDS = {  # what the package's own predict() gives
    "activationist": "AE2 K T IH0 V EY1 SH AH0 N IH0 S T",
    "recurrent": "R IH0 K ER1 AH0 N T",
    "quixotic": "K W IH0 K S AA1 T IH0 K",
    "keeper": "K IY1 P ER0",
    "blorptastic": "B L AO2 R P T AE1 S T IH0 K",
    "overwritten": "OW2 V ER0 R AY1 T AH0 N T",
}
END, START, STOP = 2, 2, 3


@pytest.fixture(scope="module")
def file():
    if PACKAGE is None or PACKAGE.origin is None:
        pytest.skip("needs the file of the g2p_en package: pip install --no-deps g2p_en==2.1.0")
    return Path(PACKAGE.origin).with_name("checkpoint20.npz")


@pytest.fixture(scope="module")
def arrays(file):
    with np.load(file, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def step(x, h, w, part):
    """The package's GRU in its own way: r and z in one block, then n, in float32."""
    from_x, from_h = x @ w[f"{part}_w_ih"].T + w[f"{part}_b_ih"], h @ w[f"{part}_w_hh"].T + w[f"{part}_b_hh"]
    cut = len(from_x) * 2 // 3
    r, z = np.split(1 / (1 + np.exp(-(from_x[:cut] + from_h[:cut]))), 2)
    n = np.tanh(from_x[cut:] + r * from_h[cut:])
    return {"reset": r, "update": z, "candidate": n, "hidden": (1 - z) * n + z * h}


def encode(word, w):
    """Every step of the encoder over a word and its end."""
    h, steps = np.zeros(256, np.float32), []
    for letter in [*(ord(letter) - ord("a") + 3 for letter in word), END]:
        steps.append(step(w["enc_emb"][letter], h, w, "enc"))
        h = steps[-1]["hidden"]
    return steps


def decode(h, w):
    """Every step of the decoder, and what it writes, to its stop or for 20 steps."""
    steps, written, token = [], [], START
    while len(written) < 20 and token != STOP:
        steps.append(step(w["dec_emb"][token], h, w, "dec"))
        h = steps[-1]["hidden"]
        token = int((h @ w["fc_w"].T + w["fc_b"]).argmax())
        written.append(token)
    return steps, written


def check(layer, index, steps):
    for quantity in layer.quantities:
        expected = np.array([values[quantity] for values in steps])
        np.testing.assert_allclose(layer[quantity][layer.slice(index)], expected, rtol=0, atol=1e-5)


def test_states_and_gates_are_those_of_the_packages_own_step(file, arrays):
    run = record_sequences(checkpoint.load(file), [Sequence("words", text=" ".join(WORDS))], None)
    assert {name: layer.tape.name for name, layer in run.layers.items()} == {
        "decoder.l0": "decoder",
        "encoder.l0": "encoder",
    }
    for index, word in enumerate(WORDS):
        read = encode(word, arrays)
        check(run.layers["encoder.l0"], index, read)
        steps, written = decode(read[-1]["hidden"], arrays)
        check(run.layers["decoder.l0"], index, steps)
        rows = run.tapes["decoder"].sequences[index].rows
        np.testing.assert_array_equal(run.tapes["decoder"].output("targets", rows), written)
        np.testing.assert_allclose(run.layers["decoder.l0"].initial(index), read[-1]["hidden"], atol=1e-5)
        logits = np.array([values["hidden"] for values in steps]) @ arrays["fc_w"].T + arrays["fc_b"]
        odds = np.exp(logits - logits.max(1, keepdims=True))
        odds /= odds.sum(1, keepdims=True)
        given = run.tapes["decoder"].output("probability", rows)
        np.testing.assert_allclose(given, odds[np.arange(len(written)), written], atol=1e-4)
    assert all(layer.residual <= 1e-5 for layer in run.layers.values())


def test_six_words_give_the_packages_phonemes(file, tmp_path, capsys):
    (tmp_path / "words.txt").write_text("\n".join(WORDS).upper())
    assert main(["record", str(file), str(tmp_path / "words.txt"), "-o", str(tmp_path / "run.h5")]) == 0
    assert "not proved against reference outputs" in capsys.readouterr().out
    with recording.open(tmp_path / "run.h5") as run:
        encoder, decoder = run.tapes["encoder"], run.tapes["decoder"]
        for read, written, (word, phonemes) in zip(encoder.sequences, decoder.sequences, WORDS.items(), strict=True):
            assert (read.name, read.pass_, read.item) == (written.name, written.pass_, written.item)
            assert encoder.symbols(read.rows) == (*word, "</s>")
            assert decoder.symbols(written.rows) == ("<s>", *phonemes.split())


def test_its_outputs_prove_it(file, arrays, tmp_path):
    word = Sequence("keeper", text="keeper")
    steps, _ = decode(encode("keeper", arrays)[-1]["hidden"], arrays)
    logits = np.array([values["hidden"] for values in steps]) @ arrays["fc_w"].T + arrays["fc_b"]
    run = record_sequences(checkpoint.load(file), [word], None, expect=logits)
    assert run.model["proof"].startswith("proved against reference outputs")
    with pytest.raises(GruvizError, match="differ from the expected"):
        record_sequences(checkpoint.load(file), [word], None, expect=logits + 0.1)
    with pytest.raises(GruvizError, match="rows"):
        record_sequences(checkpoint.load(file), [word], None, expect=logits[1:])


def test_each_half_can_be_loaded_alone(file, capsys):
    encoder = checkpoint.load(file, "encoder")
    assert encoder.translator is None
    assert encoder.model.architecture.inputs == 29
    assert checkpoint.load(file, "decoder").model.architecture.outputs == 74
    listed = choices(file)
    assert [choice.module for choice in listed] == [None, "encoder", "decoder"]
    assert main(["info", str(file), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["decoder"]["outputs"] == 74
    assert facts["parameters"] == sum(array.size for array in np.load(file).values())


def small(tmp_path, **changes):
    """A little encoder-decoder of random weights, and its map."""
    draw = np.random.default_rng(0)
    arrays = {}
    for part, symbols in (("a", 4), ("b", 3)):
        arrays |= {f"{part}.weight_ih_l0": draw.normal(size=(12, 2)), f"{part}.weight_hh_l0": draw.normal(size=(12, 4))}
        arrays[f"{part}.embedding.weight"] = draw.normal(size=(symbols, 2))
    arrays["b.readout.weight"] = draw.normal(size=(3, 4))
    plan = {"encoder": "a", "decoder": "b", "start": "<", "stop": ">", "limit": 6} | changes
    vocabularies = {"a": ["x", "y", "?", "."], "b": ["<", ">", "o"]}
    np.savez(tmp_path / "small.npz", **arrays)
    (tmp_path / "map.json").write_text(json.dumps({"vocabularies": vocabularies, "translation": plan}))
    return checkpoint.load(tmp_path / "small.npz", answers=Answers(names=str(tmp_path / "map.json")))


def test_a_translation_ends_at_its_limit_and_is_what_its_map_says(tmp_path):
    loaded = small(tmp_path, end=".", unknown="?", lower=True)
    assert loaded.translator.encode("XyZ").tolist() == [0, 1, 2, 3]
    assert small(tmp_path).translator.encode("xy").tolist() == [0, 1]
    with pytest.raises(GruvizError, match="'z'"):
        small(tmp_path).translator.encode("xyz")
    with pytest.raises(GruvizError, match="at least one"):
        record_sequences(loaded, [Sequence("empty", text="  ")], None)
    loaded = small(tmp_path, limit=3, stop="<", start=">")
    loaded.translator.decoder.readout.bias.data[0] = -1e3  # so that it never stops by itself
    run = record_sequences(loaded, [Sequence("x", text="x yx")], None)
    assert [sequence.length for sequence in run.tapes["b"].sequences] == [3, 3]
    assert run.layers["a.l0"].dtype == "float64"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"encoder": "c"}, "no recurrent module 'c'"),
        ({"start": "!"}, "in no vocabulary"),
        ({"end": "!"}, "in no vocabulary"),
        ({"limit": 0}, "limit"),
        ({"limit": "6"}, "limit"),
        ({"decoder": "a", "start": "x", "stop": "y"}, "which of its"),
        ({"speed": 3}, "speed"),
    ],
)
def test_a_translation_that_does_not_fit_is_refused(tmp_path, changes, word):
    with pytest.raises(GruvizError, match=word):
        small(tmp_path, **changes)
