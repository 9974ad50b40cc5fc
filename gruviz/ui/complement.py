"""Making what a long recording lacks to be drawn quickly, while it is already on show."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

import gruviz.recording
from gruviz.ui.asked import Asked
from gruviz.ui.jobs import CancelledError, Done, Job, Progress, Report
from gruviz.ui.reading import Facts

_WHY = (
    "This recording lacks the levels that a picture of many timesteps is drawn from. They are made once, and kept in "
    "the cache of this user, not in the recording. Until then some of the timesteps are drawn; zoomed in, all of them."
)


@dataclass(frozen=True)
class _Complementing:
    """The work: what the recording at a path lacks."""

    path: str

    def __call__(self, report: Report) -> Done:
        """Make it. Raises GruvizError."""
        with gruviz.recording.open(self.path) as run:
            if not gruviz.recording.complement(run, lambda part: report(Progress(part, ""))):
                raise CancelledError
        return Done(self.path, "")


class Complement(QObject):
    """Sees to it that what the open recording lacks is made, and that the loader then reads it."""

    told = Signal(str, str)
    """What to say of it, and what to add where somebody asks; empty where there is nothing to say."""

    def __init__(self, loader: Asked, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loader = loader
        self._job: Job | None = None
        """The one that is listened to."""
        self._jobs: list[Job] = []
        """All that have not ended yet."""
        self._path = ""
        loader.opened.connect(self._see)
        loader.looked.connect(self._look)

    def stop(self) -> None:
        """End it, and wait until it has ended."""
        self._leave()
        for job in self._jobs:
            job.wait()

    @Slot(object, str)
    def _look(self, facts: Facts | None, wrong: str) -> None:
        if facts is not None:
            self._see(facts)

    @Slot(object)
    def _see(self, facts: Facts) -> None:
        """Begin, where something is lacking that does not come by itself; once for each file."""
        wanted = facts.path if facts.lacking and not facts.growing else ""
        if wanted == self._path:
            return
        self._leave()
        self._path = wanted
        self.told.emit("", "")
        if wanted:
            self._job = Job("Overview", _Complementing(wanted), self)
            self._job.progressed.connect(self._tell)
            self._job.failed.connect(self._fail)
            self._job.done.connect(self._finish)
            self._jobs = [job for job in self._jobs if job.isRunning()] + [self._job]
            self._job.start()
            self._tell()

    def _leave(self) -> None:
        """Let the one that is under way end by itself, and hear no more of it."""
        job, self._job = self._job, None
        if job is not None:
            for signal in (job.progressed, job.failed, job.done):
                signal.disconnect()
            job.cancel()

    @Slot()
    def _tell(self) -> None:
        if self._job is not None:
            self.told.emit(f"overview {self._job.latest.fraction:.0%}", _WHY)

    @Slot(str)
    def _fail(self, message: str) -> None:
        self._job = None
        self.told.emit("no overview", message)

    @Slot(object)
    def _finish(self, done: Done) -> None:
        self._job = None
        self.told.emit("", "")
        self._loader.look(again=True)
