"""What to train, what to record, which figure to save: asked for once, then done by a job."""

from gruviz.ui.dialogs.export import ExportDialog
from gruviz.ui.dialogs.record import RecordDialog
from gruviz.ui.dialogs.train import TrainDialog

__all__ = ["ExportDialog", "RecordDialog", "TrainDialog"]
