"""Recordings to look at: random gates over real text, made by the writer that gruviz itself records with."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gruviz._assets import asset
from gruviz.cells import CELLS, Cell
from gruviz.recording import Block, Writer


def text(length: int) -> str:
    sonnets = asset("data/sonnets.txt").read_text("utf-8")
    return (sonnets * (length // len(sonnets) + 1))[:length]


def drawn(rng: np.random.Generator, cell: Cell, count: int, units: int, scale: float = 1.0) -> Block:
    """Random values of every quantity, and random states before them."""
    values = {}
    for quantity in cell.quantities:
        drawn = rng.random((count, units), np.float32)
        values[quantity.name] = drawn if quantity.fraction else (2 * drawn - 1) * np.float32(scale)
    if cell.keep is None:
        return Block(values)
    return Block(values, rng.random((count, units), np.float32) * 2 - 1)


def make(
    path: Path,
    lengths: Sequence[int] = (400, 120),
    *,
    units: int = 24,
    cell: str = "gru",
    layers: Sequence[str] = ("rnn.l0",),
    residual: float = 2e-7,
    names: Sequence[str] | None = None,
    values: NDArray[np.float32] | None = None,
    missing: NDArray[np.bool_] | None = None,
    columns: Sequence[str] = (),
    rate: float | None = None,
    scale: float = 1.0,
    seed: int = 0,
    draw: Callable[[np.random.Generator, Cell, int, int, float], Block] = drawn,
) -> Path:
    """Record sequences of these lengths, of text, or of `values` that lie end to end."""
    rng, kind = np.random.default_rng(seed), CELLS[cell]
    words = text(sum(lengths))
    vocabulary = sorted(set(words))
    with Writer(path) as writer:
        if values is None:
            writer.add_tape("main", vocabulary=vocabulary, rate=rate, unit="s" if rate else None)
        else:
            writer.add_tape("main", columns=columns, rate=rate, unit="s" if rate else None)
        for layer in layers:
            direction = "backward" if layer.endswith("_reverse") else "forward"
            writer.add_layer(layer, tape="main", cell=kind, size=units, direction=direction, backend="cpu")
        row = 0
        for index, length in enumerate(lengths):
            zero = {layer: {state: np.zeros(units, np.float32) for state in kind.states} for layer in layers}
            writer.begin("main", names[index] if names else f"sonnet {index + 1}", initial=zero, item=index)
            for start in range(0, length, 8192):
                count = min(8192, length - start)
                here = slice(row, row + count)
                blocks = {layer: draw(rng, kind, count, units, scale) for layer in layers}
                if values is None:
                    tokens = np.array([vocabulary.index(letter) for letter in words[here]], np.int32)
                    writer.append("main", blocks, tokens=tokens)
                else:
                    labels = {} if missing is None else {"missing": missing[here]}
                    writer.append("main", blocks, values=values[here], labels=labels)
                row += count
            writer.end("main", dict.fromkeys(layers, residual))
    return path


def read_by_a_network(path: Path, *, bidirectional: bool = False) -> Path:
    """Record 700 characters, and what an untrained network predicts."""
    from gruviz.model import checkpoint
    from gruviz.model.network import Architecture, build
    from gruviz.model.run import record_sequences
    from gruviz.sequences import Sequence as Fed
    from gruviz.sequences import Vocabulary

    words = text(700)
    vocabulary = Vocabulary.of(words)
    size, model = len(vocabulary), path.with_suffix(".safetensors")
    shape = Architecture(
        "gru", size, 12, layers=1 + bidirectional, outputs=size, embedding=6, bidirectional=bidirectional
    )
    checkpoint.save(model, build(shape, seed=5), vocabulary=vocabulary, task={"name": "char"}, training={})
    record_sequences(checkpoint.load(model), [Fed("sonnets", text=words)], path, device="cpu").close()
    return path


def read_word_by_word(path: Path, layers: Sequence[str] = ("rnn.l0",)) -> Path:
    """Two sequences of 60 words each, as three checkpoints of a network read them."""
    rng, kind = np.random.default_rng(7), CELLS["gru"]
    words = text(4000).split()[:120]
    vocabulary = sorted(set(words))
    with Writer(path) as writer:
        writer.add_tape("main", vocabulary=vocabulary)
        for layer in layers:
            writer.add_layer(layer, tape="main", cell=kind, size=6, backend="cpu")
        for step in (0, 100, 5000):
            for item in range(2):
                zero = {layer: {"hidden": np.zeros(6, np.float32)} for layer in layers}
                writer.begin("main", f"part {item + 1}", initial=zero, item=item, checkpoint=step)
                tokens = [vocabulary.index(word) for word in words[60 * item : 60 * item + 60]]
                blocks = {layer: drawn(rng, kind, 60, 6, 1.0) for layer in layers}
                writer.append("main", blocks, tokens=np.array(tokens, np.int32))
                writer.end("main", dict.fromkeys(layers, 1e-7))
    return path
