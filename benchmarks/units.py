"""The list of sequences, found by typing: of ten thousand as of a hundred."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.apart import apart
from benchmarks.rows import Row, ratio_of

MANY, FEW = 10_000, 100
"""Sequences."""
PAIRS = 5


def sequences_vs_few() -> Row:
    """From a letter typed into the list until what it finds is painted."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {count: str(Path(folder) / f"{count}.h5") for count in (MANY, FEW)}
        for count, path in paths.items():
            apart("units", "make", path, count)

        def typed(count: int) -> float:
            found: dict[str, Any] = apart("units", "typing", paths[count])
            return float(found["letter"])

        value, many, few = ratio_of(lambda: typed(MANY), lambda: typed(FEW), PAIRS)
    detail = f"{many * 1e3:.1f} ms of {MANY:,} sequences, {few * 1e3:.1f} ms of {FEW}"
    return Row("sequences_vs_few", value, "ratio", "<= 3.0", detail)


ROWS: dict[str, Callable[[], Row]] = {sequences_vs_few.__name__: sequences_vs_few}


# In a process of its own


def make(path: str, count: str) -> dict[str, object]:
    """Record that many short sequences."""
    import numpy as np

    from gruviz.cells import GRU
    from gruviz.recording import Block, Writer

    rng, layer, units, length = np.random.default_rng(0), "rnn.l0", 8, 4
    with Writer(path) as writer:
        writer.add_tape("main", columns=("x",))
        writer.add_layer(layer, tape="main", cell=GRU, size=units, backend="cpu")
        for number in range(int(count)):
            zero = {"hidden": np.zeros(units, np.float32)}
            writer.begin("main", f"sequence {number}", initial={layer: zero}, item=number)
            values = {name: rng.random((length, units), np.float32) for name in GRU.names}
            raw = rng.normal(size=(length, units)).astype(np.float32)
            writer.append("main", {layer: Block(values, raw)}, values=np.zeros((length, 1), np.float32))
            writer.end("main", {layer: 0.0})
    return {}


def typing(path: str) -> dict[str, object]:
    """Open the list, type letters and take them back; the median seconds of each."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from benchmarks.app import Opened

    opened = Opened(path)
    chooser = opened.window.toolbar.sequence
    chooser.click()
    opened.hand.settle()
    field, took = chooser.popup.search, []
    for letter in "sequence 77":
        began = time.perf_counter()
        QTest.keyClick(field, letter)
        opened.app.processEvents()
        took.append(time.perf_counter() - began)
    for _ in "sequence 77":
        began = time.perf_counter()
        QTest.keyClick(field, Qt.Key.Key_Backspace)
        opened.app.processEvents()
        took.append(time.perf_counter() - began)
    chooser.popup.hide()
    opened.close()
    return {"letter": statistics.median(took)}
