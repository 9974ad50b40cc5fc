"""What holds of each figure that there is."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gruviz.cells import GRU, LSTM
from gruviz.cli import main
from gruviz.errors import GruvizError
from gruviz.figures import FIGURES, Wanted, draw, save
from gruviz.recording import Recording
from gruviz.view import Pane, View

from .made import TEXT, add_gradients, assert_legible, small_print
from .made import make as made
from .test_export import drawn_text

OWN = {
    "survival": {"since": 30},
    "composition": {"at": 50},
    "cell": {"at": 50, "units": (2,)},
    "pages": {"units": (1,)},
}
"""What is asked of a figure besides."""


def make(path: Path, *given: Any, **options: Any) -> tuple[Recording, Any]:
    """A recording with all that some figure needs."""
    run, values = made(path, *given, **options)
    return add_gradients(run), values


EVERY = [name for name in FIGURES if name != "training"]  # which needs several checkpoints, and has a file of its own
OF_NUMBERS = [name for name in EVERY if name != "pages"]


@pytest.mark.parametrize("name", EVERY)
def test_the_command_in_it_draws_it_again(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],))
    with run:
        first = draw(run, name, start=20, stop=70, **{"units": (3, 1), **OWN.get(name, {})})
        save(first, tmp_path / "first.svg")
    monkeypatch.chdir(tmp_path)
    recording, *words = first.provenance.command
    assert main(["export", recording, name, "-o", "again.svg", *words]) == 0
    again = (tmp_path / "again.svg").read_text().replace("again.svg", "first.svg")
    assert again == (tmp_path / "first.svg").read_text()


@pytest.mark.parametrize(("cell", "width"), [(GRU, 85.0), (LSTM, 170.0)])
@pytest.mark.parametrize("name", EVERY)
def test_it_is_drawn_of_what_the_window_shows(tmp_path: Path, name: str, cell, width: float) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],), cell=cell)
    with run:
        view = View(length=120, start=10, stop=90, cursor=40, panes=(Pane(layer="rnn.l0", units=(3,)),))
        page = draw(run, name, view, start=20, stop=70, width=width)
        assert page.width == width
        assert_legible(page)
        drawn = save(page, tmp_path / "out.pdf")
    assert min(size for _, size, _ in drawn_text(drawn)) >= 6 - 1e-3
    assert "f is the keep" in small_print(page) if cell is LSTM else "z is the keep" in small_print(page)


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_it_is_drawn_of_numbers_read_backward(tmp_path: Path, name: str) -> None:
    given = np.random.default_rng(0).normal(size=(90, 2)).astype(np.float32)
    run, _ = make(tmp_path / "run.h5", (given,), backward=True, rate=25.0, columns=("left", "right"))
    with run:
        assert_legible(draw(run, name, start=20, stop=70))


@pytest.mark.parametrize("name", EVERY)
def test_an_option_that_it_does_not_have_is_refused(tmp_path: Path, name: str) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:50],))
    assert set(Wanted.__annotations__) <= set(FIGURES[name].options)
    with run, pytest.raises(GruvizError, match=f"the figure {name} has no option colour: leave it out"):
        draw(run, name, colour="red")


@pytest.mark.parametrize("name", ["counts", "survival", "timescales", "composition", "cell", "gradient", "paths"])
def test_quantities_are_refused_where_there_is_no_choice(tmp_path: Path, name: str) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:50],))
    with run, pytest.raises(GruvizError, match=f"the figure {name} has no choice of quantities"):
        draw(run, name, quantities=("update",))
