"""A figure drawn again from its file is the same figure, and a file that cannot be trusted is refused."""

import io
import json
import shutil
import subprocess
import zlib
from pathlib import Path
from xml.sax.saxutils import escape

import pypdf
import pytest
from PIL import Image

from gruviz.cells import LSTM, Thresholds
from gruviz.cli import main
from gruviz.errors import GruvizError
from gruviz.figures import FORMATS, NUMBERS, Page, Style, draw, gates, redraw, save, seen
from gruviz.figures._read import read
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


@pytest.mark.parametrize("name", ["a.gif", "a.mp4"])
@pytest.mark.parametrize("figure", ["counts", "cell"])
def test_a_film_is_made_again(tmp_path: Path, name: str, figure: str) -> None:
    if name.endswith("mp4"):
        pytest.importorskip("imageio_ffmpeg", reason="ffmpeg comes with the extra gruviz[video]")
    make(tmp_path / "run.h5", (TEXT[:120],))[0].close()
    (tmp_path / "b").mkdir()
    first, again = tmp_path / name, tmp_path / "b" / name
    words = ["--range", "20:23", "--dpi", "60", "--fps", "7", "--units", "2", "--sidecar"]
    assert main(["export", str(tmp_path / "run.h5"), figure, "-o", str(first), *words]) == 0
    told = json.loads((tmp_path / f"{name}.json").read_text())
    assert told == read(first)
    assert told["saved"] == {"dpi": 60, "fps": 7.0}
    assert {"--range 20:23", "--fps 7", "--dpi 60"} <= {f"--{each.strip()}" for each in told["command"].split("--")}
    assert main(["export", "--from", str(first), "-o", str(again)]) == 0
    told.pop("path")
    assert {key: value for key, value in read(again).items() if key != "path"} == told
    if name.endswith("gif"):
        with Image.open(first) as one, Image.open(again) as other:
            assert one.n_frames == other.n_frames == 3
            for frame in range(3):
                one.seek(frame)
                other.seek(frame)
                assert one.convert("RGB").tobytes() == other.convert("RGB").tobytes()
    assert redraw(first).page.provenance.name == figure  # a still is its first picture
    assert main(["export", "--from", str(first), "-o", str(tmp_path / "still.png")]) == 0


def _rewritten(path: Path, how: str) -> Path:
    """A PDF as another program leaves it."""
    made = path.with_name(f"{how}.pdf")
    if how == "pypdf":
        writer = pypdf.PdfWriter(clone_from=path)
        writer.write(made)
    elif how == "objects in streams":
        writer = pypdf.PdfWriter(clone_from=path)
        writer.compress_identical_objects()
        said = writer.metadata["/Subject"]
        packed = zlib.compress(b"7 0 << /Subject <FEFF" + said.encode("utf-16-be").hex().encode() + b"> >>")
        made.write_bytes(
            b"%PDF-1.5\n8 0 obj << /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length "
            + str(len(packed)).encode()
            + b" >>\nstream\n"
            + packed
            + b"\nendstream endobj\n"
        )
    else:
        said = escape(pypdf.PdfReader(path).metadata["/Subject"])
        xmp = f'<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{said}</rdf:li></rdf:Alt></dc:description>'
        made.write_bytes(b"%PDF-1.7\n3 0 obj << /Type /Metadata >>\nstream\n" + xmp.encode() + b"\nendstream endobj\n")
    return made


@pytest.mark.parametrize("how", ["pypdf", "objects in streams", "xmp"])
def test_a_pdf_that_another_program_wrote_anew_still_says_it(tmp_path: Path, how: str) -> None:
    run, _ = make(tmp_path / "run.h5", names=["(a \\) “sonnet” <&>\n#"])
    with run:
        path = save(gates(run, stop=30), tmp_path / "out.pdf")
    assert read(_rewritten(path, how)) == read(path)


@pytest.mark.skipif(shutil.which("mutool") is None, reason="mutool is not installed")
def test_what_mutool_leaves_of_a_pdf_still_says_it(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", names=["(a \\) “sonnet” <&>\n#"])
    with run:
        path = save(gates(run, stop=30), tmp_path / "out.pdf")
    for how in ("-gggg", "-z"):
        made = tmp_path / f"clean{how}.pdf"
        subprocess.run(["mutool", "clean", how, path, made], check=True, capture_output=True, timeout=60)
        assert read(made) == read(path)


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
        ("a.gif", b"GIF89a rubbish"),
        ("a.mp4", b"\0\0\0\x18ftypisom" + b"\0" * 30),
        ("a.mp4", b"\0\0\0\x01moov\xff\xff\xff\xff\xff\xff\xff\xff"),
        ("a.mp4", b""),
        ("a.png", b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffiTXtDescription\0"),
        ("a.png", b"\x89PNG\r\n\x1a\n\0\0\0\x10zTXtDescription\0\0rub"),
        ("a.pdf", b"%PDF-1.5 /ObjStm >> stream\nrubbish /Subject <FE"),
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
