"""A caption for the figure, ready to paste."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QFontMetrics, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from gruviz.ui.dialogs._form import choice
from gruviz.ui.dialogs._paper import pick
from gruviz.ui.theme import STEP

if TYPE_CHECKING:
    from gruviz.figures import Page

_LINES = 4


class CaptionField(QWidget):
    """The caption as text, for LaTeX or for Markdown, and a button that copies it."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._page: Page | None = None
        self._path = ""
        self.kind = choice([("text", "Text"), ("latex", "LaTeX"), ("markdown", "Markdown")])
        self.copy = QPushButton("&Copy caption", autoDefault=False)
        self.text = QPlainTextEdit(readOnly=True, tabChangesFocus=True)
        self.text.setAccessibleName("The caption")
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.text.setFixedHeight(_LINES * QFontMetrics(self.text.font()).lineSpacing() + 3 * STEP)
        name = QLabel("Ca&ption")
        name.setBuddy(self.kind)
        head = QHBoxLayout()
        head.setSpacing(2 * STEP)
        for widget in (name, self.kind):
            head.addWidget(widget)
        head.addStretch()
        head.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(STEP)
        column.addLayout(head)
        column.addWidget(self.text)
        pick(self.kind, kind)
        self.kind.currentIndexChanged.connect(self._show)
        self.copy.clicked.connect(self._copy)
        self._show()

    def show_caption(self, page: "Page | None", path: str) -> None:
        """Show the caption of a figure that goes to a file of this name; of none, nothing."""
        self._page, self._path = page, path
        self._show()

    @Slot()
    def _show(self) -> None:
        self.copy.setEnabled(self._page is not None)
        if self._page is None:
            self.text.clear()
            return
        from gruviz.figures import caption  # loaded by now: it has drawn the figure

        self.text.setPlainText(caption(self._page, self.kind.currentData(), self._path or None).rstrip())

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText() + "\n")
