import json
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ET
from base64 import b64decode
from io import BytesIO
from pathlib import Path

import numpy as np
import pypdf
import pytest
from PIL import Image

from gruviz.cells import LSTM, Thresholds
from gruviz.errors import GruvizError
from gruviz.figures import FORMATS, Page, gates, save

from .made import TEXT, make, pixels

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def page(tmp_path: Path) -> Page:
    run, _ = make(tmp_path / "run.h5", units=20)
    with run:
        return gates(run, start=4, stop=40, thresholds=Thresholds(0.8, 0.2, 0.1))


def facts(path: Path) -> dict[str, str]:
    """What a file says of where it comes from."""
    if path.suffix == ".pdf":
        return json.loads(pypdf.PdfReader(path).metadata["/Subject"])
    if path.suffix == ".svg":
        return json.loads(ET.parse(path).find(".//{http://purl.org/dc/elements/1.1/}description").text)
    return json.loads(Image.open(path).text["Description"])


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_says_where_it_comes_from(tmp_path: Path, page: Page, kind: str) -> None:
    path = save(page, tmp_path / f"out.{kind}")
    told = facts(path)
    assert told["recording"] == "run.h5"
    assert told["layer"] == "rnn.l0"
    assert told["sequence"] == "0 (Sonnet 0)"
    assert told["range"] == "4:40"
    assert "retained: keep ≥ 0.8" in told["thresholds"]
    assert told["convention"] == "pytorch"
    assert float(told["residual"]) == pytest.approx(1.2e-7)
    assert told["digest"].startswith("sha256:")
    assert {"uuid", "gruviz"} <= told.keys()
    assert shlex.split(told["command"])[:6] == ["gruviz", "export", "run.h5", "gates", "-o", f"out.{kind}"]


@pytest.mark.parametrize(
    "options",
    [
        {"start": 4, "stop": 30},
        {"units": (3, 1), "quantities": ("reset", "candidate")},
        {"order": "keep", "width": 120, "thresholds": Thresholds(0.8, 0.2, 0.1)},
    ],
)
def test_the_command_draws_it_again(tmp_path: Path, options: dict[str, object]) -> None:
    run, _ = make(tmp_path / "run.h5", units=9)
    with run:
        first = gates(run, **options)  # type: ignore[arg-type]
        recording, *words = first.provenance.command
        assert recording == "run.h5"
        said = dict(zip(words[::2], words[1::2], strict=True))
        start, stop = map(int, said["--range"].split(":"))
        limits = map(float, said["--thresholds"].split(",")) if "--thresholds" in said else None
        again = gates(
            run,
            layer=said["--layer"],
            sequence=int(said["--sequence"]),
            start=start,
            stop=stop,
            units=tuple(map(int, said["--units"].split(","))) if "--units" in said else None,
            order=said.get("--order"),  # type: ignore[arg-type]
            quantities=said["--quantities"].split(","),
            thresholds=Thresholds(*limits) if limits else None,
            width=float(said.get("--width", 85)),
        )
        assert again.provenance == first.provenance
        assert again._repr_png_() == first._repr_png_()


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_figure_is_the_same_bytes(tmp_path: Path, kind: str) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    run, _ = make(tmp_path / "run.h5", units=20)
    with run:
        files = [save(gates(run, stop=70), tmp_path / name / f"out.{kind}") for name in ("a", "b")]
    assert files[0].read_bytes() == files[1].read_bytes()


def drawn_text(path: Path) -> list[tuple[str, float, float]]:
    """Every piece of text in a PDF, with its size in points and its place from the left."""
    found: list[tuple[str, float, float]] = []

    def visit(text: str, cm: list[float], tm: list[float], font: object, size: float) -> None:
        if text.strip():
            found.append((text.strip(), abs(size * np.hypot(tm[2], tm[3]) * np.hypot(cm[2], cm[3])), cm[4] + tm[4]))

    pypdf.PdfReader(path).pages[0].extract_text(visitor_text=visit)
    return found


