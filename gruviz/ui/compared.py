"""What came of comparing cells, in a window of its own: the table, the curves, and the way to the recordings."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, Signal
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

from gruviz.cells import CELLS
from gruviz.comparison import Comparison
from gruviz.comparison_table import caption, head, rows
from gruviz.ui.compared_plots import Line, LinesPlot, Sample
from gruviz.ui.theme import STEP, bold

_SIZE = (1120, 720)


class ComparedWindow(QDialog):
    """The table and the curves of one comparison."""

    opened = Signal(list)
    """The paths of recordings that are to be looked at: of the same sequences, one of each kind of cell."""
    wanted = Signal()
    """The figure is to be saved."""

    def __init__(self, found: Comparison, folder: Path, parent: QWidget | None = None) -> None:
        """Build the window.

        Args:
            found: what came of it.
            folder: where its recordings lie.
            parent: the main window.
        """
        super().__init__(parent)
        self.found, self.folder = found, folder
        self.setWindowTitle(f"{folder.name} — comparison")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout()
        column.setContentsMargins(5 * STEP, 4 * STEP, 5 * STEP, 2 * STEP)
        column.setSpacing(4 * STEP)
        heading = QLabel(
            f"{', '.join(CELLS[model.cell].title for model in found.models)} on {found.asked.task['name']}"
        )
        heading.setFont(bold(heading.font()))
        column.addWidget(heading)
        self.table = _table(found)
        column.addWidget(self.table)
        self.plots = _plots(found)
        beside = QHBoxLayout()
        beside.setSpacing(4 * STEP)
        for plot in self.plots:
            beside.addWidget(plot)
        column.addLayout(beside, 1)
        about = QLabel(" ".join(caption(found)), wordWrap=True)
        about.setObjectName("quiet")
        about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(about)
        page = QWidget()
        page.setLayout(column)
        area = QScrollArea(widgetResizable=True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 4 * STEP)
        whole.addWidget(area)
        whole.addLayout(self._buttons())
        room = self.screen().availableSize()
        wide = max(_SIZE[0], page.minimumSizeHint().width() + area.verticalScrollBar().sizeHint().width())
        self.resize(min(wide, room.width() - 8 * STEP), min(_SIZE[1], room.height() - 12 * STEP))

    @property
    def recordings(self) -> dict[str, str]:
        """The paths of the recordings of trained models, by cell."""
        return {each.cell: str(self.folder / each.file) for each in self.found.recordings if each.trained}

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(5 * STEP, 0, 5 * STEP, 0)
        row.setSpacing(2 * STEP)
        self.openers: dict[str, QPushButton] = {}
        for cell, path in self.recordings.items():
            button = QPushButton(f"Open the {CELLS[cell].title}", autoDefault=False)
            button.setToolTip("See what it keeps and overwrites on held-out sequences, the same for all cells")
            button.clicked.connect(lambda checked=False, path=path: self.opened.emit([path]))
            row.addWidget(button)
            self.openers[cell] = button
        self.together = QPushButton("Open them side by side", autoDefault=False)
        self.together.setToolTip("The same sequence, read by each of them, with one cursor")
        self.together.clicked.connect(lambda: self.opened.emit(list(self.recordings.values())))
        self.together.setVisible(len(self.recordings) > 1)
        row.addWidget(self.together)
        row.addStretch()
        self.save = QPushButton("Save the figure…", autoDefault=False)
        self.save.setEnabled(any(self.found.results(model.cell) for model in self.found.models))
        self.save.clicked.connect(self.wanted)
        close = QPushButton("Close", autoDefault=False)
        close.clicked.connect(self.close)
        row.addWidget(self.save)
        row.addWidget(close)
        return row


def _table(found: Comparison) -> QWidget:
    """A row for each cell, with a piece of its line, and one for the baseline."""
    table = QWidget()
    grid = QGridLayout(table)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(4 * STEP)
    grid.setVerticalSpacing(2 * STEP)
    names = head(found)
    for place, name in enumerate(names):
        heading = QLabel(name)
        heading.setObjectName("quiet")
        grid.addWidget(heading, 0, place + 1, _side(place, len(names)))
    for row, texts in enumerate(rows(found), start=1):
        if row <= len(found.models):
            grid.addWidget(Sample(found.models[row - 1].cell), row, 0)
        for place, text in enumerate(texts):
            cell = QLabel(text)
            cell.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            if row > len(found.models):
                cell.setObjectName("quiet")
            grid.addWidget(cell, row, place + 1, _side(place, len(names)))
    grid.setColumnStretch(len(names) + 1, 1)
    return table


def _side(place: int, columns: int) -> Qt.AlignmentFlag:
    """Words at the left, numbers at the right."""
    words = place in (0, columns - 1)
    return Qt.AlignmentFlag.AlignLeft if words else Qt.AlignmentFlag.AlignRight


def _plots(found: Comparison) -> list[LinesPlot]:
    """Learning curves, and how the loss runs back where that was computed."""
    losses: list[Line] = []
    judged: list[Line] = []
    for model in found.models:
        for curve, lines in ((found.losses(model.cell), losses), (found.held_out(model.cell), judged)):
            if curve is not None and len(curve.step):
                lines.append(Line(model.cell, curve.step, curve.mean, curve.low, curve.high))
    over, ends = (0.0, float(found.asked.steps)), ("step 0", f"{found.asked.steps:,}")
    plots = [
        LinesPlot("Loss on training data", losses, over, ends),
        LinesPlot(f"{found.metric} on held-out data", judged, over, ends, (found.baseline_name, found.baseline)),
    ]
    back = []
    for model in found.models:
        for trained in (False, True):
            if known := found.backward(model.cell, trained):
                lag = -np.arange(len(known.hidden), dtype=np.float64)[::-1]
                back.append(Line(model.cell, lag, np.array(known.hidden)[::-1], thin=not trained))
    if back:
        farthest = max(len(line.x) for line in back) - 1
        title = "How the loss runs back: log10 |dL/dh|; thin: untrained"
        plot = LinesPlot(title, back, (-farthest, 0.0), (f"{farthest:,} timesteps back", "0"), logarithmic=False)
        plot.setToolTip(
            "How much the loss at one timestep would change with the hidden state before it, on held-out sequences.\n"
            "Where the line falls by 10, only a ten-billionth is left to learn from."
        )
        plots.append(plot)
    return plots
