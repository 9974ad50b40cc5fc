"""Colours, on screen and on paper: read "kept" and "overwritten" by colour before reading a label.

Maps are (256, 3) uint8 tables. They are made here from a few anchors, interpolated in OKLab (Ottosson 2020) so that
equal steps in value look like equal steps in colour; `tests/test_palette.py` checks that, and their safety for the
common colour-vision deficiencies. The anchors are Okabe and Ito's colours, ColorBrewer's PRGn, and, for differences,
colours near its BrBG.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from gruviz.cells import Kind, Quantity

RETAINED = "#0072B2"
OVERWRITTEN = "#D55E00"
REWRITTEN = "#F3C9A5"
MIXED = "#999999"
CLASS_COLOURS = (RETAINED, MIXED, OVERWRITTEN, REWRITTEN)
"""In the order of `cells.CLASSES`."""
SELECTION = "#E69F00"
GRADIENT = "#AA4499"
"""All paths of a gradient, where the direct path has the colour of what is retained. From Tol's muted scheme."""
VANISHING, EXPLODING = MIXED, "#882255"
MISSING = "#F0E442"
"""A missing value: no map comes near this yellow, the one of Okabe and Ito's colours that is left."""

LINES = {
    "update": "#0072B2",
    "forget": "#0072B2",
    "reset": "#009E73",
    "input": "#009E73",
    "candidate": "#E69F00",
    "output": "#CC79A7",
}
"""Colours of timelines by quantity; a state has the foreground colour, an LSTM's cell state dashed."""

CELLS = {"rnn": "#777777", "gru": "#009E73", "lstm": "#C0689A"}
"""Lines of a kind of cell, where several are held against each other; each has dashes of its own too."""

_ANCHORS: dict[str, tuple[str, ...]] = {
    "keep": (OVERWRITTEN, "#E9A06C", "#F4F1EC", "#74AFD6", RETAINED),
    "grey": ("#FFFFFF", "#111111"),
    "gate": ("#F4F1EC", "#93C9B0", "#1F9070", "#00402F"),
    "kept": ("#F4F1EC", "#9CC3DD", RETAINED, "#00304F"),
    "written": ("#F4F1EC", "#EDB994", OVERWRITTEN, "#5A2400"),
    "around-zero": ("#762A83", "#AF8DC3", "#F4F1F4", "#7FBF7B", "#1B7837"),
    "difference": ("#7F4A08", "#C79A4E", "#F4F2EE", "#6FB3AC", "#01605A"),
}
_FULL = 0.06
"""The chroma from which on a colour is more than a tint."""
_INK = 0.82
"""How much darker than white the ink of the text is, about: on a dark ground that becomes white, about."""
_SEEN = 0.62
"""The lightness of a full colour on a dark ground, at least."""
_SEQUENTIAL = ("gate", "grey", "kept", "written")
_MAP_OF_KIND: dict[Kind, str] = {
    "keep": "keep",
    "gate": "gate",
    "candidate": "around-zero",
    "state": "around-zero",
    "kept": "kept",
    "carried": "kept",
    "written": "written",
    "read": "gate",
    "difference": "difference",
}


def colour_map(quantity: Quantity, grey: bool = False) -> NDArray[np.uint8]:
    """The (256, 3) table in which `quantity` is drawn, from its low end to its high one.

    `grey` gives the map for print without colour, from white to black.
    """
    return table("grey" if grey else _MAP_OF_KIND[quantity.kind])


@cache
def table(name: str) -> NDArray[np.uint8]:
    """The (256, 3) uint8 table called `name`: keep, grey, gate, kept, written, around-zero or difference."""
    anchors = np.array([_oklab(colour) for colour in _ANCHORS[name]])
    # Placed by lightness, so that lightness is linear in the value; each half of a diverging map for itself, so that
    # its neutral colour stands exactly in the middle.
    steps = np.abs(np.diff(anchors[:, 0]))
    halves = [steps] if name in _SEQUENTIAL else np.split(steps, 2)
    position = np.concatenate([[0.0], np.cumsum(np.concatenate([half / half.sum() for half in halves]))]) / len(halves)
    where = np.linspace(0, 1, 256)
    lab = np.stack([np.interp(where, position, anchors[:, i]) for i in range(3)], axis=1)
    made = _srgb(lab)
    made.setflags(write=False)
    return made


def rgb(colour: str) -> tuple[int, int, int]:
    """`#RRGGBB` as three integers."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def grey(colour: str) -> str:
    """The grey that is as light as a colour."""
    lightness = _oklab(colour)[0]
    return _hex(_srgb(np.array([lightness, 0.0, 0.0])))


def tint(colour: str, share: float) -> str:
    """So much of a colour on white, opaque."""
    return "#" + "".join(f"{round(255 - share * (255 - part)):02X}" for part in rgb(colour))


def inverted(colour: str, ground: str) -> str:
    """What a colour that was chosen for white is on a dark ground: greys and tints turn over, others are lighter."""
    lightness, a, b = _oklab(colour)
    if np.hypot(a, b) > _FULL:
        return _hex(_srgb(np.array([max(lightness, _SEEN), a, b])))
    deepest = _oklab(ground)[0]
    turned = deepest + (1 - deepest) * min(1.0, (1 - lightness) / _INK)
    return ground if lightness > 0.9999 else _hex(_srgb(np.array([turned, a, b])))


def _hex(colour: NDArray[np.uint8]) -> str:
    return "#" + "".join(f"{part:02X}" for part in colour.tolist())


def _oklab(colour: str) -> NDArray[np.float64]:
    srgb = np.array(rgb(colour)) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    lab: NDArray[np.float64] = _LMS_TO_LAB @ np.cbrt(_RGB_TO_LMS @ linear)
    return lab


def _srgb(lab: NDArray[np.float64]) -> NDArray[np.uint8]:
    linear = (lab @ np.linalg.inv(_LMS_TO_LAB).T) ** 3 @ np.linalg.inv(_RGB_TO_LMS).T
    linear = np.clip(linear, 0, 1)
    srgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    table: NDArray[np.uint8] = np.rint(srgb * 255).astype(np.uint8)
    return table


_RGB_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LMS_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
