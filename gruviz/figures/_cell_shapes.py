"""The parts that a drawn cell is made of, each painted on paper in the units of the drawing, y downwards."""

from collections.abc import Mapping
from functools import cache, lru_cache

from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path
from matplotlib.textpath import TextToPath

from gruviz import palette
from gruviz.cell_drawing import CHANNEL, Box, Channel, Drawing, Node, Point, Wire
from gruviz.figures._page import FAINT, FOREGROUND

MATH = "stix"
"""The family of formulas: as the window has them."""
INDEXED = 8.6
"""Points of the smallest formula whose indices can be read."""
_BODY, _EMPTY, _RULE = "#F6F6F6", "#DCDCDC", "#C8C8C8"
_CORNER = 6.0
"""Radius of a way's corners, in units of the drawing."""
_WIRE, _THIN = 1.6, 1.2
"""Widths of lines, in units of the drawing."""
_LEADING = (r"\times", r"\odot")
_MEASURE = TextToPath()


def colour(name: str) -> str:
    """Of what a node, a wire or a channel is drawn in."""
    known = {"": FAINT, "retained": palette.RETAINED, "overwritten": palette.OVERWRITTEN}
    return known.get(name) or palette.LINES[name]


def mathtext(tex: str) -> str:
    """A formula as matplotlib sets it: signs in an index stand close, one that it begins with does not."""
    tex = tex.replace("t-1", "t{-}1").replace("t+1", "t{+}1")
    if tex == "1-":
        tex = "1{-}"  # of a node: else room is left for what is taken from 1
    for sign in _LEADING:
        if tex.startswith(sign + " "):
            tex = rf"{sign}\: {tex.removeprefix(sign)}"
    return f"${tex}$"


@lru_cache(4096)
def formula_width(tex: str, size: float) -> float:
    """How wide a formula is, in millimetres."""
    font = FontProperties(size=size, math_fontfamily=MATH)
    points, _, _ = _MEASURE.get_text_width_height_descent(mathtext(tex), font, True)
    return float(points) / 72 * 25.4


class Brush:
    """Paints into axes whose units are those of the drawing."""

    def __init__(self, axes: Axes, scale: float) -> None:
        """Begin.

        Args:
            axes: whose y axis points downwards.
            scale: millimetres to a unit of the drawing.
        """
        self._axes, self._scale = axes, scale

    def points(self, units: float) -> float:
        """A length in typographic points."""
        return units * self._scale / 25.4 * 72

    def still(self, shape: Drawing) -> None:
        """The body of the cell, the empty channels, and the wires."""
        self._rounded(shape.body, 10, edge=_RULE, fill=_BODY, width=1.0, level=1)
        for channel in shape.channels:
            self._way(channel.points, _EMPTY, CHANNEL, 2)
        for wire in sorted(shape.wires, key=lambda wire: wire.over):
            self._wire(wire)

    def stream(self, channel: Channel, shares: Mapping[str, float]) -> None:
        """Fill a channel as far as it is to be: around its middle, what comes first on the left."""
        parts = [(name, max(0.0, min(shares[share], 1.0))) for name, share in channel.shares if share in shares]
        side = -sum(share for _, share in parts) / 2
        for name, share in parts:
            if share > 0:
                shift = (side + share / 2) * CHANNEL if len(parts) > 1 else 0.0  # of more than one, the way is straight
                way = tuple((x, y + shift) for x, y in channel.points)
                drawn = self._way(way, colour(name), CHANNEL * share, 4)
                drawn.set_gid(f"stream-{name or 'state'}")
            side += share

    def over(self, shape: Drawing) -> None:
        """What lies above the channels: their points, where ways fork, and the nodes."""
        for channel in shape.channels:
            if channel.arrow:  # its end is cut to a point
                x, y = channel.points[-1]
                for side in (-1, 1):
                    corner = [(x - CHANNEL / 2, y + side * 5), (x + 1, y + side * 5), (x + 1, y)]
                    self._axes.add_patch(Polygon(corner, color="white", linewidth=0, zorder=5, clip_on=False))
        for place in shape.dots:
            self._axes.add_patch(Circle(place, 2.2, color=FOREGROUND, linewidth=0, zorder=5))
        for node in shape.nodes:
            self._node(node)

    def write(self, x: float, y: float, text: str, size: float, align: str = "center") -> None:
        """A line of text at the middle of its height; a formula is between dollars."""
        self._axes.text(x, y, text, size=size, ha=align, va="center", math_fontfamily=MATH, zorder=7)

    def _node(self, node: Node) -> None:
        name = colour(node.colour)
        width = _WIRE if node.colour else _THIN
        if node.round and node.width == node.height:
            circle = Circle((node.x, node.y), node.width / 2, facecolor="white", edgecolor=name, zorder=6)
            circle.set_linewidth(self.points(width))
            self._axes.add_patch(circle)
        else:
            fill = palette.tint(name, 0.18) if node.colour and not node.round else "white"
            self._rounded(node.box, 9 if node.round else 5, edge=name, fill=fill, width=width, level=6)
        small = node.text.startswith("W")
        self.write(node.x, node.y, mathtext(node.text), max(INDEXED if small else 0, self.points(11 if small else 14)))

    def _wire(self, wire: Wire) -> None:
        if wire.over:  # one that crosses others leaves a gap in them
            (x, start), (_, stop) = wire.points
            self._way(((x, start - 4), (x, stop + 4)), _BODY, 5.0, 3)
        self._way(wire.points, colour(wire.colour), _WIRE, 3)

    def _way(self, points: tuple[Point, ...], stroke: str, width: float, level: float) -> PathPatch:
        made = PathPatch(_path(points), fill=False, edgecolor=stroke, capstyle="butt", zorder=level, clip_on=False)
        made.set_linewidth(self.points(width))
        self._axes.add_patch(made)
        return made

    def _rounded(self, box: Box, radius: float, *, edge: str, fill: str, width: float, level: float) -> None:
        round_ = f"round,pad=0,rounding_size={radius}"
        patch = FancyBboxPatch((box.x, box.y), box.width, box.height, boxstyle=round_, zorder=level)
        patch.set(facecolor=fill, edgecolor=edge, linewidth=self.points(width))
        self._axes.add_patch(patch)


@cache
def _path(points: tuple[Point, ...]) -> Path:
    """A way with rounded corners."""
    places, codes = [points[0]], [Path.MOVETO]
    for (x0, y0), (x, y), (x1, y1) in zip(points, points[1:], points[2:], strict=False):
        before, after = abs(x0 - x) + abs(y0 - y), abs(x1 - x) + abs(y1 - y)
        near = min(_CORNER, before / 2, after / 2)
        places += [
            (x + (x0 - x) * near / before, y + (y0 - y) * near / before),
            (x, y),
            (x + (x1 - x) * near / after, y + (y1 - y) * near / after),
        ]
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    return Path([*places, points[-1]], [*codes, Path.LINETO])
