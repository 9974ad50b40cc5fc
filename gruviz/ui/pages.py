"""What the window shows while there is nothing to scrub: welcome, loading, failed, empty."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gruviz.ui.theme import STEP

_WIDE = 560
_RECENT = 5
"""Files that the welcome page offers."""


class Page(QWidget):
    """A heading, a sentence, and the next steps, in the middle of the window."""

    def __init__(self, title: str, sentence: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        outer = QHBoxLayout(self)
        column = QWidget()
        column.setFixedWidth(_WIDE)
        outer.addStretch()
        outer.addWidget(column)
        outer.addStretch()
        self.column = QVBoxLayout(column)
        self.column.setSpacing(3 * STEP)
        self.column.addStretch(2)
        heading = label(title, "title")
        self.sentence = label(sentence, "sentence")
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.column.addWidget(heading)
        self.column.addWidget(self.sentence)

    def finish(self) -> None:
        """No more follows."""
        self.column.addStretch(3)

    def buttons(self, actions: Sequence[tuple[str, QAction]]) -> None:
        """Put a row of buttons, the first of which is the one to press."""
        row = QHBoxLayout()
        row.setSpacing(2 * STEP)
        for number, (text, action) in enumerate(actions):
            button = QPushButton(text)
            button.setToolTip(action.toolTip())
            if number == 0:
                button.setObjectName("primary")
            button.clicked.connect(action.trigger)
            row.addWidget(button)
        row.addStretch()
        self.column.addSpacing(STEP)
        self.column.addLayout(row)


class WelcomePage(Page):
    """Where one starts without a file."""

    wanted = Signal(str)
    """The path of a recent file."""

    def __init__(self, actions: Sequence[tuple[str, QAction]], parent: QWidget | None = None) -> None:
        super().__init__(
            "gruviz",
            "See what a gated recurrent network keeps and what it overwrites, timestep by timestep. Open a recording "
            "and scrub through it: blue is kept, vermilion is overwritten.",
            parent,
        )
        self.buttons(actions)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        self.column.addLayout(self._recent)
        self.column.addWidget(label("A file can also be dropped on this window.", "quiet"))
        self.finish()

    def show_recent(self, paths: Sequence[str]) -> None:
        """Offer the files that were opened last."""
        while (item := self._recent.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        shown = [path for path in paths if Path(path).exists()][:_RECENT]
        if shown:
            self._recent.addWidget(label("Opened before", "quiet"))
        for path in shown:
            button = QPushButton(Path(path).name)
            button.setObjectName("link")
            button.setToolTip(path)
            button.setProperty("path", path)
            button.clicked.connect(self._choose)
            self._recent.addWidget(button)

    def _choose(self) -> None:
        self.wanted.emit(str(self.sender().property("path")))


class LoadingPage(Page):
    """While a recording is being opened."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Opening…", "", parent)
        self.finish()


class FailedPage(Page):
    """Where a recording could not be opened."""

    def __init__(self, actions: Sequence[tuple[str, QAction]], parent: QWidget | None = None) -> None:
        super().__init__("This could not be opened", "", parent)
        self.sentence.setObjectName("wrong")
        self.buttons(actions)
        self.finish()


class EmptyPage(Page):
    """Where a recording holds nothing to show."""

    def __init__(self, actions: Sequence[tuple[str, QAction]], parent: QWidget | None = None) -> None:
        super().__init__("Nothing was recorded", "", parent)
        self.buttons(actions)
        self.finish()


def label(text: str, name: str) -> QLabel:
    """A label of plain text, whose name says to the style sheet what it is."""
    made = QLabel(text)
    made.setObjectName(name)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(name in ("sentence", "banner", "words", "task"))
    return made
