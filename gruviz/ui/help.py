"""The page of shortcuts, made from the table of actions."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QWidget

from gruviz.ui.actions import ACTIONS, MOUSE
from gruviz.ui.pages import label
from gruviz.ui.theme import STEP, bold


class HelpDialog(QDialog):
    """What mouse and keys do, in two columns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Mouse and keys")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        grid = QGridLayout(self)
        grid.setContentsMargins(6 * STEP, 5 * STEP, 6 * STEP, 6 * STEP)
        grid.setHorizontalSpacing(4 * STEP)
        grid.setVerticalSpacing(STEP)
        keys = [(_keys(spec.keys), spec.tip) for spec in ACTIONS if spec.keys]
        for column, (title, lines) in enumerate((("Mouse", MOUSE), ("Keys", keys))):
            heading = QLabel(title)
            heading.setFont(bold(self.font()))
            grid.addWidget(heading, 0, 3 * column, 1, 2)
            for row, (what, does) in enumerate(lines, start=1):
                grid.addWidget(label(what, "quiet"), row, 3 * column)
                grid.addWidget(QLabel(does), row, 3 * column + 1)
        grid.setColumnMinimumWidth(2, 6 * STEP)


def _keys(keys: tuple[str, ...]) -> str:
    return " or ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys[:2])
