"""All figures of a recording: pages of one file, and files in a folder."""

import json
from pathlib import Path

import pypdf
import pytest

from gruviz.cells import GRU, LSTM, RNN
from gruviz.cli import main
from gruviz.errors import GruvizError
from gruviz.figures import FIGURES, FORMATS, NUMBERS, all_of, redraw, save_together

from .made import TEXT, assert_legible
from .test_every_figure import EVERY, make


@pytest.mark.parametrize("cell", [GRU, RNN])
def test_the_pages_of_one_file(tmp_path: Path, cell, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path / "run.h5", (TEXT[:120],), cell=cell)[0].close()
    path = tmp_path / "all.pdf"
    assert main(["export", str(tmp_path / "run.h5"), "--all", "-o", str(path), "--range", "20:60"]) == 0
    refused = [line for line in capsys.readouterr().err.splitlines() if line.startswith("note: no ")]
    reader = pypdf.PdfReader(path)
    assert len(reader.pages) + len(refused) == len(FIGURES)
    assert any("training" in line for line in refused)
    assert (len(refused) > 1) == (cell is RNN)
    told = json.loads(reader.metadata["/Subject"])["figures"]
    assert [each["range"] for each in told] == ["20:60"] * len(told)
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            for each in font.get_object().get("/DescendantFonts", [font.get_object()]):
                assert "/FontFile2" in each.get_object()["/FontDescriptor"].get_object()
    with pytest.raises(GruvizError, match=r"all\.pdf holds several figures"):
        redraw(path)


def test_every_figure_in_every_format_in_one_run(tmp_path: Path) -> None:
    given = __import__("numpy").random.default_rng(0).normal(size=(90, 2)).astype("float32")
    make(tmp_path / "run.h5", (given,), cell=LSTM, columns=("a", "b"))[0].close()
    out = tmp_path / "new" / "figures"
    assert main(["figures", str(tmp_path / "run.h5"), "-o", str(out)]) == 0
    made = {file.name for file in out.iterdir()}
    assert made == {f"{name}.{kind}" for name in EVERY if name != "pages" for kind in (*FORMATS, *NUMBERS)}


def test_units_are_for_the_figures_that_have_a_use_for_them(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],), units=30)
    told: list[str] = []
    with run:
        pages = dict(all_of(run, on_refusal=told.append, stop=60, units=range(20), quantities=("update",)))
    assert [each.partition(":")[0] for each in told] == ["no training"]
    assert set(pages) == set(EVERY)
    assert len(pages["gates"].provenance.options["units"]) == 20
    for page in pages.values():
        assert_legible(page)


def test_none_is_an_error(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],))
    with run, pytest.raises(GruvizError, match="no layer nothing"):
        list(all_of(run, layer="nothing"))
    with pytest.raises(GruvizError, match="there is no figure to save"):
        save_together([], tmp_path / "out.pdf")
    with pytest.raises(GruvizError, match=r"cannot save several figures as out\.svg: end its name in \.pdf"):
        save_together([], tmp_path / "out.svg")
