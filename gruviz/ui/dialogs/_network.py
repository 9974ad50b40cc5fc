"""Which of the networks in a model file, and what the file does not say of it: asked where it matters, and once."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Qt, QThread, Signal, Slot
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel

from gruviz.errors import GruvizError
from gruviz.ui.dialogs._form import FileField, choice

if TYPE_CHECKING:
    from gruviz.model.networks import Choice

_QUESTIONS = {
    "update_gate": (
        "Update &gate",
        (("", "as usual: 1 keeps the old state"), ("write", "the other way: 1 writes the candidate")),
    ),
    "reset": (
        "Re&set gate",
        (("", "as usual: acts after the product with W_hn"), ("before", "acts on the states, before the product")),
    ),
    "nonlinearity": ("Non&linearity", (("", "tanh"), ("relu", "relu"))),
    "reads": ("F&ed with", (("", "tokens, through its embedding"), ("numbers", "numbers, in place of the embedding"))),
}


class NetworkFields(QObject):
    """The rows of a form that ask about a model file, hidden until one has been looked at that leaves a question."""

    def __init__(self, fields: QFormLayout, remembered: Mapping[str, Mapping[str, str]], parent: QObject) -> None:
        """Add the rows.

        Args:
            fields: the form.
            remembered: by the path of a model what was said of it the last time, `module` among it.
            parent: the dialog.
        """
        super().__init__(parent)
        self._fields, self._remembered = fields, remembered
        self._path = ""
        self.module = QComboBox()
        self.names = FileField("A map of the names of arrays", ["Maps of names (*.json)", "All files (*)"])
        self.questions = {name: choice(entries) for name, (_, entries) in _QUESTIONS.items()}
        self.wrong = QLabel(wordWrap=True)
        self.wrong.setObjectName("wrong")
        fields.addRow("", self.wrong)
        fields.addRow("Net&work", self.module)
        for name, box in self.questions.items():
            fields.addRow(_QUESTIONS[name][0], box)
        fields.addRow("&Names", self.names)
        self.names.line.setPlaceholderText("which array is which: a JSON file")
        self.module.currentIndexChanged.connect(self._ask)
        self.names.changed.connect(self._look)
        self._hide()

    def show_path(self, path: str) -> None:
        """Look at another model file, on a thread of its own."""
        if path == self._path:
            return
        self._path = path
        self._hide()
        self.module.clear()
        self.names.show_path(self._last.get("names", ""))
        self._look()

    def asked(self) -> tuple[str, dict[str, str]]:
        """Which network, and what was said of it. Raises GruvizError where one has still to be chosen."""
        if not self.module.count():  # it has not been seen yet, or cannot be: as the last time
            said = dict(self._last)
            return said.pop("module", ""), said
        if self.module.count() > 1 and self.module.currentIndex() < 0:
            raise GruvizError("choose which of the networks in the model file is to be recorded")
        rows = {name: box for name, box in self.questions.items() if self._fields.isRowVisible(box)}
        said = {name: str(box.currentData()) for name, box in rows.items() if box.currentData()}
        if self.names.path:
            said["names"] = self.names.path
        chosen: Choice | None = self.module.currentData()
        return (chosen.module or "") if chosen else "", said

    @property
    def _last(self) -> Mapping[str, str]:
        """What was said of the file the last time."""
        return self._remembered.get(str(Path(self._path).resolve()), {})

    @Slot()
    def _look(self) -> None:
        names = self.names.path
        if Path(self._path).is_file() and (not names or Path(names).is_file()):
            look = Look(self._path, names)
            look.seen.connect(self._take)
            look.start()

    @Slot(str, object, str)
    def _take(self, path: str, found: "tuple[Choice, ...]", wrong: str) -> None:
        """Show what a file holds, unless it is no longer the one."""
        if path != self._path:
            return
        self._hide()
        arrays = Path(path).suffix.lower() == ".npz"
        self._fields.setRowVisible(self.names, arrays and (bool(wrong) or bool(self.names.path)))
        self.module.blockSignals(True)
        self.module.clear()
        for each in found:
            self.module.addItem(each.description, each)
            self.module.setItemData(self.module.count() - 1, each.refused or None, Qt.ItemDataRole.ToolTipRole)
        last = self._last.get("module")
        whole = len(found) == 1 or (bool(found) and found[0].module is None)
        known = next((row for row, each in enumerate(found) if last is not None and (each.module or "") == last), None)
        self.module.setCurrentIndex(known if known is not None else 0 if whole else -1)
        self.module.blockSignals(False)
        self._fields.setRowVisible(self.module, len(found) > 1)
        self._ask()
        if wrong:
            self._say(wrong)

    @Slot()
    def _ask(self) -> None:
        """Ask what the file leaves open of the network that is chosen."""
        chosen: Choice | None = self.module.currentData()
        for name, box in self.questions.items():
            self._fields.setRowVisible(box, chosen is not None and name in chosen.asks)
            box.setCurrentIndex(max(box.findData(self._last.get(name, "")), 0))
        self._say(chosen.refused if chosen is not None else "")

    def _say(self, wrong: str) -> None:
        """Say below the model's path why it cannot be recorded, where it cannot."""
        self.wrong.setText(wrong)
        self._fields.setRowVisible(self.wrong, bool(wrong))

    def _hide(self) -> None:
        for field in (self.wrong, self.module, self.names, *self.questions.values()):
            self._fields.setRowVisible(field, False)


class Look(QThread):
    """Lists the networks in a model file. It belongs to the application, and ends when it has seen them."""

    seen = Signal(str, object, str)
    """The path, its networks, and why there are none."""

    def __init__(self, path: str, names: str) -> None:
        application = QCoreApplication.instance()
        super().__init__(application)
        self._path, self._names = path, names
        self.finished.connect(self.deleteLater)
        if application is not None:
            application.aboutToQuit.connect(self.wait)

    def run(self) -> None:
        """Called by Qt in the thread."""
        from gruviz.model.loading import load_torch

        load_torch()
        from gruviz.model.answers import Answers
        from gruviz.model.networks import choices

        try:
            self.seen.emit(self._path, choices(self._path, Answers(names=self._names or None)), "")
        except GruvizError as error:
            self.seen.emit(self._path, (), str(error))
