"""The thread that draws figures to look at: the newest wish first, those that nobody waits for any more not at all."""

import io
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QThread, Signal
from PySide6.QtGui import QImage

from gruviz.errors import GruvizError
from gruviz.ui.drawing import Watch, Wish, at_work

if TYPE_CHECKING:
    from gruviz.figures import Page

_PIXELS = 2**25
"""Of a picture on the screen, at most: a poster on a screen of many is drawn coarser than it is shown."""

Asked = Callable[[Watch], Any]
"""What is to be done; one of a class replaces what was asked of that class before."""


@dataclass(frozen=True)
class Picture:
    """A figure as the screen shows it."""

    image: QImage
    page: "Page"
    dpi: int
    """Pixels of the image to an inch of paper."""
    moves: bool
    """Whether a film of it shows time go on."""


@dataclass(frozen=True)
class Looking:
    """A figure to be seen."""

    wish: Wish
    dpi: int

    def __call__(self, watch: Watch) -> Picture:
        """Draw it. Raises GruvizError."""
        from gruviz import figures

        page = self.wish.draw(watch)
        width, height = page.width / 25.4, page.height / 25.4
        dpi = min(self.dpi, int((_PIXELS / (width * height)) ** 0.5))
        kind = figures.FIGURES.get(self.wish.figure)
        moves = bool(page.timed) or (kind is not None and "at" in kind.options)
        return Picture(QImage.fromData(_rendered(page, "png", dpi)), page, dpi, moves)


@dataclass(frozen=True)
class Copy:
    """A figure as other programs take it from the clipboard."""

    image: QImage
    svg: bytes


@dataclass(frozen=True)
class Copying:
    """A figure to be put on the clipboard."""

    wish: Wish
    dpi: int
    outlines: bool

    def __call__(self, watch: Watch) -> Copy:
        """Draw it. Raises GruvizError."""
        page = self.wish.draw(watch)
        image = QImage.fromData(_rendered(page, "png", self.dpi))
        return Copy(image, _rendered(page, "svg", self.dpi, outlines=self.outlines))


def _rendered(page: "Page", kind: str, dpi: int, *, outlines: bool = False) -> bytes:
    buffer = io.BytesIO()
    page.render(buffer, kind, dpi, outlines=outlines)
    return buffer.getvalue()


class Drawer(QThread):
    """Does what it is asked, away from the window. Begins with the first question, and rests in between."""

    answered = Signal(object, object)
    """What was asked, and the answer."""
    refused = Signal(object, str)
    """What was asked, and why it came to nothing, in a line."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._changed = threading.Condition()
        self._asked: dict[type, Asked] = {}
        """In the order in which they were asked."""
        self._newest: dict[type, Asked] = {}
        """The newest of each class, asked or at work."""
        self._stopping = False

    def ask(self, asked: Asked) -> None:
        """Do this next, in place of the last of its class, which is given up if it is at work."""
        with self._changed:
            self._asked.pop(type(asked), None)
            self._asked[type(asked)] = self._newest[type(asked)] = asked
            self._changed.notify()
        if not self.isRunning():
            self.start()

    def forget(self) -> None:
        """Nobody waits for anything."""
        with self._changed:
            self._asked.clear()
            self._newest.clear()

    def stop(self) -> None:
        """End the thread, and wait for that."""
        self.forget()
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self.wait()

    def run(self) -> None:
        """Work until `stop`; called by Qt in the thread."""
        while (asked := self._next()) is not None:
            try:
                with at_work():
                    answer, wrong = asked(self._watch(asked)), ""
            except GruvizError as error:
                answer, wrong = None, str(error)
            except Exception as error:  # what leaves this function ends the thread, and the window would wait for ever
                traceback.print_exc()
                answer, wrong = None, f"gruviz failed to draw this ({type(error).__name__}: {error})"
            if self._wanted(asked):
                self.refused.emit(asked, wrong) if wrong else self.answered.emit(asked, answer)

    def _next(self) -> Asked | None:
        """What comes next, once there is something; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._asked or self._stopping)
            return None if self._stopping else self._asked.popitem()[1]

    def _watch(self, asked: Asked) -> Watch:
        return lambda count: self._wanted(asked)

    def _wanted(self, asked: Asked) -> bool:
        with self._changed:
            return self._newest.get(type(asked)) is asked
