"""Beside the pages: a label to choose, and the units ranked by how well they follow it."""

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QContextMenuEvent, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QLabel, QVBoxLayout, QWidget

from gruviz import palette
from gruviz.ui.chooser import Chooser
from gruviz.ui.panels import Context
from gruviz.ui.panels.copying import offer_copies
from gruviz.ui.panels.panel import draw_text
from gruviz.ui.panels.units import format_value
from gruviz.ui.reading import MARKED, SHIFTS, Ranking, RankingRequest, Request
from gruviz.ui.sheet.subject import Subject
from gruviz.ui.theme import STEP, bold
from gruviz.view import rank_by, select_rows, select_unit

WIDTH = 232
_SLOT = "page ranking"
_ROW = 20
_UNIT, _VALUE = 44, 60
"""Widths of the columns beside the bar."""
_TIP = (
    "r: Pearson’s correlation of the unit with the label, from −1 to 1, over all timesteps of all sequences; with a "
    "label that is yes or no, the point-biserial one. The unit at the top moves most with the label: up with it or, "
    f"below 0, down. Grey: what the best unit reaches by chance, with the label moved round in time, {SHIFTS} times."
    "<br><b>A unit that follows a label is not thereby its cause, nor important.</b>"
)
_ALIKE = "There is no label to follow: every timestep reads the same."
_NO_INPUT = "This recording does not hold what was read: there is no label to take from it."
_MARK = "Drag over the page to select a range, and mark it (M): it becomes a label of your own."


class RankingPanel(QWidget):
    """Chooses the label, and says how the ranking came about."""

    copied = Signal(str)
    """What was copied, in words."""

    def __init__(self, context: Context, subject: Subject, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context, self._subject = context, subject
        self.setFixedWidth(WIDTH)
        self.setObjectName("ranking")
        self.chooser = Chooser(WIDTH - 4 * STEP, "Label: what units may follow")
        self.words = QLabel(wordWrap=True)
        self.words.setObjectName("quiet")
        self.words.setToolTip(_TIP)
        self.list = RankedUnits(context, self)
        title = QLabel("units that follow")
        title.setFont(bold(title.font()))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, STEP, 0, 0)
        column.setSpacing(STEP)
        for widget in (title, self.chooser, self.words):
            widget.setContentsMargins(0, 0, 0, 0)
            row = QVBoxLayout()
            row.setContentsMargins(2 * STEP, 0, 2 * STEP, 0)
            row.addWidget(widget)
            column.addLayout(row)
        column.addWidget(self.list, 1)
        self.chooser.chosen.connect(self._choose)
        self.list.copied.connect(self.copied)
        for signal in (context.state.pane_changed, context.state.page_changed, subject.changed):
            signal.connect(self.refresh)
        context.loader.answered.connect(self._take)
        context.loader.failed.connect(self._fail)

    @Slot()
    def refresh(self) -> None:
        """Ask for the ranking; for nothing while nobody looks."""
        loader, subject = self._context.loader, self._subject
        if subject.facts is None:  # perhaps as another recording is opened, of which the same may be asked
            loader.forget(_SLOT)
            self.list.show_ranking(None)
            return
        labels, label = subject.labels, subject.label
        self.chooser.show_choices(labels, labels.index(label) if label else -1)
        if not label:
            loader.forget(_SLOT)
            read = subject.tape is not None and (subject.tape.text or subject.tape.columns)
            self.words.setText(f"{_ALIKE if read else _NO_INPUT}\n\n{_MARK}")
            self.list.show_ranking(None)
            return
        request = RankingRequest(_SLOT, *subject.about, *subject.labelled, subject.quantity.name)
        if request != self.list.of:
            self.words.setText("…")
            self.list.show_ranking(None)
        loader.ask(request)

    @Slot(object, object)
    def _take(self, request: Request, answer: object) -> None:
        if isinstance(request, RankingRequest) and isinstance(answer, Ranking) and request.label == self._subject.label:
            self.words.setText(self._describe(answer))
            self.list.show_ranking(answer if answer.varies else None, request)

    @Slot(object, str)
    def _fail(self, request: Request, message: str) -> None:
        if request.slot == _SLOT:
            self.words.setText(message)
            self.list.show_ranking(None)

    def _describe(self, ranking: Ranking) -> str:
        """Over how many timesteps, how often it holds, and what chance gives."""
        if not ranking.of:
            return "This label says nothing about the timesteps here: choose another."
        if not ranking.varies:
            return "This label is the same at every timestep: no unit can follow it. Choose another."
        part = (
            f"{ranking.timesteps:,}" if ranking.timesteps == ranking.of else f"{ranking.timesteps:,} of {ranking.of:,}"
        )
        about = (
            f"the label holds at {_share(ranking.mean)}"
            if ranking.binary
            else f"the label’s mean is {ranking.mean:.4g}"
        )
        sequences = self._sequences()
        words = f"{self._subject.quantity.symbol} over {part} timesteps{sequences}; {about}. "
        words += f"By chance the best reaches {ranking.chance:.2f}."
        if self._context.layer.backward:
            words += " A backward layer: at each timestep it has read what comes after."
        return words.replace("-", "−")

    def _sequences(self) -> str:
        tape, view = self._subject.tape, self._context.state.view
        if tape is None or self._subject.label == MARKED:
            return " of this sequence" if tape is not None and len(tape.sequences) > 1 else ""
        many = sum(info.checkpoint == view.pane.checkpoint and info.length > 0 for info in tape.sequences)
        return f" of {many:,} sequences" if many > 1 else ""

    def _choose(self, index: int) -> None:
        self._context.state.change(rank_by, self._subject.labels[index])

    def paintEvent(self, event: QPaintEvent) -> None:
        """A ground of its own, and a line at its left."""
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(self._context.theme.panel))
            painter.fillRect(0, 0, 1, self.height(), QColor(self._context.theme.rule))


