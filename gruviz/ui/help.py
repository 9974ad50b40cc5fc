"""The page of shortcuts, made from the table of actions."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gruviz.ui.actions import ACTIONS, MOUSE
from gruviz.ui.pages import label
from gruviz.ui.theme import STEP, bold


class HelpDialog(QDialog):
    """What mouse and keys do, in two columns; scrolled where the screen is too small for them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Mouse and keys")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.area = QScrollArea(widgetResizable=True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        room = self.screen().availableSize() - QSize(8 * STEP, 12 * STEP)
        table = _table(beside=True)
        if table.sizeHint().width() > room.width():
            table = _table(beside=False)
        self.area.setWidget(table)
        close = QPushButton("Close", autoDefault=False)
        close.clicked.connect(self.close)
        foot = QHBoxLayout()
        foot.setContentsMargins(0, 0, 4 * STEP, 0)
        foot.addStretch(1)
        foot.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4 * STEP)
        column.addWidget(self.area)
        column.addLayout(foot)
        bar = self.area.verticalScrollBar().sizeHint().width()
        below = column.sizeHint().height() - self.area.sizeHint().height()
        self.resize((table.sizeHint() + QSize(bar, below)).boundedTo(room))


def _table(*, beside: bool) -> QWidget:
    """Mouse and keys, one beside the other or one below the other."""
    table = QWidget()
    grid = QGridLayout(table)
    grid.setContentsMargins(6 * STEP, 5 * STEP, 6 * STEP, 5 * STEP)
    grid.setHorizontalSpacing(4 * STEP)
    grid.setVerticalSpacing(STEP)
    keys = [(_keys(spec.keys), spec.tip) for spec in ACTIONS if spec.keys]
    row = column = 0
    for title, lines in (("Mouse", MOUSE), ("Keys", keys)):
        heading = QLabel(title)
        heading.setFont(bold(table.font()))
        grid.addWidget(heading, row, column, 1, 2)
        for below, (what, does) in enumerate(lines, start=row + 1):
            grid.addWidget(label(what, "quiet"), below, column)
            words = QLabel(does)
            words.setWordWrap(not beside)
            grid.addWidget(words, below, column + 1)
        row, column = (row, column + 3) if beside else (row + len(lines) + 2, column)
        if not beside:
            grid.setRowMinimumHeight(row - 1, 4 * STEP)
    if beside:
        grid.setColumnMinimumWidth(2, 6 * STEP)
    grid.setRowStretch(grid.rowCount(), 1)
    return table


def _keys(keys: tuple[str, ...]) -> str:
    return " or ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys[:2])
