"""The shapes that a drawn cell is made of, each painted in the units of the drawing."""

from collections.abc import Mapping
from functools import cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from gruviz import palette
from gruviz.cell_drawing import CHANNEL, Channel, Node, Wire
from gruviz.ui.theme import Theme
from gruviz.ui.typeset import typeset

_CORNER = 6.0
"""Radius of a way's corners."""


def _colour(name: str, theme: Theme) -> str:
    known = {"": theme.muted, "retained": palette.RETAINED, "overwritten": palette.OVERWRITTEN}
    return known.get(name) or palette.LINES[name]


@cache
def _path(points: tuple[tuple[float, float], ...]) -> QPainterPath:
    """A way with rounded corners."""
    path = QPainterPath(QPointF(*points[0]))
    for (x0, y0), (x, y), (x1, y1) in zip(points, points[1:], points[2:], strict=False):
        before, after = QPointF(x0 - x, y0 - y), QPointF(x1 - x, y1 - y)
        near = min(_CORNER, before.manhattanLength() / 2, after.manhattanLength() / 2)
        path.lineTo(QPointF(x, y) + before * (near / before.manhattanLength()))
        path.quadTo(QPointF(x, y), QPointF(x, y) + after * (near / after.manhattanLength()))
    path.lineTo(QPointF(*points[-1]))
    return path


def paint_channel(painter: QPainter, channel: Channel, theme: Theme) -> None:
    """An empty channel."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.rule), CHANNEL, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
    painter.drawPath(_path(channel.points))


def paint_stream(painter: QPainter, channel: Channel, shares: Mapping[str, float], theme: Theme) -> None:
    """Fill a channel as far as it is to be: around its middle, what comes first on the left."""
    parts = [(colour, max(0.0, min(shares[name], 1.0))) for colour, name in channel.shares if name in shares]
    side = -sum(share for _, share in parts) / 2
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, share in parts:
        if share > 0:
            pen = QPen(QColor(_colour(colour, theme)), CHANNEL * share, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            if len(parts) == 1:
                painter.drawPath(_path(channel.points))
            else:  # beside each other, along a straight line
                (x, y), (end, _) = channel.points
                y += (side + share / 2) * CHANNEL
                painter.drawLine(QPointF(x, y), QPointF(end, y))
        side += share


def paint_wire(painter: QPainter, wire: Wire, theme: Theme) -> None:
    """A thin way; one that crosses others leaves a gap in them."""
    path = _path(wire.points)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if wire.over:
        painter.setPen(QPen(QColor(theme.window), 5.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        (x, start), (_, stop) = wire.points
        painter.drawLine(QPointF(x, start - 4), QPointF(x, stop + 4))
    painter.setPen(QPen(QColor(_colour(wire.colour, theme)), 1.6))
    painter.drawPath(path)


def paint_node(painter: QPainter, node: Node, theme: Theme) -> None:
    """A box or a circle, without what is written in it."""
    box = QRectF(node.box.x, node.box.y, node.width, node.height)
    colour = QColor(_colour(node.colour, theme))
    painter.setPen(QPen(colour, 1.6 if node.colour else 1.2))
    painter.setBrush(QColor(theme.panel))
    if node.round:
        painter.drawEllipse(box) if node.width == node.height else painter.drawRoundedRect(box, 9, 9)
    else:
        painter.drawRoundedRect(box, 5, 5)
        if node.colour:
            tint = QColor(colour)
            tint.setAlpha(46)
            painter.setBrush(tint)
            painter.drawRoundedRect(box, 5, 5)


def paint_sign(painter: QPainter, node: Node, scale: float, theme: Theme) -> None:
    """What is written in a node. Letters are not scaled with the painter: they are drawn at their size."""
    size = round((11 if node.text.startswith("W") else 14) * scale)
    formula = typeset(node.text, size)
    x, top = node.x * scale - formula.width / 2, node.y * scale - formula.height / 2
    formula.draw(painter, x, top, theme.foreground)
