import shlex
from pathlib import Path

import numpy as np
import pypdf
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D

from gruviz import palette
from gruviz.cells import GRU, LSTM, RNN, Cell
from gruviz.cli import main
from gruviz.errors import GruvizError
from gruviz.figures import FIGURES, Page, draw, gates, save, timeline
from gruviz.figures._page import FOREGROUND
from gruviz.figures.names import DESCRIPTIONS
from gruviz.view import Pane, View

from .made import TEXT, assert_legible, content, make, small_print, texts, write


def line(page: Page, quantity: str, unit: int) -> Line2D:
    (found,) = (each for axes in page.axes for each in axes.lines if each.get_gid() == f"{quantity}-{unit}")
    return found


def units(page: Page) -> list[int]:
    """Of the lanes, from top to bottom."""
    gids = [each.get_gid() for axes in page.axes for each in axes.lines if (each.get_gid() or "").startswith("hidden-")]
    return [int(gid.partition("-")[2]) for gid in gids]


def value(page: Page, quantity: str, unit: int, low: float, high: float) -> np.ndarray:
    """What a line says, on its scale."""
    return np.asarray(line(page, quantity, unit).get_ydata()) * (high - low) + low


@pytest.mark.parametrize("cell", [GRU, LSTM, RNN])
def test_lines_hold_the_numbers_of_the_recording(tmp_path: Path, cell: Cell) -> None:
    run, made = make(tmp_path / "run.h5", cell=cell)
    with run:
        page = timeline(run, units=(4, 1), start=10, stop=50)
    assert units(page) == [4, 1]
    for quantity in cell.quantities:
        for unit in (4, 1):
            shown = line(page, quantity.name, unit)
            assert np.asarray(shown.get_xdata()).tolist() == list(range(10, 50))
            drawn = value(page, quantity.name, unit, 0 if quantity.fraction else -1, 1)
            np.testing.assert_allclose(drawn, made[0][quantity.name][10:50, unit], atol=1e-6)
            assert to_hex(shown.get_color()) == palette.LINES.get(quantity.name, FOREGROUND).lower()
            assert (shown.get_linestyle() == "--") == (quantity.name == "cell")


def test_a_state_beyond_1_widens_the_scale_of_all_states_and_says_so(tmp_path: Path) -> None:
    values = content(LSTM, 60, 3)
    values["cell"] *= 4.7
    with write(tmp_path / "run.h5", LSTM, values) as run:
        page = timeline(run, units=(2,))
        assert "5" in texts(page)
        assert "−5" in texts(page)
        np.testing.assert_allclose(value(page, "cell", 2, -5, 5), values["cell"][:, 2], atol=1e-5)
        np.testing.assert_allclose(value(page, "hidden", 2, -5, 5), values["hidden"][:, 2], atol=1e-5)
        np.testing.assert_allclose(value(page, "forget", 2, 0, 1), values["forget"][:, 2], atol=1e-6)


