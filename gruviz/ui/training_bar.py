"""The strip of the training: which of its steps read the sequence on show, to be dragged through like time itself."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Slot
from PySide6.QtGui import (
    QAction,
    QColor,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from gruviz.analysis import along
from gruviz.ui.panels.panel import LEFT, RIGHT, Context, draw_text, text_width
from gruviz.ui.panels.scrubbing import Scrubbing
from gruviz.ui.reading import History, HistoryRequest, Request
from gruviz.ui.theme import STEP, small

_SLOT = "course"
_HEIGHT = 40
_EDGE = 5
"""Pixels above and below the axis of the training."""
_KNOB = 9
"""Pixels across what is dragged."""
_FRAME = 250
"""Milliseconds that each checkpoint is on show while the training plays."""
_NOTCH = 120
"""What a mouse wheel reports for one notch."""


class TrainingBar(QWidget):
    """The training from its first checkpoint to its last, with its loss; hidden where there is only one."""

    def __init__(self, context: Context, actions: Sequence[QAction] = (), parent: QWidget | None = None) -> None:
        """Build it.

        Args:
            context: what every panel works with.
            actions: those that make no sense while it is hidden.
            parent: of the widget.
        """
        super().__init__(parent)
        self._context, self._actions = context, tuple(actions)
        self.scrubbing = Scrubbing(context, self)
        self.course: History | None = None
        """None before the first answer."""
        self._about = "", -1
        """Of which recording, and of which sequence at its first checkpoint."""
        self._held = False
        self._turned = 0
        self._playing = QTimer(self, interval=_FRAME)
        self._playing.timeout.connect(self._advance)
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setToolTip(
            "The same sequence as the network read it at other steps of its training: drag, [ and ], or the wheel; "
            "Shift + space plays.<br>The line is the loss. Cursor, range and selected units stay, and so do the rows: "
            "they are ordered and filtered by the checkpoint at which that was chosen."
        )
        context.loader.opened.connect(self._forget)
        for signal in (context.state.pane_changed, context.loader.opened, context.loader.looked):
            signal.connect(self.refresh)
        context.loader.answered.connect(self._take)
        context.themes.changed.connect(self.update)
        self.hide()

    @property
    def playing(self) -> bool:
        """Whether the training is gone through by itself."""
        return self._playing.isActive()

    @property
    def words(self) -> tuple[str, str]:
        """Which step is on show, and its loss."""
        checkpoints, place = self.scrubbing.checkpoints, self.scrubbing.place
        if place < 0:
            return "", ""
        step, course = checkpoints[place].checkpoint, self.course
        known = course is not None and course.total > 0
        of = f" of {course.total:,}" if course is not None and known else ""
        loss = np.nan
        if course is not None and step in course.steps:
            loss = float(course.losses[np.searchsorted(course.steps, step)])
        if np.isfinite(loss):
            return f"step {step:,}{of}", f"loss {loss:.3g}".replace("-", "−")
        return f"step {step:,}{of}", "before the first step" if step == 0 and known else "loss unknown"

    @Slot()
    def _forget(self) -> None:
        """Another recording is open."""
        self.course = None
        self._playing.stop()

    @Slot()
    def refresh(self) -> None:
        """Show where the sequence on show stands, or nothing, where only one training step read it."""
        checkpoints = self.scrubbing.checkpoints
        there = bool(checkpoints)
        self.setVisible(there)
        for action in self._actions:
            action.setVisible(there)
        if not there:
            self._playing.stop()
            self.course = None
            self._context.loader.forget(_SLOT)
            return
        pane, first = self._context.state.view.pane, checkpoints[0].index
        if self._about != (pane.recording, first):
            self._about, self.course = (pane.recording, first), None
        self._context.loader.ask(HistoryRequest(_SLOT, pane.layer, first))
        self.update()

    @Slot()
    def play(self) -> None:
        """Go through the training, from its start where its end is on show; or stop."""
        if self.playing or not self.scrubbing.checkpoints:
            self._playing.stop()
            return
        if self.scrubbing.place == len(self.scrubbing.checkpoints) - 1:
            self.scrubbing.go(0)
        self._playing.start()

    @Slot()
    def _advance(self) -> None:
        if self.scrubbing.place >= len(self.scrubbing.checkpoints) - 1:
            self._playing.stop()
        else:
            self.scrubbing.step(1)

    @Slot(object, object)
    def _take(self, request: Request, answer: Any) -> None:
        if request.slot == _SLOT:
            self.course = answer
            self.update()

    def sizeHint(self) -> QSize:
        """As high as it must be."""
        return QSize(LEFT + RIGHT + 100, _HEIGHT)

    # Pixels and steps

    @property
    def _body(self) -> QRectF:
        """The pixels of the axis, over those of time."""
        return QRectF(LEFT, _EDGE, max(self.width() - LEFT - RIGHT, 1), self.height() - 2 * _EDGE)

    @property
    def places(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """(C,) where the checkpoints stand, in pixels from the left edge."""
        steps = [info.checkpoint for info in self.scrubbing.checkpoints]
        body = self._body
        return body.left() + along(steps, steps) * body.width()

    def _seek(self, x: float) -> None:
        self.scrubbing.go(int(np.abs(self.places - x).argmin()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the checkpoint there."""
        if event.button() == Qt.MouseButton.LeftButton and self.scrubbing.checkpoints:
            self._held = True
            self._playing.stop()
            self._seek(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on."""
        if self._held:
            self._seek(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._held = False

    def wheelEvent(self, event: QWheelEvent) -> None:
        """One notch is one checkpoint: upwards earlier, as with the keys of a page."""
        self._turned += event.angleDelta().y() or event.angleDelta().x()
        notches = int(self._turned / _NOTCH)
        self._turned -= notches * _NOTCH
        if notches and self.scrubbing.checkpoints:
            self._playing.stop()
            self.scrubbing.step(-notches)
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """A part of a notch is forgotten."""
        super().leaveEvent(event)
        self._turned = 0

    def paintEvent(self, event: QPaintEvent) -> None:
        """Words in the gutter, the loss, a tick for each checkpoint, and the one that is on show."""
        theme, font = self._context.theme, QApplication.font()
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(theme.window))
            place = self.scrubbing.place
            if place < 0:
                return
            step, loss = self.words
            line = QFontMetricsF(font).height()
            top = (self.height() - line - QFontMetricsF(small(font)).height()) / 2
            letters = font if text_width(step, font) <= LEFT - 4 * STEP else small(font)
            draw_text(painter, 3 * STEP, top, step, letters, theme.foreground)
            draw_text(painter, 3 * STEP, top + line, loss, small(font), theme.muted)
            body = self._body
            painter.fillRect(body, QColor(theme.panel))
            self._paint_loss(painter, body)
            places = self.places
            for x in np.unique(np.rint(places)).astype(int).tolist():
                painter.fillRect(QRectF(x, body.bottom() - 4, 1, 4), QColor(theme.muted))
            x = round(float(places[place]))
            painter.fillRect(QRectF(x - 1, body.top(), 3, body.height()), QColor(theme.panel))
            painter.fillRect(QRectF(x, body.top(), 1, body.height()), QColor(theme.foreground))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.panel), 1.5))
            painter.setBrush(QColor(theme.foreground))
            painter.drawEllipse(QPointF(x + 0.5, body.bottom() - _KNOB / 2), _KNOB / 2, _KNOB / 2)
            last = f"{self.scrubbing.checkpoints[-1].checkpoint:,}"
            right = body.right() + 2 * STEP
            draw_text(painter, right, (self.height() - line) / 2 + 1, last, small(font), theme.muted)

    def _paint_loss(self, painter: QPainter, body: QRectF) -> None:
        course = self.course
        if course is None or len(course.loss[0]) < 2:
            return
        x, y = course.loss
        low, high = float(y.min()), float(y.max())
        room = body.height() - 8
        heights = body.top() + 2 + (high - y) / (high - low if high > low else 1.0) * room
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._context.theme.muted), 1))
        across = body.left() + x * body.width()
        painter.drawPolyline(
            QPolygonF([QPointF(*each) for each in zip(across.tolist(), heights.tolist(), strict=True)])
        )
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
