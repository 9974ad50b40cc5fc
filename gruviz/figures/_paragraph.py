"""A text in lines on paper, each symbol on a colour of its own."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from gruviz import palette
from gruviz.analysis import broken
from gruviz.figures._finish import AS_IT_IS
from gruviz.figures._page import FAINT, MONO, SMALL, text_width
from gruviz.figures._style import current
from gruviz.figures._text import visible

LETTER = 6.5
"""Points."""
LINE, _SHADE = 3.3, 2.9
"""Millimetres from one line to the next, and how much of that is coloured."""
GUTTER = 9.0
"""Millimetres for the timesteps at the left."""
_SUBROWS = 8
"""Rows of the picture in a line, of which the last is left white."""
_DARK, _LIGHT = "#1A1A1A", "#FFFFFF"


class Paragraph:
    """Symbols in lines of a width."""

    def __init__(self, symbols: Sequence[str], width: float) -> None:
        """Break them into lines: at line ends, and between words where a line would be too long.

        Args:
            symbols: one for each timestep.
            width: in millimetres.
        """
        words = any(len(symbol) > 1 for symbol in symbols) and not any(" " in symbol for symbol in symbols)
        self._symbols = [(visible(symbol) or "∅") + " " * words for symbol in symbols]
        self._letter = text_width("m" * 50, LETTER, MONO) / 50
        self._widths = np.array([len(symbol) for symbol in self._symbols])
        self._across = width / self._letter
        ends = np.array([symbol.endswith("\n") for symbol in symbols])
        gaps = np.array([words or symbol.endswith((" ", "\t", "-")) for symbol in symbols])
        self._lines = broken(self._widths, ends, gaps, np.zeros(1, np.int64), int(self._across))

    def __len__(self) -> int:
        """How many lines there are."""
        return len(self._lines)

    @property
    def height(self) -> float:
        """In millimetres."""
        return len(self) * LINE

    def draw(self, axes: Axes, colours: NDArray[np.uint8], start: int, head: float, height: float, gid: str) -> None:
        """Set it.

        Args:
            axes: as wide as the lines.
            colours: (n, 3), of the symbols.
            start: the timestep of the first of them.
            head: millimetres from the upper edge of the axes to the first line.
            height: of the axes, in millimetres.
            gid: by which the picture of the colours is found.
        """
        lines = self._lines
        columns = max(int(self._widths[a:b].sum()) for a, b in zip(lines.first, lines.stop, strict=True))
        picture = np.full((len(lines) * _SUBROWS, columns, 3), palette.rgb(current().paper), np.uint8)
        axes.set_axis_off()
        for place, (first, stop) in enumerate(zip(lines.first, lines.stop, strict=True)):
            wide = np.repeat(colours[first:stop], self._widths[first:stop], axis=0)
            picture[place * _SUBROWS : (place + 1) * _SUBROWS - 1, : len(wide)] = wide
            baseline = head + place * LINE + _SHADE * 0.74
            axes.text(-1.2 / self._letter, baseline, f"{start + first:,}", size=SMALL, ha="right", color=FAINT)
            _set(axes, baseline, "".join(self._symbols[first:stop]), _on_light(wide))
        extent = (0, columns, head + self.height, head)
        axes.imshow(picture, extent=extent, aspect="auto", interpolation="none").set_gid(gid)
        axes.set_xlim(0, self._across)
        axes.set_ylim(height, 0)


def _set(axes: Axes, baseline: float, letters: str, on_light: NDArray[np.bool_]) -> None:
    """Stretches of one colour, each where its first letter stands."""
    column = 0
    for word in letters.split(" "):
        cuts = [0, *(np.flatnonzero(np.diff(on_light[column : column + len(word)])) + 1).tolist(), len(word)]
        for begin, end in pairwise(cuts):
            if end > begin:
                axes.text(
                    column + begin,
                    baseline,
                    word[begin:end],
                    size=LETTER,
                    family=MONO,
                    color=_DARK if on_light[column + begin] else _LIGHT,
                    parse_math=False,
                    label=AS_IT_IS,
                )
        column += len(word) + 1


def _on_light(colours: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where dark letters have the higher contrast, by the relative luminance of WCAG 2."""
    srgb = colours / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    light: NDArray[np.bool_] = linear @ [0.2126, 0.7152, 0.0722] > 0.18
    return light
