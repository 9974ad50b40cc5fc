"""Which task is learned, and the file that it is learned from, where it does not make up its own sequences."""

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFormLayout

from gruviz.ui.dialogs._form import FileField, choice, existing

AS_USUAL = "as the task needs"
"""How a number reads that the task chooses itself."""
_TASKS = (
    ("char", "char: the next character of a text"),
    ("series", "series: the next row of a table of numbers"),
    ("copy", "copy: repeat symbols after a pause"),
    ("adding", "adding: the sum of two marked numbers"),
    ("flipflop", "flipflop: hold three bits"),
    ("anbn", "anbn: as many b as a"),
)
_TEXTS = ["Texts (*.txt *.md *.text)", "All files (*)"]
_TABLES = ["Tables, arrays and sounds (*.csv *.tsv *.npy *.npz *.wav)", "All files (*)"]


class TaskFields(QObject):
    """Rows of a form: a task, and a text or a table for those that learn from one."""

    changed = Signal()
    """Another task is chosen."""

    def __init__(self, fields: QFormLayout, text: str, parent: QObject) -> None:
        """Add the rows.

        Args:
            fields: the form.
            text: a text to begin with.
            parent: the dialog.
        """
        super().__init__(parent)
        self._fields = fields
        self.choice = choice(_TASKS)
        self.text = FileField("A text to learn from", _TEXTS)
        self.table = FileField("A table to learn from", _TABLES)
        for label, field in (("&Task", self.choice), ("Te&xt", self.text), ("Ta&ble", self.table)):
            fields.addRow(label, field)
        self.text.show_path(text)
        self.choice.currentIndexChanged.connect(self._show)
        self._show()

    @property
    def name(self) -> str:
        """The task."""
        return str(self.choice.currentData())

    @property
    def data(self) -> str | None:
        """The path of what it learns from; None where it makes that up. Raises GruvizError where no file is there."""
        if self.name == "char":
            return existing(self.text.path, "a text to learn from")
        return existing(self.table.path, "a table to learn from") if self.name == "series" else None

    @Slot()
    def _show(self) -> None:
        self._fields.setRowVisible(self.text, self.name == "char")
        self._fields.setRowVisible(self.table, self.name == "series")
        self.changed.emit()
