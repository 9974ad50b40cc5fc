"""Which figure to save."""

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QLabel, QWidget

from gruviz.errors import GruvizError
from gruviz.figures.names import DESCRIPTIONS
from gruviz.ui.dialogs._form import FileField, Form, choice, unused, whole, writable
from gruviz.ui.jobs import Drawing
from gruviz.view import View, show_range

_WIDTHS = ((85, "one column, 85 mm"), (170, "two columns, 170 mm"))
_FILTERS = ["PDF (*.pdf)", "SVG (*.svg)", "PNG (*.png)"]


class ExportDialog(Form):
    """Asks for a figure of what is being looked at, and for where it goes."""

    def __init__(self, view: View, recording: str, folder: Path, parent: QWidget | None = None) -> None:
        """Build the dialog.

        Args:
            view: what is being looked at.
            recording: the path of the recording.
            folder: where the figure goes, unless another place is chosen.
            parent: the window.
        """
        super().__init__(
            "Export a figure",
            "Drawn anew for print: the same colours on white, with labels of 8 pt at final size. "
            "The ending of the name decides the format: .pdf, .svg or .png.",
            "Export",
            parent,
        )
        self._view, self._recording = view, recording
        self.figure = choice([(name, name) for name in DESCRIPTIONS])
        self.about = QLabel(wordWrap=True)
        self.about.setObjectName("quiet")
        self.start = whole(0, view.start)
        self.stop = whole(1, view.stop)
        self.width_ = choice([(str(millimetres), text) for millimetres, text in _WIDTHS])
        self.output = FileField("Save the figure as", _FILTERS, save=True)
        for label, field in (
            ("&Figure", self.figure),
            ("", self.about),
            ("&From timestep", self.start),
            ("&Up to", self.stop),
            ("&Width", self.width_),
            ("Save &as", self.output),
        ):
            self.fields.addRow(label, field)
        self._folder, self._suggested = folder, ""
        self.figure.currentIndexChanged.connect(self._figure_changed)
        self._figure_changed()

    def asked(self) -> Drawing:
        """What was filled in. Raises GruvizError for what makes no sense."""
        start, stop = self.start.value(), self.stop.value()
        if not start < stop <= self._view.length:
            raise GruvizError(f"the sequence has timesteps 0 up to {self._view.length:,}: choose a range within")
        options: dict[str, Any] = {"width": float(self.width_.currentData()), "start": start, "stop": stop}
        output = writable(self.output.path, ".pdf")
        if Path(output).suffix.lower() not in (".pdf", ".svg", ".png"):
            raise GruvizError("end the name in .pdf, .svg or .png: that decides the format")
        return Drawing(
            self._recording,
            self.figure.currentData(),
            show_range(self._view, start, stop),
            output,
            tuple(options.items()),
        )

    def check(self) -> None:
        """Raise GruvizError for what makes no sense."""
        self.asked()

    def _figure_changed(self) -> None:
        """Say what it shows, and name the file after it as long as nobody has named it otherwise."""
        name = self.figure.currentData()
        self.about.setText(DESCRIPTIONS[name][0].upper() + DESCRIPTIONS[name][1:] + ".")
        if self.output.path == self._suggested:
            self._suggested = unused(self._folder, f"{Path(self._recording).stem}-{name}", ".pdf")
            self.output.show_path(self._suggested)