@pytest.mark.parametrize("stop", [1, 30, 60, 230, 300])
def test_no_text_in_a_pdf_is_below_6_points(tmp_path: Path, stop: int) -> None:
    run, _ = make(tmp_path / "run.h5", cell=LSTM, units=20)
    with run:
        path = save(gates(run, stop=stop), tmp_path / "out.pdf")
    sizes = [size for _, size, _ in drawn_text(path)]
    assert len(sizes) > 20
    assert min(sizes) >= 6 - 1e-3


def test_fonts_are_embedded_and_text_is_text(tmp_path: Path, page: Page) -> None:
    reader = pypdf.PdfReader(save(page, tmp_path / "out.pdf"))
    fonts = reader.pages[0]["/Resources"]["/Font"].values()
    assert len(fonts) >= 2
    for font in fonts:
        font = font.get_object()
        descendants = font.get("/DescendantFonts", [font])
        for each in descendants:
            assert "/FontFile2" in each.get_object()["/FontDescriptor"].get_object()
    said = " ".join(reader.pages[0].extract_text().split())
    for words in ("timestep", "update", "hidden", "retained", "rewritten alike", "keep ≥ 0.8", "PyTorch’s convention"):
        assert words in said


def test_a_pdf_is_as_wide_as_a_column(tmp_path: Path, page: Page) -> None:
    box = pypdf.PdfReader(save(page, tmp_path / "out.pdf")).pages[0].mediabox
    assert float(box.width) / 72 * 25.4 == pytest.approx(85, abs=0.01)


def test_heatmaps_in_a_pdf_are_their_exact_pixels_with_a_palette(tmp_path: Path, page: Page) -> None:
    reader = pypdf.PdfReader(save(page, tmp_path / "out.pdf"))
    objects = reader.pages[0]["/Resources"]["/XObject"]
    images = [found.get_object() for found in objects.values() if found.get_object()["/Subtype"] == "/Image"]
    heatmaps = [found for found in images if found["/Width"] == 36]
    assert len(heatmaps) == 3
    assert all(found["/ColorSpace"][0] == "/Indexed" for found in heatmaps)
    inside = [np.asarray(each.image.convert("RGB")) for each in reader.pages[0].images if each.image.width == 36]
    for name in ("update", "reset", "hidden"):
        assert any(np.array_equal(found[::-1], pixels(page, name)) for found in inside), name  # PDF counts upwards


def test_text_in_an_svg_is_text_and_its_heatmaps_are_exact(tmp_path: Path, page: Page) -> None:
    root = ET.parse(save(page, tmp_path / "out.svg")).getroot()
    said = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    assert "timestep" in said
    assert "rewritten alike" in said
    assert [text for text in said if len(text) == 1][: len("fairest")]  # the letters of the sequence
    inside = []
    for found in root.iter(f"{SVG}image"):
        data = found.get("{http://www.w3.org/1999/xlink}href").partition(",")[2]
        inside.append(np.asarray(Image.open(BytesIO(b64decode(data))).convert("RGB")))
        assert "pixelated" in found.get("style")
    for name in ("update", "reset", "hidden"):
        upside_down = pixels(page, name)[::-1]
        assert any(np.array_equal(found, pixels(page, name)) or np.array_equal(found, upside_down) for found in inside)


def test_letters_in_a_pdf_are_over_their_columns(tmp_path: Path, page: Page) -> None:
    letters = [found for found in drawn_text(save(page, tmp_path / "out.pdf")) if len(found[0]) == 1]
    read = [(t, letter) for t, letter in enumerate(TEXT[4:40]) if letter != " "]
    axes, width = page.axes[0].get_position(), page.width / 25.4 * 72
    column = axes.width * width / 36
    for (t, letter), (text, size, left) in zip(read, letters, strict=False):
        assert text == letter
        assert left + 0.301 * size == pytest.approx(axes.x0 * width + (t + 0.5) * column, abs=0.05 * column)


