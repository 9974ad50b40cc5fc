"""The strip in which long work tells how far it is, and the way from training to recording to looking."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMessageBox, QProgressBar, QPushButton, QWidget

from gruviz.ui.jobs import Done, Job, Work
from gruviz.ui.theme import STEP

_PARTS = 1000


class Workbench(QWidget):
    """Runs one job at a time and shows it; hidden while there is nothing to tell."""

    wrong = Signal(str)
    """Why a job came to nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.job: Job | None = None
        self._next: Callable[[Done], None] | None = None
        self._at_once = False
        self._done: Done | None = None
        self.setObjectName("workbench")
        row = QHBoxLayout(self)
        row.setContentsMargins(3 * STEP, STEP, 3 * STEP, STEP)
        row.setSpacing(2 * STEP)
        self.text = QLabel()
        self.bar = QProgressBar(maximum=_PARTS, textVisible=False)
        self.bar.setFixedWidth(200)
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("End it, and keep what there is until now")
        self.action = QPushButton()
        self.action.setObjectName("primary")
        self.close_ = QPushButton("Close")
        for widget in (self.bar, self.text):
            row.addWidget(widget)
        row.addStretch()
        for button in (self.action, self.cancel, self.close_):
            row.addWidget(button)
        self.cancel.clicked.connect(self._cancel)
        self.close_.clicked.connect(self.hide)
        self.action.clicked.connect(self._go_on)
        self.hide()

    @property
    def busy(self) -> bool:
        """Whether a job is running."""
        return self.job is not None

    def start(self, title: str, work: Work, follow: str, then: Callable[[Done], None], at_once: bool = False) -> None:
        """Run a job.

        Args:
            title: what it does, as in `Training`.
            work: the job's function.
            follow: what a button offers when it is done.
            then: what that button does.
            at_once: do it without waiting for the button, unless the job was cancelled.
        """
        if self.busy:
            self.wrong.emit("gruviz is still at work on something else: wait for it, or cancel it")
            return
        self._next, self._at_once, self._done = then, at_once, None
        self.action.setText(follow)
        self.action.hide()
        self.close_.hide()
        self.cancel.setEnabled(True)
        self.cancel.show()
        self.bar.show()
        self.bar.setValue(0)
        self.job = Job(title, work, self)
        self.job.progressed.connect(self._progressed)
        self.job.done.connect(self._finished)
        self.job.failed.connect(self._failed)
        self.job.finished.connect(self._ended)
        self._progressed()
        self.show()
        self.job.start()

    def stop(self) -> None:
        """Cancel what is running and wait for it: before the window closes."""
        if self.job is not None:
            self.job.cancel()
            self.job.wait()

    @Slot()
    def _progressed(self) -> None:
        if self.job is not None and not self.job.cancelled:
            self.bar.setValue(round(self.job.latest.fraction * _PARTS))
            self.text.setText(f"{self.job.title}: {self.job.latest.text}")

    @Slot()
    def _cancel(self) -> None:
        if self.job is not None:
            self.job.cancel()
            self.cancel.setEnabled(False)
            self.text.setText(f"{self.job.title}: ending, and keeping what there is")

    @Slot(object)
    def _finished(self, done: Done) -> None:
        self._done = done

    def _offer(self, done: Done) -> None:
        """Say what came of it, and offer the next step: now that the thread has ended, another job can start."""
        cut = "" if done.complete else "Cancelled; what there is until then is kept. "
        self.text.setText(f"{cut}{done.text}  ({Path(done.path).name})")
        self.text.setToolTip(done.path)
        self.action.show()

    @Slot(str)
    def _failed(self, message: str) -> None:
        self._done = None
        self.text.setText("")
        self.wrong.emit(message)

    @Slot()
    def _ended(self) -> None:
        """The thread has ended, after all its other signals."""
        job, self.job = self.job, None
        if job is not None:
            job.deleteLater()
        self.cancel.hide()
        self.bar.hide()
        self.close_.show()
        if self._done is None:
            self.hide()
        elif self._at_once and self._done.complete:
            self._go_on()
        else:
            self._offer(self._done)

    @Slot()
    def _go_on(self) -> None:
        done, self._done = self._done, None
        if done is not None and self._next is not None:
            self.hide()
            self._next(done)


def show_file(done: Done) -> None:
    """Open a file with what the system opens such files with."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(done.path))


def replaces(parent: QWidget, path: str, go_on: Callable[[], None]) -> None:
    """Go on at once, or, where a file would be replaced, after asking."""
    if not Path(path).exists():
        go_on()
        return
    box = QMessageBox(
        QMessageBox.Icon.Question, "gruviz", f"{Path(path).name} is there already. Replace it?", parent=parent
    )
    replace = box.addButton("Replace", QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.buttonClicked.connect(lambda button: go_on() if button is replace else None)
    box.open()
