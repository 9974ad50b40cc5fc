"""Choosing one of a few, or of thousands: a button, and a list under it that is searched by typing."""

from collections.abc import Sequence

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPoint,
    QPointF,
    QSize,
    QSortFilterProxyModel,
    QStringListModel,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QFrame, QLineEdit, QListView, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gruviz.ui.theme import STEP

_FEW = 8
"""Up to this many need no searching."""


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
        painter = QPainter(self)
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
        self._model = QStringListModel(self)
        self._found = QSortFilterProxyModel(self)
        self._found.setSourceModel(self._model)
        self._found.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.search = QLineEdit(placeholderText="Search", clearButtonEnabled=True)
        self.list = QListView(uniformItemSizes=True)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.setModel(self._found)
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
        self._model.setStringList(list(labels))
        self.search.setVisible(len(labels) > _FEW)

    def open_under(self, button: QWidget, index: int) -> None:
        """Open, at the entry that is chosen now."""
        self.search.clear()
        here = self._found.mapFromSource(self._model.index(index, 0))
        self.list.setCurrentIndex(here)
        rows = min(self._model.rowCount(), 16)
        height = rows * max(self.list.sizeHintForRow(0), 16) + 6 * STEP
        if self.search.isVisibleTo(self):
            height += self.search.sizeHint().height()
        wide = max(button.width(), min(self.list.sizeHintForColumn(0) + 12 * STEP, 480))
        self.resize(QSize(wide, height))
        self.move(button.mapToGlobal(QPoint(0, button.height() + 2)))
        self.show()
        self.list.scrollTo(here, QListView.ScrollHint.PositionAtCenter)
        (self.search if self.search.isVisible() else self.list).setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter chooses; the arrows move along the list while the field has the focus."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._choose(self.list.currentIndex())
                return True
            if watched is self.search and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
                step = 1 if event.key() == Qt.Key.Key_Down else -1
                row = min(max(self.list.currentIndex().row() + step, 0), self._found.rowCount() - 1)
                self.list.setCurrentIndex(self._found.index(row, 0))
                return True
        return super().eventFilter(watched, event)

    @Slot(str)
    def _filter(self, text: str) -> None:
        self._found.setFilterFixedString(text)
        if not self.list.currentIndex().isValid():
            self.list.setCurrentIndex(self._found.index(0, 0))

    @Slot(QModelIndex)
    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self.hide()
            self.chosen.emit(self._found.mapToSource(index).row())
