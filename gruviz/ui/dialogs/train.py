"""What to train."""

from pathlib import Path

from PySide6.QtWidgets import QWidget

from gruviz.ui.dialogs._form import DEVICES, FileField, Form, choice, existing, number, unused, whole, writable
from gruviz.ui.jobs import Training

TASKS = (
    ("char", "char: the next character of a text"),
    ("series", "series: the next row of a table of numbers"),
    ("copy", "copy: repeat symbols after a pause"),
    ("adding", "adding: the sum of two marked numbers"),
    ("flipflop", "flipflop: hold three bits"),
    ("anbn", "anbn: as many b as a"),
)
_CELLS = (("gru", "GRU"), ("lstm", "LSTM"), ("rnn", "plain RNN"))
TEXTS = ["Texts (*.txt *.md *.text)", "All files (*)"]
TABLES = ["Tables, arrays and sounds (*.csv *.tsv *.npy *.npz *.wav)", "All files (*)"]
AS_USUAL = "as the task needs"
USUAL = 20
"""Steps at which it is recorded: with them a training of `char` takes half a hundredth longer."""


class TrainDialog(Form):
    """Asks for a task, its data and the size of the network."""

    def __init__(self, folder: Path, text: str = "", parent: QWidget | None = None) -> None:
        """Build the dialog.

        Args:
            folder: where the model goes, unless another place is chosen.
            text: a text to begin with.
            parent: the window.
        """
        super().__init__(
            "Train a network",
            "A fresh network learns a task. Its model file can then be recorded while it reads.",
            "Train",
            parent,
        )
        self._folder = folder
        self.task = choice(TASKS)
        self.text = FileField("A text to learn from", TEXTS)
        self.table = FileField("A table to learn from", TABLES)
        self.cell = choice(_CELLS)
        self.hidden = whole(1, unset=AS_USUAL)
        self.layers = whole(1, 1)
        self.steps = whole(1, unset=AS_USUAL)
        self.seed = whole(0, 0)
        self.checkpoints = whole(2, USUAL, unset="no step")
        self.checkpoints.setSuffix(" steps")
        self.checkpoints.setToolTip(
            "At so many steps of the training the network is recorded while it reads the same held-out sequence: more "
            "of them early, when most happens. The recording goes beside the model, and its training can be scrubbed"
        )
        self.device = choice(DEVICES)
        self.output = FileField("Save the model as", ["Models (*.safetensors)"], save=True)
        for label, field in (
            ("&Task", self.task),
            ("Te&xt", self.text),
            ("Ta&ble", self.table),
            ("&Cell", self.cell),
            ("&Hidden units", self.hidden),
            ("&Layers", self.layers),
            ("&Steps", self.steps),
            ("S&eed", self.seed),
            ("&Record at", self.checkpoints),
            ("&Device", self.device),
            ("Save &as", self.output),
        ):
            self.fields.addRow(label, field)
        self.text.show_path(text)
        self.task.currentIndexChanged.connect(self._task_changed)
        self.cell.currentIndexChanged.connect(self._suggest)
        self._suggested = ""
        self._task_changed()

    def asked(self) -> Training:
        """What was filled in. Raises GruvizError for what makes no sense."""
        task, data = self.task.currentData(), None
        if task == "char":
            data = existing(self.text.path, "a text to learn from")
        elif task == "series":
            data = existing(self.table.path, "a table to learn from")
        return Training(
            task=task,
            data=data,
            output=writable(self.output.path, ".safetensors"),
            cell=self.cell.currentData(),
            hidden=number(self.hidden),
            layers=self.layers.value(),
            steps=number(self.steps),
            seed=self.seed.value(),
            device=self.device.currentData(),
            checkpoints=number(self.checkpoints),
        )

    def check(self) -> None:
        """Raise GruvizError for what makes no sense."""
        self.asked()

    def written(self) -> tuple[str, str]:
        """The model, and the recording of its training where there is to be one."""
        asked = self.asked()
        return asked.output, asked.recording

    def _task_changed(self) -> None:
        task = self.task.currentData()
        self.fields.setRowVisible(self.text, task == "char")
        self.fields.setRowVisible(self.table, task == "series")
        self._suggest()

    def _suggest(self) -> None:
        """Name the model after what it is, as long as nobody has named it otherwise."""
        if self.output.path != self._suggested:
            return
        stem = f"{self.task.currentData()}-{self.cell.currentData()}"
        self._suggested = unused(self._folder, stem, ".safetensors")
        self.output.show_path(self._suggested)
