"""A drawn cell of a GRU, an LSTM and a plain RNN, as plain numbers: the window and a printed figure draw the same.

What carries values is a channel, filled as far as a gate lets them pass: the state runs along the top from left to
right, the gates stand below it, and what goes in comes from below. Lengths are in units of the drawing, y downwards,
symbols are in TeX's notation as far as mathtext knows it, without dollars.
"""

from dataclasses import dataclass
from functools import cache

from gruviz.cells import Cell

CHANNEL = 9.0
"""Width of a channel."""
RADIUS = 9.0
"""Of the circles that multiply and add."""
TEXT = 13.0
"""Height of the font of the numbers; a box of a label is higher."""
_GATE = (40.0, 24.0)
_TOP, _MIDDLE, _ROW = 36.0, 76.0, 124.0
"""Where the state runs, where it is decided what is written, and where the gates stand."""
_HIDDEN, _INPUT = 170.0, 178.0
"""Where the old hidden states and what goes in run to the gates."""
_LEFT, _RIGHT, _FLOOR = 44.0, 292.0, 186.0
"""Borders of the cell; beside them stands what comes in and goes out."""
_WIDTH, _HEIGHT = 336.0, 216.0

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A rectangle by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: "Box") -> bool:
        """Whether they share more than an edge."""
        across = self.x < other.x + other.width and other.x < self.x + self.width
        return across and self.y < other.y + other.height and other.y < self.y + self.height

    def within(self, other: "Box") -> bool:
        """Whether it lies in another."""
        across = other.x <= self.x and self.x + self.width <= other.x + other.width
        return across and other.y <= self.y and self.y + self.height <= other.y + other.height


@dataclass(frozen=True)
class Node:
    """What makes one value from others: a gate, a product, a sum."""

    x: float
    """Of its middle."""
    y: float
    width: float
    height: float
    text: str
    colour: str = ""
    """The quantity in whose colour it is drawn; empty for that of the text."""
    round: bool = False
    """A circle; else a box."""

    @property
    def box(self) -> Box:
        """The room it takes."""
        return Box(self.x - self.width / 2, self.y - self.height / 2, self.width, self.height)


@dataclass(frozen=True)
class Wire:
    """A way along some points, with rounded corners."""

    points: tuple[Point, ...]
    colour: str = ""
    """As a node's; `retained` and `overwritten` besides."""
    over: bool = False
    """It crosses others without touching them."""


@dataclass(frozen=True)
class Channel:
    """A wide way along some points, which is filled from its left side as far as values pass."""

    points: tuple[Point, ...]
    shares: tuple[tuple[str, str], ...]
    """What it is filled with: a colour, and the name of the fraction among `Step.shares`; together at most 1 wide."""
    arrow: bool = False
    """It ends in a point."""


@dataclass(frozen=True)
class Label:
    """A symbol, a number, or one before the other."""

    box: Box
    symbol: str = ""
    amount: str = ""
    """The name of the number among `Step.amounts`."""
    align: str = "left"
    """Where in the box: `left`, `middle` or `right`."""
    equals: bool = False
    """An equals sign stands between the two."""


@dataclass(frozen=True)
class Drawing:
    """A cell."""

    width: float
    height: float
    body: Box
    """What belongs to the cell; beside it stands what comes in and goes out."""
    wires: tuple[Wire, ...]
    channels: tuple[Channel, ...]
    nodes: tuple[Node, ...]
    labels: tuple[Label, ...]
    given: Point
    """Where the words for what goes in begin: the middle of the line's height, at its left end."""
    dots: tuple[Point, ...]
    """Where a way forks."""


@cache
def drawing(cell: Cell, *, reset: str = "after", backward: bool = False) -> Drawing:
    """The drawing of a cell.

    Args:
        cell: which, with the formulas that it has.
        reset: of a GRU, whether the reset gate acts `after` the product with W_hn or `before` it.
        backward: it reads from the end, and what came before a timestep is what stands after it.
    """
    before = "t+1" if backward else "t-1"
    if cell.name == "gru":
        return _gru(before, reset)
    return (
        _lstm(before)
        if cell.name == "lstm"
        else _rnn(before, r"\mathrm{relu}" if "relu" in cell["hidden"].formula else r"\tanh")
    )


