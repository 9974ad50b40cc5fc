"""What the dialogs share: fields with labels in a column, files to choose, and the two buttons."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from gruviz.errors import GruvizError
from gruviz.folders import check_folder
from gruviz.ui.theme import STEP

_LARGEST = 2**31 - 1


class FileField(QWidget):
    """The name of a file, typed or chosen."""

    changed = Signal()

    def __init__(
        self, title: str, filters: Sequence[str], save: bool = False, several: bool = False, folder: bool = False
    ) -> None:
        super().__init__()
        self._title, self._filters, self._save, self._several = title, list(filters), save, several
        self._suggested = ""
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP)
        self.line = QLineEdit(clearButtonEnabled=True)
        self.button = QPushButton("Choose…", autoDefault=False)
        row.addWidget(self.line)
        row.addWidget(self.button)
        self.folder = QPushButton("Folder…", autoDefault=False)
        self.folder.setToolTip("All files of a folder")
        self.folder.clicked.connect(self._choose_folder)
        row.addWidget(self.folder)
        self.folder.setVisible(folder)
        self.setFocusProxy(self.line)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # for the letter that is underlined in its label
        self.button.clicked.connect(self._choose)
        self.line.textChanged.connect(self.changed)

    @property
    def path(self) -> str:
        """What is in the field."""
        return self.line.text().strip()

    @property
    def paths(self) -> tuple[str, ...]:
        """Several files, which stand in the field with semicolons between them."""
        return tuple(part.strip() for part in self.line.text().split(";") if part.strip())

    def show_path(self, path: str) -> None:
        """Put a path into the field."""
        self.line.setText(path)

    def suggest(self, folder: Path, stem: str, suffix: str) -> None:
        """Put a name there that no file in the folder has yet, as long as nobody has put another."""
        if self.path == self._suggested:
            self._suggested = unused(folder, stem, suffix)
            self.show_path(self._suggested)

    def _choose(self) -> None:
        dialog = self._dialog()
        dialog.setNameFilters(self._filters)
        if self._save:
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)  # asked once, when the work is to start
            dialog.selectFile(Path(self.path).name)
        else:
            mode = QFileDialog.FileMode.ExistingFiles if self._several else QFileDialog.FileMode.ExistingFile
            dialog.setFileMode(mode)
        dialog.filesSelected.connect(self._chosen)
        dialog.open()

    def _choose_folder(self) -> None:
        dialog = self._dialog()
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.filesSelected.connect(self._chosen)
        dialog.open()

    def _dialog(self) -> QFileDialog:
        dialog = QFileDialog(self, self._title, str(Path(self.path).parent) if self.path else "")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return dialog

    def _chosen(self, paths: Sequence[str]) -> None:
        self.line.setText("; ".join(paths))


class Form(QDialog):
    """A dialog of fields."""

    def __init__(self, title: str, sentence: str, do: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(560)
        column = QVBoxLayout(self)
        column.setContentsMargins(4 * STEP, 4 * STEP, 4 * STEP, 4 * STEP)
        column.setSpacing(3 * STEP)
        about = QLabel(sentence, wordWrap=True)
        about.setObjectName("quiet")
        column.addWidget(about)
        self.fields = QFormLayout()
        self.fields.setSpacing(2 * STEP)
        self.fields.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter)
        self.fields.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self.body = QHBoxLayout()
        self.body.setSpacing(4 * STEP)
        self.body.addLayout(self.fields)
        column.addLayout(self.body)
        self.wrong = QLabel(wordWrap=True)
        self.wrong.setObjectName("wrong")
        self.wrong.hide()
        column.addWidget(self.wrong)
        self.cancel = QPushButton("Cancel", autoDefault=False)
        self.go = QPushButton(do)
        self.go.setObjectName("primary")
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(2 * STEP)
        self.buttons.addStretch()
        self.buttons.addWidget(self.cancel)
        self.buttons.addWidget(self.go)
        column.addLayout(self.buttons)
        self.go.setDefault(True)  # in the dialog by now: the return key in a field is this button
        self.go.clicked.connect(self.accept)
        self.cancel.clicked.connect(self.reject)

    def showEvent(self, event: QShowEvent) -> None:
        """Level the labels with their fields; what is said to be wrong goes once a field changes."""
        super().showEvent(event)
        for field in self.findChildren(FileField):
            self.fields.labelForField(field).setMinimumHeight(field.sizeHint().height())
        for line in self.findChildren(QLineEdit):
            line.textChanged.connect(self.wrong.hide)
        for box in self.findChildren(QComboBox):
            box.currentIndexChanged.connect(self.wrong.hide)

    def accept(self) -> None:
        """Close, unless something makes no sense, which is said, or a file is not to be replaced: the dialog stays."""
        try:
            self.check()
        except GruvizError as error:
            self.wrong.setText(str(error))
            self.wrong.show()
            return
        there = [path for path in self.written() if path and Path(path).exists()]
        self._ask(there) if there else super().accept()

    def _ask(self, paths: Sequence[str]) -> None:
        """Close only if these files may be replaced."""
        names, verb, them = " and ".join(Path(path).name for path in paths), "is", "it"
        if len(paths) > 1:
            verb, them = "are", "them"
        box = QMessageBox(
            QMessageBox.Icon.NoIcon, "gruviz", f"{names} {verb} there already. Replace {them}?", parent=self
        )
        replace = box.addButton("Replace", QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.buttonClicked.connect(lambda button: self.done(QDialog.DialogCode.Accepted) if button is replace else None)
        box.open()

    def written(self) -> Sequence[str]:
        """The files that will be written: where one is there already, it is asked before the dialog closes."""
        return ()

    def asked(self) -> object:
        """What was filled in. Raises GruvizError for what makes no sense."""
        raise NotImplementedError

    def check(self) -> None:
        """Raise GruvizError for what makes no sense."""
        self.asked()


def choice(entries: Sequence[tuple[str, str]], parent: QObject | None = None) -> QComboBox:
    """A drop-down of (value, text)."""
    box = QComboBox()
    for value, text in entries:
        box.addItem(text, value)
    return box


def whole(least: int, value: int | None = None, unset: str = "") -> QSpinBox:
    """A whole number from `least` on; where `unset` is given, one less than `least` reads so and means None."""
    box = QSpinBox(minimum=least - bool(unset), maximum=_LARGEST)
    if unset:
        box.setSpecialValueText(unset)
    box.setValue(box.minimum() if value is None else value)
    box.setGroupSeparatorShown(True)
    return box


def number(box: QSpinBox) -> int | None:
    """What `whole` holds."""
    return None if box.specialValueText() and box.value() == box.minimum() else box.value()


def existing(path: str, what: str) -> str:
    """A path to a file that is there. Raises GruvizError."""
    if not path:
        raise GruvizError(f"choose {what}")
    if not Path(path).is_file():
        raise GruvizError(f"{path} does not exist: choose {what}")
    return path


def writable(path: str, suffix: str) -> str:
    """A path to write to, with its suffix. Raises GruvizError where no file can be made."""
    if not path:
        raise GruvizError("say where to save it")
    made = Path(path).expanduser()
    if made.is_dir():
        raise GruvizError(f"{made} is a folder: give the name of a file in it")
    if not made.suffix:
        made = made.with_suffix(suffix)
    check_folder(made.parent)
    return str(made)


def unused(folder: Path, stem: str, suffix: str) -> str:
    """A name in a folder that no file has yet."""
    path = folder / f"{stem}{suffix}"
    count = 2
    while path.exists():
        path = folder / f"{stem}-{count}{suffix}"
        count += 1
    return str(path)


DEVICES = (("auto", "The fastest there is"), ("cpu", "CPU"), ("cuda", "CUDA"), ("mps", "Apple MPS"))
