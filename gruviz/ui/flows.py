"""From a dialog to a job to what comes of it: train, then record; record, then look; compare; export a figure."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from gruviz import comparison
from gruviz.errors import GruvizError
from gruviz.model import formats
from gruviz.recording.schema import PARTIAL
from gruviz.sequences import HDF5, SOUNDS, SUFFIXES, TEXTS, Reading
from gruviz.ui.back import Back, is_figure
from gruviz.ui.compared import ComparedWindow
from gruviz.ui.dialogs import CompareDialog, ExportDialog, RecordDialog, TextDialog, TrainDialog, unused
from gruviz.ui.drawer import Drawer
from gruviz.ui.drawing import Wish
from gruviz.ui.jobs import Done, Recording
from gruviz.ui.measuring import Measuring
from gruviz.ui.panels.gradient_tab import At
from gruviz.ui.reading import Facts
from gruviz.ui.workbench import Workbench, show_file
from gruviz.view import hold, resume

if TYPE_CHECKING:
    from gruviz.ui.window import MainWindow

MODELS = tuple(suffix for suffix in formats.SUFFIXES if suffix not in (".npz", *HDF5))
"""What is a model by its name; those may be sequences, or recordings."""
OWN = ".safetensors"
"""How gruviz's own models are called."""
SEQUENCES = tuple(suffix for suffix in SUFFIXES if suffix not in HDF5)
"""An HDF5 file is taken to be a recording, unless it is chosen as what to read."""


