"""Lines on paper: how each symbol, or each stretch of curves, is placed, shaded and drawn."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QImage, QPainter, QPen
from PySide6.QtWidgets import QApplication

from gruviz import palette
from gruviz.cells import Quantity
from gruviz.ui.panels.curves import COLOURS
from gruviz.ui.panels.heatmap import lookup
from gruviz.ui.panels.lines import draw_line
from gruviz.ui.reading import Lines, Stretch
from gruviz.ui.signs import SIGNS, columns_of
from gruviz.ui.theme import STEP, Theme

_BELOW = 6
"""Pixels under a line, in which the label stands, and below it what is marked."""
MARK = 2
"""Pixels that each of the two is high."""
_STRIP = 12
"""Height of the shades under curves."""
_CURVE = 36
_STEP = 4
"""Width of a timestep of numbers."""
_ROUND = 50
"""A line of numbers holds a multiple of so many timesteps, where it has room for them."""
_MOST = 128
"""Letters in a line."""
_DARK, _LIGHT = "#1B1B1B", "#FFFFFF"
"""Letters on a light shade and on a dark one."""


@dataclass(frozen=True)
class Paper:
    """The measures of a page."""

    text: bool
    curves: bool
    """Numbers are drawn over their shades."""
    column: int
    """Width of a column in pixels."""
    shade: int
    """Height of a shade."""
    line: int
    """From one line to the next."""
    columns: int
    """In a line."""

    @property
    def top(self) -> int:
        """Of the shades, from the top of their line; above them are the curves."""
        return self.line - self.shade - _BELOW - (0 if self.text else STEP)

    @property
    def cell(self) -> int:
        """Height of all that stands at a timestep: its curves and its shade."""
        return self.top + self.shade


def paper_of(text: bool, curves: bool, width: int) -> Paper:
    """The paper for a tape of symbols or of numbers, on so many pixels."""
    if text:
        metrics = QFontMetricsF(page_font())
        column, shade = round(metrics.horizontalAdvance("m")), round(metrics.height())
        return Paper(True, False, column, shade, shade + _BELOW, min(max(width // column, 8), _MOST))
    columns = max(width // _STEP, 8)
    columns = columns // _ROUND * _ROUND or columns
    shade = _STRIP if curves else _STRIP + STEP
    return Paper(False, curves, _STEP, shade, (_CURVE if curves else 0) + shade + _BELOW + STEP, columns)


@cache
def _spaced(key: str) -> QFont:
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(QApplication.font().pointSizeF() + 0.5)
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setKerning(False)
    wide = QFontMetricsF(font).horizontalAdvance("m")
    font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, round(wide) - wide)  # columns are whole pixels
    return font


def page_font() -> QFont:
    """Letters of equal width."""
    return _spaced(QApplication.font().key())


def edges_of(stretch: Stretch, first: int, stop: int) -> NDArray[np.int64]:
    """Where the symbols of a line begin and end, in columns, (n + 1,)."""
    if stretch.signs is None:
        return np.arange(stop - first + 1)
    signs = stretch.signs[first - stretch.start : stop - stretch.start]
    return np.concatenate([[0], np.cumsum([_width(sign) for sign in signs], dtype=np.int64)])


@cache
def _width(sign: str) -> int:
    return columns_of(sign)


@cache
def _fits(letter: str, key: str) -> bool:
    """Whether a letter has the width of a column."""
    metrics = QFontMetricsF(page_font())
    return (
        letter not in SIGNS.values() and abs(metrics.horizontalAdvance(letter) - metrics.horizontalAdvance("m")) < 0.1
    )


def colours_of(quantity: Quantity) -> NDArray[np.uint8]:
    """By index of a shade, its colour, (256, 3)."""
    return lookup(quantity)[:, :3]


def dark_letters(quantity: Quantity) -> NDArray[np.bool_]:
    """By index of a shade, whether letters on it are dark, (256,): whichever of the two has the higher contrast, by the
    relative luminance of WCAG 2.
    """
    srgb = colours_of(quantity) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    dark = (np.array(palette.rgb(_DARK)) / 255 + 0.055) / 1.055
    ink = float(dark**2.4 @ [0.2126, 0.7152, 0.0722])
    found: NDArray[np.bool_] = (luminance + 0.05) / (ink + 0.05) >= 1.05 / (luminance + 0.05)
    return found


def draw_lines(
    painter: QPainter, paper: Paper, stretch: Stretch, lines: Lines, shown: range, quantity: Quantity, theme: Theme
) -> None:
    """Draw some lines, as far as they have been read, from (0, 0) down."""
    known = [n for n in shown if stretch.start <= lines.first[n] and lines.stop[n] <= stretch.start + len(stretch)]
    if not known:
        return
    first = known[0]
    columns = max(paper.columns, *(int(edges_of(stretch, *_rows(lines, n))[-1]) for n in known))
    ground = np.array(palette.rgb(theme.panel), np.uint8)
    picture = np.full((len(shown), columns, 3), ground, np.uint8)
    marks = np.zeros((len(shown), columns), np.uint8)
    colours, dark = colours_of(quantity), dark_letters(quantity)
    inked: list[tuple[int, str, NDArray[np.bool_]]] = []
    for number in known:
        begin, end = _rows(lines, number)
        here = slice(begin - stretch.start, end - stretch.start)
        edges = edges_of(stretch, begin, end)
        shades = np.repeat(stretch.shades[here], np.diff(edges))
        place = number - shown.start
        picture[place, : len(shades)] = colours[shades]
        if stretch.label is not None:
            label = np.nan_to_num(stretch.label[here])
            marks[place, : len(shades)] = np.repeat((label * 255).astype(np.uint8), np.diff(edges))
        if stretch.signs is not None:
            inked.append((place, "".join(stretch.signs[here]), dark[shades]))
    shades_image, marks_image = _image(picture), _ink(marks, theme)
    for place in range(first - shown.start, known[-1] - shown.start + 1):
        left, top, source = 0, place * paper.line + paper.top, QRect(0, place, columns, 1)
        width = columns * paper.column
        painter.drawImage(QRect(left, top, width, paper.shade), shades_image, source)
        painter.drawImage(QRect(left, top + paper.shade + 1, width, MARK), marks_image, source)
    painter.setFont(page_font())
    for place, letters, on_light in inked:
        _draw_letters(painter, paper, place * paper.line, letters, on_light)
    if stretch.curves is not None and paper.curves:
        for number in known:
            _draw_curves(painter, paper, (number - shown.start) * paper.line, stretch, *_rows(lines, number))


def _rows(lines: Lines, number: int) -> tuple[int, int]:
    return int(lines.first[number]), int(lines.stop[number])


def _image(picture: NDArray[np.uint8]) -> QImage:
    rows, columns, _ = picture.shape
    data = np.ascontiguousarray(picture)
    return QImage(data.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888).copy()


def _ink(alpha: NDArray[np.uint8], theme: Theme) -> QImage:
    """The foreground colour, as opaque as these say."""
    rows, columns = alpha.shape
    data = np.empty((rows, columns, 4), np.uint8)
    data[:, :, :3], data[:, :, 3] = palette.rgb(theme.foreground), alpha
    return QImage(data.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888).copy()


def _draw_letters(painter: QPainter, paper: Paper, top: int, letters: str, on_light: NDArray[np.bool_]) -> None:
    """One line: the dark letters at once, and the light ones; those of another width one by one."""
    metrics, key = QFontMetricsF(page_font()), page_font().key()
    baseline = top + round(metrics.ascent())
    fits = np.array([_fits(letter, key) for letter in letters], bool)
    if len(letters) == len(on_light):
        plain = np.array(list(letters))
        for which, colour in ((on_light, _DARK), (~on_light, _LIGHT)):
            if (which & fits & (plain != " ")).any():
                painter.setPen(QColor(colour))
                painter.drawText(QPointF(0, baseline), "".join(np.where(which & fits, plain, " ").tolist()))
    else:
        fits[:] = False
    column = 0
    for letter, fit in zip(letters, fits, strict=True):
        wide = _width(letter)
        if not fit and letter != " " and column < len(on_light):
            ink = QColor(_DARK if on_light[column] else _LIGHT)
            ink.setAlpha(140 if letter in SIGNS.values() else 255)
            painter.setPen(ink)
            cell = QRectF(column * paper.column - 4, top, wide * paper.column + 8, paper.shade)
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine, letter)
        column += wide


def _draw_curves(painter: QPainter, paper: Paper, top: int, stretch: Stretch, first: int, stop: int) -> None:
    """The numbers of a line, all on one scale, that of the whole tape."""
    assert stretch.curves is not None
    low, high = stretch.span
    here = stretch.curves[first - stretch.start : stop - stretch.start].astype(np.float64)
    x = (np.arange(len(here)) + 0.5) * paper.column
    for column, colour in zip(here.T, COLOURS, strict=False):
        y = top + 3 + (high - column) / (high - low) * (paper.top - 6)
        painter.setPen(QPen(QColor(colour), 1))  # a wider or smoother one takes ten times as long
        draw_line(painter, x, y)
