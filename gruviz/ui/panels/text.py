"""The symbols of a sequence: each over its column while there is room, else as a strip to read along."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QApplication, QGraphicsScene

from gruviz import palette
from gruviz.ui.panels.panel import Context, Painted, Panel, draw_text, text_width
from gruviz.ui.panels.shading import TIP as SHADED
from gruviz.ui.panels.shading import Shading
from gruviz.ui.reading import Hits, Request, Text, TextRequest
from gruviz.ui.signs import SIGNS, sign
from gruviz.ui.theme import STEP, small

_QUIET = frozenset(SIGNS.values())
_CENTRED = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine
_LARGEST, _SMALLEST = 2, -1
"""Points by which the text is larger than other text."""
_ELIDED = 0.2
"""The part of the words that may be too long for their columns, and are cut short."""
_WIDEST = "m"
"""The letter for which the font is chosen; what is wider still is drawn narrower."""
_APART = 0.5
"""Pixels between letters at least."""
_EDGE = 2.0 * STEP
"""Pixels left free at the right of the flowing text."""
_LEANING = 0.85
"""The part of the flowing text that lies on the shaded side of the cursor."""
_AROUND = 512
"""Symbols that are read before and after the block that is looked at."""


@dataclass(frozen=True)
class _Piece:
    """A part of the flowing text."""

    first: int
    """Its first timestep."""
    count: int
    """Timesteps in it."""
    shown: str
    left: float
    width: float


class TextPanel(Panel):
    """One line of text."""

    slot = "text"
    also = ("find",)
    symbol = "x"
    title = "sequence"
    height = 28
    tip = (
        "What the network reads. Zoomed in far enough, each symbol stands over its column; before that, what stands "
        "around the cursor is there to read along, and to click: a click goes to that symbol, a drag pulls the text. "
        "· is a space, ↵ ends a line."
    )

    def __init__(self, context: Context, scene: QGraphicsScene) -> None:
        super().__init__(context, scene)
        self.text = Text(0, ())
        """What was read."""
        self._hits: Hits | None = None
        self._words = False
        """Some symbols have several letters."""
        self._widths: dict[tuple[str, int], float] = {}
        self._strip = self.add(Painted(self._paint, moving=True))
        self._strip.setToolTip(f"{self.tip}<br>{SHADED}")
        self._shading = Shading(context, "text", self._strip.update)

    def remove(self) -> None:
        """Take it from the scene."""
        self._shading.end()
        super().remove()

    def place(self, body: QRect) -> None:
        """Stand here."""
        super().place(body)
        self._strip.place(body)

    def set_range(self, start: int, stop: int) -> None:
        """Symbols move with their columns."""
        self.refresh()
        self._strip.update()

    def refresh(self) -> None:
        """Ask for the text around what is looked at."""
        view = self.context.state.view
        if not view.length:
            return
        centre = (view.start + view.stop) // 2 if self.aligned else self._anchor
        start = max(0, centre // _AROUND - 1) * _AROUND
        layer, sequence = self.context.subject
        self.context.loader.ask(TextRequest(self.slot, layer, sequence, start, start + 3 * _AROUND))

    def clear(self) -> None:
        """Draw nothing until the next answer."""
        self.text = Text(0, ())
        self._hits = None

    def take(self, request: Request, answer: Any) -> None:
        """Draw it."""
        if isinstance(answer, Hits):
            self._hits = answer
            self._strip.update()
            return
        self.text = answer
        words = any(len(symbol) > 1 for symbol in self.text.symbols)
        if words != self._words:
            self._words, self._widths = words, {}
        self.wrong = ""
        self._strip.update()

    def cursor_moved(self) -> None:
        """Mark another symbol."""
        self.refresh()
        self._strip.update()

    @property
    def _anchor(self) -> int:
        """The timestep past which the text flows: the cursor's, or the middle of a range that the cursor is not in."""
        view = self.context.state.view
        return view.cursor if view.start <= view.cursor < view.stop else (view.start + view.stop) // 2

    @property
    def column(self) -> float:
        """Width of a timestep in pixels."""
        start, stop = self.visible
        return self.body.width() / max(stop - start, 1)

    @property
    def aligned(self) -> bool:
        """Whether each symbol has room over its own column; of words, most."""
        return self._fits(_SMALLEST)

    def _fits(self, larger: int) -> bool:
        """Whether there is room for most symbols in a font that is larger by so many points."""
        if self.column < QFontMetricsF(_font(larger)).horizontalAdvance("n"):
            return False
        start, stop = self.visible
        symbols = self.text.symbols[max(start - self.text.start, 0) : max(stop - self.text.start, 0)]
        wide = sum(self._width(symbol, larger) > self.column for symbol in symbols)
        return wide <= _ELIDED * len(symbols)

    @property
    def larger(self) -> int:
        """By how many points the font is larger, of symbols over their columns."""
        for size in range(_LARGEST, _SMALLEST, -1):
            if self._fits(size) and QFontMetricsF(_font(size)).horizontalAdvance(_WIDEST) <= self.column:
                return size
        return _SMALLEST

    def time_at(self, x: float) -> float:
        """The time of the symbol at this place."""
        if self.aligned:
            return super().time_at(x)
        x -= self.body.left()
        pieces = list(self._pieces(QRectF(0, 0, self.body.width(), self.body.height())))
        if not pieces:
            return super().time_at(x + self.body.left())
        for piece in pieces:
            if x < piece.left + piece.width:
                break
        metrics, letters = QFontMetricsF(_font()), piece.shown if piece.count > 1 else ""
        ends = (n for n in range(len(letters)) if x < piece.left + metrics.horizontalAdvance(letters[: n + 1]))
        return piece.first + next(ends, piece.count - 1) + 0.5

    @property
    def pull(self) -> float:
        """Pixels that a symbol of the flowing text takes, on average."""
        pieces = list(self._pieces(QRectF(0, 0, self.body.width(), self.body.height())))
        return sum(piece.width for piece in pieces) / max(sum(piece.count for piece in pieces), 1) or 1.0

    def _paint(self, painter: QPainter, rect: QRectF) -> None:
        if self.aligned:
            painter.setFont(_font(self.larger))
            self._paint_aligned(painter, rect)
        else:
            painter.setFont(_font())
            self._paint_flowing(painter, rect)
        self.paint_wrong(painter, rect)

    def _paint_aligned(self, painter: QPainter, rect: QRectF) -> None:
        start, stop = self.visible
        cursor, found = self.context.state.view.cursor, self._found(start, stop)
        for timestep, colour in self._shading.shades(start, stop).items():
            painter.fillRect(QRectF((timestep - start) * self.column, 0, self.column, rect.height()), colour)
        for timestep in range(start, stop):
            symbol = self.text.at(timestep)
            if symbol is not None:
                left = (timestep - start) * self.column
                if timestep in found:
                    mark = QRectF(left, rect.height() - 4, self.column, 3)
                    painter.fillRect(mark, QColor(palette.SELECTION))
                self._paint_symbol(
                    painter, symbol, left, self.column, rect.height(), marked=timestep == cursor, over_column=True
                )

    def _found(self, start: int, stop: int) -> set[int]:
        """Timesteps from `start` up to `stop` that belong to what is looked for."""
        hits = self._hits
        if hits is None or not hits.text or hits.text != self.context.state.view.find:
            return set()
        near = np.flatnonzero((hits.stops > start) & (hits.starts < stop))
        return {step for hit in near for step in range(int(hits.starts[hit]), int(hits.stops[hit]))}

    def _pieces(self, rect: QRectF) -> Iterator["_Piece"]:
        """The flowing text: the symbol that it flows past, where the cursor stands or as near as may be, and others."""
        view, anchor = self.context.state.view, self._anchor
        here = self.text.at(anchor)
        if here is None:
            return
        index, least = anchor - self.text.start, self._label_width
        width = self._width(here)
        middle = (anchor + 0.5 - view.start) * self.column
        most = rect.width() - width - _EDGE
        left = self._leaning(min(max(middle - width / 2, least), most), least, most)
        before, x, first = [], left, anchor
        for word in reversed(_words(self.text.symbols[max(0, index - _AROUND) : index])):
            if x < least:
                break
            count, wide = (1 if self._words else len(word)), text_width(word, _font())
            x, first = x - wide, first - count
            before.append(_Piece(first, count, word, x, wide))
        yield from reversed(before)
        yield _Piece(anchor, 1, here, left, width)
        x, first = left + width, anchor + 1
        for word in _words(self.text.symbols[index + 1 : index + _AROUND]):
            if x > rect.width():
                break
            count, wide = (1 if self._words else len(word)), text_width(word, _font())
            yield _Piece(first, count, word, x, wide)
            x, first = x + wide, first + count

    def _leaning(self, left: float, least: float, most: float) -> float:
        """Where the cursor's symbol begins so that most of the text is on its shaded side, as far as there is some."""
        behind, anchor = self._shading.behind, self._anchor
        if behind is None or anchor != self.context.state.view.cursor:
            return left
        index, symbols = anchor - self.text.start, self.text.symbols
        beside = symbols[max(0, index - _AROUND) : index] if behind else symbols[index + 1 : index + _AROUND]
        there = sum(text_width(word, _font()) for word in _words(beside))
        leaning = min(_LEANING * (most - least), there)
        return max(left, least + leaning) if behind else min(left, most - leaning)

    @property
    def _flows_past(self) -> str:
        return "around the cursor" if self._anchor == self.context.state.view.cursor else "around the middle"

    @property
    def _label_width(self) -> float:
        return text_width(self._flows_past, small(QApplication.font())) + 4 * STEP

    def _paint_flowing(self, painter: QPainter, rect: QRectF) -> None:
        """On a ground of its own, since its letters do not stand over their columns."""
        theme, font, label = self.context.theme, _font(), self._label_width
        ground = rect.adjusted(0, 2, 0, -2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.rule))
        painter.drawRoundedRect(ground, STEP, STEP)
        tiny = small(QApplication.font())
        top = (rect.height() - QFontMetricsF(tiny).height()) / 2
        draw_text(painter, 2 * STEP, top, self._flows_past, tiny, theme.muted)
        painter.setClipRect(rect.adjusted(label, 0, -_EDGE, 0))
        top = (rect.height() - QFontMetricsF(font).height()) / 2
        shades = self._shading.shades(self.text.start, self.text.start + len(self.text.symbols))
        for piece in self._pieces(rect):
            if shades:
                self._shade_piece(painter, piece, shades, rect.height())
            if piece.first == self._anchor:
                marked = piece.first == self.context.state.view.cursor
                painter.setFont(font)
                self._paint_symbol(painter, piece.shown, piece.left, piece.width, rect.height(), marked=marked)
            else:
                colour = theme.muted if piece.shown[0] in _QUIET else theme.foreground
                draw_text(painter, piece.left, top, piece.shown, font, colour)

    def _shade_piece(self, painter: QPainter, piece: "_Piece", shades: Mapping[int, QColor], height: float) -> None:
        """The ground behind the letters of a piece of the flowing text."""
        times = range(piece.first, piece.first + piece.count)
        if piece.count == 1:
            widths = [piece.width]
        else:
            widths = [text_width(letter, _font()) for letter in piece.shown]
            widths = [width * piece.width / (sum(widths) or 1.0) for width in widths]
        left = piece.left
        for timestep, width in zip(times, widths, strict=True):
            if timestep in shades:
                painter.fillRect(QRectF(left, 3, width, height - 6), shades[timestep])
            left += width

    def _paint_symbol(
        self,
        painter: QPainter,
        symbol: str,
        left: float,
        width: float,
        height: float,
        *,
        marked: bool,
        over_column: bool = False,
    ) -> None:
        theme = self.context.theme
        cell = QRectF(left, 0, width, height)
        if marked:
            spare = max(0.0, (width - self._width(symbol)) / 2 - 2 * STEP)  # a wide column is not all marked
            painter.fillRect(cell.adjusted(spare - 1, 2, 1 - spare, -2), QColor(theme.foreground))
        colour = theme.panel if marked else theme.muted if symbol in SIGNS else theme.foreground
        painter.setPen(QColor(colour))
        shown = sign(symbol)
        if len(symbol) > 1:
            metrics = QFontMetricsF(painter.font())
            shown = metrics.elidedText(shown, Qt.TextElideMode.ElideRight, max(width, metrics.horizontalAdvance("n…")))
        room, wide = width - _APART, QFontMetricsF(painter.font()).horizontalAdvance(shown)
        if not over_column or len(symbol) > 1 or wide <= room:
            painter.drawText(cell.adjusted(-8, 0, 8, 0), _CENTRED, shown)
            return
        painter.save()  # a wide letter does not touch its neighbours
        painter.translate(cell.center())
        painter.scale(room / wide, 1)
        painter.drawText(QRectF(-width, -height / 2, 2 * width, height), _CENTRED, shown)
        painter.restore()

    def _width(self, symbol: str, larger: int = _LARGEST) -> float:
        if (symbol, larger) not in self._widths:
            gap = 6 if self._words else 0  # words need a gap, letters bring their own
            width = QFontMetricsF(_font(larger)).horizontalAdvance(sign(symbol))
            self._widths[symbol, larger] = width + gap
        return self._widths[symbol, larger]


def _words(symbols: Sequence[str]) -> list[str]:
    """Symbols as they can be seen, with neighbours of one colour in one piece; longer ones keep a gap."""
    if any(len(symbol) > 1 for symbol in symbols):
        return [f"{sign(symbol)}\u2002" for symbol in symbols]
    line = "".join(map(sign, symbols))
    return ["".join(group) for _, group in groupby(line, key=lambda letter: letter in _QUIET)]


def _font(larger: int = _LARGEST) -> QFont:
    font = QApplication.font()
    font.setPointSizeF(font.pointSizeF() + larger)
    return font
