"""Over the pages: whose shades these are, and what they mean."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from gruviz.ui.panels import Context
from gruviz.ui.panels.heatmap import bar_image
from gruviz.ui.panels.panel import draw_text, text_width
from gruviz.ui.reading import MARKED
from gruviz.ui.sheet.subject import Subject
from gruviz.ui.theme import STEP, bold, small

HEIGHT = 32
_BAR = 96
"""Width of the colour bar."""


class Legend(QWidget):
    """Unit, quantity, its scale, and what the line below the symbols is."""

    def __init__(self, context: Context, subject: Subject, parent: QWidget) -> None:
        super().__init__(parent)
        self._context, self._subject = context, subject
        self._limit = 1.0
        self._bar = QImage()
        context.themes.changed.connect(self.update)

    def show_limit(self, limit: float) -> None:
        """The upper end of the scale."""
        self._limit = limit
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """In one line."""
        theme, font = self._context.theme, QApplication.font()
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(theme.panel))
            painter.setPen(QColor(theme.rule))
            painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
            if self._subject.facts is None:
                return
            quantity, tape = self._subject.quantity, self._subject.tape
            tip = (
                f"<b>{quantity.symbol}</b> {quantity.title} of unit {self._subject.unit}, at each timestep.<br>"
                f"{quantity.meaning}<br><b>{quantity.formula}</b>"
            )
            if tip != self.toolTip():
                self.setToolTip(tip)
            line, quiet = QFontMetricsF(font).height(), small(font)
            top, x = (self.height() - 1 - line) / 2, 3.0 * STEP
            small_top = (self.height() - 1 - QFontMetricsF(quiet).height()) / 2
            x += draw_text(painter, x, top, f"unit {self._subject.unit}", bold(font), theme.foreground) + 3 * STEP
            x += draw_text(painter, x, top, quantity.symbol, bold(font), theme.foreground) + STEP
            x += draw_text(painter, x, top, quantity.title, font, theme.foreground) + 4 * STEP
            low, high = ("0", "1") if quantity.fraction else (f"−{self._limit:g}", f"{self._limit:g}")
            x += draw_text(painter, x, small_top, low, quiet, theme.muted) + STEP
            painter.drawImage(QRectF(x, (self.height() - 13) / 2, _BAR, 12), bar_image(quantity, across=True))
            x += _BAR + STEP
            x += draw_text(painter, x, small_top, high, quiet, theme.muted) + 6 * STEP
            label = self._subject.label
            if label and tape is not None:
                words = f"line below: {'what you marked' if label == MARKED else label}"
                if x + 4 * STEP + text_width(words, quiet) <= self.width():
                    painter.fillRect(QRectF(x, self.height() / 2 + 2, 3 * STEP, 2), QColor(theme.foreground))
                    draw_text(painter, x + 4 * STEP, small_top, words, quiet, theme.muted)
