"""The drawn cell: all of it inside, nothing on top of something else, and everything in it known."""

import itertools

import pytest

from gruviz import palette
from gruviz.cell_drawing import CHANNEL, RADIUS, Box, Drawing, drawing
from gruviz.cells import CELLS, GRU, LSTM, RNN, Cell, variant
from gruviz.equations import Step

KINDS = [
    (GRU, "after"),
    (variant(GRU, reset="before"), "before"),
    (LSTM, "after"),
    (RNN, "after"),
    (variant(RNN, nonlinearity="relu"), "after"),
]


def named(case: tuple[tuple[Cell, str], bool]) -> str:
    (cell, reset), backward = case
    return f"{cell.quantities[-1].formula} {reset} {'backward' * backward}"


@pytest.fixture(params=list(itertools.product(KINDS, (False, True))), ids=named)
def shape(request: pytest.FixtureRequest) -> Drawing:
    (cell, reset), backward = request.param
    return drawing(cell, reset=reset, backward=backward)


def pieces(points, width: float) -> list[Box]:
    """The room that a way along some points takes, a straight piece at a time."""
    half = width / 2
    return [
        Box(
            min(x0, x1) - half * (x0 == x1),
            min(y0, y1) - half * (y0 == y1),
            abs(x1 - x0) or width,
            abs(y1 - y0) or width,
        )
        for (x0, y0), (x1, y1) in itertools.pairwise(points)
    ]


def test_everything_lies_inside(shape: Drawing) -> None:
    page = Box(0, 0, shape.width, shape.height)
    assert shape.body.within(page)
    for label in shape.labels:
        assert label.box.within(page)
    for node in shape.nodes:
        assert node.box.within(shape.body)
    for way in (*shape.wires, *shape.channels):
        assert all(0 <= x <= shape.width and 0 <= y <= shape.height for x, y in way.points)


def test_no_label_covers_anything(shape: Drawing) -> None:
    for one, other in itertools.combinations(shape.labels, 2):
        assert not one.box.overlaps(other.box), (one, other)
    for label in shape.labels:
        for node in shape.nodes:
            assert not label.box.overlaps(node.box), (label, node)
        for channel in shape.channels:
            assert not any(label.box.overlaps(piece) for piece in pieces(channel.points, CHANNEL)), (label, channel)
        for wire in shape.wires:
            assert not any(label.box.overlaps(piece) for piece in pieces(wire.points, 1.6)), (label, wire)


def test_nodes_stand_apart(shape: Drawing) -> None:
    for one, other in itertools.combinations(shape.nodes, 2):
        assert not one.box.overlaps(other.box), (one, other)


def test_ways_run_straight_and_end_at_something(shape: Drawing) -> None:
    ways = [*shape.wires, *shape.channels]
    for way in ways:
        assert all((x0 == x1) != (y0 == y1) for (x0, y0), (x1, y1) in itertools.pairwise(way.points)), way
        for x, y in (way.points[0], way.points[-1]):
            at_node = any(
                Box(n.box.x - 1, n.box.y - 1, n.width + 2, n.height + 2).overlaps(Box(x - 0.5, y - 0.5, 1, 1))
                for n in shape.nodes
            )
            at_edge = x in (0, shape.width) or y == shape.height
            others = [p for o in ways if o is not way for p in pieces(o.points, 2.0)]
            on_another = any(piece.overlaps(Box(x - 0.5, y - 0.5, 1, 1)) for piece in others)
            assert at_node or at_edge or on_another, (way, x, y)


def test_circles_are_as_large_as_they_say(shape: Drawing) -> None:
    assert all(node.height == 2 * RADIUS for node in shape.nodes if node.round)


@pytest.mark.parametrize("name", list(CELLS))
def test_every_number_and_share_is_known(name: str) -> None:
    cell = CELLS[name]
    values = {quantity.name: 0.25 for quantity in cell.quantities}
    step = Step(cell, values, dict.fromkeys(cell.states, 0.5), dict.fromkeys(values, (0.1, 0.2)))
    for reset in ("after", "before") if name == "gru" else ("after",):
        shape = drawing(variant(cell, reset=reset), reset=reset)
        assert {label.amount for label in shape.labels} - {""} <= step.amounts.keys()
        assert {share for channel in shape.channels for _, share in channel.shares} <= step.shares.keys()
        colours = {node.colour for node in shape.nodes} | {wire.colour for wire in shape.wires}
        colours |= {colour for channel in shape.channels for colour, _ in channel.shares}
        assert colours <= {"", "retained", "overwritten", *palette.LINES}


def test_a_backward_cell_comes_from_the_timestep_after() -> None:
    symbols = {label.symbol for label in drawing(GRU, backward=True).labels}
    assert "h_{t+1}" in symbols
    assert not any("t-1" in symbol for symbol in symbols)


def test_what_is_kept_and_what_is_written_go_on_together() -> None:
    step = Step(GRU, {"update": 0.9, "reset": 0.2, "candidate": -0.5, "hidden": 0.22}, {"hidden": 0.3})
    (out,) = [channel for channel in drawing(GRU).channels if channel.arrow]
    assert [colour for colour, _ in out.shares] == ["retained", "overwritten"]
    assert sum(step.shares[share] for _, share in out.shares) == pytest.approx(1)
    assert step.shares["keep"] == 0.9
    assert step.amounts["kept"] + step.amounts["written"] == pytest.approx(0.22)
