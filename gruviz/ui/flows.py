"""From a dialog to a job to what comes of it: train, then record; record, then look; export a figure."""

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from gruviz.model.formats import SUFFIXES
from gruviz.recording.schema import PARTIAL
from gruviz.ui.dialogs import ExportDialog, RecordDialog, TextDialog, TrainDialog, unused
from gruviz.ui.jobs import Done, Recording
from gruviz.ui.reading import Facts
from gruviz.ui.workbench import Workbench, replaces, show_file

if TYPE_CHECKING:
    from gruviz.ui.window import MainWindow

MODELS = tuple(set(SUFFIXES) - {".npz", ".h5", ".hdf5"})  # those may be sequences, or recordings
TEXTS = (".txt", ".text", ".md")
SEQUENCES = (*TEXTS, ".csv", ".tsv", ".npy")


class Flows(QObject):
    """What the window does beside showing a recording."""

    def __init__(self, window: "MainWindow", bench: Workbench) -> None:
        super().__init__(window)
        self._window, self._bench = window, bench
        self._model, self._read, self._text = "", "", ""
        self._said: dict[str, str] = {}
        bench.wrong.connect(window.complain)
        bench.watched.connect(window.open_recording)
        bench.watchable.connect(self._watch_if_free)

    def train(self) -> None:
        """Ask what to train, train it, and offer to record it."""
        dialog = TrainDialog(self._folder(), self._read, self._window)

        def begin() -> None:
            asked = dialog.asked()
            self._read = asked.data or f"task:{asked.task}"
            self._bench.start("Training", asked, "Record it…", self._record_trained)

        dialog.accepted.connect(lambda: replaces(self._window, dialog.asked().output, begin))
        dialog.open()

    def record(self, model: str = "", read: str = "", text: str = "") -> None:
        """Ask for a model and what it is to read, record it, and open the recording."""
        known = model or self._model
        remembered, read = self._window.settings.said, "" if text else read or self._read
        dialog = RecordDialog(self._folder(), known, read, text, self._window, remembered)

        def begin() -> None:
            self.start_recording(dialog.asked())

        dialog.accepted.connect(lambda: replaces(self._window, dialog.asked().output, begin))
        dialog.open()

    def start_recording(self, asked: Recording) -> None:
        """Record, and open what was recorded, also where it was cut short."""
        self._model, self._said = asked.model, {**asked.said, **({"module": asked.module} if asked.module else {})}
        if asked.inputs:
            self._read = "; ".join(asked.inputs)
        growing = asked.output + PARTIAL
        self._bench.start("Recording", asked, "Open it", self._open, at_once=True, growing=growing)

    def new_sequence(self) -> None:
        """Ask for a text that the model of the open recording reads next; for a model too where that is not known."""
        model, facts = self.model(), self._window.loader.facts
        if not model or facts is None or not any(tape.text for tape in facts.tapes.values()):
            self.record(model=model)
            return
        dialog = TextDialog(model, self._text, self._window)
        dialog.accepted.connect(lambda: self.read_text(dialog.asked()))
        dialog.open()

    def read_text(self, text: str) -> None:
        """Let the model of the open recording read a text, and open that recording; ask where no model is known."""
        self._text = text
        model, facts = self.model(), self._window.loader.facts
        if not model or facts is None:
            self.record(text=text)
            return
        output = unused(self._writable_folder(), f"{Path(model).stem}-text", ".h5")
        self.start_recording(_as_before(Recording(model, (), output, text=text), facts))

    def model(self) -> str:
        """The path of the model of the open recording: where it was read last, or else beside the recording."""
        facts = self._window.loader.facts
        if facts is None:
            return ""
        beside = Path(facts.path).parent / facts.model if facts.model else None
        for path in (self._window.settings.models.get(facts.weights), beside):
            if path and Path(path).is_file():
                return str(path)
        return ""

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
            self._read_file(path)
        else:
            return False
        return True

    def _read_file(self, path: str) -> None:
        """Record it at once where it is what the model of the open recording reads, else ask."""
        model, facts = self.model(), self._window.loader.facts
        text = Path(path).suffix.lower() in TEXTS
        if model and facts is not None and all(tape.text == text for tape in facts.tapes.values()):
            output = unused(self._writable_folder(), f"{Path(model).stem}-{Path(path).stem}", ".h5")
            self.start_recording(_as_before(Recording(model, (path,), output), facts))
        else:
            self.record(read=path)

    @Slot(object)
    def _record_trained(self, done: Done) -> None:
        self.record(model=done.path)

    @Slot(object)
    def _open(self, done: Done) -> None:
        if done.weights:
            self._window.settings.read_by(done.weights, str(Path(self._model).resolve()), self._said)
        facts, growing = self._window.loader.facts, self._window.live.growing
        if growing and facts is not None and facts.path in (done.path, done.path + PARTIAL):
            self._window.live.go_on_to(done.path)  # it is being watched: nobody loses their place
        else:
            self._window.open_path(done.path)

    @Slot(str)
    def _watch_if_free(self, path: str) -> None:
        """Show a recording as it grows, where nothing else is on show."""
        if self._window.loader.facts is None:
            self._window.open_recording(path)

    def _writable_folder(self) -> Path:
        """Where recordings go that nobody was asked about."""
        folder = self._folder()
        return folder if os.access(folder, os.W_OK) else Path(tempfile.gettempdir())

    def _folder(self) -> Path:
        """Where new files go: beside the last one that was opened, unless that is gruviz's own."""
        last = self._window.settings.last
        folder = Path(last).parent if last else Path.home()
        own = Path(__file__).parents[2] in folder.parents or Path(__file__).parents[1] in folder.parents
        return Path.cwd() if own or not folder.is_dir() else folder


def _as_before(asked: Recording, facts: Facts) -> Recording:
    """The same with the model of an open recording, of which nothing is to be asked again."""
    return replace(asked, weights=facts.weights, module=facts.module, said=facts.answers)