def test_symbols_stand_at_the_ends_of_their_lines_and_apart(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", cell=LSTM)
    with run:
        page = timeline(run, units=(0,), stop=40)
    lane = line(page, "hidden", 0).axes
    FigureCanvasAgg(page).draw()
    symbols = [text for text in lane.texts if text.get_text().startswith("$")]
    assert {text.get_text() for text in symbols} == {q.mathtext.replace("_t", "") for q in LSTM.quantities}
    height = lane.get_window_extent().height
    ends = {q.mathtext.replace("_t", ""): float(line(page, q.name, 0).get_ydata()[-1]) for q in LSTM.quantities}
    order = sorted(symbols, key=lambda text: text.get_position()[1])
    assert [ends[text.get_text()] for text in order] == sorted(ends.values())
    places = [text.get_position()[1] * height for text in order]
    assert min(np.diff(places)) > 2.8 / 25.4 * page.dpi
    assert 0 < places[0] < places[-1] < height


def test_counts_are_of_all_units_as_in_gates(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", units=9)
    with run:
        here, there = timeline(run, units=(3,), stop=40), gates(run, stop=40)
    for number in range(4):
        one, other = (
            next(patch for axes in page.axes for patch in axes.patches if patch.get_gid() == f"count-{number}")
            for page in (here, there)
        )
        np.testing.assert_array_equal(one.get_data().values, other.get_data().values)


def test_long_ranges_are_means(tmp_path: Path) -> None:
    run, made = make(tmp_path / "run.h5", [(TEXT * 20)[:20_000]], units=3)
    with run:
        page = timeline(run, units=(1,), quantities=["update"])
        lowest = timeline(run, units=(1,), quantities=["update"], reduction="min")
    (found,) = [each for axes in page.axes for each in axes.lines if each.get_gid() == "update-1"]
    points, factor = len(found.get_xdata()), 64
    assert points == -(-20_000 // factor)
    whole = made[0]["update"][: 20_000 // factor * factor, 1].reshape(-1, factor)
    np.testing.assert_allclose(np.asarray(found.get_ydata())[: len(whole)], whole.mean(axis=1), atol=1e-5)
    (least,) = [each for axes in lowest.axes for each in axes.lines if each.get_gid() == "update-1"]
    np.testing.assert_allclose(np.asarray(least.get_ydata())[: len(whole)], whole.min(axis=1), atol=1e-5)
    assert f"1 point = {factor} steps (mean)." in small_print(page)


def test_the_view_decides_what_the_arguments_leave_open(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", [TEXT[:40], TEXT[:60]])
    pane = Pane(sequence=1, layer="rnn.l0", order="keep", rows=(1, 4), units=(5, 2))
    view = View(length=60, start=10, stop=50, panes=(pane,))
    with run:
        page = timeline(run, view)
        assert units(page) == [5, 2]
        assert "sequence 1 (Sonnet 1), timesteps 10 to 49" in small_print(page)
        assert units(timeline(run, view, units=(0,))) == [0]
        assert units(timeline(run)) == [0, 1, 2]


def test_one_timestep_and_missing_values_can_be_seen(tmp_path: Path) -> None:
    values = content(GRU, 20, 3)
    values["hidden"][4:8, 0] = np.nan
    values["hidden"][6, 0] = 0.5
    with write(tmp_path / "run.h5", GRU, values) as run:
        page = timeline(run, units=(0,), quantities=["hidden"])
        dots = [each for axes in page.axes for each in axes.lines if each.get_marker() == "."]
        assert [each.get_xdata().tolist() for each in dots] == [[6]]
        single = timeline(run, units=(0,), start=3, stop=4)
        dots = [each for axes in single.axes for each in axes.lines if each.get_marker() == "."]
        assert sum(len(each.get_xdata()) for each in dots) == 4


@pytest.mark.parametrize("kind", ["pdf", "svg", "png"])
def test_the_command_draws_the_same_file_again(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run, _ = make(tmp_path / "run.h5")
    with run:
        page = timeline(run, units=(3, 1), start=5, stop=45, quantities=("update", "hidden"), width=120)
        save(page, f"out.{kind}")
    first = Path(f"out.{kind}").read_bytes()
    recording, *options = page.provenance.command
    words = ["export", recording, page.provenance.name, "-o", f"out.{kind}", *options]
    assert main(words) == 0
    assert Path(f"out.{kind}").read_bytes() == first
    assert "timeline" in shlex.join(words)


def test_fonts_are_embedded_and_none_is_below_6_points(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", cell=LSTM)
    with run:
        path = save(timeline(run, stop=40), tmp_path / "out.pdf")
    page = pypdf.PdfReader(path).pages[0]
    for font in page["/Resources"]["/Font"].values():
        for each in font.get_object().get("/DescendantFonts", [font]):
            assert "/FontFile2" in each.get_object()["/FontDescriptor"].get_object()
    sizes: list[float] = []

    def visit(text: str, cm: list[float], tm: list[float], font: object, size: float) -> None:
        if text.strip():
            sizes.append(abs(size * np.hypot(tm[2], tm[3]) * np.hypot(cm[2], cm[3])))

    said = page.extract_text(visitor_text=visit)
    assert min(sizes) >= 6 - 1e-3
    for word in ("forget (keep)", "cell state", "hidden state", "timestep", "retained"):
        assert word in said


CO2 = np.linspace(310, 370, 200, dtype=np.float32)[:, None]
CASES = {
    "one unit": ({}, {"units": (5,), "stop": 40}),
    "three": ({}, {"units": (5, 0, 3), "stop": 200}),
    "eight": ({"units": 1000}, {"units": (999, *range(7)), "stop": 200}),
    "twelve, wide": ({"units": 20}, {"units": tuple(range(12)), "width": 170}),
    "long": ({"inputs": [(TEXT * 20)[:20_000]]}, {"units": (0, 1)}),
    "one step": ({"inputs": [TEXT[:1]]}, {}),
    "lstm": ({"cell": LSTM, "units": 20}, {"units": tuple(range(8)), "stop": 40}),
    "rnn": ({"cell": RNN}, {"stop": 40}),
    "curve": ({"inputs": [CO2], "columns": ["co2"], "missing": np.arange(200) % 20 == 3}, {}),
    "narrow": ({}, {"width": 80, "stop": 40}),
    "gates alone": ({}, {"quantities": ("update", "reset"), "stop": 40}),
}


@pytest.mark.parametrize("case", CASES)
def test_no_label_is_clipped_or_lies_on_another(tmp_path: Path, case: str) -> None:
    recording, options = CASES[case]
    run, _ = make(tmp_path / "run.h5", **recording)  # type: ignore[arg-type]
    with run:
        page = timeline(run, **options)  # type: ignore[arg-type]
    assert_legible(page)


def test_what_cannot_be_drawn_is_said_in_one_line(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", units=20)
    with run:
        for options, message in (
            ({"units": range(13)}, "room for 12 units, not 13: choose fewer"),
            ({"units": (20,)}, "there is no unit 20"),
            ({"quantities": ("forget",)}, "no quantity forget: layer rnn.l0 has update, reset"),
            ({"width": 79}, "at least 80 mm, not 79"),
        ):
            with pytest.raises(GruvizError, match=message):
                timeline(run, **options)  # type: ignore[arg-type]


def test_it_is_drawn_by_name_and_all_figures_are_known_by_theirs(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5")
    with run:
        assert draw(run, "timeline", stop=20)._repr_png_() == timeline(run, stop=20)._repr_png_()
    assert list(FIGURES) == list(DESCRIPTIONS)
