"""A row of the stage: a gutter with its title at the left, its body over the time axis, a margin at the right."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QStaticText
from PySide6.QtWidgets import QApplication, QGraphicsItem, QGraphicsScene, QStyleOptionGraphicsItem, QWidget

from gruviz.clock import Clock
from gruviz.ui.asked import Asked
from gruviz.ui.on_demand import Composing, Linking, Sensing, Stepping
from gruviz.ui.reading import Counterpart, LayerFacts, Request
from gruviz.ui.state import ViewState
from gruviz.ui.theme import STEP, Theme, Themes, bold, small
from gruviz.view import reread

LEFT = 144
"""Width of the gutter, the same for all, so that time stands in the same place in all."""
RIGHT = 64
"""Width of the margin, in which the colour bars stand."""


@dataclass(frozen=True)
class Context:
    """What every panel works with."""

    state: ViewState
    loader: Asked
    themes: Themes
    composing: Composing
    sensing: Sensing
    stepping: Stepping
    linking: Linking

    @property
    def theme(self) -> Theme:
        """The colours in force."""
        return self.themes.theme

    @property
    def layer(self) -> LayerFacts:
        """The layer on show. Panels exist only while there is one."""
        assert self.loader.facts is not None
        return self.loader.facts.layers[self.state.view.pane.layer]

    @property
    def clock(self) -> Clock | None:
        """What turns timesteps into seconds, where the tape on show has a rate."""
        facts, pane = self.loader.facts, self.state.view.pane
        if facts is None or pane.layer not in facts.layers:
            return None
        tape = facts.tapes[self.layer.tape]
        return Clock.of(tape.rate, tape.unit)

    @property
    def no_units(self) -> str:
        """What to say where the filter keeps none."""
        return f"No unit fulfils {self.state.view.pane.filter}: ask for less, or press Esc in the filter."

    @property
    def of_all(self) -> str:
        """What to say, under a filter, where it changes nothing."""
        return f"all {self.layer.size:,} units" if self.state.view.pane.filter else ""

    @property
    def subject(self) -> tuple[str, int]:
        """The layer and the sequence on show."""
        pane = self.state.view.pane
        return pane.layer, pane.sequence

    @property
    def ordering(self) -> tuple[str, int]:
        """The layer, and the sequence by which its units are ordered and filtered."""
        pane = self.state.view.pane
        return pane.layer, pane.sequence if pane.anchor is None else pane.anchor

    @property
    def reread(self) -> bool:
        """Whether the latest change led to the same sequence as another checkpoint read it.

        Then what is on show stays until the answers come, so that nothing flickers while training time is scrubbed.
        """
        return reread(self.state.before, self.state.view)


class Painted(QGraphicsItem):
    """An item that a function draws, in its own pixels.

    Its picture is kept, and drawn anew after `update()` alone: a cursor that moves over it costs next to nothing.
    """

    def __init__(self, paint: Callable[[QPainter, QRectF], None], moving: bool = False) -> None:
        """A `moving` one looks different at every step of the cursor: its picture is not kept."""
        super().__init__()
        self._paint = paint
        self._rect = QRectF()
        if not moving:
            self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    def place(self, rect: QRect) -> None:
        """Put it on these pixels of the scene."""
        self.prepareGeometryChange()
        self.setPos(rect.topLeft())
        self._rect = QRectF(0, 0, rect.width(), rect.height())

    def boundingRect(self) -> QRectF:
        """The pixels it draws on, from (0, 0)."""
        return self._rect

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw it."""
        painter.save()
        try:  # the painter is the scene's, and goes on to the next item
            painter.setClipRect(self._rect)
            self._paint(painter, self._rect)
        finally:
            painter.restore()


