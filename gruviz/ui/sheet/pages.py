"""The pages: lines from one sequence to the next, of which those in sight are read and painted, and no others."""

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from gruviz import palette
from gruviz.cells import Quantity
from gruviz.recording import SequenceInfo
from gruviz.ui.panels import Context
from gruviz.ui.panels.copying import offer_copies
from gruviz.ui.panels.panel import draw_text
from gruviz.ui.panels.units import format_value
from gruviz.ui.reading import Lines, LinesRequest, Request, Stretch, StretchRequest
from gruviz.ui.sheet.legend import HEIGHT as LEGEND
from gruviz.ui.sheet.legend import Legend
from gruviz.ui.sheet.paper import MARK, Paper, draw_lines, edges_of, paper_of
from gruviz.ui.sheet.subject import Subject
from gruviz.ui.signs import named
from gruviz.ui.theme import STEP, small
from gruviz.view import View, seek, select_range

_LINES, _STRETCH = "page lines", "page"
"""The loader's slots."""
_ABOVE = 2 * STEP
"""Pixels left free above the first line."""
GUTTER = 88
"""At the left, for the timestep at which a line begins."""
_AROUND = 64
"""Lines are read in blocks of so many, those before and after what is in sight with it."""
_CLICK = 4
"""A press that moves by fewer pixels is a click."""
_FAINT = 70
"""Of 255, how opaque the selected range is marked."""


