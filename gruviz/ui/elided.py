"""A line of facts that ends in dots where there is no room for all of them, and never within a number."""

import re

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

_JOINT = re.compile(r" {3}| · | → | of |(?<=,) ")
"""Where a line may end: between facts, and after the numbers of a list."""


class ElidedLabel(QLabel):
    """Its tooltip says all of it, and below that what it is, where that was given as its explanation."""

    def __init__(self, explanation: str = "", *, pad: int = 0, parent: QWidget | None = None) -> None:
        """Build it.

        Args:
            explanation: what the line is.
            pad: pixels left free at both sides.
            parent: the widget that it stands in.
        """
        super().__init__(parent)
        self._explanation, self._pad = explanation, pad
        self.shorter: tuple[str, ...] = ()
        """The same in fewer words, for where there is less room, the longest first."""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setToolTip(explanation)

    @property
    def shown(self) -> str:
        """The text in as many words as there is room for; else as much of it as there is."""
        metrics, room = self.fontMetrics(), self.width() - 2 * self._pad
        whole = (words for words in (self.text(), *self.shorter) if metrics.horizontalAdvance(words) <= room)
        return next(whole, None) or shortened(self.text(), metrics, room)

    def write(self, words: str) -> None:
        """Show another line."""
        if words != self.text():
            self.setText(words)
            if self._explanation:
                self.setToolTip("\n".join(filter(None, (words, self._explanation))))

    def minimumSizeHint(self) -> QSize:
        """Hardly anything."""
        return QSize(max(self.minimumWidth(), 1), super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what fits."""
        room = self.rect().adjusted(self._pad, 0, -self._pad, 0)
        with QPainter(self) as painter:
            self.style().drawItemText(
                painter, room, self.alignment(), self.palette(), True, self.shown, self.foregroundRole()
            )


def shortened(text: str, metrics: QFontMetrics, width: int) -> str:
    """The longest beginning of a line that fits into `width` pixels together with the dots that it ends in then."""
    if metrics.horizontalAdvance(text) <= width:
        return text
    for joint in reversed(list(_JOINT.finditer(text))):
        short = f"{text[: joint.start()].rstrip()} …"
        if metrics.horizontalAdvance(short) <= width:
            return short
    return "…"
