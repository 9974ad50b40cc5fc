"""What is under the pointer, in words; worked out anew whenever the pointer moves, or what it stands on."""

from PySide6.QtCore import QObject, QPointF, Signal

from gruviz.ui.asked import Asked
from gruviz.ui.panels import Context, Panel
from gruviz.ui.panels.curves import say_inputs
from gruviz.ui.panels.units import format_value
from gruviz.ui.reading import Point, PointRequest, quantity_of
from gruviz.ui.signs import named

_SLOT = "point"
"""The loader's slot for what is under the pointer."""
_DIGITS = 6
"""Of numeric input."""


class Pointing(QObject):
    """Asks for the timestep and the unit under the pointer, and says what they hold."""

    said = Signal(str)
    """Empty where there is nothing."""

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._panel: Panel | None = None
        self._asked: Asked = context.loader
        """Whom it asked last: that of the pane that the pointer was in."""
        self._last: tuple[PointRequest, Point] | None = None
        """What was answered last."""

    def at(self, panel: Panel | None, where: QPointF) -> None:
        """Ask for what is there: a place of a panel; nothing where it is none, or the place lies beside its body."""
        view = self._context.state.view
        loader = self._asked if panel is None else panel.context.loader
        if loader is not self._asked:
            self._asked.forget(_SLOT)
            self._asked, self._last = loader, None
        if panel is None or not view.length or not panel.body.left() <= where.x() < panel.body.right() + 1:
            self._panel = self._last = None  # perhaps as another recording is opened
            loader.forget(_SLOT)
            self.said.emit("")
            return
        timestep = min(max(int(panel.time_at(where.x()) // 1), 0), view.length - 1)
        unit = panel.unit_at(where.y())
        quantities = () if unit is None else panel.quantities
        self._panel = panel
        request = PointRequest(
            _SLOT, *panel.context.subject, timestep, unit, quantities, view.reference, panel.counterpart
        )
        loader.ask(request)
        if self._last is not None and self._last[0] == request:  # which is not answered again
            self._say(self._last[1])

    def take(self, asked: QObject, request: PointRequest, point: Point) -> None:
        """Tell what was asked for."""
        if asked is self._asked:
            self._last = request, point
            self._say(point)

    def _say(self, point: Point) -> None:
        context = self._context if self._panel is None else self._panel.context
        cell, clock = context.layer.cell, context.clock
        words = [f"t = {point.timestep:,}" + (f" · {clock.say(point.timestep)}" if clock else "")]
        if point.symbol is not None:
            words.append(named(point.symbol))
        if point.inputs and not point.values:
            words.append(say_inputs(point.inputs, point.missing, _DIGITS))
        if point.unit is not None:
            words.append(f"unit {point.unit}")
        words += [f"{quantity_of(cell, name).symbol} = {format_value(value)}" for name, value in point.values.items()]
        if self._panel is not None:
            for name, value in point.others.items():
                words.append(f"{self._panel.title} = {format_value(value - point.values[name])}")
            words.append(self._panel.words_at(point.timestep))
        self.said.emit("   ".join(filter(None, words)))
