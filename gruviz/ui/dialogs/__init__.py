"""What to train, what to compare, what to record, which figure to save: asked for once, then done by a job."""

from gruviz.ui.dialogs._form import unused
from gruviz.ui.dialogs.compare import CompareDialog
from gruviz.ui.dialogs.export import ExportDialog
from gruviz.ui.dialogs.record import RecordDialog
from gruviz.ui.dialogs.text import TextDialog
from gruviz.ui.dialogs.train import TrainDialog

__all__ = ["CompareDialog", "ExportDialog", "RecordDialog", "TextDialog", "TrainDialog", "unused"]