def _gru(before: str, reset: str) -> Drawing:
    z, r, way, n = 84.0, 140.0, 187.0, 236.0  # columns: update, reset, what the candidate reads, candidate
    times, product = (_ROW, 152.0) if reset == "after" else (151.0, _ROW)
    opens = (
        Wire(((r + 20, _ROW), (way - RADIUS, _ROW)), "reset")
        if reset == "after"
        else Wire(((r + 20, _ROW), (r + 27, _ROW), (r + 27, times), (way - RADIUS, times)), "reset")
    )
    read = (("reset", "reset"),)
    if reset == "after":
        reads = (
            Channel(((way, product - 7), (way, times + RADIUS)), (("", "all"),)),
            Channel(((way + RADIUS, _ROW), (n - 20, _ROW)), read),
        )
    else:
        reads = (
            Channel(((way, _HIDDEN), (way, times + RADIUS)), (("", "all"),)),
            Channel(((way, times - RADIUS), (way, product + 7)), read),
        )
    nodes = (
        _times(z, _TOP),
        _plus(n, _TOP),
        _times(n, _MIDDLE),
        Node(160.0, _MIDDLE, 26.0, 2 * RADIUS, "1-", "overwritten", round=True),
        Node(z, _ROW, *_GATE, r"\sigma", "update"),
        Node(r, _ROW, *_GATE, r"\sigma", "reset"),
        Node(n, _ROW, *_GATE, r"\tanh", "candidate"),
        _times(way, times),
        Node(way, product, 30.0, 14.0, "W_{hn}"),
    )
    wires = (
        Wire(((56.0, _TOP), (56.0, _HIDDEN), (way, _HIDDEN), *(((way, product + 7),) if reset == "after" else ()))),
        *_feeds((z, r)),
        Wire(((62.0, _HEIGHT), (62.0, _INPUT), (n + 12, _INPUT), (n + 12, _ROW + 12))),
        Wire(((z, _ROW - 12), (z, _TOP + RADIUS)), "update"),
        Wire(((z, _MIDDLE), (147.0, _MIDDLE)), "update"),
        Wire(((173.0, _MIDDLE), (n - RADIUS, _MIDDLE)), "overwritten"),
        opens,
        *(() if reset == "after" else (Wire(((way + 15, _ROW), (n - 20, _ROW))),)),
    )
    channels = (
        Channel(((0.0, _TOP), (z - RADIUS, _TOP)), (("", "all"),)),
        Channel(((z + RADIUS, _TOP), (n - RADIUS, _TOP)), (("retained", "keep"),)),
        Channel(((n + RADIUS, _TOP), (_WIDTH, _TOP)), (("retained", "keep"), ("overwritten", "write")), arrow=True),
        Channel(((n, _ROW - 12), (n, _MIDDLE + RADIUS)), (("candidate", "all"),)),
        Channel(((n, _MIDDLE - RADIUS), (n, _TOP + RADIUS)), (("overwritten", "write"),)),
        *reads,
    )
    told = (
        (Label(Box(205, 145, 42, 16), amount="recurrent"), Label(Box(172, 97, 43, 16), amount="read", align="middle"))
        if reset == "after"
        else (Label(Box(172, 97, 43, 16), amount="recurrent", align="middle"),)
    )
    labels = (
        *_end(0.0, _TOP, f"h_{{{before}}}", "before hidden"),
        *_end(_RIGHT + 2, _TOP, "h_t", "hidden"),
        Label(Box(95, 10, 132, 17), f"z_t h_{{{before}}}", "kept", "middle", equals=True),
        Label(Box(246, 47, 45, 16), amount="written"),
        Label(Box(176, 58, 42, 16), amount="write", align="middle"),
        Label(Box(90, 78, 56, 16), "z_t", "update"),
        Label(Box(112, 95, 56, 16), "r_t", "reset", "middle"),
        Label(Box(247, 81, 20, 15), "n_t"),
        Label(Box(247, 96, 45, 16), amount="candidate"),
        *told,
    )
    dots = ((56.0, _TOP), (z, _MIDDLE), (z - 6, _HIDDEN), (r - 6, _HIDDEN), (z + 6, _INPUT), (r + 6, _INPUT))
    return _drawn(wires, channels, nodes, labels, dots)


