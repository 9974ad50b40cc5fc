"""What to compare cells on."""

from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from gruviz.errors import GruvizError
from gruviz.ui.comparing import Comparing
from gruviz.ui.dialogs._form import DEVICES, FileField, Form, choice, number, whole
from gruviz.ui.dialogs._task import AS_USUAL, TaskFields

_EQUAL = (("hidden", "as many hidden units"), ("parameters", "as many parameters, within 1 % where that can be"))
_SETTINGS = {
    "copy": ("delay", "Pa&use"),
    "adding": ("length", "Le&ngth"),
    "flipflop": ("length", "Le&ngth"),
    "anbn": ("longest", "Lo&ngest"),
}
"""By task: the number that makes its sequences longer, and what its field is called."""


class CompareDialog(Form):
    """Asks for a task and a budget that an RNN, a GRU and an LSTM are given alike."""

    def __init__(self, folder: Path, text: str = "", parent: QWidget | None = None) -> None:
        """Build the dialog.

        Args:
            folder: where the comparison's own folder goes, unless another place is chosen.
            text: a text to begin with.
            parent: the window.
        """
        super().__init__(
            "Compare cells",
            "An RNN, a GRU and an LSTM learn the same task from the same batches, several times. What is finished is "
            "kept in a folder; the same comparison in the same folder goes on from there.",
            "Compare",
            parent,
        )
        self._folder = folder
        self.task = TaskFields(self.fields, text, self)
        self.lengths = {task: whole(2, unset=AS_USUAL) for task in _SETTINGS}
        self.equal = choice(_EQUAL)
        self.hidden = whole(1, unset=AS_USUAL)
        self.hidden.setToolTip("With equal parameters those of the GRU, about")
        self.steps = whole(1, unset=AS_USUAL)
        self.seeds = whole(1, 3)
        self.seeds.setToolTip("Trainings of each cell: from one alone nobody knows how much is chance")
        self.device = choice(DEVICES)
        self.output = FileField("A folder for the comparison", [], folder=True)
        self.output.button.hide()
        for label, field in (
            *((_SETTINGS[task][1], box) for task, box in self.lengths.items()),
            ("All &have", self.equal),
            ("Hidden &units", self.hidden),
            ("&Steps", self.steps),
            ("S&eeds", self.seeds),
            ("&Device", self.device),
            ("Save &in", self.output),
        ):
            self.fields.addRow(label, field)
        self.task.changed.connect(self._task_changed)
        self._task_changed()

    def asked(self) -> Comparing:
        """What was filled in. Raises GruvizError for what makes no sense."""
        task, data = self.task.name, self.task.data
        length = number(self.lengths[task]) if task in self.lengths else None
        if not self.output.path:
            raise GruvizError("say in which folder to save it")
        return Comparing(
            task=task,
            data=data,
            output=str(Path(self.output.path).expanduser()),
            settings={} if length is None else {_SETTINGS[task][0]: length},
            equal=self.equal.currentData(),
            hidden=number(self.hidden),
            steps=number(self.steps),
            seeds=self.seeds.value(),
            device=self.device.currentData(),
        )

    @Slot()
    def _task_changed(self) -> None:
        for name, box in self.lengths.items():
            self.fields.setRowVisible(box, self.task.name == name)
        self.output.suggest(self._folder, f"compared-{self.task.name}", "")
