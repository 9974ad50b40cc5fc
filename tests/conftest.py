"""What holds for the whole suite: nobody's settings are touched, few threads, and no screen is needed."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gruviz.equations import Step
    from gruviz.recording import Recording

_home = tempfile.TemporaryDirectory(prefix="gruviz-tests-")  # removed when the interpreter leaves

# Before Qt, torch or platformdirs look, and for the programs that tests start as well.
os.environ["HOME"] = _home.name
for _name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
    os.environ[_name] = f"{_home.name}/{_name.lower()}"
os.environ.setdefault("OMP_NUM_THREADS", "1")  # more only wait for each other on a busy machine
if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture
def steps() -> "Callable[..., Iterator[Step]]":
    """What some units of each layer of a recording hold at some timesteps, as the window reads it."""
    import numpy as np

    from gruviz.analysis import parts
    from gruviz.equations import Step

    def some(run: "Recording", seed: int, count: int = 60) -> "Iterator[Step]":
        chance = np.random.default_rng(seed)
        for layer in run.layers.values():
            cell, tape = layer.cell, layer.tape
            for _ in range(count):
                sequence = int(chance.integers(len(tape.sequences)))
                info, unit = tape.sequences[sequence], int(chance.integers(layer.size))
                at = int(chance.integers(info.length))
                row = info.offset + at
                split = parts(run, layer, sequence, at, at + 1, unit)
                yield Step(
                    cell,
                    {name: float(layer[name][row, unit]) for name in cell.names},
                    {name: float(layer.previous(name, sequence, at, at + 1)[0, unit]) for name in cell.states},
                    {name: (float(x[0]), float(h[0])) for name, (x, h) in split.items() if np.isfinite([x, h]).all()},
                    layer.reset,
                )

    return some
