"""What a state is made of, drawn."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from gruviz import analysis, palette
from gruviz.cells import GRU, LSTM, RNN, Cell
from gruviz.errors import GruvizError
from gruviz.figures import Page, composition
from gruviz.view import Pane, View

from .made import TEXT, assert_legible, content, initial, make, small_print, texts, write


def bars(page: Page, gid: str) -> list[float]:
    """How long the bars of the list are, from top to bottom."""
    found = [patch for axes in page.axes for patch in axes.patches if patch.get_gid() == gid]
    return [patch.get_width() if patch.get_x() == 0 or patch.get_width() > 0 else -patch.get_width() for patch in found]


def listed(page: Page) -> list[str]:
    """The timesteps of the list."""
    column = [text for text in page.texts if text.get_position()[0] == pytest.approx(1 / page.width)]
    words = [text.get_text() for text in column if text.get_fontsize() == 7]
    return [word.replace(",", "") for word in words if word.replace(",", "").isdecimal()]


def shades(page: Page) -> np.ndarray:
    (found,) = (im for axes in page.axes for im in axes.images if im.get_gid() == "composition")
    return np.asarray(found.get_array())


def made(cell: Cell, values: dict, at: int, backward: bool) -> tuple[np.ndarray, np.ndarray]:
    """Weights and contributions in the sequence's own time order, (n, H), and of the initial state at the end."""
    turned = {name: each[::-1] if backward else each for name, each in values.items()}
    place = len(turned["hidden"]) - 1 - at if backward else at
    weights = analysis.composition(turned[cell.keep], place, None if cell.write is None else turned[cell.write])
    start = initial(cell, weights.shape[1])[cell.state]
    return weights, analysis.contribution(weights, turned["candidate"], start)


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("cell", [GRU, LSTM])
def test_the_list_holds_the_largest_weights_and_what_they_contribute(tmp_path: Path, cell, backward: bool) -> None:
    run, (values,) = make(tmp_path / "run.h5", (TEXT[:200],), cell=cell, backward=backward)
    with run:
        page = composition(run, at=120, units=(4,))
        assert_legible(page)
    weights, contributions = (each[:, 4] for each in made(cell, values, 120, backward))
    largest = np.argsort(-weights[1:], kind="stable")[:8]
    np.testing.assert_allclose(bars(page, "weight"), [*weights[1:][largest], weights[0]], atol=1e-6)
    np.testing.assert_allclose(bars(page, "contribution"), [*contributions[1:][largest], contributions[0]], atol=1e-6)
    assert listed(page) == [str(199 - place if backward else place) for place in largest]
    assert "The direct path alone" in small_print(page)
    assert page.provenance.command[page.provenance.command.index("--at") + 1] == "120"


def test_symbols_are_shaded_by_the_mean_weight_over_units(tmp_path: Path) -> None:
    run, (values,) = make(tmp_path / "run.h5", (TEXT[:200].replace("\n", " "),))
    with run:
        page = composition(run, at=120, start=90)
    weights, contributions = made(GRU, values, 120, False)
    mean = weights.mean(axis=1)[1:][90:121]
    table = palette.table("kept").astype(int)
    expected = table[np.rint(np.sqrt(mean) * 255).astype(int)]
    assert np.abs(shades(page)[0, :31].astype(int) - expected).max() <= 4  # a colour next to it, where it is rounded
    assert shades(page).shape[1] == 31
    largest = np.argsort(-weights.mean(axis=1)[1:], kind="stable")[:8]
    sizes = np.abs(contributions).mean(axis=1)[1:]
    np.testing.assert_allclose(bars(page, "contribution")[:8], sizes[largest], atol=1e-6)
    assert "mean over 6 units" in small_print(page)


def test_numbers_have_their_weights_below_the_curve(tmp_path: Path) -> None:
    given = np.sin(np.arange(3000.0)).astype(np.float32)[:, None]
    run, (values,) = make(tmp_path / "run.h5", (given,), rate=100.0)
    with run:
        page = composition(run, at=2500, start=100, stop=3000)
        assert_legible(page)
        near = composition(run, at=2500)
        assert_legible(near)
    (drawn,) = (each for axes in page.axes for each in axes.patches if each.get_gid() == "weights")
    weights = made(GRU, values, 2500, False)[0].mean(axis=1)[1:]
    edges = np.append(drawn.get_data().edges[:-1] + 0.5, 2501).astype(int)
    expected = [weights[a:b].sum() for a, b in pairwise(edges)]
    np.testing.assert_allclose(drawn.get_data().values, expected, atol=1e-6)
    assert page.provenance.facts["range"] == "100:2501"
    assert near.provenance.facts["range"] == "2421:2501"  # what holds the weight, and at least 80 timesteps
    assert "time (s)" in [axes.get_xlabel() for axes in page.axes]


def test_what_does_not_add_up_is_told(tmp_path: Path) -> None:
    values = content(GRU, 100, 2)
    values["update"][:] = 0.9
    message = "holds nothing of the range 70:90"
    with write(tmp_path / "run.h5", GRU, values) as run, pytest.raises(GruvizError, match=message):
        composition(run, at=20, start=70, stop=90)
    run, _ = make(tmp_path / "text.h5", (TEXT[:100],))
    with run:
        assert "of the weight lies outside this range" in small_print(composition(run, at=80, start=79))


def test_what_is_left_open_the_view_decides(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],))
    with run:
        view = View(length=120, start=10, stop=60, cursor=40, panes=(Pane(layer="rnn.l0", units=(3, 5)),))
        page = composition(run, view)
        assert "weight in the state at t = 40" in texts(page)
        assert page.provenance.facts["range"] == "10:41"
        assert page.provenance.facts["units"] == "3,5"
        assert composition(run, view, units=[1]).provenance.facts["units"] == "1"


@pytest.mark.parametrize(("cell", "options", "message"), [
    (RNN, {}, "so each state is written anew"),
    (GRU, {"at": 6000}, "there is no timestep 6000 in a sequence of 6,000"),
    (GRU, {"start": 0}, "a page has room for .*: choose a shorter range"),
])  # fmt: skip
def test_what_cannot_be_taken_apart(tmp_path: Path, cell, options, message: str) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:6000],), cell=cell)
    with run, pytest.raises(GruvizError, match=message):
        composition(run, **options)


@pytest.mark.parametrize("width", [85, 170])
def test_one_timestep_words_and_long_words_are_legible(tmp_path: Path, width: float) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:1],), units=1)
    with run:
        assert_legible(composition(run, width=width))
    symbols = ["beauty", "the", "of", "incomprehensibilities"]
    run, _ = make(tmp_path / "words.h5", (np.arange(40) % 4,), symbols=symbols)
    with run:
        assert_legible(composition(run, width=width))
