"""The gallery in the README is what the tool makes of it: its pictures are the figures of today, its table theirs."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from matplotlib.testing.compare import calculate_rms
from PIL import Image

from gruviz.figures import FIGURES, redraw, save

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gallery", ROOT / "tools" / "gallery.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tool = _tool()


def test_every_figure_of_a_recording_is_in_it() -> None:
    assert set(tool.SHOWN) == set(FIGURES) - {"training"}  # of which the demo has none


@pytest.mark.parametrize("name", [*tool.SHOWN, *tool.STYLED])
def test_a_picture_is_the_figure_of_today(tmp_path: Path, name: str) -> None:
    path = tool.picture(name)
    found = redraw(path)
    again = save(found.page, tmp_path / "again.png", dpi=found.dpi)
    old, new = (np.asarray(Image.open(each).convert("RGB")).astype(np.int16) for each in (path, again))
    assert calculate_rms(old, new) < 2, "make gallery"


@pytest.mark.skipif(tool.BEGIN not in README, reason="the README has no gallery")
def test_the_table_is_the_tools() -> None:
    between = README[README.index(tool.BEGIN) + len(tool.BEGIN) : README.index(tool.END)]
    assert between.strip() == tool.table(), "make gallery"