@pytest.mark.parametrize("dpi", [150, 300, 600])
def test_a_png_has_its_pixels_per_inch(tmp_path: Path, page: Page, dpi: int) -> None:
    picture = Image.open(save(page, tmp_path / "out.png", dpi=dpi))
    assert picture.width == int(85 / 25.4 * dpi)
    assert picture.info["dpi"][0] == pytest.approx(dpi, abs=0.1)


def test_pixels_of_a_png_are_means_of_the_columns_that_they_cover(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", [(TEXT * 2)[:1300]], units=4)
    with run:
        page = gates(run)
    fine = pixels(page, "update").astype(float)
    picture = np.asarray(Image.open(save(page, tmp_path / "out.png", dpi=100)).convert("RGB")).astype(float)
    np.testing.assert_array_equal(pixels(page, "update"), fine)  # the figure itself is as it was
    axes = next(axes for axes in page.axes if axes.images)
    box = axes.get_position()
    row = int((1 - (box.y0 + box.height * 0.875)) * picture.shape[0])  # the middle of the first of four units
    left, right = int(box.x0 * picture.shape[1]) + 2, int(box.x1 * picture.shape[1]) - 2
    assert picture[row, left:right].mean(axis=0) == pytest.approx(fine[0].mean(axis=0), abs=2)
    assert picture[row, left:right].std() < 0.7 * fine[0].std()


def test_a_notebook_shows_it(page: Page) -> None:
    picture = Image.open(BytesIO(page._repr_png_()))
    assert picture.format == "PNG"
    assert picture.width == int(85 / 25.4 * 150)


@pytest.mark.parametrize("name", ["out.jpg", "out", "out.pdf.gz", ".pdf"])
def test_another_suffix(tmp_path: Path, page: Page, name: str) -> None:
    before = set(tmp_path.iterdir())
    with pytest.raises(GruvizError, match=r"end its name in \.pdf, \.svg, \.png, \.csv or \.npz"):
        save(page, tmp_path / name)
    assert set(tmp_path.iterdir()) == before


def test_upper_case_is_the_same_suffix(tmp_path: Path, page: Page) -> None:
    assert save(page, tmp_path / "OUT.PDF").read_bytes().startswith(b"%PDF")


def test_a_folder_that_is_not_there_or_is_in_the_way(tmp_path: Path, page: Page) -> None:
    with pytest.raises(GruvizError, match=r"the folder .* does not exist: make it"):
        save(page, tmp_path / "none" / "out.pdf")
    (tmp_path / "taken.pdf").mkdir()
    with pytest.raises(GruvizError, match="is a folder"):
        save(page, tmp_path / "taken.pdf")


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_folder_that_cannot_be_written_to(page: Page) -> None:
    with pytest.raises(GruvizError, match=r"the folder /proc cannot be written to") as caught:
        save(page, "/proc/out.pdf")
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of the size of a file")
@pytest.mark.parametrize("kind", FORMATS)
def test_a_full_disk_leaves_the_old_file_and_no_half_one(tmp_path: Path, kind: str) -> None:
    run, _ = make(tmp_path / "run.h5")
    run.close()
    (tmp_path / "out").mkdir()
    path = tmp_path / "out" / f"gates.{kind}"
    path.write_text("the old one")
    program = """
import resource, signal, sys
import gruviz
from gruviz.errors import GruvizError
from gruviz.figures import gates, save
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
page = gates(gruviz.open(sys.argv[1]), stop=30)
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
try:
    save(page, sys.argv[2])
except GruvizError as error:
    print(error)
"""
    command = [sys.executable, "-c", program, str(tmp_path / "run.h5"), str(path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"cannot write {path}: file too large\n"
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert path.read_text() == "the old one"


def test_figures_bring_neither_torch_nor_qt_nor_pyplot() -> None:
    program = "import sys, gruviz.figures as figures; figures.draw, figures.save; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True)
    names = set(loaded.stdout.split())
    assert "matplotlib.figure" in names
    assert not names & {"torch", "PySide6", "pyqtgraph", "matplotlib.pyplot", "scipy"}
