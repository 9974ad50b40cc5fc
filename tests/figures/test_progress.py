"""How far a figure is, is told while it reads, and it ends where nobody wants it."""

from pathlib import Path

import pytest

from gruviz.cells import GRU
from gruviz.figures import Stopped, all_of, draw

from .made import make
from .test_sizes import long

LONG = ("gates", "timeline", "counts", "carry", "timescales", "saturation")
"""Those that read all of a range, however long."""


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("long") / "run.h5"
    long(path, 40_000, 8)
    return path


@pytest.mark.parametrize("name", LONG)
def test_it_is_told_and_can_be_stopped(recording: Path, name: str) -> None:
    import gruviz

    told: list[int] = []

    def watch(count: int) -> bool:
        told.append(count)
        return True

    with gruviz.open(recording) as run:
        draw(run, name, start=5, stop=39_990, on_progress=watch)
        assert told == sorted(told)
        assert told[-1] >= 39_985
        assert len(told) >= 3
        with pytest.raises(Stopped):
            draw(run, name, start=5, stop=39_990, on_progress=lambda count: False)
        with pytest.raises(Stopped):
            list(all_of(run, start=5, stop=39_990, on_progress=lambda count: False))
        before = len(told)
        draw(run, name, stop=50)  # nobody waits for this one
        assert len(told) == before


def test_a_short_one_is_drawn_with_somebody_waiting(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", cell=GRU)
    with run:
        assert (
            draw(run, "gates", stop=9, on_progress=lambda count: True)._repr_png_()
            == draw(run, "gates", stop=9)._repr_png_()
        )
