"""From a dialog to a job to what comes of it: train, then record; record, then look; export a figure."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from gruviz.ui.dialogs import ExportDialog, RecordDialog, TrainDialog
from gruviz.ui.jobs import Done, Recording
from gruviz.ui.workbench import Workbench, replaces, show_file

if TYPE_CHECKING:
    from gruviz.ui.window import MainWindow

MODELS = (".safetensors", ".pt", ".pth")
SEQUENCES = (".txt", ".text", ".md", ".csv", ".tsv", ".npy")


class Flows(QObject):
    """What the window does beside showing a recording."""

    def __init__(self, window: "MainWindow", bench: Workbench) -> None:
        super().__init__(window)
        self._window, self._bench = window, bench
        self._model, self._read = "", ""
        bench.wrong.connect(window.complain)

    def train(self) -> None:
        """Ask what to train, train it, and offer to record it."""
        dialog = TrainDialog(self._folder(), self._read, self._window)

        def begin() -> None:
            asked = dialog.asked()
            self._read = asked.data or f"task:{asked.task}"
            self._bench.start("Training", asked, "Record it…", self._record_trained)

        dialog.accepted.connect(lambda: replaces(self._window, dialog.asked().output, begin))
        dialog.open()

    def record(self, model: str = "", read: str = "") -> None:
        """Ask for a model and what it is to read, record it, and open the recording."""
        dialog = RecordDialog(self._folder(), model or self._model, read or self._read, self._window)

        def begin() -> None:
            self.start_recording(dialog.asked())

        dialog.accepted.connect(lambda: replaces(self._window, dialog.asked().output, begin))
        dialog.open()

    def start_recording(self, asked: Recording) -> None:
        """Record, and open what was recorded, also where it was cut short."""
        self._model, self._read = asked.model, "; ".join(asked.inputs)
        self._bench.start("Recording", asked, "Open it", self._open, at_once=True)

    def export(self) -> None:
        """Ask which figure of what is being looked at to save, and save it."""
        facts = self._window.loader.facts
        if facts is None:
            return
        dialog = ExportDialog(self._window.state.view, facts.path, self._folder(), self._window)

        def begin() -> None:
            self._bench.start("Export", dialog.asked(), "Show it", show_file)

        dialog.accepted.connect(lambda: replaces(self._window, dialog.asked().output, begin))
        dialog.open()

    def take(self, path: str) -> bool:
        """Do what a file asks for that is no recording: record a model, or read a sequence. False for other files."""
        suffix = Path(path).suffix.lower()
        if suffix in MODELS:
            self.record(model=path)
        elif suffix in SEQUENCES:
            self.record(read=path)
        else:
            return False
        return True

    @Slot(object)
    def _record_trained(self, done: Done) -> None:
        self.record(model=done.path)

    @Slot(object)
    def _open(self, done: Done) -> None:
        self._window.open_path(done.path)

    def _folder(self) -> Path:
        """Where new files go: beside the last one that was opened, unless that is gruviz's own."""
        last = self._window.settings.last
        folder = Path(last).parent if last else Path.home()
        own = Path(__file__).parents[2] in folder.parents or Path(__file__).parents[1] in folder.parents
        return Path.cwd() if own or not folder.is_dir() else folder
