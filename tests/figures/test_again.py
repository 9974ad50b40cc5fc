"""A figure drawn again from its file is the same figure, and a file that cannot be trusted is refused."""

import io
import json
import shutil
import zlib
from pathlib import Path

import pytest

from gruviz.cells import LSTM, Thresholds
from gruviz.cli import main
from gruviz.errors import GruvizError
from gruviz.figures import FORMATS, NUMBERS, Page, Style, draw, gates, redraw, save, seen
from gruviz.figures._metadata import read
from gruviz.view import Pane, View

from .made import TEXT
from .test_every_figure import EVERY, make


@pytest.mark.parametrize("name", EVERY)
def test_it_is_the_same_pixel_for_pixel_whatever_the_window_showed(tmp_path: Path, name: str) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],), cell=LSTM)
    pane = Pane(layer="rnn.l0", units=(3, 1), order="keep", rows=(0, 5))
    view = View(length=120, start=10, stop=60, cursor=40, reference=15, panes=(pane,), sides=(0.2, 0.7))
    with run:
        page = draw(run, name, view, style=Style("slide", "serif", dark=True), thresholds=Thresholds(0.8, 0.3, 0.1))
        save(page, tmp_path / "first.svg")
    again = redraw(tmp_path / "first.svg").page
    assert again.provenance == page.provenance
    assert _drawn(again) == _drawn(page)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("selected", [(), (3, 1)])
def test_a_filter_comes_back_as_one(tmp_path: Path, name: str, selected: tuple[int, ...]) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],), cell=LSTM)
    pane = Pane(layer="rnn.l0", units=selected, order="keep", filter="unit != 2 and tau < 1e9")
    view = View(length=120, start=10, stop=60, cursor=40, reference=15, panes=(pane,))
    with run:
        page = draw(run, name, view)
        path = save(page, tmp_path / "first.svg")
        again = redraw(path).page
        assert again.provenance == page.provenance
        assert _drawn(again) == _drawn(page)
        if name in ("gates", "survival", "timescales", "saturation", "carry"):
            assert page.provenance.options["units"] == pane.filter
            assert page.provenance.facts["units"] == ",".join(map(str, page_units(page)))
            found = seen(path).view
            assert found is not None
            assert (found.pane.filter, found.pane.order) == (pane.filter, "keep")
            assert draw(run, name, found).provenance.options == page.provenance.options


def page_units(page: Page) -> list[int]:
    return next(each.places["unit"].tolist() for each in page.plotted if "unit" in each.places)


@pytest.mark.parametrize("kind", [*FORMATS, *NUMBERS])
def test_every_format_says_how_it_was_drawn(tmp_path: Path, kind: str) -> None:
    run, _ = make(tmp_path / "run.h5", names=["(a \\) “sonnet” <&>\n#"])
    with run:
        page = gates(run, stop=30, units=(4, 2))
        path = save(page, tmp_path / f"out.{kind}", dpi=200, sidecar=True)
    again = redraw(path)
    assert _drawn(again.page) == _drawn(page)
    assert again.dpi == (200 if kind == "png" else 300)
    assert json.loads((tmp_path / f"out.{kind}.json").read_text()) == read(path) == read(tmp_path / f"out.{kind}.json")


def test_the_command_line_draws_it_again_and_a_recording_may_move(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path / "run.h5")[0].close()
    out, elsewhere = tmp_path / "report", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.mkdir()
    words = ["--range", "3:40", "--width", "3.5in", "--grey", "--dpi", "120", "--marked", "2"]
    assert main(["export", str(tmp_path / "run.h5"), "gates", "-o", str(out / "a.png"), *words]) == 0
    assert main(["export", "--from", str(out / "a.png"), "-o", str(out / "b.png")]) == 0
    first, again = ((out / name).read_bytes() for name in ("a.png", "b.png"))
    assert _pixels(first) == _pixels(again)
    (tmp_path / "run.h5").rename(elsewhere / "run.h5")
    capsys.readouterr()
    assert main(["export", "--from", str(out / "a.png"), "-o", str(out / "c.png")]) == 2
    assert "say where with --recording run.h5" in capsys.readouterr().err
    moved = ["--recording", str(elsewhere / "run.h5")]
    assert main(["export", "--from", str(out / "a.png"), "-o", str(out / "c.png"), *moved]) == 0
    assert _pixels((out / "c.png").read_bytes()) == _pixels(first)


