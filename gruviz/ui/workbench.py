"""The strip in which long work tells how far it is, and the way from training to recording to looking."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from gruviz.ui.jobs import Done, Job, Work
from gruviz.ui.loss import CurvePlots
from gruviz.ui.theme import STEP

_PARTS = 1000
_LETTERS = 120
"""Of a note at most, so that it does not widen the window."""


class Workbench(QWidget):
    """Runs one job at a time and shows it; hidden while there is nothing to tell."""

    wrong = Signal(str)
    """Why a job came to nothing."""
    watchable = Signal(str)
    """The path of the file that a job has begun to fill: it can be looked at."""
    watched = Signal(str)
    """The path of such a file that is to be looked at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.job: Job | None = None
        self._leaving: list[Job] = []
        """Cancelled with nothing to keep: they end when they notice."""
        self._next: Callable[[Done], None] | None = None
        self._at_once = False
        self._growing = ""
        """The file that the job fills while it runs; empty where it fills none."""
        self._done: Done | None = None
        self.setObjectName("workbench")
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * STEP, 2 * STEP, 3 * STEP, 2 * STEP)
        column.setSpacing(2 * STEP)
        row = QHBoxLayout()
        row.setSpacing(2 * STEP)
        column.addLayout(row)
        self.curves = CurvePlots()
        self.curves.hide()
        column.addWidget(self.curves)
        self.text = QLabel()
        self.bar = QProgressBar(maximum=_PARTS, textVisible=False)
        self.bar.setFixedWidth(200)
        self.device = QLabel()
        self.device.setObjectName("quiet")
        self.device.setToolTip("Where it runs, and how much memory that takes")
        self.watch = QPushButton("Watch")
        self.watch.setToolTip("See what has been recorded until now, and more as it comes")
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("End it, and keep what there is until now")
        self.action = QPushButton()
        self.action.setObjectName("primary")
        self.close_ = QPushButton("Close")
        for widget in (self.bar, self.text):
            row.addWidget(widget)
        row.addStretch()
        row.addWidget(self.device)
        for button in (self.watch, self.action, self.cancel, self.close_):
            row.addWidget(button)
        self.watch.clicked.connect(self._watch)
        self.cancel.clicked.connect(self._cancel)
        self.close_.clicked.connect(self.hide)
        self.action.clicked.connect(self._go_on)
        self.hide()

    @property
    def busy(self) -> bool:
        """Whether a job is running."""
        return self.job is not None

    def start(
        self,
        title: str,
        work: Work,
        follow: str,
        then: Callable[[Done], None],
        at_once: bool = False,
        growing: str = "",
    ) -> None:
        """Run a job.

        Args:
            title: what it does, as in `Training`.
            work: the job's function.
            follow: what a button offers when it is done.
            then: what that button does.
            at_once: do it without waiting for the button.
            growing: a file that can be looked at while the job fills it.
        """
        if self.busy:
            self.wrong.emit("gruviz is still at work on something else: wait for it, or cancel it")
            return
        self._next, self._at_once, self._done = then, at_once, None
        self._growing = growing
        self.action.setText(follow)
        for button in (self.action, self.watch, self.close_):
            button.hide()
        self.cancel.setEnabled(True)
        self.cancel.show()
        self.bar.show()
        self.bar.setValue(0)
        self.curves.hide()
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
        for job in (*self._leaving, *([self.job] if self.job else [])):
            job.cancel()
            job.wait()

    @Slot()
    def _progressed(self) -> None:
        if self.job is not None and not self.job.cancelled:
            now = self.job.latest
            self.bar.setValue(round(now.fraction * _PARTS))
            left = "" if now.left is None else f", {_duration(now.left)} left"
            self.text.setText(f"{self.job.title}: {now.text}{left}")
            self.device.setText(now.device)
            self._show_curve()
            if now.keeps and self._growing and self.watch.isHidden():
                self.watch.show()
                self.watchable.emit(self._growing)

    def _show_curve(self) -> None:
        if self.job is not None and self.job.latest.curve is not None:
            self.curves.show_curve(self.job.latest.curve)
            self.curves.show()

    @Slot()
    def _watch(self) -> None:
        self.watched.emit(self._growing)

    @Slot()
    def _cancel(self) -> None:
        if self.job is None:
            return
        self.job.cancel()
        if not self.job.latest.keeps:
            self._let_go(self.job)
        else:
            self.cancel.setEnabled(False)
            self.text.setText(f"{self.job.title}: ending, and keeping what there is")

    def _let_go(self, job: Job) -> None:
        """It has nothing to keep: whatever it is at, nobody has to wait for it."""
        for signal in (job.progressed, job.done, job.failed, job.finished):
            signal.disconnect()
        self._leaving = [other for other in self._leaving if other.isRunning()] + [job]
        self.job = None
        self.hide()

    @Slot(object)
    def _finished(self, done: Done) -> None:
        self._done = done
        self._show_curve()

    def _offer(self, done: Done) -> None:
        """Say what came of it, and offer the next step: now that the thread has ended, another job can start."""
        cut = "" if done.complete else "Cancelled; what there is until then is kept. "
        self.text.setText(f"{cut}{done.text}  ({Path(done.path).name})")
        self.text.setToolTip(done.path)
        self.device.clear()
        self.action.show()

    @Slot(str)
    def _failed(self, message: str) -> None:
        self._done = None
        self.text.setText("")
        self.wrong.emit(message)

    @Slot()
    def _ended(self) -> None:
        """The thread has ended, after all its other signals."""
        if self.job is None or not self.job.isFinished():
            return  # it was another that ended, which nobody waited for
        self.job.deleteLater()
        self.job = None
        for widget in (self.cancel, self.watch, self.bar):
            widget.hide()
        self.close_.show()
        if self._done is not None and self._done.beside:
            self._growing = self._done.beside
            self.watch.show()
        if self._done is None:
            self.hide()
        elif self._at_once:
            notes = self._done.notes
            self._go_on()
            if notes and not self.busy:
                self._tell(notes)
        else:
            self._offer(self._done)

    def _tell(self, notes: Sequence[str]) -> None:
        """Say what was done to the input, under what came of it, until somebody has read it."""
        more = f"   (and {len(notes) - 1} more)" if len(notes) > 1 else ""
        first = notes[0] if len(notes[0]) <= _LETTERS else notes[0][: _LETTERS - 1] + "…"
        self.text.setText(f"Note: {first}{more}")
        self.text.setToolTip("\n".join(notes))
        self.device.clear()
        self.action.hide()
        self.show()

    @Slot()
    def _go_on(self) -> None:
        done = self._done
        if done is not None and self._next is not None:
            if self._at_once:
                self.hide()
            self._next(done)  # what came of it stays, until it is closed or another job starts


def _duration(seconds: float) -> str:
    minutes, whole = divmod(math.ceil(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {whole} s" if minutes else f"{whole} s"


def show_file(done: Done) -> None:
    """Open a file with what the system opens such files with."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(done.path))
