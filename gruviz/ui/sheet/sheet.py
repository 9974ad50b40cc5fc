"""Pages and ranking side by side."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gruviz.ui.panels import Context
from gruviz.ui.sheet.pages import Pages
from gruviz.ui.sheet.ranking import RankingPanel
from gruviz.ui.sheet.subject import Subject


class Sheet(QWidget):
    """What takes the place of the stage while the sequence is read as pages."""

    copied = Signal(str)
    """What was copied, in words."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.subject = Subject(context, self)
        self.pages = Pages(context, self.subject)
        self.ranking = RankingPanel(context, self.subject)
        self.setFocusProxy(self.pages)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.pages, 1)
        row.addWidget(self.ranking)
        for part in (self.pages, self.ranking):
            part.copied.connect(self.copied)
