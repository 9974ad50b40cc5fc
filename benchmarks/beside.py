"""Three recordings in one window: the cursor goes through all of them as through one."""

import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.apart import apart
from benchmarks.rows import Row

TIMESTEPS, UNITS = 100_000, 512
_BLOCK = 4096


def three_recordings_cursor_p99_ms() -> Row:
    """A GRU, an LSTM and a plain RNN: steps by key and seeks by mouse, until the unit panel has its values."""
    with tempfile.TemporaryDirectory(prefix="gruviz-bench-") as folder:
        paths = [apart("beside", "make", folder, cell)["path"] for cell in ("gru", "lstm", "rnn")]
        found: dict[str, Any] = apart("beside", "moves", *paths)
    detail = (
        f"{TIMESTEPS:,} timesteps of {UNITS} units each; {found['cursor']}; with its first paint {found['first']}; "
        f"of the first of them alone {found['alone']}"
    )
    return Row("three_recordings_cursor_p99_ms", found["p99"], "ms", "<= 16.7", detail)


ROWS: dict[str, Callable[[], Row]] = {three_recordings_cursor_p99_ms.__name__: three_recordings_cursor_p99_ms}


# In a process of their own


def make(folder: str, kind: str) -> dict[str, str]:
    """Record noise of that length in float16."""
    import numpy as np

    from gruviz.cells import CELLS
    from gruviz.recording import Block, Writer

    cell, rng, path = CELLS[kind], np.random.default_rng(0), Path(folder) / f"{kind}.h5"
    noise = rng.random((_BLOCK, UNITS), np.float32)
    zero = {state: np.zeros(UNITS, np.float32) for state in cell.states}
    with Writer(path, dtype="float16") as writer:
        writer.add_tape("main", columns=["x"])
        writer.add_layer("rnn.l0", tape="main", cell=cell, size=UNITS)
        writer.begin("main", "noise", initial={"rnn.l0": zero})
        for start in range(0, TIMESTEPS, _BLOCK):
            length = min(_BLOCK, TIMESTEPS - start)
            drawn = np.roll(noise, 7 * start // _BLOCK, 1)[:length]
            values = {each.name: drawn if each.fraction else 1.8 * drawn - 0.9 for each in cell.quantities}
            block = Block(values) if cell.keep is None else Block(values, np.roll(values[cell.state], 1, 0), 0.0)
            x = np.sin(np.arange(start, start + length, dtype=np.float32) / 500)[:, None]
            writer.append("main", {"rnn.l0": block}, values=x)
        writer.end("main", {"rnn.l0": 0.0})
    return {"path": str(path)}


def moves(*paths: str) -> dict[str, object]:
    """Cursor frames at three widths: of the first recording alone, then of all beside each other."""
    from benchmarks.app import Opened
    from benchmarks.large import warm
    from gruviz.view import focus_on

    opened = Opened(warm(paths[0]))
    rng, hand, window = random.Random(0), opened.hand, opened.window
    notches = (0, 8, 16)  # all, 17,000 and 3,000 timesteps
    opened.select_units(12, 49)
    _, alone = opened.scrub_at(rng, *notches)
    window.open_beside([warm(path) for path in paths[1:]])
    hand.settle()
    assert len(opened.view.panes) == len(paths)
    for number in reversed(range(len(paths))):
        window.state.change(focus_on, number)
        opened.select_units(12, 49)
    cursor, first = opened.scrub_at(rng, *notches)
    opened.close()
    return {"cursor": str(cursor), "p99": cursor.p99, "first": str(first), "alone": str(alone)}
