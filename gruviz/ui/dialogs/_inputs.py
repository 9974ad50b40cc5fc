"""What a network is to read: files or a folder, and what these do not say themselves."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, QThread, Signal, Slot
from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLabel, QLineEdit, QSpinBox, QWidget

from gruviz.errors import GruvizError
from gruviz.sequences import ARRAYS, SEVERAL, SOUNDS, TABLES, TEXTS, Reading, is_file, list_arrays, suffix
from gruviz.ui.dialogs._form import FileField, choice
from gruviz.ui.theme import STEP

_FILTERS = [
    f"Texts, tables, arrays and sounds ({' '.join(f'*{suffix}' for suffix in (*TEXTS, *TABLES, *ARRAYS, *SOUNDS))})",
    "All files (*)",
]
_MADE_UP = "task:"


class InputFields(QObject):
    """Rows of a form. Those that the chosen files leave no use for are hidden."""

    changed = Signal()

    def __init__(self, form: QFormLayout, inputs: str, how: Reading, parent: QWidget) -> None:
        """Add the rows.

        Args:
            form: where they go.
            inputs: paths to begin with, semicolons between them.
            how: how they were read the last time.
            parent: the dialog.
        """
        super().__init__(parent)
        self._form, self._typed = form, False
        self.files = FileField("What it is to read", _FILTERS, several=True, folder=True)
        self.files.line.setPlaceholderText("files, a folder, or task:copy for made-up sequences of a task")
        self.array = QComboBox()
        self.columns = QLineEdit(", ".join(map(_quoted, how.columns)), clearButtonEnabled=True)
        self.columns.setPlaceholderText("all that hold numbers, or names or numbers of them: temperature, 3")
        self.rate = QLineEdit("" if how.rate is None else f"{how.rate:.12g}", clearButtonEnabled=True)
        self.rate.setPlaceholderText("timesteps a second, for a time axis in seconds")
        self.sound = _SoundField(how)
        self.vocabulary = FileField("The vocabulary of the model", ["Vocabularies (*.txt *.json)", "All files (*)"])
        self.vocabulary.line.setPlaceholderText("the model’s own; else a file of one symbol a line, or JSON")
        self._listing = _Listing(self)
        self._listing.listed.connect(self._offer)
        for label, field in (
            ("&Read", self.files),
            ("Arra&y", self.array),
            ("&Columns", self.columns),
            ("Rate in &Hz", self.rate),
            ("S&ound as", self.sound),
            ("&Vocabulary", self.vocabulary),
        ):
            form.addRow(label, field)
        self.files.changed.connect(self._show)
        self.files.changed.connect(self.changed)
        self.files.show_path(inputs)
        self._show()

    def stop(self) -> None:
        """Wait for what is being looked at: before the dialog goes."""
        self._listing.stop()

    def paths(self) -> tuple[str, ...]:
        """The files, folders and tasks that were chosen. Raises GruvizError where one is not there."""
        paths = self.files.paths
        for path in paths:
            if not (path.startswith(_MADE_UP) or is_file(path) or Path(path).is_dir()):
                raise GruvizError(f"{path} does not exist: choose a file or a folder to read")
        if len(paths) == 1 and self.array.currentData():
            return (f"{paths[0]}:{self.array.currentData()}",)
        return paths

    def how(self) -> Reading:
        """What was said of them; of fields that are hidden nothing. Raises GruvizError for what makes no sense."""
        rate = self.rate.text().strip() if self._form.isRowVisible(self.rate) else ""
        try:
            number = float(rate) if rate else None
        except ValueError:
            raise GruvizError(f"the rate {rate!r} is no number: give timesteps a second, such as 100 or 0.5") from None
        columns = self.columns.text() if self._form.isRowVisible(self.columns) else ""
        how = Reading(Reading.listed(columns), number)
        return self.sound.apply(how) if self._form.isRowVisible(self.sound) else how

    def vocabulary_path(self) -> str:
        """The file of the vocabulary; empty for the model's own. Raises GruvizError where it is not there."""
        path = self.vocabulary.path if self._form.isRowVisible(self.vocabulary) else ""
        if path and not Path(path).is_file():
            raise GruvizError(f"{path} does not exist: choose a vocabulary, or leave the field empty")
        return path

    def show_text(self, typed: bool) -> None:
        """A text is typed instead of chosen, or no longer."""
        self._typed = typed
        self._form.setRowVisible(self.vocabulary, typed or self._holds(TEXTS))

    @Slot()
    def _show(self) -> None:
        numbers, sounds = self._holds((*TABLES, *ARRAYS)), self._holds(SOUNDS)
        self._form.setRowVisible(self.columns, numbers or sounds)
        self._form.setRowVisible(self.rate, numbers)
        self._form.setRowVisible(self.sound, sounds)
        self.show_text(self._typed)
        paths = self.files.paths
        several = len(paths) == 1 and suffix(paths[0]) in SEVERAL and Path(paths[0]).is_file()
        self.array.clear()
        self._form.setRowVisible(self.array, False)
        if several:
            self._listing.ask(paths[0])

    def _holds(self, suffixes: tuple[str, ...]) -> bool:
        """Whether one of the files ends so, or may: what is in a folder is not looked at here."""
        return any(suffix(path) in suffixes or _folder(path) for path in self.files.paths)

    @Slot(str, object)
    def _offer(self, path: str, arrays: Mapping[str, tuple[int, ...]]) -> None:
        if self.files.paths != (path,) or len(arrays) < 2:
            return
        self.array.clear()
        for name, shape in arrays.items():
            self.array.addItem(f"{name}   {' × '.join(f'{size:,}' for size in shape)}", name)
        self._form.setRowVisible(self.array, True)


