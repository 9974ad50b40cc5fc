"""What to train."""

from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from gruviz.ui.dialogs._form import DEVICES, FileField, Form, choice, number, whole, writable
from gruviz.ui.dialogs._task import AS_USUAL, TaskFields
from gruviz.ui.jobs import Training

_CELLS = (("gru", "GRU"), ("lstm", "LSTM"), ("rnn", "plain RNN"))
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
        self.task = TaskFields(self.fields, text, self)
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
        self.task.changed.connect(self._suggest)
        self.cell.currentIndexChanged.connect(self._suggest)
        self._suggest()

    def asked(self) -> Training:
        """What was filled in. Raises GruvizError for what makes no sense."""
        return Training(
            task=self.task.name,
            data=self.task.data,
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

    @Slot()
    def _suggest(self) -> None:
        """Name the model after what it is."""
        self.output.suggest(self._folder, f"{self.task.name}-{self.cell.currentData()}", ".safetensors")
