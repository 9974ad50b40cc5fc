"""From a figure back to what it shows: a file that gruviz made is dropped, and its recording opens at that view."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from gruviz.errors import GruvizError
from gruviz.ui.drawer import Drawer
from gruviz.ui.drawing import Watch
from gruviz.view import View, hold, resume, with_pane

if TYPE_CHECKING:
    from gruviz.figures import Seen
    from gruviz.ui.window import MainWindow

FIGURES = (".pdf", ".svg", ".png")
"""What is a figure by its name; numbers may be a table of anybody's."""
_SIDECAR = ".json"
_HEAD = 2**16
"""Bytes of a table that are looked at."""


def is_figure(path: str) -> bool:
    """Whether a file is a figure, or the numbers of one: by its name, and of a table by what is written in it first."""
    kind = Path(path).suffix.lower()
    try:
        if kind == ".csv":
            with Path(path).open("rb") as file:
                return b"\n# provenance: {" in file.read(_HEAD)
        if kind == ".npz":
            with zipfile.ZipFile(path) as archive:
                return "provenance.npy" in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False
    return kind in FIGURES or kind == _SIDECAR


@dataclass(frozen=True)
class Seeing:
    """Which recording, and which view of it, a figure shows."""

    path: str

    def __call__(self, watch: Watch) -> "Seen":
        """Find it. Raises GruvizError."""
        from gruviz import figures

        return figures.seen(self.path)


class Back(QObject):
    """Opens what figures show."""

    def __init__(self, window: "MainWindow", drawer: Drawer) -> None:
        super().__init__(window)
        self._window, self._drawer = window, drawer
        self._asked: Seeing | None = None
        self._view: View | None = None
        """What the recording that is being opened is to be looked at with."""
        drawer.answered.connect(self._answered)
        drawer.refused.connect(self._refused)
        window.ready.connect(self._go_back)

    def go(self, path: str) -> None:
        """Open the recording of a figure's file as the figure shows it, or say why not."""
        self._asked = Seeing(path)
        self._drawer.ask(self._asked)

    @Slot(object, object)
    def _answered(self, asked: object, answer: "Seen") -> None:
        if asked is not self._asked or not isinstance(asked, Seeing):
            return
        self._asked, self._view = None, answer.view
        if answer.view is None:
            try:
                self._window.flows.show_comparison(str(answer.recording))
            except GruvizError as error:
                self._window.complain(str(error))
            return
        self._window.open_recording(answer.view.pane.recording)
        if answer.note:
            self._window.complain(answer.note)

    @Slot(object, str)
    def _refused(self, asked: object, why: str) -> None:
        if asked is self._asked and isinstance(asked, Seeing):
            self._asked = None
            self._window.complain(why)

    @Slot()
    def _go_back(self) -> None:
        """The recording is open: look at it as the figure does."""
        view, self._view = self._view, None
        facts, state = self._window.loader.facts, self._window.state
        if view is None or facts is None or facts.path != view.pane.recording:
            return
        pane = view.pane
        self._window.choosing.show(pane.layer, pane.sequence)
        state.change(resume, view)
        state.change(with_pane, units=pane.units, order=pane.order, filter=pane.filter)
        if view.reference is not None and state.view.reference != view.reference:
            state.change(hold, view.reference)
