"""What the network predicts at the cursor, and what really came."""

import math

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from gruviz.ui.panels.copying import offer_copies
from gruviz.ui.panels.panel import Context, draw_text
from gruviz.ui.panels.tab import ANY, TabPanel
from gruviz.ui.reading import STRETCH, Guess, Numbers, Predictions, PredictionsRequest, Request, TapeFacts
from gruviz.ui.signs import named
from gruviz.ui.theme import STEP, bold, small

_ROW = 20
_HEAD = 44
_FOOT = 44
_SYMBOL, _VALUE = 60, 56
"""Widths of the columns beside the bar."""
_OF_SYMBOLS = (
    "The symbols that the network holds most likely, with their probabilities, which sum to 1 over the vocabulary."
    "<br><b>p = softmax(outputs)</b>, between 0 and 1"
    "<br><b>surprise = −log₂ p</b> of the symbol that really came, in bits: 0 if it was certain of it, without limit."
)
_OF_NUMBERS = (
    "What the network predicts beside what really came, in the units of the file."
    "<br><b>error = predicted − came</b>, not limited."
)


class PredictionsPanel(TabPanel):
    """A list of the likeliest symbols, or a table of numbers."""

    slots = ("predictions",)

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.predictions: Predictions | None = None
        """The timesteps around the cursor; None before the first answer."""

    @property
    def says(self) -> Guess | Numbers | None:
        """What is predicted at the cursor, if it has been read."""
        return None if self.predictions is None else self.predictions.at(self.context.state.view.cursor)

    @property
    def tallest(self) -> int:
        """A table of numbers needs a row for each column; a list of symbols takes what it gets."""
        tape = self._tape
        return ANY if tape is None or tape.text else _HEAD + max(len(tape.columns), 1) * _ROW + 6 * STEP

    @property
    def _tape(self) -> TapeFacts | None:
        facts = self.context.loader.facts
        return facts.tapes[self.context.layer.tape] if facts is not None and self.subjected else None

    def clear(self) -> None:
        """Another sequence is on show."""
        self.predictions = None

    def refresh(self) -> None:
        """Ask for the timesteps around the cursor."""
        tape = self._tape
        self.setToolTip(_OF_SYMBOLS if tape is not None and tape.text else _OF_NUMBERS)
        layer, sequence = self.context.subject
        stretch = self.context.state.view.cursor // STRETCH
        self.context.loader.ask(PredictionsRequest(self.slots[0], layer, sequence, stretch))

    def take(self, request: Request, answer: Predictions) -> None:
        """Keep them."""
        self.predictions = answer

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Copy it."""
        offer_copies(self, event.globalPos(), {"the prediction": self.rect()}, self.copied)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what is predicted, and what came."""
        theme, font = self.context.theme, QApplication.font()
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(theme.panel))
            if self.wrong:
                painter.setPen(QColor(theme.warning))
                painter.drawText(
                    self.rect().adjusted(3 * STEP, 2 * STEP, -3 * STEP, 0), Qt.TextFlag.TextWordWrap, self.wrong
                )
                return
            predictions, says = self.predictions, self.says
            if predictions is None or says is None:
                return
            title = "what comes next" if predictions.about_next else "what the network says"
            title = f"{title}, predicted at t = {self.context.state.view.cursor:,}" if predictions.about_next else title
            draw_text(painter, 3 * STEP, 6, title, bold(font), theme.foreground)
            if isinstance(says, Guess):
                self._paint_guess(painter, says)
            else:
                self._paint_numbers(painter, says)

    def _paint_guess(self, painter: QPainter, guess: Guess) -> None:
        theme, font = self.context.theme, QApplication.font()
        line = QFontMetricsF(font).height()
        draw_text(painter, 3 * STEP, 7 + line, "likeliest first, with probabilities", small(font), theme.muted)
        room = max(1, int(self.height() - _HEAD - _FOOT) // _ROW)
        for row, (symbol, share) in enumerate(guess.likeliest[:room]):
            self._paint_share(painter, _HEAD + row * _ROW, symbol, share, symbol == guess.came)
        top = _HEAD + min(room, len(guess.likeliest)) * _ROW + STEP
        if guess.came is None:
            words = "the sequence ends here" if self._at_end else "what should have come is not recorded"
            draw_text(painter, 3 * STEP, top, words, font, theme.muted)
            return
        x = 3 * STEP + draw_text(painter, 3 * STEP, top, f"came {named(guess.came)}", bold(font), theme.foreground)
        place = next((n for n, (symbol, _) in enumerate(guess.likeliest, 1) if symbol == guess.came), None)
        rank = "" if place is None else "the likeliest" if place == 1 else f"number {place} of the likeliest"
        draw_text(painter, x + 2 * STEP, top, rank, font, theme.muted)
        words = f"p = {format_share(guess.probability)}   surprise {format_bits(guess.surprise)}"
        draw_text(painter, 3 * STEP, top + line + 1, words, font, theme.foreground)

    def _paint_share(self, painter: QPainter, top: int, symbol: str, share: float, came: bool) -> None:
        theme, font = self.context.theme, bold(QApplication.font()) if came else QApplication.font()
        metrics = QFontMetricsF(font)
        text_top = top + (_ROW - metrics.height()) / 2
        if came:
            painter.fillRect(QRectF(0, top, self.width(), _ROW), QColor(theme.hover))
            painter.fillRect(QRectF(0, top, STEP, _ROW), QColor(theme.foreground))
        shown = metrics.elidedText(named(symbol), Qt.TextElideMode.ElideRight, _SYMBOL - STEP)
        draw_text(painter, 3 * STEP, text_top, shown, font, theme.foreground)
        bar = QRectF(3 * STEP + _SYMBOL, top + 5, self.width() - _SYMBOL - _VALUE - 6 * STEP, _ROW - 10)
        painter.fillRect(bar, QColor(theme.rule if came else theme.hover))
        colour = QColor(theme.foreground if came else theme.muted)
        painter.fillRect(QRectF(bar.left(), bar.top(), bar.width() * share, bar.height()), colour)
        value = format_share(share)
        left = self.width() - 3 * STEP - metrics.horizontalAdvance(value)
        draw_text(painter, left, text_top, value, font, theme.foreground)

    def _paint_numbers(self, painter: QPainter, numbers: Numbers) -> None:
        theme, font = self.context.theme, QApplication.font()
        metrics = QFontMetricsF(font)
        came = numbers.came
        heads = ("predicted", "came", "error") if came else ("output",)
        rights = [self.width() - 3 * STEP - 72 * place for place in range(len(heads))][::-1]
        line = metrics.height()
        for head, right in zip(heads, rights, strict=True):
            width = QFontMetricsF(small(font)).horizontalAdvance(head)
            draw_text(painter, right - width, 9 + line, head, small(font), theme.muted)
        room = max(1, int(self.height() - _HEAD - STEP) // _ROW)
        shown = numbers.names[: room if len(numbers.names) <= room else room - 1]
        for row, name in enumerate(shown):
            top = _HEAD + row * _ROW + (_ROW - line) / 2
            values = [numbers.predicted[row]]
            if came:
                values += [came[row], values[0] - came[row]]
            label = metrics.elidedText(name, Qt.TextElideMode.ElideRight, rights[0] - 72 - 3 * STEP)
            draw_text(painter, 3 * STEP, top, label, font, theme.foreground)
            for head, value, right in zip(heads, values, rights, strict=True):
                words = (
                    format_number(value, 3 if head == "error" else 6)
                    if math.isfinite(value)
                    else "missing"
                    if head == "came"
                    else "–"
                )
                colour = theme.foreground if math.isfinite(value) else theme.muted
                draw_text(painter, right - metrics.horizontalAdvance(words), top, words, font, colour)
        top = _HEAD + len(shown) * _ROW + STEP
        if len(shown) < len(numbers.names):
            words = f"{len(shown)} of {len(numbers.names)} columns"
            draw_text(painter, 3 * STEP, top, words, small(font), theme.muted)
        elif came is None and self._at_end and self.predictions is not None and self.predictions.about_next:
            draw_text(painter, 3 * STEP, top, "the sequence ends here", font, theme.muted)

    @property
    def _at_end(self) -> bool:
        view = self.context.state.view
        return view.cursor == view.length - 1


def format_share(share: float) -> str:
    """A probability in three digits after the point; a tiny one is not said to be none."""
    return "< 0.001" if 0 < share < 0.0005 else f"{share:.3f}"


def format_bits(surprise: float) -> str:
    """A surprise with its unit."""
    return "∞ bits" if math.isinf(surprise) else f"{abs(surprise):.2f} bits"


def format_number(value: float, digits: int) -> str:
    """A number of any size in so many digits, with a minus sign."""
    return f"{value:.{digits}g}".replace("-", "−")
