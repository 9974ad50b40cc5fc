"""What the palette claims: even steps, safe for colour-blind readers, and one colour for one meaning."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from gruviz import palette
from gruviz.cells import CELLS, CLASSES, GRU, LSTM, RNN

MAPS = ("keep", "grey", "gate", "kept", "written", "around-zero", "difference")
DIVERGING = ("keep", "around-zero", "difference")

# Colour-vision deficiencies in full strength, on linear RGB (Machado, Oliveira and Fernandes 2009, table 1).
DEFICIENCIES = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(colours: NDArray[np.generic]) -> NDArray[np.float64]:
    share = np.asarray(colours, float) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def cielab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIE L*a*b* of linear RGB: another measure than the one that the maps were made by."""
    xyz = (
        np.clip(rgb, 0, 1)
        @ np.array(
            [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
        ).T
    )
    f = xyz / [0.95047, 1.0, 1.08883]
    f = np.where(f > (6 / 29) ** 3, np.cbrt(f), f / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def seen(colours: NDArray[np.generic], by: str | None = None) -> NDArray[np.float64]:
    rgb = linear(colours)
    return cielab(rgb if by is None else rgb @ np.array(DEFICIENCIES[by]).T)


def hexes(*colours: str) -> NDArray[np.int64]:
    return np.array([palette.rgb(colour) for colour in colours])


@pytest.mark.parametrize("name", MAPS)
def test_a_map_is_a_table_that_nobody_changes(name: str) -> None:
    table = palette.table(name)
    assert table.shape == (256, 3)
    assert table.dtype == np.uint8
    with pytest.raises(ValueError, match="read-only"):
        table[0, 0] = 1


@pytest.mark.parametrize("name", MAPS)
def test_steps_in_lightness_are_even(name: str) -> None:
    lightness = seen(palette.table(name))[:, 0]
    halves = [lightness[:128], lightness[128:]] if name in DIVERGING else [lightness]
    for half in halves:
        steps = np.diff(half[::8])  # eight at a time: a single one is rounded to whole numbers of RGB
        assert (np.sign(steps) == np.sign(steps[0])).all()
        assert abs(steps).max() < 2 * abs(steps).min()


@pytest.mark.parametrize("name", DIVERGING)
def test_a_diverging_map_is_lightest_and_neutral_in_the_middle(name: str) -> None:
    lab = seen(palette.table(name))
    assert abs(int(lab[:, 0].argmax()) - 127.5) < 4
    assert np.hypot(lab[127, 1], lab[127, 2]) < 5
    assert abs(lab[0, 0] - lab[255, 0]) < 15  # neither end is taken for the stronger one


@pytest.mark.parametrize("by", [None, *DEFICIENCIES])
@pytest.mark.parametrize("name", DIVERGING)
def test_the_ends_of_a_diverging_map_are_told_apart_by_everybody(name: str, by: str | None) -> None:
    lab = seen(palette.table(name), by)
    assert np.linalg.norm(lab[0] - lab[255]) > 25
    assert np.linalg.norm(lab[48] - lab[207]) > 15


@pytest.mark.parametrize("by", [None, *DEFICIENCIES])
def test_classes_are_told_apart_by_everybody(by: str | None) -> None:
    lab = seen(hexes(*palette.CLASS_COLOURS), by)
    for one, other in combinations(range(4), 2):
        assert np.linalg.norm(lab[one] - lab[other]) > 14, (CLASSES[one], CLASSES[other])


@pytest.mark.parametrize("by", [None, *DEFICIENCIES])
def test_a_gate_darkens_to_everybody(by: str | None) -> None:
    assert (np.diff(seen(palette.table("gate"), by)[::8, 0]) < 0).all()


def test_kept_and_overwritten_are_the_ends_of_the_keep() -> None:
    table = palette.table("keep")
    assert tuple(table[0]) == palette.rgb(palette.OVERWRITTEN)
    assert tuple(table[255]) == palette.rgb(palette.RETAINED)
    assert palette.CLASS_COLOURS == (palette.RETAINED, palette.MIXED, palette.OVERWRITTEN, palette.REWRITTEN)


@pytest.mark.parametrize("by", [None, *DEFICIENCIES])
@pytest.mark.parametrize("name", MAPS)
def test_a_missing_value_has_a_colour_of_its_own(name: str, by: str | None) -> None:
    distance = np.linalg.norm(seen(palette.table(name), by) - seen(hexes(palette.MISSING), by), axis=1)
    assert distance.min() > (7 if by else 25)


def test_no_state_is_mistaken_for_a_keep() -> None:
    keep, state = seen(palette.table("keep")), seen(palette.table("around-zero"))
    for colour in (state[0], state[255]):
        assert np.linalg.norm(keep - colour, axis=1).min() > 25


def test_every_quantity_has_its_map() -> None:
    for cell in CELLS.values():
        for quantity in cell.quantities:
            assert palette.colour_map(quantity).shape == (256, 3)
    assert palette.colour_map(GRU["update"]) is palette.colour_map(LSTM["forget"]) is palette.table("keep")
    assert palette.colour_map(GRU["reset"]) is palette.colour_map(LSTM["output"]) is palette.table("gate")
    assert palette.colour_map(RNN["hidden"]) is palette.colour_map(GRU["candidate"]) is palette.table("around-zero")


def test_in_grey_every_map_goes_from_white_to_black() -> None:
    grey = palette.colour_map(GRU["update"], grey=True)
    assert (grey[:, :1] == grey).all()
    assert (np.diff(grey[:, 0].astype(int)) <= 0).all()
    assert palette.colour_map(GRU["reset"], grey=True) is palette.colour_map(RNN["hidden"], grey=True) is grey


def test_lines_are_those_of_the_gates_and_candidates() -> None:
    drawn = {q.name for cell in CELLS.values() for q in cell.quantities if q.kind != "state"}
    assert set(palette.LINES) == drawn


def test_hex_is_read() -> None:
    assert palette.rgb("#E69F00") == (230, 159, 0)


def test_on_a_dark_ground_greys_turn_over_and_full_colours_can_be_seen() -> None:
    ground = "#15171C"
    assert palette.inverted("#FFFFFF", ground) == ground
    ladder = [
        palette.rgb(palette.inverted(colour, ground))[0] for colour in ("#FFFFFF", "#CCCCCC", "#666666", "#1A1A1A")
    ]
    assert ladder == sorted(ladder)
    assert ladder[-1] > 200
    for colour in (palette.RETAINED, palette.OVERWRITTEN, *palette.LINES.values()):
        seen, dark = (
            0.2126 * r + 0.7152 * g + 0.0722 * b
            for r, g, b in map(palette.rgb, (palette.inverted(colour, ground), ground))
        )
        assert seen > dark + 80
    assert palette.grey("#FFFFFF") == "#FFFFFF"
    assert len(set(palette.rgb(palette.grey(palette.RETAINED)))) == 1
