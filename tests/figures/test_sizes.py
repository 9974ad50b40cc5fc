"""How large files become, how much memory a long range takes, and what each page must have."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gruviz.cells import CLASSES, GRU
from gruviz.figures import gates, save
from gruviz.recording import Block, Writer

from .made import image, initial, pixels, previous, small_print


def long(path: Path, steps: int, units: int) -> None:
    """A recording of noise, in which nothing can be compressed."""
    rng = np.random.default_rng(0)
    with Writer(path) as writer:
        writer.add_tape("main")
        writer.add_layer("rnn.l0", tape="main", cell=GRU, size=units)
        writer.begin("main", "noise", initial={"rnn.l0": initial(GRU, units)})
        before = initial(GRU, units)["hidden"]
        for first in range(0, steps, 4096):
            shape = (min(4096, steps - first), units)
            values = {quantity.name: rng.random(shape, np.float32) for quantity in GRU.quantities}
            writer.append("main", {"rnn.l0": Block(values, previous(values["hidden"], before))})
            before = values["hidden"][-1]
        writer.end("main", {"rnn.l0": 1e-7})


@pytest.mark.parametrize(("style", "reduced"), [("single", True), ("poster", False)])
def test_a_heatmap_of_2000_by_512_takes_no_more_than_it_may(tmp_path: Path, style: str, reduced: bool) -> None:
    import gruviz

    long(tmp_path / "run.h5", 2000, 512)
    with gruviz.open(tmp_path / "run.h5") as run:
        page = gates(run, quantities=("update",), style=style)
    assert pixels(page, "update").shape[1] == (1000 if reduced else 2000)
    assert ("1 column = 2 steps (mean)" in small_print(page)) == reduced
    box = image(page, "update").axes.get_position()
    assert pixels(page, "update").shape[1] <= box.width * page.width / 25.4 * 600
    assert pixels(page, "update").shape[0] <= box.height * page.height / 25.4 * 600
    assert save(page, tmp_path / "out.pdf").stat().st_size <= 1.3e6
    svg = save(page, tmp_path / "out.svg").read_bytes()
    pictures = re.findall(rb"base64,[^\"]*", svg)
    assert len(pictures) == 2  # the heatmap and its colour bar
    assert sum(map(len, pictures)) <= 1.4e6  # the rest are the areas of the counts, a corner for each timestep
    assert len(svg) <= 2.0e6 + 2000 * len(CLASSES) * 110


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_long_range_is_drawn_in_little_memory(tmp_path: Path) -> None:
    """131,072 timesteps of 256 units are 134 MB for each quantity, and 537 MB in all."""
    long(tmp_path / "run.h5", 131_072, 256)
    program = """
import sys
import gruviz
from gruviz.figures import draw, save
def peak():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) // 1024 for line in file if line.startswith("VmHWM"))
run = gruviz.open(sys.argv[1])
save(draw(run, "gates", stop=1000), sys.argv[2])
before = peak()
for name in ("gates", "carry", "counts", "survival"):
    save(draw(run, name, start=100, stop=131_000), sys.argv[2])
print(peak() - before)
"""
    words = [sys.executable, "-c", program, str(tmp_path / "run.h5"), str(tmp_path / "out.pdf")]
    told = subprocess.run(words, capture_output=True, text=True, timeout=300, check=True).stdout
    assert int(told) < 150  # megabytes
