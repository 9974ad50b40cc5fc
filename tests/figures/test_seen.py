"""The view that a figure's file leads back to: drawn from it, the figure is the same."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from gruviz.cells import LSTM, Thresholds
from gruviz.errors import GruvizError
from gruviz.figures import Style, draw, gates, save, seen
from gruviz.figures._read import read
from gruviz.view import Pane, View, from_plain, to_plain

from .made import TEXT
from .test_every_figure import EVERY, make


@pytest.mark.parametrize("name", EVERY)
def test_the_view_of_a_figure_draws_it_again(tmp_path: Path, name: str) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],), cell=LSTM)
    pane = Pane(layer="rnn.l0", units=(3, 1), order="keep")
    view = View(length=120, start=10, stop=60, cursor=40, reference=15, panes=(pane,), sides=(0.2, 0.7), page=True)
    view = replace(view, thresholds=Thresholds(0.8, 0.3, 0.1), hidden=("input", "output"))
    with run:
        page = draw(run, name, view)
        path = save(page, tmp_path / "a.svg")
        found = seen(path)
        assert found.recording.samefile(tmp_path / "run.h5")
        assert not found.note
        assert found.view is not None
        assert from_plain(to_plain(found.view)) == found.view
        again = draw(run, name, found.view)
    assert again.provenance.options == page.provenance.options
    assert again.provenance.said == page.provenance.said


def test_carry_holds_the_heatmaps_that_are_on_show(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:60],))
    with run:
        page = draw(run, "carry", View(length=60, stop=60, panes=(Pane(),), derived=("survival", "change", "carried")))
        assert page.provenance.options["quantities"] == ["change", "carried"]
        found = seen(save(page, tmp_path / "a.svg")).view
    assert found is not None
    assert found.derived == ("change", "carried")


def test_what_has_changed_since_is_said(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:60],))
    with run:
        save(gates(run), tmp_path / "a.svg", sidecar=True)
    sidecar = tmp_path / "a.svg.json"
    told = read(sidecar)
    sidecar.write_text(json.dumps({**told, "digest": "0"}))
    assert "run.h5 has changed since a.svg.json was drawn" in seen(sidecar).note


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"start": 30, "stop": 900}, "no range 30:900"),
        ({"layer": "rnn.l7"}, "no layer rnn.l7"),
        ({"start": "now"}, "damaged"),
        ({"thresholds": 3}, "damaged"),
        ({"since": 4000}, "no timestep 4000"),
        ({"units": [[1]]}, "damaged"),
    ],
)
def test_what_is_not_there_or_makes_no_sense_is_refused(tmp_path: Path, options: dict[str, object], why: str) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:60],))
    with run:
        save(gates(run, style=Style("double")), tmp_path / "a.svg", sidecar=True)
    sidecar = tmp_path / "a.svg.json"
    told = read(sidecar)
    sidecar.write_text(json.dumps({**told, "options": {**told["options"], **options}}))
    with pytest.raises(GruvizError, match=why):
        seen(sidecar)


def test_no_other_computer_is_asked(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:60],))
    with run:
        save(gates(run), tmp_path / "a.svg", sidecar=True)
    (tmp_path / "server").mkdir()
    shutil.copy(tmp_path / "run.h5", tmp_path / "server")
    sidecar = tmp_path / "a.svg.json"
    share = f"/{tmp_path.as_posix()}/server/run.h5"  # on Windows the name of a share, of whatever computer
    sidecar.write_text(json.dumps({**read(sidecar), "path": share}))
    assert seen(sidecar).recording.samefile(tmp_path / "run.h5"), "the one beside it"
