"""What stands under a tab at the right side: it asks and paints while it is on show, and not else."""

from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from gruviz.ui.panels.panel import Context
from gruviz.ui.reading import Request

ANY = 16777215
"""No limit to a height, in Qt."""


class TabPanel(QWidget):
    """One of them. Subclasses say what they ask for in `refresh`, keep it in `take`, and draw it."""

    copied = Signal(str)
    """What was copied, in words."""
    slots: tuple[str, ...] = ()
    """The loader's slots that it waits for."""
    follows: tuple[str, ...] = ("cursor_changed",)
    """The signals of the state after which it asks and looks otherwise; those of the pane always are."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self.wrong = ""
        """Why there is nothing to show."""
        state = context.state
        state.pane_changed.connect(self._turn)
        for name in self.follows:
            getattr(state, name).connect(self._follow)
        context.loader.answered.connect(self._take)
        context.loader.failed.connect(self._fail)
        context.themes.changed.connect(self.restyle)

    def clear(self) -> None:
        """Forget what was read: another sequence is on show, or nobody looks."""

    def refresh(self) -> None:
        """Ask for what is to be drawn now. Called only while there is a sequence, and somebody looks."""

    def take(self, request: Request, answer: Any) -> None:
        """Keep the answer to a question in one of the slots."""

    @Slot()
    def restyle(self) -> None:
        """Take the colours of the theme."""
        self.update()

    @property
    def ready(self) -> bool:
        """Whether it can say more now than it shows already: else it stays as it is until the answer comes."""
        return True

    def usual(self, width: int) -> int:
        """How many pixels down it gets at this width, until somebody drags its border."""
        return 332

    @property
    def tallest(self) -> int:
        """The most pixels that it can make use of; what it leaves over is the list of units' again."""
        return ANY

    @property
    def subjected(self) -> bool:
        """Whether there is a sequence to look at."""
        facts, view = self.context.loader.facts, self.context.state.view
        return facts is not None and view.pane.layer in facts.layers and view.length > 0

    def showEvent(self, event: QShowEvent) -> None:
        """Somebody looks: ask."""
        super().showEvent(event)
        self._follow()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: wait for nothing."""
        super().hideEvent(event)
        self._forget()

    @Slot()
    def _turn(self) -> None:
        if not self.context.reread:
            self._forget()
        self._follow()

    def _forget(self) -> None:
        self.wrong = ""
        for slot in self.slots:
            self.context.loader.forget(slot)
        self.clear()

    @Slot()
    def _follow(self) -> None:
        if self.isVisible() and self.subjected:
            self.refresh()
            if self.ready:
                self.update()

    @Slot(object, object)
    def _take(self, request: Request, answer: object) -> None:
        if request.slot in self.slots:
            self.wrong = ""
            self.take(request, answer)
            self.update()

    @Slot(object, str)
    def _fail(self, request: Request, message: str) -> None:
        if request.slot in self.slots:
            self.wrong = message
            self.update()