class RankedUnits(QAbstractScrollArea):
    """The units, the one that follows best first: number, a bar around 0, r."""

    copied = Signal(str)

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.ranking: Ranking | None = None
        """What is shown; None for nothing."""
        self.of: RankingRequest | None = None
        """What it was asked by."""
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.verticalScrollBar().setSingleStep(_ROW)
        self.setToolTip(_TIP)
        context.state.units_changed.connect(self._mark)
        context.themes.changed.connect(self.viewport().update)

    def sizeHint(self) -> QSize:
        """As many rows as there is room for."""
        return QSize(WIDTH, 200)

    def show_ranking(self, ranking: Ranking | None, of: RankingRequest | None = None) -> None:
        """Show this one."""
        if of != self.of:
            self.verticalScrollBar().setValue(0)
        self.ranking, self.of = ranking, of
        self._fit()
        self.viewport().update()

    @property
    def order(self) -> tuple[int, ...]:
        """The units from top to bottom."""
        return () if self.ranking is None else tuple(self.ranking.order.tolist())

    def unit_at(self, y: float) -> int | None:
        """The unit at this height of the viewport, or None below the last."""
        row = int(y + self.verticalScrollBar().value()) // _ROW
        return int(self.ranking.order[row]) if self.ranking is not None and 0 <= row < len(self.ranking.order) else None

    @Slot()
    def _mark(self) -> None:
        """Bring a unit that was selected elsewhere into sight."""
        units = self._context.state.view.pane.units
        if units and self.ranking is not None and self.isVisible():
            top = int(np.flatnonzero(self.ranking.order == units[-1])[0]) * _ROW
            bar, height = self.verticalScrollBar(), self.viewport().height()
            if not bar.value() <= top <= bar.value() + height - _ROW:
                bar.setValue(top - height // 2)
        self.viewport().update()

    def _fit(self) -> None:
        many = 0 if self.ranking is None else len(self.ranking.order)
        self.verticalScrollBar().setPageStep(self.viewport().height())
        self.verticalScrollBar().setRange(0, max(0, many * _ROW + STEP - self.viewport().height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is room for other rows."""
        super().resizeEvent(event)
        self._fit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Show the unit of the row."""
        unit = self.unit_at(event.position().y())
        if event.button() == Qt.MouseButton.LeftButton and unit is not None:
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._context.state.change(select_rows, unit, self.order)
            else:
                add = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
                self._context.state.change(select_unit, unit, add)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Copy the list as far as it is seen."""
        offer_copies(self, event.globalPos(), {"the ranking": self.rect()}, self.copied)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The rows in sight."""
        with QPainter(self.viewport()) as painter:
            painter.fillRect(event.rect(), QColor(self._context.theme.panel))
            if self.ranking is None:
                return
            offset = self.verticalScrollBar().value()
            first = max(0, offset // _ROW)
            last = min(len(self.ranking.order), (offset + self.viewport().height()) // _ROW + 1)
            for row in range(first, last):
                self._paint_row(painter, int(self.ranking.order[row]), row * _ROW - offset)

    def _paint_row(self, painter: QPainter, unit: int, top: int) -> None:
        assert self.ranking is not None
        theme, font, width = self._context.theme, QApplication.font(), self.viewport().width()
        if unit in self._context.state.view.pane.units:
            painter.fillRect(QRectF(0, top, width, _ROW), QColor(theme.hover))
            painter.fillRect(QRectF(0, top, STEP, _ROW), QColor(palette.SELECTION))
        metrics = QFontMetricsF(font)
        text_top = top + (_ROW - metrics.height()) / 2
        r, chance = float(self.ranking.r[unit]), self.ranking.chance
        beyond = abs(r) > chance
        number, colour = str(unit), theme.foreground if beyond else theme.muted
        draw_text(painter, _UNIT - metrics.horizontalAdvance(number), text_top, number, font, colour)
        bar = QRectF(_UNIT + 2 * STEP, top + 5, width - _UNIT - _VALUE - 4 * STEP, _ROW - 10)
        painter.fillRect(bar, QColor(theme.hover))
        half, middle = bar.width() / 2, bar.center().x()
        painter.fillRect(QRectF(middle - chance * half, bar.top(), 2 * chance * half, bar.height()), QColor(theme.rule))
        painter.fillRect(
            QRectF(middle + min(r, 0) * half, bar.top() + 2, abs(r) * half, bar.height() - 4), QColor(colour)
        )
        painter.fillRect(QRectF(round(middle), bar.top() - 2, 1, bar.height() + 4), QColor(theme.muted))
        shown = format_value(r)
        draw_text(painter, width - 3 * STEP - metrics.horizontalAdvance(shown), text_top, shown, font, colour)


def _share(part: float) -> str:
    return f"{part:.1%}" if 0.001 <= part <= 0.999 else f"{part:.2g}"
