"""A figure as a sheet of paper: measured in millimetres from its top left corner, text in its final size."""

import io
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import TextToPath
from numpy.typing import NDArray

from gruviz.figures._finish import finish
from gruviz.figures._plotted import Plotted
from gruviz.figures._style import FAINT, FOREGROUND, LABEL, MONO, NAME, SMALL, SYMBOL, TICK, Style, style
from gruviz.figures._svg import with_palettes
from gruviz.figures._words import words

__all__ = [
    "FAINT",
    "FOREGROUND",
    "LABEL",
    "MONO",
    "NAME",
    "RESOLUTION",
    "SMALL",
    "SYMBOL",
    "TICK",
    "Page",
    "Provenance",
    "fitting",
    "shorten",
    "style",
    "text_width",
    "wrap",
]

RESOLUTION = 600
"""Pixels per inch of a heatmap at most: finer than paper shows."""


@dataclass(frozen=True)
class Provenance:
    """Where a figure comes from; it goes into the metadata of every file that is made of it."""

    name: str
    """Of the figure, as in `FIGURES`."""
    title: str
    recording: str
    """The name of the recording's file."""
    path: Path | None
    """Where that lies."""
    facts: dict[str, str]
    """Recording, uuid, digest, weights, layer, sequence, range, thresholds, convention, residual, version."""
    options: dict[str, Any]
    """What its function has to be given to draw it again, as plain values."""
    said: str
    """What is said below it."""

    @property
    def command(self) -> tuple[str, ...]:
        """What `gruviz export` needs to draw it again: the recording's file, and the options."""
        return self.recording, *words(self.options)


class Page(Figure):
    """A matplotlib figure of a fixed size in millimetres that knows where it comes from and what it shows."""

    def __init__(self, width: float, height: float, provenance: Provenance, chosen: Style) -> None:
        """Begin an empty one.

        Args:
            width: in millimetres, as laid out.
            height: likewise.
            provenance: where it comes from.
            chosen: how it looks. Until `finish` it is laid out in points and light colours.
        """
        super().__init__(figsize=(width / 25.4, height / 25.4), dpi=150, facecolor="white")
        FigureCanvasAgg(self)
        self.width, self.height = width, height
        self.provenance = provenance
        self.style = chosen
        self.plotted: list[Plotted] = []
        self.timed: list[Axes] = []
        """Those whose horizontal axis is time."""

    def finish(self) -> None:
        """Put it into its style, once all is drawn."""
        finish(self, self.style)
        self.width, self.height = self.width * self.style.zoom, self.height * self.style.zoom

    def hold(self, name: str, values: NDArray[Any], about: str, **places: NDArray[Any]) -> None:
        """Hand over numbers that are drawn, so that they can be saved with the figure, or in its place.

        Args:
            name: theirs, of a kind once in a figure.
            values: as drawn, before they are scaled to paper.
            about: what they are, with their unit of measure.
            places: for each of their axes its name and where along it each entry stands: `timestep=..., unit=...`.
        """
        if any(each.name == name for each in self.plotted):
            raise ValueError(f"there are two {name} in this figure")
        self.plotted.append(Plotted(name, values, about, places))

    def panel(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes at a place in millimetres, `top` counted downwards from the upper edge."""
        return self.add_axes(
            (left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height)
        )

    def write(
        self, left: float, top: float, text: str, size: float, *, math: bool = False, colour: str = FOREGROUND
    ) -> Text:
        """Set text with its upper left corner at a place in millimetres. Without `math` a dollar is a dollar."""
        return self.text(
            left / self.width,
            1 - top / self.height,
            text,
            size=size,
            color=colour,
            ha="left",
            va="top",
            parse_math=math,
            linespacing=1.15,
        )

    def render(
        self,
        file: IO[bytes] | PdfPages,
        kind: str,
        dpi: int,
        metadata: Mapping[str, str | None] | None = None,
        *,
        outlines: bool = False,
    ) -> None:
        """Write the page as `pdf`, `svg` or `png`, the letters of an SVG as text or as outlines.

        PNG pixels too coarse for a heatmap hold means of its colours.
        """
        images = [image for axes in self.axes for image in axes.images]
        fine = [np.asarray(image.get_array(), np.uint8) for image in images]
        try:
            if kind == "png":
                for image, data in zip(images, fine, strict=True):
                    box = image.axes.get_window_extent().transformed(self.dpi_scale_trans.inverted())
                    image.set_data(_shrink(_shrink(data, int(box.height * dpi), 0), int(box.width * dpi), 1))
            with style(self.style), rc_context({"svg.fonttype": "path" if outlines else "none"}):
                drawn: Any = io.BytesIO() if kind == "svg" else file
                self.savefig(drawn, format=kind, dpi=dpi, metadata=metadata)
                if kind == "svg" and not isinstance(file, PdfPages):
                    file.write(with_palettes(drawn.getvalue()))
        finally:
            for image, data in zip(images, fine, strict=True):
                image.set_data(data)

    def _repr_png_(self) -> bytes:
        """What a notebook shows."""
        buffer = io.BytesIO()
        self.render(buffer, "png", 150)
        return buffer.getvalue()


def text_width(text: str, size: float, family: str | None = None) -> float:
    """How wide a line of text is, in millimetres; without a family in the one of the current style."""
    points, _, _ = _MEASURE.get_text_width_height_descent(text, FontProperties(family=family, size=size), False)
    return float(points) / 72 * 25.4


def fitting(text: str, size: float, width: float) -> int:
    """How many of the first letters fit into `width` millimetres; at least one."""
    most = min(len(text), int(width / text_width("i", size)) + 1)
    if text_width(text[:most], size) <= width:
        return most
    return max(1, bisect_right(range(1, most), width, key=lambda letters: text_width(text[:letters], size)))


def wrap(text: str, size: float, width: float) -> list[str]:
    """Break text between words into lines of at most `width` millimetres; a longer word is broken too."""
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
            continue
        while word:
            fits = fitting(word, size, width)
            lines.append(word[:fits])
            word = word[fits:]
    return lines


def shorten(text: str, size: float, width: float) -> str:
    """As much of the text as fits into `width` millimetres, with an ellipsis where that is not all of it."""
    fits = fitting(text, size, width)
    return text if fits == len(text) else text[: fitting(text, size, width - text_width("…", size))].rstrip() + "…"


def _shrink(image: NDArray[np.uint8], most: int, axis: int) -> NDArray[np.uint8]:
    """An image of no more than `most` rows (axis 0) or columns (1), each the mean of what it covers."""
    have = image.shape[axis]
    if have <= most:
        return image
    image = np.moveaxis(image, axis, 0)
    sums = np.concatenate([np.zeros((1, *image.shape[1:])), np.cumsum(image, axis=0, dtype=np.float64)])
    edges = np.linspace(0, have, most + 1)
    whole = np.minimum(edges.astype(np.intp), have - 1)
    part = (edges - whole)[:, None, None]
    means = np.diff(sums[whole] + part * image[whole], axis=0) * (most / have)
    return np.moveaxis(np.rint(means).astype(np.uint8), 0, axis)


_MEASURE = TextToPath()
