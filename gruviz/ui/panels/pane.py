"""What the panels of one of several panes work with, and the row that heads them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QApplication, QGraphicsScene

from gruviz.ui.loader import Loader
from gruviz.ui.pane_state import PaneState
from gruviz.ui.panels.panel import LEFT, RIGHT, Context, Painted, Panel, draw_text, text_width
from gruviz.ui.reading import Counterpart, Request, SameInputRequest
from gruviz.ui.theme import STEP, bold, small

LETTERS = "ABC"
"""What the panes of a comparison are called, from top to bottom."""
_BADGE = 16
_CROSS = 7
"""Pixels across what closes the pane."""


@dataclass(frozen=True)
class PaneContext(Context):
    """The state as one pane sees it, and the loader of its recording."""

    state: PaneState
    loader: Loader

    @property
    def number(self) -> int:
        """The place of the pane, from 0."""
        return self.state.number

    @property
    def counterpart(self) -> Counterpart:
        """Its sequence, for what another is held against it."""
        pane = self.state.view.pane
        return Counterpart(pane.recording, pane.layer, pane.sequence)

    @property
    def letter(self) -> str:
        """What the pane is called."""
        return LETTERS[self.number]


class HeadingPanel(Panel):
    """Which recording stands below, in which layer; whether it is in focus; and a cross that closes it."""

    slot = "heading"
    height = 20
    firm = True
    linked = False
    tip = (
        "One of the recordings beside each other. Click anywhere in it to bring it into focus: the list of units, the "
        "tabs and the toolbar are about that one. The cross at the right closes it."
    )

    def __init__(
        self,
        context: PaneContext,
        scene: QGraphicsScene,
        panes: Sequence[PaneContext],
        close: Callable[[int], object],
    ) -> None:
        """Build it.

        Args:
            context: of its pane.
            scene: where it stands.
            panes: of all panes, a list that others change: the first has the input that the others should have.
            close: is told the place of the pane that is to be closed.
        """
        super().__init__(context, scene)
        self._pane, self._panes, self._close = context, panes, close
        self.same = True
        """Whether it reads what the first reads, as far as is known."""
        self._line = self.add(Painted(self._paint))
        self._line.setToolTip(self.tip)
        self._line.setZValue(101)  # the cursor does not strike it through

    def place(self, body: QRect) -> None:
        """Stand here, from the left edge to the right."""
        super().place(body)
        self._line.place(QRect(0, body.top(), LEFT + body.width() + RIGHT, body.height()))

    def refresh(self) -> None:
        """Perhaps another layer or sequence, or another place."""
        self._line.update()
        if self._pane is self._panes[0]:
            self.same = True
        else:
            asked = SameInputRequest(self.slot, *self.context.subject, self._panes[0].counterpart)
            self.context.loader.ask(asked)

    def clear(self) -> None:
        """It is not known of another sequence."""
        self.same = True

    def take(self, request: Request, answer: Any) -> None:
        """Say so where it reads something else."""
        self.same = bool(answer)
        self._line.update()

    def action_at(self, at: QPointF) -> Callable[[], object] | None:
        """At the cross, to close the pane."""
        cross = self.body.right() + RIGHT - 7 * STEP
        return partial(self._close, self._pane.number) if at.x() >= cross else None

    def paint_gutter(self, painter: QPainter, rect: QRectF) -> None:
        """Nothing: the line reaches over it."""

    def words(self) -> tuple[str, str]:
        """The recording's name, and what of it is shown."""
        facts, pane, layer = self.context.loader.facts, self.context.state.view.pane, self.context.layer
        assert facts is not None
        info = facts.sequences_of(pane.layer)[pane.sequence]
        said = [f"{layer.cell.title} {layer.size}", layer.name, info.name or f"sequence {info.index}"]
        if info.checkpoint >= 0:
            said.append(f"step {info.checkpoint:,}")
        return facts.name, " · ".join(said)

    def _paint(self, painter: QPainter, rect: QRectF) -> None:
        theme, font = self.context.theme, QApplication.font()
        focused = self._pane.state.focused
        painter.fillRect(rect, QColor(theme.rule if focused else theme.window))
        badge = QRectF(3 * STEP, (rect.height() - _BADGE) / 2, _BADGE, _BADGE)
        if focused:
            painter.fillRect(badge, QColor(theme.foreground))
        else:
            painter.setPen(QPen(QColor(theme.muted), 1))
            painter.drawRect(badge.adjusted(0.5, 0.5, -0.5, -0.5))
        letter, colour = self._pane.letter, theme.panel if focused else theme.foreground
        left = badge.center().x() - text_width(letter, bold(font)) / 2
        top = (rect.height() - painter.fontMetrics().height()) / 2
        draw_text(painter, left, top, letter, bold(font), colour)
        name, rest = self.words()
        x = badge.right() + 2 * STEP
        x += draw_text(painter, x, top, name, bold(font) if focused else font, theme.foreground) + 3 * STEP
        x += draw_text(painter, x, top + 1, rest, small(font), theme.foreground if focused else theme.muted)
        if not self.same:
            words = f"its input is not that of {self._panes[0].letter}"
            draw_text(painter, x + 3 * STEP, top + 1, words, bold(small(font)), theme.warning)
        middle = QPointF(rect.right() - 4 * STEP, rect.height() / 2)
        painter.setPen(QPen(QColor(theme.foreground), 1.4))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        reach = _CROSS / 2
        for down in (reach, -reach):
            painter.drawLine(middle + QPointF(-reach, -down), middle + QPointF(reach, down))
