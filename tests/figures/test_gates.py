"""The picture is the recorded numbers, at their time, in the palette's colours, and everything on it can be read."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

import gruviz.recording
from gruviz import palette
from gruviz.analysis import timescales
from gruviz.cells import CLASSES, GRU, LSTM, RNN, Cell, Thresholds
from gruviz.errors import GruvizError
from gruviz.figures import FIGURES, Page, draw, gates, timeline
from gruviz.figures._page import style
from gruviz.recording import Block, Writer, classify
from gruviz.view import Pane, Reduction, View

from .made import TEXT, assert_legible, content, image, initial, make, pixels, previous, small_print, texts, write


def painted(values: NDArray[np.float32], quantity: str, cell: Cell, end: float = 1) -> NDArray[np.uint8]:
    """The palette applied to (T, H) values on their fixed scale, unit 0 at the top."""
    what = cell[quantity]
    share = values.T if what.fraction else (values.T + end) / (2 * end)
    return palette.colour_map(what)[np.rint(share * 255).astype(int)]


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("cell", [GRU, LSTM, RNN])
def test_a_heatmap_is_the_recorded_numbers_in_the_colours_of_the_palette(
    tmp_path: Path, cell: Cell, backward: bool
) -> None:
    run, made = make(tmp_path / "run.h5", [TEXT[:50], TEXT[50:90]], cell=cell, backward=backward)
    with run:
        page = gates(run, sequence=1, start=7, stop=31, quantities=cell.names)
        for name in cell.names:
            expected = painted(made[1][name][7:31], name, cell)
            np.testing.assert_array_equal(pixels(page, name), expected)
            left, right, bottom, top = image(page, name).get_extent()
            assert (left, right) == (6.5, 30.5)
            assert bottom > top  # unit 0 is the uppermost
            assert image(page, name).get_interpolation() == "none"


def test_what_is_shown_without_being_asked(tmp_path: Path) -> None:
    for cell, names in (
        (GRU, ["update", "reset", "hidden"]),
        (LSTM, ["forget", "input", "output", "cell", "hidden"]),
        (RNN, ["hidden"]),
    ):
        run, _ = make(tmp_path / f"{cell.name}.h5", cell=cell)
        with run:
            page = gates(run)
        shown = [image.get_gid() for axes in page.axes for image in axes.images if image.get_gid()]
        assert shown == [f"heatmap-{name}" for name in names]


def test_states_beyond_one_widen_the_scale_for_every_part_of_the_sequence(tmp_path: Path) -> None:
    values = {name: np.zeros((40, 2), np.float32) for name in LSTM.names}
    values["cell"][35] = [-7.3, 2]
    with write(tmp_path / "run.h5", LSTM, values) as run:
        for start, stop in ((0, 10), (30, 40)):
            page = gates(run, start=start, stop=stop)
            np.testing.assert_array_equal(pixels(page, "cell"), painted(values["cell"][start:stop], "cell", LSTM, 8))
            assert "−8" in texts(page)


def test_missing_values_have_a_colour_of_their_own(tmp_path: Path) -> None:
    values = {name: np.full((20, 3), 0.5, np.float32) for name in GRU.names}
    values["update"][4, 1] = np.nan
    with write(tmp_path / "run.h5", GRU, values) as run:
        drawn = pixels(gates(run), "update")
    yellow = (drawn == palette.rgb(palette.MISSING)).all(axis=2)
    assert np.argwhere(yellow).tolist() == [[1, 4]]


def counted(page: Page) -> NDArray[np.float64]:
    """Heights of the stacked counts, (columns, classes)."""
    found = []
    for number in range(len(CLASSES)):
        (patch,) = (p for axes in page.axes for p in axes.patches if p.get_gid() == f"count-{number}")
        values, _, baseline = patch.get_data()
        found.append(values - baseline)
        assert matplotlib.colors.to_hex(patch.get_facecolor()) == palette.CLASS_COLOURS[number].lower()
    return np.stack(found, axis=1)


@pytest.mark.parametrize("thresholds", [None, Thresholds(0.7, 0.3, 0.4)])
@pytest.mark.parametrize("units", [None, (4, 1)])
@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("cell", [GRU, LSTM])
def test_the_counts_are_those_of_the_units_shown(
    tmp_path: Path, cell: Cell, backward: bool, units: tuple[int, ...] | None, thresholds: Thresholds | None
) -> None:
    run, made = make(tmp_path / "run.h5", [TEXT[:9], TEXT[:40]], cell=cell, backward=backward)
    with run:
        for start, stop in ((0, 40), (0, 1), (5, 12), (39, 40)):
            page = gates(run, sequence=1, start=start, stop=stop, units=units, thresholds=thresholds)
            keep, state = made[1][cell.keep or ""], made[1][cell.state]
            classes = classify(keep, state, previous(state, initial(cell, 6)[cell.state], backward), thresholds)
            classes = classes[start:stop, list(units) if units else slice(None)]
            expected = np.stack([(classes == number).sum(axis=1) for number in range(len(CLASSES))], axis=1)
            np.testing.assert_allclose(counted(page), expected, atol=1e-9)


def test_a_plain_rnn_has_no_counts(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", cell=RNN)
    with run:
        page = gates(run)
    assert "retained" not in texts(page)
    assert "keep" not in small_print(page)


def test_more_timesteps_than_paper_resolves_are_averaged_and_it_says_so(tmp_path: Path) -> None:
    run, made = make(tmp_path / "run.h5", [(TEXT * 2)[:6000]], units=3)
    with run:
        page = gates(run, start=101, stop=5900)
        per_column = 5
        assert "1 column = 5 steps (mean)" in small_print(page)
        drawn = pixels(page, "update")
        edges = [101, *range(105, 5900, per_column), 5900]
        means = np.stack([made[0]["update"][a:b].mean(axis=0) for a, b in pairwise(edges)])
        assert drawn.shape == (3, len(means), 3)
        expected = painted(means, "update", GRU)
        assert abs(drawn.astype(int) - expected).max() <= 3  # one step of the table, where rounding falls otherwise
        assert image(page, "update").get_extent()[:2] == [99.5, 5899.5]
        assert counted(page).sum(axis=1) == pytest.approx(3)
        assert drawn.shape[1] <= (page.width - 20) / 25.4 * 600


@pytest.mark.parametrize("how", ["min", "max"])
def test_a_column_can_be_the_least_or_the_most_of_its_timesteps(tmp_path: Path, how: Reduction) -> None:
    run, made = make(tmp_path / "run.h5", [TEXT[:3000]], units=3)
    with run:
        given, viewed = gates(run, reduction=how), gates(run, View(length=3000, stop=3000, reduction=how))
        assert f"1 column = 3 steps ({how})" in small_print(given)
        expected = painted(getattr(made[0]["update"].reshape(1000, 3, 3), how)(axis=1), "update", GRU)
        np.testing.assert_array_equal(pixels(given, "update"), expected)
        np.testing.assert_array_equal(pixels(viewed, "update"), expected)
        assert given.provenance.command[-2:] == ("--reduction", how)


def test_more_units_than_paper_resolves_are_averaged_and_it_says_so(tmp_path: Path) -> None:
    run, made = make(tmp_path / "run.h5", [TEXT[:20]], units=1000)
    with run:
        page = gates(run)
    assert "1 row = 3 units (mean)" in small_print(page)
    drawn = pixels(page, "reset")
    means = np.stack([made[0]["reset"][:, a : a + 3].mean(axis=1) for a in range(0, 1000, 3)], axis=1)
    assert abs(drawn.astype(int) - painted(means, "reset", GRU)).max() <= 3


def placed(page: Page) -> tuple[list[Text], float, float]:
    """Texts of the strip over the heatmaps, with the pixel where timestep 0 is, and pixels a timestep."""
    with style():
        FigureCanvasAgg(page).draw()
    axes = page.axes[0]
    zero, one = (axes.transData.transform((t, 0))[0] for t in (0, 1))
    return list(axes.texts), zero, one - zero


@pytest.mark.parametrize("width", [85, 170])
@pytest.mark.parametrize(("start", "stop"), [(0, 1), (0, 8), (20, 60)])
def test_letters_stand_over_their_columns(tmp_path: Path, start: int, stop: int, width: float) -> None:
    run, _ = make(tmp_path / "run.h5")
    with run:
        page = gates(run, start=start, stop=stop, width=width)
    letters, zero, column = placed(page)
    shown = {t: letter for t, letter in enumerate(TEXT[:300]) if start <= t < stop}
    assert "".join(letter.get_text() for letter in letters) == "".join(shown.values()).replace("\n", "↵")
    for t, letter in zip(shown, letters, strict=True):
        assert letter.get_fontsize() >= 6
        if letter.get_text() != " ":
            box = letter.get_window_extent()
            assert abs((box.x0 + box.x1) / 2 - (zero + t * column)) < 0.2 * column
            assert box.width < 1.2 * column
    drawn = image(page, "update").axes.transData.transform((stop - 1, 0))[0]
    assert drawn == pytest.approx(zero + (stop - 1) * column)  # the strip has the time axis of the heatmaps


def test_text_too_long_for_letters_stands_in_numbered_lines(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5")
    with run:
        page = gates(run, start=10, stop=210)
    strip, zero, column = placed(page)
    lines = [text.get_text() for text in strip if text.get_ha() == "left"]
    numbers = [text for text in strip if text.get_text().isdecimal() and text.get_ha() == "center"]
    assert " ".join(lines).replace(" / ", " ").split() == TEXT[10:210].split()
    assert [text.get_text() for text in numbers] == [str(n) for n in range(1, len(lines) + 1)]
    for line, number in zip(lines, numbers, strict=True):
        t = int(number.get_position()[0])
        assert TEXT[t:].startswith(line.split(" ")[0])
        box = number.get_window_extent()
        assert abs((box.x0 + box.x1) / 2 - (zero + t * column)) < 0.5 * column + 0.5


def test_text_too_long_for_lines_begins_here_and_there(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", [TEXT[:5000]])
    with run:
        page = gates(run, start=100, width=170)
    strip, zero, column = placed(page)
    assert len(strip) >= 6
    for text, following in pairwise([*strip, None]):
        assert text is not None
        shown = text.get_text()
        assert shown.endswith("…")
        mark = round((text.get_window_extent().x0 - zero) / column - 0.7 / (142.5 / 4900))
        begins = [
            t for t in range(mark - 30, mark + 30) if t >= 100 and TEXT[t:].startswith(shown.split()[0].rstrip("…"))
        ]
        assert begins
        if following is not None:
            assert text.get_window_extent().x1 < following.get_window_extent().x0


def test_words_as_tokens_stand_upright_over_their_columns(tmp_path: Path) -> None:
    words = TEXT.split()[:20]
    vocabulary = sorted(set(words))
    tokens = np.array([vocabulary.index(word) for word in words], np.int64)
    run, _ = make(tmp_path / "run.h5", [tokens], symbols=vocabulary)
    with run:
        page = gates(run)
    strip, zero, column = placed(page)
    assert [text.get_text() for text in strip] == words
    for t, text in enumerate(strip):
        box = text.get_window_extent()
        assert text.get_rotation() == 90
        assert abs((box.x0 + box.x1) / 2 - (zero + t * column)) < 0.3 * column
        assert box.width < column


def test_dollars_and_control_characters_are_only_characters(tmp_path: Path) -> None:
    text = "a$b_c$\td\x1b^{e}\ue000\\frac"
    run, _ = make(tmp_path / "run.h5", [text], names=["cost: $x^2$ & <y>"])
    with run:
        page = gates(run)
    letters, _, _ = placed(page)
    assert "".join(letter.get_text() for letter in letters) == "a$b_c$⇥d\ufffd^{e}\ufffd\\frac"
    assert "(cost: $x^2$ & <y>)" in small_print(page)


def curves(page: Page) -> list[NDArray[np.float64]]:
    return [np.asarray(line.get_xydata()) for axes in page.axes for line in axes.lines if line.get_linestyle() == "-"]


def test_numbers_are_a_curve_with_gaps(tmp_path: Path) -> None:
    values = np.linspace(300, 320, 60, dtype=np.float32)[:, None]
    values[[3, 20, 21, 22]] = np.nan
    run, _ = make(tmp_path / "run.h5", [values], columns=["co2"])
    with run:
        page = gates(run, start=2, stop=40)
        assert "co2" in texts(page)
        (curve,) = curves(page)
        np.testing.assert_array_equal(curve[:, 0], np.arange(2, 40))
        np.testing.assert_allclose(curve[:, 1], values[2:40, 0])
        alone = [line.get_xydata() for axes in page.axes for line in axes.lines if line.get_marker() == "."]
        assert [points[:, 0].tolist() for points in alone] == [
            [2]
        ]  # between a gap and the edge: a line would not show it
        assert "Gaps in the curve: missing values." in small_print(page)
        assert "Gaps" not in small_print(gates(run, start=30))


def test_a_value_that_was_filled_is_a_gap_too(tmp_path: Path) -> None:
    values = np.arange(30, dtype=np.float32)[:, None]
    missing = np.arange(30) % 10 == 4
    run, _ = make(tmp_path / "run.h5", [values], columns=["spots"], missing=missing)
    with run:
        (curve,) = curves(gates(run))
    np.testing.assert_array_equal(np.isnan(curve[:, 1]), missing)


def test_a_long_curve_is_averaged_over_what_is_not_missing(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(4000, 1)).astype(np.float32)
    values[::3] = np.nan
    values[999:1002] = np.nan  # a whole column
    run, _ = make(tmp_path / "run.h5", [values], columns=["x"])
    with run:
        (curve,) = curves(gates(run))
    assert len(curve) == 1334
    for column in range(1334):
        present = values[3 * column : 3 * column + 3][~np.isnan(values[3 * column : 3 * column + 3])]
        if len(present):
            assert curve[column, 1] == pytest.approx(present.mean(), abs=1e-5)
        else:
            assert np.isnan(curve[column, 1])
    assert np.flatnonzero(np.isnan(curve[:, 1])).tolist() == [333, 1333]


@pytest.mark.parametrize(("columns", "lanes"), [(1, 1), (3, 3), (9, 1)])
def test_each_of_a_few_columns_has_its_own_scale(tmp_path: Path, columns: int, lanes: int) -> None:
    values = np.random.default_rng(0).normal(size=(50, columns)).astype(np.float32) * 10.0 ** np.arange(columns)
    run, _ = make(tmp_path / "run.h5", [values.astype(np.float32)], columns=[f"column {n}" for n in range(columns)])
    with run:
        page = gates(run)
    assert len(curves(page)) == columns
    assert len([axes for axes in page.axes if axes.lines]) == lanes
    assert ("9\ncolumns" in texts(page)) == (columns == 9)


def test_without_inputs_there_is_nothing_on_top(tmp_path: Path) -> None:
    values = content(GRU, 5, 6)
    with write(tmp_path / "run.h5", GRU, values) as bare, make(tmp_path / "other.h5", [TEXT[:5]])[0] as other:
        assert gates(bare).height < gates(other).height
        assert gates(bare).axes[0].images


def test_the_small_print_says_what_must_be_known(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", [TEXT[:40], TEXT[:40]])
    with run:
        print_ = small_print(gates(run, sequence=1, start=3, stop=30, thresholds=Thresholds(0.8, 0.2, 0.1)))
    for said in (
        "run.h5, layer rnn.l0 (GRU, 6 units), sequence 1 (Sonnet 1), timesteps 3 to 29.",
        "z is the keep: 1 keeps the old state, 0 overwrites it (PyTorch’s convention).",
        "Retained: keep ≥ 0.8; overwritten: keep ≤ 0.2 and state moved > 0.1; "
        "rewritten alike: keep ≤ 0.2, moved ≤ 0.1.",
        "Residual 1.2e−07.",
    ):
        assert said in print_
    assert "column" not in print_


def test_the_small_print_of_others(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", cell=LSTM, units=1, backward=True)
    with run:
        print_ = small_print(gates(run))
    assert "layer rnn.l0 (LSTM, backward, 1 unit)" in print_
    assert "f is the keep: 1 keeps the cell state, 0 drops it" in print_


def test_a_residual_that_cannot_be_trusted_is_said(tmp_path: Path) -> None:
    values = {name: np.full((5, 3), 0.5, np.float32) for name in GRU.names}
    with write(tmp_path / "run.h5", GRU, values, residual=0.02, convention="chung") as run:
        print_ = small_print(gates(run))
    assert "Residual 0.02, more than float32 explains." in print_
    assert "(from chung’s convention)" in print_


def ticks(page: Page) -> list[str]:
    return [label.get_text() for label in page.axes[-1].get_xticklabels()]


@pytest.mark.parametrize(
    ("start", "stop", "expected"),
    [(0, 1, ["0"]), (7, 8, ["7"]), (0, 8, ["0", "2", "4", "6"]), (100, 300, ["100", "150", "200", "250"])],
)
def test_time_is_counted_in_the_sequence_and_labelled_once(
    tmp_path: Path, start: int, stop: int, expected: list[str]
) -> None:
    run, _ = make(tmp_path / "run.h5", [TEXT[:50], TEXT[:400]])
    with run:
        page = gates(run, sequence=1, start=start, stop=stop)
    assert ticks(page) == expected
    assert [axes.get_xlabel() for axes in page.axes if axes.get_xlabel()] == ["timestep"]


@pytest.mark.parametrize("draw", [gates, timeline])
def test_time_is_in_seconds_where_there_is_a_rate(tmp_path: Path, draw: Callable[..., Page]) -> None:
    run, _ = make(tmp_path / "run.h5", [TEXT[:400]], rate=40)
    with run:
        page = draw(run, start=100, stop=301)
    assert ticks(page) == ["3", "4", "5", "6", "7"]
    assert page.axes[-1].get_xticks().tolist() == [120, 160, 200, 240, 280]
    assert [axes.get_xlabel() for axes in page.axes if axes.get_xlabel()] == ["time (s)"]
    assert "timesteps 100 to 300 (2.50 to 7.50 s)." in small_print(page)


CASES = {
    "one step": ({"inputs": [TEXT[:1]]}, {}),
    "eight": ({}, {"stop": 8}),
    "letters": ({}, {"stop": 40}),
    "letters, two columns": ({}, {"stop": 100, "width": 170}),
    "narrow": ({}, {"stop": 30, "width": 80}),
    "lines": ({"inputs": [TEXT[:5000]]}, {"stop": 230}),
    "snippets": ({"inputs": [(TEXT * 2)[:12000]], "units": 2}, {}),
    "one unit": ({"units": 1}, {"stop": 60}),
    "many units": ({"units": 2000, "inputs": [TEXT[:30]]}, {}),
    "by likeness": ({"units": 30}, {"stop": 30, "order": "likeness"}),
    "four rows": ({"units": 2000, "inputs": [TEXT[:30]]}, {"quantities": GRU.names, "order": "keep"}),
    "chosen units": ({"units": 300}, {"units": (299, 100, 7)}),
    "many chosen units": ({"units": 300}, {"units": tuple(range(100, 130))}),
    "lstm": ({"cell": LSTM, "units": 64}, {"stop": 30}),
    "rnn": ({"cell": RNN, "units": 64}, {"stop": 30}),
    "curve": ({"inputs": [np.arange(40, dtype=np.float32)[:, None] * 1e4], "columns": ["carbon dioxide"]}, {}),
    "curves": (
        {"inputs": [np.random.default_rng(0).normal(size=(99, 3)).astype(np.float32)], "columns": ["a", "b" * 40, "c"]},
        {},
    ),
    "flat": ({"inputs": [np.zeros((20, 1), np.float32)], "columns": ["zero"]}, {}),
    "all missing": ({"inputs": [np.full((20, 1), np.nan, np.float32)], "columns": ["none"]}, {}),
    "long names": ({"names": ["a very long name without a space " + "x" * 200]}, {"stop": 20}),
}


@pytest.mark.parametrize("case", CASES)
def test_no_label_is_clipped_or_lies_on_another_and_none_is_too_small(tmp_path: Path, case: str) -> None:
    recording, options = CASES[case]
    run, _ = make(tmp_path / "run.h5", **recording)  # type: ignore[arg-type]
    with run:
        page = gates(run, **options)  # type: ignore[arg-type]
    assert_legible(page)


def test_the_page_is_as_wide_as_asked_and_its_text_8_points(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5")
    with run:
        for width in (85, 170, 120.5):
            page = gates(run, stop=30, width=width)
            assert page.get_size_inches()[0] * 25.4 == pytest.approx(width)
            assert isinstance(page, Figure)
            assert page.axes[-1].xaxis.label.get_size() == 8
        with pytest.raises(GruvizError, match="at least 80 mm, not 79"):
            gates(run, width=79)


def test_a_colour_bar_on_each_heatmap(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5")
    with run:
        page = gates(run, stop=20)
    heatmaps = [axes for axes in page.axes if axes.images and axes.images[0].get_gid()]
    bars = [axes for axes in page.axes if axes.images and not axes.images[0].get_gid()]
    assert len(bars) == len(heatmaps) == 3
    for heat, bar, name in zip(heatmaps, bars, ("update", "reset", "hidden"), strict=True):
        assert heat.get_position().y0 == pytest.approx(bar.get_position().y0)
        np.testing.assert_array_equal(bar.images[0].get_array()[:, 0], palette.colour_map(GRU[name]))
        assert bar.images[0].origin == "lower"
        labels = [label.get_text() for label in bar.get_yticklabels()]
        assert labels == (["−1", "0", "1"] if name == "hidden" else ["0", "0.5", "1"])
    for symbol in ("$z_t$", "$r_t$", "$h_t$"):
        assert symbol in texts(page)


def test_the_view_decides_what_the_arguments_leave_open(tmp_path: Path) -> None:
    run, made = make(tmp_path / "run.h5", [TEXT[:40], TEXT[:60]])
    view = View(
        length=60,
        start=10,
        stop=50,
        thresholds=Thresholds(0.6, 0.4, 0.2),
        hidden=("reset",),
        panes=(Pane(sequence=1, layer="rnn.l0", order="keep", rows=(1, 4), units=(2, 5)),),
    )
    with run:
        page = gates(run, view)
        by_keep = np.argsort(-made[1]["update"].mean(axis=0))[1:4]
        np.testing.assert_array_equal(
            pixels(page, "candidate"), painted(made[1]["candidate"][10:50, by_keep], "candidate", GRU)
        )
        assert not [image for axes in page.axes for image in axes.images if image.get_gid() == "heatmap-reset"]
        assert "keep ≥ 0.6" in small_print(page)
        assert "3 of 6 units" in small_print(page)
        amber = [
            p for axes in page.axes for p in axes.patches if matplotlib.colors.to_hex(p.get_facecolor()) == "#e69f00"
        ]
        assert len(amber) == 3 * np.isin(by_keep, [2, 5]).sum()

        other = gates(run, view, sequence=0, units=(0, 3), quantities=["reset"])
        np.testing.assert_array_equal(pixels(other, "reset"), painted(made[0]["reset"][:, [0, 3]], "reset", GRU))
        part = gates(run, view, start=12)
        assert image(part, "update").get_extent()[:2] == [11.5, 49.5]


def test_selected_units_are_marked_beside_their_rows(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", units=4)
    view = View(length=300, start=0, stop=30, hidden=("reset", "candidate", "hidden"), panes=(Pane(units=(2,)),))
    with run:
        page = gates(run, view)
    axes = image(page, "update").axes
    (mark,) = axes.patches
    FigureCanvasAgg(page).draw()
    middle = axes.transData.inverted().transform(mark.get_window_extent().get_points().mean(axis=0))[1]
    assert middle == pytest.approx(2, abs=0.01)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layer": "rnn.l7"}, "has no layer rnn.l7: choose one of rnn.l0"),
        ({"sequence": 2}, "there is no sequence 2: layer rnn.l0 has 0 to 1"),
        ({"sequence": -1}, "there is no sequence -1"),
        ({"start": 20, "stop": 20}, "there is no range 20:20 in sequence 0 .*: it has 40 timesteps"),
        ({"start": -3}, "there is no range -3:40"),
        ({"stop": 41}, "there is no range 0:41"),
        ({"units": (3, 6)}, "there is no unit 6: layer rnn.l0 has 0 to 5"),
        ({"units": (-1,)}, "there is no unit -1"),
        ({"units": ()}, "no units are chosen"),
        ({"units": (1, 1)}, "chosen twice"),
        ({"quantities": ("forget",)}, "no quantity forget: layer rnn.l0 has update, reset, candidate, hidden"),
        ({"quantities": ()}, "nothing chosen"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(tmp_path: Path, options: dict[str, object], message: str) -> None:
    run, _ = make(tmp_path / "run.h5", [TEXT[:40], TEXT[:30]])
    with run, pytest.raises(GruvizError, match=message) as caught:
        gates(run, **options)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_figures_are_drawn_by_name(tmp_path: Path) -> None:
    run, made = make(tmp_path / "run.h5")
    with run:
        page = draw(run, "gates", None, start=0, stop=20)
        np.testing.assert_array_equal(pixels(page, "update"), painted(made[0]["update"][:20], "update", GRU))
        with pytest.raises(GruvizError, match="there is no figure gatse: choose one of gates"):
            draw(run, "gatse")
    assert FIGURES["gates"].function is gates
    assert "\n" not in FIGURES["gates"].description


@pytest.mark.parametrize("spaces", [False, True])
def test_a_recording_that_is_still_being_written_can_be_drawn(tmp_path: Path, spaces: bool) -> None:
    values = content(GRU, 3000, 2)
    with Writer(tmp_path / "run.h5") as writer:
        writer.add_tape("main", vocabulary=["a", " " if spaces else "b"])
        writer.add_layer("rnn.l0", tape="main", cell=GRU, size=2)
        writer.begin("main", "s", initial={"rnn.l0": initial(GRU, 2)})
        writer.append("main", {"rnn.l0": Block(values, values["hidden"])}, tokens=np.arange(3000) % 5 == 4)
        writer.flush()
        with gruviz.recording.open(tmp_path / "run.h5.part") as run:
            for width in (85, 170):
                assert counted(gates(run, width=width)).sum(axis=1) == pytest.approx(2)
            part = pixels(gates(run, start=2990), "reset")
    np.testing.assert_array_equal(part, painted(values["reset"][2990:], "reset", GRU))


def test_the_users_matplotlib_neither_changes_the_figure_nor_is_changed(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5")
    with run:
        before = gates(run, stop=20)
        with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "black", "image.origin": "lower"}):
            kept = dict(matplotlib.rcParams)
            after = gates(run, stop=20)
            assert before._repr_png_() == after._repr_png_()
            assert dict(matplotlib.rcParams) == kept


def test_a_condition_chooses_the_units(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", [TEXT[:60]], units=9)
    with run:
        layer = run.layers["rnn.l0"]
        tau = timescales(layer["update"][layer.slice(0)]).of_log
        longest = np.argsort(-tau, kind="stable")
        limit = round(float(np.sort(tau)[4]), 6) + 1e-6
        expected = [unit for unit in longest if tau[unit] > limit]
        where = f"tau > {limit}"
        view = View(length=60, stop=60, panes=(Pane(layer="rnn.l0", order="timescale", filter=where),))
        for options in ({"view": view}, {"units": where, "order": "timescale"}):
            page = gates(run, **options)
            command = page.provenance.command
            assert command[command.index("--units") + 1] == where
            assert command[command.index("--order") + 1] == "timescale"
            assert page.provenance.facts["units"] == ",".join(map(str, expected))
        assert "--order" in gates(run, order="peak").provenance.command
        with pytest.raises(GruvizError, match=r"no unit of layer rnn\.l0 fulfils keep > 2: ask for less"):
            gates(run, units="keep > 2")
        with pytest.raises(GruvizError, match="there is no number speed: write unit, keep, tau"):
            gates(run, units="speed > 2")