class Panel:
    """One row. Subclasses say how high it is, what it asks for, and what it draws.

    The stage calls `refresh` when a panel may need other data, `cursor_moved` and `units_changed` when it may only look
    different, and `restyle` when colours change.
    """

    slot = ""
    """The loader's slot that it waits for; empty where it asks for nothing."""
    also: tuple[str, ...] = ()
    """Slots of others, whose answers it draws as well."""
    height: int | None = None
    """In pixels, or None where it takes what is left, shared equally with others."""
    firm = False
    """Whether it keeps that height where room is short."""
    key = ""
    """What the stage knows it by."""
    linked = True
    """Whether it stands over the time axis, and the cursor's line crosses it."""
    symbol = ""
    title = ""
    tip = ""

    def __init__(self, context: Context, scene: QGraphicsScene) -> None:
        self.context = context
        self.scene = scene
        self._items: list[QGraphicsItem] = []
        self.body = QRect()
        """The pixels over the time axis."""
        self.wrong = ""
        """Why there is nothing to show."""
        self._gutter = self.add(Painted(self.paint_gutter))
        self._gutter.setToolTip(self.tip)

    def add(self, item: Any) -> Any:
        """Put an item into the scene, for as long as this panel stands there."""
        self.scene.addItem(item)
        self._items.append(item)
        return item

    def remove(self) -> None:
        """Take it from the scene."""
        for item in self._items:
            self.scene.removeItem(item)
        self._items.clear()
        self.forget()

    def forget(self) -> None:
        """Wait for nothing any more."""
        if self.slot:
            self.context.loader.forget(self.slot)

    def place(self, body: QRect) -> None:
        """Stand here: `body` is what lies over the time axis."""
        self.body = body
        self._gutter.place(QRect(0, body.top(), LEFT, body.height()))

    def refresh(self) -> None:
        """Ask for what is to be drawn now."""

    def clear(self) -> None:
        """Draw nothing until the next answer: another sequence is on show."""

    def take(self, request: Request, answer: Any) -> None:
        """Draw what was asked for."""

    def hears(self, asked: QObject) -> bool:
        """Whether answers of that one are for this panel."""
        return asked is self.context.loader

    def hear(self, asked: QObject, request: Request, answer: Any) -> None:
        """Draw what was asked for, and who answered."""
        self.take(request, answer)

    def cursor_moved(self) -> None:
        """The cursor stands elsewhere."""

    def units_changed(self) -> None:
        """Other units are selected."""

    def restyle(self) -> None:
        """Take the colours of the theme."""
        for item in self._items:
            item.update()

    def set_range(self, start: int, stop: int) -> None:
        """The stage shows these timesteps."""

    def time_at(self, x: float) -> float:
        """The time that stands at this place of the scene: timestep t reaches from t to t + 1."""
        start, stop = self.visible
        return start + (x - self.body.left()) / max(self.body.width(), 1) * (stop - start)

    def unit_at(self, y: float) -> int | None:
        """The unit at this height of the scene, or None where there is none."""
        return None

    @property
    def units(self) -> Sequence[int]:
        """The units that have rows here, from top to bottom."""
        return ()

    @property
    def counterpart(self) -> Counterpart | None:
        """What they are held against, where the difference is drawn."""
        return None

    @property
    def quantities(self) -> tuple[str, ...]:
        """What is to be read out of the unit under the pointer."""
        return ()

    def action_at(self, at: QPointF) -> Callable[[], object] | None:
        """What a click at a place of the scene does in place of going to the timestep; None where it goes there."""
        return None

    def words_at(self, timestep: int) -> str:
        """What else there is to say of a timestep under the pointer."""
        return ""

    def fail(self, message: str) -> None:
        """Say why there is nothing to show."""
        self.wrong = message
        self.restyle()

    @property
    def visible(self) -> tuple[int, int]:
        """The timesteps on show, half-open."""
        view = self.context.state.view
        return view.start, view.stop

    @property
    def title_top(self) -> float:
        """Where the title stands in the gutter: in the middle of a single line, else at the top."""
        line = QFontMetricsF(QApplication.font()).height()
        return round((self.body.height() - line) / 2) if self.body.height() < 2.5 * line else 0.0

    @property
    def titled(self) -> bool:
        """Whether there is room for the title in the gutter, beside what must stand there."""
        return True

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height of the body in pixels of the screen."""
        views = self.scene.views()
        ratio = views[0].devicePixelRatioF() if views else 1.0
        return round(self.body.width() * ratio), round(self.body.height() * ratio)

    def ticks(self) -> Sequence[tuple[float, str]]:
        """Labels at the right edge of the gutter: height in the body from 0 at the top to 1, and text."""
        return ()

    def paint_gutter(self, painter: QPainter, rect: QRectF) -> None:
        """Symbol and title, and ticks at the right edge."""
        theme, font = self.context.theme, QApplication.font()
        x, y = 3.0 * STEP, self.title_top
        if self.symbol:
            x += draw_text(painter, x, y, self.symbol, bold(font), theme.foreground) + 6
        if self.title and self.titled:
            x += draw_text(painter, x, y, self.title, font, theme.foreground)
        metrics = QFontMetricsF(small(font))
        for where, label in self.ticks():
            left = rect.width() - STEP - metrics.horizontalAdvance(label)
            top = min(max(where * rect.height() - metrics.height() / 2, 0), rect.height() - metrics.height())
            if left < x + STEP:  # below the title that has no room for it
                top = max(top, y + metrics.height() + 2)
            draw_text(painter, left, top, label, small(font), theme.muted)

    def paint_wrong(self, painter: QPainter, rect: QRectF) -> None:
        """Where nothing can be shown, why."""
        if self.wrong:
            self.paint_sentence(painter, rect, self.wrong, self.context.theme.warning)

    def paint_sentence(self, painter: QPainter, rect: QRectF, words: str, colour: str) -> None:
        """What there is to say in place of what is drawn else."""
        painter.fillRect(rect, QColor(self.context.theme.panel))
        painter.setFont(QApplication.font())
        painter.setPen(QColor(colour))
        inner = rect.adjusted(2 * STEP, 0, -2 * STEP, 0)
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap, words)


class PlotPanel(Panel):
    """A panel whose body is a plot over time."""

    def __init__(self, context: Context, scene: QGraphicsScene) -> None:
        super().__init__(context, scene)
        self.span = (0, 1)
        """The timesteps that it draws, half-open."""
        self.plot = self.add(Painted(self._paint_body))

    def place(self, body: QRect) -> None:
        """Stand here."""
        super().place(body)
        self.plot.place(body)

    def set_range(self, start: int, stop: int) -> None:
        """Show these timesteps, to the pixel."""
        self.span = (start, max(stop, start + 1))
        self.plot.update()

    def paint_plot(self, painter: QPainter, rect: QRectF) -> None:
        """Draw the body, whose ground is drawn already."""

    def _paint_body(self, painter: QPainter, rect: QRectF) -> None:
        painter.fillRect(rect, QColor(self.context.theme.panel))
        self.paint_plot(painter, rect)
        self.paint_wrong(painter, rect)


class Lettering:
    """Lines of text in one font, whose letters are placed once: numbers and names come again at every step."""

    MANY = 4096
    """Lines that are kept."""

    def __init__(self, font: QFont) -> None:
        self._font = font
        self._lines: dict[str, tuple[QStaticText, float]] = {}
        self.height = QFontMetricsF(font).height()

    def begin(self, painter: QPainter, colour: str) -> None:
        """Draw with this font, in this colour, from now on."""
        painter.setFont(self._font)
        painter.setPen(QColor(colour))

    def draw(self, painter: QPainter, x: float, top: float, text: str) -> float:
        """Draw one line whose upper left corner is given, and return its width."""
        line, width = self._lines.get(text) or self._place(text)
        painter.drawStaticText(QPointF(x, top), line)
        return width

    def width(self, text: str) -> float:
        """The width of one line."""
        return (self._lines.get(text) or self._place(text))[1]

    def _place(self, text: str) -> tuple[QStaticText, float]:
        if len(self._lines) >= self.MANY:
            self._lines.clear()
        line = QStaticText(text)
        line.setTextFormat(Qt.TextFormat.PlainText)
        line.prepare(font=self._font)
        self._lines[text] = line, line.size().width()
        return self._lines[text]


_letterings: dict[str, Lettering] = {}


def lettering(font: QFont) -> Lettering:
    """The lettering of a font: the same one every time."""
    key = font.key()
    if key not in _letterings:
        _letterings[key] = Lettering(QFont(font))
    return _letterings[key]


def draw_text(painter: QPainter, x: float, top: float, text: str, font: QFont, colour: str) -> float:
    """Draw one line whose upper left corner is given, and return its width."""
    letters = lettering(font)
    letters.begin(painter, colour)
    return letters.draw(painter, x, top, text)


def text_width(text: str, font: QFont) -> float:
    """The width of one line."""
    return lettering(font).width(text)


def apart(tops: Sequence[float], line: float, height: float) -> list[float]:
    """Labels of one line each, ascending, pushed apart so that none covers another and all lie within `height`."""
    placed: list[float] = []
    for number, top in enumerate(tops):
        least = placed[-1] + line if placed else 0.0
        most = height - line * (len(tops) - number)
        placed.append(min(max(top, least), max(most, least)))
    return placed
