"""What a model that is known already is to read."""

from pathlib import Path

from PySide6.QtWidgets import QPlainTextEdit, QWidget

from gruviz.errors import GruvizError
from gruviz.ui.dialogs._form import Form


class TextDialog(Form):
    """Asks for a text, and for nothing else."""

    def __init__(self, model: str, text: str = "", parent: QWidget | None = None) -> None:
        """Build the dialog.

        Args:
            model: the path of the model that reads it.
            text: a text to begin with.
            parent: the window.
        """
        super().__init__(
            "New sequence",
            f"{Path(model).name} reads what you type or paste here. It is recorded and opens at once.",
            "Record",
            parent,
        )
        self.text = QPlainTextEdit(text, tabChangesFocus=True)
        self.text.setMinimumHeight(120)
        self.text.selectAll()
        self.fields.addRow("Te&xt", self.text)
        self.text.setFocus()

    def asked(self) -> str:
        """The text. Raises GruvizError where there is none."""
        text = self.text.toPlainText()
        if not text:
            raise GruvizError("type or paste a text: the network needs something to read")
        return text
