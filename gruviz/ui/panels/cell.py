"""The cell of one unit at the cursor, with the numbers that flow through it."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from gruviz.ui.panels.copying import offer_copies
from gruviz.ui.panels.panel import Context, draw_text
from gruviz.ui.panels.tab import TabPanel
from gruviz.ui.panels.units import format_value
from gruviz.ui.reading import BLOCK, CellRequest, Flow, Request
from gruviz.ui.theme import STEP, bold


class CellPanel(TabPanel):
    """The unit that was selected last."""

    slots = ("cell",)
    follows = ("cursor_changed", "units_changed")

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.flow: Flow | None = None
        """The timesteps around the cursor; None before the first answer."""

    @property
    def unit(self) -> int | None:
        """The unit that was selected last."""
        units = self.context.state.view.pane.units
        return units[-1] if units else None

    def clear(self) -> None:
        """Another sequence is on show."""
        self.flow = None

    def refresh(self) -> None:
        """Ask for the timesteps around the cursor."""
        if self.unit is not None:
            block = self.context.state.view.cursor // BLOCK
            self.context.loader.ask(CellRequest(self.slots[0], *self.context.subject, block, self.unit))

    def take(self, request: Request, answer: Flow) -> None:
        """Keep them."""
        self.flow = answer

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Copy it."""
        offer_copies(self, event.globalPos(), {"the cell": self.rect()}, self.copied)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the numbers of the unit."""
        theme, font = self.context.theme, QApplication.font()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.panel))
        line = QFontMetricsF(font).height()
        inner = self.rect().adjusted(3 * STEP, 2 * STEP, -3 * STEP, 0)
        if self.wrong or self.unit is None:
            painter.setPen(QColor(theme.warning if self.wrong else theme.muted))
            words = self.wrong or "Click on a unit in the list above, or on a row of a heatmap."
            painter.drawText(inner, Qt.TextFlag.TextWordWrap, words)
            return
        flow, cursor = self.flow, self.context.state.view.cursor
        if flow is None or flow.unit != self.unit or cursor not in flow:
            return
        draw_text(painter, inner.left(), 6, f"unit {self.unit} at t = {cursor:,}", bold(font), theme.foreground)
        for row, quantity in enumerate(self.context.layer.cell.quantities, start=1):
            words = f"{quantity.symbol} = {format_value(float(flow.values[quantity.name][cursor - flow.start]))}"
            draw_text(painter, inner.left(), 6 + row * line, words, font, theme.foreground)
