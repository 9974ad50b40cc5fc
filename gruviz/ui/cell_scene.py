"""Draws a cell and its equations: what never changes once, into a picture; numbers and how full channels are anew."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QApplication

from gruviz.arithmetic import number
from gruviz.cell_drawing import CHANNEL, TEXT, Box, Drawing, Label, drawing
from gruviz.cells import Cell
from gruviz.equations import Equation, Step, equations
from gruviz.ui.cell_lines import Lines, lines_for, paint_numbers, paint_symbols
from gruviz.ui.cell_shapes import paint_channel, paint_node, paint_sign, paint_stream, paint_wire
from gruviz.ui.panels.panel import draw_text
from gruviz.ui.theme import STEP, Theme
from gruviz.ui.typeset import Formula, typeset

_READABLE = 13
"""The size of the font of equations from which on they may stand beside the drawing."""
_NARROWEST, _WIDEST = 0.82, 1.7
"""How much smaller and larger than at its own size the drawing becomes; smaller still only where nothing else helps."""
_TOGETHER = 400.0
"""Pixels over which an equation and what it comes to may stand apart."""


@dataclass(frozen=True)
class Layout:
    """Where things stand, in pixels from the upper left corner."""

    drawing: Drawing
    equations: tuple[Equation, ...]
    """As many as there is room for."""
    origin: QPointF
    scale: float
    lines: Lines
    text: QPointF
    width: float
    """Of the equations."""
    numbered: bool
    """There is a line of numbers below each."""


class CellScene:
    """A cell in a room of the window."""

    def __init__(self) -> None:
        self._key: object = None
        self._still, self._over = QPixmap(), QPixmap()
        """What lies below that which changes, and above it."""
        self.layout: Layout | None = None
        """Where things stand; None before there was a room."""
        self._theme: Theme | None = None

    def height_for(self, cell: Cell, reset: str, width: float) -> int:
        """How high drawing and equations are below each other, at this width."""
        shape, lines = drawing(cell, reset=reset), lines_for(cell, reset, width)
        return round(shape.height * min(width / shape.width, _WIDEST) + lines.height(len(equations(cell))) + 3 * STEP)

    def lay_out(
        self, room: QRectF, ratio: float, cell: Cell, reset: str, backward: bool, numbered: bool, theme: Theme
    ) -> None:
        """Take this room, for this cell, with numbers or without; nothing is done where all is as it was.

        Args:
            room: the pixels of the window.
            ratio: pixels of the screen to one of those.
            cell: what is drawn.
            reset: of a GRU, where its reset gate acts.
            backward: it reads from the end.
            numbered: numbers are to stand in it.
            theme: its colours.
        """
        key = (room.width(), room.height(), ratio, cell, reset, backward, numbered, theme.name)
        if key == self._key:
            return
        self._key, self._theme = key, theme
        self.layout = _arrange(room.width(), room.height(), cell, reset, backward, numbered)
        self._still = _picture(room, ratio, QColor(theme.panel))
        self._over = _picture(room, ratio, QColor(Qt.GlobalColor.transparent))
        for picture, paint in ((self._still, _paint_still), (self._over, _paint_over)):
            with QPainter(picture) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                paint(painter, self.layout, theme)

    @property
    def bottom(self) -> float:
        """Where the last equation ends, in pixels from the top of the room."""
        layout = self.layout
        if layout is None:
            return 0.0
        return layout.text.y() + layout.lines.height(len(layout.equations), layout.numbered)

    def paint(self, painter: QPainter, at: QPointF, step: Step | None, given: str) -> None:
        """Draw it here: with the numbers of a unit and the words for what goes in, or without."""
        layout, theme = self.layout, self._theme
        assert layout is not None
        assert theme is not None
        painter.drawPixmap(at, self._still)
        if step is None:
            painter.drawPixmap(at, self._over)
            return
        painter.save()
        painter.translate(at)
        paint_numbers(painter, layout.equations, step, layout.lines, layout.text, layout.width, theme)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(layout.origin)
        painter.scale(layout.scale, layout.scale)
        shares = step.shares
        for channel in layout.drawing.channels:
            paint_stream(painter, channel, shares, theme)
        painter.restore()
        painter.drawPixmap(at, self._over)
        painter.save()
        painter.translate(at + layout.origin)
        self._paint_amounts(painter, layout, step, given, theme)
        painter.restore()

    def _paint_amounts(self, painter: QPainter, layout: Layout, step: Step, given: str, theme: Theme) -> None:
        """The numbers in the drawing."""
        amounts, scale = step.amounts, layout.scale
        for label in layout.drawing.labels:
            if label.amount in amounts:
                text = ("= " if label.equals else "") + number(amounts[label.amount])
                symbol = typeset(label.symbol, symbol_size(scale)).width if label.symbol else 0.0
                formula = _fitting(text, label.box.width * scale - symbol - (_apart(scale) if symbol else 0), scale)
                if label.symbol:
                    x = _start(label, scale, symbol + _value_width(label, scale)) + symbol + _apart(scale)
                else:
                    x = _start(label, scale, formula.width)
                formula.draw(painter, x, _middle(label.box, scale, formula), theme.foreground)
        if given:
            x, y = layout.drawing.given
            x = x * scale + typeset("x_t", symbol_size(scale)).width + _apart(scale)
            metrics = QFontMetricsF(QApplication.font())
            shown = metrics.elidedText(given, Qt.TextElideMode.ElideRight, (layout.drawing.width) * scale - x)
            draw_text(painter, x, y * scale - metrics.height() / 2, shown, QApplication.font(), theme.foreground)


def _picture(room: QRectF, ratio: float, colour: QColor) -> QPixmap:
    made = QPixmap(max(1, round(room.width() * ratio)), max(1, round(room.height() * ratio)))
    made.setDevicePixelRatio(ratio)
    made.fill(colour)
    return made


def _paint_still(painter: QPainter, layout: Layout, theme: Theme) -> None:
    """The ways, the symbols, the equations."""
    shape = layout.drawing
    painter.save()
    painter.translate(layout.origin)
    painter.scale(layout.scale, layout.scale)
    body = shape.body
    painter.setPen(QPen(QColor(theme.rule), 1.0))
    painter.setBrush(QColor(theme.window))
    painter.drawRoundedRect(QRectF(body.x, body.y, body.width, body.height), 10, 10)
    for channel in shape.channels:
        paint_channel(painter, channel, theme)
    for wire in sorted(shape.wires, key=lambda wire: wire.over):
        paint_wire(painter, wire, theme)
    painter.restore()
    painter.save()
    painter.translate(layout.origin)
    for label in shape.labels:
        if label.symbol:
            formula = typeset(label.symbol, symbol_size(layout.scale))
            x = _start(label, layout.scale, formula.width + _value_width(label, layout.scale))
            formula.draw(painter, x, _middle(label.box, layout.scale, formula), theme.foreground)
    x, y = shape.given
    formula = typeset("x_t", symbol_size(layout.scale))
    formula.draw(painter, x * layout.scale, y * layout.scale - formula.height / 2, theme.foreground)
    painter.restore()
    paint_symbols(painter, layout.equations, layout.lines, layout.text, layout.width, theme, numbered=layout.numbered)


def _paint_over(painter: QPainter, layout: Layout, theme: Theme) -> None:
    """What the ways end in."""
    shape = layout.drawing
    painter.save()
    painter.translate(layout.origin)
    painter.scale(layout.scale, layout.scale)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.panel))
    for channel in shape.channels:
        if channel.arrow:  # its end is cut to a point
            x, y = channel.points[-1]
            for side in (-1, 1):
                corner = [QPointF(x - CHANNEL / 2, y + side * 5), QPointF(x + 1, y + side * 5), QPointF(x + 1, y)]
                painter.drawPolygon(QPolygonF(corner))
    painter.setBrush(QColor(theme.foreground))
    for x, y in shape.dots:
        painter.drawEllipse(QPointF(x, y), 2.2, 2.2)
    for node in shape.nodes:
        paint_node(painter, node, theme)
    painter.restore()
    painter.save()
    painter.translate(layout.origin)
    for node in shape.nodes:
        paint_sign(painter, node, layout.scale, theme)
    painter.restore()


def _arrange(width: float, height: float, cell: Cell, reset: str, backward: bool, numbered: bool) -> Layout:
    """Drawing above equations or beside them: as shows more equations, the last first, and then a larger drawing."""
    shape, all_of_them = drawing(cell, reset=reset, backward=backward), equations(cell, reset=reset, backward=backward)

    def fitting(lines: Lines, room: float) -> int:
        return max(0, min(len(all_of_them), int((room + lines.gap) // lines.height(1, numbered))))

    above = lines_for(cell, reset, width)
    least = min(_NARROWEST * shape.height, 0.7 * height)
    room = max(height - above.height(len(all_of_them), numbered) - 3 * STEP, least)
    scale = min(width / shape.width, room / shape.height, _WIDEST)
    top, wide = shape.height * scale + 2 * STEP, min(width, max(_TOGETHER, 1.2 * above.width))
    count = fitting(above, height - top)

    half = width / 2 - 2 * STEP
    beside, apart = lines_for(cell, reset, half), min(half / shape.width, (height - 2 * STEP) / shape.height, _WIDEST)
    others = fitting(beside, height - 3 * STEP)
    if beside.size >= _READABLE and (others, apart) > (count, scale):
        origin, text = QPointF((half - shape.width * apart) / 2, STEP), QPointF(width - half, 2 * STEP)
        return Layout(shape, all_of_them[len(all_of_them) - others :], origin, apart, beside, text, half, numbered)
    origin, text = QPointF((width - shape.width * scale) / 2, 0), QPointF((width - wide) / 2, top)
    return Layout(shape, all_of_them[len(all_of_them) - count :], origin, scale, above, text, wide, numbered)


def symbol_size(scale: float) -> int:
    """Of the font of symbols in the drawing, in pixels."""
    return round(1.15 * TEXT * scale)


def number_size(scale: float) -> int:
    """Of the font of numbers in the drawing, in pixels."""
    return round(1.05 * TEXT * scale)


def _apart(scale: float) -> float:
    return 4 * scale


def _fitting(text: str, room: float, scale: float) -> Formula:
    """A number, smaller where it has more digits than there is room for."""
    size = number_size(scale)
    formula = typeset(text, size)
    return formula if formula.width <= room else typeset(text, int(size * room / formula.width))


def _value_width(label: Label, scale: float) -> float:
    """Room for the number behind the symbol."""
    rough = "= 0.888" if label.equals else "0.888"
    return typeset(rough, number_size(scale)).width + _apart(scale) if label.amount else 0.0


def _start(label: Label, scale: float, width: float) -> float:
    """Where in its box something of this width begins."""
    free = label.box.width * scale - width
    return label.box.x * scale + {"left": 0.0, "middle": free / 2, "right": free}[label.align]


def _middle(box: Box, scale: float, formula: Formula) -> float:
    """The top of a formula in the middle of a box."""
    return (box.y + box.height / 2) * scale - formula.height / 2
