"""Styles: sizes on paper, letters, greys, and the dark."""

from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pypdf
import pytest
from matplotlib.text import Text

from gruviz.cells import GRU, LSTM
from gruviz.cli import main
from gruviz.errors import GruvizError
from gruviz.figures import Page, Style, draw, gates, save, timeline
from gruviz.figures._style import table

from .made import TEXT, assert_legible, pixels, texts
from .test_every_figure import EVERY, OWN, make
from .test_export import drawn_text

STYLES = [Style("double", "serif"), Style("slide", "serif", dark=True), Style("poster", grey=True)]
STYLED = [(name, STYLES[1]) for name in EVERY] + [(n, s) for n in ("gates", "timeline", "cell") for s in STYLES[::2]]


def colours(page: Page) -> np.ndarray:
    """Every pixel of the page, (n, 3)."""
    from io import BytesIO

    from PIL import Image

    file = BytesIO()
    page.render(file, "png", 60)
    return np.asarray(Image.open(file).convert("RGB")).reshape(-1, 3).astype(int)


@pytest.mark.parametrize(("name", "style"), STYLED, ids=lambda each: getattr(each, "name", each))
def test_every_figure_is_legible_in_every_style(tmp_path: Path, name: str, style: Style) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],), cell=LSTM)
    with run:
        page = draw(run, name, start=20, stop=70, style=style, **OWN.get(name, {}))
    assert page.width == style.width
    assert_legible(page)
    drawn = [axes.images[0] for axes in page.axes if axes.images]
    bars = [each for each in drawn if 256 in np.shape(each.get_array())[:2]]
    assert len(bars) == len(drawn) - len(bars)  # one for each heatmap
    assert all(each.get_interpolation() == "none" for each in drawn)
    path = save(page, tmp_path / "out.pdf")
    assert min(size for _, size, _ in drawn_text(path)) >= 6 * style.zoom - 1e-3
    assert float(pypdf.PdfReader(path).pages[0].mediabox.width) / 72 * 25.4 == pytest.approx(style.width, abs=0.01)


def test_a_slide_is_a_page_enlarged(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],))
    with run:
        small = gates(run, stop=50, width=150)
        large = gates(run, stop=50, style="slide")
    np.testing.assert_array_equal(pixels(small, "update"), pixels(large, "update"))
    assert (large.width, large.height) == pytest.approx((2 * small.width, 2 * small.height))
    sizes = [[text.get_fontsize() for text in page.findobj(Text)] for page in (small, large)]
    assert sizes[1] == pytest.approx([2 * size for size in sizes[0]])
    lines = [[line.get_linewidth() for axes in page.axes for line in axes.spines.values()] for page in (small, large)]
    assert lines[1] == pytest.approx([2 * width for width in lines[0]])


def test_in_grey_there_is_no_colour_and_the_keep_goes_from_white_to_black(tmp_path: Path) -> None:
    run, (values,) = make(tmp_path / "run.h5", (TEXT[:120],))
    with run:
        page = gates(run, stop=50, style=Style(grey=True))
        for name in EVERY:
            drawn = colours(draw(run, name, start=20, stop=70, style=Style(grey=True), **OWN.get(name, {})))
            assert np.ptp(drawn, axis=1).max() <= 1, name
    painted = pixels(page, "update")[..., 0].astype(int)
    keep = values["update"][:50].T
    assert painted[keep > 0.95].max() < painted[keep < 0.05].min()
    order = np.argsort(keep, axis=None)
    assert (np.diff(painted.reshape(-1)[order]) <= 0).all()


def test_in_grey_lines_are_told_apart_by_dashes(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],), cell=LSTM)
    with run:
        page = timeline(run, stop=50, units=(0,), style=Style(grey=True))
        coloured = timeline(run, stop=50, units=(0,))

    def dashes(page: Page) -> set[str]:
        drawn = [line for axes in page.axes for line in axes.lines if line.get_gid()]
        return {f"{line._unscaled_dash_pattern}" for line in drawn}

    assert len(dashes(page)) == 6
    assert len(dashes(coloured)) == 2