class _SoundField(QWidget):
    """Samples, or log-mel frames and of which kind."""

    def __init__(self, how: Reading) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP)
        self.kind = choice((("samples", "samples"), ("frames", "log-mel frames")))
        self.bands, self.hop, self.length = _small(3, 512), _small(1, 1000), _small(1, 1000)
        self.bands.setValue(how.mel or 80)
        self.hop.setValue(round(how.hop))
        self.length.setValue(round(how.window))
        self._details = QWidget()
        details = QHBoxLayout(self._details)
        details.setContentsMargins(0, 0, 0, 0)
        details.setSpacing(STEP)
        for widget, words in ((self.bands, "bands, every"), (self.hop, "ms, of"), (self.length, "ms")):
            details.addWidget(widget)
            details.addWidget(QLabel(words))
        row.addWidget(self.kind)
        row.addWidget(self._details)
        row.addStretch()
        self.setFocusProxy(self.kind)
        self.kind.currentIndexChanged.connect(self._show)
        self.kind.setCurrentIndex(0 if how.mel is None else 1)
        self._show()

    def apply(self, how: Reading) -> Reading:
        """What was said of frames, where samples are not to be read."""
        if self.kind.currentData() == "samples":
            return how
        return replace(how, mel=self.bands.value(), hop=float(self.hop.value()), window=float(self.length.value()))

    @Slot()
    def _show(self) -> None:
        self._details.setVisible(self.kind.currentData() == "frames")


class _Listing(QThread):
    """Looks into a file of several arrays, where a slow disk keeps nobody waiting."""

    listed = Signal(str, object)
    """The path, and the shapes of its arrays by name: none where it cannot be read, which is said when it is."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._path = self._done = ""
        self.finished.connect(self._again)
        app = QCoreApplication.instance()
        if app is not None:  # a thread that still runs when it is destroyed ends the process
            app.aboutToQuit.connect(self.stop)

    def ask(self, path: str) -> None:
        """Look into a file; the newest request counts."""
        self._path, self._done = path, ""
        self._again()

    @Slot()
    def stop(self) -> None:
        """Wait for its end."""
        self.wait()

    def run(self) -> None:
        """Called by Qt in a thread of its own."""
        path = self._path
        try:
            arrays = list_arrays(path)
        except GruvizError:
            arrays = {}
        self._done = path
        self.listed.emit(path, arrays)

    @Slot()
    def _again(self) -> None:
        if self._done != self._path and not self.isRunning():
            self.start()


def _small(least: int, most: int) -> QSpinBox:
    box = QSpinBox(minimum=least, maximum=most)
    box.setFixedWidth(64)
    return box


def _quoted(name: str) -> str:
    return f'"{name}"' if "," in name else name


def _folder(path: str) -> bool:
    return not path.startswith(_MADE_UP) and Path(path).is_dir()
