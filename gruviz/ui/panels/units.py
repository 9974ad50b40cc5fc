"""All units at the cursor, sorted: number, bar, value, class."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QContextMenuEvent, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from gruviz import palette
from gruviz.cells import CLASSES
from gruviz.recording import classify
from gruviz.ui.panels.copying import offer_copies
from gruviz.ui.panels.panel import Context, draw_text, lettering
from gruviz.ui.reading import BLOCK, Kept, Request, Rows, RowsRequest
from gruviz.ui.theme import STEP, bold, small
from gruviz.view import select_rows, select_unit

ROW = 20
_HEAD = 76
_UNIT, _VALUE, _CLASS = 44, 52, 108
"""Widths of the columns beside the bar."""
_SIGN = 12
"""That of values is wider by this where they may be negative."""


@dataclass(frozen=True)
class Listing:
    """What is shown, sorted."""

    timestep: int
    order: NDArray[np.intp]
    """The units on show."""
    values: NDArray[np.float32]
    """By unit."""
    classes: NDArray[np.uint8] | None
    """By unit; None for a cell without a keep."""


class UnitsPanel(QAbstractScrollArea):
    """A list of all units, the most kept first; of a cell without a keep, by their state."""

    copied = Signal(str)
    """What was copied, in words."""
    slot = "rows"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self.rows: Rows | None = None
        """The timesteps around the cursor; None before the first answer."""
        self._kept: Kept | None = None
        """The units that the filter keeps, as far as that is known."""
        self.listing: Listing | None = None
        self.wrong = ""
        self._sought: int | None = None
        """The unit that was selected last, while it is to be brought into sight."""
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setViewportMargins(0, _HEAD, 0, 0)
        self._head = _Head(self)
        self.verticalScrollBar().setSingleStep(ROW)
        state = context.state
        state.pane_changed.connect(self._turn)
        state.cursor_changed.connect(self._follow)
        state.thresholds_changed.connect(self._sort)
        state.thresholds_changed.connect(self._teach)
        state.units_changed.connect(self._mark)
        state.rows_changed.connect(self._sort)
        context.loader.answered.connect(self._take)
        context.loader.failed.connect(self._fail)
        context.themes.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """As wide as a row reads well."""
        return QSize(320, 400)

    def unit_at(self, y: float) -> int | None:
        """The unit at this height of the viewport, or None below the last."""
        row = int(y + self.verticalScrollBar().value()) // ROW
        if self.listing is None or not 0 <= row < len(self.listing.order):
            return None
        return int(self.listing.order[row])

    @property
    def order(self) -> tuple[int, ...]:
        """The units from top to bottom."""
        return () if self.listing is None else tuple(int(unit) for unit in self.listing.order)

    @property
    def counts(self) -> tuple[int, ...] | None:
        """How many of the units on show are in each class, or None for a cell without a keep."""
        if self.listing is None or self.listing.classes is None:
            return None
        classes = self.listing.classes[self.listing.order]
        return tuple(int(number) for number in np.bincount(classes, minlength=len(CLASSES)))

    @Slot()
    def _turn(self) -> None:
        if self.context.reread:
            self._follow()
            return
        self.rows, self.listing, self.wrong = None, None, ""
        self._kept = None  # of another recording, perhaps, whose layers and sequences go by the same names
        self.verticalScrollBar().setValue(0)
        self._teach()
        self._follow()

    @Slot()
    def _teach(self) -> None:
        """Say what the columns are."""
        view, facts = self.context.state.view, self.context.loader.facts
        if facts is None or view.pane.layer not in facts.layers:
            return
        cell = self.context.layer.cell
        quantity = cell[cell.keep or cell.state]
        tip = f"<b>{quantity.symbol}</b> {quantity.title}: {quantity.meaning}<br><b>{quantity.formula}</b>"
        tip += "<br>Between 0 and 1." if quantity.fraction else "<br>The bar goes from −1 to 1."
        if cell.keep:
            tip += f"<br>{view.thresholds.describe()}"
        self.setToolTip(tip)
        self._head.setToolTip(tip)

    @Slot()
    def _follow(self) -> None:
        view = self.context.state.view
        if self.context.loader.facts is None or not view.length:
            return
        pane = view.pane
        self.context.loader.ask(RowsRequest(self.slot, pane.layer, pane.sequence, view.cursor // BLOCK))
        self._sort()

    @Slot(object, object)
    def _take(self, request: Request, answer: object) -> None:
        if request.slot == self.slot and isinstance(answer, Rows):
            self.rows, self.wrong = answer, ""
            self._sort()
        elif isinstance(answer, Kept) and answer.units is not None:
            self._kept = answer
            self._sort()

    @Slot(object, str)
    def _fail(self, request: Request, message: str) -> None:
        if request.slot == self.slot:
            self.wrong = message
            self.viewport().update()

    @Slot()
    def _sort(self) -> None:
        view, rows = self.context.state.view, self.rows
        if rows is not None and view.cursor in rows:  # else it stays what it is until they come
            self.listing = _listing(self.context, rows, view.cursor, self._shown)
            self._fit()
            self._reveal()
            self.viewport().update()
            self._head.update()

    @property
    def _shown(self) -> NDArray[np.bool_] | None:
        """The units that the filter keeps, (H,); None where all are on show, or what it keeps is not known."""
        kept, view = self._kept, self.context.state.view
        about = kept is not None and (kept.request.filter, kept.request.subject)
        return kept.units if kept and about == (view.pane.filter, self.context.ordering) else None

    @Slot()
    def _mark(self) -> None:
        units = self.context.state.view.pane.units
        self._sought = units[-1] if units else None
        self._reveal()
        self.viewport().update()

    def _reveal(self) -> None:
        """Bring a unit that was selected elsewhere into sight, once the list is that of the cursor."""
        listing = self.listing
        if self._sought is None or listing is None or listing.timestep != self.context.state.view.cursor:
            return
        bar, height = self.verticalScrollBar(), self.viewport().height()
        for row in np.flatnonzero(listing.order == self._sought):  # none, where the filter leaves it out
            if not bar.value() <= row * ROW <= bar.value() + height - ROW:
                bar.setValue(int(row) * ROW - height // 2)
        self._sought = None

    def _fit(self) -> None:
        count = 0 if self.listing is None else len(self.listing.order)
        self.verticalScrollBar().setPageStep(self.viewport().height())
        self.verticalScrollBar().setRange(0, max(0, count * ROW + STEP - self.viewport().height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The head stays above the rows."""
        super().resizeEvent(event)
        self._head.setGeometry(0, 0, self.width(), _HEAD)
        self._fit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the unit of the row."""
        unit = self.unit_at(event.position().y())
        if event.button() == Qt.MouseButton.LeftButton and unit is not None:
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self.context.state.change(select_rows, unit, self.order)
            else:
                add = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
                self.context.state.change(select_unit, unit, add)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Copy the list as far as it is seen."""
        offer_copies(self, event.globalPos(), {"the list of units": self.rect()}, self.copied)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows that are in sight."""
        theme = self.context.theme
        with QPainter(self.viewport()) as painter:
            painter.fillRect(event.rect(), QColor(theme.panel))
            none = self.listing is not None and not len(self.listing.order)
            if self.wrong or none:
                painter.setPen(QColor(theme.warning if self.wrong else theme.muted))
                area = QRectF(self.viewport().rect()).adjusted(3 * STEP, 2 * STEP, -3 * STEP, 0)
                painter.drawText(area, Qt.TextFlag.TextWordWrap, self.wrong or self.context.no_units)
                return
            if self.listing is None:
                return
            offset = self.verticalScrollBar().value()
            first = max(0, offset // ROW)
            last = min(len(self.listing.order), (offset + self.viewport().height()) // ROW + 1)
            self._paint_rows(painter, self.listing, first, last, offset)

    def _paint_rows(self, painter: QPainter, listing: Listing, first: int, last: int, offset: int) -> None:
        """Draw some rows: every step of the cursor changes them all."""
        theme, chosen, letters = self.context.theme, set(self.context.state.view.pane.units), lettering(self.font())
        classes, width = listing.classes, self.viewport().width()
        value_width = _VALUE if classes is not None else _VALUE + _SIGN
        right = width - value_width - (_CLASS if classes is not None else 3 * STEP)
        left, room = _UNIT + 2 * STEP, right - _UNIT - 2 * STEP
        ground, amber = QColor(theme.hover), QColor(palette.SELECTION)
        colours = [QColor(each) for each in palette.CLASS_COLOURS]
        ends = [QColor(*(int(part) for part in palette.table("around-zero")[end])) for end in (0, -1)]
        below = (ROW - letters.height) / 2
        letters.begin(painter, theme.foreground)
        units = listing.order[first:last]
        known = [CLASSES.index("mixed")] * len(units) if classes is None else classes[units].tolist()
        rows = zip(range(first, last), units.tolist(), listing.values[units].tolist(), known, strict=True)
        for row, unit, value, kind in rows:
            top = row * ROW - offset
            if unit in chosen:
                painter.fillRect(0, top, width, ROW, ground)
                painter.fillRect(0, top, STEP, ROW, amber)
            number, shown = str(unit), format_value(value)
            letters.draw(painter, _UNIT - letters.width(number), top + below, number)
            painter.fillRect(left, top + 5, room, ROW - 10, ground)
            if classes is None:
                length = round(min(max(value, -1.0), 1.0) * room / 2)
                painter.fillRect(left + room // 2 + min(length, 0), top + 5, abs(length), ROW - 10, ends[value > 0])
            else:
                painter.fillRect(left, top + 5, round(room * value), ROW - 10, colours[kind])
                painter.fillRect(right + _VALUE, top + (ROW - 8) // 2, 8, 8, colours[kind])
                letters.draw(painter, right + _VALUE + 12, top + below, CLASSES[kind])
            letters.draw(painter, right + value_width - 2 * STEP - letters.width(shown), top + below, shown)


class _Head(QWidget):
    """What the list is of."""

    def __init__(self, panel: UnitsPanel) -> None:
        super().__init__(panel)
        self._panel = panel

    def paintEvent(self, event: QPaintEvent) -> None:
        """What and when, and how many units are in each class."""
        context = self._panel.context
        theme, font = context.theme, QApplication.font()
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(theme.panel))
            painter.setPen(QColor(theme.rule))
            painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
            listing = self._panel.listing
            if context.loader.facts is None or listing is None:
                return
            line = QFontMetricsF(font).height()
            draw_text(painter, 3 * STEP, 4, f"units at t = {listing.timestep:,}", bold(font), theme.foreground)
            cell = context.layer.cell
            quantity = cell[cell.keep or cell.state]
            words = f"{quantity.symbol}  {quantity.title}, largest first"
            draw_text(painter, 3 * STEP, 5 + line, words, small(font), theme.muted)
            if (counts := self._panel.counts) is not None:
                step, colours = QFontMetricsF(small(font)).height() + 2, palette.CLASS_COLOURS
                for index, (number, colour, name) in enumerate(zip(counts, colours, CLASSES, strict=True)):
                    x = 3 * STEP + index % 2 * (self.width() / 2 - 2 * STEP)
                    top = 2 * line + 2 * STEP + index // 2 * step
                    painter.fillRect(QRectF(x, round(top + (step - 2 - 8) / 2), 8, 8), QColor(colour))
                    draw_text(painter, x + 12, top, f"{number:,} {name}", small(font), theme.foreground)


def format_value(value: float) -> str:
    """Three digits after the point, with a minus sign."""
    return f"{value:.3f}".replace("-", "−")


def _listing(context: Context, rows: Rows, timestep: int, shown: NDArray[np.bool_] | None) -> Listing:
    cell, index = context.layer.cell, timestep - rows.start
    if cell.keep is None:
        values = rows.values[cell.state][index]
        return Listing(timestep, _largest_first(values, shown), values, None)
    values = rows.values[cell.keep][index]
    here = slice(index, index + 1)
    classes = classify(
        rows.values[cell.keep][here], rows.values[cell.state][here], rows.previous[here], context.state.view.thresholds
    )
    return Listing(timestep, _largest_first(values, shown), values, classes[0])


def _largest_first(values: NDArray[np.float32], shown: NDArray[np.bool_] | None) -> NDArray[np.intp]:
    order = np.argsort(-values, kind="stable")
    return order if shown is None else order[shown[order]]
