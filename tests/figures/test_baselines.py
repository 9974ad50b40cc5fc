"""Figures against pictures that were looked at. GRUVIZ_BASELINES=write makes them anew: look, then commit."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.testing.compare import compare_images

from gruviz.cells import LSTM, RNN
from gruviz.figures import Style, draw, save
from gruviz.recording import Recording

from .made import TEXT
from .test_every_figure import EVERY, OWN, make

HERE = Path(__file__).parent / "baselines"
DPI, TOLERANCE = 50, 1.5
"""Root mean square of the pixels; what `test_they_would_notice` tries is more."""


def _numbers(steps: int, columns: int = 1) -> np.ndarray:
    t = np.arange(steps)[:, None] / 7 + np.arange(columns)
    return (np.sin(t) + t / 9).astype(np.float32)


RECORDINGS: dict[str, Callable[[Path], Recording]] = {
    "text": lambda path: make(path, (TEXT[:120],), units=12)[0],
    "numeric": lambda path: make(path, (_numbers(90),), units=12, columns=("ppm",), rate=12.0)[0],
    "lstm": lambda path: make(path, (TEXT[:120],), units=12, cell=LSTM)[0],
    "rnn": lambda path: make(path, (TEXT[:120],), units=12, cell=RNN)[0],
    "backward": lambda path: make(path, (_numbers(90, 2),), units=12, backward=True, columns=("left", "right"))[0],
    "one-timestep": lambda path: make(path, (TEXT[:1],), units=12)[0],
    "one-unit": lambda path: make(path, (TEXT[:120],), units=1)[0],
    "2000-units": lambda path: make(path, (TEXT[:60],), units=2000)[0],
}
DRAWN = [("text", name) for name in EVERY] + [
    ("numeric", "gates"),
    ("numeric", "composition"),
    ("lstm", "timeline"),
    ("lstm", "cell"),
    ("rnn", "gates"),
    ("rnn", "cell"),
    ("backward", "gates"),
    ("backward", "survival"),
    ("one-timestep", "gates"),
    ("one-timestep", "timescales"),
    ("one-unit", "gates"),
    ("one-unit", "saturation"),
    ("2000-units", "gates"),
    ("2000-units", "timescales"),
]
STYLED = {
    ("lstm", "timeline"): Style("slide", "serif", dark=True, width=170),
    ("lstm", "cell"): Style("double", grey=True),
    ("numeric", "gates"): Style(grey=True, font="serif"),
}


def _drawn(tmp_path: Path, recording: str, name: str) -> Path:
    with RECORDINGS[recording](tmp_path / "run.h5") as run:
        whole = run.tapes["main"].sequences[0].length
        own = {
            key: min(value, whole - 1) if key in ("at", "since") else value for key, value in OWN.get(name, {}).items()
        }
        if own.get("units"):
            own["units"] = (min(own["units"][0], run.layers["rnn.l0"].size - 1),)
        style = STYLED.get((recording, name), Style())
        return save(draw(run, name, style=style, **own), tmp_path / "drawn.png", dpi=max(30, round(DPI / style.zoom)))


@pytest.mark.parametrize(("recording", "name"), DRAWN)
def test_it_looks_as_it_did(tmp_path: Path, recording: str, name: str) -> None:
    baseline = HERE / f"{recording}-{name}.png"
    drawn = _drawn(tmp_path, recording, name)
    if os.environ.get("GRUVIZ_BASELINES") == "write":
        HERE.mkdir(exist_ok=True)
        baseline.write_bytes(drawn.read_bytes())
    difference = compare_images(str(baseline), str(drawn), TOLERANCE)
    assert difference is None, difference


def test_they_would_notice(tmp_path: Path) -> None:
    with RECORDINGS["text"](tmp_path / "run.h5") as run:
        baseline = HERE / "text-gates.png"
        turned = draw(run, "gates", quantities=("reset", "update", "hidden"))
        smaller = draw(run, "gates")
        smaller.texts[1].set_text("")
        upside_down = draw(run, "gates")
        for axes in upside_down.axes:
            for picture in axes.images:
                picture.set_data(np.asarray(picture.get_array())[::-1])
        for page in (turned, smaller, upside_down):
            assert (
                compare_images(str(baseline), str(save(page, tmp_path / "other.png", dpi=DPI)), TOLERANCE) is not None
            )


def test_they_are_small() -> None:
    files = list(HERE.iterdir())
    assert {file.name for file in files} == {f"{recording}-{name}.png" for recording, name in DRAWN}
    assert sum(file.stat().st_size for file in files) < 700_000
