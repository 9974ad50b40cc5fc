"""Choosing one of a few, or of thousands: a button, and a list under it that is searched by typing."""

from collections.abc import Sequence

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPoint,
    QPointF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPalette, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QLineEdit,
    QSizePolicy,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gruviz.ui.listing import Column, Listing
from gruviz.ui.theme import STEP

_FEW = 8
"""Up to this many need no searching."""
_NUMBER = 76
"""Width of a column of numbers."""


class Chooser(QToolButton):
    """Shows what is chosen, and offers the others when it is pressed."""

    chosen = Signal(int)
    """The index of what the user chose."""

    def __init__(self, width: int, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._labels: list[str] = []
        self._index = -1
        self.setObjectName("chooser")
        self.setAccessibleName(tip)
        self.setFixedWidth(width)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.popup = Popup(self)
        self.popup.chosen.connect(self.chosen)
        self.clicked.connect(self._open)

    def show_choices(self, labels: Sequence[str], index: int) -> None:
        """Offer these, of which one is chosen."""
        if list(labels) != self._labels:
            self._labels = list(labels)
            self.popup.offer(self._labels)
        self._index = index
        self.setToolTip(
            f"{self.accessibleName()}: {labels[index]}" if 0 <= index < len(labels) else self.accessibleName()
        )
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The label at the left, and a chevron where there is a choice."""
        super().paintEvent(event)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(self.palette().color(QPalette.ColorRole.ButtonText))
            inner = self.rect().adjusted(2 * STEP, 0, -6 * STEP, 0)
            label = self._labels[self._index] if 0 <= self._index < len(self._labels) else ""
            shown = QFontMetrics(self.font()).elidedText(label, Qt.TextElideMode.ElideRight, inner.width())
            painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, shown)
            if len(self._labels) > 1:
                x, y = self.width() - 4 * STEP, self.height() / 2 - 1
                painter.setPen(QPen(self.palette().color(QPalette.ColorRole.ButtonText), 1.4))
                painter.drawPolyline([QPointF(x - 4, y - 1), QPointF(x, y + 3), QPointF(x + 4, y - 1)])

    @Slot()
    def _open(self) -> None:
        if len(self._labels) > 1:
            self.popup.open_under(self, self._index)


class Popup(QFrame):
    """The list, with a field to search it."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._model = Listing(self)
        self._opened = -1
        """Which of those offered was chosen when it was opened."""
        self.search = QLineEdit(placeholderText="Search", clearButtonEnabled=True)
        self.list = QTableView(showGrid=False, wordWrap=False)  # a tree would ask for every row
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setModel(self._model)
        self.list.setTabKeyNavigation(False)
        self.list.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.verticalHeader().hide()
        self.list.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.header = self.list.horizontalHeader()
        self.header.hide()
        self.header.setHighlightSections(False)
        self.header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(STEP, STEP, STEP, STEP)
        layout.setSpacing(STEP)
        layout.addWidget(self.search)
        layout.addWidget(self.list)
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.list.installEventFilter(self)
        self.list.clicked.connect(self._choose)

    def offer(self, labels: Sequence[str]) -> None:
        """Fill the list."""
        self._model.offer(labels)
        self.header.hide()
        self.list.setSortingEnabled(False)
        self.list.verticalHeader().setDefaultSectionSize(max(self.fontMetrics().height() + STEP // 2, 16))
        self.search.setVisible(len(labels) > _FEW)

    def tell(self, columns: Sequence[Column]) -> None:
        """Put numbers beside the labels, to sort by."""
        here = self._here
        self._model.tell(columns)
        if not self.list.isSortingEnabled():
            self.header.setSortIndicatorClearable(True)  # a third click goes back to the order of the file
            self.header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
            self.list.setSortingEnabled(True)
            self.header.sortIndicatorChanged.connect(self._sorted, Qt.ConnectionType.UniqueConnection)
        self.header.show()
        self._share()
        self._go(here)

    def open_under(self, button: QWidget, index: int) -> None:
        """Open, at the entry that is chosen now."""
        self._opened = index
        self.search.clear()
        rows = min(self._model.rowCount(), 16)
        height = rows * self.list.verticalHeader().defaultSectionSize() + 6 * STEP
        if self.search.isVisibleTo(self):
            height += self.search.sizeHint().height()
        if self.header.isVisibleTo(self.list):
            height += self.header.sizeHint().height()
        numbers = _NUMBER * (self._model.columnCount() - 1)
        wide = max(button.width(), min(self.list.sizeHintForColumn(0) + 12 * STEP, 480)) + numbers
        self.resize(QSize(wide, height))
        self.move(button.mapToGlobal(QPoint(0, button.height() + 2)))
        self.show()
        self._share()
        self._go(index)
        (self.search if self.search.isVisible() else self.list).setFocus()

    @Slot()
    def _sorted(self) -> None:
        """What is on show stays in sight."""
        self._go(self._opened)

    @property
    def _here(self) -> int:
        """Which of those offered is the current one; -1 for none."""
        current = self.list.currentIndex()
        return self._model.offered(current.row()) if current.isValid() else -1

    def _go(self, offered: int) -> None:
        """Make this one the current one, in sight; the first, where it is not among those found."""
        row = max(self._model.row_of(offered), 0)
        self.list.setCurrentIndex(self._model.index(row, 0))
        self.list.scrollTo(self._model.index(row, 0), QAbstractItemView.ScrollHint.PositionAtCenter)

    def _share(self) -> None:
        """Give numbers what they need, and the labels the rest."""
        for column in range(1, self._model.columnCount()):
            self.list.setColumnWidth(column, _NUMBER)
        rest = self.list.viewport().width() - _NUMBER * (self._model.columnCount() - 1)
        self.list.setColumnWidth(0, max(rest, _NUMBER))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width out anew."""
        super().resizeEvent(event)
        self._share()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter chooses; the arrows move along the list while the field has the focus."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._choose(self.list.currentIndex())
                return True
            if watched is self.search and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
                step = 1 if event.key() == Qt.Key.Key_Down else -1
                row = min(max(self.list.currentIndex().row() + step, 0), self._model.rowCount() - 1)
                self.list.setCurrentIndex(self._model.index(row, 0))
                return True
        return super().eventFilter(watched, event)

    @Slot(str)
    def _filter(self, text: str) -> None:
        here = self._here
        self._model.find(text)
        self._go(here)

    @Slot(QModelIndex)
    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self.hide()
            self.chosen.emit(self._model.offered(index.row()))