def test_what_is_missing_is_a_chequer_in_grey(tmp_path: Path) -> None:
    from gruviz.figures._heatmap import paint
    from gruviz.figures._style import style

    with style(Style(grey=True)):
        painted = paint(np.full((2, 2), np.nan), table("keep"), 0, 1)
    np.testing.assert_array_equal(painted[..., 0], [[0, 255], [255, 0]])


def test_the_dark_is_dark_and_light_is_usual(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],))
    with run:
        assert np.median(colours(gates(run, stop=50))) > 200
        dark = gates(run, stop=50, style=Style("slide", dark=True))
    assert tuple(np.round(np.array(dark.get_facecolor()[:3]) * 255)) == (0x15, 0x17, 0x1C)
    ground = 0.2126 * 0x15 + 0.7152 * 0x17 + 0.0722 * 0x1C
    for text in dark.findobj(Text):
        if text.get_text():
            assert np.dot(np.array(_rgb(text)) * 255, [0.2126, 0.7152, 0.0722]) > ground + 90, text


def _rgb(text: Text) -> tuple[float, ...]:
    from matplotlib.colors import to_rgb

    return to_rgb(text.get_color())


def test_serif_letters_are_serif(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],))
    with run:
        reader = pypdf.PdfReader(save(gates(run, stop=120, style=Style(font="serif")), tmp_path / "out.pdf"))
    fonts = {str(font.get_object()["/BaseFont"]) for font in reader.pages[0]["/Resources"]["/Font"].values()}
    assert any("STIX" in name for name in fonts)
    assert not any(name.endswith("DejaVuSans") for name in fonts)


def test_the_same_letters_are_written_in_every_style(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],))
    with run:
        pages = [draw(run, "cell", style=style, width=170 * style.zoom) for style in STYLES if not style.grey]
    words = [" ".join(texts(page)).split() for page in pages]
    assert all(sorted(each) == sorted(words[0]) for each in words)


def test_a_style_is_frozen_plain_values() -> None:
    style = Style("slide", "serif", dark=True, width=280)
    assert Style.of(style.plain()) == style
    assert Style.of("slide").width == 300
    assert Style.of(None, 100).width == 100
    with pytest.raises(FrozenInstanceError):
        style.width = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("book", "there is no style book: choose one of single, double, slide, poster"),
        ({"font": "gothic"}, "there is no font gothic: choose one of sans, serif"),
        ({"colour": "red"}, "this is no style: give name, font, grey, dark, width"),
        ({"width": "wide"}, "this is no style"),
        ({"name": "slide", "width": 100}, "the style slide needs at least 160 mm, not 100"),
        ({"width": 1e9}, "give a width up to 2000"),
        ({"width": float("nan")}, "needs at least 80 mm, not nan"),
    ],
)
def test_what_is_no_style_is_said(given: object, message: str) -> None:
    with pytest.raises(GruvizError, match=message):
        Style.of(given)  # type: ignore[arg-type]


def test_a_poster_has_as_fine_a_heatmap_as_its_size_shows(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", [(TEXT * 4)[:2600]], units=4)
    with run:
        small, large = gates(run, quantities=("update",)), gates(run, quantities=("update",), style="poster")
    assert pixels(small, "update").shape[1] < 2600
    assert pixels(large, "update").shape[1] == 2600
    assert GRU["update"].mathtext in texts(large)


@pytest.mark.parametrize("width", ["0", "0mm", "-5mm", "nan", "85cm", "wide"])
def test_what_is_no_width_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], width: str) -> None:
    make(tmp_path / "run.h5", (TEXT[:60],))[0].close()
    assert main(["export", str(tmp_path / "run.h5"), "gates", "-o", str(tmp_path / "a.pdf"), f"--width={width}"]) == 2
    assert f"'{width}' is no width: write 85mm or 3.5in" in capsys.readouterr().err
    assert not (tmp_path / "a.pdf").exists()
