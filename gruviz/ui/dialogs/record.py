"""What to record."""

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtWidgets import QPlainTextEdit, QWidget

from gruviz.errors import GruvizError
from gruviz.model import formats
from gruviz.sequences import Reading
from gruviz.ui.dialogs._form import DEVICES, FileField, Form, choice, existing, number, whole, writable
from gruviz.ui.dialogs._inputs import InputFields
from gruviz.ui.dialogs._network import NetworkFields
from gruviz.ui.jobs import Recording

_MODELS = [f"Models ({' '.join(f'*{suffix}' for suffix in formats.SUFFIXES)})", "All files (*)"]


class RecordDialog(Form):
    """Asks for a model, and for what it is to read."""

    def __init__(
        self,
        folder: Path,
        model: str = "",
        inputs: str = "",
        text: str = "",
        parent: QWidget | None = None,
        remembered: Mapping[str, Mapping[str, str]] | None = None,
        how: Reading | None = None,
    ) -> None:
        """Build the dialog.

        Args:
            folder: where the recording goes, unless another place is chosen.
            model: a model file to begin with.
            inputs: what it is to read, to begin with.
            text: a text that it is to read instead, to begin with.
            parent: the window.
            remembered: by the path of a model what was said of it the last time.
            how: how inputs were read the last time.
        """
        super().__init__(
            "Record a network",
            "The network reads a sequence, and every gate and state of every timestep is kept.",
            "Record",
            parent,
        )
        self.setMinimumWidth(640)  # for the row of a sound
        self._folder = folder
        self.model = FileField("A model", _MODELS)
        self.text = QPlainTextEdit(placeholderText="or type or paste a text here", tabChangesFocus=True)
        self.text.setFixedHeight(72)
        self.start = whole(0, 0)
        self.stop = whole(1, unset="the end")
        self.dtype = choice((("float32", "float32"), ("float16", "float16, half the size")))
        self.device = choice(DEVICES)
        self.output = FileField("Save the recording as", ["Recordings (*.h5)"], save=True)
        self.fields.addRow("&Model", self.model)
        self.network = NetworkFields(self.fields, remembered or {}, self)
        self.inputs = InputFields(self.fields, inputs, how or Reading(), self)
        self._offered = inputs
        for label, field in (
            ("Te&xt", self.text),
            ("&From timestep", self.start),
            ("&Up to", self.stop),
            ("&Precision", self.dtype),
            ("&Device", self.device),
            ("Save &as", self.output),
        ):
            self.fields.addRow(label, field)
        self.model.changed.connect(self._suggest)
        self.model.changed.connect(self._look)
        self.inputs.changed.connect(self._suggest)
        self.text.textChanged.connect(self._text_changed)
        self.finished.connect(self.inputs.stop)
        self.model.show_path(model)
        self.text.setPlainText(text)
        (self.text if model and not inputs else self.model).setFocus()
        self._suggest()

    def asked(self) -> Recording:
        """What was filled in. Raises GruvizError for what makes no sense."""
        text = self.text.toPlainText()
        paths = self.inputs.paths()
        if bool(text) == bool(paths):
            raise GruvizError("choose a file to read, or type a text: one of the two")
        start, stop = self.start.value(), number(self.stop)
        if stop is not None and stop <= start:
            raise GruvizError("the range ends before it begins: read up to a later timestep")
        model = existing(self.model.path, "a model")
        module, said = self.network.asked()
        return Recording(
            model=model,
            module=module,
            said=said,
            inputs=paths,
            output=writable(self.output.path, ".h5"),
            text=text,
            steps=(start, stop) if start or stop is not None else None,
            dtype=self.dtype.currentData(),
            device=self.device.currentData(),
            how=self.inputs.how(),
            vocabulary=self.inputs.vocabulary_path(),
        )

    def check(self) -> None:
        """Raise GruvizError for what makes no sense."""
        self.asked()

    def written(self) -> tuple[str, ...]:
        """The recording."""
        return (self.asked().output,)

    def _look(self) -> None:
        self.network.show_path(self.model.path)

    def _text_changed(self) -> None:
        if self.text.toPlainText() and self.inputs.files.path == self._offered:
            self.inputs.files.show_path("")  # it was not chosen this time: the text takes its place
        self.inputs.show_text(bool(self.text.toPlainText()))
        self._suggest()

    def _suggest(self) -> None:
        stem = Path(self.model.path).stem or "run"
        first = next(iter(self.inputs.files.paths), "").removeprefix("task:")
        read = "text" if self.text.toPlainText() else Path(first).stem
        self.output.suggest(self._folder, f"{stem}-{read}" if read else stem, ".h5")
