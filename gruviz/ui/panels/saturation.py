"""How often each gate is all but shut, and all but open."""

import numpy as np
from PySide6.QtCore import QLineF, QRect, QRectF, Slot
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gruviz.analysis import Saturation
from gruviz.cells import Quantity
from gruviz.ui.panels.measured import Dots, MeasuredPanel, as_words, draw_dots
from gruviz.ui.panels.panel import Context, draw_text, text_width
from gruviz.ui.panels.timelines import line_colour
from gruviz.ui.reading import Request, SaturationRequest, Sides
from gruviz.ui.theme import STEP, bold, small
from gruviz.view import saturate

_MARGIN = 26
"""Pixels for the axis at the left of a scatter."""


class SaturationPanel(MeasuredPanel):
    """A scatter for each gate, after Karpathy, Johnson and Fei-Fei 2015, Figure 2."""

    slots = ("saturation",)
    copy_name = "the saturation"
    idle_words = "Point at a dot to read its unit"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.sides: Sides | None = None
        """None before the first answer."""
        self._drawn = context.state.view.sides
        self.low, self.high = _number("Left-saturated: below this"), _number("Right-saturated: above this")
        line = QHBoxLayout()
        line.setSpacing(STEP)
        for words, box in (("left below", self.low), ("right above", self.high)):
            label = QLabel(words)
            label.setObjectName("quiet")
            line.addWidget(label)
            line.addWidget(box)
            box.valueChanged.connect(self._change)
        line.addStretch(1)
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        column.insertLayout(1, line)
        self.canvas.setToolTip(
            "Each dot is a unit: to the right the fraction of timesteps at which the gate is left-saturated, all but "
            "0; upwards the fraction at which it is right-saturated, all but 1 (Karpathy, Johnson and Fei-Fei 2015)"
            "<br>A unit whose keep is right-saturated hardly forgets on the direct path; more it does not say."
        )
        self._show_thresholds()

    def clear(self) -> None:
        """Another sequence is on show."""
        self.sides = None
        self.picture_changed()

    def refresh(self) -> None:
        """Ask for them; at other thresholds nothing needs to be read."""
        extent, start, stop = self.measured
        self.context.loader.ask(SaturationRequest(self.slots[0], *self.context.subject, extent, start, stop))
        found = self.sides
        self.show_head(found.done if found else 0.0, found.timesteps if found else 0)
        if self._drawn != self.context.state.view.sides:
            self._drawn = self.context.state.view.sides
            self.picture_changed()
        self._show_thresholds()

    def take(self, request: Request, answer: Sides) -> None:
        """Draw them, once they are all there; until then what was there before."""
        self.show_head(answer.done, answer.timesteps)
        if answer.gates or self.sides is None:
            self.sides = answer
            self.picture_changed()

    def saturation(self, gate: str) -> Saturation | None:
        """That of all units at the thresholds that are set; None while it is not known."""
        known = self.sides is not None and gate in self.sides.gates
        return self.sides.gates[gate].saturation(*self.context.state.view.sides) if self.sides and known else None

    def words_of(self, unit: int) -> str:
        """How often its gates are saturated."""
        known = [(gate.symbol, found) for gate in self._gates if (found := self.saturation(gate.name)) is not None]
        words = [(name, f"{each.left[unit]:.1%} left, {each.right[unit]:.1%} right") for name, each in known]
        return f"unit {unit}   {as_words(words)}"

    @property
    def _gates(self) -> list[Quantity]:
        return [quantity for quantity in self.context.layer.cell.quantities if quantity.fraction]

    def draw(self, painter: QPainter, rect: QRectF) -> list[Dots]:
        """The scatters, as large as they can be, side by side or in two rows."""
        gates = self._gates
        line = QFontMetricsF(small(QApplication.font())).height()
        foot, below = 2 * line + 2, 2 * line + STEP
        low, high = self.context.state.view.sides
        meaning = (
            f"→ left-saturated: part of the time below {low:.2f}",
            f"↑ right-saturated: part of the time above {high:.2f}",
        )

        def side(columns: int) -> float:
            rows = -(-len(gates) // columns)
            return min(rect.width() / columns - _MARGIN - STEP, (rect.height() - below) / rows - foot - line)

        columns = max(range(1, len(gates) + 1), key=side)
        size, found = int(side(columns)), []
        if size < 24:
            return []
        for place, quantity in enumerate(gates):
            row, column = divmod(place, columns)
            left = column * (size + _MARGIN + STEP) + _MARGIN
            top = row * (size + foot + line) + line
            found += self._draw_gate(painter, QRect(round(left), round(top), size, size), quantity)
        top = -(-len(gates) // columns) * (size + foot + line) + STEP
        for row, words in enumerate(meaning):
            draw_text(painter, 0, top + row * line, words, small(QApplication.font()), self.context.theme.muted)
        return found

    def _draw_gate(self, painter: QPainter, area: QRect, quantity: Quantity) -> list[Dots]:
        theme, font = self.context.theme, small(QApplication.font())
        line = QFontMetricsF(font).height()
        top = area.top() - line - 1
        x = area.left() + draw_text(painter, area.left(), top, quantity.symbol, bold(font), theme.foreground)
        names = (quantity.title, quantity.title.partition(" (")[0])
        name = next((each for each in names if x + 6 + text_width(each, font) < area.right() + STEP), "")
        draw_text(painter, x + 6, top, name, font, theme.foreground)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(QColor(theme.rule), 1))
        painter.drawRect(area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawLine(QLineF(area.topLeft(), area.bottomRight()))  # no dot can lie beyond it
        for label, left, above in (
            ("1", area.left() - STEP - text_width("1", font), area.top()),
            ("0", area.left() - STEP - text_width("0", font), area.bottom() - line),
            ("0", area.left(), area.bottom() + 2),
            ("1", area.right() - text_width("1", font), area.bottom() + 2),
        ):
            draw_text(painter, left, above, label, font, theme.muted)
        room = area.width() - 6 * STEP
        low, high = self.context.state.view.sides
        words = next((each for each in (f"below {low:.2f} →", "→") if text_width(each, font) < room), "")
        if words:
            middle = area.left() + (area.width() - text_width(words, font)) / 2
            draw_text(painter, middle, area.bottom() + 2, words, font, theme.muted)
        painter.save()
        painter.translate(area.left() - STEP - line + 2, area.center().y())
        painter.rotate(-90)
        room = round(area.height() - 2 * line - STEP)  # between the two numbers
        words = next((each for each in (f"above {high:.2f} →", "→") if text_width(each, font) < room), "")
        if words:
            draw_text(painter, -text_width(words, font) / 2, 0, words, font, theme.muted)
        painter.restore()
        found = self.saturation(quantity.name)
        if found is None:
            return []
        known = np.flatnonzero(~np.isnan(found.left))
        across = area.left() + found.left[known] * area.width()
        up = area.bottom() - found.right[known] * area.height()
        colour = line_colour(quantity, theme)
        draw_dots(painter, across, up, colour)
        return [Dots(known, across, up)]

    @Slot()
    def _change(self) -> None:
        self.context.state.change(saturate, self.low.value(), self.high.value())

    def _show_thresholds(self) -> None:
        for box, value in zip((self.low, self.high), self.context.state.view.sides, strict=True):
            box.blockSignals(True)
            box.setValue(value)
            box.blockSignals(False)


def _number(tip: str) -> QDoubleSpinBox:
    box = QDoubleSpinBox(minimum=0.0, maximum=1.0, singleStep=0.01, decimals=2)
    box.setKeyboardTracking(False)
    box.setToolTip(f"{tip} (0.1 and 0.9 in Karpathy et al. 2015)")
    return box