def _lstm(before: str) -> Drawing:
    f, i, g, o, out = 76.0, 130.0, 184.0, 238.0, 272.0  # columns: the gates, and the way out
    gate = (36.0, 24.0)
    nodes = (
        _times(f, _TOP),
        _plus(g, _TOP),
        _times(g, _MIDDLE),
        Node(f, _ROW, *gate, r"\sigma", "forget"),
        Node(i, _ROW, *gate, r"\sigma", "input"),
        Node(g, _ROW, *gate, r"\tanh", "candidate"),
        Node(o, _ROW, *gate, r"\sigma", "output"),
        Node(out, 66.0, 34.0, 16.0, r"\tanh"),
        _times(out, 100.0),
    )
    wires = (
        Wire(((0.0, _HIDDEN), (o - 6, _HIDDEN), (o - 6, _ROW + 12))),
        *_feeds((f, i, g), (o,)),
        Wire(((62.0, _HEIGHT), (62.0, _INPUT), (o + 6, _INPUT), (o + 6, _ROW + 12))),
        Wire(((f, _ROW - 12), (f, _TOP + RADIUS)), "forget"),
        Wire(((i, _ROW - 12), (i, _MIDDLE), (g - RADIUS, _MIDDLE)), "input"),
        Wire(((o, _ROW - 12), (o, 100.0), (out - RADIUS, 100.0)), "output"),
    )
    channels = (
        Channel(((0.0, _TOP), (f - RADIUS, _TOP)), (("", "all"),)),
        Channel(((f + RADIUS, _TOP), (g - RADIUS, _TOP)), (("retained", "keep"),)),
        Channel(
            ((g + RADIUS, _TOP), (_WIDTH, _TOP)), (("retained", "half keep"), ("overwritten", "half write")), arrow=True
        ),
        Channel(((g, _ROW - 12), (g, _MIDDLE + RADIUS)), (("candidate", "all"),)),
        Channel(((g, _MIDDLE - RADIUS), (g, _TOP + RADIUS)), (("overwritten", "write"),)),
        Channel(((out, _TOP), (out, 58.0)), (("", "all"),)),
        Channel(((out, 74.0), (out, 100.0 - RADIUS)), (("", "all"),)),
        Channel(((out, 100.0 + RADIUS), (out, 150.0), (_WIDTH, 150.0)), (("output", "output"),), arrow=True),
    )
    labels = (
        *_end(0.0, _TOP, f"c_{{{before}}}", "before cell"),
        *_end(0.0, _HIDDEN, f"h_{{{before}}}", "before hidden"),
        *_end(_RIGHT + 2, _TOP, "c_t", "cell"),
        *_end(_RIGHT + 2, 150.0, "h_t", "hidden"),
        Label(Box(80, 10, 112, 17), f"f_t c_{{{before}}}", "kept", "middle", equals=True),
        Label(Box(194, 47, 45, 16), amount="written"),
        Label(Box(58, 93, 15, 16), "f", align="right"),
        Label(Box(80, 93, 36, 16), amount="forget"),
        Label(Box(116, 93, 11, 16), "i", align="right"),
        Label(Box(134, 93, 36, 16), amount="input"),
        Label(Box(170, 93, 9, 16), "g", align="right"),
        Label(Box(191, 95, 44, 16), amount="candidate"),
        Label(Box(204, 79, 52, 16), "o", "output", "right"),
    )
    stubs = ((column + shift, level) for column in (f, i, g) for shift, level in ((-6, _HIDDEN), (6, _INPUT)))
    return _drawn(wires, channels, nodes, labels, ((out, _TOP), *stubs))


def _rnn(before: str, squash: str) -> Drawing:
    row, product, plus, tanh = 60.0, 96.0, 160.0, 226.0
    nodes = (
        Node(product, row, 32.0, 18.0, "W_{hh}"),
        _plus(plus, row),
        Node(tanh, row, *_GATE, squash, "candidate"),
        Node(plus, 104.0, 32.0, 18.0, "W_{ih}"),
    )
    wires = (Wire(((plus, 152.0), (plus, 113.0))),)
    channels = (
        Channel(((0.0, row), (product - 16, row)), (("", "all"),)),
        Channel(((product + 16, row), (plus - RADIUS, row)), (("", "all"),)),
        Channel(((plus, 95.0), (plus, row + RADIUS)), (("", "all"),)),
        Channel(((plus + RADIUS, row), (tanh - 20, row)), (("", "all"),)),
        Channel(((tanh + 20, row), (_WIDTH, row)), (("overwritten", "all"),), arrow=True),
    )
    labels = (
        *_end(0.0, row, f"h_{{{before}}}", "before hidden"),
        *_end(_RIGHT + 2, row, "h_t", "hidden"),
        Label(Box(114, 31, 46, 16), amount="recurrent", align="middle"),
        Label(Box(168, 76, 48, 16), amount="given"),
        Label(Box(160, 31, 46, 16), amount="sum", align="middle"),
    )
    return Drawing(
        _WIDTH,
        152.0,
        Box(_LEFT, 10, _RIGHT - _LEFT, 114),
        wires,
        channels,
        nodes,
        labels,
        (plus + 8, 138.0),
        (),
    )


def _drawn(
    wires: tuple[Wire, ...],
    channels: tuple[Channel, ...],
    nodes: tuple[Node, ...],
    labels: tuple[Label, ...],
    dots: tuple[Point, ...],
) -> Drawing:
    body = Box(_LEFT, 6, _RIGHT - _LEFT, _FLOOR - 6)
    return Drawing(_WIDTH, _HEIGHT, body, wires, channels, nodes, labels, (70.0, 202.0), dots)


def _feeds(columns: tuple[float, ...], inputs: tuple[float, ...] = ()) -> tuple[Wire, ...]:
    """What gates read: the old hidden states and what goes in, from the two ways below them."""
    foot = _ROW + 12
    old = tuple(Wire(((x - 6, _HIDDEN), (x - 6, foot))) for x in columns)
    return old + tuple(Wire(((x + 6, _INPUT), (x + 6, foot)), over=True) for x in columns)


def _end(x: float, y: float, symbol: str, amount: str) -> tuple[Label, Label]:
    """What comes in or goes out: its symbol above the way, its number below."""
    return (
        Label(Box(x, y - 24, 42, 17), symbol, align="middle"),
        Label(Box(x, y + 7, 42, 16), amount=amount, align="middle"),
    )


def _times(x: float, y: float) -> Node:
    return Node(x, y, 2 * RADIUS, 2 * RADIUS, r"\times", round=True)


def _plus(x: float, y: float) -> Node:
    return Node(x, y, 2 * RADIUS, 2 * RADIUS, "+", round=True)
