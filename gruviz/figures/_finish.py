"""The last step of a figure: what was laid out in points and in the colours of the light style, put into its own."""

from collections.abc import Iterator

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axis import Axis, Tick
from matplotlib.collections import Collection, PathCollection
from matplotlib.colors import to_hex, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Annotation, Text

from gruviz.figures._style import FOREGROUND, Style

AS_IT_IS = "as it is"
"""The label of what keeps its colour: letters whose contrast with a picture was seen to."""


def finish(page: Figure, style: Style) -> None:
    """Enlarge what has a size in points, and turn its colours into those of the style."""
    if style.zoom == 1 and not style.grey and not style.dark:
        return
    for artist in _within(page):
        if style.zoom != 1:
            _enlarge(artist, style.zoom)
        if artist.get_label() != AS_IT_IS:
            _recolour(artist, style)
    page.set_size_inches(*(page.get_size_inches() * style.zoom))


def _within(artist: Artist) -> Iterator[Artist]:
    """All that is drawn; ticks are the business of their axis."""
    yield artist
    for child in artist.get_children():
        if not isinstance(child, Tick):
            yield from _within(child)


def _enlarge(artist: Artist, by: float) -> None:
    if isinstance(artist, Annotation) and artist.anncoords == "offset points":
        artist.xyann = (artist.xyann[0] * by, artist.xyann[1] * by)
    if isinstance(artist, Text):
        artist.set_fontsize(float(artist.get_fontsize()) * by)
    elif isinstance(artist, Line2D):
        artist.set_linewidth(artist.get_linewidth() * by)
        artist.set_markersize(artist.get_markersize() * by)
        artist.set_markeredgewidth(artist.get_markeredgewidth() * by)
    elif isinstance(artist, Patch):
        artist.set_linewidth(artist.get_linewidth() * by)
    elif isinstance(artist, Collection):
        artist.set_linewidth((np.atleast_1d(artist.get_linewidth()) * by).tolist())
        if isinstance(artist, PathCollection):
            artist.set_sizes(artist.get_sizes() * by**2)
    elif isinstance(artist, Axis):
        tick = artist.get_major_ticks()
        if tick:
            size = tick[0].tick1line
            artist.set_tick_params(
                labelsize=float(tick[0].label1.get_fontsize()) * by,
                length=size.get_markersize() * by,
                width=size.get_markeredgewidth() * by,
                pad=_pad(tick[0]) * by,
            )
        artist.labelpad *= by


def _recolour(artist: Artist, style: Style) -> None:
    if isinstance(artist, Text | Line2D):
        artist.set_color(_turned(artist.get_color(), style))
    elif isinstance(artist, Patch):
        edge, face = _turned(artist.get_edgecolor(), style), _turned(artist.get_facecolor(), style)
        artist.set_facecolor(face)
        artist.set_edgecolor(edge)
    elif isinstance(artist, Collection):
        artist.set_edgecolor([_turned(each, style) for each in np.asarray(artist.get_edgecolor())])
        artist.set_facecolor([_turned(each, style) for each in np.asarray(artist.get_facecolor())])
    elif isinstance(artist, Axis):
        artist.set_tick_params(color=style.colour(FOREGROUND), labelcolor=style.colour(FOREGROUND))


def _turned(colour: object, style: Style) -> tuple[float, float, float, float] | str:
    """A colour as the style has it, as opaque as it was."""
    if not to_rgba(colour)[3]:  # type: ignore[arg-type]
        return "none"  # else the artist's own opacity would show it
    made = to_rgba(style.colour(to_hex(colour)))  # type: ignore[arg-type]
    return (*made[:3], to_rgba(colour)[3])  # type: ignore[arg-type]


def _pad(tick: Tick) -> float:
    """Points between a tick and its label."""
    return float(tick.get_pad())  # type: ignore[func-returns-value, arg-type]  # matplotlib's own hints are wrong here