class Flows(QObject):
    """What the window does beside showing a recording."""

    def __init__(self, window: "MainWindow", bench: Workbench) -> None:
        super().__init__(window)
        self._window, self._bench = window, bench
        self._model, self._read, self._text = "", "", ""
        self._said: dict[str, str] = {}
        self._how = Reading()
        self._drawer = Drawer(self)
        self._back = Back(window, self._drawer)
        bench.wrong.connect(window.complain)
        bench.watched.connect(window.open_recording)
        bench.watchable.connect(self._watch_if_free)

    def _busy(self) -> bool:
        """Whether a job is at work: said before anybody fills in a dialog."""
        if self._bench.busy:
            self._window.complain("gruviz is still at work on something else: wait for it, or cancel it")
        return self._bench.busy

    def train(self) -> None:
        """Ask what to train, train it, and offer to record it."""
        if self._busy():
            return
        dialog = TrainDialog(self._folder(), self._read, self._window)

        def begin() -> None:
            asked = dialog.asked()
            self._read = asked.data or f"task:{asked.task}"
            growing = asked.recording and asked.recording + PARTIAL
            self._bench.start("Training", asked, "Record it…", self._record_trained, growing=growing)

        dialog.accepted.connect(begin)
        dialog.open()

    def compare(self) -> None:
        """Ask on what to compare an RNN, a GRU and an LSTM, do it, and show what came of it."""
        if self._busy():
            return
        dialog = CompareDialog(self._folder(), self._read, self._window)

        def begin() -> None:
            asked = dialog.asked()
            self._read = asked.data or f"task:{asked.task}"
            self._bench.start("Comparing", asked, "Show it", self._show_compared, at_once=True)

        dialog.accepted.connect(begin)
        dialog.open()

    def show_comparison(self, path: str) -> None:
        """Show what is in the folder of a comparison. Raises GruvizError where it is none."""
        folder = Path(path) if Path(path).is_dir() else Path(path).parent
        shown = ComparedWindow(comparison.read(path), folder, self._window)
        shown.opened.connect(self._open_compared)
        shown.wanted.connect(lambda: self._save_comparison(shown))
        shown.show()

    @Slot(object)
    def _show_compared(self, done: Done) -> None:
        try:
            self.show_comparison(done.path)
        except GruvizError as error:  # somebody took it away
            self._window.complain(str(error))

    @Slot(list)
    def _open_compared(self, paths: list[str]) -> None:
        """Open recordings of a comparison, which are of the same sequences."""
        self._window.open_together(paths)
        self._window.activateWindow()

    def _save_comparison(self, shown: ComparedWindow) -> None:
        """Ask where to, and save the figure of a comparison there."""
        self._export(Wish(str(shown.folder), "comparison"), (), shown.folder, shown)

    def record(self, model: str = "", read: str = "", text: str = "") -> None:
        """Ask for a model and what it is to read, record it, and open the recording."""
        if self._busy():
            return
        known = model or self._model
        remembered, read = self._window.settings.said, "" if text else read or self._read
        dialog = RecordDialog(self._folder(), known, read, text, self._window, remembered, self._how)

        def begin() -> None:
            self.start_recording(dialog.asked())

        dialog.accepted.connect(begin)
        dialog.open()

    def start_recording(self, asked: Recording) -> None:
        """Record, and open what was recorded, also where it was cut short."""
        self._model, self._said = asked.model, {**asked.said, **({"module": asked.module} if asked.module else {})}
        if asked.inputs:
            self._read, self._how = "; ".join(asked.inputs), asked.how
        growing = asked.output + PARTIAL
        self._bench.start("Recording", asked, "Open it", self._open, at_once=True, growing=growing)

    def new_sequence(self) -> None:
        """Ask for a text that the model of the open recording reads next; for a model too where that is not known."""
        model, facts = self.model(), self._window.loader.facts
        if not model or facts is None or not any(tape.text for tape in facts.tapes.values()):
            self.record(model=model)
            return
        if self._busy():
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
        self.start_recording(self._as_before(Recording(model, (), output, text=text, told=True), facts))

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

    @Slot(str)
    def work_out_gradients(self, at: At) -> None:
        """Work out the gradients of the sequence on show; ask for the file of the model where nothing goes without."""
        window, facts = self._window, self._window.loader.facts
        if facts is None or self._busy():
            return
        view = window.state.view
        layers = [each for each in facts.layers.values() if each.tape == view.pane.tape]
        needed, model = not all(each.weighted for each in layers), self.model()
        losses: dict[str, str | int] = {"sum": "auto", "last": "last", "cursor": view.cursor}
        asked = Measuring(
            facts.path,
            view.pane.tape,
            view.pane.sequence,
            loss=losses[at] if facts.readout or model else None,
            reach=view.cursor if at == "cursor" else "last",
            since=view.reference,
            model="" if facts.readout and not needed else model,
            weights=facts.weights,
            needed=needed,
            output=""
            if _is_ours_to_change(facts.path)
            else unused(self._writable_folder(), Path(facts.path).stem, ".h5"),
        )
        if needed and not model:
            dialog = QFileDialog(window, "The model of this recording", str(Path(facts.path).parent))
            dialog.setNameFilters(
                [f"Models ({' '.join(f'*{suffix}' for suffix in formats.SUFFIXES)})", "All files (*)"]
            )
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.fileSelected.connect(lambda path: self._measure(replace(asked, model=path, loss="auto")))
            dialog.open()
        else:
            self._measure(asked)

    def _measure(self, asked: Measuring) -> None:
        def show(done: Done) -> None:
            self._show_measured(done, copied=bool(asked.output))

        self._bench.start("Gradients", asked, "Show them", show, at_once=True)

    def _show_measured(self, done: Done, copied: bool) -> None:
        """Read the recording anew, or the copy that they were added to, at the same place."""
        window, view = self._window, self._window.state.view
        if done.lent:
            window.loader.lend(done.weights, done.lent)
        if not copied:
            window.loader.look_at(done.path)
            return

        def go_back() -> None:
            window.ready.disconnect(go_back)
            window.choose_sequence(view.pane.sequence)
            window.state.change(resume, view)
            if view.reference is not None:
                window.state.change(hold, view.reference)

        window.ready.connect(go_back)
        window.open_recording(done.path)

    def export(self) -> None:
        """Ask which figure of what is being looked at to save, and save it."""
        facts, view = self._window.loader.facts, self._window.state.view
        if facts is not None:
            others = dict.fromkeys(pane.recording for pane in view.panes if pane.recording != facts.path)
            self._export(Wish(facts.path, "", view), tuple(others), self._folder(), self._window)

    def _export(self, wish: Wish, others: tuple[str, ...], folder: Path, parent: QWidget) -> None:
        if self._busy():
            return
        settings = self._window.settings
        dialog = ExportDialog(wish, others, folder, self._drawer, settings.figure, parent)

        def remember() -> None:
            settings.figure = dialog.chosen

        def begin() -> None:
            self._bench.start("Export", dialog.asked(), "Show it", show_file)

        dialog.finished.connect(remember)
        dialog.accepted.connect(begin)
        dialog.open()

    def stop(self) -> None:
        """End what is drawn to be looked at: before the window closes."""
        self._drawer.stop()

    def take(self, paths: Sequence[str]) -> bool:
        """Do what files ask for that are no recordings: record a model, read sequences, show a comparison or a figure.

        False for other files.
        """
        if len(paths) == 1 and (Path(paths[0]).name == comparison.FILE or (Path(paths[0]) / comparison.FILE).is_file()):
            self.show_comparison(paths[0])
            return True
        if len(paths) == 1 and is_figure(paths[0]):
            self._back.go(paths[0])
            return True
        models = [path for path in paths if _suffix(path) in MODELS]
        sequences = [path for path in paths if _suffix(path) in SEQUENCES or Path(path).is_dir()]
        if len(models) > 1 or len(models) + len(sequences) < len(paths):
            if len(paths) > 1:
                raise GruvizError("several files can be taken if they are sequences, with one model at most")
            return False
        if self._busy():
            return True
        texts = sequences and all(_suffix(path) in TEXTS for path in sequences)
        if models and texts and _suffix(models[0]) == OWN:  # which leaves nothing to ask
            output = unused(self._writable_folder(), f"{Path(models[0]).stem}-{Path(sequences[0]).stem}", ".h5")
            self.start_recording(Recording(models[0], tuple(sequences), output, told=True))
        elif models:
            self.record(model=models[0], read="; ".join(sequences))
        else:
            self._read_files(sequences)
        return True

    def _read_files(self, paths: Sequence[str]) -> None:
        """Record them at once where they are what the model of the open recording reads, else ask."""
        model, facts = self.model(), self._window.loader.facts
        kinds = {_suffix(path) in TEXTS for path in paths if not Path(path).is_dir()}  # a folder is left to the model
        if model and facts is not None and all(kinds <= {tape.text} for tape in facts.tapes.values()):
            how = facts.how
            if how.rate is not None and any(_suffix(path) in SOUNDS for path in paths):
                how = replace(how, rate=None, columns=())  # they were of a table
            output = unused(self._writable_folder(), f"{Path(model).stem}-{Path(paths[0]).stem}", ".h5")
            self.start_recording(self._as_before(Recording(model, tuple(paths), output, how=how, told=True), facts))
        else:
            self.record(read="; ".join(paths))

    @Slot(object)
    def _record_trained(self, done: Done) -> None:
        self.record(model=done.path)

    @Slot(object)
    def _open(self, done: Done) -> None:
        if done.weights:
            self._window.settings.read_by(done.weights, str(Path(self._model).resolve()), self._said)
        facts, watching = self._window.loader.facts, self._window.live.watching
        if watching and facts is not None and facts.path in (done.path, done.path + PARTIAL):
            self._window.live.go_on_to(done.path)  # it is being watched: nobody loses their place
        else:
            self._window.open_path(done.path)

    @Slot(str)
    def _watch_if_free(self, path: str) -> None:
        """Show a recording as it grows, where nothing else is on show."""
        if self._window.loader.facts is None:
            self._window.open_recording(path)

    def _as_before(self, asked: Recording, facts: Facts) -> Recording:
        """The same with the model of an open recording, of which nothing is to be asked again."""
        said = dict(facts.answers)
        if "names" in said:  # a recording does not say where that file is
            beside = str(Path(asked.model).parent / said["names"])
            said["names"] = self._window.settings.said.get(str(Path(asked.model).resolve()), {}).get("names", beside)
        return replace(asked, weights=facts.weights, module=facts.module, said=said)

    def _writable_folder(self) -> Path:
        """Where recordings go that nobody was asked about."""
        folder = self._folder()
        return folder if os.access(folder, os.W_OK) else Path(tempfile.gettempdir())

    def _folder(self) -> Path:
        """Where new files go: beside the last one that was opened, unless that is gruviz's own."""
        last = self._window.settings.last
        folder = Path(last).parent if last else Path.home()
        return Path.cwd() if not folder.is_dir() or _is_shipped(folder) else folder


def _is_ours_to_change(path: str) -> bool:
    """Whether something can be added to a file: not to the demo, which is as it was shipped."""
    return os.access(path, os.W_OK) and not _is_shipped(Path(path))


def _is_shipped(path: Path) -> bool:
    """Whether a file lies where gruviz does."""
    return Path(__file__).parents[2] in path.parents or Path(__file__).parents[1] in path.parents


def _suffix(path: str) -> str:
    return Path(path).suffix.lower()