class Pages(QAbstractScrollArea):
    """Draws the lines in sight once, into a picture; the cursor moves over it."""

    said = Signal(str)
    """What is under the pointer."""
    copied = Signal(str)
    """What was copied, in words."""
    wanted = Signal(int, int)
    """Another sequence, at one of its timesteps."""

    def __init__(self, context: Context, subject: Subject, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context, self._subject = context, subject
        self.lines: Lines | None = None
        """None before the first answer."""
        self.stretch: Stretch | None = None
        """What was read last."""
        self.wrong = ""
        self.painted = 0
        """How many times the lines in sight have been drawn."""
        self._picture: QPixmap | None = None
        self._about: tuple[str, str, int] | None = None
        """Recording, layer and checkpoint that lines and stretch are of."""
        self._of: StretchRequest | None = None
        """What the stretch was asked by."""
        self._pressed: tuple[QPointF, int] | None = None
        """Where a mouse button was pressed, and on which row."""
        self._dragging = False
        self._cursor = -1
        """The row that is framed."""
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setViewportMargins(0, LEGEND, 0, 0)
        self.viewport().setMouseTracking(True)
        self.legend = Legend(context, subject, self)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        state, loader = context.state, context.loader
        for signal in (state.pane_changed, state.page_changed, state.units_changed, subject.changed):
            signal.connect(self.refresh)
        state.cursor_changed.connect(self._follow)
        state.mark_changed.connect(self.viewport().update)
        loader.answered.connect(self._take)
        loader.failed.connect(self._fail)
        context.themes.changed.connect(self._redraw)

    def sizeHint(self) -> QSize:
        """As much as there is."""
        return QSize(600, 400)

    # What is asked for

    @property
    def paper(self) -> Paper:
        """The measures of the pages on show."""
        tape = self._subject.tape
        assert tape is not None
        return paper_of(tape.text, bool(tape.columns), self.viewport().width() - GUTTER - 2 * STEP)

    @Slot()
    def refresh(self) -> None:
        """Ask for the lines, and for what is in sight of them; for nothing while nobody looks."""
        loader = self.context.loader
        if self._subject.facts is None:
            for slot in (_LINES, _STRETCH):
                loader.forget(slot)
            self.lines = self.stretch = self._of = self._about = self._picture = None
            return
        layer, sequence, checkpoint = self._subject.about
        about = (self.context.state.view.pane.recording, layer, checkpoint)
        if about != self._about:
            self.lines = self.stretch = self._of = None
            self._about = about
        loader.ask(LinesRequest(_LINES, layer, sequence, checkpoint, self.paper.columns))
        self._ask()
        self.legend.update()
        self._redraw()

    def _ask(self) -> None:
        """Ask for what stands in the lines in sight, and before and after them."""
        lines = self.lines
        if self._subject.facts is None or lines is None or not len(lines):
            return
        first = max(self._top // _AROUND - 1, 0) * _AROUND
        last = min((self._top + self._count) // _AROUND * _AROUND + 2 * _AROUND, len(lines)) - 1
        start, stop = int(lines.first[first]), int(lines.stop[last])
        layer, sequence, checkpoint = self._subject.about
        label, marked = self._subject.labelled
        request = StretchRequest(
            _STRETCH,
            layer,
            sequence,
            checkpoint,
            label,
            marked,
            self._subject.quantity.name,
            self._subject.unit,
            start,
            stop,
        )
        self.context.loader.ask(request)

    @Slot(object, object)
    def _take(self, request: Request, answer: object) -> None:
        if isinstance(answer, Lines):
            before, self.lines, self.wrong = self.lines, answer, ""
            self._fit()
            if before is None or before.columns != answer.columns or not len(before) or before.stop[-1] <= self._cursor:
                self._show_cursor()
            self._ask()
            self._redraw()
        elif isinstance(request, StretchRequest) and isinstance(answer, Stretch):
            self.stretch, self._of, self.wrong = answer, request, ""
            self.legend.show_limit(answer.limit)
            self._redraw()

    @Slot(object, str)
    def _fail(self, request: Request, message: str) -> None:
        if request.slot in (_LINES, _STRETCH):
            self.wrong = message
            self.viewport().update()

    # Where things stand

    @property
    def _top(self) -> int:
        return self.verticalScrollBar().value()

    @property
    def _count(self) -> int:
        """Lines that there is room for, the last perhaps not whole."""
        return -(-(self.viewport().height() - _ABOVE) // self.paper.line)

    @property
    def _info(self) -> SequenceInfo:
        """The sequence on show."""
        assert self._subject.facts is not None
        pane = self.context.state.view.pane
        return self._subject.facts.sequences_of(pane.layer)[pane.sequence]

    def cell_of(self, row: int) -> QRect | None:
        """The pixels of a row of the tape in the viewport; None where it is out of sight or not read yet."""
        lines, stretch = self.lines, self.stretch
        if lines is None or stretch is None or not len(lines):
            return None
        number = lines.line_of(row)
        first, stop = int(lines.first[number]), int(lines.stop[number])
        if not self._is_read(number) or not first <= row < stop or not 0 <= number - self._top < self._count:
            return None
        edges, paper = edges_of(stretch, first, stop), self.paper
        left, right = (int(edges[row - first + end]) * paper.column for end in (0, 1))
        return QRect(GUTTER + left, _ABOVE + (number - self._top) * paper.line, right - left, paper.cell)

    def row_at(self, at: QPointF) -> int | None:
        """The row of the tape at a place of the viewport: the nearest of its line; None below the last line."""
        lines, paper = self.lines, self.paper
        if lines is None or self.stretch is None or at.y() < 0:
            return None
        number = self._top + max(int((at.y() - _ABOVE) // paper.line), 0)
        if number >= len(lines) or not self._is_read(number):
            return None
        first, stop = int(lines.first[number]), int(lines.stop[number])
        edges = edges_of(self.stretch, first, stop)
        place = int(np.searchsorted(edges, (at.x() - GUTTER) / paper.column, side="right")) - 1
        return first + min(max(place, 0), stop - first - 1)

    def _is_read(self, number: int) -> bool:
        stretch, lines = self.stretch, self.lines
        assert lines is not None
        return stretch is not None and (
            stretch.start <= lines.first[number] and lines.stop[number] <= stretch.start + len(stretch)
        )

    def _fit(self) -> None:
        if self._subject.facts is None or self.lines is None:
            return
        whole = max((self.viewport().height() - _ABOVE) // self.paper.line, 1)
        self.verticalScrollBar().setPageStep(whole)
        self.verticalScrollBar().setRange(0, max(len(self.lines) - whole, 0))

    @Slot()
    def _scrolled(self) -> None:
        self._ask()
        self._redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lines break elsewhere; the same text stays in sight."""
        super().resizeEvent(event)
        self.legend.setGeometry(0, 0, self.width(), LEGEND)
        self._fit()
        self.refresh()

    # The cursor

    @Slot()
    def _follow(self) -> None:
        """Frame another timestep: of the picture nothing is drawn anew, where it is in sight."""
        if self._subject.facts is None or self.lines is None:
            return
        row = self._info.offset + self.context.state.view.cursor
        before, self._cursor = self._cursor, row
        if self._show_cursor():
            return
        for each in (before, row):
            if (cell := self.cell_of(each)) is not None:
                self.viewport().update(cell.adjusted(-3, -3, 3, 3))

    def _show_cursor(self) -> bool:
        """Scroll no further than it takes to see the cursor, or, where that is far, so that it comes to the middle;
        whether anything was scrolled.
        """
        if self._subject.facts is None or self.lines is None or not len(self.lines):
            return False
        self._cursor = self._info.offset + self.context.state.view.cursor
        number, bar = self.lines.line_of(self._cursor), self.verticalScrollBar()
        top, whole = bar.value(), bar.pageStep()
        if top <= number < top + whole:
            return False
        near = top - whole < number < top + 2 * whole
        bar.setValue(min(number, max(top, number - whole + 1)) if near else number - whole // 2)
        return bar.value() != top

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down by lines, or by pages."""
        page = max(self.verticalScrollBar().pageStep() - 1, 1)
        lines = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -page, Qt.Key.Key_PageDown: page}
        if event.key() in lines and self.lines is not None and len(self.lines):
            self._step_lines(lines[Qt.Key(event.key())])
        else:
            event.ignore()

    def _step_lines(self, by: int) -> None:
        """Move the cursor to another line, the same number of timesteps from its start."""
        lines = self.lines
        assert lines is not None
        here = self._info.offset + self.context.state.view.cursor
        number = lines.line_of(here)
        target = min(max(number + by, 0), len(lines) - 1)
        if target != number:
            place = here - int(lines.first[number])
            self._go(min(int(lines.first[target]) + place, int(lines.stop[target]) - 1))

    def _go(self, row: int) -> None:
        """To a row of the tape, in whichever sequence it lies."""
        info = self._sequence_of(row)
        if info.index == self._info.index:
            self.context.state.change(_went_to, row - info.offset)
        else:
            self.wanted.emit(info.index, row - info.offset)

    def _sequence_of(self, row: int) -> SequenceInfo:
        assert self._subject.tape is not None
        sequences = self._subject.tape.sequences
        low, high = 0, len(sequences)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if sequences[middle].offset <= row else (low, middle)
        while sequences[low].length == 0 and low:  # an empty one begins where the next does
            low -= 1
        return sequences[low]

    # The hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to go somewhere, or to select; with Shift, select from the cursor to here."""
        row = self.row_at(event.position()) if self._subject.facts is not None else None
        if event.button() != Qt.MouseButton.LeftButton or row is None:
            event.ignore()
            return
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._select(self._info.offset + self.context.state.view.cursor, row)
            return
        self._pressed, self._dragging = (event.position(), row), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Select, while the button is held down; else say what is here."""
        if self._subject.facts is None:
            return
        row = self.row_at(event.position())
        if self._pressed is None:
            self.said.emit("" if row is None or event.position().x() < GUTTER else self._words(row))
            return
        at, start = self._pressed
        if (event.position() - at).manhattanLength() >= _CLICK:
            self._dragging = True
        if self._dragging and row is not None:
            self._select(start, row)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click goes there."""
        pressed, self._pressed = self._pressed, None
        if pressed is not None and not self._dragging:
            self._go(pressed[1])

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        super().leaveEvent(event)
        self.said.emit("")

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Copy the page as it is seen."""
        offer_copies(self, event.globalPos(), {"the page": self.rect()}, self.copied)

    def _select(self, first: int, last: int) -> None:
        """Both included, within the sequence on show."""
        offset = self._info.offset
        self.context.state.change(select_range, min(first, last) - offset, max(first, last) + 1 - offset)

    def _words(self, row: int) -> str:
        """What a row holds."""
        stretch, info = self.stretch, self._sequence_of(row)
        assert stretch is not None
        place, timestep = row - stretch.start, row - info.offset
        words = [info.name] if info.index != self._info.index else []
        clock, quantity = self.context.clock, self._subject.quantity
        words.append(f"t = {timestep:,}" + (f" · {clock.say(timestep)}" if clock else ""))
        if stretch.symbols is not None:
            words.append(named(stretch.symbols[place]))
        elif stretch.curves is not None and stretch.curves.shape[1]:
            words.append(f"x = {', '.join(_number(value) for value in stretch.curves[place][:3].tolist())}")
        words += [f"unit {self._subject.unit}", f"{quantity.symbol} = {format_value(float(stretch.values[place]))}"]
        return "   ".join(filter(None, words))

    # Painting

    @Slot()
    def _redraw(self) -> None:
        self._picture = None
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture of the lines, and the cursor over it."""
        theme = self.context.theme
        with QPainter(self.viewport()) as painter:
            if self._subject.facts is None or self.lines is None or self.wrong:
                painter.fillRect(event.rect(), QColor(theme.panel))
                if self.wrong:
                    painter.setPen(QColor(theme.warning))
                    area = QRectF(self.viewport().rect()).adjusted(3 * STEP, 2 * STEP, -3 * STEP, 0)
                    painter.drawText(area, Qt.TextFlag.TextWordWrap, self.wrong)
                return
            if self._picture is None:
                self._picture = self._draw()
            painter.drawPixmap(0, 0, self._picture)  # Qt clips it to what is to be painted
            self._paint_selection(painter, event.rect())
            view, offset = self.context.state.view, self._info.offset
            if view.reference is not None:
                self._paint_frame(painter, offset + view.reference, Qt.PenStyle.DotLine)
            self._paint_frame(painter, offset + view.cursor, Qt.PenStyle.SolidLine)

    def _draw(self) -> QPixmap:
        """The lines in sight."""
        theme, lines, viewport = self.context.theme, self.lines, self.viewport()
        assert lines is not None
        self.painted += 1
        ratio = self.devicePixelRatioF()
        picture = QPixmap(viewport.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(QColor(theme.panel))
        with QPainter(picture) as painter:  # a picture that is let go of while it is drawn on ends the process
            shown = range(self._top, min(self._top + self._count, len(lines)))
            self._draw_gutter(painter, shown)
            if self.stretch is not None:
                painter.translate(GUTTER, _ABOVE)
                draw_lines(painter, self.paper, self.stretch, lines, shown, self._shaded_by, theme)
        return picture

    @property
    def _shaded_by(self) -> Quantity:
        """The quantity that the stretch holds: until the next answer it may be another than the chosen one."""
        cell = self.context.layer.cell
        return cell[self._of.quantity] if self._of and self._of.quantity in cell.names else self._subject.quantity

    def _draw_gutter(self, painter: QPainter, shown: range) -> None:
        """The timestep at which each line begins; where a sequence begins and there are several, its name."""
        theme, font, lines, paper = self.context.theme, small(QApplication.font()), self.lines, self.paper
        assert lines is not None
        assert self._subject.tape is not None
        metrics, several = QFontMetricsF(font), len(self._subject.tape.sequences) > 1
        for number in shown:
            row = int(lines.first[number])
            info = self._sequence_of(row)
            begins = several and row == info.offset
            words = (info.name or f"sequence {info.index}") if begins else f"{row - info.offset:,}"
            words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, GUTTER - 3 * STEP)
            colour = theme.foreground if begins else theme.muted
            top = _ABOVE + (number - shown.start) * paper.line + paper.top + (paper.shade - metrics.height()) / 2
            draw_text(painter, GUTTER - 2 * STEP - metrics.horizontalAdvance(words), top, words, font, colour)

    def _paint_selection(self, painter: QPainter, part: QRect) -> None:
        """The selected range, and those that are marked, over the lines that they run through."""
        view, offset = self.context.state.view, self._info.offset
        amber = QColor(palette.SELECTION)
        for first, stop in view.marked:
            for cell in self._stretches(offset + first, offset + stop, part):
                painter.fillRect(QRect(cell.left(), cell.bottom() + 2 + MARK, cell.width(), MARK), amber)
        if view.selection is not None:
            faint = QColor(amber)
            faint.setAlpha(_FAINT)
            for cell in self._stretches(offset + view.selection[0], offset + view.selection[1], part):
                painter.fillRect(cell, faint)
                painter.setPen(QPen(amber, 2))
                painter.drawRect(cell)

    def _stretches(self, first: int, stop: int, part: QRect) -> list[QRect]:
        """The pixels of a range of rows, line by line, where they touch `part` of the viewport."""
        lines, paper = self.lines, self.paper
        assert lines is not None
        top = self._top + max((part.top() - _ABOVE) // paper.line, 0)
        bottom = min(self._top + (part.bottom() - _ABOVE) // paper.line, len(lines) - 1)
        found = []
        for number in range(max(top, lines.line_of(first)), min(bottom, lines.line_of(stop - 1)) + 1):
            ends = max(first, int(lines.first[number])), min(stop, int(lines.stop[number])) - 1
            begins, until = (self.cell_of(row) for row in ends)
            if begins is not None and until is not None and ends[0] <= ends[1]:
                found.append(begins.united(until))
        return found

    def _paint_frame(self, painter: QPainter, row: int, style: Qt.PenStyle) -> None:
        cell = self.cell_of(row)
        if cell is None:
            return
        theme = self.context.theme
        painter.setPen(QPen(QColor(theme.panel), 1))
        painter.drawRect(cell.adjusted(-3, -3, 2, 2))
        painter.drawRect(cell.adjusted(0, 0, -1, -1))
        painter.setPen(QPen(QColor(theme.foreground), 2, style))
        painter.drawRect(cell.adjusted(-1, -1, 1, 1))


def _went_to(view: View, timestep: int) -> View:
    """A click ends what was selected."""
    return replace(seek(view, timestep), selection=None)


def _number(value: float) -> str:
    return "missing" if value != value else f"{value:.5g}".replace("-", "−")
