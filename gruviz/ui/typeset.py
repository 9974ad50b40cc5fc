"""Formulas, drawn by Qt: the little of TeX's notation that `gruviz.equations` and `gruviz.cell_drawing` use.

Letters are italic, numbers and names of functions upright, in the STIX fonts that matplotlib brings along and figures
are set in; nothing of matplotlib is imported for that.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QPainter, QStaticText

from gruviz.equations import THIN, WIDE

_NAMES = {
    r"\sigma": "σ",
    r"\tanh": "tanh",
    r"\times": "×",
    r"\odot": "⊙",
    r"\cdot": "·",
    r"\infty": "∞",
    r"\leq": "≤",
}
_TOKEN = re.compile(
    r"\\mathrm\{(?P<roman>\w+)\}|_\{(?P<long>[^}]*)\}|\^\{(?P<power>[^}]*)\}|_(?P<short>.)|(?P<name>\\[a-z]+)|(?P<digits>\d[\d.]*)"
    r"|(?P<space> +)|(?P<letter>.)"
)
_SIGNS, _MAY_LEAD = "+−×⊙=<>≤", "+−<>≤"
"""Signs that stand between two things, and those that may also stand before one, without a gap."""
_SMALL, _DROP, _RISE = 0.72, 0.16, -0.34
"""Size of an index, how far it stands below the line, and how far a power does, in sizes of the font."""


@dataclass(frozen=True)
class Piece:
    """A few characters in one font, at a place in the line."""

    text: str
    laid_out: QStaticText
    font: QFont
    x: float
    down: float
    """How far its upper edge stands below that of the line."""


@dataclass(frozen=True)
class Formula:
    """A formula whose pieces have been placed."""

    pieces: tuple[Piece, ...]
    width: float
    ascent: float
    """Of the line above its base."""
    height: float
    """Of the line."""

    def draw(self, painter: QPainter, x: float, top: float, colour: str) -> None:
        """Draw it from its upper left corner on."""
        painter.setPen(QColor(colour))
        font = None
        for piece in self.pieces:
            if piece.font is not font:
                font = piece.font
                painter.setFont(font)
            painter.drawStaticText(QPointF(x + piece.x, top + piece.down), piece.laid_out)


@lru_cache(4096)  # numbers and symbols come again at every step of the cursor
def typeset(tex: str, size: int) -> Formula:
    """Place the pieces of a formula in a font so many pixels high."""
    base = _metrics(size, False)
    pieces: list[Piece] = []
    x = 0.0
    for text, italic, down, gap in _runs(tex):
        height = max(1, round(size * _SMALL)) if down else size
        font, metrics = math_font(height, italic), _metrics(height, italic)
        x += gap * size
        laid_out = QStaticText(text)
        laid_out.setTextFormat(Qt.TextFormat.PlainText)
        laid_out.prepare(font=font)
        pieces.append(Piece(text, laid_out, font, x, base.ascent() - metrics.ascent() + down * size))
        x += laid_out.size().width()
    return Formula(tuple(pieces), x, base.ascent(), base.height())


def _runs(tex: str) -> Iterator[tuple[str, bool, float, float]]:
    """Characters that stand together: text, whether italic, how far down, and the gap before, in sizes."""
    run, look, gap = "", (False, 0.0), 0.0
    wanted, sign, before = 0.0, False, ""
    for text, italic, down in _characters(tex):
        if text == " ":
            wanted = max(wanted, THIN)
            continue
        is_sign = not down and text in _SIGNS and not (text in _MAY_LEAD and (sign or before in ("", "(")))
        if before and (is_sign or sign):
            wanted = WIDE
        if run and (wanted or look != (italic, down)):
            yield run, *look, gap
            run, gap = "", wanted
        elif not run:
            gap = wanted
        run, look = run + text, (italic, down)
        wanted, sign, before = 0.0, is_sign, text
    if run:
        yield run, *look, gap


def _characters(tex: str) -> Iterator[tuple[str, bool, float]]:
    """What is to be seen, a word or a character at a time: text, whether italic, how far down, in sizes."""
    for found in _TOKEN.finditer(tex.replace("-", "−")):
        index = found["long"] or found["short"]
        if index:
            yield from ((character, character.isalpha(), _DROP) for character in index)
        elif found["power"]:
            yield found["power"], False, _RISE
        elif found["space"]:
            yield " ", False, 0.0
        elif found["letter"]:
            yield found["letter"], found["letter"].isalpha(), 0.0
        else:
            name = found["name"]
            yield _NAMES[name] if name else found["roman"] or found["digits"], False, 0.0


@cache
def math_font(size: int, italic: bool = False) -> QFont:
    """The font of formulas, so many pixels high."""
    font = QFont(_family())
    font.setStyleHint(QFont.StyleHint.Serif)
    font.setPixelSize(max(1, size))
    font.setItalic(italic)
    return font


@cache
def _metrics(size: int, italic: bool) -> QFontMetricsF:
    return QFontMetricsF(math_font(size, italic))


@cache
def _family() -> str:
    """The family of the fonts that matplotlib brings along; else a serif of the system's."""
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        return "serif"
    families = []
    for name in ("STIXGeneral.ttf", "STIXGeneralItalic.ttf"):
        number = QFontDatabase.addApplicationFont(str(Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / name))
        families += QFontDatabase.applicationFontFamilies(number)
    return families[0] if families else "serif"
