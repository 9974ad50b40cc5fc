"""A ring around what is spoken of."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QWidget

from gruviz.ui.theme import Themes

_WIDTH = 2


class Ring(QWidget):
    """A frame over other widgets, that covers nothing within it and lets the mouse through."""

    def __init__(self, themes: Themes, parent: QWidget) -> None:
        super().__init__(parent)
        self._themes, self._room = themes, parent
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def enclose(self, place: QRect) -> None:
        """Stand around these pixels of the parent, as far as they are in it."""
        self.setGeometry(place.adjusted(-_WIDTH, -_WIDTH, _WIDTH, _WIDTH) & self._room.rect())
        inner = self.rect().adjusted(_WIDTH, _WIDTH, -_WIDTH, -_WIDTH)
        self.setMask(QRegion(self.rect()) - QRegion(inner))  # what is within is painted without it
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        """All that the mask leaves."""
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), self._themes.theme.accent)