def _drawn(page: Page) -> bytes:
    """Its pixels; larger ones are as equal as these."""
    file = io.BytesIO()
    page.render(file, "png", 72)
    return file.getvalue()


def _pixels(png: bytes) -> bytes:
    """The pixels, without what is said of them."""
    at, found = 8, b""
    while at < len(png):
        size = int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] == b"IDAT":
            found += png[at + 8 : at + 8 + size]
        at += size + 12
    return zlib.decompress(found)


def test_another_recording_is_refused(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5")
    with run:
        path = save(gates(run, stop=30), tmp_path / "out.pdf")
    make(tmp_path / "other.h5")[0].close()
    with pytest.raises(GruvizError, match=r"other\.h5 is not what out\.pdf was drawn from: its uuid is"):
        redraw(path, tmp_path / "other.h5")
    shutil.move(tmp_path / "other.h5", tmp_path / "run.h5")
    with pytest.raises(GruvizError, match=r"is not what out\.pdf was drawn from"):
        redraw(path)


def test_weights_are_named_where_the_recording_has_them(demo: Path) -> None:
    import gruviz

    with gruviz.open(demo) as run:
        told = gates(run, stop=20).provenance.facts
        assert told["weights"] == f"sha256:{run.checkpoints[-1]['sha256']}"


@pytest.fixture
def demo() -> Path:
    return Path(__file__).parents[2] / "assets" / "demo.h5"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", b"%PDF-1.4\n/Subject (never closed"),
        ("a.pdf", b"%PDF-1.4 nothing"),
        ("a.pdf", b"%PDF-1.4 /Subject ([" + b"[" * 100_000 + b")"),
        ("a.svg", b"<svg><dc:description>{}</dc:description></svg>"),
        ("a.svg", b"<svg/>"),
        ("a.png", b"\x89PNG\r\n\x1a\nrubbish"),
        ("a.csv", b"name,value\n"),
        ("a.npz", b"PK\x03\x04 rubbish"),
        ("a.json", b"\xff\xfe"),
        ("a.json", b'{"figure": "gates"}'),
    ],
)
def test_what_says_nothing_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(GruvizError, match=f"{name} does not say how it was drawn"):
        redraw(tmp_path / name)


@pytest.mark.parametrize(
    "options",
    [
        {"start": "x"},
        {"units": [[1]]},
        {"thresholds": 3},
        {"thresholds": [0.1, 0.9, 0]},
        {"colour": "red"},
        {"style": {"width": "wide"}},
        {"layer": 3},
        {"units": ["1"]},
    ],
)
def test_damaged_options_are_an_error_of_one_line(tmp_path: Path, options: dict[str, object]) -> None:
    run, _ = make(tmp_path / "run.h5")
    with run:
        save(gates(run, stop=30), tmp_path / "out.pdf", sidecar=True)
    sidecar = tmp_path / "out.pdf.json"
    facts = json.loads(sidecar.read_text())
    facts["options"] |= options
    sidecar.write_text(json.dumps(facts))
    with pytest.raises(GruvizError) as caught:
        redraw(sidecar)
    assert "\n" not in str(caught.value)


def test_a_version_that_differs_is_said(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5")
    with run:
        save(gates(run, stop=30), tmp_path / "out.pdf", sidecar=True)
    sidecar = tmp_path / "out.pdf.json"
    assert redraw(sidecar).notes == ()
    facts = json.loads(sidecar.read_text())
    sidecar.write_text(json.dumps(facts | {"gruviz": "0.0.1"}))
    assert redraw(sidecar).notes == ("out.pdf.json was drawn by gruviz 0.0.1: this one may look otherwise",)


def test_no_path_of_this_machine_goes_into_a_figure_beside_its_recording(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5")
    with run:
        path = save(gates(run, stop=30), tmp_path / "out.svg")
    assert str(tmp_path) not in path.read_text()
    assert read(path)["path"] == "run.h5"


def test_letters_as_outlines(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5")
    with run:
        page = gates(run, stop=30)
    assert "<text" in save(page, tmp_path / "text.svg").read_text()
    shapes = save(page, tmp_path / "shapes.svg", outlines=True)
    assert "<text" not in shapes.read_text()
    assert redraw(shapes).outlines
    assert not redraw(tmp_path / "text.svg").outlines
