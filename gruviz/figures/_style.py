"""How a figure looks, whatever it shows: its size, its letters, its colours. All figures read it here."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final

import matplotlib
import numpy as np
from numpy.typing import NDArray

from gruviz import palette
from gruviz.cells import Quantity
from gruviz.errors import GruvizError
from gruviz.figures.names import FONTS, STYLES, WIDTHS

# Points, as laid out. A subscript has 0.7 of the size of its letter, and nothing may be smaller than 6 pt on paper.
SYMBOL, LABEL, TICK, NAME, SMALL = 9.0, 8.0, 7.0, 6.5, 6.0
FOREGROUND = "#1A1A1A"
FAINT = "#666666"
MONO = "DejaVu Sans Mono"
NARROWEST = 80.0
"""Millimetres of a layout: the legend of the classes needs them."""
_WIDEST = 2000.0
_ZOOMS: Final = {"single": 1.0, "double": 1.0, "slide": 2.0, "poster": 3.5}
"""How much larger than laid out all of it is drawn."""
# matplotlib brings these, so a figure is the same everywhere; what STIX lacks comes from DejaVu.
_FAMILIES = {"sans": ["DejaVu Sans"], "serif": ["STIXGeneral", "DejaVu Serif"]}
_FORMULAS = {"sans": "dejavusans", "serif": "stix"}
_PAPER, _DARK_PAPER = "#FFFFFF", "#15171C"
_DASHES: Mapping[str, tuple[float, ...]] = {
    "update": (4.5, 1.2),
    "forget": (4.5, 1.2),
    "reset": (1.0, 1.0),
    "input": (1.0, 1.0),
    "candidate": (8.0, 1.2),
    "output": (4.0, 1.0, 1.0, 1.0),
    "written": (4.5, 1.2),
    "change": (8.0, 1.2),
    "read": (1.0, 1.0),
    "held": (4.0, 1.0, 1.0, 1.0),
}
"""What tells lines apart where there are no colours."""
_TURNS: tuple[str | tuple[float, tuple[float, ...]], ...] = (
    "-",
    *((0, each) for each in dict.fromkeys(_DASHES.values())),
)


@dataclass(frozen=True)
class Style:
    """Of a figure; plain values, which its metadata and its command line hold."""

    name: str = "single"
    """`single` (a column of a report), `double`, `slide` or `poster`: its size, and how large its letters are."""
    font: str = "sans"
    """`sans` or `serif`."""
    grey: bool = False
    """For print without colour: the keep from white (0) to black (1), lines told apart by dashes."""
    dark: bool = False
    """Light letters on a dark ground, for a slide."""
    width: float = 0.0
    """In millimetres; 0 for that of the name."""

    def __post_init__(self) -> None:
        if self.name not in _ZOOMS:
            raise GruvizError(f"there is no style {self.name}: choose one of {', '.join(STYLES)}")
        if self.font not in _FAMILIES:
            raise GruvizError(f"there is no font {self.font}: choose one of {', '.join(FONTS)}")
        if not self.width:
            object.__setattr__(self, "width", WIDTHS[self.name])
        least = NARROWEST * self.zoom
        if not least <= self.width <= _WIDEST:
            raise GruvizError(
                f"a figure in the style {self.name} needs at least {least:g} mm, not {self.width:g}: "
                f"give a width up to {_WIDEST:g}"
            )

    @classmethod
    def of(cls, style: "Style | str | Mapping[str, Any] | None", width: float | None = None) -> "Style":
        """What is meant by a style, its name, or its plain values, and a width that overrides its own.

        Raises:
            GruvizError: there is no such style.
        """
        if isinstance(style, Mapping):
            known = {each.name: type(each.default) for each in fields(cls)}
            if any(type(value) not in (known.get(key), int) for key, value in style.items()):
                raise GruvizError(f"this is no style: give {', '.join(known)}")
            style = cls(**style)
        style = cls(style) if isinstance(style, str) else style or cls()
        return style if width is None else replace(style, width=float(width))

    def plain(self) -> dict[str, Any]:
        """What `of` takes."""
        return asdict(self)

    @property
    def zoom(self) -> float:
        """How much larger than laid out it is drawn: 6 points are `6 * zoom`."""
        return _ZOOMS[self.name]

    @property
    def layout(self) -> float:
        """The width that it is laid out for, in millimetres."""
        return self.width / self.zoom

    @property
    def paper(self) -> str:
        """The colour of the ground."""
        return _DARK_PAPER if self.dark else _PAPER

    def colour(self, colour: str) -> str:
        """What a colour of the light, coloured style is in this one."""
        if self.grey:
            colour = _GREYS.get(colour.upper()) or palette.grey(colour)
        return palette.inverted(colour, _DARK_PAPER) if self.dark else colour

    def rc(self) -> dict[Any, Any]:
        """What matplotlib has to be set to, whatever the user has set it to."""
        return _DEFAULTS | {"font.family": _FAMILIES[self.font], "mathtext.fontset": _FORMULAS[self.font]}


_GREYS = {
    palette.RETAINED: "#1F1F1F",
    palette.OVERWRITTEN: "#8F8F8F",
    palette.MIXED: "#C4C4C4",
    palette.REWRITTEN: "#E6E6E6",
    palette.SELECTION: "#777777",
    palette.LINES["reset"]: "#A0A0A0",
    palette.LINES["output"]: "#6B6B6B",
}
"""Greys that can be told apart, beside each other in a stack too."""
_DEFAULTS: dict[Any, Any] = {
    key: value for key, value in matplotlib.rcParamsDefault.items() if not key.startswith("backend")
} | {
    "text.color": FOREGROUND,
    "axes.edgecolor": FOREGROUND,
    "axes.linewidth": 0.5,
    "xtick.color": FOREGROUND,
    "ytick.color": FOREGROUND,
    "text.hinting": "none",  # hinted, text on a coarse screen is wider than on paper
    "pdf.fonttype": 42,  # TrueType, whole characters: text can be searched and edited
    "svg.fonttype": "none",
    "svg.hashsalt": "gruviz",  # the same figure has the same bytes
}
_USUAL = Style()
_CURRENT: ContextVar[Style] = ContextVar("style", default=_USUAL)


@contextmanager
def style(chosen: Style | None = None) -> Iterator[Style]:
    """Draw in a style, and leave the user's matplotlib as it was."""
    chosen = chosen or _USUAL
    token = _CURRENT.set(chosen)
    try:
        with matplotlib.rc_context(chosen.rc()):
            yield chosen
    finally:
        _CURRENT.reset(token)


def current() -> Style:
    """The style that is drawn in."""
    return _CURRENT.get()


def colour_map(quantity: Quantity) -> NDArray[np.uint8]:
    """The (256, 3) table in which a quantity is drawn in the current style, from its low end to its high one."""
    return palette.colour_map(quantity, grey=current().grey)


def table(name: str) -> NDArray[np.uint8]:
    """The (256, 3) table of this name, as the current style has it."""
    return palette.table("grey" if current().grey else name)


def in_turn(place: int) -> str | tuple[float, tuple[float, ...]]:
    """The dashes of one of several lines of a kind: all of them drawn through where colours tell them apart."""
    return _TURNS[place % len(_TURNS)] if current().grey else "-"


def word_for(name: str) -> str:
    """What the colour of `retained` or `overwritten` is called."""
    return {"retained": ("blue", "dark"), "overwritten": ("vermilion", "grey")}[name][current().grey]


def dashes(name: str) -> str | tuple[float, tuple[float, ...]]:
    """Of the line of a quantity: only an LSTM's cell state has some where colours tell lines apart."""
    if name == "cell":
        return 0, (3.0, 1.5)
    return (0, _DASHES[name]) if current().grey and name in _DASHES else "-"
