"""A figure as it will be: on a sheet of its true size, or as large as there is room."""

from PySide6.QtCore import QRectF, QSize, QSizeF, Qt, Slot
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette, QResizeEvent, QScreen
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLabel, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from gruviz.ui.drawer import Picture
from gruviz.ui.theme import STEP

_ROOM = 3 * STEP
"""Around the sheet."""
_LEAST = 0.05
"""Of its true size, however little room there is."""
_PLAUSIBLE = (50.0, 400.0)
"""Pixels to an inch that a screen may say it has: some say anything."""


def dots(screen: QScreen) -> float:
    """Pixels to an inch of a screen, in the pixels that Qt counts in."""
    said = screen.physicalDotsPerInch()
    return said if _PLAUSIBLE[0] <= said <= _PLAUSIBLE[1] else screen.logicalDotsPerInch()


class Paper(QWidget):
    """The sheet."""

    def __init__(self) -> None:
        super().__init__()
        self.image = QImage()
        self._size = QSize()

    def show_image(self, image: QImage, size: QSize) -> None:
        """Show a picture in a size, in the pixels that Qt counts in."""
        ratio = self.devicePixelRatioF()
        wanted = QSize(round(size.width() * ratio), round(size.height() * ratio))
        if max(abs(wanted.width() - image.width()), abs(wanted.height() - image.height())) > 1:
            smooth = Qt.TransformationMode.SmoothTransformation
            image = image.scaled(wanted, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
        image.setDevicePixelRatio(ratio)
        self.image, self._size = image, size
        self.setMinimumSize(size + QSize(2 * _ROOM, 2 * _ROOM))
        self.update()

    @property
    def sheet(self) -> QRectF:
        """Where the figure lies: in the middle, on whole pixels."""
        left = max(_ROOM, (self.width() - self._size.width()) // 2)
        top = max(_ROOM, (self.height() - self._size.height()) // 2)
        return QRectF(left, top, self._size.width(), self._size.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """The figure, pixel for pixel, and the edge of its paper."""
        with QPainter(self) as painter:
            if not self.image.isNull():
                painter.drawImage(self.sheet.topLeft(), self.image)
                painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
                painter.drawRect(self.sheet.adjusted(-1, -1, 0, 0))


class Preview(QWidget):
    """The sheet in a frame that scrolls, with its size in words; or a sentence in its place."""

    def __init__(self) -> None:
        super().__init__()
        self.picture: Picture | None = None
        self._inches = False
        self.paper = Paper()
        self.area = QScrollArea(widgetResizable=True)
        self.area.setWidget(self.paper)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setBackgroundRole(QPalette.ColorRole.Midlight)
        self.sentence = QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setContentsMargins(6 * STEP, 6 * STEP, 6 * STEP, 6 * STEP)
        self.size_ = QLabel()
        self.size_.setObjectName("quiet")
        self.fit = QCheckBox("Fi&t the room")
        self.fit.setToolTip("All of it at once, or as large as it will be on paper")
        self._leaves = QStackedLayout()
        self._leaves.addWidget(self.area)
        self._leaves.addWidget(self.sentence)
        head = QHBoxLayout()
        head.addWidget(self.size_)
        head.addStretch()
        head.addWidget(self.fit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(STEP)
        column.addLayout(head)
        column.addLayout(self._leaves, 1)
        self.setMinimumSize(360, 200)
        self.fit.toggled.connect(self._show)
        self.say("")

    @property
    def dpi(self) -> int:
        """Pixels to an inch that a figure is to be drawn with, to be of true size here."""
        return max(30, round(dots(self.screen()) * self.devicePixelRatioF()))

    def show_picture(self, picture: Picture, inches: bool) -> None:
        """Show a figure; its size in inches, or in millimetres."""
        self.picture, self._inches = picture, inches
        self._leaves.setCurrentWidget(self.area)
        self._show()

    def say(self, sentence: str) -> None:
        """Say why there is no figure, in place of one."""
        self.picture = None
        self.size_.clear()
        self.sentence.setText(sentence)
        self._leaves.setCurrentWidget(self.sentence)

    def wait(self) -> None:
        """Another is being drawn: what is on show stays until it is there."""
        if self.picture is None:
            self.say("Drawing…")
        else:
            self.size_.setText("Drawing…")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What is fitted fits the new room."""
        super().resizeEvent(event)
        if self.fit.isChecked():
            self._show()

    @Slot()
    def _show(self) -> None:
        if self.picture is None:
            return
        page, image = self.picture.page, self.picture.image
        true = QSizeF(image.size()) * (self.dpi / self.picture.dpi / self.devicePixelRatioF())
        share = 1.0
        if self.fit.isChecked():
            room = QSizeF(self.area.maximumViewportSize()) - QSizeF(2 * _ROOM, 2 * _ROOM)
            share = max(_LEAST, min(1.0, room.width() / true.width(), room.height() / true.height()))
        self.paper.show_image(image, (true * share).toSize())
        by = 25.4 if self._inches else 1.0
        size = f"{page.width / by:.{2 * self._inches}f} × {page.height / by:.{2 * self._inches}f}"
        size += " in" if self._inches else " mm"
        self.size_.setText(f"{size}, {'at true size' if share == 1 else f'shown at {share:.0%}'}")
