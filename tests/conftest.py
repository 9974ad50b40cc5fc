"""What holds for the whole suite: nobody's settings are touched, few threads, and a display of its own."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gruviz.equations import Step
    from gruviz.recording import Recording

_KEPT = pytest.StashKey[subprocess.Popen[str]]()
_home = tempfile.TemporaryDirectory(prefix="gruviz-tests-")  # removed when the interpreter leaves

# Before Qt, torch or platformdirs look, and for the programs that tests start as well.
os.environ["HOME"] = _home.name
for _name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
    os.environ[_name] = f"{_home.name}/{_name.lower()}"
os.environ.setdefault("OMP_NUM_THREADS", "1")  # more only wait for each other on a busy machine

_DISPLAY = "Xvfb -displayfd 3 -screen 0 1920x1080x24 -nolisten tcp 3>&1 >/dev/null 2>&1 & read -r _; kill $!"
"""Says its number, and ends with this process: then there is nothing more to read."""


def pytest_configure(config: pytest.Config) -> None:
    """Draw on a display of one's own, each worker on another: windows fight for the keyboard on one."""
    leads = not hasattr(config, "workerinput") and config.getoption("numprocesses", None)
    if leads or sys.platform != "linux":
        return
    if shutil.which("Xvfb") is None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        return
    display = subprocess.Popen(["sh", "-c", _DISPLAY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    config.stash[_KEPT] = display
    assert display.stdout is not None
    number = display.stdout.readline().strip()
    if not number:
        pytest.exit("Xvfb does not start: run the tests with QT_QPA_PLATFORM=offscreen where there is no Xvfb")
    os.environ.update(DISPLAY=f":{number}", QT_QPA_PLATFORM="xcb")


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
