"""A text on paper, each symbol coloured by a unit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gruviz import palette
from gruviz.cells import LSTM
from gruviz.cli import main
from gruviz.errors import GruvizError
from gruviz.figures import Page, draw, pages
from gruviz.view import View, colour_by, select_unit, showing

from .made import TEXT, assert_legible, make, small_print, texts


def picture(page: Page, unit: int) -> np.ndarray:
    (found,) = (image for axes in page.axes for image in axes.images if image.get_gid() == f"page-{unit}")
    return np.asarray(found.get_array())


def lines_of(page: Page) -> list[int]:
    """The timesteps at the left."""
    return [int(text.replace(",", "")) for text in texts(page) if text.replace(",", "").isdecimal()][:-1]


def test_each_symbol_has_the_colour_of_its_value(tmp_path: Path) -> None:
    run, (values,) = make(tmp_path / "run.h5", (TEXT[:300],))
    with run:
        page = pages(run, units=[4, 2], quantities=["update"], start=10, stop=290)
        assert_legible(page)
        starts = [at for at in lines_of(page) if at >= 10]
        starts = starts[: len(starts) // 2]
        assert starts[0] == 10
        assert all(TEXT[at - 1] in " \n-" for at in starts[1:])
        for unit in (4, 2):
            table, seen = palette.colour_map(run.layers["rnn.l0"].cell["update"]), picture(page, unit)
            assert len(seen) == 8 * len(starts)
            for place, (first, stop) in enumerate(zip(starts, [*starts[1:], 290], strict=True)):
                expected = table[np.rint(values["update"][first:stop, unit] * 255).astype(int)]
                assert np.array_equal(seen[8 * place, : stop - first], expected)
                assert (seen[8 * place, stop - first :] == 255).all()
                assert (seen[8 * place + 7] == 255).all()
        written = "".join(texts(page))
        assert all(word in written for word in ("creatures", "unit 4", "unit 2", "update (keep)"))
        assert "Each symbol has the colour of z" in small_print(page)
        assert page.provenance.command[-1] == "4,2"


def test_what_is_left_open_the_view_decides(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],), cell=LSTM)
    with run:
        view = select_unit(showing(View(), 120, layer="rnn.l0"), 3)
        assert "cell state" in texts(pages(run, view))
        assert "unit 3" in texts(pages(run, view))
        assert "output" in texts(pages(run, colour_by(view, "output")))
        assert "cell state" in texts(draw(run, "pages", colour_by(view, "update")))  # of another cell
        assert "unit 0" in texts(pages(run))
        assert lines_of(pages(run, replace(view, start=50, stop=90)))[0] == 50


def test_words_stand_apart(tmp_path: Path) -> None:
    symbols = ["beauty", "the", "of", "rose"]
    run, _ = make(tmp_path / "run.h5", (np.arange(40) % 4,), symbols=symbols)
    with run:
        page = pages(run, width=170)
        assert_legible(page)
        assert picture(page, 0).shape[1] <= 170 / 1.3
        assert {"beauty", "rose"} <= set(texts(page))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 40}, "at least 80 mm"),
        ({"units": [0, 1, 2, 3, 4]}, "room for 4 units"),
        ({"quantities": ["update", "reset"]}, "one quantity, not by 2"),
        ({"quantities": ["forget"]}, "no quantity forget"),
        ({"units": [0, 1, 2, 3], "stop": 5000}, "choose a shorter range, or fewer units"),
    ],
)
def test_what_a_page_cannot_hold_is_refused(tmp_path: Path, options: dict, message: str) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:6000],))
    with run, pytest.raises(GruvizError, match=message):
        pages(run, **options)


def test_numbers_have_no_pages(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (np.zeros((30, 2), np.float32),))
    with run, pytest.raises(GruvizError, match="this sequence is numbers: draw gates or timeline"):
        pages(run)


def test_it_is_exported_without_a_screen(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:200],))
    run.close()
    out = tmp_path / "page.pdf"
    assert main(["export", str(tmp_path / "run.h5"), "pages", "--units", "1", "-o", str(out)]) == 0
    assert out.read_bytes().startswith(b"%PDF")
