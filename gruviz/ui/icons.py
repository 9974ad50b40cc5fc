"""The few drawn signs, in the colour of the theme: shapes on a grid of 16 by 16."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPixmap, QPolygonF

SIZE = 16


def icon(name: str, colour: str, faint: str) -> QIcon:
    """The sign called `name`; `faint` is its colour while it cannot be used."""
    made = QIcon()
    for mode, shade in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, faint)):
        for scale in (1, 2, 3):
            pixmap = QPixmap(SIZE * scale, SIZE * scale)
            pixmap.fill(Qt.GlobalColor.transparent)
            with QPainter(pixmap) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.scale(scale, scale)
                painter.fillPath(_SHAPES[name](), QColor(shade))
            pixmap.setDevicePixelRatio(scale)
            made.addPixmap(pixmap, mode)
    return made


def _shape(*polygons: list[tuple[float, float]]) -> QPainterPath:
    path = QPainterPath()
    for points in polygons:
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in points]))
        path.closeSubpath()
    return path


def _bar(x: float) -> list[tuple[float, float]]:
    return [(x, 3), (x + 2, 3), (x + 2, 13), (x, 13)]


def _loop() -> QPainterPath:
    """An arrow that runs in a circle."""
    ring, inner, gap = QPainterPath(), QPainterPath(), QPainterPath()
    ring.addEllipse(QRectF(2.5, 2.5, 11, 11))
    inner.addEllipse(QRectF(4.2, 4.2, 7.6, 7.6))
    gap.addRect(QRectF(8, 1, 7, 7))
    return ring.subtracted(inner).subtracted(gap).united(_shape([(8, 0.2), (12.4, 3.4), (8, 6.6)]))


def _theme() -> QPainterPath:
    ring, inner, half = QPainterPath(), QPainterPath(), QPainterPath()
    ring.addEllipse(QRectF(2, 2, 12, 12))
    inner.addEllipse(QRectF(3.5, 3.5, 9, 9))
    half.moveTo(8, 3)
    half.arcTo(QRectF(3, 3, 10, 10), 90, 180)
    half.closeSubpath()
    return ring.subtracted(inner).united(half)


_SHAPES: dict[str, Callable[[], QPainterPath]] = {
    "play": lambda: _shape([(4, 2.5), (13, 8), (4, 13.5)]),
    "pause": lambda: _shape([(4, 3), (7, 3), (7, 13), (4, 13)], [(9, 3), (12, 3), (12, 13), (9, 13)]),
    "forward": lambda: _shape([(4, 3), (10, 8), (4, 13)], _bar(10.5)),
    "back": lambda: _shape([(12, 3), (6, 8), (12, 13)], _bar(3.5)),
    "last": lambda: _shape([(2, 3), (7, 8), (2, 13)], [(7, 3), (12, 8), (7, 13)], _bar(12.5)),
    "first": lambda: _shape([(14, 3), (9, 8), (14, 13)], [(9, 3), (4, 8), (9, 13)], _bar(1.5)),
    "loop": _loop,
    "theme": _theme,
}
